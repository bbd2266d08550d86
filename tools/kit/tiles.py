"""Which tiles of a grid which frames saw, and the pixel coordinates of their cells.

Over a tile and for one frame the pixel coordinates x, y of the cells (`Geometry.project`) are
smooth, so their values at K x K Chebyshev-Lobatto nodes hold them all,

    x(i, j) = E(i) X E(j)^T                                                     (1)

with E of `chebyshev`.  A tile stands where (1) meets the exact model within TOLERANCE at points
between the nodes; else it is cut in four, and the smallest are left to be computed cell by cell.
Without that check, tiles of 128 cells that serve well from 60,000 km are wrong by thousands of
pixels from 4,000 km.

The bands of a frame share epoch and axis, hence x and y: a band's line is y + cy[band].
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from .chebyshev import expansion, nodes
from .field import Field

SIZES = (128, 64, 32, 16)  # cells
MIXED = 32  # a tile of surface and sky is not cut smaller: no size makes it smooth
K = 7  # nodes along an edge
TOLERANCE = 0.002  # px, at the check points: 0.005 anywhere
WIDE = 0.25  # rad: a tile seen wider than this is cut before anything is projected
NEAR = 100.0  # px around a framelet where coordinates have to be right
OVERSHOOT = 0.25  # of the range at the nodes: what a smooth function may exceed it by
COARSE = 17  # points along an edge that tell which cells a band needs
NODES, _ = nodes(K)
BETWEEN = (NODES[:-1] + NODES[1:]) / 2
DOWN = np.r_[0 : K - 1, 0 : K - 1]  # the check points: both diagonals of BETWEEN x BETWEEN
ACROSS = np.r_[0 : K - 1, K - 2 : -1 : -1]
OUTLINE = [0, K - 1, K * (K // 2) + K // 2, K * K - K, K * K - 1]  # corners and centre of the nodes


AT_CHECKS = expansion(K, BETWEEN)
AT_COARSE = expansion(K, np.linspace(-1, 1, COARSE)).astype(np.float32)


@cache
def at_cells(n):
    """E of eq. (1), (n, K) float32, for the n cells along an edge."""
    return expansion(K, np.linspace(-1, 1, n)).astype(np.float32)


@dataclass
class Look:
    """What one frame saw of a tile.

    values    (2, K, K) float32 at the nodes: x, px from the centre of the first photoactive
              sample, and y, px from that of line -cy; (4, K, K) with mu0 and mu where a limit runs
              through the tile; None: exact
    lines, samples   slices: the tile's cells that any band needs
    windows   (band, lines, samples): those that each needs
    """

    frame: int
    values: np.ndarray
    lines: slice
    samples: slice
    windows: list = field(default_factory=list)


@dataclass
class Tile:
    """Lines x samples cells from (line, sample) on, and the frames that saw them."""

    line: int
    sample: int
    shape: tuple
    looks: list


class Planner:
    """Cuts a grid into tiles that are smooth for each frame that saw them."""

    def __init__(self, geometry, points, shape, limits=None):
        """points, shape: see mapping.resample;  limits  least mu0 and mu, or None."""
        self.g, self.points, self.shape, self.limits = geometry, points, shape, limits
        self.camera = geometry.camera
        self.field = Field(geometry, limits)

    def tiles(self, corners):
        """Return the tiles that stand in for those of the largest size at corners (n, 2)."""
        found = []
        tile, frame = np.indices((len(corners), len(self.g))).reshape(2, -1)
        for size in SIZES:
            corners, tile, frame = self._level(size, corners, tile, frame, found)
            if not len(corners):
                break
        return found

    def _level(self, size, corners, tile, frame, found):
        """Append the tiles that are done at this size; return what goes on to the next."""
        cells = np.minimum(size, np.subtract(self.shape, corners))
        p, checks, kinds = self._sample(corners, cells)
        mixed = kinds.min(1) != kinds.max(1)
        surface = kinds[:, 0] == 1
        near, width = self.field.near(tile, frame, p[:, OUTLINE], surface & ~mixed, mixed)
        tile, frame = tile[near], frame[near]
        rough = mixed.copy()
        rough[tile[width > WIDE]] = True

        tried = np.flatnonzero(~rough[tile])
        seen, values = self._seen(tile[tried], frame[tried], p, surface)
        pairs = tile[tried[seen]], frame[tried[seen]], values
        rough[pairs[0][self._error(*pairs, checks) > TOLERANCE]] = True
        smooth = ~rough[pairs[0]]
        found += self._stand(corners, cells, *(v[smooth] for v in pairs))

        left = rough[tile]
        left[np.delete(tried, seen)] = False
        tile, frame = tile[left], frame[left]
        last = (mixed & (size <= MIXED) | (size == SIZES[-1]))[tile]
        found += self._exact(corners, cells, tile[last], frame[last])
        return self._quarters(size, corners, tile[~last], frame[~last])

    def _sample(self, corners, cells):
        """Points at nodes (n, K * K, 3) and checks (n, 2 K - 2, 3) of tiles, and kinds of all."""
        corners, half = corners[:, :, None], (cells[:, :, None] - 1) / 2
        at = corners + (NODES + 1) * half
        p, kinds = self._points(at[:, 0, :, None], at[:, 1, None, :])
        p, kinds = p.reshape(-1, K * K, 3), kinds.reshape(-1, K * K)
        _fill(p, kinds > 0)
        at = corners + (BETWEEN + 1) * half
        checks, more = self._points(at[:, 0, DOWN], at[:, 1, ACROSS])
        return p, checks, np.concatenate([kinds, more], 1)

    def _points(self, line, sample):
        """Points, and their kinds: 0 none, 1 surface, 2 sky."""
        p, surface = self.points(line, sample)
        return p, np.where(np.isnan(p[..., 0]), 0, np.where(surface, 1, 2))

    def _seen(self, tile, frame, p, surface):
        """Which pairs (indices) may touch a framelet within the limits, from the extent of their
        nodes, and their values there: (n, 2, K * K) x, y or (n, 4, K * K) with mu0, mu."""
        if not len(tile):
            return np.empty(0, int), np.empty((0, 2, K * K))
        *values, _ = self.g.project(frame, p[tile])
        ranges = self.field.x, self.field.y
        seen = np.ones(len(tile), bool)
        for v, (first, last) in zip(values, ranges, strict=True):
            low, high = v.min(1), v.max(1)
            slack = OVERSHOOT * (high - low) + 4
            seen &= (high + slack > first) & (low - slack < last)
        seen = np.flatnonzero(seen)
        values = [v[seen] for v in values]
        if self.limits is None:
            return seen, np.stack(values, 1)
        tile = tile[seen]
        cosines = np.stack(self.g.angles(frame[seen], p[tile]), 1)
        cosines[~surface[tile]] = 1.0  # the sky has no angles
        high = cosines.max(2) + OVERSHOOT * np.ptp(cosines, 2)
        lit = (high >= self.limits).all(1)
        return seen[lit], np.concatenate([np.stack(values, 1), cosines], 1)[lit]

    def _error(self, tile, frame, values, checks):
        """Largest distance of (1) from the exact pixel at the check points, px."""
        if not len(tile):
            return np.empty(0)
        *exact, z = self.g.project(frame, checks[tile])
        square, near = 0.0, z > 0
        ranges = self.field.x, self.field.y
        for i, (e, (low, high)) in enumerate(zip(exact, ranges, strict=True)):
            at = AT_CHECKS @ values[:, i].reshape(-1, K, K) @ AT_CHECKS.T
            square = square + (at[:, DOWN, ACROSS] - e) ** 2
            near &= (e > low - NEAR) & (e < high + NEAR)
        return np.sqrt(np.where(near, square, 0.0).max(1))

    def _stand(self, corners, cells, tile, frame, values):
        """Tiles that (1) holds for, with the lines and samples that each band needs."""
        if not len(tile):
            return []
        camera, count = self.camera, values.shape[1]
        values[:, 0] += camera.cx - camera.first - 0.5
        values[:, 1] -= 0.5
        cut = self._cut(values)
        values = values.reshape(-1, count, K, K).astype(np.float32)
        coarse = AT_COARSE @ values[:, :2] @ AT_COARSE.T
        x, y = np.ascontiguousarray(np.moveaxis(coarse, 0, -1))  # (COARSE, COARSE, pairs)
        dx, dy = _slack(x), _slack(y)
        inside = (x > -dx) & (x < camera.last - camera.first - 1 + dx)
        spans = []
        for cy in camera.cy.astype(np.float32):
            hit = inside & (y > -cy - dy) & (y < camera.lines - 1 - cy + dy)
            spans.append([_span(hit.any(1 - axis), cells[tile, axis]) for axis in (0, 1)])
        spans = np.array(spans)  # (bands, lines and samples, first and after, pairs)
        outline = np.stack([spans[:, :, 0].min(0), spans[:, :, 1].max(0)], 1)
        looks = {}
        for i in np.flatnonzero((spans[:, 0, 1] > 0).any(0)).tolist():
            kept = values[i] if cut[i] else values[i, :2]
            look = Look(int(frame[i]), kept, *(slice(*v) for v in outline[..., i].tolist()))
            look.windows = [
                (band, slice(*lines), slice(*samples))
                for band, (lines, samples) in enumerate(spans[..., i].tolist())
                if lines[1]
            ]
            looks.setdefault(int(tile[i]), []).append(look)
        return [self._tile(corners[t], cells[t], seen) for t, seen in looks.items()]

    def _cut(self, values):
        """Which pairs a limit may run through, (n,) bool."""
        if self.limits is None:
            return np.zeros(len(values), bool)
        cosines = values[:, 2:]
        return (cosines.min(2) - OVERSHOOT * np.ptp(cosines, 2) < self.limits).any(1)

    def _exact(self, corners, cells, tile, frame):
        """Tiles to be computed cell by cell."""
        made = []
        for t in np.unique(tile):
            whole = [slice(0, int(n)) for n in cells[t]]
            windows = [(band, *whole) for band in range(len(self.camera.cy))]
            looks = [Look(int(f), None, *whole, windows) for f in frame[tile == t]]
            made.append(self._tile(corners[t], cells[t], looks))
        return made

    def _tile(self, corner, cells, looks):
        return Tile(*corner.tolist(), tuple(cells.tolist()), looks)

    def _quarters(self, size, corners, tile, frame):
        """Corners of the quarters of the tiles that are left, and their pairs."""
        unique, at = np.unique(tile, return_inverse=True)
        steps = np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) * (size // 2)
        quarters = (corners[unique][:, None] + steps).reshape(-1, 2)
        tile = (4 * at[:, None] + np.arange(4)).ravel()
        frame = np.repeat(frame, 4)
        keep = (quarters < self.shape).all(1)
        number = np.cumsum(keep) - 1
        return quarters[keep], number[tile[keep[tile]]], frame[keep[tile]]


def _fill(p, valid):
    """Replace missing points (n, k, 3) by the mean of the tile's valid ones (n, k), in place."""
    some = ~valid.all(1) & valid.any(1)
    if some.any():
        count = valid[some].sum(1)[:, None]
        mean = np.where(valid[some][..., None], p[some], 0).sum(1) / count
        p[some] = np.where(valid[some][..., None], p[some], mean[:, None])


def _slack(v):
    """How far a cell may lie from the nearest of a coarse grid (rows, columns, pairs), px."""
    return sum(np.abs(np.diff(v, axis=a)).max((0, 1)) for a in (0, 1)) / 2 + 1


def _span(hit, cells):
    """The first cell and the one after the last, (2, n), that are nearest to a coarse point
    which is hit (COARSE, n), of so many cells (n,); none: (cells, 0)."""
    step = (cells - 1) / (COARSE - 1)
    first, last = hit.argmax(0), COARSE - 1 - hit[::-1].argmax(0)
    start = np.maximum(np.ceil((first - 0.5) * step), 0).astype(int)
    after = np.minimum(np.floor((last + 0.5) * step).astype(int) + 1, cells)
    some = hit.any(0)
    return np.where(some, start, cells), np.where(some, after, 0)
