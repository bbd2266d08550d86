"""kit/spikes: hot pixels and particle hits, and what they must leave alone."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import radiometry, spikes

FRAMES, LINES, SAMPLES = 8, 64, 300


def planet(rng, fine=0.0):
    """Frames (8, 64, 300) with a sharp limb, a terminator and clouds down to 1.4 px, and noise."""
    y, x = np.mgrid[: FRAMES * LINES, :SAMPLES].astype(np.float32)
    inside = np.hypot(x - 150, y - 256) < 140
    shade = np.clip((230 - x) / 150, 0, 1)
    clouds = cv2.GaussianBlur(rng.normal(size=x.shape).astype(np.float32), (0, 0), 1.4)
    dn = np.where(inside, 1000 * shade * (1 + fine * clouds / clouds.std()), 0).astype(np.float32)
    dn = cv2.GaussianBlur(dn, (0, 0), 0.7)  # the optics
    dn += rng.normal(size=dn.shape) * radiometry.noise(dn)
    return np.maximum(dn, 0).reshape(FRAMES, LINES, SAMPLES).astype(np.float32)


def test_noise_is_measured_by_level():
    rng = np.random.default_rng(1)
    level = np.repeat([5.0, 100.0, 1000.0], 40)
    frames = level + rng.normal(size=(4, 60, 120)) * np.repeat([3.0, 6.0, 20.0], 40)
    sigma = spikes.scatter(frames)
    for place, expected in ((20, 3), (60, 6), (100, 20)):
        assert_allclose(np.median(sigma[..., place]), expected, rtol=0.1)
    quiet = np.full((1, 60, 120), 1630.0)
    assert_allclose(spikes.scatter(quiet), 10.052, rtol=1e-4)  # never below that of the light


def test_limb_terminator_and_clouds_are_left_alone():
    for fine in (0.0, 0.05):
        frames = planet(np.random.default_rng(2), fine)
        sigma = spikes.scatter(frames).astype(np.float32)
        assert not spikes.hot(frames, sigma, 8).any()
        found = sum(spikes.hits(*of, 8.0).sum() for of in zip(frames, sigma, strict=True))
        assert found <= 1  # of 61,000 on the disc


def test_a_streak_of_a_hot_pixel_is_found_in_all_its_lines_and_nothing_beside_it():
    frames = planet(np.random.default_rng(3), 0.05)
    frames[:, 10:42, 20] += 12  # 32 stages
    frames[:, 50, 170] += 200  # one, where the planet is
    sigma = spikes.scatter(frames).astype(np.float32)
    hot = spikes.hot(frames, sigma, 8)
    assert np.argwhere(hot).tolist() == [*([y, 20] for y in range(10, 42)), [50, 170]]
    assert not spikes.hot(frames[:4], sigma[:4], 8).any()  # too few frames to tell


def test_a_faint_streak_is_found_by_its_length_and_ends_where_it_ends():
    frames = planet(np.random.default_rng(5))
    frames[:, 10:42, 20] += 3.0
    sigma = spikes.scatter(frames).astype(np.float32)
    found = spikes.hot(frames, sigma, 6, stages=32)
    assert not found[:9].any() and not found[43:].any()
    assert found[12:40, 20].all() and found.sum() == found[:, 20].sum()
    assert spikes.hot(frames, sigma, 6)[:, 20].sum() < 16  # line by line it drowns


def test_hits_are_found_single_and_as_tracks_on_sky_and_planet():
    frames = planet(np.random.default_rng(4), 0.05)
    true = np.zeros(frames.shape, bool)
    for f, y, x in ((0, 30, 40), (4, 30, 100), (4, 20, 150), (5, 63, 120), (7, 0, 290)):
        true[f, y, x] = True
    for n in range(6):
        true[6, 20, 200 + n] = true[1, 30 + n, 250 + n] = true[2, 30 + n, 280] = True
    dn = np.where(true, frames + 400, frames)
    sigma = spikes.scatter(dn).astype(np.float32)
    found = np.array([spikes.hits(*of, 8.0) for of in zip(dn, sigma, strict=True)])
    assert (found & true).sum() >= 0.8 * true.sum()
    assert (found & ~true).sum() <= 2


def test_saturated_samples_and_those_beside_them_are_no_hits():
    frame = np.zeros((40, 40), np.float32)
    frame[20:25, 20:25] = np.nan
    frame[19, 19:26] = 900
    assert not spikes.hits(frame, np.ones_like(frame), 8.0).any()


@pytest.mark.parametrize("gap", [1, 2, 5])
def test_gaps_of_a_ramp_are_filled_by_the_ramp(gap):
    frames = np.tile(np.arange(50, dtype=np.float32), (2, 4, 1))
    holes = frames.copy()
    holes[1, 2, 10 : 10 + gap] = np.nan
    assert_allclose(spikes.filled(holes), frames, atol=1e-5)
    assert not spikes.filled(np.full((2, 3), np.nan)).any()
