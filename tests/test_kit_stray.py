"""kit/stray: the planet in the visible filters, leaking into methane."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import stray
from perijove.kit.error import Error

FRAMES, LINES, SAMPLES = 12, 128, 640


def scene(seed=1, leak=0.08):
    """Frames of a planet on sky, and the stray light (f, samples): of what comes 2 and 3 later."""
    y, x = np.mgrid[: FRAMES * LINES, :SAMPLES]
    inside = np.hypot(x - 230, y - 900) < 330
    dn = np.where(inside, 25 * np.clip((300 - x + 0.3 * (y - 900)) / 250, 0, 1), 0).reshape(
        FRAMES, LINES, SAMPLES
    )
    sums = np.pad(dn.mean(axis=1), ((0, 3), (0, 0)))
    light = leak * (sums[2 : 2 + FRAMES] + sums[3 : 3 + FRAMES])
    noise = np.random.default_rng(seed).normal(0, 1.2, dn.shape)
    return (dn + light[:, None] + noise + 1).astype(np.float32), light, dn


def test_stray_light_is_measured_on_the_sky_and_told_on_the_planet():
    frames, light, dn = scene()
    found, misfit = stray.profile(frames)
    assert found.shape == light.shape and light.max() > 3
    sky = dn.max(axis=1) == 0
    assert_allclose(found[sky], light[sky], atol=0.25)
    assert np.sqrt(np.mean((found - light)[~sky] ** 2)) < 0.25
    assert 0.05 < misfit < 0.3


def test_an_image_without_stray_light_shows_none():
    frames, _, _ = scene(leak=0.0)
    found, misfit = stray.profile(frames)
    assert misfit == 0 and not stray.flagged(frames, found, 0.02).any()


def test_the_share_decides_what_is_flagged():
    frames, light, dn = scene()
    found, _ = stray.profile(frames)
    share = light[:, None] / (dn + light[:, None] + 1e-9)
    flagged = stray.flagged(frames, found, 0.2)
    assert flagged[(dn > 10) & (share > 0.25)].mean() > 0.9
    assert not flagged[(dn > 10) & (share < 0.15)].any()
    assert flagged[(light > 1)[:, None] & (dn == 0)].mean() > 0.99


def test_without_sky_it_is_an_error():
    with pytest.raises(Error, match="STRAY: the band shows too little sky"):
        stray.profile(np.full((6, 128, 480), 30, np.float32))
    with pytest.raises(Error, match="too little sky"):
        stray.profile(scene()[0][:2])
