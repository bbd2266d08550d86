"""The samples of a cube, as often as wanted: a pipe can be read but once."""

import contextlib

from .source import opened
from .stream import blocks


class Repeated:
    """The samples of a cube, as often as wanted, in constant memory: iterates (band, block).

    A file is read again; what comes through a pipe waits in an unnamed temporary file.
    """

    def __init__(self, source):
        self.source, self.whole = source, False

    def __iter__(self):
        reader = self.source.reader
        if reader.size is None:
            reader.spool()
        reader.seek(0, "the label")
        yield from ((band, block) for band, _, block in blocks(self.source)[1])
        if not self.whole:  # what is truncated, or followed by something, shows here
            self.source.read_blobs()
            self.whole = True


@contextlib.contextmanager
def repeated(path):
    """Yield the samples of a cube as a Repeated."""
    with opened(path) as source:
        yield Repeated(source)
