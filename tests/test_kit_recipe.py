"""Boxes, footprints and luminances of seam-free mosaics, by hand and against scipy."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import uniform_filter

from perijove.kit import footprint, recipe, special

NULL, HIS = special.NULL, special.HIS


def test_a_box_is_scipys_over_valid_cells_round_the_globe():
    v = np.random.default_rng(0).uniform(1, 2, (40, 60)).astype(np.float32)
    v[10:14, 53:] = NULL
    size, mode = (5, 9), ("constant", "wrap")
    total = uniform_filter(np.nan_to_num(v).astype(float), size, mode=mode)
    count = uniform_filter((~np.isnan(v)).astype(float), size, mode=mode)
    assert_allclose(recipe.box(v, 9, 5, True), total / count, rtol=1e-6)
    alone = np.full((3, 30), NULL)
    alone[1, 4] = 7
    found = recipe.box(alone, 5, 1, False)
    assert_array_equal(np.flatnonzero(~np.isnan(found)), 30 + np.arange(2, 7))
    assert (found[1, 2:7] == 7).all()


def test_luminance_by_hand():
    """Each band over its mean; of a cell with a saturated band that of the others."""
    v = np.array([[[2, HIS, NULL]], [[8, 8, NULL]]], np.float32)
    found = footprint.luminance(v, (2, 4))
    assert found[0, :2].tolist() == [1.5, 2] and special.kinds(found)[0, 2] == 1


def test_a_footprint_by_hand():
    """A disc of 5 cells has 21, its arms 3: what is half dark is out, what is not there is not
    counted, nor is what lies beyond the first line or the map's edge."""
    v = np.ones((1, 20, 30), np.float32)
    v[0, 5, 5] = 0
    v[0, 10:] = 0
    v[0, 12, 5] = HIS
    v[0, :, 20:25] = NULL
    found = footprint.lit(v, (1,), 0.5, 5, True)
    expected = np.ones((20, 30), bool)
    expected[10:] = False  # line 9 sees 5 + 3 dark cells, line 10 sees 13
    expected[:, 20:25] = False
    assert_array_equal(found, expected)


def test_what_is_flat_and_what_is_not_there():
    v = np.array([[[6, HIS, 6, 6]]], np.float32)
    low = np.array([[2, 2, 2, 0.1]], np.float32)
    level = footprint.Level(dark=0.1, floor=1.0, middle=1.5)
    found = footprint.flat(v, low, np.array([[True, True, False, True]]), level)
    assert found[0, 0, [0, 3]].tolist() == [2, 4]
    assert special.kinds(found)[0, 0].tolist() == [0, 4, 1, 0]


def test_means_of_all_maps_and_percentiles():
    a = footprint.means(np.array([[1, 3, NULL], [2, 6, 5]], np.float32))
    b = footprint.means(np.array([[5], [1]], np.float32))
    assert a[0].tolist() == [2, 4] and a[1] == 2
    assert footprint.together([a, b]) == (3, 3)
    assert footprint.together([footprint.means(np.full((2, 3), NULL))]) == (1, 1)
    assert footprint.percentile(np.r_[-5, np.arange(101), np.nan]) == np.percentile(
        np.arange(1, 101), 1
    )
    assert footprint.percentile(np.zeros(4)) == np.inf and footprint.middle(np.zeros(4)) == 1
