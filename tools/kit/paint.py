"""How the cells of a tile are filled from the framelets that saw them, eq. (1) of `mapping`.

Interpolation runs over the valid samples of its kernel only, renormalised: a special sample
never turns into a number.  Where saturated samples weigh more than valid ones the cell is His.
That takes further interpolations, so it is done only where a special sample is near.
"""

import numpy as np

from . import special
from .tiles import SIZES, at_cells

FAR = 1e4  # px: outside every framelet
REACH = {"NEAREST": 0, "BILINEAR": 0, "CUBIC": 1, "LANCZOS": 3}  # samples needed beyond the two
SHARE = {"NEAREST": 0.5, "BILINEAR": 1e-3, "CUBIC": 0.5, "LANCZOS": 0.5}  # of a kernel, valid
LEAST = 1e-3  # weight of a cell that counts as seen
BLOCK = 8  # px: special samples of a framelet are looked up by blocks


class _Framelet:
    """DN of a framelet's photoactive samples with special ones as 0, and where those lie.

    valid, full  weights of valid and of saturated samples, None where all are valid, or none full
    """

    def __init__(self, a, reach):
        bad = np.isnan(a)
        self.dn, self.valid, self.full, self.reach = a, None, None, reach
        if bad.any():
            self.dn, self.valid = np.where(bad, np.float32(0), a), (~bad).astype(np.float32)
            full = (special.kinds(a) >= 4).astype(np.float32)
            self.full = full if full.any() else None
            starts = (np.arange(0, n, BLOCK) for n in a.shape)
            for axis, start in enumerate(starts):
                bad = np.logical_or.reduceat(bad, start, axis)
            self.bad = bad

    def spoilt(self, x, y):
        """True where special samples may lie under a kernel at one of the pixels x, y."""
        if self.valid is None:
            return False
        near = (
            slice(
                max(int(v.min()) - 1 - self.reach, 0) // BLOCK,
                max(int(v.max()) + 2 + self.reach, 0) // BLOCK + 1,
            )
            for v in (y, x)
        )
        return self.bad[tuple(near)].any()


