"""A window of a cube, from a file or a pipe, in constant memory.

What a label says of a window may depend on a geometry, which comes after the samples: those of a
pipe wait in a temporary file.
"""

import contextlib
import os

import numpy as np

from . import attributes, cube, files, stream
from .region import Region
from .sink import Sink
from .source import STRIPE, opened


@contextlib.contextmanager
def read(path):
    """Yield (cube without samples, cut) of a path; the core is a mere shape.

    cut(lines, samples) returns the cube with its blobs and history, and an iterator of the blocks
    (lines, samples) of the window, band by band; lines and samples are window.Axis.
    """
    if os.path.isfile(attributes.split(path)[0]):
        with Region(path) as region:
            image = _bare(region.label, region.shape, region.name)
            image = image.replace(blobs=region.blobs, history=region.history)
            yield image, lambda lines, samples: (image, _of_file(region, lines, samples))
    else:
        with opened(path) as source, files.scratch() as spool:
            shape = len(source.chosen), *source.shape[1:]
            image = _bare(source.band_label(), shape, source.name)

            def cut(lines, samples):
                count, dtype = _spooled(source, spool, lines, samples)
                blobs, history = source.read_blobs()
                blocks = _of_spool(spool, count, samples.kept, dtype)
                return image.replace(blobs=blobs, history=history), blocks

            yield image, cut


def write(path, image, shape, blocks, p, type):
    """Write a cube whose samples of a shape (bands, lines, samples) come in blocks."""
    heads = [(b.head, len(b.data)) for b in image.blobs]
    sink = Sink(path, image.label, shape, type, heads, image.history, p)
    with files.output(sink.to.path) as out:
        sink.write(out, blocks, lambda: (b.data for b in image.blobs))


def _bare(label, shape, name):
    return cube.Cube(label, np.broadcast_to(np.float32(0), shape), source=name)


def _step(samples, increment):
    """Lines of a block: a multiple of their increment."""
    return max(1, STRIPE // (4 * samples) // increment) * increment


def _of_file(region, lines, samples):
    first, step = lines.start - 1, _step(samples.count, lines.increment)
    for band in range(region.shape[0]):
        for at in range(0, lines.count, step):
            size = min(step, lines.count - at), samples.start - 1, samples.count
            block = region.read(first + at, *size, [band])[0]
            yield block[:: lines.increment, :: samples.increment]


def _spooled(source, spool, lines, samples):
    """Put the samples of a window into a file; return the number of its lines and their type."""
    count, dtype = 0, None
    for _, line, block in stream.blocks(source)[1]:
        start, stop = lines.start - 1 - line, lines.start - 1 + lines.count - line
        start = start if start >= 0 else start % lines.increment
        part = block[start : max(0, stop) : lines.increment, samples.slice]
        spool.write(np.ascontiguousarray(part))
        count, dtype = count + len(part), block.dtype
    return count, dtype


def _of_spool(spool, count, samples, dtype):
    spool.seek(0)
    step = _step(samples, 1)
    for line in range(0, count, step):
        shape = min(step, count - line), samples
        data = spool.read(shape[0] * samples * np.dtype(dtype).itemsize)
        yield np.frombuffer(data, dtype).reshape(shape)
