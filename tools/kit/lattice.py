"""How maps lie on one another: whole cells apart on one lattice, and the grid that holds them all.

Two grids share a lattice where projection, centre and resolution are the same and their corners
are whole cells apart; on a cylindrical one the centre may be another, and a whole turn of
longitude, where it is a whole number of cells, leads back to the same cell.
"""

from dataclasses import replace

import numpy as np

from .error import Error
from .grid import LINEAR
from .projection import longitudes

SNAP = 1e-3  # cells: as near to a whole number counts as one
MOST = 1e12  # cells of a mosaic
PROBE = 65  # points along an axis of a map that is to be held by another lattice


def turn(grid):
    """Return the cells of a whole turn of longitude, float; None off cylindrical projections."""
    if grid.projection not in LINEAR:
        return None
    line, sample = (np.array([(n - 1) / 2]) for n in grid.shape)
    lat, lon = grid.latlon(line, sample)
    there = grid.pixel(lat, lon - 90)[1] - grid.pixel(lat, lon)[1]
    return float(abs(4 * there[0]))


def period(grid):
    """Return the whole number of cells after which longitudes repeat, None where there is none."""
    cells = turn(grid)
    return round(cells) if cells and abs(cells - round(cells)) < SNAP else None


def ends(grid):
    """Return whether the first and the last line are edges; on a map that goes round the globe
    cylindrically a line at a pole is none."""
    if period(grid) != grid.samples or grid.lines < 2:
        return True, True
    line = np.array([0, 1, grid.lines - 2, grid.lines - 1])
    lat = grid.latlon(line, 0)[0]
    beyond = lat[0] + 0.6 * (lat[0] - lat[1]), lat[3] - 0.6 * (lat[2] - lat[3])
    return bool(beyond[0] < 90), bool(beyond[1] > -90)


def offset(own, grid):
    """Return line and sample of a grid where own's first cell lies, None on another lattice."""
    keys = "projection", "extra", "centric"
    if any(getattr(own, k) != getattr(grid, k) for k in keys) or abs(own.clat - grid.clat) > 1e-9:
        return None
    if not np.allclose(own.radii, grid.radii, rtol=1e-9):
        return None
    longest = max(*own.shape, *grid.shape)
    if abs(own.scale / grid.scale - 1) * longest > SNAP:
        return None
    line = (grid.top - own.top) / grid.scale
    sample = (own.left - grid.left) / grid.scale
    if grid.projection in LINEAR:
        sample += (grid.clon - own.clon) / 360 * turn(grid)
    elif abs(np.mod(own.clon - grid.clon + 180, 360) - 180) > 1e-9:
        return None
    if max(abs(line - round(line)), abs(sample - round(sample))) > SNAP:
        return None
    cells = period(grid)
    return round(line), round(sample) % cells if cells else round(sample)


def spans(place, samples, left, count, cells=None):
    """Return [(sample of the window, sample of the map, how many)] of a map in a window.

    place    sample of the lattice where the map's first one lies;  samples  of the map
    left, count   of the window, on the lattice;  cells  of a whole turn, None where there is none
    """
    turns = (0,)
    if cells:
        turns = range((left - place - samples) // cells, (left + count - place) // cells + 1)
    found = []
    for k in turns:
        first = place + k * (cells or 0)
        start, stop = max(left, first), min(left + count, first + samples)
        if start < stop:
            found.append((start - left, start - first, stop - start))
    return found


def union(first, grids):
    """Return the grid on the lattice of the first that holds all; a row of longitudes is closed
    to a whole turn where no gap is left, and goes the shorter way round else."""
    cells = turn(first)
    boxes = [_box(grid, first, cells) for grid in grids]  # top, bottom, left, right
    boxes = np.array([box for box in boxes if box is not None])
    top, bottom = int(boxes[:, 0].min()), int(boxes[:, 1].max())
    left, right = int(boxes[:, 2].min()), int(boxes[:, 3].max())
    if cells and len(grids) > 1:
        left, right = _arc(boxes[:, 2], boxes[:, 3], round(cells), first)
    if (top, bottom, left, right) == (0, first.lines, 0, first.samples):
        return first
    if (bottom - top) * (right - left) > MOST:
        raise Error(
            f"the maps reach over {bottom - top:.6g} lines and {right - left:.6g} samples of the "
            "first map's grid: give MAP, or list another map first"
        )
    made = replace(
        first,
        left=first.left + left * first.scale,
        top=first.top - top * first.scale,
        lines=bottom - top,
        samples=right - left,
    )
    made = made.held()
    west = made.minlon, made.maxlon
    west = longitudes(*west) if cells and west[1] - west[0] < 360 else west
    lat = (round(v, 9) for v in (made.minlat, made.maxlat))
    return replace(
        made, **dict(zip(("minlat", "maxlat", "minlon", "maxlon"), (*lat, *west), strict=True))
    )


def _box(grid, first, cells):
    """First and last edge, lines then samples, of a grid on the lattice of the first; None where
    that shows nothing of it."""
    at = offset(grid, first)
    if at is not None:
        return at[0], at[0] + grid.lines, at[1], at[1] + grid.samples
    line, sample = (np.linspace(-0.5, n - 0.5, PROBE) for n in grid.shape)
    lat, lon = grid.latlon(line[:, None], sample)
    i, j = first.pixel(lat, lon)
    if np.isnan(i).all():
        return None
    ends = [_whole(v) for v in (i, j)]
    if cells:  # samples by the longitudes the map is meant to hold
        west = first.pixel(np.nanmean(lat), grid.maxlon)[1] + 0.5
        wide = min((grid.maxlon - grid.minlon) / 360 * cells, cells)
        ends[1] = _whole(np.array([west, west + wide]) - 0.5)
    return *ends[0], *ends[1]


def _whole(v):
    """The edges of the cells that hold places."""
    low, high = np.nanmin(v) + 0.5, np.nanmax(v) + 0.5
    return int(np.floor(low + SNAP)), int(np.ceil(high - SNAP))


def _arc(lefts, rights, cells, first):
    """The shortest row of samples, of a circle of cells, that holds all rows left to right."""
    order = np.argsort(lefts % cells, kind="stable")
    starts, widths = lefts[order] % cells, (rights - lefts)[order]
    ends = starts + widths
    ends = np.maximum(np.maximum.accumulate(ends), ends.max() - cells)  # what goes round, too
    gaps = np.append(starts[1:], starts[0] + cells) - ends
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 0:
        if first.samples == cells:
            return 0, cells
        edge = -cells / 2 - first.left / first.scale  # half a turn from the centre
        edge = round(edge) if abs(edge - round(edge)) < SNAP else 0
        return edge, edge + cells
    left = int(starts[(widest + 1) % len(starts)])
    left -= cells * -(-left // cells)  # the first map stays where it is
    return left, left + cells - int(gaps[widest])
