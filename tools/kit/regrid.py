"""From one grid of cells to another: maps of maps.

A cell of the new grid takes the sample of the old one at its place (x, y), interpolated over the
valid samples of the kernel v_k only, renormalised:

    DN = sum h_k v_k / sum h_k                                                  (1)

A cell is valid where valid samples weigh at least half of the kernel and no less than saturated
ones; where saturated ones weigh more it is His; else it is special as its nearest sample is.  So a
grid is itself on itself, special pixels with their kinds, and a hole neither grows nor shrinks.

Over a tile x, y are those of the nodes of `chebyshev` where these hold them to TOLERANCE; at the
edges of a map, and where the old one wraps, they are computed cell by cell.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from . import reserved, special
from .chebyshev import expansion, nodes
from .error import Error
from .mapping import affordable, alone

SIZES = (128, 64, 32, 16)  # cells of a tile
EMPTY = 32  # cells: of a larger tile a part may show something that no node does
CHUNK = 24  # tiles looked at together
K = 7  # nodes along an edge
NODES, _ = nodes(K)
BETWEEN = (NODES[:-1] + NODES[1:]) / 2
AT_CELLS = {n: expansion(K, np.linspace(-1, 1, n)) for n in SIZES}
AT_CHECKS = expansion(K, BETWEEN)
TOLERANCE = 1e-5  # px
SNAP = 1e-4  # px: nearer to a sample than that is on it
REACH = {"NEAREST": 1, "BILINEAR": 2, "CUBIC": 3, "LANCZOS": 5}  # samples around a place
WIDEST = 32766  # samples or lines of a picture that OpenCV resamples
HALF = np.float32(0.5)


def resample(core, pixel, shape, interp="BILINEAR", turn=None, threads=None):
    """Return a picture on another grid, (bands, *shape) float32, eq. (1).

    core    (bands, lines, samples), special samples as NaN by kind
    pixel   function of line and sample of the new grid (0: centre of the first cell; arrays that
            broadcast), giving line and sample of the old one, NaN where it shows nothing
    interp  NEAREST, BILINEAR, CUBIC or LANCZOS
    turn    samples of a whole turn, where the last sample meets the first
    threads workers, one per processor by default; any number gives the same bytes
    """
    affordable(len(core), *shape)
    out = np.full((len(core), *shape), special.NULL, np.float32)
    take, size = _kernel(interp), SIZES[0]
    corners = [(i, j) for i in range(0, shape[0], size) for j in range(0, shape[1], size)]
    corners = np.array(corners)

    def work(start):
        for line, sample, y, x in places(pixel, corners[start : start + CHUNK], shape, turn):
            part = out[:, line : line + len(y), sample : sample + y.shape[1]]
            _paint(part, core, y, x, take, REACH[interp], turn)

    with alone(), ThreadPoolExecutor(threads or reserved.processors()) as pool:
        list(pool.map(work, range(0, len(corners), CHUNK)))
    return out


def places(pixel, corners, shape, turn=None):
    """Yield (line, sample, y, x) of tiles that show something, from those at corners (n, 2).

    y, x  (lines, samples) place of the tile's cells in the old picture; see resample
    """
    for size in SIZES:
        half = (size - 1) / 2
        y, x = _evaluated(pixel, corners, (NODES + 1) * half, turn)
        u, v = _evaluated(pixel, corners, (BETWEEN + 1) * half, turn)
        lost = np.isnan(y).sum((1, 2)) + np.isnan(u).sum((1, 2))
        smooth = (lost == 0) & (_error(y, u) < TOLERANCE) & (_error(x, v, turn) < TOLERANCE)
        for i in np.flatnonzero(smooth):
            down, across = _kept(AT_CELLS[size], corners[i], shape)
            yield *corners[i], down @ y[i] @ across.T, down @ x[i] @ across.T
        left = ~smooth
        if size <= EMPTY:
            left &= lost < y[0].size + u[0].size
        if not left.any():
            return
        if size > SIZES[-1]:
            steps = np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) * (size // 2)
            corners = (corners[left][:, None] + steps).reshape(-1, 2)
            corners = corners[(corners < shape).all(1)]
    corners = corners[left]
    y, x = _evaluated(pixel, corners, np.arange(size), turn)
    for i, corner in enumerate(corners):
        rows, columns = (slice(n - at) for at, n in zip(corner, shape, strict=True))
        yield *corner, y[i, rows, columns], x[i, rows, columns]


def _kept(matrix, corner, shape):
    """The rows of a matrix for lines and for samples of a tile, cut at the grid's edge."""
    return (matrix[: n - i] for i, n in zip(corner, shape, strict=True))


