"""Detector planes of a pushframe camera: flat, dark and bad-pixel images, one framelet per band.

They come as a stack of strips (nb * h lines of one channel), as nb bands of h lines, or as one
file per band, in TIFF, PNG or anything GDAL reads, or as a cube whose bands have names.
"""

import dataclasses
import os
import warnings

import numpy as np

from . import cube, quiet
from .error import Error

RANGE = 4095  # DN of 12 bits
STACK = ("BLUE", "GREEN", "RED")  # order of three strips without names: as in the raw products


def read(paths, layout):
    """Return the files' strips of the filters of a Layout, (bands, lines, samples) float32.

    paths  one file, or one for each filter in the order of the Layout

    Error where the strips are of another size or cannot be told apart.
    """
    names = layout.names
    if len(paths) > 1:
        if len(paths) != len(names):
            raise Error(
                f"{len(paths)} files ({', '.join(paths)}), expected one, or one for each of "
                f"{', '.join(names)}"
            )
        return np.concatenate(
            [read([p], _one(layout, n)) for p, n in zip(paths, names, strict=True)]
        )
    path, lines, samples = paths[0], layout.lines, layout.samples
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
        many = "strip" if len(core) == 1 else "strips"
        expected = f"expected one for each of {', '.join(names)}"
        raise Error(f"{path}: {len(core)} {many}, {expected}")
    return np.asarray(core, np.float32)[[known.index(name) for name in names]]


def _one(layout, name):
    return dataclasses.replace(layout, names=[name])


def _raster(path):
    with quiet.reading(os.path.basename(path)) as rasterio, rasterio.open(path) as image:
        return image.read()


def bad(mask, marks, path):
    """Return True where a mask marks a bad pixel: marks says by what, NONZERO or ZERO.

    A mask that leaves hardly a pixel is an Error.
    """
    found = np.nan_to_num(mask, nan=1.0) != 0
    if marks == "ZERO":
        found = ~found
    if found.mean() > 0.5:
        other = {"ZERO": "NONZERO", "NONZERO": "ZERO"}[marks]
        raise Error(
            f"{path}: {100 * found.mean():.2f} % of the pixels are bad: is the mask inverted? "
            f"then give MASKBAD={other}"
        )
    return found


def dark(frame, scale, path):
    """Return a dark frame times scale, in DN; one that cannot be in DN is an Error.

    A sample that is no number stays NaN: nothing is known of its pixel.
    """
    with np.errstate(all="ignore"):
        out = np.where(np.isfinite(frame), frame * np.float32(scale), np.nan).astype(np.float32)
    known = np.isfinite(out)
    if not known.any((1, 2)).all():
        raise Error(f"{path}: a band of the dark frame has no valid sample")
    largest = out[known].max()
    if 0 < largest < 1 or largest > RANGE:
        raise Error(
            f"{path}: its largest sample is {largest:.4g} DN: give DARKSCALE, the DN of "
            "its unit (2879 where 1 stands for the whole range)"
        )
    return out


def normalise(flat, layout, path, inverse=False):
    """Return a flat (bands, lines, samples) over its median in the photoactive columns, per band.

    inverse  it is a gain, 1/flat, as it comes

    What is not positive there is no response: NaN.  No lens is brighter at the edges: a flat
    that is, where a gain was expected or the other way round, is an Error.
    """
    flat = np.where(np.isfinite(flat) & (flat > 0), flat, np.nan).astype(np.float32)
    if inverse:
        flat = 1 / flat
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a band without any response is refused
        core = flat[..., layout.first : layout.last]
        median = np.nanmedian(core, axis=(1, 2))
        tenth = core.shape[2] // 10
        edges, middle = (
            np.nanmedian(core[..., columns])
            for columns in (np.r_[:tenth, -tenth:0], np.s_[4 * tenth : 6 * tenth])
        )
    if np.isnan(median).any():
        raise Error(f"{path}: a band of the flat has no positive sample")
    if edges > 1.05 * middle:
        word = "a flat: give FLAT" if inverse else "a gain, the inverse of a flat: give GAIN"
        raise Error(
            f"{path}: as {'GAIN' if inverse else 'FLAT'} the edges respond {edges / middle:.2f} "
            f"times as much as the middle: is it {word}"
        )
    return flat / median[:, None, None]
