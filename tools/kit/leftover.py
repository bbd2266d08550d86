"""What stands in a cell of a mosaic where no map is valid, and which special sample outranks which.

A saturated sample says more than one that is too dark, and that more than Null.
"""

import numpy as np

from . import picture, special

VALID, FULL, LOW = 3, 2, 1  # ranks of samples; Null is 0


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
        if not (v.view(np.uint32) & 0x7FFFFFFF > special.NULL.view(np.uint32)).any():
            return
        ranks = rank(v)
        ranks[ranks == VALID] = 0
        if not ranks.any():
            return
        if self.held is None:
            self.held = np.full(self.shape, special.NULL, np.float32)
            self.rank = np.zeros(self.shape, np.uint8)
        better = ranks > self.rank[at]
        np.copyto(self.held[at], v, where=better)
        np.copyto(self.rank[at], ranks, where=better)

    def fill(self, out, empty):
        """Write them into the cells of out that are empty."""
        np.copyto(out, special.NULL if self.held is None else self.held, where=empty)
