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

STEPS = 1024
APART = 64  # cells: nearer rows of columns are looked at together


def weights(whole, reach):
    """Return eq. (1) of cells (lines, samples), float32; beyond the array nothing is valid.

    whole  bool, True where all bands are valid;  reach  R, cells, >= 1
    """
    import cv2

    known = np.pad(whole, 1).astype(np.uint8)
    d = cv2.distanceTransform(known, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return quantised(np.minimum(d, np.float32(reach)) / np.float32(reach))


def quantised(w):
    """Return weights rounded to STEPS, at least one step."""
    w = np.rint(w * np.float32(STEPS))
    np.maximum(w, 1, out=w)
    return w / np.float32(STEPS)


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
        far = int(np.ceil(reach)) + 1
        (top, bottom, _), (left, right, _) = (
            s.indices(n) for s, n in zip((rows, columns), whole.shape, strict=True)
        )
        i, j = np.arange(top - far, bottom + far), np.arange(left - far, right + far)
        known = np.take(whole, i, 0, mode="clip")
        known[i < 0], known[i >= len(whole)] = not self.top, not self.bottom
        known = np.take(known, j, 1, mode="wrap" if self.wraps else "clip")
        if not self.wraps:
            known[:, j < 0], known[:, j >= whole.shape[1]] = not self.left, not self.right
        return weights(known, reach)[far:-far, far:-far]


def near(lines, reach):
    """Return which lines lie within reach of one that is True, bools (n,) both."""
    far = int(np.ceil(reach))
    counted = np.cumsum(np.r_[0, lines])
    at = np.arange(len(lines))
    return counted[np.minimum(at + far + 1, len(lines))] > counted[np.maximum(at - far, 0)]


def runs(seen, apart=1):
    """Return slices of the rows of True in bools (n,), those fewer than apart from each other as
    one."""
    at = np.flatnonzero(seen)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > apart)
    firsts, lasts = np.r_[at[0], at[cut + 1]], np.r_[at[cut], at[-1]]
    return [slice(int(a), int(b) + 1) for a, b in zip(firsts, lasts, strict=True)]
