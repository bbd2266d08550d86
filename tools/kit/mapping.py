"""From a strip to a grid of cells: resampling by all framelets that saw a cell.

    DN = sum w v / sum w,    w = max(0, h - |y - h|)                            (1)

v the DN of a framelet interpolated at the cell's pixel (x, y), h half of its lines: w is the
distance to the framelet's nearest edge (or 1 inside it).  Pixel coordinates: `tiles`.

Interpolation runs over the valid samples of its kernel only, renormalised: a special sample
never turns into a number.  Where saturated samples weigh more than valid ones the cell is His.
"""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from . import geometry, reserved, special
from .error import Error
from .tiles import AT_CELLS, SIZES, Planner

CHUNK = 48  # tiles planned at once
FAR = 1e4  # px: outside every framelet
REACH = {"NEAREST": 0, "BILINEAR": 0, "CUBIC": 1, "LANCZOS": 3}  # samples needed beyond the two
SHARE = {"NEAREST": 0.5, "BILINEAR": 1e-3, "CUBIC": 0.5, "LANCZOS": 0.5}  # of a kernel, valid
FINER = "lower RESOLUTION or SCALE, or narrow the range"
LEAST = 1e-3  # weight of a cell that counts as seen


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
    painter = _Painter(core, geometry, points, interp, feather, limits)
    size = SIZES[0]
    corners = [(i, j) for i in range(0, shape[0], size) for j in range(0, shape[1], size)]
    corners = np.array(corners)

    def work(start):
        for tile in planner.tiles(corners[start : start + CHUNK]):
            i, j = tile.line, tile.sample
            painter.paint(tile, out[:, i : i + tile.size, j : j + tile.size])

    with alone(), ThreadPoolExecutor(threads or reserved.processors()) as pool:
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


