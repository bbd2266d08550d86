"""The cosines of incidence and emission over a cube, tile by tile: from its bands or its geometry.

Cosines are smooth but for mu at a limb, which is of no matter beyond the least that is asked for.
"""

import numpy as np

from . import smooth

OVERSHOOT = 0.25  # of the range of a cosine over a tile: how far it may pass what was looked at
MARGIN = 0.05  # below a limit: there cosines need not be exact
TOLERANCE = 3e-6  # relative error of the cosines, those below FLOOR as if they were that
FLOOR = 0.01


def of_bands(found):
    """Return a function of tiles at corners (n, 3) of `smooth` in a cube with some backplanes.

    found  {"INCIDENCE": degrees (lines, samples), "EMISSION": ...}

    It yields window (0), lines and samples, two slices, and [mu0, mu] of each tile.
    """

    def tiles(corners):
        for _, line, sample in corners:
            at = tuple(slice(k, k + smooth.SIZES[0]) for k in (line, sample))
            yield 0, *at, [np.cos(np.radians(found[k][at])) for k in ("INCIDENCE", "EMISSION")]

    return tiles


def of_places(where, least):
    """As `of_bands`, from Places and its windows; in place of cosines None where all of a tile is
    below least (mu0, mu)."""
    least = np.reshape(least, (2, 1))

    def judge(at_nodes, between, told):
        n = told.shape[1]
        seen = np.concatenate([v.reshape(2, n, -1) for v in (at_nodes, between)], -1)
        seen = np.nan_to_num(seen, nan=1.0)  # off the target of a map: it may show what is needed
        most = seen.max(-1) + OVERSHOOT * np.ptp(seen, -1)
        matter = (between > least[..., None, None] - MARGIN).all(0)
        allowed = np.where(matter, TOLERANCE * np.maximum(between, FLOOR), MARGIN / 4)
        return (np.abs(told - between) < allowed).all((0, 2, 3)), (most >= least).all(0)

    return lambda corners: smooth.tiles(where.angles, judge, corners, where.shape)
