import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import ellipsoid
from perijove.kit.camera import Camera

RADII = np.array([71492.0, 71492.0, 66854.0])
JUNOCAM = Camera(
    focal=10.95637 / 0.0074,
    cx=814.21,
    cy=[158.48, 3.48, -151.52],
    k1=-5.9624209455667325e-08,
    k2=2.7381910042256151e-14,
    lines=128,
    samples=1648,
    first=23,
    last=1631,
    names=["BLUE", "GREEN", "RED"],
)

# Field of view of the blue filter in juno_junocam_v03.ti, INS-61501: computed there for the
# corners of the pixels (23.5, 0.5) ... and, the boresight, (827, 64), to 8 decimals.
CORNERS = {
    (23.5, 0.5): (-0.47934991, -0.09577177, 0.87238262),
    (23.5, 127.5): (-0.48125208, -0.01885545, 0.87637943),
    (1630.5, 127.5): (0.49346247, -0.01872799, 0.86956544),
    (1630.5, 0.5): (0.49151356, -0.09512467, 0.86565912),
    (827.0, 64.0): (0.00862523, -0.06371477, 0.99793088),
}


@pytest.mark.parametrize("pixel", CORNERS)
def test_rays_are_those_of_the_instrument_kernel(pixel):
    assert_allclose(JUNOCAM.rays(*pixel, band=0), CORNERS[pixel], rtol=0, atol=6e-9)


def test_the_optical_axis_is_the_boresight():
    assert JUNOCAM.rays(814.21, 3.48, band=1).tolist() == [0.0, 0.0, 1.0]
    assert JUNOCAM.image(0.0, 0.0, 2.0) == (0.0, 0.0)


def test_distortion_by_hand():
    # 1000 px from the axis: 1000 (1 - 0.059624209 + 0.027381910)
    x, y = JUNOCAM.distort(600.0, 800.0)
    assert_allclose([x, y], [600 * 0.967757701, 800 * 0.967757701], rtol=1e-9)


def test_undistort_inverts_distort_over_the_whole_detector():
    x, y = np.meshgrid(np.linspace(-815, 835, 60), np.linspace(-320, 300, 40))
    back = JUNOCAM.distort(*JUNOCAM.undistort(x, y))
    assert_allclose(back, [x, y], rtol=0, atol=1e-9)


def test_without_distortion_offsets_stay():
    plain = Camera(1000, 5, [5], 0, 0, 10, 10, 0, 10, ["PAN"])
    assert plain.undistort(3.0, 4.0) == plain.distort(3.0, 4.0) == (3.0, 4.0)


def test_a_summed_camera_looks_the_same_way():
    half = JUNOCAM.summed(2)
    assert (half.lines, half.samples, half.first, half.last) == (64, 824, 12, 815)
    assert_allclose(half.rays(100.0, 10.0, 2), JUNOCAM.rays(200.0, 20.0, 2), rtol=0, atol=1e-14)


def test_selected_bands_keep_their_lines():
    red = JUNOCAM.select([2, 0])
    assert red.names == ("RED", "BLUE")
    assert red.cy.tolist() == [-151.52, 158.48]
    assert JUNOCAM.select([0, 1, 2]) == JUNOCAM != red


def test_surface_points_by_hand():
    # 90 W on the equator is -y; the pole is the polar radius.
    p, n = ellipsoid.surface([0.0, 90.0], [90.0, 0.0], RADII)
    assert_allclose(p, [[0, -71492, 0], [0, 0, 66854]], rtol=0, atol=1e-9)
    assert_allclose(n, [[0, -1, 0], [0, 0, 1]], rtol=0, atol=1e-15)


def test_planetographic_45_degrees_by_hand():
    # tan(pc) = (66854 / 71492)^2 = 0.8744599, and back
    assert_allclose(ellipsoid.planetocentric(45.0, RADII), 41.168394, rtol=0, atol=1e-6)
    assert_allclose(ellipsoid.planetographic(41.168394, RADII), 45.0, rtol=0, atol=1e-5)
    assert ellipsoid.planetocentric(90.0, RADII) == ellipsoid.planetographic(90.0, RADII) == 90.0


@pytest.mark.parametrize("radii", [RADII, np.array([1829.4, 1819.4, 1815.7])])
def test_latlon_inverts_surface(radii):
    lat, lon = np.meshgrid(np.linspace(-90, 90, 19), np.arange(0.0, 360.0, 15.0))
    p, n = ellipsoid.surface(lat, lon, radii)
    assert_allclose(np.sum((p / radii) ** 2, -1), 1, rtol=1e-14)
    assert_allclose(ellipsoid.normal(p, radii), n, rtol=0, atol=1e-14)
    back = ellipsoid.latlon(p, radii)
    inner = np.abs(lat) < 90  # a pole has no longitude
    assert_allclose(back[0], lat, rtol=0, atol=1e-10)
    assert_allclose(back[1][inner], lon[inner], rtol=0, atol=1e-10)


def test_the_point_below_is_spice_s():
    sp = pytest.importorskip("spiceypy")
    rng = np.random.default_rng(2)
    above = rng.normal(size=(200, 3))
    above *= rng.uniform(7.2e4, 5e5, (200, 1)) / np.linalg.norm(above, axis=1, keepdims=True)
    above[:3] = np.diag([1e5, 2e5, 3e5])
    foot, height = ellipsoid.below(above, RADII)
    expected = [sp.nearpt(p, *RADII) for p in above]
    assert_allclose(foot, [e[0] for e in expected], rtol=0, atol=1e-5)
    assert_allclose(height, [e[1] for e in expected], rtol=0, atol=1e-5)


def test_west_longitudes_stay_below_360():
    assert ellipsoid.west(np.array([0.0, 90.0, 1e-15, 360.0])).tolist() == [0.0, 270.0, 0.0, 0.0]


def test_latitudes_are_spice_s():
    sp = pytest.importorskip("spiceypy")
    p, _ = ellipsoid.surface(-33.0, 291.0, RADII)
    east, latitude, height = sp.recgeo(p, RADII[0], (RADII[0] - RADII[2]) / RADII[0])
    assert_allclose([np.degrees(latitude), np.degrees(east), height], [-33, 69, 0], atol=1e-9)
    assert_allclose(np.degrees(sp.reclat(p)[2]), ellipsoid.planetocentric(-33.0, RADII), atol=1e-12)