@contextlib.contextmanager
def alone():
    """Keep OpenCV to one thread per call: the workers own the processors."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def solved(cube):
    """Return the Geometry of a strip or of a midplane picture; one that cannot map is an Error."""
    if "Mapping" in cube.isis:
        raise Error(f"{cube.source}: has a Group Mapping: it is a map already")
    return geometry.solved(geometry.of_strip(cube), cube.source)


def share(core):
    """Percentage of the cells (bands, lines, samples) that hold a measurement in any band."""
    return 100.0 * float((~np.isnan(core)).any(0).mean())


class _Painter:
    """The framelets, free of special samples, and how a tile is filled from them."""

    def __init__(self, core, geometry, points, interp, feather, limits):
        import cv2

        names = {"BILINEAR": "LINEAR", "LANCZOS": "LANCZOS4"}
        kernel = getattr(cv2, f"INTER_{names.get(interp, interp)}")
        self.take = lambda plane, x, y: cv2.remap(
            plane, x, y, kernel, borderMode=cv2.BORDER_REPLICATE
        )
        self.g, self.points, self.feather, self.limits = geometry, points, feather, limits
        camera = self.camera = geometry.camera
        self.cy = camera.cy.astype(np.float32)
        self.share, reach = SHARE[interp], REACH[interp]
        self.half = np.float32((camera.lines - 1) / 2)
        self.within = np.float32((camera.lines - 1) / 2 - reach)
        self.first = np.float32(camera.first + reach)
        self.last = np.float32(camera.last - 1 - reach)
        strips = np.ascontiguousarray(core, np.float32)
        strips = strips.reshape(len(core), len(geometry), camera.lines, camera.samples)
        self.framelets = [[self._framelet(a) for a in band] for band in strips]

    def _framelet(self, a):
        """DN with special samples as 0, and weights of valid and saturated ones where needed."""
        bad = np.isnan(a)
        if not bad.any():
            return a, None, None
        clean = np.where(bad, np.float32(0), a)
        if not bad[:, self.camera.first : self.camera.last].any():
            return clean, None, None
        full = (special.kinds(a) >= 4).astype(np.float32)  # His and Hrs
        return clean, (~bad).astype(np.float32), full if full.any() else None

    def paint(self, tile, out):
        """Fill the tile's part of the output, (bands, lines, samples), cut at the grid's edge."""
        sums = _Sums(len(out), tile.size)
        cells = self._cells(tile) if tile.looks[0].x is None else None
        for look in tile.looks:
            top = min(start for _, start, _ in look.windows)
            x, y, allowed = (
                self._smoothly(look, AT_CELLS[tile.size])
                if cells is None
                else self._exactly(look, cells)
            )
            for band, start, stop in look.windows:
                rows, at = slice(start - top, stop - top), (slice(start, stop), look.samples)
                line = y[rows] + self.cy[band]
                w = self._weight(line)
                if allowed is not None:
                    w *= allowed[rows]
                self._add(sums, band, at, self.framelets[band][look.frame], x[rows], line, w)
        sums.divide(out)

    def _add(self, sums, band, at, framelet, x, y, w):
        """Add a framelet with weights w to the sums of a band, at cells `at`."""
        dn, valid, saturated = framelet
        v = self.take(dn, x, y)
        if saturated is not None:
            sums.saturated(band)[at] += w * self.take(saturated, x, y)
        if valid is not None:
            share = self.take(valid, x, y)
            w[share <= self.share] = 0
            sums.total[band][at] += v * w
            w *= share
        else:
            v *= w
            sums.total[band][at] += v
        sums.weight[band][at] += w

    def _weight(self, y):
        """Weights of eq. (1) at line y of a framelet (0: centre of its first line)."""
        w = np.abs(y - self.half)
        np.subtract(self.within, w, out=w)
        return np.maximum(w, 0, out=w) if self.feather else (w > 0).astype(np.float32)

    def _smoothly(self, look, e):
        """Pixels x, y of the lines and samples a look needs, and which are allowed (None: all)."""
        lines = slice(min(w[1] for w in look.windows), max(w[2] for w in look.windows))
        down, across = e[lines], e[look.samples].T
        x, y = (down @ look.x) @ across, (down @ look.y) @ across
        allowed = None
        slack = 2 + 0.1 * np.ptp(look.x)
        if look.x.min() < self.first + slack or look.x.max() > self.last - slack:
            allowed = (x >= self.first) & (x < self.last)
        if look.cosines is not None:
            for c, limit in zip(look.cosines, self.limits, strict=True):
                within = (down @ c) @ across >= np.float32(limit)
                allowed = within if allowed is None else allowed & within
        return x, y, allowed

    def _cells(self, tile):
        at = np.arange(tile.size)
        p, surface = self.points(tile.line + at[:, None], tile.sample + at)
        return p, np.broadcast_to(surface, p.shape[:-1])

    def _exactly(self, look, cells):
        """As _smoothly, of all cells of a tile, one by one."""
        p, surface = cells
        x, y, z = self.g.project(look.frame, p)
        off = ~(z > 0)  # behind the camera, or no point at all
        x, y = x + (self.camera.cx - 0.5), y - 0.5
        x, y = (np.where(off, -FAR, np.clip(v, -FAR, FAR)).astype(np.float32) for v in (x, y))
        allowed = (x >= self.first) & (x < self.last)
        if self.limits is not None:
            mu0, mu = self.g.angles(look.frame, p)
            allowed &= ~surface | ((mu0 >= self.limits[0]) & (mu >= self.limits[1]))
        return x, y, allowed


class _Sums:
    """What eq. (1) adds up over a tile, (bands, size, size)."""

    def __init__(self, bands, size):
        self.total = np.zeros((bands, size, size), np.float32)
        self.weight = np.zeros_like(self.total)
        self.full = {}

    def saturated(self, band):
        """Weights of the saturated samples of a band."""
        return self.full.setdefault(band, np.zeros_like(self.total[band]))

    def divide(self, out):
        """Write the cells that were seen, eq. (1)."""
        _, lines, samples = out.shape
        for band, dn in enumerate(out):
            w = self.weight[band, :lines, :samples]
            np.divide(self.total[band, :lines, :samples], w, out=dn, where=w > LEAST)
            if band in self.full:
                full = self.full[band][:lines, :samples]
                dn[(full > w) & (full > LEAST)] = special.HIS