class Painter:
    """The framelets, and how a tile is filled from them."""

    def __init__(self, core, geometry, points, interp, feather, limits):
        import cv2

        names = {"BILINEAR": "LINEAR", "LANCZOS": "LANCZOS4"}
        kernel = getattr(cv2, f"INTER_{names.get(interp, interp)}")
        self.take = lambda plane, x, y, out=None: cv2.remap(
            plane, x, y, kernel, dst=out, borderMode=cv2.BORDER_REPLICATE
        )
        self.g, self.points, self.feather = geometry, points, feather
        self.limits = None if limits is None else limits.astype(np.float32)
        camera = self.camera = geometry.camera
        self.cy = camera.cy.astype(np.float32)
        self.share, reach = SHARE[interp], REACH[interp]
        self.half = np.float32((camera.lines - 1) / 2)
        self.within = np.float32((camera.lines - 1) / 2 - reach)
        self.first = np.float32(reach)
        self.last = np.float32(camera.last - camera.first - 1 - reach)
        strips = np.ascontiguousarray(core, np.float32)
        strips = strips.reshape(len(core), len(geometry), camera.lines, camera.samples)
        strips = strips[..., camera.first : camera.last]
        self.framelets = [[_Framelet(a, reach) for a in band] for band in strips]

    def paint(self, tile, sums, out):
        """Fill the tile's part of the output, (bands, lines, samples)."""
        sums.start(tile.shape)
        exact = self._cells(tile) if tile.looks[0].values is None else None
        for i, look in enumerate(tile.looks):
            if exact:
                at = look.lines, look.samples
                sums.x[at], sums.y[at], sums.allowed[at] = (v[i] for v in exact)
            edged = bool(exact) or self._smoothly(look, tile.shape, sums)
            for band, *at in look.windows:
                self._add(sums, band, tuple(at), self.framelets[band][look.frame], edged)
        sums.divide(out)

    def _add(self, sums, band, at, framelet, edged):
        """Add what a framelet has for a band at the cells `at` of the tile."""
        x, y, v, w = (plane[at] for plane in (sums.x, sums.y, sums.v, sums.w))
        y = np.add(y, self.cy[band], out=sums.line[at])
        self._weight(y, w)
        if edged:
            w *= sums.allowed[at]
            if not w.any():
                return
        v = self.take(framelet.dn, x, y, v)
        total, weight = sums.total(band)[at], sums.weight(band)[at]
        if framelet.spoilt(x, y):
            if framelet.full is not None:
                sums.full(band)[at] += w * self.take(framelet.full, x, y)
            share = self.take(framelet.valid, x, y)
            w[share <= self.share] = 0
            total += np.multiply(v, w, out=v)
            weight += np.multiply(w, share, out=w)
        else:
            total += np.multiply(v, w, out=v)
            weight += w

    def _weight(self, y, out):
        """Weights of eq. (1) at line y of a framelet (0: centre of its first line)."""
        np.subtract(y, self.half, out=out)
        np.abs(out, out=out)
        np.subtract(self.within, out, out=out)
        if self.feather:
            np.maximum(out, 0, out=out)
        else:
            np.greater(out, 0, out=out)

    def _smoothly(self, look, shape, sums):
        """Set the pixels of the cells a look needs, eq. (1) of `tiles`, and which are allowed.

        Returns True where some may not be.
        """
        at = look.lines, look.samples
        down, across = (at_cells(n)[cells] for n, cells in zip(shape, at, strict=True))
        planes, allowed = sums.planes[: len(look.values), *at], sums.allowed[at]
        np.matmul(down @ look.values, across.T, out=planes)
        x, cosines = planes[0], planes[2:]
        low, high = look.values[0].min(), look.values[0].max()
        slack = 2 + 0.1 * (high - low)
        beside = low < self.first + slack or high > self.last - slack
        if beside:
            np.greater_equal(x, self.first, out=allowed)
            allowed &= x < self.last
        elif len(cosines):
            allowed.fill(True)
        for i, c in enumerate(cosines):
            allowed &= c >= self.limits[i]
        return beside or len(cosines) > 0

    def _cells(self, tile):
        """Pixels x, y (looks, lines, samples) of all cells, one by one, and which are allowed."""
        frames, camera = [look.frame for look in tile.looks], self.camera
        down, across = (np.arange(n) for n in tile.shape)
        p, surface = self.points(tile.line + down[:, None], tile.sample + across)
        p = np.broadcast_to(p, (len(frames), *p.shape))
        x, y, z = self.g.project(frames, p)
        off = ~(z > 0)  # behind the camera, or no point at all
        x, y = x + (camera.cx - camera.first - 0.5), y - 0.5
        x, y = (np.where(off, -FAR, np.clip(v, -FAR, FAR)).astype(np.float32) for v in (x, y))
        allowed = (x >= self.first) & (x < self.last)
        if self.limits is not None:
            cosines = zip(self.g.angles(frames, p), self.limits, strict=True)
            allowed &= ~surface | np.logical_and(*(c >= limit for c, limit in cosines))
        return x, y, allowed


class Sums:
    """What eq. (1) adds up over a tile, and room for what is added: one per worker, used again.

    x, y, line, v, w  (128, 128) float32;  planes  x, y, mu0, mu
    """

    def __init__(self, bands):
        n = SIZES[0]
        room = np.empty((7 + 3 * bands, n, n), np.float32)
        self.planes, (self.line, self.v, self.w), self.sums = room[:4], room[4:7], room[7:]
        self.x, self.y = self.planes[:2]
        self.allowed = np.empty((n, n), bool)

    def start(self, shape):
        self.shape, self.used = shape, {}

    def total(self, band):
        return self._of(3 * band)

    def weight(self, band):
        return self._of(3 * band + 1)

    def full(self, band):
        """Weights of the saturated samples of a band."""
        return self._of(3 * band + 2)

    def _of(self, i):
        if i not in self.used:
            lines, samples = self.shape
            self.used[i] = self.sums[i, :lines, :samples]
            self.used[i].fill(0)
        return self.used[i]

    def divide(self, out):
        """Write the cells that were seen, eq. (1)."""
        for band, dn in enumerate(out):
            if 3 * band in self.used:
                w = self.weight(band)
                np.divide(self.total(band), w, out=dn, where=w > LEAST)
            if 3 * band + 2 in self.used:
                full = self.full(band)
                dn[(full > w) & (full > LEAST)] = special.HIS
