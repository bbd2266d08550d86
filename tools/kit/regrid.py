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
from functools import cache

import numpy as np

from . import reserved, special
from .chebyshev import expansion, nodes
from .error import Error
from .farm import opencv_alone
from .mapping import affordable

SIZES = (128, 64, 32, 16)  # cells of a tile
EMPTY = 32  # cells: of a larger tile a part may show something that no node does
CHUNK = 48  # tiles looked at together
K = 7  # nodes along an edge
NODES, _ = nodes(K)
BETWEEN = (NODES[:-1] + NODES[1:]) / 2
AT_CHECKS = expansion(K, BETWEEN)
TOLERANCE = 1e-5  # px
SNAP = np.float32(1e-4)  # px: nearer to a sample than that is on it
REACH = {"NEAREST": 1, "BILINEAR": 2, "CUBIC": 3, "LANCZOS": 5}  # samples around a place
WIDEST = 32766  # samples or lines of a picture that OpenCV resamples
HALF = np.float32(0.5)


@cache
def at_cells(n):
    """Matrix (n, K) from the nodes to the n cells along an edge."""
    return expansion(K, np.linspace(-1, 1, n))


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

    with opencv_alone(), ThreadPoolExecutor(threads or reserved.processors()) as pool:
        list(pool.map(work, range(0, len(corners), CHUNK)))
    return out


def places(pixel, corners, shape, turn=None):
    """Yield (line, sample, y, x) of tiles that show something, from those at corners (n, 2).

    y, x  (lines, samples) place of the tile's cells in the old picture; see resample
    """
    for size in SIZES:
        cells = np.minimum(size, np.subtract(shape, corners))
        half = (cells[:, :, None] - 1) / 2
        y, x = _evaluated(pixel, corners, (NODES + 1) * half, turn)
        u, v = _evaluated(pixel, corners, (BETWEEN + 1) * half, turn)
        lost = np.isnan(y).sum((1, 2)) + np.isnan(u).sum((1, 2))
        smooth = (lost == 0) & (_error(y, u) < TOLERANCE) & (_error(x, v, turn) < TOLERANCE)
        for i in np.flatnonzero(smooth):
            down, across = (at_cells(n) for n in cells[i].tolist())
            yield *corners[i].tolist(), down @ y[i] @ across.T, down @ x[i] @ across.T
        left = ~smooth
        if size <= EMPTY:
            left &= lost < y[0].size + u[0].size
        if not left.any():
            return
        if size > SIZES[-1]:
            steps = np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) * (size // 2)
            corners = (corners[left][:, None] + steps).reshape(-1, 2)
            corners = corners[(corners < shape).all(1)]
    corners, cells = corners[left], cells[left]
    every = np.broadcast_to(np.arange(float(size)), (*cells.shape, size))
    y, x = _evaluated(pixel, corners, np.minimum(every, cells[:, :, None] - 1), turn)
    for i, (lines, samples) in enumerate(cells.tolist()):
        yield *corners[i].tolist(), y[i, :lines, :samples], x[i, :lines, :samples]


def _evaluated(pixel, corners, at, turn):
    """y, x (n, k, k) of tiles at corners (n, 2), at the lines and samples `at` (n, 2, k)."""
    at = corners[:, :, None] + at
    y, x = pixel(at[:, 0, :, None], at[:, 1, None, :])
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
    low, high = [y.min(), x.min()], [y.max(), x.max()]
    inside = None
    if not (min(low) >= -0.5 and high[0] <= lines - 0.5 and high[1] <= samples - 0.5):
        inside = (y >= -0.5) & (y <= lines - 0.5)
        if not turn:
            inside &= (x >= -0.5) & (x <= samples - 0.5)
        if not inside.any():
            return
        y, x = (np.where(inside, v, v[inside][0]) for v in (y, x))
        low, high = [y.min(), x.min()], [y.max(), x.max()]
    (top, left), (bottom, right) = (
        [int(np.floor(v)) + step for v in ends] for ends, step in ((low, -reach), (high, reach + 2))
    )
    columns = slice(max(left, 0), min(right, samples))
    near = slice(max(top, 0), min(bottom, lines)), columns
    if turn and not 0 <= left <= right <= samples:  # goes over the seam
        near, columns = (near[0], np.arange(left, right) % samples), slice(left, right)
    if max(near[0].stop - near[0].start, columns.stop - columns.start) > WIDEST:
        raise Error(f"a map of more than {WIDEST} lines or samples is too wide: crop it")
    place = _snapped(x - columns.start), _snapped(y - near[0].start)
    for band, dn in zip(core, out, strict=True):
        found = _interpolated(np.asarray(band[near], np.float32), take, place)
        if found is not None:
            np.copyto(dn, found, where=True if inside is None else inside)


def _snapped(v):
    """Places as float32, of a sample where they are on it."""
    v = v.astype(np.float32)
    whole = np.rint(v)
    np.copyto(v, whole, where=np.abs(v - whole) < SNAP)
    return v


def _interpolated(a, take, place):
    """Eq. (1) of a picture (lines, samples) at place: x, y float32; None: all of it Null."""
    bad = np.isnan(a)
    if not bad.any():
        return take(a, *place)
    if bad.all() and (a.view(np.uint32) == special.NULL.view(np.uint32)).all():
        return None
    kinds = special.kinds(a)
    valid, full = take((~bad).astype(np.float32), *place), 0
    saturated = kinds >= 4
    if saturated.any():
        full = take(saturated.astype(np.float32), *place)
    good = (valid >= HALF) & (valid >= full)
    found = np.empty_like(valid)
    np.divide(take(np.where(bad, np.float32(0), a), *place), valid, out=found, where=good)
    rest = ~good
    if rest.any():
        x, y = (np.rint(v[rest]).astype(int) for v in place)
        at = np.clip(y, 0, len(a) - 1), np.clip(x, 0, a.shape[1] - 1)
        nearest = np.where(bad[at], a[at], special.NULL)
        if saturated.any():
            more = (full > np.maximum(valid, SNAP))[rest]
            nearest[more & ~saturated[at]] = special.HIS
        found[rest] = nearest
    return found
