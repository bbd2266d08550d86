import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import noise, render, scene, simkernels


@pytest.fixture(scope="module")
def albedo():
    return scene.albedo()


def at(albedo, name, latitude, longitude):
    texture = scene.padded(albedo[scene.BANDS.index(name)])
    place = np.array([[latitude]], np.float32), np.array([[longitude]], np.float32)
    return scene.sample(texture, *place)[0, 0]


def test_the_planet_is_whole_bounded_and_read_only(albedo):
    assert albedo.shape == (4, 180 * scene.PPD, 360 * scene.PPD) and albedo.dtype == np.float32
    assert albedo.min() > 0.01 and albedo.max() < 0.96
    with pytest.raises(ValueError, match="read-only"):
        albedo[0, 0, 0] = 1.0


def test_the_red_spot_is_where_it_should_be_and_red(albedo):
    blue, green, red = (at(albedo, name, -23.0, 291.0) for name in ("BLUE", "GREEN", "RED"))
    assert blue < 0.5 * red and green < 0.8 * red
    assert at(albedo, "BLUE", -23.0, 250.0) > 0.6  # the zone it lies in is white
    assert at(albedo, "METHANE", -23.0, 291.0) > 1.5 * at(albedo, "METHANE", -16.0, 250.0)


def test_zones_are_brighter_than_belts_and_bluer(albedo):
    rows = {name: int((90 - lat) * scene.PPD) for name, lat in (("EZ", 3), ("NEB", 13))}
    zone, belt = (np.median(albedo[:3, rows[k]], axis=1) for k in ("EZ", "NEB"))
    assert (zone > belt).all() and zone[0] / zone[2] > 1.4 * belt[0] / belt[2]


def test_a_cell_centre_gives_its_cell_and_there_is_no_seam_at_zero_longitude(albedo):
    step = 1 / scene.PPD
    assert_allclose(at(albedo, "RED", 90 - 700.5 * step, 1000.5 * step), albedo[2, 700, 1000])
    row = at(albedo, "RED", 10.0, 359.999), at(albedo, "RED", 10.0, 0.001)
    assert_allclose(*row, atol=1e-3)
    jump = np.abs(albedo[:, :, 0] - albedo[:, :, -1]).mean()
    assert_allclose(jump, np.abs(np.diff(albedo[:, :, :500])).mean(), rtol=0.5)


def test_nothing_is_finer_than_two_cells(albedo):
    """Power beyond half the grid's Nyquist frequency would alias in a map of 10 cells a degree."""
    patch = albedo[2, 1200:1456, 2000:2256]
    power = np.abs(
        np.fft.rfft2((patch - patch.mean()) * np.hanning(256) * np.hanning(256)[:, None])
    )
    high = power[100:157, :] ** 2
    assert (high.sum() + (power[:, 100:] ** 2).sum()) / (power**2).sum() < 1e-3


def test_noise_repeats_has_unit_variance_and_its_seed():
    made = [noise.periodic(np.random.default_rng(s), (160, 320), (0.5, 2.0)) for s in (1, 1, 2)]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])
    assert_allclose(made[0].std(), 1.0, rtol=1e-5)
    across = np.abs(made[0][:, 0] - made[0][:, -1]).mean()
    assert_allclose(across, np.abs(np.diff(made[0], axis=1)).mean(), rtol=0.3)


@pytest.mark.parametrize("k", [0.5, 1.0, 1.3])
def test_minnaert_keeps_to_its_limits(k):
    assert_allclose(
        render.minnaert(np.array([1.0, 0.0, -0.2]), np.array([1.0, 0.5, 0.5]), k), [1, 0, 0]
    )
    half = render.minnaert(np.array([0.5]), np.array([0.5]), k)
    assert_allclose(half, 0.5 ** (2 * k - 1))


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    """A frame with the limb in it, 60,000 km up."""
    from perijove.kit import kernels

    passage = simkernels.write(tmp_path_factory.mktemp("passage"))
    et = passage.pass_over(passage.outbound(60000.0)) + np.array([2.4])
    with kernels.loaded(passage.kernels):
        camera = kernels.camera([-61502], ["GREEN"], (128, 1648), (23, 1631))
        return kernels.states(et, "Jupiter", camera)


def test_a_framelet_is_what_many_exact_rays_give(view):
    """Tiles, pixels and limb pixels against 12 x 12 rays in each pixel of two blocks."""
    texture = np.ones((180 * scene.PPD + 2, 360 * scene.PPD + 4), np.float32)
    strip = render.radiance(view, 0, 0, texture, 1.0)
    assert strip.shape == (128, 1608)
    y, x = np.nonzero((strip > 0) != (cv2.erode(strip, np.ones((3, 3))) > 0))
    bright = strip[y, x].argmax()
    part = (np.arange(12) + 0.5) / 12
    for line, sample in ((y[bright], x[bright]), (y[bright], x[bright] + 200)):
        line, sample = (int(np.clip(v, 4, n - 5)) for v, n in ((line, 128), (sample, 1608)))
        block = np.s_[line - 3 : line + 4, sample - 3 : sample + 4]
        yy = np.arange(line - 3, line + 4)[:, None, None, None] + part[:, None]
        xx = 23 + np.arange(sample - 3, sample + 4)[:, None, None] + part
        rays = view.look(0, *np.broadcast_arrays(xx, yy), 0)
        mu0 = np.nan_to_num(view.angles(0, view.hit(0, rays))[0])
        exact = np.maximum(mu0, 0).mean((2, 3))
        assert np.ptp(exact) > 0.001
        assert_allclose(strip[block], exact, atol=0.015)
        assert_allclose(strip[block].mean(), exact.mean(), atol=1e-3)


def test_blur_keeps_the_light_and_smears_down_the_lines(view):
    texture = scene.padded(scene.albedo()[1])
    sharp, blurred = (render.radiance(view, 0, 0, texture, 1.0, 0.7, s) for s in (0.0, 4.0))
    assert_allclose(blurred.sum(), sharp.sum(), rtol=2e-3)
    steep = [np.abs(np.diff(a, axis=0)).max() for a in (sharp, blurred)]
    assert steep[1] < 0.7 * steep[0]
