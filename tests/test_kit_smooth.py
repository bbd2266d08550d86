"""Tiles of smooth functions: every cell once, polynomials exactly, edges cell by cell."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import smooth


class Counted:
    """A function of window, line and sample that counts what it is asked."""

    def __init__(self, of):
        self.of, self.asked = of, 0

    def __call__(self, window, line, sample):
        window, line, sample = np.broadcast_arrays(window[:, None, None], line, sample)
        self.asked += line.size
        return self.of(window, line.astype(float), sample.astype(float))[None]


def close(at_nodes, between, told):
    return (np.abs(told - between) < 1e-6).all((0, 2, 3)), np.ones(told.shape[1], bool)


def filled(f, windows, shape, judge=close):
    """What tiles tell of f (windows, *shape), and how often each cell was told."""
    out, times = np.full((windows, *shape), np.nan), np.zeros((windows, *shape), int)
    for corners in smooth.chunks(smooth.corners(windows, shape)):
        for window, lines, samples, part in smooth.tiles(f, judge, corners, shape):
            times[window, lines, samples] += 1
            if part is not None:
                (out[window, lines, samples],) = part
    return out, times


def cells(windows, shape):
    return np.indices((windows, *shape)).astype(float)


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (128, 1648), (400, 129)])
def test_a_polynomial_needs_no_more_than_the_nodes(shape):
    def f(w, i, j):
        i, j = i / 400, j / 1648
        return w + i**6 - 3 * j**6 + 2 * i**3 * j**2

    told = Counted(f)
    out, times = filled(told, 2, shape)
    assert (times == 1).all()
    assert_allclose(out, f(*cells(2, shape)), rtol=0, atol=1e-12)
    tiles = 2 * np.prod(-(-np.array(shape) // 128))
    assert told.asked == tiles * (7 * 7 + 8 * 8)


def test_an_edge_is_computed_cell_by_cell():
    def f(w, i, j):
        return np.where(i + 0.3 * j > 170, 1.0, 0.0)

    told = Counted(f)
    out, times = filled(told, 1, (300, 300))
    assert (times == 1).all()
    assert_allclose(out, f(*cells(1, (300, 300))), rtol=0, atol=1e-12)
    assert told.asked < 60000


def test_where_there_is_nothing_there_is_nothing():
    def f(w, i, j):
        return np.where(np.hypot(i - 61, j - 260) < 15, np.cos(i / 50), np.nan)

    out, times = filled(Counted(f), 1, (200, 400))
    assert (times == 1).all()
    assert_allclose(out, f(*cells(1, (200, 400))), rtol=0, atol=1e-6)  # and NaN where it is NaN


def test_what_is_not_needed_is_not_looked_at_again():
    def judge(at_nodes, between, told):
        smooth, _ = close(at_nodes, between, told)
        return smooth, (at_nodes > 0).any((0, 2, 3))

    def f(w, i, j):
        return np.where(j < 128, np.sqrt(i), -1 - np.mod(i * j, 7))

    told = Counted(f)
    out, times = filled(told, 1, (128, 1280), judge)
    assert (times == 1).all() and np.isnan(out[:, :, 128:]).all()
    assert_allclose(out[0, :, :128], np.sqrt(np.arange(128.0))[:, None] * np.ones(128), atol=1e-6)
    assert told.asked < 128 * 128 * 1.5
