"""Ties: one feature of the surface in two framelets, measured to a fraction of a pixel.

Pictures of two bands, of one image or of two, are made through one camera at mid-time
(`midtime`) and registered tile by tile (`register`).  A tile's centre p, and the place q where the
second picture shows what the first has at p, go back to the raw pixels (x, y) of the framelets
that hold them farthest from an edge.  With the attitudes of the two framelets right,

    r = project_b(hit(look_a(x_a, y_a))) - (x_b, y_b)                           (1)

is zero but for the error of the registration.  Clouds drift: a tie of two images that are dt apart
is off by WIND dt, so images are tied only where that is less than DRIFT pixels.

Positions are pixels: sample x and line y inside a framelet, pixel i centred on i + 0.5.
"""

from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from . import mapping, midtime, register

EMISSION, INCIDENCE = 78.0, 81.0  # degrees: nearer to limb or terminator no feature is measured
SEEN = 6.0  # px from the edge of a framelet, so that its neighbours cannot be missed
WIND = 0.1  # km/s
DRIFT = 0.5  # px
ODD = 1.0  # px: a tile that differs by more from its NEIGHBOURS is another feature
NEIGHBOURS = 8
SURE = 0.5  # px: a tile less certain than this is of no use
FEWEST = 4  # tiles of a pair of pictures that can tell which of them is odd
FAR = 1e3  # px: the residual of a tie that cannot be seen
REFERENCE = ("GREEN", "BLUE", "RED")  # the band of an image that its others are tied to


@dataclass(frozen=True)
class Ties:
    """Ties of a feature in framelet a to framelet b, one per entry of each array (m,).

    image, frame, band  indices
    x, y                sample and line inside the framelet, px
    corr, sigma         correlation and px, of `register.Shifts`
    """

    image_a: np.ndarray
    frame_a: np.ndarray
    band_a: np.ndarray
    x_a: np.ndarray
    y_a: np.ndarray
    image_b: np.ndarray
    frame_b: np.ndarray
    band_b: np.ndarray
    x_b: np.ndarray
    y_b: np.ndarray
    corr: np.ndarray
    sigma: np.ndarray

    def __len__(self):
        return len(self.x_a)

    def __getitem__(self, which):
        return Ties(*(getattr(self, f.name)[which] for f in fields(self)))


def measure(cores, geometries, tile=64, step=32, least=0.4, sigma=12.0, reach=8):
    """The Ties of images: within each of them, and between those that show the same clouds.

    cores          list of (bands, frames * lines, samples), special samples as NaN
    geometries     list of a Geometry each, right to `reach` px
    tile .. reach  as `register.register`

    Where the geometries are wrong, a tile that lies over two framelets counts as one: measure
    again with the solution, which is then not pulled by the first.
    """
    none = [np.empty(0, int)] * 3 + [np.empty(0)] * 2
    found = [none + none + [np.empty(0)] * 2]
    for i, g in enumerate(geometries):
        view = View(g)
        pictures = {i: view.details(cores[i], g, sigma)}
        jobs = [(i, a, i, b) for a, b in within(g.camera.names)]
        for k in range(i + 1, len(geometries)):
            if drift(g, geometries[k]) < DRIFT:
                pictures[k] = view.details(cores[k], geometries[k], sigma)
                pairs = between(g.camera.names, geometries[k].camera.names)
                jobs += [(i, a, k, b) for a, b in pairs]
        for a, band_a, b, band_b in jobs:
            s = register.shifts(pictures[a][band_a], pictures[b][band_b], tile, step, least, reach)
            s = s[s.sigma < SURE]
            s = s[alike(s)]
            place_a = place(geometries[a], band_a, view.points(s.line, s.sample)[0])
            q = view.points(s.line + s.dy, s.sample + s.dx)[0]
            place_b = place(geometries[b], band_b, q)
            columns = _columns(a, band_a, place_a) + _columns(b, band_b, place_b)
            good = (place_a[0] >= 0) & (place_b[0] >= 0)
            found.append([v[good] for v in (*columns, s.corr, s.sigma)])
    return Ties(*(np.concatenate(column) for column in zip(*found, strict=True)))


