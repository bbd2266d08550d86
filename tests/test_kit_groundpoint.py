"""What is said of a surface point: against CSPICE, and by hand above a sphere at rest."""

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from passage import made
from perijove.kit import geometry, kernels, places, projection, simkernels
from perijove.kit.camera import Camera
from perijove.kit.groundpoint import AU, facts

R = 71492.0


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def still():
    """Places of a sphere at rest, seen from 10 radii on +x; samples grow to +y, lines to -z; the
    Sun stands far away on +y."""
    camera = Camera(1000.0, 150.0, [150.0], 0.0, 0.0, 300, 300, 0, 300, ["PAN"])
    axes = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])  # J2000 -> camera
    g = geometry.Geometry(
        et=np.zeros(1),
        lt=np.array([10 * R / geometry.C]),
        sc=np.array([[10 * R, 0.0, 0.0]]),
        vsc=np.zeros((1, 3)),
        vt=np.array([[-1e-9, 0.0, 0.0]]),
        q=np.array([[1.0, 0.0, 0.0, 0.0]]),
        av=np.zeros((1, 3)),
        qb=np.array([[1.0, 0.0, 0.0, 0.0]]),
        sun=np.array([[0.0, 10 * AU, 0.0]]),
        w=0.0,
        radii=np.array([R, R, R]),
        camera=camera,
    )
    g = g.with_attitude(axes[None], np.zeros(3))
    return places.of(made(g, np.zeros((1, 300, 300), np.float32)))


def said(where, p):
    p = np.asarray(p, float)[None]
    found = facts(where, 0, np.zeros(1, int), p)
    return {k: v[0] for k, (v, _) in found.items()}


def test_straight_below_by_hand(still):
    found = said(still, [R, 0, 0])
    expected = dict(
        PlanetographicLatitude=0,
        PositiveEast360Longitude=0,
        LocalRadius=1000 * R,
        SampleResolution=9 * R,
        SlantDistance=9 * R,
        TargetCenterDistance=10 * R,
        SpacecraftAltitude=9 * R,
        SubSpacecraftLatitude=0,
        SubSpacecraftLongitude=0,
        OffNadirAngle=0,
        SolarDistance=10,
        SubSolarLongitude=270,  # 90 east
        SubSolarAzimuth=0,  # to the right
        SubSolarGroundAzimuth=90,  # east
        NorthAzimuth=270,  # up
        LocalSolarTime=6,
        Emission=0,
    )
    for key, value in expected.items():
        assert_allclose(found[key], value, rtol=1e-9, atol=1e-5, err_msg=key)
    for key in ("Incidence", "Phase"):  # the Sun stands a little below the horizon
        assert_allclose(found[key], 90 + np.degrees(R / (10 * AU)), atol=1e-6)
    assert np.isnan([found["SpacecraftAzimuth"], found["SubSpacecraftGroundAzimuth"]]).all()


def test_a_point_in_the_north_east_by_hand(still):
    p = R * np.array([np.sqrt(0.98), 0.1, 0.1])
    found = said(still, p)
    away = 10 - np.sqrt(0.98)
    assert_allclose(found["OffNadirAngle"], np.degrees(np.arctan2(np.hypot(0.1, 0.1), away)))
    # The line to the point below the spacecraft leads down and to the left, in the image ...
    assert_allclose(found["SpacecraftAzimuth"], 135, atol=0.1)
    # ... and on the ground to the south-west: cos b = cos lat cos lon, sin A = sin lon / sin b
    east, north = np.arctan2(0.1, np.sqrt(0.98)), np.arcsin(0.1)
    distance = np.arccos(np.cos(north) * np.cos(east))
    turn = np.degrees(np.arcsin(np.sin(east) / np.sin(distance)))
    assert_allclose(found["SubSpacecraftGroundAzimuth"], 180 + turn, atol=1e-6)
    assert_allclose(found["PositiveWest360Longitude"], 360 - np.degrees(east))
    assert_allclose(found["PositiveWest180Longitude"], -np.degrees(east))
    assert_allclose(found["PositiveEast180Longitude"], np.degrees(east))
    assert_allclose(found["LocalSolarTime"], 6 + np.degrees(east) / 15)
    # emission: the angle at the centre and that at the spacecraft together
    assert_allclose(found["Emission"], np.degrees(distance) + found["OffNadirAngle"], atol=1e-6)


