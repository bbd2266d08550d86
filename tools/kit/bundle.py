"""The least squares of a fit to the sunlit limb, and to features that two framelets show.

Every framelet that shows the limb measures it at many points, and pairs of framelets the same
feature; x, the unknowns (`unknowns`), make least

    sum rho((H_i(x) - h_b) g_i) / w_b^2  +  sum rho(d_k(x)) / w_k^2  +  priors              (1)

H_i the height above the ellipsoid of the line of sight through point i (`limb` eq. 2), g_i the
pixels per km there, h_b the height of the limb in band b; d_k the two coordinates, px, of `ties`
eq. (1); rho Cauchy's loss, w from the spread of each (`robust`).  Points and ties are measured
again at each solution, the points in ever narrower windows.
"""

from dataclasses import dataclass, replace

import numpy as np

from . import edge, limb, robust
from .fitimage import Image
from .frames import Geometry
from .limbstart import NoLimb

SHARED = 8.0  # w over the spread: many points share what the clouds do to the limb
STRETCH = 5.0  # degrees of limb, seen by all filters and neighbouring frames, that err together
OVERLAP = 2.0  # w over the spread of ties: a tile shares three quarters with its neighbours
FLOOR, LOOSE, MANY = 0.05, 0.3, 6  # px, least spread, that of ties at first; ties that have one
FEWEST = 50  # points that still are a limb
LOOSEST = {"CK": 1.0, "SPIN": 1.0, "FRAME": 2.0}  # px of spread; a frame may lack its reseaus
TIED = 2  # rounds with ties
STEP = 1e-3  # of the slopes: ms, degrees, rpm, px


@dataclass(frozen=True)
class Fit:
    """What was found of an image.

    image     as it came;  geometry  solved
    u, sigma  of its unknowns (`fitimage` eq. 1); sigma NaN where it was held
    about     u about which the priors stand
    at        limb Points;  tried  how many were looked for
    r, kept   (m,) px, residuals of the points, and which of them are no outliers
    bound     (k, 2) px, residuals of the ties to it, None where there were none
    """

    image: Image
    geometry: Geometry
    u: np.ndarray
    sigma: np.ndarray
    about: np.ndarray
    at: limb.Points
    tried: int
    r: np.ndarray
    kept: np.ndarray
    bound: np.ndarray = None

    @property
    def rms(self):
        """px, of the points kept."""
        return float(np.sqrt((self.r[self.kept] ** 2).mean()))


@dataclass(frozen=True)
class Cores:
    """The samples of images one at a time: all of them may be more than the memory holds."""

    images: list

    def __getitem__(self, i):
        return self.images[i].core()


def rounds(images, made, about, windows, tie=False):
    """The Fits of images: measure and solve for each window, px, then TIED times with ties.

    made  their Unknowns;  about  per image, u about which the priors stand

    NoLimb where an image shows too little of it.
    """
    x, spreads = made.start, [np.ones(len(image.geometry.camera.cy)) for image in images]
    bound, widths = None, {}
    for window, tied in [(w, False) for w in windows] + [(windows[-1], True)] * (TIED * tie):
        u = [made.local(x, i) for i in range(len(images))]
        poses = [image.pose(v) for image, v in zip(images, u, strict=True)]
        if tied:
            from . import ties

            bound = ties.measure(Cores(images), poses)
        found = [_seen(i, image, u[i], poses[i], window) for i, image in enumerate(images)]

        def model(x, slopes, found=found, spreads=spreads, bound=bound, widths=widths):
            each = [made.local(x, i) for i in range(len(images))]
            parts = zip(images, each, made.index, found, spreads, strict=True)
            blocks = [limb_block(*part[:3], part[3][0], part[4], slopes) for part in parts]
            return blocks + (
                [tie_block(images, each, made, bound, widths, slopes)] if bound else []
            )

        x, sigma, blocks = robust.solve(model, x, made.priors)
        spreads = [
            _spreads(b.r, at.band, w) for b, (at, _), w in zip(blocks, found, spreads, strict=False)
        ]
        if bound:
            widths = _widths(bound, blocks[-1].r)
    return [
        _fit(i, image, made, x, sigma, about[i], found[i], blocks, spreads[i], bound)
        for i, image in enumerate(images)
    ]


