import hashlib
import pathlib

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from perijove.kit import flyby, kernels, simkernels
from perijove.kit.error import Error

RADII = 71492.0, 66854.0


@pytest.fixture(scope="module")
def passage(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("passage"))


@pytest.fixture
def loaded(passage):
    with kernels.loaded(passage.kernels):
        yield passage


def bytes_of(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).digest() for p in pathlib.Path(folder).iterdir()}


def test_the_set_is_complete_and_loads_wherever_it_is_moved(passage, tmp_path, monkeypatch):
    kinds = [kernels.kind(path) for path in passage.kernels]
    assert kinds == ["LSK", "PCK", "SCLK", "FK", "IK", "SPK", "CK"]
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in passage.folder.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(moved)
    with kernels.loaded(["sim.tm"]):
        assert sp.ktotal("ALL") == 8
        assert sp.spkpos("EARTH", passage.perijove, "J2000", "CN", "JUNO")[1] > 2000


def test_the_same_passage_is_the_same_bytes(passage, tmp_path):
    simkernels.write(tmp_path)
    assert bytes_of(tmp_path) == bytes_of(passage.folder)


def test_the_kernels_of_the_caller_stay_loaded(loaded, tmp_path):
    before = sp.ktotal("ALL")
    simkernels.write(tmp_path / "again", spinrate=2.0)
    assert sp.ktotal("ALL") == before == 7


def test_leap_seconds_radii_and_clock(loaded):
    # TAI - UTC = 37 s in 2020, TT - TAI = 32.184 s; J2000 is 12:00 TT, and TDB to 2 ms.
    assert_allclose(sp.str2et("2000-01-01T11:58:55.816"), 0.0, atol=1e-3)
    assert_allclose(sp.deltet(loaded.perijove, "ET"), 69.184, atol=2e-3)
    assert_allclose(sp.bodvcd(599, "RADII", 3)[1], (RADII[0], *RADII))
    assert_allclose(sp.scs2e(-61, "100:128"), 100.5)


@pytest.mark.parametrize("minutes", [-200, -30, 0, 46, 230])
def test_position_and_attitude_are_the_closed_form(loaded, minutes):
    et = loaded.perijove + 60 * minutes + 1.7
    state, _ = sp.spkezr("JUNO", et, "J2000", "NONE", "JUPITER")
    assert_allclose(state, loaded.states(et)[0], rtol=1e-11)
    assert_allclose(sp.pxform("J2000", "JUNO_SPACECRAFT", et), loaded.rotation(et)[0], atol=1e-12)


def test_the_orbit_is_two_body_motion_from_north_to_south(loaded):
    r, v = np.hsplit(loaded.states(loaded.perijove + np.array([-9e3, 0.0, 9e3])), 2)
    distance = np.linalg.norm(r, axis=1)
    assert_allclose(distance[1], 75500.0)
    assert_allclose(distance[0], distance[2])
    assert_allclose((v**2).sum(1) / 2 - flyby.GM / distance, -flyby.GM * 0.019 / 75500 / 2)
    position = sp.spkpos("JUNO", loaded.perijove, "IAU_JUPITER", "NONE", "JUPITER")[0]
    west, north, altitude = sp.recpgr("JUPITER", position, RADII[0], 1 - RADII[1] / RADII[0])
    assert_allclose(np.degrees(west), flyby.LONGITUDE_PERIJOVE)
    assert_allclose(loaded.altitude(loaded.perijove), altitude)
    assert 34 < np.degrees(north) < 40 and loaded.basis[:, 2] @ v[1] < -40.0


def test_the_spin_is_even_about_an_axis_near_the_earth(loaded):
    et = loaded.pass_over(loaded.perijove + 2000.0)
    for t in (et, et + 7.0):
        rate = sp.xf2rav(sp.sxform("J2000", "JUNO_JUNOCAM", t))[1]
        assert_allclose(rate, 1.985 * 2 * np.pi / 60 * loaded.axis, rtol=1e-9)
    earth = sp.spkpos("EARTH", et, "J2000", "LT+S", "JUNO")[0]
    sun = sp.spkpos("SUN", et, "J2000", "LT+S", "JUNO")[0]
    assert_allclose(np.degrees(sp.vsep(loaded.axis, earth)), np.hypot(0.2, 0.1), atol=0.03)
    assert 3 < np.degrees(sp.vsep(earth, sun)) < 11  # never more at Jupiter
    to_earth = sp.spkpos("EARTH", et, "J2000", "NONE", "SUN")[0]
    assert_allclose(np.linalg.norm(to_earth), 149597870.7, rtol=1e-3)


@pytest.mark.parametrize("altitude", [8000, 30000, 60000, 200000])
def test_the_boresight_sweeps_over_the_planet(loaded, altitude):
    et = loaded.pass_over(loaded.outbound(altitude))
    assert abs(et - loaded.outbound(altitude)) < 15.2  # half a turn
    angle = []
    nadir = -loaded.states(et)[0, :3]
    for dt in (-0.1, 0.0, 0.1):
        boresight = sp.pxform("JUNO_JUNOCAM", "J2000", et + dt) @ [0.0, 0.0, 1.0]
        angle.append(sp.vsep(boresight, nadir))
    assert angle[1] < angle[0] and angle[1] < angle[2] and np.degrees(angle[1]) < 25
    method = "ELLIPSOID", "JUPITER", et, "IAU_JUPITER", "CN+S", "JUNO"
    point = sp.sincpt(*method, "JUNO_JUNOCAM", [0.0, 0.0, 1.0])[0]
    _, _, phase, incidence, _ = sp.ilumin(*method, point)
    assert 50 < np.degrees(phase) < 100 and np.degrees(incidence) < 95


def test_an_altitude_off_the_passage_is_refused(passage):
    with pytest.raises(Error, match="ALTITUDE = 100, expected 5550 to 346815 km"):
        passage.outbound(100.0)


def test_an_offset_axis_is_where_the_tangents_say():
    towards = sp.radrec(1.0, np.radians(40.0), np.radians(30.0))
    _, ra, dec = sp.recrad(flyby.offset_axis(towards, (0.5, -0.3)))
    assert_allclose((np.degrees(ra) - 40) * np.cos(np.radians(30)), 0.5, atol=3e-3)
    assert_allclose(np.degrees(dec) - 30, -0.3, atol=3e-3)
