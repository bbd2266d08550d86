"""Masked low passes, against scipy's exact ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import gaussian_filter, uniform_filter

from perijove.kit import gaussian

LEVELS = (2, 2e-5), (7.9, 5e-5), (8, 2e-3), (40, 2e-3), (99, 2e-3)  # sigma, error in stds


def scene(lines=300, samples=420, seed=1):
    """A plane with structure at all scales, and a hole and an edge of missing samples."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((lines, samples))
    red = sum(s * gaussian_filter(noise, s, mode=("nearest", "wrap")) for s in (1, 4, 16, 60))
    plane = (500 + 100 * red).astype(np.float32)
    plane[120:150, 200:260] = np.nan
    plane[:, 330:400][np.arange(lines) > 180] = np.nan
    return plane


def exact(plane, sigma, wrap):
    """The normalised convolution in float64."""
    mode = "constant", "wrap" if wrap else "constant"
    valid = ~np.isnan(plane)
    over, under = (
        gaussian_filter(v.astype(float), sigma, mode=mode, truncate=6)
        for v in (np.where(valid, plane, 0), valid)
    )
    return over / np.maximum(under, 1e-300)


@pytest.mark.parametrize("wrap", [True, False])
@pytest.mark.parametrize(("sigma", "most"), LEVELS)
def test_the_low_pass_is_scipys(sigma, most, wrap):
    plane = scene()
    valid = ~np.isnan(plane)
    truth = exact(plane, sigma, wrap)[valid]
    error = gaussian.gaussian(plane, sigma, wrap)[valid] - truth
    assert error.std() < most * truth.std() and np.abs(error).max() < 10 * most * truth.std()


def test_the_box_is_scipys():
    plane = scene()
    valid = ~np.isnan(plane)
    over, under = (
        uniform_filter(v.astype(float), 31, mode=("constant", "wrap"))
        for v in (np.where(valid, plane, 0), valid)
    )
    found = gaussian.box(plane, 31, wrap=True)
    assert_allclose(found[valid], over[valid] / under[valid], atol=1e-3)


@pytest.mark.parametrize("sigma", [0.5, 7, 20, 50])
def test_a_constant_is_its_own_mean_to_the_last_bit(sigma):
    plane = np.full((90, 70), 0.3, np.float32)
    plane[20:50, 10:] = np.nan
    assert_array_equal(gaussian.gaussian(plane, sigma)[~np.isnan(plane)], np.float32(0.3))
    assert_array_equal(gaussian.box(plane, 21)[~np.isnan(plane)], np.float32(0.3))


def test_three_samples_by_hand():
    """Weights exp(-1/2) beside the centre, sigma 1: the mean of 0 and 3 is 3 w / (1 + w)."""
    w = np.exp(-0.5)
    plane = np.array([[0, 3, np.nan, np.nan, np.nan, np.nan, np.nan]], np.float32)
    found = gaussian.gaussian(plane, 1.0)
    assert_allclose(found[0, :2], [3 * w / (1 + w), 3 / (1 + w)], rtol=1e-6)


def test_turning_a_global_plane_turns_its_mean():
    plane = scene()
    turned = gaussian.gaussian(np.roll(plane, 123, axis=1), 7.0, wrap=True)
    still = np.roll(gaussian.gaussian(plane, 7.0, wrap=True), 123, axis=1)
    assert_allclose(turned, still, atol=1e-3)


def test_a_lone_sample_is_its_own_mean_and_an_empty_plane_is_harmless():
    plane = np.full((200, 200), np.nan, np.float32)
    assert np.isfinite(gaussian.gaussian(plane, 30)).all()
    plane[150, 7] = 5
    assert gaussian.gaussian(plane, 30)[150, 7] == 5
    assert gaussian.box(plane, 41)[150, 7] == 5


def test_a_sigma_beyond_the_plane_gives_nearly_the_mean_of_all():
    plane = scene(60, 50)
    mean = np.nanmean(plane, dtype=float)
    found = gaussian.gaussian(plane, 2000.0)
    assert np.abs(found - mean).max() < 0.02 * np.nanstd(plane)


@pytest.mark.parametrize("wrap", [True, False])
@pytest.mark.parametrize("sigma", [3.0, 8.0, 50.0, 100.0])
def test_strips_of_any_height_give_the_same_mean(sigma, wrap):
    plane = scene(301, 419)
    plane[:40] = np.nan  # a map begins with nothing
    whole = gaussian.gaussian(plane, sigma, wrap)
    low, line = gaussian.LowPass(301, 419, sigma, wrap), 0
    for lines in (1, 17, 64, 3, 200, 16):
        low.add(line, plane[line : line + lines])
        line += lines
    low.done()
    again = gaussian.LowPass.restored(301, 419, sigma, wrap, low.mean.tolist())
    for line, lines in ((0, 301), (0, 1), (1, 99), (150, 151), (300, 1)):
        assert_array_equal(low.strip(line, lines), whole[line : line + lines])
        assert_array_equal(again.strip(line, lines), whole[line : line + lines])
    assert sigma < 8 or low.mean.size < 2.5 * plane.size / gaussian.block(sigma) ** 2


def test_strips_are_to_come_in_order_and_all_of_them():
    low = gaussian.LowPass(8, 8, 2.0)
    with pytest.raises(ValueError, match="lines 1 to 3 after 0"):
        low.add(1, np.zeros((2, 8), np.float32))
    low.add(0, np.zeros((7, 8), np.float32))
    with pytest.raises(ValueError, match="7 of 8 lines"):
        low.done()