def limb_block(image, u, index, at, spread, slopes):
    """The robust.Block of an image's limb Points at u, without slopes where they are not wanted.

    index   unknown at each place of u, -1: held;  spread  (bands,) px
    """

    def miss(u):
        return (limb.heights(image.pose(u), at) - image.heights(u)[at.band]) * at.gain

    width = spread[at.band]
    stretch = np.round(np.degrees(np.arctan2(at.ny, at.nx)) / STRETCH)
    columns = np.unique(index[index >= 0])
    block = robust.Block(miss(u), SHARED * width, 3 * width, stretch, columns)
    if not slopes:
        return block
    out = np.zeros((len(at), len(columns)))
    names, places = image.geometry.camera.names, image.places
    shifts = np.array([name == "OFFSET" for name, _ in places])
    shifted = _slope(miss, u, shifts) if (index[shifts] >= 0).any() else None  # each its own band
    for n, (name, band) in enumerate(places):
        if index[n] < 0:
            continue
        if name == "HEIGHT":
            change = -at.gain
        else:
            change = shifted if name == "OFFSET" else _slope(miss, u, np.arange(len(u)) == n)
        mine = band is None or at.band == names.index(band)
        out[:, np.searchsorted(columns, index[n])] += np.where(mine, change, 0.0)
    return replace(block, slopes=out)


def tie_block(images, each, made, bound, widths, slopes):
    """The robust.Block of Ties at each image's u; all x of them, then all y.

    widths  px, the spread of the ties of a pair of bands; LOOSE where it is not known
    """
    from . import ties

    poses = [image.pose(u) for image, u in zip(images, each, strict=True)]

    def miss(poses, bound=bound):
        return ties.residuals(poses, bound).T.ravel()

    m, n = len(bound), len(made.start)
    pairs = _pairs(bound)
    frames = np.stack([*pairs.T, bound.frame_a], 1)
    _, group = np.unique(frames, axis=0, return_inverse=True)
    width = np.tile([widths.get(tuple(pair), LOOSE) for pair in pairs.tolist()], 2)
    block = robust.Block(
        miss(poses), OVERLAP * width, 3 * width, np.tile(group.ravel(), 2), np.arange(n)
    )
    if not slopes:
        return block
    out = np.zeros((2 * m, n))
    for i, image in enumerate(images):
        mine = (bound.image_a == i) | (bound.image_b == i)
        part, rows = bound[mine], np.flatnonzero(np.tile(mine, 2))

        def moved(u, i=i, image=image, part=part):
            return miss([*poses[:i], image.pose(u), *poses[i + 1 :]], part)

        for k, (name, _) in enumerate(image.places):
            if made.index[i][k] >= 0 and name != "HEIGHT" and len(rows):
                change = _slope(moved, each[i], np.arange(len(each[i])) == k)
                out[rows, made.index[i][k]] += change
    return replace(block, slopes=out)


def _pairs(bound):
    """(m, 4) image and band of either end of Ties."""
    return np.stack([bound.image_a, bound.band_a, bound.image_b, bound.band_b], 1)


def _widths(bound, r):
    """{pair of bands: px}, the spread of the residuals r (2 m,) of its ties, if many."""
    pairs, each = _pairs(bound), r.reshape(2, -1)
    found = {}
    for pair in np.unique(pairs, axis=0):
        mine = (pairs == pair).all(1)
        if mine.sum() >= MANY:
            found[tuple(pair.tolist())] = max(robust.spread(each[:, mine].ravel()), FLOOR)
    return found


def _slope(function, u, which):
    """Central difference where the places of which move together."""
    step = STEP * which
    return (function(u + step) - function(u - step)) / (2 * STEP)


def _seen(i, image, u, pose, window):
    """Limb Points of image i at u, and how many were looked for; NoLimb where they are few."""
    at, tried = edge.measure(image.core(), pose, image.heights(u), window)
    if len(at) < FEWEST:
        words = f"no sunlit limb: {len(at)} points of it were found, expected {FEWEST}"
        raise NoLimb(words, i)
    return at, tried


def _spreads(r, band, before):
    """(bands,) px, the spread of the residuals in each band."""
    each = [robust.spread(r[band == b]) for b in range(len(before))]
    return np.fmax(np.nan_to_num(each, nan=1.0), FLOOR)


def _fit(i, image, made, x, sigma, about, found, blocks, spread, bound):
    """The Fit of image i at the solution x."""
    (at, tried), r, index = found, blocks[i].r, made.index[i]
    if robust.spread(r) > LOOSEST[image.kind]:
        scatter = robust.spread(r)
        raise NoLimb(f"no sunlit limb: the edges found scatter by {scatter:.1f} pixels", i)
    u, s = made.local(x, i), np.where(index >= 0, sigma[index], np.nan)
    kept, tied = np.abs(r) < 4 * spread[at.band], None
    if bound:
        mine = (bound.image_a == i) | (bound.image_b == i)
        tied = blocks[-1].r.reshape(2, -1).T[mine]
    return Fit(image, image.pose(u), u, s, about, at, tried, r, kept, tied)
