"""Many maps to one, by windows: the mean, the median, or the best map of each cell.

Each takes windows v (bands, lines, samples) float32 of one map after the other, special samples
as NaN by kind, at a place of its own window, and gives the window of the mosaic at the end:

    AVERAGE   DN = sum_m w_m v_m / sum_m w_m   over the maps valid in the band            (1)
    MEDIAN    DN = median_m v_m                                                           (2)
    the best  DN = v_m of that map, of those whole in the cell, that has the least e_m    (3)

Sums are of float64: weights are few bits long (`feather`), so they are exact and their order
means nothing; a cell seen by one map keeps its sample bit by bit.  A cell is whole where all bands
are valid; one that no map has whole is filled band by band.  Where no map is valid a cell is
saturated if one is, else special as the first map that is not Null there, else Null.
"""

import numpy as np

from . import picture, special
from .stack import median, overlapping, rows

VALID, FULL, LOW = 3, 2, 1  # ranks of samples: a saturated one says more than one that is too dark
LRS = special.LRS.view(np.uint32)


class Average:
    """Eq. (1), in a window (bands, lines, samples)."""

    def __init__(self, shape):
        self.total, self.weight = np.zeros(shape), None
        self.even = np.zeros(shape[1:], np.float32)  # weights of windows that weigh 1 throughout
        self.count = None  # of the maps of all others
        self.specials = Specials(shape)

    def add(self, v, w=None, line=0, sample=0):
        """Add a window at a line and sample; w (lines, samples), None: 1, and v is all valid."""
        import cv2

        at = np.s_[:, line : line + v.shape[1], sample : sample + v.shape[2]]
        total = self.total[at]
        if w is None:
            for band, sums in zip(v, total, strict=True):
                cv2.accumulate(band, sums)
            self.even[at[1:]] += 1
            return
        if self.weight is None:
            self.weight = np.zeros(self.total.shape, np.float32)
            self.count = np.zeros(self.even.shape, np.float32)
        w, some = np.ascontiguousarray(w), np.zeros(v.shape[1:], bool)
        for band, sums, weight in zip(v, total, self.weight[at], strict=True):
            valid = band == band
            some |= valid
            cv2.accumulateProduct(band, w, sums, mask=valid.view(np.uint8))
            cv2.accumulate(w, weight, mask=valid.view(np.uint8))
        self.count[at[1:]] += some
        self.specials.add(v, at)

    def result(self):
        """Return DN (bands, lines, samples), and how many maps gave each cell (lines, samples)."""
        weight, count = np.broadcast_to(self.even, self.total.shape), self.even
        if self.weight is not None:
            weight, count = np.add(self.even, self.weight, out=self.weight), count + self.count
        out = np.zeros(self.total.shape, np.float32)  # no garbage: it is cast where nothing is
        empty = weight == 0
        np.divide(self.total, weight, out=out, where=~empty, casting="same_kind")
        self.specials.fill(out, empty)
        return out, count


class Median:
    """Eq. (2), in a window (bands, lines, samples); it holds the windows of all maps."""

    def __init__(self, shape):
        self.shape, self.held, self.specials = shape, [], Specials(shape)

    def add(self, v, w=None, line=0, sample=0):
        """Take a window at a line and sample; weights mean nothing."""
        self.held.append((line, sample, v))
        self.specials.add(v, np.s_[:, line : line + v.shape[1], sample : sample + v.shape[2]])

    def result(self):
        """Return DN (bands, lines, samples), and how many maps gave each cell (lines, samples)."""
        out = np.full(self.shape, special.NULL, np.float32)
        some = np.zeros(self.shape[1:], np.float32)
        for line, sample, v in self.held:
            some[line : line + v.shape[1], sample : sample + v.shape[2]] += (v == v).any(0)
        for columns, held in overlapping(self.held):
            for band, lines, stack in rows(held, columns, self.shape):
                out[band, lines, columns] = median(stack)
        self.specials.fill(out, np.isnan(out))
        return out, some


class Best:
    """Eq. (3), in a window (bands, lines, samples); maps of equal e: the first that came."""

    def __init__(self, shape):
        self.out = np.full(shape, special.NULL, np.float32)
        self.e = np.full(shape[1:], np.inf, np.float32)
        self.number = np.zeros(shape[1:], np.float32)
        self.shape, self.parts = shape, None

    @property
    def full(self):
        """True where every cell is whole."""
        return bool((self.e < np.inf).all())

    def add(self, v, e, number, line=0, sample=0):
        """Take a window at a line and sample of map `number`; e a number or (lines, samples)."""
        _, lines, samples = v.shape
        at = slice(line, line + lines), slice(sample, sample + samples)
        whole = ~np.isnan(v).any(0)
        e = np.broadcast_to(np.float32(e), whole.shape)
        better = whole & (e < self.e[at])
        if not whole.all():
            self._part(v, e, number, (slice(None), *at), ~whole)
        np.copyto(self.out[(slice(None), *at)], v, where=better)
        np.copyto(self.e[at], e, where=better)
        self.number[at][better] = number

    def _part(self, v, e, number, at, where):
        """Keep samples of cells that are not whole, band by band: the best rank, then least e."""
        ranks = rank(v)
        if not (ranks[:, where] > 0).any():
            return
        if self.parts is None:
            self.parts = (
                np.full(self.shape, special.NULL, np.float32),
                np.zeros(self.shape, np.uint8),
                np.full(self.shape, np.inf, np.float32),
                np.zeros(self.shape, np.float32),
            )
        held, best, least, numbers = (a[at] for a in self.parts)
        better = where & ((ranks > best) | ((ranks == best) & (ranks > 0) & (e < least)))
        for a, value in ((held, v), (best, ranks), (least, e), (numbers, number)):
            np.copyto(a, value, where=better)

    def result(self):
        """Return DN (bands, lines, samples), and the number of the map each cell came from."""
        if self.parts is None or self.full:
            return self.out, self.number
        held, best, _, numbers = self.parts
        open_ = ~(self.e < np.inf)
        np.copyto(self.out, held, where=open_)
        first = best.argmax(0)[None]  # the first band of the best rank
        first = np.take_along_axis(numbers, first, 0)[0]
        np.copyto(self.number, first, where=open_)
        return self.out, self.number


def rank(v):
    """Return VALID, FULL (saturated), LOW (other special pixels) or 0 (Null) of samples, uint8."""
    found = np.full(v.shape, VALID, np.uint8)
    bad = np.isnan(v)
    if bad.any():
        found[bad] = 0
        found[picture.saturated(v)] = FULL
        found[picture.undershot(v)] = LOW
    return found


class Specials:
    """What stands where nothing is valid: a saturated sample, else the first special one."""

    def __init__(self, shape):
        self.shape, self.held, self.rank = shape, None, None

    def add(self, v, at):
        """Take the special samples of a window."""
        for i, band in enumerate(v):
            kind = (band.view(np.uint32) & np.uint32(0x7FFFFFFF)) - LRS  # 0 to 3; others are larger
            odd = kind < 4
            if odd.any():
                self._add(band, odd * ((kind >> 1) + 1).astype(np.uint8), (i, *at[1:]))

    def _add(self, band, ranks, at):
        if self.held is None:
            self.held = np.full(self.shape, special.NULL, np.float32)
            self.rank = np.zeros(self.shape, np.uint8)
        better = ranks > self.rank[at]
        np.copyto(self.held[at], band, where=better)
        np.copyto(self.rank[at], ranks, where=better)

    def fill(self, out, empty):
        """Write them into the cells of out that are empty."""
        np.copyto(out, special.NULL if self.held is None else self.held, where=empty)
