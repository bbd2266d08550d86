"""What kind of picture a cube holds: image bands and backplanes, colours, framelets, a map."""

import math

import numpy as np

from . import special
from .error import Error

COLOUR = ("RED", "GREEN", "BLUE")
# words in the names of bands that are geometry, not an image: kit/backplanes, ISIS's phocube
BACKPLANES = {
    *("INCIDENCE", "EMISSION", "PHASE", "LATITUDE", "LONGITUDE", "RANGE", "RESOLUTION"),
    *("AZIMUTH", "WEIGHT", "COUNT", "TRACK"),
}
ENOUGH = 1 << 23  # samples; more tell a percentile no better
BLOCK = 1 << 16  # samples looked at together: they stay in the cache
CYLINDRICAL = ("SIMPLECYLINDRICAL", "EQUIRECTANGULAR", "MERCATOR")


def is_backplane(name):
    """Return True for a band that holds angles, coordinates or weights."""
    return not BACKPLANES.isdisjoint(name.replace("_", " ").upper().split())


def images(names):
    """Return the indices of the bands that are no backplanes."""
    return [i for i, name in enumerate(names) if not is_backplane(name)]


def colours(names):
    """Return the indices of RED, GREEN and BLUE, or None where one is missing."""
    upper = [name.upper() for name in names]
    return [upper.index(c) for c in COLOUR] if set(COLOUR) <= set(upper) else None


def index(word, names):
    """Return the index of a band given by its name (any case) or its number from 1."""
    upper = [name.upper() for name in names]
    if word.upper() in upper:
        return upper.index(word.upper())
    if word.isdigit() and 1 <= int(word) <= len(names):
        return int(word) - 1
    raise Error(f"band {word} does not exist: the cube has {', '.join(names)}")


def saturated(a):
    """Return where samples are His or Hrs; for float32 quicker than special.kinds(a) >= 4."""
    return _between(a, special.HIS, special.HRS)


def undershot(a):
    """Return where samples are Lrs or Lis."""
    return _between(a, special.LRS, special.LIS)


def empty(a):
    """Return True where every sample is Null."""
    return bool(np.isnan(a).all()) and not _between(a, special.LRS, special.HRS).any()


def _between(a, first, last):
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32).reshape(-1)
    found, low, high = np.empty(bits.shape, bool), first.view(np.uint32), last.view(np.uint32)
    for i in range(0, bits.size, BLOCK):
        payload = bits[i : i + BLOCK] & np.uint32(0x7FFFFFFF)
        payload -= low
        np.less_equal(payload, high - low, out=found[i : i + BLOCK])
    return found.reshape(a.shape)


def percentiles(planes, percents):
    """Return the percentiles of all valid samples of some planes, float; None without any.

    More than ENOUGH samples are thinned to every k-th, in order: the rank is then uncertain by
    less than 1e-3.
    """
    size = sum(plane.size for plane in planes)
    if not size:
        return None
    step = max(1, size // ENOUGH)
    thin = [plane.reshape(-1)[::step] for plane in planes]
    valid = np.concatenate([t[~np.isnan(t)] for t in thin])
    if not valid.size and step > 1:
        valid = np.concatenate([plane[~np.isnan(plane)] for plane in planes])
    return [float(v) for v in np.percentile(valid, percents)] if valid.size else None


def mapping(cube):
    """Return the Group Mapping of a map, None for any other cube."""
    found = cube.isis.nodes("Mapping")
    return found[0] if found else None


def scale(group):
    """Return pixels per degree of great circle and kilometres per pixel of a Group Mapping."""
    km = group.number("PixelResolution", default=None)
    degrees = group.number("Scale", default=None)
    radius = group.number("EquatorialRadius", unit="m", default=None)
    if km is None and degrees is None:
        raise Error(f"{group}: keywords Scale and PixelResolution are missing")
    km = km / 1000 if km is not None else math.nan
    if radius and degrees is None:
        degrees = math.radians(radius / 1000) / km
    if radius and math.isnan(km):
        km = math.radians(radius / 1000) / degrees
    return degrees or math.nan, km


def wraps(cube):
    """Return True for a cylindrical map of all longitudes: its last sample meets its first."""
    group = mapping(cube)
    if group is None or group.text("ProjectionName", "").upper() not in CYLINDRICAL:
        return False
    true = math.cos(math.radians(group.number("CenterLatitude", default=0.0)))  # to scale there
    return abs(cube.core.shape[2] - 360 * true * scale(group)[0]) < 0.5


def framelets(cube):
    """Return frames and lines per framelet of a strip of framelets, None for any other cube."""
    if mapping(cube) is not None or not cube.isis.nodes("Instrument"):
        return None
    group = cube.group("Instrument")
    if cube.isis.nodes("Camera"):
        group = cube.group("Camera")
    lines = group.integer("FrameletLines", default=0)
    if not lines or cube.core.shape[1] <= lines or cube.core.shape[1] % lines:
        return None
    return cube.core.shape[1] // lines, lines
