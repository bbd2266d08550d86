"""Backplanes against CSPICE's ilumin, by hand, and as bands of a cube."""

import dataclasses

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose, assert_array_equal

from passage import JUNOCAM, RADII, made, passage
from perijove.kit import (
    backplanes,
    cube,
    ellipsoid,
    geometry,
    kernels,
    picture,
    projection,
    simkernels,
)
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


@pytest.mark.parametrize(
    ("name", "scale", "clat"),
    [
        ("Orthographic", 4000.0, 20.0),
        ("Orthographic", 150.0, 20.0),
        ("PolarStereographic", 400.0, 90.0),
    ],
)
def test_a_grid_has_what_every_cell_has_and_nothing_off_the_surface(name, scale, clat):
    g = passage(20000.0, frames=1)
    south = 20 if name == "PolarStereographic" else -90
    grid = projection.grid(name, "Jupiter", RADII, scale, (south, 90, 0, 360), clat, 266.0)
    names = list(backplanes.UNITS)
    found = backplanes.of_grid(names, g, grid.points, grid.shape, 1)
    assert found.dtype == np.float32
    assert_array_equal(found, backplanes.of_grid(names, g, grid.points, grid.shape, 3))
    line, sample = np.indices(grid.shape)
    expected = backplanes.planes(names, g, 0, grid.points(line, sample)[0])
    off = found - expected
    off[names.index("LONGITUDE")] = np.mod(off[names.index("LONGITUDE")] + 180, 360) - 180
    assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.isnan(found).any() == (name == "Orthographic")
    for name, plane in zip(names, off, strict=True):
        most = {"RANGE": 0.03, "RESOLUTION": 2e-5}.get(name, 2e-5)  # rounded to float32
        assert np.nanmax(np.abs(plane)) < most
    if name == "Orthographic":
        assert np.nanmin(found[names.index("EMISSION")]) < np.degrees(scale / 20000)


def test_small_angles_are_not_rounded_away():
    """The Sun behind the observer but for 1e-8 rad, which the arc of a cosine takes for 0."""
    g = passage(20000.0, frames=1, latitude=0.0)
    g = dataclasses.replace(g, sun=1e4 * (g.sc + [0.0, 0.0, 1e-3]), w=0.0, vt=0 * g.vt)
    p, _ = ellipsoid.below(g.o[0], RADII)
    phase = np.degrees(np.arctan2(1e4 * 1e-3, 1e4 * (RADII[0] + 20000) - RADII[0]))
    assert_allclose(backplanes.plane("PHASE", g, 0, p), phase, rtol=1e-5)


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
