"""spiceinit against the kernels it read, and against ALE's numbers for a real JunoCam frame."""

import json

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from perijove.kit import attitude, cube, ellipsoid, geometry, kernels, simkernels, track
from perijove.kit.label import Quantity
from perijove.spiceinit import epochs, main
from runs import initiated

NAMES = ["BLUE", "GREEN", "RED"]
FRAMES, DELAY = 5, 0.371


@pytest.fixture(scope="module")
def passage(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("kernels"))


@pytest.fixture(scope="module")
def start(passage):
    """UTC of a frame that sees Jupiter from 30000 km."""
    with kernels.loaded(passage.kernels):
        return sp.et2utc(passage.pass_over(passage.outbound(30000.0)), "ISOC", 6)


@pytest.fixture
def strip(tmp_path, start):
    """A function: the path of a SignedWord strip, its label changed by keywords."""

    def write(names=NAMES, lines=128, name="a.cub", **changes):
        rng = np.random.default_rng(1)
        core = rng.integers(0, 256, (len(names), FRAMES * lines, 1648 * lines // 128))
        instrument = {
            "SpacecraftName": "JUNO",
            "InstrumentId": "JNC",
            "TargetName": "Jupiter",
            "StartTime": start,
            "ExposureDuration": Quantity(9.6, "ms"),
            "InterFrameDelay": Quantity(DELAY, "s"),
            "SummingMode": 128 // lines,
            "NumberFramelets": FRAMES,
            "FrameletLines": lines,
        } | changes
        made = cube.new(
            core.astype(np.float32),
            Instrument={k: v for k, v in instrument.items() if v is not None},
            BandBin={"FilterName": list(names)},
        )
        cube.write(str(tmp_path / name), made, type="SignedWord")
        return tmp_path / name

    return write


@pytest.fixture
def run(tmp_path, passage):
    """A function: spiceinit on a file with all kernels of the passage -> the cube it made."""
    return initiated(passage.folder, tmp_path / "out.cub")


def fails(capsys, *words, code=2):
    with pytest.raises(SystemExit) as stop:
        main(*words)
    assert stop.value.code == code
    return capsys.readouterr().err


def test_epochs_by_hand():
    given = (100.0, 3, 0.371, 0.0096, 0.06188, 0.001)
    assert_allclose(epochs(*given, "NONE"), [100.06188, 100.43388, 100.80588], rtol=1e-15)
    assert_allclose(epochs(*given, "MID") - epochs(*given, "NONE"), 0.0048, rtol=1e-9)
    assert_allclose(epochs(*given, "END") - epochs(*given, "NONE"), 0.0096, rtol=1e-9)


def test_the_time_an_altitude_wants():
    # 2500 km at 10 km/s that slow down by 0.01 km/s2: 2540 km is reached after 4.008 s
    found = track.nearest(lambda t: np.array([-40 + 10 * t - 0.005 * t**2]))
    assert_allclose(found, 4.00802, rtol=0, atol=1e-4)
    assert track.nearest(lambda t: np.array([-40 + 1e-3 * t])) is None
    # 3 km/s up and 4 km/s along: 6 km of height alone are 18 of 25 parts of 1 s
    assert_allclose(track.nearest(lambda t: t * np.array([3.0, 4.0]) - [6.0, 0.0]), 0.72)


def test_the_cube_carries_what_the_kernels_say(strip, run, passage, start):
    path = strip()
    made = run(path)
    g = geometry.from_cube(made)
    assert (g.attitude, g.solved, g.target, g.frame) == ("CK", True, "Jupiter", "IAU_JUPITER")
    with kernels.loaded(passage.kernels):
        et = sp.str2et(start) + 0.06188 + np.arange(FRAMES) * (DELAY + 0.001)
        assert_allclose(g.et, et, rtol=0, atol=1e-6)
        turn = sp.pxform("J2000", "JUNO_JUNOCAM", g.et[3])
        assert_allclose(attitude.matrix(g.q[3]), turn, rtol=0, atol=1e-14)
        position = sp.spkpos("JUPITER", g.et[3], "J2000", "CN", "JUNO")[0]
        assert_allclose(g.sc[3], -position, rtol=0, atol=1e-6)
    assert np.array_equal(made.core, cube.read(str(path)).core)
    assert made.isis.object("Core").group("Pixels")["Type"] == "SignedWord"
    assert sum(name in made.history for name in ("sim.bsp", "sim.bc", "sim.ti")) == 3


@pytest.mark.parametrize("source", ["CK", "SPIN", "NONE"])
def test_the_sun_stands_in_the_label(strip, run, source):
    made = run(strip(), f"ATTITUDE={source}")
    instrument = made.group("Instrument")
    sun = instrument.numbers("SC_SUN_POSITION_VECTOR", 3, unit="km")
    assert_allclose(np.linalg.norm(sun), 7.65e8, rtol=1e-3)  # what simkernels put it at
    assert_allclose(instrument.number("SolarDistance", unit="km"), np.linalg.norm(sun), rtol=1e-15)


def test_a_spin_is_a_first_guess_with_all_that_jitter_needs(strip, run, passage):
    g = geometry.from_cube(run(strip(), "ATTITUDE=SPIN"))
    assert (g.attitude, g.solved) == ("SPIN", False)
    assert_allclose(np.linalg.norm([g.earth, g.sunward], axis=1), 1, rtol=1e-15)
    assert_allclose(g.sunward @ g.sun[2] / np.linalg.norm(g.sun[2]), 1, rtol=0, atol=1e-6)
    with kernels.loaded(passage.kernels):
        mount = sp.pxform("JUNO_JUNOCAM", "JUNO_SPACECRAFT", 0.0)
    assert_allclose(g.mount, mount, rtol=0, atol=1e-15)


def test_positions_alone_need_neither_frames_nor_attitude(strip, run, passage):
    few = [path for path in passage.kernels if not path.endswith((".tf", ".tsc", ".bc"))]
    g = geometry.from_cube(run(strip(), f"KERNELS=({','.join(few)})", "ATTITUDE=NONE"))
    assert g.attitude == "NONE" and not g.solved and g.mount is None
    assert_allclose(np.linalg.norm(g.sc, axis=1), 30000 + 70000, rtol=0.03)


def test_timeoffset_moves_the_spacecraft_alone(strip, run, passage):
    path = strip()
    still = geometry.from_cube(run(path))
    moved = geometry.from_cube(run(path, "TIMEOFFSET=1500ms"))
    assert moved.et.tolist() == still.et.tolist() and moved.q.tolist() == still.q.tolist()
    with kernels.loaded(passage.kernels):
        then = sp.spkpos("JUPITER", still.et[0] + 1.5, "J2000", "CN", "JUNO")[0]
    assert_allclose(moved.sc[0], -then, rtol=0, atol=1e-6)


def test_a_misfit_of_the_altitude_names_the_timeoffset(strip, run, passage, start, capsys):
    with kernels.loaded(passage.kernels):
        later, latitude, _ = kernels.place("JUPITER", sp.str2et(start) + 7.0)
    where = {"SubSpacecraftLatitude": float(latitude)}
    path = strip(SpacecraftAltitude=Quantity(float(later), "km"), **where)
    run(path)
    assert "TIMEOFFSET = 7.00 would fit" in capsys.readouterr().err
    run(path, "TIMEOFFSET=7")
    assert "TIMEOFFSET" not in capsys.readouterr().err
    fitted, typed = run(path, "TIMEOFFSET=label"), run(path, "TIMEOFFSET=7")
    assert "TIMEOFFSET = 7.00 s fits" in capsys.readouterr().err
    dt = fitted.group("Instrument").number("PositionTimeOffset", "s")
    assert_allclose(dt, 7, rtol=0, atol=1e-3)
    a, b = (geometry.from_cube(made).sc for made in (fitted, typed))
    assert_allclose(a, b, rtol=0, atol=0.05)  # km: 1 ms at 50 km/s


def test_a_label_that_no_timeoffset_fits_is_refused(strip, passage, tmp_path, capsys):
    for altitude, words in ((9e6, "which no offset within 60 s makes good"), (None, "has no Spac")):
        label = {} if altitude is None else {"SpacecraftAltitude": Quantity(altitude, "km")}
        source, to = f"FROM={strip(**label)}", f"TO={tmp_path}/out.cub"
        assert words in fails(capsys, source, to, f"KERNELS={passage.folder}", "TIMEOFFSET=LABEL")


def test_a_shifted_methane_window(strip, run, capsys):
    line = {"MethaneLine": Quantity(420.5, "pixels")}
    camera = geometry.from_cube(run(strip(["METHANE"], **line))).camera
    assert camera.cy.tolist() == [420.5]
    assert_allclose(camera.offsets, [420.5 - 315.48], rtol=1e-14)  # what it is off the kernel's
    assert "METHANE: the label puts the optical axis at line 420.5" in capsys.readouterr().err
    camera = geometry.from_cube(run(strip(["METHANE"]))).camera
    assert (camera.cy.tolist(), camera.offsets.tolist()) == ([315.48], [0.0])
    summed = geometry.from_cube(run(strip(["METHANE"], lines=64, **line))).camera
    assert summed.cy.tolist() == [210.25]
    assert_allclose(summed.offsets, [52.51], rtol=1e-14)
    both = geometry.from_cube(run(strip(["BLUE", "METHANE"], **line))).camera
    assert (both.cy.tolist(), both.offsets[0]) == ([158.48, 420.5], 0.0)


def test_a_summed_strip_has_a_summed_camera(strip, run):
    camera = geometry.from_cube(run(strip(lines=64))).camera
    assert (camera.lines, camera.samples, camera.cx) == (64, 824, 407.105)
    assert (camera.first, camera.last) == (12, 815)  # 24 to 1630 of 23 to 1631: whole pairs
    assert_allclose(camera.focal, 10.95637 / 0.0148, rtol=1e-15)  # the IK's with twice the pixel
    assert_allclose(camera.cy, [79.24, 1.74, -75.76], rtol=1e-15)


def test_a_summed_pixel_looks_where_its_four_do(strip, run):
    summed = geometry.from_cube(run(strip(lines=64))).camera
    full = geometry.from_cube(run(strip())).camera
    x, y = np.array([12.0, 400.5, 814.9]), np.array([0.0, 31.5, 63.0])
    assert_allclose(summed.rays(x, y, 2), full.rays(2 * x, 2 * y, 2), rtol=0, atol=1e-15)


MOON = {  # of a moon near the spacecraft's path, in words of NAIF's pck00010
    "BODY502_RADII": "( 1562.6 1560.3 1559.5 )",
    "BODY502_POLE_RA": "( 268.08 -0.009 0.0 )",
    "BODY502_POLE_DEC": "( 64.51 0.003 0.0 )",
    "BODY502_PM": "( 36.022 101.3747235 0.0 )",
}


@pytest.fixture(scope="module")
def europa(passage, start, tmp_path_factory):
    """A folder of kernels that puts Europa 6000 km before the camera at the start."""
    folder = tmp_path_factory.mktemp("europa")
    text = "\n".join(f"{key} = {value}" for key, value in MOON.items())
    (folder / "moon.tpc").write_text(f"KPL/PCK\n\\begindata\n{text}\n\\begintext\n")
    with kernels.loaded(passage.kernels):
        et = sp.str2et(start) + 0.06188 + 0.744
        ahead = sp.pxform("JUNO_JUNOCAM", "J2000", et) @ [0.05, 0.02, 1.0]
        place = sp.spkpos("JUNO", et, "J2000", "NONE", "5")[0] + 6000 * ahead
        ends = et + np.array([-3000.0, 3000.0])
        velocity = np.array([8.0, -10.0, 4.0])
        states = [np.r_[place + velocity * (t - et), velocity] for t in ends]
        handle = sp.spkopn(str(folder / "moon.bsp"), "TEST", 0)
        sp.spkw09(handle, 502, 5, "J2000", *ends, "EUROPA", 1, 2, np.array(states), ends)
        sp.spkcls(handle)
    return folder


def test_a_moon_is_seen_as_sincpt_sees_it(strip, run, passage, europa):
    path = strip(TargetName="Europa", SpacecraftAltitude=Quantity(4500.0, "km"))
    made = run(path, f"KERNELS=({passage.folder},{europa})")
    g = geometry.from_cube(made)
    assert (g.target, g.frame, g.radii.tolist()) == (
        "Europa",
        "IAU_EUROPA",
        [1562.6, 1560.3, 1559.5],
    )
    assert_allclose(g.w, np.radians(101.3747235) / 86400, rtol=1e-6)
    x, y = np.meshgrid(np.linspace(300, 1400, 60), np.linspace(0.5, 127.5, 9))
    compared = missed = 0
    with kernels.loaded([*passage.kernels, *map(str, europa.iterdir())]):
        for f in range(FRAMES):
            for band in range(3):
                d = g.look(f, x, y, band)
                p, rays = g.hit(f, d), g.camera.rays(x, y, band)
                for i in np.ndindex(x.shape):
                    see = ("IAU_EUROPA", "CN+S", "JUNO", "JUNO_JUNOCAM", rays[i])
                    try:
                        point, _, sight = sp.sincpt("ELLIPSOID", "EUROPA", g.et[f], *see)
                    except sp.NotFoundError:
                        assert np.isnan(p[i]).all()
                        missed += 1
                        continue
                    error = p[i] - point
                    error = np.linalg.norm(error - d[i] * (error @ d[i])) / np.linalg.norm(sight)
                    assert error * g.camera.focal < 1e-4
                    compared += 1
    assert compared > 50 and missed > 50


def test_target_goes_before_the_label_s(strip, run, passage, europa, capsys):
    kernels_of_both = f"KERNELS=({passage.folder},{europa})"
    altitude = {"SpacecraftAltitude": Quantity(30000.0, "km")}
    made = run(strip(**altitude), kernels_of_both, "TARGET=europa")
    assert geometry.from_cube(made).target == "Europa"
    assert made.group("Instrument")["TargetName"] == "Europa"
    assert "altitude" not in capsys.readouterr().err  # the label's is that above Jupiter
    made = run(strip(TargetName=None), "TARGET=JUPITER")
    assert made.group("Instrument")["TargetName"] == "Jupiter"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("Ganymede", "missing: PCK, radii and rotation of the target for GANYMEDE"),
        ("Earth", "missing: PCK, radii and rotation of the target for EARTH"),
        ("Orion", "give TARGET"),
        ("Star Field", "SPICE knows no body STAR FIELD: give TARGET, a planet or moon"),
        ("Sun", "SUN is no planet or moon"),
        ("Juno", "JUNO is no planet or moon whose rotation SPICE knows"),
        (None, "TargetName is missing: give TARGET"),
    ],
)
def test_a_target_without_kernels_or_rotation_is_refused(
    strip, passage, tmp_path, capsys, target, words
):
    source = f"FROM={strip(TargetName=target)}"
    message = fails(capsys, source, f"TO={tmp_path}/out.cub", f"KERNELS={passage.folder}")
    assert words in message and message.count("\n") == 1


