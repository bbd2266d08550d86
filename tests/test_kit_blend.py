"""Many maps to one: by hand, and against scipy and numpy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import distance_transform_edt

from perijove.kit import blend, feather, special, stack

NULL, LRS, LIS, HIS, HRS = special.NULL, special.LRS, special.LIS, special.HIS, special.HRS


def row(*values):
    return np.array([[values]], np.float32)


def mixed(kind, *windows):
    mix = kind(windows[0][0].shape)
    for window in windows:
        mix.add(*window)
    return mix.result()


def test_a_weighted_mean_by_hand():
    w = np.array([[1, 0.5, 1]], np.float32)
    found, count = mixed(
        blend.Average, (row(1, 2, NULL), w), (row(4, 8, 5), np.ones((1, 3), np.float32))
    )
    assert found[0, 0].tolist() == [2.5, 6, 5] and count[0].tolist() == [2, 2, 1]


def test_what_is_valid_throughout_needs_no_weights():
    v = [np.full((2, 3, 4), x, np.float32) for x in (1, 2, 6)]
    ones = np.ones((3, 4), np.float32)
    quick, count = mixed(blend.Average, *((x, None) for x in v))
    slow, same = mixed(blend.Average, *((x, ones) for x in v))
    assert (quick == 3).all() and (count == 3).all()
    assert_array_equal(quick, slow)
    assert_array_equal(count, same)


@pytest.mark.parametrize("kind", [blend.Average, blend.Median])
def test_a_constant_is_constant_and_one_map_is_itself_bit_by_bit(kind):
    rng = np.random.default_rng(0)
    shape = (2, 5, 7)

    def weights():
        return feather.quantised(rng.random(shape[1:]).astype(np.float32))

    same = np.full(shape, np.float32(0.1))
    assert (mixed(kind, *((same, weights()) for _ in range(7)))[0] == np.float32(0.1)).all()
    v = rng.normal(size=shape).astype(np.float32)
    v[0, 0, :5] = NULL, LRS, LIS, HIS, HRS
    assert mixed(kind, (v, weights()))[0].tobytes() == v.tobytes()


@pytest.mark.parametrize("kind", [blend.Average, blend.Median])
def test_the_order_of_the_maps_means_nothing(kind):
    rng = np.random.default_rng(1)
    windows = []
    for _ in range(9):
        v = rng.random((2, 6, 8)).astype(np.float32)
        v[rng.random(v.shape) < 0.3] = NULL
        windows.append((v, feather.quantised(rng.random((6, 8)).astype(np.float32))))
    assert mixed(kind, *windows)[0].tobytes() == mixed(kind, *windows[::-1])[0].tobytes()


def test_the_median_is_numpys():
    rng = np.random.default_rng(2)
    v = rng.random((6, 2, 5, 40)).astype(np.float32)
    v[rng.random(v.shape) < 0.5] = np.nan
    v[:, 0, 0, 0] = np.nan
    found, count = mixed(blend.Median, *((x,) for x in v))
    some = ~np.isnan(v).all(0)
    assert_array_equal(~np.isnan(found), some)
    assert_allclose(found[some], np.nanmedian(v[:, some], 0), rtol=1e-7)
    assert_array_equal(count, (~np.isnan(v)).any(1).sum(0))


@pytest.mark.parametrize("kind", [blend.Average, blend.Median])
def test_a_saturated_sample_counts_only_where_no_map_has_a_valid_one(kind):
    one = np.ones((1, 6), np.float32)
    first = row(HIS, HIS, NULL, LRS, LIS, NULL)
    found, _ = mixed(kind, (first, one), (row(7, NULL, LIS, LIS, HRS, NULL), one))
    assert found[0, 0, 0] == 7
    assert special.kinds(found)[0, 0].tolist() == [0, 4, 3, 2, 5, 1]


def test_the_best_map_gives_all_bands_of_a_cell():
    """e is least in the first map; it has one band only at sample 1, none at sample 2."""
    first = np.array([[[1, 1, NULL, HIS]], [[1, HIS, NULL, NULL]]], np.float32)
    second = np.array([[[2, 2, 2, NULL]], [[2, 2, 2, LRS]]], np.float32)
    found, number = mixed(blend.Best, (first, 1.0, 1), (second, 2.0, 2))
    assert found[:, 0, :3].tolist() == [[1, 2, 2], [1, 2, 2]]
    assert special.kinds(found)[:, 0, 3].tolist() == [4, 2]
    assert number[0].tolist() == [1, 2, 2, 1]


def test_a_cell_that_no_map_has_whole_is_taken_band_by_band():
    first = np.array([[[1.0]], [[HIS]]], np.float32)
    second = np.array([[[2.0]], [[NULL]]], np.float32)
    third = np.array([[[NULL]], [[3.0]]], np.float32)
    for order in ((0, 1, 2), (2, 1, 0)):
        windows = [((first, second, third)[i], float(i), i + 1) for i in order]
        found, number = mixed(blend.Best, *windows)
        assert found[:, 0, 0].tolist() == [1, 3] and number[0, 0] == 1


def test_a_window_lands_where_it_is_put():
    for kind, more in ((blend.Average, (None,)), (blend.Median, (None,)), (blend.Best, (1.0, 1))):
        mix = kind((1, 4, 5))
        mix.add(np.full((1, 2, 3), 7, np.float32), *more, line=1, sample=2)
        found, _ = mix.result()
        expected = np.zeros((4, 5), bool)
        expected[1:3, 2:] = True
        assert_array_equal(found[0] == 7, expected)
        assert (special.kinds(found)[0][~expected] == 1).all()


def test_weights_by_hand():
    whole = np.ones((5, 7), bool)
    w = feather.weights(whole, 2)
    assert w[2].tolist() == [0.5, 1, 1, 1, 1, 1, 0.5] and w[0].tolist() == [0.5] * 7
    world = feather.Sides(True, False, False, False, False)
    assert (world.weights(whole, 2) == 1).all()
    assert (feather.Sides(False, False, True, True, False).weights(whole, 2)[:4, 1:] == 1).all()
    whole[2, 0] = False
    w = world.weights(whole, 4)
    assert w[2].tolist() == [1 / 1024, 0.25, 0.5, 0.75, 0.75, 0.5, 0.25]


def test_weights_are_distances_of_scipy_and_the_same_in_any_window():
    rng = np.random.default_rng(3)
    whole = rng.random((60, 90)) > 0.02
    reach = 6.5
    around = np.pad(np.pad(whole, ((1, 1), (0, 0))), ((0, 0), (90, 90)), mode="wrap")
    d = distance_transform_edt(around)[1:-1, 90:-90]
    world = feather.Sides(True, True, True, False, False)
    w = world.weights(whole, reach)
    assert_allclose(w[whole], np.minimum(d, reach)[whole] / reach, atol=0.5 / feather.STEPS)
    part = feather.Sides(True, False, False, False, False).weights(whole[10:50], reach)
    assert_array_equal(part[7:-7], w[17:43])
    assert_array_equal(world.weights(whole, reach, np.s_[5:9], np.s_[80:90]), w[5:9, 80:90])


def test_runs_of_lines():
    lines = np.array([0, 0, 0, 1, 0, 0, 0, 0, 0], bool)
    assert feather.runs(lines) == [slice(3, 4)] and feather.runs(~lines, 2) == [slice(0, 9)]
    assert feather.runs(~lines) == [slice(0, 3), slice(4, 9)]


@pytest.mark.parametrize("n", range(1, 12))
def test_the_network_sorts_all_of_0_and_1(n):
    """What sorts all sequences of 0 and 1 sorts all sequences (Knuth, 5.3.4, theorem Z)."""
    rows = list(np.arange(2**n) >> np.arange(n)[:, None] & 1)
    for i, j in stack.network(n):
        rows[i], rows[j] = np.minimum(rows[i], rows[j]), np.maximum(rows[i], rows[j])
    assert (np.diff(rows, axis=0) >= 0).all()
