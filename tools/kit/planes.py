"""Detector planes of a pushframe camera: flat, dark and bad-pixel images, one framelet per band.

They come as a stack of strips (nb * h lines of one channel) or as nb bands of h lines, in
TIFF, PNG or anything GDAL reads, or as a cube whose bands have names.
"""

import logging
import os
import warnings

import numpy as np

from . import cube
from .error import Error, IoError

STACK = ("BLUE", "GREEN", "RED")  # order of three strips without names: as in the raw products


def read(path, layout):
    """Return the file's strips of the filters of a Layout, (bands, lines, samples) float32.

    Error where the strips are of another size or cannot be told apart.
    """
    names, lines, samples = layout.names, layout.lines, layout.samples
    if path.lower().endswith(".cub"):
        found = cube.read(path)
        core, known = found.core, found.band_names()
    else:
        core, known = _raster(path), None
    if core.shape[0] == 1 and core.shape[1] > lines and core.shape[1] % lines == 0:
        core, known = core.reshape(-1, lines, core.shape[2]), None
    if core.shape[1:] != (lines, samples):
        raise Error(
            f"{path}: {core.shape[1]} x {core.shape[2]} samples, "
            f"expected strips of {lines} x {samples}"
        )
    if known is None or known[0].isdigit():
        known = STACK if len(core) == len(STACK) else names
    known = [name.upper() for name in known]
    if len(core) != len(known) or not set(names) <= set(known):
        raise Error(f"{path}: {len(core)} strips, expected one for each of {', '.join(names)}")
    return np.asarray(core, np.float32)[[known.index(name) for name in names]]


def _raster(path):
    import rasterio

    logging.getLogger("rasterio").addHandler(logging.NullHandler())  # its errors are ours to tell
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an image without a map is what we expect
            with rasterio.open(path) as image:
                return image.read()
    except (rasterio.errors.RasterioError, OSError) as error:
        words = " ".join(str(error).split())
        raise IoError(f"{os.path.basename(path)}: cannot be read as an image: {words}") from None


def bad(mask, path):
    """Return True where a mask is not zero; one that leaves hardly a pixel is an Error."""
    found = np.nan_to_num(mask, nan=1.0) != 0
    if found.mean() > 0.5:
        raise Error(
            f"{path}: {100 * found.mean():.2f} % of the pixels are bad: is the mask inverted?"
        )
    return found


def normalise(flat, layout, path):
    """Return a flat (bands, lines, samples) over its median in the photoactive columns, per band.

    What is not positive there is no response: NaN.
    """
    flat = np.where(np.isfinite(flat) & (flat > 0), flat, np.nan).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a band without any response is refused
        median = np.nanmedian(flat[..., layout.first : layout.last], axis=(1, 2))
    if np.isnan(median).any():
        raise Error(f"{path}: a band of the flat has no positive sample")
    return flat / median[:, None, None]
