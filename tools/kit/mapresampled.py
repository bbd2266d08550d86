"""Windows of maps that lie on another lattice than the mosaic: `regrid`, of what it needs alone."""

import numpy as np

from . import feather, regrid
from .mapwindow import OVERHEAD, Part, around, cells, emission, empty

BLOCK = 128  # cells: windows keep to this lattice, on which `regrid` has its tiles


def parts(region, found, grid, window, reach, steep, interp):
    """Return the Parts of a MapFile in a window; see mapwindow.parts.

    The weights are those of the map's own cells, interpolated as its bands are.
    """
    line, lines, sample, samples = window
    own, bands = found.grid, found.bands
    banded = steep and found.emission is not None
    if banded:
        bands = (*bands, found.emission)
    core = Lazy(region, found, bands, cells(own, reach) if reach else reach)

    def pixel(i, j):
        return own.pixel(*grid.latlon(i + line, j + sample))

    got = regrid.resample(core, pixel, (lines, samples), interp, own.turn, threads=1)
    v = got[: len(found.bands)]
    if empty(v):
        return []
    e = w = None
    if steep:
        e = got[len(found.bands)]
        if not banded:
            e = emission(region, lambda i, j: grid.points(i + line, j + sample), v)
        e = np.where(np.isnan(e), OVERHEAD, e)
    if reach is not None:
        w = feather.quantised(np.clip(np.nan_to_num(got[-1]), 0, 1))
    return [Part(v, w, e, 0, [(0, 0, samples)])]


class Lazy:
    """The bands of a map, of which `regrid` takes what it needs; the last is that of the weights.

    shape  (bands, lines, samples)
    """

    def __init__(self, region, found, bands, reach):
        """reach  in cells, 0: all weigh 1; None: no weights"""
        self.region, self.found, self.bands, self.reach = region, found, bands, reach
        self.weigh = reach is not None
        self.shape = len(bands) + self.weigh, *region.shape[1:]
        self.key, self.held = None, None

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (_Plane(self, band) for band in range(self.shape[0]))

    def __getitem__(self, band):
        return _Plane(self, band)

    def window(self, key):
        """Return (bands, lines, samples) at two slices, or at what np.ix_ gives."""
        rows, columns = (
            np.arange(*k.indices(n)) if isinstance(k, slice) else np.ravel(k)
            for k, n in zip(key, self.shape[1:], strict=True)
        )
        ends = rows[0], rows[-1], columns[0], columns[-1], len(columns)
        if ends != self.key:  # of one band after the other
            self.key, self.held = ends, self._read(rows, columns)
        return self.held

    def _read(self, rows, columns):
        far = int(np.ceil(self.reach)) if self.reach else 0
        ends = (rows[0], rows[-1] + 1), (columns.min(), columns.max() + 1)
        (top, bottom, left, right), sides = around(self.found, *ends, far)
        v = self.region.floats(top, bottom - top, left, right - left, self.bands)
        at = np.ix_(rows - top, columns - left)
        if not self.weigh:
            return v[(slice(None), *at)]
        image = np.isnan(v[: len(self.found.bands)])
        w = np.ones(v.shape[1:], np.float32)
        if self.reach:
            w = sides.weights(~image.any(0), self.reach)
        w[image.all(0)] = 0
        return np.concatenate([v, w[None]])[(slice(None), *at)]


class _Plane:
    """A band of Lazy."""

    def __init__(self, lazy, band):
        self.lazy, self.band = lazy, band
        self.shape, self.ndim, self.dtype = lazy.shape[1:], 2, np.dtype(np.float32)

    def __getitem__(self, key):
        return self.lazy.window(key)[self.band]