def residuals(geometries, ties):
    """Eq. (1): where b should show what a saw, minus where it does, (m, 2) px, x and y.

    A line of sight that misses the body is taken to the point of it nearest the body.
    """
    out = np.full((len(ties), 2), FAR)
    for a, b in sorted(set(zip(ties.image_a.tolist(), ties.image_b.tolist(), strict=True))):
        these = (ties.image_a == a) & (ties.image_b == b)
        t, ga, gb = ties[these], geometries[a], geometries[b]
        d = ga.look(t.frame_a, t.x_a, t.y_a, t.band_a)
        p = ga.hit(t.frame_a, d)
        missed = np.isnan(p[:, 0])
        if missed.any():
            p[missed] = _beside(ga, t.frame_a[missed], d[missed])
        x, y, z = gb.project(t.frame_b, p)
        r = np.stack([x + gb.camera.cx - t.x_b, y + gb.camera.cy[t.band_b] - t.y_b], -1)
        r = np.where((z > 0)[:, None], r, FAR)
        out[these] = np.clip(r, -FAR, FAR)
    return out


def _beside(g, f, d):
    """Points (n, 3) km of lines of sight d (n, 3) that miss the body, in front of the camera."""
    p = g.tangent(f, d)
    ahead = g.o[f] + d * np.linalg.norm(g.o[f], axis=-1, keepdims=True)
    return np.where(np.isnan(p), ahead, p)


class View:
    """The camera at mid-time of an image, through which others are seen too."""

    def __init__(self, geometry):
        self.mid, _ = midtime.picture(geometry, 1.0)
        camera = self.mid.camera
        self.shape = camera.lines, camera.samples

    def points(self, line, sample):
        """Points (..., 3) km of the surface at lines and samples, NaN in the sky, and True."""
        x, y = np.broadcast_arrays(np.asarray(sample) + 0.5, np.asarray(line) + 0.5)
        return self.mid.hit(0, self.mid.look(0, x, y, 0)), np.True_

    def details(self, core, geometry, sigma):
        """What it sees of a strip, away from limb and terminator: `register.detail` per band."""
        # BILINEAR: OpenCV's cubic moves a slope by up to 0.05 px
        seen = mapping.resample(
            core, geometry, self.points, self.shape, "BILINEAR", True, EMISSION, INCIDENCE
        )
        return [register.detail(band, sigma) for band in seen]


def within(names):
    """Pairs of bands (a, b) to be tied in one image: the first of REFERENCE against the others."""
    known = [names.index(n) for n in REFERENCE if n in names]
    return [(known[0], b) for b in range(len(names)) if b != known[0]] if known else []


def between(a, b):
    """Pairs of bands to be tied, of images with filters a and b: the like, else all by METHANE."""
    like = [(i, b.index(name)) for i, name in enumerate(a) if name in b]
    return like or list(product(range(len(a)), range(len(b))))


def drift(a, b):
    """How far clouds may drift between the middles of two images, px; inf: of another target."""
    if a.target != b.target:
        return np.inf
    dt = abs(a.et.mean() - b.et.mean())
    distance = min(np.linalg.norm(g.mid().o[0]) - g.radii.min() for g in (a, b))
    return WIND * dt * a.camera.focal / distance


def alike(s):
    """(m,) bool: tiles whose shift is near the median of those around them."""
    if len(s) < FEWEST:
        return np.zeros(len(s), bool)
    from scipy.spatial import cKDTree

    place, shift = np.stack([s.line, s.sample], -1), np.stack([s.dy, s.dx], -1)
    _, near = cKDTree(place).query(place, min(NEIGHBOURS + 1, len(s)))
    away = shift - np.median(shift[near[:, 1:]], 1)  # the nearest is the tile itself
    return (away * away).sum(1) < ODD**2


def place(g, band, p):
    """Where surface points (m, 3) km are farthest from an edge of the framelets of a band.

    Returns frames (m,), -1 where none holds it, samples x and lines y inside them, px.
    """
    frames, camera = np.arange(len(g)), g.camera
    x, y, z = g.project(frames, np.broadcast_to(p, (len(g), *p.shape)))
    x, y = x + camera.cx, y + camera.cy[band]
    with np.errstate(invalid="ignore"):
        across = np.minimum(x - camera.first, camera.last - x)
        depth = np.where((z > 0) & (across > SEEN), np.minimum(y, camera.lines - y), -np.inf)
    depth = np.where(np.isnan(depth), -np.inf, depth)
    best, each = depth.argmax(0), np.arange(p.shape[0])
    return np.where(depth[best, each] > SEEN, best, -1), x[best, each], y[best, each]


def _columns(image, band, place):
    frame, x, y = place
    return np.full(len(x), image), frame, np.full(len(x), band), x, y
