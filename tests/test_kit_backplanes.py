"""Backplanes against CSPICE's ilumin, by hand, and as bands of a cube."""

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose, assert_array_equal

from passage import JUNOCAM, RADII, made, passage
from perijove.kit import backplanes, cube, geometry, kernels, picture, projection, simkernels
from perijove.kit.label import Quantity

ANGLES = ["PHASE", "INCIDENCE", "EMISSION"]


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("kernels"))


def test_angles_and_range_are_those_of_ilumin(sky):
    names = ["BLUE", "GREEN", "RED"]
    with kernels.loaded(sky.kernels):
        camera = kernels.camera([-61501, -61502, -61503], names, (128, 1648), (23, 1631))
        et = sky.pass_over(sky.outbound(30000.0)) + np.arange(-1, 2) * 0.372
        g = kernels.states(et, "Jupiter", camera)
        rng = np.random.default_rng(7)
        p = g.hit(1, g.look(1, rng.uniform(23, 1631, 40), rng.uniform(0, 128, 40), 1))
        p = p[np.isfinite(p[:, 0])]
        found = backplanes.planes([*ANGLES, "RANGE"], g, 1, p)
        assert len(p) > 10
        for i, point in enumerate(p):
            _, sight, *angles = sp.ilumin(
                "ELLIPSOID", "JUPITER", g.et[1], "IAU_JUPITER", "CN+S", "JUNO", point
            )
            # aberration of the Sun and of the line of sight, as in test_kit_geometry
            assert_allclose(found[:3, i], np.degrees(angles), rtol=0, atol=0.016)
            assert_allclose(found[3, i], np.linalg.norm(sight), rtol=1e-6)


def test_coordinates_and_resolution_by_hand():
    g = passage(20000.0, frames=1)
    p = np.array([RADII[0], 0, 0]) + np.zeros((1, 3))
    lat, lon, far, size = backplanes.planes(
        ["LATITUDE", "LONGITUDE", "RANGE", "RESOLUTION"], g, 0, p
    )
    assert (lat, lon) == (0, 0)
    assert_allclose(far, np.linalg.norm(g.o[0] - p), rtol=3e-5)  # light time: 2 km
    assert_allclose(size * JUNOCAM.focal, far)
    assert_allclose(backplanes.plane("RANGE", g, 0, p), far)


def test_a_grid_is_computed_piece_by_piece_and_empty_off_the_surface(monkeypatch):
    g = passage(20000.0, frames=1)
    grid = projection.grid("Orthographic", "Jupiter", RADII, 4000.0, (-90, 90, 0, 360), 20.0, 266.0)
    whole = backplanes.of_grid(ANGLES, g, grid.points, grid.shape)
    monkeypatch.setattr(backplanes, "CELLS", 100)
    assert_array_equal(whole, backplanes.of_grid(ANGLES, g, grid.points, grid.shape))
    line, sample = np.array([18, 3]), np.array([20, 30])
    p, _ = grid.points(line, sample)
    assert_allclose(whole[:, line, sample], backplanes.planes(ANGLES, g, 0, p), rtol=1e-6)
    assert np.isnan(whole[:, 0, 0]).all()
    assert 0 < np.nanmin(whole[2]) < 12  # half a cell from the sub-spacecraft point


def test_bands_come_and_are_told_apart(tmp_path):
    g = passage(20000.0, frames=2)
    strip = made(g, np.zeros((3, 256, 1648), np.float32))
    strip.isis.group("BandBin").set("Center", Quantity([480.0, 553.0, 699.0], "nm"))
    planes = {"INCIDENCE": np.full((256, 1648), 30.0), "RANGE": np.full((256, 1648), 5.0)}
    cube.write(f"{tmp_path}/a.cub", backplanes.add(strip, planes))
    read = cube.read(f"{tmp_path}/a.cub")
    assert read.band_names() == ["BLUE", "GREEN", "RED", "INCIDENCE", "RANGE"]
    assert read.group("BandBin")["Center"] == Quantity([480.0, 553.0, 699.0, None, None], "nm")
    images, found = backplanes.split(read)
    assert images == [0, 1, 2] and list(found) == ["INCIDENCE", "RANGE"]
    assert (found["RANGE"] == 5).all()
    assert geometry.from_cube(read).camera == g.camera


def test_names_of_isis_are_known():
    names = ["Phase Angle", "Incidence_Angle", "North Azimuth", "Pixel Resolution", "ORANGE"]
    image = cube.new(np.zeros((5, 1, 1)), BandBin={"Name": names})
    images, found = backplanes.split(image)
    assert images == [4] == picture.images(names)
    assert list(found) == ["PHASE", "INCIDENCE", "NORTH AZIMUTH", "PIXEL RESOLUTION"]


def test_a_cube_without_names_gets_some():
    image = backplanes.add(cube.new(np.zeros((1, 2, 2))), {"PHASE": np.ones((2, 2))})
    assert image.band_names() == ["1", "PHASE"] and image.core.shape == (2, 2, 2)
