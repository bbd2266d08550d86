"""Moments and ranks of samples in blocks, against numpy over all of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import special
from perijove.kit.census import Mode, Ranks, Tally, ranks_of


def blocks(v, size=97):
    return [v[i : i + size] for i in range(0, len(v), size)]


def test_moments_by_hand():
    tally = Tally(low=1)
    for block in ([1, 2, special.NULL], [3.0, 6, special.HIS, 0.5]):
        tally.add(np.array(block, np.float32))
    assert (tally.n, tally.mean, tally.squares, tally.sum) == (4, 3, 14, 12)
    assert (tally.least, tally.most, tally.under, tally.over, tally.total) == (1, 6, 1, 0, 7)
    assert tally.kinds.tolist() == [5, 1, 0, 0, 1, 0]


def test_a_large_mean_costs_no_digits():
    rng = np.random.default_rng(2)
    v = 1e9 + rng.standard_normal(10000)
    tally = Tally()
    for block in blocks(v):
        tally.add(block)
    assert_allclose(tally.squares / (len(v) - 1), v.var(ddof=1), rtol=1e-6)
    naive = (v**2).sum() - len(v) * v.mean() ** 2
    assert abs(naive / (len(v) - 1) - 1) > 10


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_ranks_are_those_of_a_sort(kind):
    rng = np.random.default_rng(3)
    v = np.r_[rng.standard_normal(2000) * 10.0 ** rng.integers(-30, 30, 2000), np.zeros(5), -0.0]
    v = np.r_[v, np.full(300, 0.25), np.arange(-50, 50)].astype(kind)
    rng.shuffle(v)
    ranks, wanted = Ranks(kind), [0, 1, 700, 1200, 1201, 1500, len(v) - 1]
    for turn in range(ranks.passes):
        for block in blocks(v):
            ranks.count(block)
        ranks.narrow(wanted if turn == 0 else None)
    assert list(ranks.values().values()) == np.sort(v)[wanted].tolist()
    assert ranks.passes == {np.float32: 2, np.float64: 4}[kind]


def test_ranks_of_percentiles_by_hand():
    assert ranks_of([0, 50, 100], 4) == [(0, 1, 0.0), (1, 2, 0.5), (3, 3, 0.0)]


def test_the_mode_is_a_value_where_values_repeat():
    v = np.array([10, 14, 14, 30, 30, 30, 44], np.float32)
    mode = Mode(10.0, 44.0)
    for block in blocks(v, 3):
        mode.count(block)
    assert mode.value() == 30
    flat = Mode(7.0, 7.0)
    flat.count(np.array([7.0, 7.0]))
    assert flat.value() == 7
