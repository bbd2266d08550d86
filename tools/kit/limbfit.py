"""The fit of an attitude to the sunlit limb.

Every framelet that shows the limb measures it at many points; x, the unknowns of the attitude,
and h, the height of the limb in each band, make least

    sum rho((H_i(x) - h_b) g_i) / w_b^2  +  sum ((x_j - m_j) / s_j)^2  +  sum (h_b / s_h)^2     (1)

H_i the height above the ellipsoid of the line of sight through point i (`limb` eq. 2), g_i the
pixels per km there, rho Cauchy's loss, w from the spread of band b, m and s the priors (`robust`).
Where the geometry has an attitude (CK) x is the start-time offset; where it has none (SPIN) x is
axis, rate and phase of an even spin, started from the lit part of the image (`spin`).  The points
are measured again at each solution, in ever narrower windows.
"""

from dataclasses import dataclass

import numpy as np

from . import edge, limb, robust
from .error import Error
from .frames import Geometry
from .spin import NOMINAL, Spin, search

WINDOWS = (30.0, 8.0, 4.0, 4.0)  # px about the limb, round by round
REACH, GRID = 120.0, 2.0  # ms: the start times tried, and their step
HEIGHT = 200.0  # km, prior of the limb height about 0
AXIS, RATE = 1.0, 0.02  # degrees about Earth or Sun, rpm about the nominal rate: priors
SHARED = 8.0  # w over the spread: many points share what the clouds do to the limb
STRETCH = 5.0  # degrees of limb, seen by all filters and neighbouring frames, that err together
FLOOR = 0.05  # px, least spread
AGREE = 0.7  # least correlation of the lit part with a planet's disc
FEWEST, LOOSEST = 50, 1.0  # points, and px of spread, that still are a limb


@dataclass(frozen=True)
class Unknowns:
    """What is solved of the attitude: pose(*x) is the Geometry of x (n,).

    start, scale (n,); prior (mean, sigma); windows px
    """

    pose: object
    start: tuple
    scale: tuple
    prior: tuple
    windows: tuple


def clock(core, g):
    """The start-time offset (ms) of an image whose attitude is known, and a first value of it."""

    def pose(ms):
        return g.shift(ms / 1e3)

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
        moved = -limb.heights(pose(ms), at) * at.gain  # px outward, limb of ms from that of 0
        i = np.rint((moved - s[0]) / edge.STEP).astype(int)
        inside = (i >= 0) & (i < len(s))
        return fall[each[inside], i[inside]].sum()

    start = max(tried, key=score)
    return Unknowns(pose, (start,), (1.0,), ((0.0,), (np.inf,)), WINDOWS[1:])


def turning(core, g):
    """Axis offset (2, degrees), rate (rpm), phase (degrees) of an even spin, and first values."""
    spin = Spin(g)
    start, reference, agreement = search(core, spin)
    if agreement < AGREE:
        raise Error(
            f"no sunlit limb: the lit part correlates by {agreement:.2f} with a planet's "
            f"disc, expected {AGREE} at least"
        )
    mean = (*reference, np.copysign(NOMINAL, start[2]), 0.0)
    prior = (mean, (AXIS, AXIS, RATE, np.inf))
    return Unknowns(spin.pose, start, (0.1, 0.1, 0.01, 0.1), prior, WINDOWS)


@dataclass(frozen=True)
class Fit:
    """A solution of eq. (1): geometry, x and height (km per band) with their sigmas, 1 each;
    rms px of the points kept, and how many were kept, rejected as outliers, and looked for."""

    geometry: Geometry
    x: np.ndarray
    x_sigma: np.ndarray
    height: np.ndarray
    height_sigma: np.ndarray
    rms: float
    points: int
    rejected: int
    tried: int


def fit(core, unknowns):
    """The Fit of a strip (bands, frames x lines, samples); Error where it shows no sunlit limb."""
    u, bands = unknowns, len(core)
    n, spread = len(u.start), np.ones(bands)
    z = np.concatenate([u.start, np.zeros(bands)])
    scale = np.concatenate([u.scale, np.full(bands, 50.0)])
    mean = np.concatenate([u.prior[0], np.zeros(bands)])
    sigma = np.concatenate([u.prior[1], np.full(bands, HEIGHT)])
    for window in u.windows:
        at, tried = edge.measure(core, u.pose(*z[:n]), z[n:], window)
        if len(at) < FEWEST:
            raise Error(f"no sunlit limb: {len(at)} points of it were found, expected {FEWEST}")

        def residual(z, at=at):
            return (limb.heights(u.pose(*z[:n]), at) - z[n:][at.band]) * at.gain

        w = spread[at.band]
        stretch = np.round(np.degrees(np.arctan2(at.ny, at.nx)) / STRETCH)
        z, z_sigma, r = robust.solve(residual, z, scale, (mean, sigma), SHARED * w, 3 * w, stretch)
        per_band = [robust.spread(r[at.band == b]) for b in range(bands)]
        spread = np.fmax(np.nan_to_num(per_band, nan=1.0), FLOOR)
    kept = np.abs(r) < 4 * spread[at.band]
    if robust.spread(r) > LOOSEST:
        raise Error(f"no sunlit limb: the edges found scatter by {robust.spread(r):.1f} pixels")
    rms, points = float(np.sqrt((r[kept] ** 2).mean())), int(kept.sum())
    return Fit(
        u.pose(*z[:n]), z[:n], z_sigma[:n], z[n:], z_sigma[n:], rms, points, len(r) - points, tried
    )
