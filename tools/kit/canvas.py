"""Cubes written by windows, in any order and from any thread, without holding them.

What `cube.write` writes from an array comes here from windows: the same bytes.
"""

import contextlib
import itertools
import math
import os
import shutil
import stat
import tempfile
import threading

import numpy as np

from . import files, geotiff, special
from .error import IoError
from .region import pieces
from .sink import Sink
from .source import STRIPE


@contextlib.contextmanager
def opened(path, root, shape, p=None, blobs=(), history="", type="Real"):
    """Yield the Canvas of a cube of shape (bands, lines, samples); the rest as for cube.write.

    A regular file is written beside its place and renamed at the end; a pipe, a device or a TIFF
    is made at the end, from a temporary file ($TMPDIR).
    """
    sink = Sink(path, root, shape, type, [(b.head, len(b.data)) for b in blobs], history, p)
    tail = [b.data for b in blobs]
    with files.output(sink.to.path) as out:
        regular = sink.to.path != "-" and stat.S_ISREG(os.fstat(out.fileno()).st_mode)
        if regular and not sink.tiff:
            canvas = Canvas(sink, out, sink.to.path)
            yield canvas
            canvas.finish(tail)
            return
        with tempfile.TemporaryFile() as spool:
            canvas = Canvas(sink, spool, tempfile.gettempdir())
            yield canvas
            if sink.tiff:
                sink.pour(out, canvas.rows(), lambda: tail)
            else:
                canvas.finish(tail)
                shutil.copyfileobj(spool, out, STRIPE)


class Canvas:
    """A cube being written by windows; what is never put is Null."""

    def __init__(self, sink, stream, name):
        """sink  the Sink that knows the label;  stream, name  of the file that samples go to."""
        self.sink, self.stream, self.name = sink, stream, name
        self.shape, self.tile = sink.shape, sink.tile or sink.shape[1:]
        self.start = len(sink.head)
        self.null = sink.encode(np.full((1, 1), special.NULL, np.float32))
        self.parts = []  # what was put: line, its end, sample, its end
        self.lock = threading.Lock()

    def put(self, line, sample, block):
        """Write a block (bands, lines, samples), its first cell at line, sample; each cell once."""
        bands, lines, samples = block.shape
        step = max(1, STRIPE // max(1, 4 * samples))
        for band, at in itertools.product(range(bands), range(0, lines, step)):
            self._pour(band, line + at, sample, self.sink.encode(block[band, at : at + step]))
        with self.lock:
            self.parts.append((line, line + lines, sample, sample + samples))

    def gaps(self):
        """Yield line, its end, sample, its end of what was never put."""
        parts = np.array(self.parts, int).reshape(-1, 4)
        edges = np.unique([0, self.shape[1], *parts[:, :2].reshape(-1)]).tolist()
        for top, low in itertools.pairwise(edges):
            here = parts[(parts[:, 0] <= top) & (top < parts[:, 1])]
            lefts, rights = [0, *sorted(here[:, 3])], [*sorted(here[:, 2]), self.shape[2]]
            for left, right in zip(lefts, rights, strict=True):
                if left < right:
                    yield top, low, left, right

    def finish(self, tail):
        """Write Null where nothing was put, the label, and what follows the samples."""
        for top, low, left, right in self.gaps():
            step = max(1, STRIPE // (self.null.itemsize * (right - left)))
            empty = np.repeat(np.repeat(self.null, min(step, low - top), 0), right - left, 1)
            for band, line in itertools.product(range(self.shape[0]), range(top, low, step)):
                self._pour(band, line, left, empty[: low - line])
        end = self.start + self._count() * self.null.itemsize
        with self._writing():
            os.truncate(self.stream.fileno(), end)  # what fills up the last tiles
        self._write(self.sink.head, 0)
        for data in (*tail, self.sink.history):
            self._write(data, end)
            end += len(data)

    def rows(self):
        """Yield raw samples (lines, samples), band by band from the top."""
        gaps = list(self.gaps())
        bands, lines, samples = self.shape
        with self._writing():  # to the whole length: what was not put is a hole
            os.truncate(self.stream.fileno(), self.start + self._count() * self.null.itemsize)
        self.stream.seek(self.start)
        for _, line in itertools.product(range(bands), range(0, lines, geotiff.TILE)):
            raw = np.empty((min(geotiff.TILE, lines - line), samples), self.null.dtype)
            self.stream.readinto(raw)
            for top, low, left, right in gaps:
                raw[max(top - line, 0) : max(low - line, 0), left:right] = self.null
            yield raw

    def _count(self):
        """Return how many samples the file holds, those that fill up the last tiles too."""
        whole = (-(-n // t) * t for n, t in zip(self.shape[1:], self.tile, strict=True))
        return math.prod(whole, start=self.shape[0])

    def _pour(self, band, line, sample, raw):
        """Write raw samples (lines, samples) of a band."""
        for row, at in pieces(self.shape, self.tile, band, line, sample, raw):
            self._write(row, self.start + at * raw.itemsize)

    def _write(self, data, at):
        view = memoryview(data).cast("B")
        while len(view):
            with self._writing():
                done = os.pwrite(self.stream.fileno(), view, at)
            view, at = view[done:], at + done

    @contextlib.contextmanager
    def _writing(self):
        try:
            yield
        except OSError as error:
            raise IoError(f"{self.name}: cannot be written: {files.reason(error)}") from None
