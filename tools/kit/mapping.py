"""From a strip to a grid of cells: resampling by all framelets that saw a cell.

    DN = sum w v / sum w,    w = max(0, h - |y - h|)                            (1)

v the DN of a framelet interpolated at the cell's pixel (x, y), h half of its lines: w is the
distance to the framelet's nearest edge (or 1 inside it).  Pixel coordinates: `tiles`; how the
framelets are interpolated: `paint`.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from . import geometry, reserved, special
from .error import Error
from .farm import opencv_alone
from .paint import Painter, Sums
from .tiles import SIZES, Planner

CHUNK = 48  # tiles planned at once
STRIP = 32  # lines that are counted together, which fit a cache
FINER = "lower RESOLUTION or SCALE, or narrow the range"


def resample(
    core,
    geometry,
    points,
    shape,
    interp="BILINEAR",
    feather=True,
    maxemission=None,
    maxincidence=None,
    threads=None,
):
    """Return a strip resampled to a grid, (bands, *shape) float32; Null where nothing was seen.

    core      (bands, frames * lines, samples) DN, special samples as NaN by kind
    geometry  a Geometry of as many frames and bands
    points    function of line and sample (0 at the centre of the first cell; arrays that
              broadcast), giving points (..., 3) km body-fixed, NaN where a cell has none, and
              bools (...), True for a point of the surface, False for one of the sky
    shape     (lines, samples) of the grid
    interp    NEAREST, BILINEAR, CUBIC or LANCZOS
    feather   weigh by the distance to the framelet's edge, eq. (1); else all framelets alike
    maxemission, maxincidence
              degrees: surface seen or lit at more stays Null; None: no limit
    threads   workers, one per processor by default; any number gives the same bytes
    """
    limits = None
    if maxemission is not None or maxincidence is not None:
        limits = [180.0 if a is None else a for a in (maxincidence, maxemission)]
        limits = np.cos(np.radians(limits))
    affordable(len(core), *shape)
    out = np.full((len(core), *shape), special.NULL, np.float32)
    planner = Planner(geometry, points, shape, limits)
    painter = Painter(core, geometry, points, interp, feather, limits)
    size = SIZES[0]
    corners = [(i, j) for i in range(0, shape[0], size) for j in range(0, shape[1], size)]
    corners = np.array(corners)

    def work(start):
        sums = Sums(len(core))
        for tile in planner.tiles(corners[start : start + CHUNK]):
            i, j, (lines, samples) = tile.line, tile.sample, tile.shape
            painter.paint(tile, sums, out[:, i : i + lines, j : j + samples])

    with opencv_alone(), ThreadPoolExecutor(threads or reserved.processors()) as pool:
        list(pool.map(work, range(0, len(corners), CHUNK)))
    return out


def affordable(bands, lines, samples, each=4, advice=FINER):
    """Error where a picture would fill the machine's memory, with each bytes per sample."""
    size = each * bands * float(lines) * float(samples)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > 0.8 * memory:
        raise Error(
            f"{lines} lines and {samples} samples in {bands} bands take {size / 1e9:.0f} GB, this "
            f"machine has {memory / 1e9:.0f}: {advice}"
        )


def solved(cube):
    """Return the Geometry of a strip or of a midplane picture; one that cannot map is an Error."""
    if "Mapping" in cube.isis:
        raise Error(f"{cube.source}: has a Group Mapping: it is a map already")
    return geometry.solved(geometry.of_strip(cube), cube.source)


def share(core):
    """Percentage of the cells (bands, lines, samples) that hold a measurement in any band."""
    strips = (core[:, top : top + STRIP] for top in range(0, core.shape[1], STRIP))
    return 100.0 * sum(np.count_nonzero((a == a).any(0)) for a in strips) / core[0].size
