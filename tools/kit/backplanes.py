"""Backplanes: what is known of each cell of a picture besides its DN - angles and coordinates.

They are further bands, named in BandBin.  At a surface point with the normal n, lit along -s
and seen along -v (kit/frames: where Sun and observer stood for the light that was caught),

    cos INCIDENCE = n . s    cos EMISSION = n . v    cos PHASE = s . v          (1)

as ISIS's phocube defines them on the ellipsoid.  LATITUDE is planetographic and LONGITUDE
positive west; RANGE is the distance from the observer and RESOLUTION what a pixel spans there,
across the line of sight: RANGE over the focal length in pixels.  The angle between unit vectors
is taken as

    2 arctan(|a - b| / |a + b|)                                                (2)

which rounding spares at 0 too, unlike the arc of the cosine (Kahan 2006, How Futile are Mindless
Assessments of Roundoff, section 12).  Over a grid the vectors are those of `smooth`.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from . import ellipsoid, picture, reserved, smooth
from .label import Quantity

UNITS = {
    "INCIDENCE": "degrees",
    "EMISSION": "degrees",
    "PHASE": "degrees",
    "LATITUDE": "degrees",
    "LONGITUDE": "degrees",
    "RANGE": "km",
    "RESOLUTION": "km/pixel",
}
PARTS = {  # what each is made of; none has an edge but the ellipsoid's own
    "INCIDENCE": ("normal", "sunward"),
    "EMISSION": ("normal", "upward"),
    "PHASE": ("sunward", "upward"),
    "LATITUDE": ("ground",),
    "LONGITUDE": ("ground",),
    "RANGE": ("away",),
    "RESOLUTION": ("away",),
}
TOLERANCE = 1e-8  # of the unit vectors, and of the distance relatively, between the nodes


def planes(names, g, f, p):
    """Return backplanes (names, *F, ...) float64 of surface points, in the unit of UNITS.

    names  of UNITS, in the order wanted
    g      Geometry;  f  frames, integers of shape F
    p      (*F, ..., 3) km body-fixed; NaN gives NaN
    """
    return _made(names, g, _parts(names, g, f, np.asarray(p, float)))


def plane(name, g, f, p):
    """Return one backplane (*F, ...): see `planes`."""
    return planes([name], g, f, p)[0]


def of_grid(names, g, points, shape, threads=None):
    """Return backplanes (names, lines, samples) float32 of a grid seen by the first frame of g.

    points, shape  as of `mapping.resample`; cells off the surface are NaN
    threads        workers, one per processor by default; any number gives the same bytes
    """
    out = np.full((len(names), *shape), np.nan, np.float32)

    def exact(_, line, sample):
        p, surface = points(line, sample)
        return _parts(names, g, 0, np.where(surface[..., None], p, np.nan))

    def judge(at_nodes, between, told):
        allowed = TOLERANCE * np.maximum(np.abs(between), 1)
        return (np.abs(told - between) < allowed).all((0, 2, 3)), np.ones(told.shape[1], bool)

    def work(corners):
        for _, lines, samples, parts in smooth.tiles(exact, judge, corners, shape):
            if parts is not None:
                out[:, lines, samples] = _made(names, g, parts)

    with ThreadPoolExecutor(threads or reserved.processors()) as pool:
        list(pool.map(work, smooth.chunks(smooth.corners(1, shape))))
    return out


def _parts(names, g, f, p):
    """The parts (m, *F, ...) of some backplanes, one component after the other."""
    normal, sun, sight = g.lines(f, p)
    away = np.sqrt((sight * sight).sum(-1, keepdims=True))
    made = {
        "normal": lambda: normal,
        "sunward": lambda: sun / np.sqrt((sun * sun).sum(-1, keepdims=True)),
        "upward": lambda: -sight / away,
        "ground": lambda: ellipsoid.normal(p, g.radii),
        "away": lambda: away,
    }
    return np.moveaxis(np.concatenate([made[part]() for part in _needed(names)], -1), -1, 0)


def _needed(names):
    return list(dict.fromkeys(part for name in names for part in PARTS[name]))


def _made(names, g, parts):
    """Backplanes (names, ...) of their parts (m, ...)."""
    found, at = {}, 0
    for part in _needed(names):
        width = 1 if part == "away" else 3
        found[part], at = parts[at : at + width], at + width
    made = {
        "LATITUDE": lambda n: np.degrees(np.arctan2(n[2], np.hypot(n[0], n[1]))),
        "LONGITUDE": lambda n: ellipsoid.west(np.degrees(np.arctan2(n[1], n[0]))),
        "RANGE": lambda away: away[0],
        "RESOLUTION": lambda away: away[0] / g.camera.focal,
    }
    return np.stack([made.get(n, _angle)(*(found[part] for part in PARTS[n])) for n in names])


def _angle(a, b):
    """Degrees between unit vectors (3, ...), eq. (2)."""
    apart, along = ((v * v).sum(0) for v in (a - b, a + b))
    return np.degrees(2 * np.arctan2(np.sqrt(apart), np.sqrt(along)))


def split(cube):
    """Return the indices of the image bands of a cube, and {name: (lines, samples)} of the others.

    The names are in capitals and of one word where they are those of UNITS, so that ISIS's
    "Incidence Angle" is INCIDENCE.
    """
    names = cube.band_names()
    images = picture.images(names)
    rest = (b for b in range(len(names)) if b not in images)
    return images, {_plain(names[b]): cube.core[b] for b in rest}


def _plain(name):
    words = name.replace("_", " ").upper()
    first = words.split()[0]
    return first if first in UNITS else words


def add(cube, found):
    """Return a cube with the backplanes {name: (lines, samples)} behind its bands.

    BandBin names them; its other keywords with one value per band say Null of them.
    """
    label, bands = cube.label.copy(), len(cube.core)
    bandbin = label.object("IsisCube").group("BandBin")
    if not bandbin.items:
        bandbin.set("FilterName", cube.band_names())
    for key, value in list(bandbin.items):
        values, unit = value if isinstance(value, Quantity) else (value, None)
        values = values if isinstance(values, list) else [values]
        if len(values) == bands:
            more = list(found) if key in ("FilterName", "Name") else [None] * len(found)
            bandbin.set(key, Quantity(values + more, unit) if unit else values + more)
    extra = np.stack([np.asarray(v, cube.core.dtype) for v in found.values()])
    return cube.replace(core=np.concatenate([cube.core, extra]), label=label)
