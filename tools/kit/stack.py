"""Windows of many maps on top of each other: their median, sums over what two have in common."""

import functools
import itertools

import numpy as np

from . import special

CELLS = 1 << 17  # looked at together, of all windows: they stay in the cache
ONE_THREAD = 1 << 18  # multiplications of matrices that OpenBLAS does not share out


def overlapping(held):
    """Yield (slice of columns, those of windows (line, sample, v …) that have them), left to right.

    v  (bands, lines, samples); all columns of a slice have the same windows, one at least
    """
    edges = sorted({x for _, sample, v, *_ in held for x in (sample, sample + v.shape[2])})
    for left, right in itertools.pairwise(edges):
        there = [w for w in held if w[1] <= left and right <= w[1] + w[2].shape[2]]
        if there:
            yield slice(left, right), there


def rows(held, columns, shape):
    """Yield (band, slice of lines, samples (windows, lines, n)) of columns of windows, NaN where a
    window has none: so few lines that they stay in the cache; shape (bands, lines, samples)."""
    width = columns.stop - columns.start
    step = max(1, CELLS // (len(held) * width))
    for band, top in itertools.product(range(shape[0]), range(0, shape[1], step)):
        low = min(top + step, shape[1])
        stack = np.full((len(held), low - top, width), np.nan, np.float32)
        for one, (line, sample, v, *_) in zip(stack, held, strict=True):
            first, last = max(top, line), min(low, line + v.shape[1])
            if first < last:
                own = v[band, first - line : last - line, columns.start - sample :]
                one[first - top : last - top] = own[:, :width]
        yield band, slice(top, low), stack


def median(stack):
    """Return the median of the valid samples of maps (maps, ...), Null where there are none; what
    was in stack is lost."""
    count, out = (stack == stack).sum(0), np.full(stack.shape[1:], special.NULL, np.float32)
    least = int(count.min(initial=len(stack)))
    if least < len(stack):
        stack[stack != stack] = np.inf  # behind all others
    rows, spare = list(stack), np.empty_like(out)
    for i, j in network(len(rows)):
        np.minimum(rows[i], rows[j], out=spare)
        np.maximum(rows[i], rows[j], out=rows[j])
        rows[i], spare = spare, rows[i]
    for n in range(max(least, 1), int(count.max(initial=0)) + 1):
        middle = rows[(n - 1) // 2] / 2 + rows[n // 2] / 2
        np.copyto(out, middle, where=count == n)
    return out


@functools.lru_cache(maxsize=64)
def network(n):
    """Return the pairs that sort n numbers, each put in order after the other (Batcher 1968)."""
    pairs, p = [], 1
    while p < n:
        k = p
        while k:
            for first in range(k % p, n - k, 2 * k):
                for i in range(first, first + min(k, n - first - k)):
                    if i // (2 * p) == (i + k) // (2 * p):
                        pairs.append((i, i + k))
            k //= 2
        p *= 2
    return pairs


@np.errstate(over="ignore", invalid="ignore")  # of damaged samples: equalize refuses what comes
def products(v):
    """Return n, S, Q (3, maps, maps) float64 of some cells of maps (maps, cells), NaN: none.

    n[i, j]  cells valid in both;  S, Q  sums over them of v_i and of v_i^2

    Products are of values less the first one, float32, of so few cells that
    BLAS keeps to one thread.
    """
    m = (v == v).astype(np.float32)
    v = np.where(m > 0, v, np.float32(0))
    c = v[np.arange(len(v)), m.argmax(1)][:, None]
    v = (v - c) * m
    q, found = v * v, np.zeros((3, len(v), len(v)))
    step = max(1, ONE_THREAD // len(v) ** 2)
    for at in range(0, v.shape[1], step):
        there = m[:, at : at + step].T
        for total, x in zip(found, (m, v, q), strict=True):
            total += x[:, at : at + step] @ there
    n, s, t = found
    c = c.astype(np.float64)
    return np.stack([n, s + c * n, t + 2 * c * s + c * c * n])


def moments(maps):
    """Return the same of maps (lines, samples) that are valid throughout; None where one is not."""
    import cv2

    found = []
    for v in maps:
        found.append([x.item() for x in cv2.meanStdDev(v)])
        if np.isnan(found[-1][0]):
            return None
    mean, scatter = np.array(found).T
    sums = np.stack([np.ones_like(mean), mean, scatter**2 + mean**2]) * maps[0].size
    return np.repeat(sums[:, :, None], len(maps), 2)
