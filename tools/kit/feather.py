"""Weights of a map's cells that fade to its edges and holes, so that no seam shows in a mean.

    w = min(d, R) / R                                                           (1)

d is the distance of a cell, in cells, to the nearest cell that is not valid in all bands or lies
beyond the map's edge, R the reach.  w is rounded to STEPS steps, so that sums of weighted float32
samples are exact in float64, and does not fall below one step: what nobody else has seen counts.
A cell valid in some bands only has one step: it gives way to any map that has all of them.
Within a window a distance up to R is exact where R cells around it are known.
"""

from dataclasses import dataclass

import numpy as np

from .lattice import spans

STEPS = 1024
APART = 64  # cells: nearer rows of columns are looked at together
WIDE = 128  # columns that are looked at together: distances are taken where an edge is near


def weights(whole, reach):
    """Return eq. (1) of cells (lines, samples), float32; beyond the array nothing is valid.

    whole  bool, True where all bands are valid;  reach  R, cells, >= 1
    """
    import cv2

    known = np.pad(np.asarray(whole, np.uint8), 1)
    w = cv2.distanceTransform(known, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    w = np.minimum(w, np.float32(reach))
    w /= np.float32(reach)
    return quantised(w)


def quantised(w):
    """Return weights rounded to STEPS, at least one step."""
    w = w * np.float32(STEPS)
    np.rint(w, out=w)
    np.maximum(w, 1, out=w)
    w /= np.float32(STEPS)
    return w


@dataclass(frozen=True)
class Sides:
    """What lies beyond a window of a map.

    wraps  the last sample meets the first
    top, bottom, left, right   True: an edge, beyond which nothing is valid; False: what is there
           is farther from what matters than the reach
    """

    wraps: bool
    top: bool
    bottom: bool
    left: bool
    right: bool

    def weights(self, whole, reach, rows=slice(None), columns=slice(None)):
        """Return eq. (1) of some rows and columns of a window (lines, samples) of cells."""
        w = np.ones(whole[rows, columns].shape, np.float32)
        for at, fading in self.pieces(whole, reach, rows, columns):
            if fading is not None:
                w[:, at] = fading
        return w

    def pieces(self, whole, reach, rows, columns):
        """Yield (slice of the columns, eq. (1) of them, None where it is 1 throughout)."""
        import cv2

        far, inside = int(np.ceil(reach)) + 1, 2 * int(np.ceil(reach)) - 1
        known = self._around(whole, far, rows, columns)
        deep = cv2.erode(known, np.ones((inside, inside), np.uint8))[far:-far, far:-far].all(0)
        deep = np.logical_and.reduceat(deep, np.arange(0, len(deep), WIDE))
        for one, blocks in [(k, at) for k in (True, False) for at in runs(deep == k)]:
            first, last = blocks.start * WIDE, min(blocks.stop * WIDE, known.shape[1] - 2 * far)
            near = known[:, first : last + 2 * far]
            yield slice(first, last), None if one else weights(near, reach)[far:-far, far:-far]

    def _around(self, whole, far, rows, columns):
        """Return some rows and columns and so many more on each side, 1 where valid, uint8."""
        (top, bottom, _), (left, right, _) = (
            s.indices(n) for s, n in zip((rows, columns), whole.shape, strict=True)
        )
        lines, samples = whole.shape
        known = np.zeros((bottom - top + 2 * far, right - left + 2 * far), np.uint8)
        above, below = max(far - top, 0), max(bottom + far - lines, 0)
        inner = whole[max(top - far, 0) : bottom + far]
        turn = samples if self.wraps else None
        for to, at, n in spans(0, samples, left - far, known.shape[1], turn):
            known[above : len(known) - below, to : to + n] = inner[:, at : at + n]
        known[:above], known[len(known) - below :] = not self.top, not self.bottom
        if not self.wraps:
            known[:, : max(far - left, 0)] = not self.left
            known[:, known.shape[1] - max(right + far - samples, 0) :] = not self.right
        return known


def runs(seen, apart=1):
    """Return slices of the rows of True in bools (n,), those fewer than apart from each other as
    one."""
    at = np.flatnonzero(seen)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > apart)
    firsts, lasts = np.r_[at[0], at[cut + 1]], np.r_[at[cut], at[-1]]
    return [slice(int(a), int(b) + 1) for a, b in zip(firsts, lasts, strict=True)]
