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
NODES, _ = nodes(K)
BETWEEN = (NODES[:-1] + NODES[1:]) / 2
DOWN = np.r_[0 : K - 1, 0 : K - 1]  # the check points: both diagonals of BETWEEN x BETWEEN
ACROSS = np.r_[0 : K - 1, K - 2 : -1 : -1]
AT_CHECKS = expansion(K, BETWEEN)
AT_CELLS = {n: expansion(K, np.linspace(-1, 1, n)).astype(np.float32) for n in SIZES}
COARSE = {n: np.r_[0 : n - 1 : n // 16, n - 1] for n in SIZES}  # every 8th cell of 128
OUTLINE = [0, K - 1, K * (K // 2) + K // 2, K * K - K, K * K - 1]  # corners and centre of the nodes


@dataclass
class Look:
    """What one frame saw of a tile.

    x, y      (K, K) float32, pixel index of the cells at the nodes (y without cy); None: exact
    cosines   (2, K, K) mu0 and mu at the nodes where a limit runs through the tile, else None
    samples   the tile's samples that any band needs, a slice
    windows   (band, first line, line after) of the tile's lines that each band needs
    """

    frame: int
    x: np.ndarray
    y: np.ndarray
    cosines: np.ndarray
    samples: slice
    windows: list = field(default_factory=list)


@dataclass
class Tile:
    """A square of size x size cells from (line, sample) on, and the frames that saw it."""

    line: int
    sample: int
    size: int
    looks: list


@dataclass
class _Pairs:
    """Tiles and frames (n,), and x, y (n, K * K), cosines (n, 2, K * K) or None at the nodes."""

    tile: np.ndarray
    frame: np.ndarray
    x: np.ndarray
    y: np.ndarray
    cosines: np.ndarray

    def of(self, keep):
        """Those pairs of the mask that are True."""
        return _Pairs(*(None if v is None else v[keep] for v in vars(self).values()))


class Planner:
    """Cuts a grid into tiles that are smooth for each frame that saw them."""

    def __init__(self, geometry, points, shape, limits=None):
        """points, shape: see mapping.resample;  limits  least mu0 and mu, or None."""
        self.g, self.points, self.shape, self.limits = geometry, points, shape, limits
        self.camera = geometry.camera
        self.field = Field(geometry)

    def tiles(self, corners):
        """Return the tiles that stand in for those of the largest size at corners (n, 2)."""
        n, frames, found = len(corners), len(self.g), []
        tile, frame = np.repeat(np.arange(n), frames), np.tile(np.arange(frames), n)
        for size in SIZES:
            corners, tile, frame = self._level(size, corners, tile, frame, found)
            if not len(corners):
                break
        return found

    def _level(self, size, corners, tile, frame, found):
        """Append the tiles that are done at this size; return what goes on to the next."""
        p, checks, kinds = self._sample(size, corners)
        mixed = kinds.min(1) != kinds.max(1)
        near, width = self.field.near(frame, p[tile][:, OUTLINE], mixed[tile])
        near &= kinds.max(1)[tile] > 0
        tile, frame = tile[near], frame[near]
        rough = mixed.copy()
        rough[tile[width[near] > WIDE]] = True

        tried = np.flatnonzero(~rough[tile])
        pairs = self._project(tile[tried], frame[tried], p, kinds[:, 0] == 1)
        seen = self._seen(pairs)
        pairs = pairs.of(seen)
        rough[pairs.tile[self._error(pairs, checks) > TOLERANCE]] = True
        found += self._stand(size, corners, pairs.of(~rough[pairs.tile]))

        left = rough[tile]
        left[tried[~seen]] = False
        tile, frame = tile[left], frame[left]
        last = (mixed & (size <= MIXED) | (size == SIZES[-1]))[tile]
        found += self._exact(size, corners, tile[last], frame[last])
        return self._quarters(size, corners, tile[~last], frame[~last])

    def _sample(self, size, corners):
        """Points at nodes (n, K * K, 3) and checks (n, 2 K - 2, 3) of tiles, and kinds of all."""
        half = (size - 1) / 2
        at = corners[:, :, None] + (NODES + 1) * half
        p, kinds = self._points(at[:, 0, :, None], at[:, 1, None, :])
        p, kinds = p.reshape(-1, K * K, 3), kinds.reshape(-1, K * K)
        _fill(p, kinds > 0)
        at = corners[:, :, None] + (BETWEEN + 1) * half
        checks, more = self._points(at[:, 0, DOWN], at[:, 1, ACROSS])
        return p, checks, np.concatenate([kinds, more], 1)

    def _points(self, line, sample):
        """Points, and their kinds: 0 none, 1 surface, 2 sky."""
        p, surface = self.points(line, sample)
        return p, np.where(np.isnan(p[..., 0]), 0, np.where(surface, 1, 2))

    def _project(self, tile, frame, p, surface):
        """Pairs with the pixels of the tiles' nodes p, and the cosines there: 1 in the sky."""
        if not len(tile):
            return _Pairs(tile, frame, *np.empty((2, 0, K * K)), None)
        x, y, _ = self.g.project(frame, p[tile])
        cosines = None
        if self.limits is not None:
            cosines = np.stack(self.g.angles(frame, p[tile]), 1)
            cosines = np.where(surface[tile][:, None, None], cosines, 1.0)
        return _Pairs(tile, frame, x, y, cosines)

    def _seen(self, pairs):
        """Which pairs may touch a framelet within the limits, from the extent of their nodes."""
        seen = np.ones(len(pairs.x), bool)
        for v, (low, high) in ((pairs.x, self.field.x), (pairs.y, self.field.y)):
            slack = OVERSHOOT * np.ptp(v, 1) + 4
            seen &= (v.max(1) + slack > low) & (v.min(1) - slack < high)
        if pairs.cosines is not None:
            high = pairs.cosines.max(2) + OVERSHOOT * np.ptp(pairs.cosines, 2)
            seen &= (high >= self.limits).all(1)
        return seen

    def _error(self, pairs, checks):
        """Largest distance of (1) from the exact pixel at the check points, px."""
        if not len(pairs.tile):
            return np.empty(0)
        *exact, z = self.g.project(pairs.frame, checks[pairs.tile])
        square, near = 0.0, z > 0
        for v, e, (low, high) in zip(
            (pairs.x, pairs.y), exact, (self.field.x, self.field.y), strict=True
        ):
            at = (AT_CHECKS @ v.reshape(-1, K, K) @ AT_CHECKS.T)[:, DOWN, ACROSS]
            square = square + (at - e) ** 2
            near = near & (e > low - NEAR) & (e < high + NEAR)
        return np.sqrt(np.where(near, square, 0.0).max(1))

    def _stand(self, size, corners, pairs):
        """Tiles that (1) holds for, with the lines and samples that each band needs."""
        camera, coarse = self.camera, COARSE[size]
        x = (pairs.x + (camera.cx - 0.5)).astype(np.float32).reshape(-1, K, K)
        y = (pairs.y - 0.5).astype(np.float32).reshape(-1, K, K)
        e = AT_CELLS[size][coarse]
        xs, ys = e @ x @ e.T, e @ y @ e.T
        dx, dy = _slack(xs), _slack(ys)
        inside = (xs > camera.first - dx) & (xs < camera.last - 1 + dx)
        low = -camera.cy.astype(np.float32)[:, None, None, None]
        high = low + np.float32(camera.lines - 1)
        hits = inside & (ys > low - dy) & (ys < high + dy)  # (bands, pairs, coarse, coarse)
        looks = {}
        for i in np.flatnonzero(hits.any((0, 2, 3))):
            samples = _span(hits[:, i].any((0, 1)), coarse)
            look = Look(int(pairs.frame[i]), x[i], y[i], self._cut(pairs, i), samples)
            for band in np.flatnonzero(hits[:, i].any((1, 2))):
                lines = _span(hits[band, i].any(1), coarse)
                look.windows.append((int(band), lines.start, lines.stop))
            looks.setdefault(int(pairs.tile[i]), []).append(look)
        return [Tile(*map(int, corners[t]), size, seen) for t, seen in looks.items()]

    def _cut(self, pairs, i):
        """The cosines (2, K, K) of a pair that a limit may run through, else None."""
        if pairs.cosines is None:
            return None
        c = pairs.cosines[i]
        cut = c.min(1) - OVERSHOOT * np.ptp(c, 1) < self.limits
        return c.reshape(2, K, K).astype(np.float32) if cut.any() else None

    def _exact(self, size, corners, tile, frame):
        """Tiles to be computed cell by cell."""
        windows = [(band, 0, size) for band in range(len(self.camera.cy))]

        def look(f):
            return Look(int(f), None, None, None, slice(0, size), windows)

        return [
            Tile(*map(int, corners[t]), size, [look(f) for f in frame[tile == t]])
            for t in np.unique(tile)
        ]

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
    """How far a cell may lie from the nearest of a coarse grid (pairs, rows, columns), px."""
    steps = sum(np.abs(np.diff(v, axis=a)).max((1, 2)) for a in (1, 2))
    return (steps / 2 + 1)[:, None, None]


def _span(hit, coarse):
    """The cells, a slice, from one coarse cell before the first hit to one after the last."""
    first, *_, last = np.flatnonzero(hit)[[0, 0, -1]]
    return slice(int(coarse[max(first - 1, 0)]), int(coarse[min(last + 1, len(coarse) - 1)]) + 1)