def _evaluated(pixel, corners, at, turn):
    """y, x (n, k, k) of tiles at corners (n, 2), at the lines and samples `at` (k,) of each."""
    line, sample = corners[:, 0, None] + at, corners[:, 1, None] + at
    y, x = pixel(line[:, :, None], sample[:, None, :])
    if turn:  # within half a turn of each other
        some = np.nan_to_num(np.fmax.reduce(x.reshape(len(x), -1), axis=1))[:, None, None]
        x = some + np.mod(x - some + turn / 2, turn) - turn / 2
    return y, x


def _error(at_nodes, exact, turn=None):
    """Largest distance (n,) of what nodes say from the exact, a whole turn apart or not."""
    off = AT_CHECKS @ at_nodes @ AT_CHECKS.T - exact
    if turn:
        off = np.mod(off + turn / 2, turn) - turn / 2
    return np.abs(off).max((1, 2))


def _kernel(interp):
    import cv2

    name = {"BILINEAR": "LINEAR", "LANCZOS": "LANCZOS4"}.get(interp, interp)
    kernel = getattr(cv2, f"INTER_{name}")
    return lambda a, x, y: cv2.remap(a, x, y, kernel, borderMode=cv2.BORDER_REPLICATE)


def _paint(out, core, y, x, take, reach, turn):
    """Fill out (bands, lines, samples) with the samples at y, x (lines, samples)."""
    _, lines, samples = core.shape
    inside = (y >= -0.5) & (y <= lines - 0.5)
    if not turn:
        inside &= (x >= -0.5) & (x <= samples - 0.5)
    if not inside.any():
        return
    y, x = (np.where(inside, v, v[inside][0]) for v in (y, x))
    y, x = (np.where(abs(v - np.rint(v)) < SNAP, np.rint(v), v) for v in (y, x))
    top, left = (int(np.floor(v.min())) - reach for v in (y, x))
    rows = np.arange(max(top, 0), min(int(np.ceil(y.max())) + reach + 1, lines))
    columns = np.arange(left, int(np.ceil(x.max())) + reach + 1)
    columns = columns % samples if turn else columns[(columns >= 0) & (columns < samples)]
    if max(len(rows), len(columns)) > WIDEST:
        raise Error(f"a map of more than {WIDEST} lines or samples is too wide: crop it")
    y -= rows[0]
    x -= left if turn else columns[0]
    near = np.ix_(rows, columns) if turn else (slice(rows[0], rows[-1] + 1),
                                                slice(columns[0], columns[-1] + 1))  # fmt: skip
    place = x.astype(np.float32), y.astype(np.float32)
    for band, dn in zip(core, out, strict=True):
        found = _interpolated(np.ascontiguousarray(band[near], np.float32), take, place)
        dn[inside] = found[inside]


def _interpolated(a, take, place):
    """Eq. (1) of a picture (lines, samples) at place: x, y float32."""
    bad = np.isnan(a)
    if not bad.any():
        return take(a, *place)
    valid = take((~bad).astype(np.float32), *place)
    full = take((special.kinds(a) >= 4).astype(np.float32), *place)
    x, y = (np.rint(v).astype(int) for v in place)
    nearest = a[np.clip(y, 0, len(a) - 1), np.clip(x, 0, a.shape[1] - 1)]
    found = np.where(np.isnan(nearest), nearest, special.NULL)
    found[(full > np.maximum(valid, SNAP)) & (special.kinds(nearest) < 4)] = special.HIS
    good = (valid >= HALF) & (valid >= full)
    np.divide(take(np.where(bad, np.float32(0), a), *place), valid, out=found, where=good)
    return found
