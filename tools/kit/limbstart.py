"""First values for a fit to the limb: the start time, or the spin, from the image alone."""

import numpy as np

from . import edge, limb
from .error import Error
from .spin import NOMINAL, Spin, search

REACH, GRID = 120.0, 2.0  # ms: the start times tried, and their step
AGREE = 0.7  # least correlation of the lit part with a planet's disc


class NoLimb(Error):
    """An image shows no limb that a fit could use.

    index  of the image, among several
    """

    def __init__(self, words, index=0):
        super().__init__(words)
        self.index = index


def clock(core, g):
    """The start-time offset, ms, of an image whose attitude is known, to 2 ms."""
    speed = np.linalg.norm(g.av, axis=1).max() * g.camera.focal / 1e3  # px per ms
    half = REACH * speed + edge.CLEAN
    at = limb.points(g, spacing=6.0, margin=half)
    s = np.arange(-half, half, edge.STEP)
    top = edge.brightest(core)[at.band][:, None]
    fall = edge.falls(edge.sample(core, g.camera.lines, at, s)) / np.where(top > 0, top, np.inf)
    fall = np.clip(fall, -0.3, 0.3)  # one bright spot is no limb
    tried = np.arange(-REACH, REACH + GRID / 2, GRID)
    each = np.arange(len(at))

    def score(ms):
        moved = -limb.heights(g.shift(ms / 1e3), at) * at.gain  # px outward, limb of ms from 0's
        i = np.rint((moved - s[0]) / edge.STEP).astype(int)
        inside = (i >= 0) & (i < len(s))
        return fall[each[inside], i[inside]].sum()

    return max(tried, key=score)


def turning(core, g):
    """(east, north, rate, phase) of an even spin, and the (east, north, rate) to be expected."""
    start, reference, agreement = search(core, Spin(g))
    if agreement < AGREE:
        raise NoLimb(
            f"no sunlit limb: the lit part correlates by {agreement:.2f} with a planet's "
            f"disc, expected {AGREE} at least"
        )
    return start, (*reference, np.copysign(NOMINAL, start[2]))
