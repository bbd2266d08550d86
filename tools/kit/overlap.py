"""Sums over the overlaps of maps, window by window: what `equalize` solves from.

A unit of lines is the same cells however the mosaic is cut, and sums are added in the order of
units, so that they do not depend on it.
"""

from dataclasses import replace

import numpy as np

from . import equalize, mapwindow
from .mosaicjob import loaded

CELLS = 1 << 16  # of a unit, about


def unit(job):
    """Return the lines of a unit."""
    return max(job.unit, CELLS // job.grid.samples)


def bytes_(job):
    """Return what a task holds, bytes: one band of the maps in a unit, and products of a line."""
    return len(job.maps) * job.grid.samples * (4 * unit(job) + 40)


def sums(item):
    """Return maps (k,), indices, and sums (3, bands, k, k) over a window of one unit.

    item  (Job, or the path where it was kept, window)
    """
    job, window = loaded(item[0]), item[1]
    found = [_of_band(job, window, band) for band in range(job.bands)]
    maps = sorted({m for present, _ in found for m in present})
    total = np.zeros((3, job.bands, len(maps), len(maps)))
    for band, (present, s) in enumerate(found):
        at = np.searchsorted(maps, present)
        total[:, band][(slice(None), *np.ix_(at, at))] = s
    return np.array(maps, int), total


def _of_band(job, window, band):
    """Maps, indices, that a window of a band shows, and sums (3, k, k)."""
    _, lines, _, samples = window
    held = {}
    for i, m in enumerate(job.maps):
        one = replace(m, bands=m.bands[band : band + 1])
        for part in mapwindow.parts(job.pool, one, job.grid, job.turn, window, interp=job.interp):
            if i not in held:
                held[i] = np.full((lines, samples), np.nan, np.float32)
            for to, at, n in part.places:
                rows = held[i][part.line : part.line + part.v.shape[1], to : to + n]
                rows[...] = part.v[0, :, at : at + n]
    present = sorted(held)
    total = np.zeros((3, len(present), len(present)))
    for line in range(lines if len(present) > 1 else 0):
        rows = np.stack([held[i][line] for i in present])
        valid = ~np.isnan(rows)
        some, both = np.flatnonzero(valid.any(1)), valid.sum(0) > 1
        if len(some) > 1 and both.any():
            rows = rows[some] if both.all() else rows[np.ix_(some, np.flatnonzero(both))]
            total[(slice(None), *np.ix_(some, some))] += equalize.products(rows)
    return present, total
