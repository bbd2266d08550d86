"""PROJ, for the map projections that `snyder` does not hold.

PROJ comes with rasterio's GDAL.  rasterio.warp.transform gives nothing at all where one of its
points has no image, and of the rectangle around a Mollweide map a fifth has none; so this calls
GDAL's own function, which tells point by point.  Latitudes are planetographic (geodetic) and
longitudes positive EAST, in degrees; x and y in metres.
"""

import ctypes
import functools
import logging
import threading

import numpy as np

from .error import Error

SHAPE = ("+a=", "+b=", "+R=")  # the words that say the shape of the target
SILENT = logging.NullHandler()
LOCK = threading.Lock()  # GDAL: a transformation serves one thread at a time
CLOSE = 1e-7  # of the radius: what has an image comes back to its x, y


def forward(words, latitude, east):
    """Return x, y in metres; NaN where a projection (words: PROJ's string) shows no such point."""
    x, y = _apply(words, False, east, latitude)
    return x, y


def inverse(words, x, y):
    """Return latitude and east longitude in degrees; NaN where nothing is projected to x, y.

    PROJ's inverses are approximate, and some accept x, y beyond the edge of the map: one step
    with the remainder, and what does not come back is nothing.
    """
    x, y = np.broadcast_arrays(np.asarray(x, float), y)
    near = CLOSE * _radius(words)
    lat, lon = _back(words, x, y)
    u, v = forward(words, lat, lon)
    if (np.hypot(u - x, v - y) > near / 100).any():
        lat, lon = _back(words, 2 * x - u, 2 * y - v)
        u, v = forward(words, lat, lon)
    lost = ~(np.hypot(u - x, v - y) < near)
    return np.where(lost, np.nan, lat), np.where(lost, np.nan, lon)


def known(text):
    """Return PROJ's WKT of a string or code; Error where PROJ does not know it."""
    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    logging.getLogger("rasterio").addHandler(SILENT)  # its errors are ours to tell
    try:
        with rasterio.Env():
            return CRS.from_user_input(text).to_wkt()
    except (CRSError, ValueError):
        raise Error(f"{text}: PROJ knows no such projection") from None


def _back(words, x, y):
    lon, lat = _apply(words, True, x, y)
    return lat, lon


def _apply(words, back, u, v):
    u, v = (np.array(a, np.float64, order="C") for a in np.broadcast_arrays(u, v))
    good = np.isfinite(u) & np.isfinite(v)
    u[~good] = v[~good] = 0.0
    z, done = np.zeros(u.shape), np.zeros(u.shape, np.intc)
    library, there, here = _transformation(words)
    with LOCK:
        library.CPLPushErrorHandler(library.CPLQuietErrorHandler)
        library.OCTTransformEx(here if back else there, u.size, *map(_at, (u, v, z, done)))
        library.CPLPopErrorHandler()
    lost = ~good | (done == 0) | ~np.isfinite(u + v)
    u[lost] = v[lost] = np.nan
    return u, v


def _at(a):
    return ctypes.c_void_p(a.ctypes.data)


def _radius(words):
    return float(next(w for w in words.split() if w.startswith(SHAPE)).partition("=")[2])


@functools.cache
def _transformation(words):
    """GDAL's library and its transformations from longitude, latitude to x, y and back."""
    import rasterio
    import rasterio.crs

    shape = " ".join(w for w in words.split() if w.startswith(SHAPE))
    library = ctypes.CDLL(rasterio.crs.__file__)  # finds the GDAL that rasterio is linked to
    library.OSRNewSpatialReference.restype = ctypes.c_void_p
    library.OCTNewCoordinateTransformation.restype = ctypes.c_void_p
    with rasterio.Env():
        ends = []
        for text in (f"+proj=longlat {shape} +no_defs", words):
            wkt = known(text).encode()
            ends.append(ctypes.c_void_p(library.OSRNewSpatialReference(wkt)))
            library.OSRSetAxisMappingStrategy(ends[-1], 0)  # longitude, latitude
        made = [library.OCTNewCoordinateTransformation(*pair) for pair in (ends, ends[::-1])]
    if not all(made):
        raise Error(f"{words}: PROJ has no such projection, or no way back from it")
    return library, *map(ctypes.c_void_p, made)
