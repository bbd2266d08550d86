"""The samples of a cube, as often as wanted: a pipe can be read but once."""

import contextlib
import tempfile

import numpy as np

from .source import opened
from .stream import blocks


class Repeated:
    """The samples of a cube, as often as wanted, in constant memory: iterates (band, block).

    A file is read again; what comes through a pipe goes into an unnamed temporary file on the way.
    """

    def __init__(self, source, spool):
        self.source, self.spool = source, spool
        self.sizes = None

    def __iter__(self):
        if self.sizes is None:
            yield from self._first()
        elif self.spool:
            self.spool.seek(0)
            for band, shape, dtype in self.sizes:
                count = shape[0] * shape[1] * dtype.itemsize
                yield band, np.frombuffer(self.spool.read(count), dtype).reshape(shape)
        else:
            with opened(self.source.path) as again:
                yield from ((band, block) for band, _, block in blocks(again)[1])

    def _first(self):
        sizes = []
        for band, _, block in blocks(self.source)[1]:
            if self.spool:
                self.spool.write(np.ascontiguousarray(block))
                sizes.append((band, block.shape, block.dtype))
            yield band, block
        self.source.read_blobs()  # what is truncated, or followed by something, shows here
        self.sizes = sizes


@contextlib.contextmanager
def repeated(path):
    """Yield the samples of a cube as a Repeated."""
    with opened(path) as source, contextlib.ExitStack() as stack:
        piped = source.name == "-" or source.reader.size is None
        yield Repeated(source, stack.enter_context(tempfile.TemporaryFile()) if piped else None)
