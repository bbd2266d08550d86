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

from . import special
from .leftover import Specials, rank


class Average:
    """Eq. (1), in a window (bands, lines, samples)."""

    def __init__(self, shape):
        self.total, self.weight = np.zeros(shape), None
        self.even = np.zeros(shape[1], np.float32)  # weights of whole lines
        self.count, self.evenly = None, np.zeros(shape[1], np.float32)
        self.specials = Specials(shape)

    def add(self, v, w=None, line=0, sample=0):
        """Add a window at a line and sample; w (lines, samples), None: 1, and v is all valid."""
        import cv2

        bands, lines, samples = v.shape
        at = np.s_[:, line : line + lines, sample : sample + samples]
        total = self.total[at]
        if w is None and samples == self.total.shape[2]:
            for band, sums in zip(v, total, strict=True):
                cv2.accumulate(band, sums)
            self.even[line : line + lines] += 1
            self.evenly[line : line + lines] += 1
            return
        if self.weight is None:
            self.weight = np.zeros(self.total.shape, np.float32)
            self.count = np.zeros(self.total.shape[1:], np.float32)
        w = np.ones((lines, samples), np.float32) if w is None else np.ascontiguousarray(w)
        some = np.zeros((lines, samples), np.uint8)
        holes = False
        for band, sums, weight in zip(v, total, self.weight[at], strict=True):
            valid = (~np.isnan(band)).view(np.uint8)
            holes = holes or not valid.all()
            some |= valid
            cv2.accumulateProduct(band, w, sums, mask=valid)
            cv2.accumulate(w, weight, mask=valid)
        self.count[at[1:]] += some
        if holes:
            self.specials.add(v, at)

    def result(self):
        """Return DN (bands, lines, samples), and how many maps gave each cell (lines, samples)."""
        out = np.zeros(self.total.shape, np.float32)  # no garbage: it is cast where nothing is
        if self.weight is None and self.even.all():
            np.divide(self.total, self.even[:, None], out=out, casting="same_kind")
            return out, np.broadcast_to(self.evenly[:, None], out.shape[1:])
        weight = self.even[None, :, None] + (0 if self.weight is None else self.weight)
        weight = np.broadcast_to(weight, out.shape)
        empty = weight == 0
        np.divide(self.total, weight, out=out, where=~empty, casting="same_kind")
        self.specials.fill(out, empty)
        count = self.evenly[:, None] + (0 if self.count is None else self.count)
        return out, np.broadcast_to(count, out.shape[1:])


class Median:
    """Eq. (2), in a window (bands, lines, samples); it holds the windows of all maps."""

    def __init__(self, shape):
        self.shape, self.held, self.specials = shape, [], Specials(shape)

    def add(self, v, w=None, line=0, sample=0):
        """Take a window at a line and sample; weights mean nothing."""
        at = np.s_[:, line : line + v.shape[1], sample : sample + v.shape[2]]
        self.held.append((at, v))
        if np.isnan(v).any():
            self.specials.add(v, at)

    def result(self):
        """Return DN (bands, lines, samples), and how many maps gave each cell (lines, samples)."""
        out = np.full(self.shape, special.NULL, np.float32)
        some = np.zeros(self.shape[1:], np.float32)
        for at, v in self.held:
            some[at[1:]] += (~np.isnan(v)).any(0)
        for band in range(self.shape[0]):
            for line in range(self.shape[1]):
                self._line(out[band, line], band, line)
        self.specials.fill(out, np.isnan(out))
        return out, some

    def _line(self, out, band, line):
        rows = [(at[2], v[band, line - at[1].start]) for at, v in self.held
                if at[1].start <= line < at[1].stop]  # fmt: skip
        rows = [(where, row) for where, row in rows if not np.isnan(row).all()]
        if not rows:
            return
        stack = np.full((len(rows), len(out)), np.nan, np.float32)
        for held, (where, row) in zip(stack, rows, strict=True):
            held[where] = row
        out[...] = median(stack)


def median(stack):
    """Return the median of the valid samples of maps (maps, n), NaN where there are none."""
    ordered = np.sort(stack, axis=0)  # NaN last
    count = (~np.isnan(ordered)).sum(0)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(stack) - 1)
    if (count == len(stack)).all():
        low, high = ordered[low[0]], ordered[high[0]]
    else:
        low, high = (np.take_along_axis(ordered, i[None], 0)[0] for i in (low, high))
    return np.where(count > 0, low / 2 + high / 2, special.NULL)


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
