"""Functions of line and sample that are smooth over most of a picture: exact at few cells only.

Over a tile of a picture the values F at K x K Chebyshev-Lobatto nodes hold all of it,

    F(i, j) = E(i) F E(j)^T                                                     (1)

with E of `chebyshev`.  A tile stands where (1) is judged close enough to the exact values at
points between the nodes; else it is cut in four, and of the smallest every cell is computed: so a
limb costs what its length does.

A picture may consist of several windows of one size, as a strip does of framelets.
"""

import functools

import numpy as np

from .chebyshev import expansion, nodes

SIZES = (128, 64, 32, 16)  # cells along the edge of a tile
EMPTY = 32  # cells: of a larger tile a part may show something that no point looked at does
CHUNK = 48  # tiles looked at together
K = 7  # nodes along an edge
NODES, _ = nodes(K)
BETWEEN = np.r_[-1, (NODES[:-1] + NODES[1:]) / 2, 1]  # a limb may touch an edge between nodes
AT_CHECKS = expansion(K, BETWEEN)
QUARTERS = np.array([(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)])


def corners(windows, shape):
    """Window, line and sample (n, 3) of the largest tiles of so many windows of a shape."""
    axes = range(windows), *(range(0, n, SIZES[0]) for n in shape)
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def chunks(corners):
    """The corners (n, 3) in parts that are looked at together."""
    return [corners[i : i + CHUNK] for i in range(0, len(corners), CHUNK)]


def tiles(exact, judge, corners, shape):
    """Yield (window, lines, samples, F) of tiles that cover those of the largest size at corners.

    exact    function of window (n,), line (n, k, 1) and sample (n, 1, k), 0 at the centre of a
             window's first cell, giving F (m, n, k, k); NaN where it has no value
    judge    function of F (m, n, k, k) at the nodes, at the points between, and there by eq. (1):
             bools (n,), whether (1) may stand, and whether the tile is needed at all
    corners  (n, 3);  shape  (lines, samples) of a window

    window is a number, lines and samples are slices, F is (m, lines, samples) float64, or None
    where the tile is not needed or has no value anywhere.
    """
    for size in SIZES:
        extent = np.minimum(size, np.array(shape) - corners[:, 1:])
        at_nodes = _values(exact, corners, (NODES + 1) / 2, extent)
        between = _values(exact, corners, (BETWEEN + 1) / 2, extent)
        smooth, needed = judge(at_nodes, between, AT_CHECKS @ at_nodes @ AT_CHECKS.T)
        if size <= EMPTY:
            needed = needed & ~(_lost(at_nodes) & _lost(between))
        for i in np.flatnonzero(smooth | ~needed):
            part = None
            if needed[i]:
                down, across = (_at_cells(int(n)) for n in extent[i])
                part = down @ at_nodes[:, i] @ across.T
            yield *_place(corners[i], extent[i]), part
        corners, extent = (v[~smooth & needed] for v in (corners, extent))
        if not len(corners):
            return
        if size > SIZES[-1]:
            corners = (corners[:, None] + QUARTERS * (size // 2)).reshape(-1, 3)
            corners = corners[(corners[:, 1:] < shape).all(1)]
    for some, extents in zip(chunks(corners), chunks(extent), strict=True):
        cells = _values(exact, some, np.arange(size) / (size - 1), np.full_like(extents, size))
        for i, (lines, samples) in enumerate(extents):
            yield *_place(some[i], extents[i]), cells[:, i, :lines, :samples]


def _values(exact, corners, at, extent):
    """F (m, n, k, k) of tiles, at the shares (k,) of their extents (n, 2) from the first cell."""
    window, line, sample = corners.T
    down, across = at * (extent - 1).T[:, :, None]  # (n, k) each
    line, sample = line[:, None] + down, sample[:, None] + across
    return exact(window, line[:, :, None], sample[:, None, :])


def _lost(values):
    """Which of the tiles (n,) have no value F (m, n, k, k) anywhere."""
    return np.isnan(values).any(0).all((1, 2))


def _place(corner, extent):
    window, line, sample = map(int, corner)
    return window, slice(line, line + int(extent[0])), slice(sample, sample + int(extent[1]))


@functools.lru_cache(maxsize=256)
def _at_cells(n):
    """The matrix (n, K) from the nodes to the n cells of a tile."""
    return expansion(K, np.linspace(-1, 1, n))
