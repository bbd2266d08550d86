"""The grid of a map: for a range of latitudes and longitudes, or as a label tells it."""

from dataclasses import replace

import numpy as np

from . import mapgroup
from .error import Error
from .grid import Grid, degree
from .snyder import FORMULAS

__all__ = ["Grid", "degree", "grid", "longitudes", "of_cube", "read"]

SMALLEST = 1e-6  # km: a cell of a map
REQUIRED = {
    "projection": "ProjectionName",
    "radii": "EquatorialRadius or PolarRadius",
    "clon": "CenterLongitude",
    "scale": "PixelResolution",
    "left": "UpperLeftCornerX",
    "top": "UpperLeftCornerY",
    "minlat": "MinimumLatitude",
    "maxlat": "MaximumLatitude",
    "minlon": "MinimumLongitude or MaximumLongitude",
}


def grid(
    projection,
    target,
    radii,
    scale,
    ranges,
    clat=0.0,
    clon=180.0,
    centric=False,
    extra=(),
    corner=(0.0, 0.0),
    size=None,
):
    """Return the Grid that holds a range of latitudes and west longitudes.

    scale   km per cell;  ranges  (minlat, maxlat, minlon, maxlon) degrees
    corner  x, y km of a corner of cells
    size    (lines, samples) around the centre of the projection, in place of the range

    Corners fall on whole cells from the centre of the projection, so that maps of one scale
    register; they are within half a cell of the range.
    """
    if not scale >= SMALLEST:
        raise Error(f"cells of {scale:g} km: expected {SMALLEST:g} km or more")
    minlat, maxlat, minlon, maxlon = map(float, ranges)
    turns = 360.0 * round((clon - (minlon + maxlon) / 2) / 360.0)  # the range around the centre
    seed = Grid(
        projection,
        target,
        radii=tuple(map(float, radii)),
        clat=float(clat),
        clon=float(clon),
        scale=float(scale),
        left=0.0,
        top=0.0,
        lines=1,
        samples=1,
        minlat=minlat,
        maxlat=maxlat,
        minlon=minlon + turns,
        maxlon=maxlon + turns,
        centric=centric,
        extra=dict(extra),
    )
    if size is not None:
        left, top = -size[1] / 2 * seed.scale, size[0] / 2 * seed.scale
        made = replace(seed, left=left, top=top, lines=size[0], samples=size[1])
        _turned(made, *made._outline())
        return made.held()
    x, y = seed._outline()
    if not np.isfinite(x).any():
        raise Error(f"{projection} about {clat:g} N, {clon:g} W shows nothing of the map's range")
    _turned(seed, x, y)
    (x0, y0), edges = corner, (np.nanmin(x), np.nanmax(x), -np.nanmax(y), -np.nanmin(y))
    first, last = (round((v - x0) / scale) for v in edges[:2])
    top, bottom = (round((v + y0) / scale) for v in edges[2:])
    return replace(
        seed,
        left=x0 + first * seed.scale,
        top=y0 - top * seed.scale,
        lines=max(bottom - top, 1),
        samples=max(last - first, 1),
    )


def _turned(seed, x, y):
    """Error where PROJ projects what a map is to hold but does not find the way back."""
    if seed.projection in FORMULAS:
        return
    right, bottom = (seed.left + seed.scale * seed.samples, seed.top - seed.scale * seed.lines)
    inside = np.isfinite(x)
    if seed.lines > 1:
        inside &= (x > seed.left) & (x < right) & (y < seed.top) & (y > bottom)
    if not inside.any():
        return
    lost = np.isnan(seed._from_plane(x[inside], y[inside])[0]).mean()
    if lost > 0.1:  # an edge may be lost
        raise Error(
            f"{seed.words}: PROJ finds no way back from {100 * lost:.0f} % of the map's range: "
            f"narrow it, or give +R={1000 * seed.radii[0]:g}"
        )


def longitudes(minlon, maxlon, source="the map"):
    """West longitudes in a row, at most one turn; Error otherwise: 350 to 20 becomes -10 to 20."""
    if minlon >= maxlon:
        minlon -= 360.0
    turns = -360.0 if maxlon > 360.0 else 360.0 if maxlon <= 0.0 else 0.0
    if not maxlon - 360.0 <= minlon < maxlon:
        raise Error(f"{source}: longitudes {minlon:g} to {maxlon:g}: expected at most one turn")
    return minlon + turns, maxlon + turns


def read(group, lines, samples):
    """Return the Grid of a Group Mapping, of a map with so many lines and samples."""
    found = mapgroup.told(group)
    for name, key in REQUIRED.items():
        if name not in found:
            raise Error(f"{group}: keyword {key} is missing")
    return Grid(**{"clat": 0.0, "target": ""} | found, lines=lines, samples=samples)


def of_cube(cube):
    """Return the Grid of a map; a cube that is none is an Error."""
    return read(cube.group("Mapping"), *cube.core.shape[1:])
