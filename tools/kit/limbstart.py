"""First values for a fit to the limb: the start time, or the spin, from the image alone."""

import numpy as np

from . import edge, limb
from .chebyshev import expansion, nodes
from .error import Error
from .spin import NOMINAL, Spin, search

REACH, GRID = 120.0, 2.0  # ms: the start times tried, and their step
NODES = 9  # offsets between which the limb's way is interpolated, to 0.01 px
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
    sums = edge.summed(edge.sample(core, g.camera.lines, at, s))
    fall = edge.falls(sums, np.arange(len(s))) / np.where(top > 0, top, np.inf)
    fall = np.clip(fall, -0.3, 0.3)  # one bright spot is no limb
    # px outward from the limb at no offset to that of an offset, which moves it smoothly
    known = REACH * nodes(NODES)[0]
    moved = np.stack([-limb.heights(g.shift(ms / 1e3), at) * at.gain for ms in known])
    tried = np.arange(-REACH, REACH + GRID / 2, GRID)
    i = np.rint((expansion(NODES, tried / REACH) @ moved - s[0]) / edge.STEP).astype(int)
    inside = (i >= 0) & (i < len(s))
    score = np.where(inside, fall[np.arange(len(at)), np.where(inside, i, 0)], 0.0).sum(1)
    return tried[score.argmax()]


def turning(core, g):
    """(east, north, rate, phase) of an even spin, and the (east, north, rate) to be expected."""
    start, reference, agreement = search(core, Spin(g))
    if agreement < AGREE:
        raise NoLimb(
            f"no sunlit limb: the lit part correlates by {agreement:.2f} with a planet's "
            f"disc, expected {AGREE} at least"
        )
    return start, (*reference, np.copysign(NOMINAL, start[2]))
