"""Windows of maps on the lattice of a mosaic: copied where a map lies on it, else resampled.

A window of a map comes in the map's own frame and tells where it goes: a map that wraps, or lies
across the mosaic's edge, has several places.
"""

from dataclasses import dataclass

import numpy as np

from . import backplanes, geometry, lattice, mapset, special
from .feather import Sides

OVERHEAD = np.float32(180)  # degrees: emission angle of what has none


@dataclass
class Part:
    """A window of a map.

    v       (bands, lines, samples) float32;  line  of the window where the first one lies
    w       weights (lines, samples), None: 1 everywhere and v valid throughout
    e       emission angles (lines, samples), None where none were asked for
    places  [(sample of the window, sample of v, how many)]
    """

    v: np.ndarray
    w: np.ndarray
    e: np.ndarray
    line: int
    places: list


def parts(pool, found, grid, turn, window, reach=None, emission=False, interp="BILINEAR"):
    """Return the Parts of a MapFile in a window, as many as it takes.

    grid      of the mosaic;  turn  its lattice.period;  window  line, lines, sample, samples of it
    reach     degrees over which weights fade, 0: all weigh 1; None: no weights
    emission  emission angles are wanted too
    """
    with pool.region(found.path) as region:
        if found.place is None:
            from . import mapresampled

            yield from mapresampled.parts(region, found, grid, window, reach, emission, interp)
            return
        yield from _copied(region, found, grid, turn, window, reach, emission)


def cells(grid, reach):
    """Return degrees of great circle as cells, one at least."""
    return max(reach * grid.degree / grid.scale, 1.0)


def empty(v):
    """Return True where all samples are Null."""
    if not np.isnan(v[0, 0, 0]) or not np.isnan(v).all():
        return False
    return bool((v.view(np.uint32) == special.NULL.view(np.uint32)).all())


def around(found, rows, columns, far):
    """Return first line, its end, first sample, its end of a map's cells around a window, and the
    Sides of those.

    rows, columns  first and one after the last;  far  cells
    """
    lines, samples = found.grid.shape
    first, last = max(rows[0] - far, 0), min(rows[1] + far, lines)
    left, right = columns[0] - far, columns[1] + far
    if found.whole and (left < 0 or right > samples):
        left, right = 0, samples
    left, right = max(left, 0), min(right, samples)
    sides = Sides(
        found.whole and right - left == samples,
        first == 0 and found.ends[0],
        last == lines and found.ends[1],
        left == 0,
        right == samples,
    )
    return (first, last, left, right), sides


def _copied(region, found, grid, turn, window, reach, emission):
    line, lines, sample, samples = window
    height, width = found.grid.shape
    top, bottom = max(line - found.place[0], 0), min(line + lines - found.place[0], height)
    places = lattice.spans(found.place[1], width, sample, samples, turn)
    if top >= bottom or not places:
        return
    far = int(np.ceil(cells(grid, reach))) if reach else 0
    columns = min(at for _, at, _ in places), max(at + n for _, at, n in places)
    (first, last, left, right), sides = around(found, (top, bottom), columns, far)
    seen = region.seen(first, last - first, left, right - left, found.bands)
    places = [(to, at - left, n) for to, at, n in places]
    inner, at = slice(top - first, bottom - first), found.place[0] + top - line
    if reach:
        shape = last - first, right - left
        yield from _weighed(seen, shape, inner, at, places, cells(grid, reach), sides)
        return
    for columns, v in seen:
        v, there = v[:, inner], _clipped(places, columns)
        if there and not empty(v):
            e = _emission(region, found, v, top, left + columns.start) if emission else None
            w = None if reach is None or not np.isnan(v.max()) else np.ones(v.shape[1:], np.float32)
            yield Part(v, w, e, at, there)


def _weighed(seen, shape, inner, line, places, reach, sides):
    """Parts with weights of the lines `inner` of a window of shape (lines, samples), whose other
    lines only say what is near."""
    whole = np.zeros(shape, bool)
    for columns, v in seen:
        whole[:, columns] = ~np.isnan(v.max(0))
    for columns, v in seen:
        for at, w in sides.pieces(whole, reach, inner, columns):
            part = v[:, inner, at]
            there = _clipped(places, slice(columns.start + at.start, columns.start + at.stop))
            if there and not empty(part):
                yield Part(part, w, None, line, there)


def _clipped(places, columns):
    """Places of some columns of v, counted from the first of them."""
    found = []
    for to, at, n in places:
        start, stop = max(at, columns.start), min(at + n, columns.stop)
        if start < stop:
            found.append((to + start - at, start - columns.start, stop - start))
    return found


def _emission(region, found, v, top, left):
    """Emission angles (lines, samples) of a window of a map: its band, else by its geometry."""
    if found.emission is not None:
        e = region.floats(top, v.shape[1], left, v.shape[2], [found.emission])[0]
    else:
        e = emission(region, lambda i, j: found.grid.points(i + top, j + left), v)
    return np.where(np.isnan(e), OVERHEAD, e)


def emission(region, points, v):
    """Return emission angles (lines, samples) at mid-time of the cells of v that have a sample.

    points  function of line and sample of v
    """
    g = geometry.from_cube(mapset.shell(region)).mid()
    e = np.full(v.shape[1:], np.nan, np.float32)
    seen = np.nonzero((~np.isnan(v)).any(0))
    if len(seen[0]):
        e[seen] = backplanes.plane("EMISSION", g, 0, points(*seen)[0])
    return e
