"""spiceinit against the kernels it read, and against ALE's numbers for a real JunoCam frame."""

import json

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from perijove.kit import attitude, cube, ellipsoid, geometry, kernels, simkernels
from perijove.kit.label import Quantity
from perijove.spiceinit import epochs, main, methane_line, offset_of

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

    def write(names=NAMES, lines=128, rationale="Jupiter imaging", name="a.cub", **changes):
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
            **changes,
        }
        made = cube.new(
            core.astype(np.float32),
            Instrument=instrument,
            Archive={"Rationale": rationale},
            BandBin={"FilterName": list(names)},
        )
        cube.write(str(tmp_path / name), made, type="SignedWord")
        return tmp_path / name

    return write


@pytest.fixture
def run(tmp_path, passage):
    """A function: spiceinit on a file with all kernels of the passage -> the cube it made."""

    def spiceinit(path, *words):
        given = any(word.startswith("KERNELS") for word in words)
        more = [] if given else [f"KERNELS={passage.folder}"]
        main(f"FROM={path}", f"TO={tmp_path / 'out.cub'}", *more, *words)
        return cube.read(str(tmp_path / "out.cub"))

    return spiceinit


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


def test_the_methane_line_of_a_rationale():
    assert methane_line("Hot spots. INS-61504_DISTORTION_Y = 285.48") == 285.48
    assert methane_line("Jupiter imaging") is None


def test_the_time_an_altitude_wants():
    # 2500 km at 10 km/s that slow down by 0.01 km/s2: 2540 km is reached after 4.008 s
    assert_allclose(
        offset_of(lambda t: 2500 + 10 * t - 0.005 * t**2, 2540.0), 4.00802, rtol=0, atol=1e-4
    )
    assert offset_of(lambda t: 2500 + 1e-3 * t, 2540.0) is None


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
        later = kernels.altitude("JUPITER", sp.str2et(start) + 7.0)
    path = strip(SpacecraftAltitude=Quantity(float(later), "km"))
    run(path)
    assert "TIMEOFFSET = 7.00 would fit" in capsys.readouterr().err
    run(path, "TIMEOFFSET=7")
    assert "TIMEOFFSET" not in capsys.readouterr().err


def test_a_shifted_methane_window(strip, run):
    path = strip(["METHANE"], rationale="INS-61504_DISTORTION_Y = 420.5 (window)")
    assert geometry.from_cube(run(path)).camera.cy.tolist() == [420.5]
    assert geometry.from_cube(run(strip(["METHANE"]))).camera.cy.tolist() == [315.48]


def test_a_summed_strip_has_a_summed_camera(strip, run):
    camera = geometry.from_cube(run(strip(lines=64))).camera
    assert (camera.lines, camera.samples, camera.cx) == (64, 824, 407.105)


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
    voyager = strip(name="v.cub", SpacecraftName="VOYAGER_1", InstrumentId="NA")
    assert "VOYAGER_1 NA: only JunoCam" in fails(capsys, f"FROM={voyager}", out, all_of_them)
    cut = strip(name="cut.cub", NumberFramelets=FRAMES + 1)
    message = fails(capsys, f"FROM={cut}", out, all_of_them)
    assert "640 lines of 1648 samples, expected 768 of 1648: a whole strip" in message
    pan = strip(["BLUE", "PAN"], name="pan.cub")
    assert "band PAN is no filter of JunoCam" in fails(capsys, f"FROM={pan}", out, all_of_them)
    moon = strip(name="moon.cub", TargetName="Vulcan")
    assert "SPICE knows no body VULCAN" in fails(capsys, f"FROM={moon}", out, all_of_them)
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
