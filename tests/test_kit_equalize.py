"""Gains and offsets from overlaps: those put in are found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove.kit import equalize
from perijove.kit.error import Error

NAMES = ["a.cub", "b.cub", "c.cub", "d.cub", "e.cub"]


def overlaps(maps):
    """Overlaps of maps (maps, bands, lines, samples), line by line."""
    found = equalize.Overlaps(maps.shape[1], len(maps))
    for line in range(maps.shape[2]):
        sums = [equalize.products(maps[:, b, line]) for b in range(maps.shape[1])]
        found.add(np.arange(len(maps)), np.moveaxis(np.array(sums), 1, 0))
    return found


def scene(pieces, shape=(2, 20, 100), seed=0):
    """A scene seen by maps each of a range of samples."""
    truth = np.random.default_rng(seed).uniform(1, 2, shape).astype(np.float32)
    maps = np.full((len(pieces), *shape), np.nan, np.float32)
    for m, (first, last) in zip(maps, pieces, strict=True):
        m[..., first:last] = truth[..., first:last]
    return maps


def test_products_by_hand():
    nan = np.nan
    n, s, q = equalize.products(np.array([[1, 2, nan, 3], [4, 5, 6, nan], [7, 8, 9, 10]], float))
    assert n.tolist() == [[3, 2, 3], [2, 3, 3], [3, 3, 4]]
    assert s.tolist() == [[6, 3, 6], [9, 15, 15], [25, 24, 34]]
    assert q.tolist() == [[14, 5, 14], [41, 77, 77], [213, 194, 294]]


def test_two_maps_by_hand():
    """Means 1 and 4: they meet in the middle, sum of offsets 0, product of gains 1."""
    maps = np.array([[[[1, 1, 1, 1.0]]], [[[4, 4, 4, 4.0]]]])
    gains, offsets = overlaps(maps).solved("OFFSET", 2, NAMES)
    assert_allclose(offsets[:, 0], [1.5, -1.5])
    assert (gains == 1).all()
    gains, offsets = overlaps(maps).solved("GAIN", 2, NAMES)
    assert_allclose(gains[:, 0], [2, 0.5])
    assert (offsets == 0).all()


def test_a_pair_weighs_what_it_has_in_common():
    """Of three maps that contradict each other: weights 4, 4 and 1; solved by hand."""
    n = np.array([[0, 4, 1], [4, 0, 4], [1, 4, 0.0]])
    x = np.array([[0, 0, 0], [3, 0, 0], [0, 0, 0.0]])  # map 1 is 3 above map 0 where they overlap
    found = equalize.least_squares(x, n, [[0, 1, 2]])
    assert_allclose(found, [1.5, -1, -0.5])  # 4 (a - b - 3) + (a - c) = 0, a - c = 4 (c - b)
    assert_allclose(found.sum(), 0, atol=1e-15)


@pytest.mark.parametrize("kind", ["OFFSET", "GAIN", "BOTH"])
def test_what_was_put_in_is_found(kind):
    rng = np.random.default_rng(5)
    maps = scene([(0, 40), (25, 70), (50, 100), (10, 60)])
    gains = np.exp(rng.normal(0, 0.2, (4, 2))) if kind != "OFFSET" else np.ones((4, 2))
    offsets = rng.normal(0, 0.1, (4, 2)) if kind != "GAIN" else np.zeros((4, 2))
    spoilt = maps * gains[..., None, None] + offsets[..., None, None]
    g, o = overlaps(spoilt).solved(kind, 100, NAMES)
    made = spoilt * g[..., None, None] + o[..., None, None]
    for m in made[1:]:  # all alike, up to one gain and offset
        both = ~np.isnan(m) & ~np.isnan(made[0])
        assert_allclose(m[both], made[0][both], rtol=1e-5)
    assert_allclose(np.log(g).sum(0), 0, atol=1e-12)
    assert_allclose(o.sum(0), 0, atol=1e-12)


def test_groups_that_do_not_overlap_hold_their_own_sums():
    maps = scene([(0, 40), (20, 50), (60, 90), (70, 100)])
    maps += np.array([0, 1, 10, 14.0])[:, None, None, None]
    found = overlaps(maps)
    assert found.groups(100, NAMES) == [[0, 1], [2, 3]]
    _, offsets = found.solved("OFFSET", 100, NAMES)
    assert_allclose(offsets[:, 0], [0.5, -0.5, 2, -2], atol=1e-5)


def test_order_of_lines_aside_sums_are_those_of_numpy():
    maps = scene([(0, 100), (0, 100), (30, 80)], seed=3)
    maps[1, :, 3, 5:9] = np.nan
    found = overlaps(maps)
    both = ~np.isnan(maps[1, 1]) & ~np.isnan(maps[2, 1])
    assert found.sums[0, 1, 1, 2] == both.sum()
    assert_allclose(found.sums[1, 1, 1, 2], maps[1, 1][both].sum(dtype=float))
    assert_allclose(found.sums[2, 1, 2, 1], (maps[2, 1][both].astype(float) ** 2).sum())
    assert_array_equal(found.count[0, 1], 20 * 100 - 4)


def test_refusals():
    maps = scene([(0, 40), (20, 50), (49, 90)])
    with pytest.raises(Error, match=r"c.cub: no overlap of 30 .* largest is 20 with b.cub: lower"):
        overlaps(maps).solved("OFFSET", 30, NAMES)
    with pytest.raises(Error, match="a.cub: a gain needs means above 0, found -.* overlaps b.cub"):
        overlaps(scene([(0, 40), (20, 50)]) - 5).solved("GAIN", 30, NAMES)
    flat = np.ones((2, 1, 4, 30), np.float32)
    with pytest.raises(Error, match="standard deviations above 0, found 0"):
        overlaps(flat).solved("BOTH", 30, NAMES)
