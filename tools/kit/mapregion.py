"""Windows of maps without the Null around: files kept open, however many there are.

Most of a map of one image is Null.  What a window needs is known as its samples come off the disk,
while they are in the cache: the columns where there is anything, the rest goes no farther.
"""

import contextlib
import itertools
import threading
from collections import OrderedDict

import numpy as np

from . import special
from .feather import APART, runs
from .region import Region
from .source import STRIPE

MOST = 200  # files kept open; a list may be longer than what can be open


class MapRegion(Region):
    """A Region of a map."""

    def floats(self, *window):
        """As `read`, float32 whatever the file holds."""
        return self.read(*window).astype(np.float32, copy=False)

    def seen(self, line, lines, sample, samples, bands):
        """Return [(slice of the columns of a window, their samples (bands, lines, n))] where it
        holds anything but Null."""
        if self.source.dtype != np.dtype("<f4") or self.source.dtype != np.float32:
            v = self.floats(line, lines, sample, samples, bands)
            found = (v.view(np.uint32) != special.NULL.view(np.uint32)).any((0, 1))
            return [(c, np.ascontiguousarray(v[:, :, c])) for c in runs(found, APART)]
        raw, found = np.empty((len(bands), lines, samples), np.float32), np.zeros(samples, bool)
        step = max(1, STRIPE // (4 * samples)) if self.block[0] == 1 else lines
        spare, kept = np.empty((step, samples), np.float32), [None]
        for i, at in itertools.product(range(len(bands)), range(0, lines, step)):
            part = raw[i, at : at + step]
            into = part if kept[-1] else spare[: len(part)]  # what is Null stays in the cache
            self._fill(into, self.chosen[bands[i]], line + at, sample)
            some = found.all() or _marked(found, into.view(np.uint32))
            if some and into is not part:
                part[...] = into
            kept.append((i, slice(at, at + step)) if some else None)
        return [(columns, self._cut(raw, kept[1:], columns)) for columns in runs(found, APART)]

    def _cut(self, raw, kept, columns):
        """Return some columns of raw samples; where a stripe was not kept all are Null."""
        if columns == slice(0, raw.shape[2]) and all(kept):
            return self.source.decode(raw, raw)
        out = np.full((*raw.shape[:2], columns.stop - columns.start), special.REAL[0], np.uint32)
        for at in filter(None, kept):
            out[at] = raw[at][:, columns].view(np.uint32)
        out = out.view(np.float32)
        return self.source.decode(out, out)


def _marked(found, bits):
    """Mark the columns where raw samples (lines, samples) are other than Null; return whether any
    is."""
    null = special.REAL[0]
    low, high = bits.min(), bits.max()
    if low == high == null:
        return False
    if low < null:
        found |= bits.min(0) < null
    if high > null:
        found |= bits.max(0) > null
    return True


class Pool:
    """MapRegions for any number of threads, which read the same one at a time as they like."""

    def __init__(self):
        self.held, self.lock = OrderedDict(), threading.Lock()  # path: [MapRegion, who reads it]

    @contextlib.contextmanager
    def region(self, path):
        """Lend the MapRegion of a path."""
        with self.lock:
            if path not in self.held:
                self.held[path] = [MapRegion(path), 0]
            entry = self.held[path]
            entry[1] += 1
            self.held.move_to_end(path)
        try:
            yield entry[0]
        finally:
            with self.lock:
                entry[1] -= 1
                self._shrink()

    def _shrink(self):
        """Close what nobody reads and was lent longest ago, of files beyond MOST."""
        if len(self.held) <= MOST:
            return
        idle = [path for path, (_, readers) in self.held.items() if not readers]
        for path in idle[: len(self.held) - MOST]:
            self.held.pop(path)[0].close()

    def close(self):
        """Give all files back."""
        for region, _ in self.held.values():
            region.close()
        self.held.clear()