def test_a_moon_without_positions_names_its_kernel(strip, passage, europa, tmp_path, capsys):
    words = f"KERNELS=({passage.folder},{europa}/moon.tpc)", f"TO={tmp_path}/out.cub"
    message = fails(capsys, f"FROM={strip(TargetName='Europa')}", *words)
    assert "a kernel is missing: SPK, positions of Europa (as jup*.bsp)" in message
    assert "generic_kernels/spk/satellites/" in message


def test_a_second_run_replaces_the_first(strip, run, tmp_path):
    first = run(strip(), "ATTITUDE=SPIN")
    first.isis.group("LimbFit").set("Points", 100)
    cube.write(str(tmp_path / "b.cub"), first)
    again = run(tmp_path / "b.cub")
    assert geometry.from_cube(again).attitude == "CK" and "LimbFit" not in again.isis
    assert len([b for b in again.blobs if b.name == "Geometry"]) == 1


def test_what_is_no_kernel_is_passed_over(strip, run, passage, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("about the kernels")
    run(strip(), f"KERNELS=({passage.folder},{tmp_path / 'notes.txt'})")
    assert "no kernel, passed over: notes.txt" in capsys.readouterr().err


def test_refusals(strip, passage, tmp_path, capsys):
    path, out = strip(), f"TO={tmp_path / 'out.cub'}"
    source, all_of_them = f"FROM={path}", f"KERNELS={passage.folder}"
    assert "KERNELS must be given for ATTITUDE = SPIN" in fails(capsys, source, out, "ATTIT=SPIN")
    few = ",".join(k for k in passage.kernels if not k.endswith(".bc"))
    message = fails(capsys, source, out, f"KERNELS=({few})")
    assert "missing: CK" in message and "naif.jpl.nasa.gov/pub/naif/JUNO/kernels/ck/" in message
    assert "such" in fails(capsys, source, out, "KERNELS=nowhere", code=4)

    late = strip(name="late.cub", StartTime="2020-06-03T10:00:00")
    message = fails(capsys, f"FROM={late}", out, all_of_them)
    assert "SPK of JUNO covers 2020-06-02T" in message and "needed: 2020-06-03T10:00:00" in message
    other = strip(name="c.cub", SpacecraftName="CASSINI", InstrumentId="ISSNA")
    message = fails(capsys, f"FROM={other}", out, all_of_them)
    assert "SPACECRAFT_NAME = CASSINI: expected a frame of VOYAGER_1" in message
    assert "or a strip of JunoCam (JUNO JNC)" in message
    cut = strip(name="cut.cub", NumberFramelets=FRAMES + 1)
    message = fails(capsys, f"FROM={cut}", out, all_of_them)
    assert "640 lines of 1648 samples, expected 768 of 1648: a whole strip" in message
    pan = strip(["BLUE", "PAN"], name="pan.cub")
    assert "band PAN is no filter of JunoCam" in fails(capsys, f"FROM={pan}", out, all_of_them)
    moon = strip(name="moon.cub", TargetName="Vulcan")
    assert "SPICE knows no body VULCAN: give TARGET" in fails(
        capsys, f"FROM={moon}", out, all_of_them
    )
    assert not (tmp_path / "out.cub").exists()


def test_without_kernels_nothing_is_attached(strip, tmp_path, capsys):
    main(f"FROM={strip()}", f"TO={tmp_path / 'out.cub'}", "ATTITUDE=NONE")
    assert "nothing is attached" in capsys.readouterr().err
    assert cube.read(str(tmp_path / "out.cub")).blob("Table", "Geometry") is None


def test_a_pipe_and_a_file_give_the_same_bytes(strip, passage, shell, tmp_path):
    strip()
    shell(f"spiceinit KERNELS={passage.folder} < a.cub > piped.cub")
    shell(f"spiceinit FROM=a.cub KERNELS={passage.folder} TO=filed.cub")
    assert (tmp_path / "piped.cub").read_bytes() == (tmp_path / "filed.cub").read_bytes()


@pytest.fixture
def real(testdata):
    folders = [testdata / "spice" / name for name in ("juno", "pj1_window")]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the Juno kernels are not at hand")
    return folders


def test_a_real_frame_as_ale_has_it(real, strip, run):
    # JNCR_2016240_01M06152_V01: ALE's numbers are those of frame 8, 3 delays after our last
    path = strip(
        ["METHANE"],
        StartTime="2016-08-27T09:00:04.129",
        SpacecraftClockStartCount="525560580:87",
        ExposureDuration=Quantity(204.8, "ms"),
        InterFrameDelay=Quantity(0.378, "s"),
    )
    folders = ",".join(str(folder) for folder in real)
    g = geometry.from_cube(run(path, f"KERNELS=({folders})", "EPOCH=MID", "CLOCK=SCLK"))
    expected = json.loads((real[1] / "juno_isd.json").read_text())
    with kernels.loaded(kernels.files([str(folder) for folder in real])[0]):
        et = np.array([expected["center_ephemeris_time"]])
        assert_allclose(g.et[4] + 3 * 0.379, et[0], rtol=0, atol=2e-7)
        g = kernels.states(et, "Jupiter", g.camera)
    pointing = expected["instrument_pointing"]
    bus = attitude.matrix(np.array(pointing["quaternions"][0]))  # J2000 -> JUNO_SPACECRAFT
    mount = np.reshape(pointing["constant_rotation"], (3, 3))
    assert_allclose(attitude.matrix(g.q[0]), mount @ bus, rtol=0, atol=1e-9)
    assert_allclose(g.av, pointing["angular_velocities"], rtol=1e-9)
    # ALE's position is geometric; ours is against Jupiter one light time earlier
    position = expected["instrument_position"]["positions"][0]
    assert_allclose(g.sc[0] - g.vt[0] * g.lt[0], position, rtol=1e-9)
    rotation = attitude.matrix(np.array(expected["body_rotation"]["quaternions"][0]))
    back = attitude.turn([0, 0, -g.w * g.lt[0]]) @ g.body[0]
    assert_allclose(back, rotation, rtol=0, atol=1e-9)


def test_a_real_window_as_sincpt_has_it(real):
    rng = np.random.default_rng(3)
    x, y = rng.uniform(23, 1631, 150), rng.uniform(0, 128, 150)
    with kernels.loaded(kernels.files([str(folder) for folder in real])[0]):
        camera = kernels.camera([-61504], ["METHANE"], (128, 1648), (23, 1631))
        et = epochs(sp.str2et("2016-08-27T09:00:04.129"), 12, 0.378, 0.2, 0.06188, 0.001, "NONE")
        g = kernels.states(et, "Jupiter", camera)
        rays, compared = camera.rays(x, y, 0), 0
        for f in range(12):
            d = g.look(f, x, y, 0)
            p = g.hit(f, d)
            for i in np.flatnonzero(np.isfinite(p[:, 0])):
                see = ("IAU_JUPITER", "CN+S", "JUNO", "JUNO_JUNOCAM", rays[i])
                point, _, sight = sp.sincpt("ELLIPSOID", "JUPITER", et[f], *see)
                error = p[i] - point
                error = np.linalg.norm(error - d[i] * (error @ d[i])) / np.linalg.norm(sight)
                assert error * camera.focal < 1e-4
                compared += 1
    assert compared > 50


def test_a_real_label_s_own_position(testdata, shell, tmp_path):
    raw = testdata / "junocam/pj43/13539-ImageSet/JNCE_2022186_43C00080_V01-raw.png"
    folder = testdata / "spice" / "juno"
    if not raw.exists() or not folder.is_dir():
        pytest.skip("image 13539 or its kernels are not at hand")
    shell(f"junocam2cub FROM={raw} | spiceinit KERNELS={folder} ATTITUDE=SPIN TO=a.cub -quiet")
    made = cube.read(str(tmp_path / "a.cub"))
    g, instrument = geometry.from_cube(made), made.group("Instrument")
    foot, height = ellipsoid.below(g.o[0], g.radii)
    latitude, longitude = ellipsoid.latlon(foot, g.radii)
    assert_allclose(latitude, instrument.number("SubSpacecraftLatitude"), rtol=0, atol=0.1)
    assert_allclose(longitude, instrument.number("SubSpacecraftLongitude"), rtol=0, atol=0.1)
    assert_allclose(height, instrument.number("SpacecraftAltitude", unit="km"), rtol=0, atol=20)
    assert_allclose(instrument.number("SolarDistance", unit="km"), 7.4237e8, rtol=1e-4)
