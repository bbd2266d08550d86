"""The start time by trial, in the words of the SP-I2I paper: METHOD = GRID of jitter.

The paper samples "millisecond-level time offsets, selecting the value that minimizes the Euclidean
distance between the observed planetary limb and its projected position".  With E the edge pixels
of a framelet and L(e) the sunlit limb of the ellipsoid in it, the start time moved by e:

    cost(e) = mean over l in L(e), all framelets, of min(min over E of |l - E|, CAP)        (1)

and the offset is the e of least cost on a grid.  The edges are Canny's.  The cap keeps limb that
shows no edge, and edges that are no limb (belts, the terminator), from mattering.
"""

import numpy as np

from . import edge, limb, special
from .limbstart import REACH, NoLimb

CAP = 15.0  # px
SPACING = 3.0  # px between limb points
BLUR = 1.5  # px, sigma before the gradient
STEEP = 0.02, 0.06  # of the brightest in the band per px: gradients that continue, begin an edge
MISSED = 0.5  # of CAP: a cost that is none of a limb


def search(core, g, step):
    """Offset ms of least eq. (1), px (< CAP) of the limb points there, offsets and costs tried.

    core  (bands, frames x lines, samples);  g  a Geometry with an attitude;  step  ms

    NoLimb where no offset brings the limb near edges.
    """
    count = int(REACH / step)
    tried = step * np.arange(-count, count + 1)
    near = distances(core, g.camera)
    each = [
        _at(near, g.camera.lines, limb.points(g.shift(e / 1e3), spacing=SPACING)) for e in tried
    ]
    cost = np.array([np.minimum(d, CAP).mean() if len(d) else CAP for d in each])
    best = int(cost.argmin())
    if cost[best] > MISSED * CAP:
        raise NoLimb(f"no sunlit limb: edges are {cost[best]:.1f} pixels from where it may be")
    return float(tried[best]), each[best][each[best] < CAP], tried, cost


def distances(core, camera):
    """Distance, px, of each pixel to the nearest edge in its framelet, in the shape of core."""
    import cv2

    out = np.full(core.shape, 1e3, np.float32)
    for band, top in enumerate(edge.brightest(core)):
        for line in range(0, core.shape[1] if top > 0 else 0, camera.lines):
            rows = np.s_[band, line : line + camera.lines, camera.first : camera.last]
            part = core[rows]
            known = np.where(special.kinds(part) == 4, 2 * top, np.nan_to_num(part))
            soft = cv2.GaussianBlur(known.astype(np.float32) / top, (0, 0), BLUR)
            slopes = [
                (1e4 * cv2.Sobel(soft, cv2.CV_32F, *d, scale=1 / 8)) for d in ((1, 0), (0, 1))
            ]
            dx, dy = (np.clip(v, -32767, 32767).astype(np.int16) for v in slopes)
            found = cv2.Canny(dx, dy, *(1e4 * v for v in STEEP), L2gradient=True)
            if found.any():
                out[rows] = cv2.distanceTransform(255 - found, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return out


def _at(near, lines, at):
    """The distances at limb Points (m,), px."""
    return near[at.band, at.frame * lines + at.y.astype(int), at.x.astype(int)]
