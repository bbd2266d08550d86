"""kit/background: the additive level of an image."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import background
from perijove.kit.error import Error


def test_the_level_lies_within_its_step_by_what_is_below_and_above():
    # 2 below, 6 equal, 2 above: the middle of the step; 1, 6, 3: 4 of 6 into the step 4.5 to 6
    assert background.level(np.repeat([4.0, 5.0, 6.0], [2, 6, 2])) == 5.0
    assert_allclose(background.level(np.repeat([4.0, 5.0, 7.0], [1, 6, 3])), 4.5 + 1.5 * 4 / 6)


def test_a_clipped_level_is_the_clip_and_not_below():
    assert background.level(np.repeat([0.0, 1.0, 2.0], [6, 3, 1])) == 0.0


def test_the_level_of_rounded_noise_is_finer_than_its_steps():
    rng = np.random.default_rng(1)
    for true in (40.0, 40.3, 41.7):
        dn = 4 * np.rint(rng.normal(true, 6, 4000) / 4)  # steps of 4 DN
        assert_allclose(background.level(dn), true, atol=0.4)


def test_columns_follow_each_framelet_and_do_not_mind_hits_nor_the_planet():
    rng = np.random.default_rng(2)
    true = np.array([0.0, 12.0, 60.0, 61.0])
    frames = np.maximum(rng.normal(0, 2, (4, 128, 1648)) + true[:, None, None], 0)
    frames[..., 16:1632] += 500  # what is lit, and the columns beside it
    frames[:, ::9, 8] = 350
    assert_allclose(background.columns(frames)[1:], true[1:], atol=0.25)
    half = background.columns(frames[:, ::2, ::2], 2)
    assert_allclose(half[1:], true[1:], atol=0.4)
    frames[2, :, :20] = frames[2, :, 1632:] = np.nan
    with pytest.raises(Error, match="no valid sample in its dark columns"):
        background.columns(frames)


def scene(rng, sky):
    """A planet of 100 to 900 DN over a share of sky at 7 DN."""
    frames = np.empty((6, 128, 800))
    frames[:] = np.where(np.arange(800) < 800 * sky, 0, np.linspace(100, 900, 800))
    return frames + rng.normal(7, 2, frames.shape)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_sky_is_found_beside_a_planet(share):
    found = background.sky(scene(np.random.default_rng(3), share).astype(np.float32))
    assert_allclose(found, 7, atol=0.1)


def test_an_image_without_sky_is_an_error():
    with pytest.raises(Error, match=r"BACKGROUND = SKY: no sky is seen: \d\.\d % of the blocks"):
        background.sky(scene(np.random.default_rng(4), 0.0))
    with pytest.raises(Error, match="block is without special pixels"):
        background.sky(np.full((1, 128, 160), np.nan))