def test_places_and_times_are_those_of_cspice(sky):
    with kernels.loaded(sky.kernels):
        camera = kernels.camera([-61502], ["GREEN"], (128, 1648), (23, 1631))
        et = sky.pass_over(sky.outbound(30000.0)) + np.arange(2) * 0.372
        g = kernels.states(et, "Jupiter", camera)
        where = places.of(made(g, np.zeros((1, 256, 1648), np.float32)))
        found = places.at_pixels(where, [0], np.array([60.0, 200.0]), np.array([700.0, 900.0]))
        all_said = facts(where, 0, found.frame, found.p)
        assert len(found) == 2
        for i, f in enumerate(found.frame):
            is_ = {k: v[i] for k, (v, _) in all_said.items()}
            words = g.et[f], "IAU_JUPITER", "LT", "JUNO"
            point, _, sight = sp.subpnt("NEAR POINT/ELLIPSOID", "JUPITER", *words)
            lon, lat, _ = sp.recpgr("JUPITER", point, R, (R - 66854.0) / R)
            assert_allclose(is_["SubSpacecraftLatitude"], np.degrees(lat), atol=0.01)
            assert_allclose(is_["SubSpacecraftLongitude"], np.degrees(lon), atol=0.01)
            assert_allclose(is_["SpacecraftAltitude"], np.linalg.norm(sight), atol=5)
            point, _, _ = sp.subslr("NEAR POINT/ELLIPSOID", "JUPITER", *words)
            lon, lat, _ = sp.recpgr("JUPITER", point, R, (R - 66854.0) / R)
            assert_allclose(is_["SubSolarLatitude"], np.degrees(lat), atol=0.01)
            assert_allclose(is_["SubSolarLongitude"], np.degrees(lon), atol=0.01)
            lon, lat, _ = sp.recpgr("JUPITER", found.p[i], R, (R - 66854.0) / R)
            assert_allclose(is_["PlanetographicLatitude"], np.degrees(lat), atol=1e-9)
            assert_allclose(is_["PositiveWest360Longitude"], np.degrees(lon) % 360, atol=1e-9)
            _, east, centric = sp.reclat(found.p[i])
            assert_allclose(is_["PlanetocentricLatitude"], np.degrees(centric), atol=1e-9)
            hour = sp.et2lst(g.et[f] - g.lt[f], 599, east, "PLANETOCENTRIC")
            hour = hour[0] + hour[1] / 60 + hour[2] / 3600
            assert_allclose(is_["LocalSolarTime"], hour, atol=1.1 / 3600)
            season = np.degrees(sp.lspcn("JUPITER", g.et[f], "NONE"))
            assert_allclose(is_["SolarLongitude"], season, atol=0.02)
            assert is_["UTC"][:23] == sp.et2utc(g.et[f], "ISOC", 3)


def test_cells_of_a_map_by_hand():
    grid = projection.grid(
        "SimpleCylindrical", "Jupiter", (R, R, R), R * np.radians(0.5), (-90, 90, 0, 360)
    )
    where = places.Places(None, grid, *grid.shape)
    p = R * np.array([0.5, 0, np.sqrt(0.75)])
    found = said(where, p)
    assert "SlantDistance" not in found
    assert_allclose(found["LineResolution"], 1000 * R * np.radians(0.5), rtol=1e-5)
    assert_allclose(found["SampleResolution"], 500 * R * np.radians(0.5), rtol=1e-5)
