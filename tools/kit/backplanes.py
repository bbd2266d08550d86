"""Backplanes: what is known of each cell of a picture besides its DN - angles and coordinates.

They are further bands, named in BandBin.  At a surface point with the normal n, lit along -s
and seen along -v (kit/frames: where Sun and observer stood for the light that was caught),

    cos INCIDENCE = n . s    cos EMISSION = n . v    cos PHASE = s . v          (1)

as ISIS's phocube defines them on the ellipsoid.  LATITUDE is planetographic and LONGITUDE
positive west; RANGE is the distance from the observer and RESOLUTION what a pixel spans there,
across the line of sight: RANGE over the focal length in pixels.
"""

import numpy as np

from . import ellipsoid, picture
from .attitude import cosine
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
CELLS = 1 << 18  # computed together


def planes(names, g, f, p):
    """Return backplanes (names, *F, ...) float64 of surface points, in the unit of UNITS.

    names  of UNITS, in the order wanted
    g      Geometry;  f  frames, integers of shape F
    p      (*F, ..., 3) km body-fixed; NaN gives NaN
    """
    n, sun, sight = g.lines(f, p)
    away = np.sqrt((sight * sight).sum(-1))
    look = sight / away[..., None]
    made = {
        "INCIDENCE": lambda: _degrees(cosine(n, sun)),
        "EMISSION": lambda: _degrees(-cosine(n, look)),
        "PHASE": lambda: _degrees(-cosine(look, sun)),
        "LATITUDE": lambda: ellipsoid.latlon(p, g.radii)[0],
        "LONGITUDE": lambda: ellipsoid.latlon(p, g.radii)[1],
        "RANGE": lambda: away,
        "RESOLUTION": lambda: away / g.camera.focal,
    }
    return np.stack([np.broadcast_to(made[name](), away.shape) for name in names])


def plane(name, g, f, p):
    """Return one backplane (*F, ...): see `planes`."""
    return planes([name], g, f, p)[0]


def _degrees(c):
    return np.degrees(np.arccos(np.clip(c, -1, 1)))


def of_grid(names, g, points, shape):
    """Return backplanes (names, lines, samples) float32 of a grid seen by the first frame of g.

    points, shape  as of `mapping.resample`; cells off the surface are NaN
    """
    out = np.empty((len(names), *shape), np.float32)
    step, sample = max(1, CELLS // shape[1]), np.arange(shape[1])
    for top in range(0, shape[0], step):
        line = np.arange(top, min(top + step, shape[0]))[:, None]
        p, surface = points(line, sample)
        out[:, line[:, 0]] = planes(names, g, 0, np.where(surface[..., None], p, np.nan))
    return out


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
