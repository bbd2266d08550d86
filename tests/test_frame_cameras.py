"""Vidicon frames through spiceinit and the tools behind it: Voyager and Viking as framing cameras.

Against kernels written here, of which all is known; against CSPICE with the real kernels of
c3440346 (Saturn); against ALE's numbers for c1637937 (Voyager 1, Jupiter) and f004a47 (Viking 1,
Mars): DOI-USGS/ale, tests/pytests/data/isds/c1637937_isd.json and f004a47_isd.json.
"""

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

import vidiconkernels
from perijove.kit import (
    attitude,
    cube,
    ellipsoid,
    framecamera,
    geometry,
    kernels,
    midtime,
    platforms,
    pointing,
)
from perijove.kit import label as labels
from perijove.kit.error import Error
from perijove.kit.label import Quantity
from perijove.kit.vidicon import State
from perijove.spiceinit import main
from refusal import refusal
from runs import initiated

refused = refusal(main)
AU = 149597870.7  # km
LABEL = {
    "SPACECRAFT_NAME": "VOYAGER_1",
    "INSTRUMENT_ID": "NA",
    "IMAGE_NUMBER": vidiconkernels.COUNT,
    "CAL_TARGET_CODE": "J",
    "TargetName": "Jupiter",
    "StartTime": "2020-06-02T10:20:00",
    "EXPOSURE_DURATION": Quantity(vidiconkernels.EXPOSURE, "seconds"),
    "CAMERA_STATE_1": 5,
    "CAMERA_STATE_2": 0,
    "SampleBits": 8,
}
SATURN = {
    "IMAGE_NUMBER": "34403.46",
    "CAL_TARGET_CODE": "S",
    "TargetName": "Saturn",
    "StartTime": "1980-10-25T23:34:10",
}
COLUMNS = "SPACECRAFT, INST, FOCAL, SCALE, LINE, SAMPLE, LINES, SAMPLES"
CAMERAS = ("VOYAGER_1", "NA"), ("VOYAGER_2", "WA"), ("VIKING_ORBITER_2", "VISB")


@pytest.fixture(scope="module")
def voyager(tmp_path_factory):
    return vidiconkernels.write(tmp_path_factory.mktemp("voyager"))


@pytest.fixture
def frame(tmp_path):
    """A function: the path of a frame, in object space unless raw, its label changed."""

    def write(raw=False, name="a.cub", **changes):
        size = 800 if raw else 1000
        core = np.tile(np.arange(size, dtype=np.float32) % 251, (1, size, 1))
        instrument = {k: v for k, v in (LABEL | changes).items() if v is not None}
        space = {} if raw else {"Geoma": {"Space": "Object"}}
        made = cube.new(core, Instrument=instrument, BandBin={"FilterName": "CLEAR"}, **space)
        cube.write(str(tmp_path / name), made, type="SignedWord")
        return tmp_path / name

    return write


@pytest.fixture
def run(tmp_path, voyager):
    """A function: spiceinit on a file with the kernels written here -> the cube it made."""
    return initiated(voyager[0], tmp_path / "out.cub")


# what a label says


@pytest.mark.parametrize(
    ("given", "opens", "closes"),
    [
        (("VOYAGER", 1000.0, 0.96), 997.04, 998.0),  # read out 2 s after the shutter closes
        (("VIKING", 1000.0, 0.01), 1003.99, 1004.0),  # 57/64 of 4.48 s are 3.99 s
        (("VIKING", 1000.0, 0.42), 1003.99, 1004.41),
        (("VIKING", 1000.0, 0.50), 1001.75, 1002.25),  # 25/64 of 4.48 s are 1.75 s
    ],
)
def test_when_the_shutter_was_open(given, opens, closes):
    mission, count, exposure = given
    for part, time in ((0.0, opens), (0.5, (opens + closes) / 2), (1.0, closes)):
        assert_allclose(framecamera.opened(mission, count, exposure, part), time, rtol=1e-15)


def test_start_time_is_the_readout_of_voyager_and_the_middle_of_viking():
    for part, voyager, viking in ((0.0, 997.0, 999.5), (0.5, 997.5, 1000.0), (1.0, 998.0, 1000.5)):
        assert framecamera.opened("VOYAGER", 1000.0, 1.0, part, counted=False) == voyager
        assert framecamera.opened("VIKING", 1000.0, 1.0, part, counted=False) == viking


@pytest.mark.parametrize(
    ("spacecraft", "word", "more", "count"),
    [
        ("VOYAGER_1", "34403.46", {}, "34403:46"),
        ("VOYAGER_1", "09471.06", {}, "09471:06"),
        ("VOYAGER_1", "16368.3", {}, "16368:30"),  # a number lost its last 0
        ("VOYAGER_1", "1637937", {}, "16379:37"),  # of ISIS 3
        ("VOYAGER_1", "16386.10", {"inst": "WA", "state1": 1, "state2": 1}, "16386:09"),
        ("VOYAGER_1", "16386.00", {"inst": "WA", "state1": 3, "state2": 1}, "16385:57"),
        ("VOYAGER_1", "16386.10", {"inst": "WA", "state1": 1, "state2": 0}, "16386:10"),
        ("VIKING_ORBITER_1", "25973540", {}, "25973540"),
    ],
)
def test_a_count_as_the_clock_writes_it(spacecraft, word, more, count):
    state = State(**({"spacecraft": spacecraft, "inst": "NA", "image_no": word} | more))
    assert framecamera.count(state) == count


@pytest.mark.parametrize("rate", ["X", "-5"])
def test_a_scan_rate_that_is_none_is_refused(rate):
    state = State(spacecraft="VOYAGER_1", inst="WA", image_no="16386.10", state1=rate, state2=1)
    with pytest.raises(Error, match=f"CAMERA_STATE_1 = {rate}: expected N of a scan rate"):
        framecamera.count(state)


@pytest.mark.parametrize("word", ["34403.75", "34403.461", "FDS", "3440.3.46", ""])
def test_a_count_that_is_none_is_refused(word):
    for spacecraft in ("VOYAGER_1", "VIKING_ORBITER_1"):
        with pytest.raises(Error, match=f"IMAGE_NUMBER = {word}: expected a"):
            framecamera.count(State(spacecraft=spacecraft, inst="NA", image_no=word))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("S_RINGS", "SATURN"),
        ("SaturnRings", "SATURN"),
        ("J_RINGS", "JUPITER"),
        ("URANUS RINGS", "URANUS"),
        ("N_RINGS", "NEPTUNE"),
        ("Io", "Io"),
        ("SKY", "SKY"),
        (None, None),
    ],
)
def test_rings_stand_for_their_planet(name, body):
    assert framecamera.planet(name) == body


@pytest.mark.parametrize(
    ("names", "code", "frame", "objects", "counter"),
    [
        (("VOYAGER_1", "NA"), -31101, "VG1_ISSNA", (-31001, -31100, -31002), -31),
        (("VOYAGER_2", "WA"), -32102, "VG2_ISSWA", (-32002, -32100, -32001), -32),
        (("VIKING_ORBITER_1", "VISA"), -27001, "VO1_VISA", (-27000,), -27999),
        (("VIKING_ORBITER_2", "VISB"), -30002, "VO2_VISB", (-30000,), -30999),
    ],
)
def test_codes_of_naif(names, code, frame, objects, counter):
    of = platforms.of(*names)
    assert (of.code, of.frame, of.objects, of.counter) == (code, frame, objects, counter)
    assert sp.bodn2c(of.craft) == of.clock


def test_the_cameras_shipped_are_those_of_isis():
    fov = {}
    for spacecraft, inst in CAMERAS:
        row = framecamera.constants(State(spacecraft=spacecraft, inst=inst))
        camera = framecamera.camera(row, ["CLEAR"], platforms.of(spacecraft, inst))
        fov[inst] = 2 * np.degrees(np.arctan(camera.samples / 2 / camera.focal))
        # the axis of the camera is at pixel 500 (602, 528), counted from 1 at its centre
        assert (camera.cx, *camera.cy) == ((601.5, 527.5) if "VIK" in spacecraft else (499.5,) * 2)
    # the vidicons' fields, 0.424 and 3.2 degrees on 800 of 1000 pixels, and Viking's 1.69
    assert_allclose(fov["NA"], 0.424 / 0.942, rtol=0.005)
    assert_allclose(fov["WA"], 3.2 / 0.942, rtol=0.03)
    assert_allclose(fov["VISB"], 1.69, rtol=0.02)


# kernels of which all is known


def test_a_frame_looks_where_its_pointing_says(frame, run, voyager, capsys):
    g = geometry.from_cube(run(frame()))
    said = capsys.readouterr().err
    assert "object -31100, 8 ticks (0.5 s) after the exposure" in said
    assert (len(g), g.attitude, g.solved, g.camera.names) == (1, "CK", True, ("CLEAR",))
    assert_allclose(g.et, [voyager[1]], rtol=0, atol=1e-6)
    assert g.av.tolist() == [[0.0, 0.0, 0.0]]
    # the platform looks at Jupiter's apparent centre; 499.5 from the corner is pixel 500
    x, y, _ = g.project(0, np.zeros((1, 3)))
    assert_allclose([x[0] + g.camera.cx, y[0] + g.camera.cy[0]], [499.5, 499.5], atol=1e-3)
    # +y was put to the south: north is up
    assert g.project(0, np.array([[0.0, 0.0, 5e4]]))[1] < -100
    assert_allclose(g.sc[0] - g.vt[0] * g.lt[0], vidiconkernels.PLACE, rtol=0, atol=1e-3)


def test_the_wide_angle_camera_stands_askew_on_the_platform(frame, run):
    narrow = attitude.matrix(geometry.from_cube(run(frame())).q[0])
    g = geometry.from_cube(run(frame(INSTRUMENT_ID="WA")))
    wide = attitude.matrix(g.q[0])
    # vg1_v02.tf: 0.0247 and 0.0315 degrees across the boresight, 0.275 about it
    off = np.degrees(np.arccos(narrow[2] @ wide[2]))
    assert_allclose(off, np.hypot(0.0247, 0.0315), rtol=1e-4)
    assert_allclose(np.degrees(np.arcsin(abs(narrow[0] @ wide[1]))), 0.275, rtol=1e-3)
    assert_allclose(g.camera.focal, 200.465 * 84.7486493901679, rtol=1e-14)


def test_part_of_the_exposure_and_clock(frame, run, voyager):
    def et(*words, **changes):
        return geometry.from_cube(run(frame(**changes), *words)).et[0] - voyager[1]

    assert_allclose([et("EPOCH=NONE"), et("EPOCH=END")], [-0.48, 0.48], rtol=0, atol=1e-6)
    late = {"StartTime": "2020-06-02T10:20:07"}
    assert_allclose([et(**late), et("CLOCK=SCLK", **late)], 0, rtol=0, atol=1e-6)
    assert_allclose(et("CLOCK=UTC", **late), 7, rtol=0, atol=1e-5)
    assert_allclose(et(IMAGE_NUMBER=None, **late), 7, rtol=0, atol=1e-5)


def test_the_partition_nearest_to_the_start_counts(frame, run, voyager, capsys):
    of, state = platforms.of("VOYAGER_1", "NA"), State("VOYAGER_1", "NA", image_no="16386.30")
    state = State(**(vars(state) | {"exposure": vidiconkernels.EXPOSURE}))
    with kernels.loaded([str(voyager[0] / name) for name in ("sim.tls", "vg1.tsc")]):
        for start, back in (
            (LABEL["StartTime"], 0.0),
            ("2019-07-05T02:20:30", vidiconkernels.APART),
        ):
            made = cube.new(np.zeros((1, 2, 2)), Instrument={"StartTime": start})
            et, words = framecamera.exposed(made, state, of)
            assert_allclose(et[0], voyager[1] - back, rtol=0, atol=1e-4)
            assert words == ""
        bare = cube.new(np.zeros((1, 2, 2)), Instrument={"TargetName": "Jupiter"})
        assert framecamera.exposed(bare, state, of)[0] < voyager[1] - 1e7  # the first, unasked
    run(frame(StartTime="2020-06-02T10:21:30"))
    said = capsys.readouterr().err
    assert "IMAGE_NUMBER 16386.30 is 2020-06-02T10:19:57.520, -90 s from StartTime" in said


def test_without_attitude_any_frame_gets_the_sun_alone(frame, run, voyager, capsys):
    few = ",".join(
        str(voyager[0] / f"{name}") for name in ("sim.tls", "sim.tpc", "sim.bsp", "vg1.bsp")
    )
    made = run(frame(raw=True, TargetName="J_RINGS"), f"KERNELS=({few})", "ATTITUDE=NONE")
    instrument = made.group("Instrument")
    assert instrument["TargetName"] == "Jupiter" and "Camera" not in made.isis
    assert made.blob("Table", "Geometry") is None and made.core.shape == (1, 800, 800)
    sun = instrument.numbers("SC_SUN_POSITION_VECTOR", 3, unit="km")
    assert_allclose(np.linalg.norm(sun), 7.65e8, rtol=1e-3)  # what simkernels put it at
    assert_allclose(instrument.number("SolarDistance", unit="km"), np.linalg.norm(sun), rtol=1e-15)
    assert capsys.readouterr().err == ""


def test_target_and_timeoffset_hold_for_a_frame(frame, run):
    still, moved = (
        geometry.from_cube(run(frame(TargetName="Io"), *more))
        for more in (("TARGET=jupiter",), ("TARGET=J_RINGS", "TIMEOFFSET=10"))
    )
    assert (still.target, moved.et[0]) == ("Jupiter", still.et[0])
    assert_allclose((moved.sc - still.sc)[0] / 10, vidiconkernels.VELOCITY, rtol=0, atol=0.03)


def test_a_label_s_altitude_is_held_to_the_spacecraft_s_own(frame, run, voyager, capsys):
    with kernels.loaded(kernels.files([str(voyager[0])])[0]):
        height = kernels.place("JUPITER", voyager[1] + 7, platforms.of("VOYAGER_1", "NA"))[0]
    run(frame(SpacecraftAltitude=Quantity(float(height), "km")))
    assert "off the kernels'; TIMEOFFSET = 7.00 would fit it" in capsys.readouterr().err


def test_an_addendum_goes_before_the_table(frame, run, voyager, tmp_path):
    more = "INS-31101_FOCAL_LENGTH = 1500.0\nINS-31101_ITRANSS = ( 0.0 80.0 0.0 )"
    path = vidiconkernels.text(tmp_path / "more.ti", "IK", more)
    camera = geometry.from_cube(run(frame(), f"KERNELS=({voyager[0]},{path})")).camera
    assert (camera.focal, camera.cx) == (120000.0, 499.5)


def test_a_pointing_that_is_too_far_is_refused(frame, voyager, tmp_path, capsys):
    strict = vidiconkernels.text(tmp_path / "t.ti", "IK", "INS-31101_CK_TIME_TOLERANCE = 5")
    words = f"FROM={frame()}", f"TO={tmp_path}/o.cub"
    line = refused(capsys, 2, *words, f"KERNELS=({voyager[0]},{strict})")
    assert "no pointing within 5 ticks of 2020-06-02T10:19:57.520; the nearest cover" in line
    assert "2020-06-02T10:19:58.020 to 2020-06-02T10:19:58.020 and 2020-06-02T10:19:27.520" in line
    assert "2 intervals more" in line and "naif/VOYAGER/kernels/ck/" in line
    # 2000 ticks are 120 s: 170 s after the last one there is none either
    late = frame(IMAGE_NUMBER="16386.34", StartTime="2020-06-02T10:23:32")
    line = refused(capsys, 2, f"FROM={late}", words[1], f"KERNELS={voyager[0]}")
    assert "no pointing within 2000 ticks" in line
    late = frame(IMAGE_NUMBER="16386.33", StartTime="2020-06-02T10:22:24")
    main(f"FROM={late}", words[1], f"KERNELS={voyager[0]}")
    assert "1733 ticks (104.0 s) before the exposure" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        ("tf", "missing: FK, frames (as vg1_v02.tf)"),
        ("tsc", "missing: SCLK, the spacecraft's clock (as vg1000*.tsc)"),
        ("bsp", "missing: SPK, positions (as vgr1_*.bsp)"),
        ("bc", "missing: CK, the spacecraft's attitude (as vg1_*_qmw_na.bc)"),
    ],
)
def test_what_is_missing_is_named_and_where_naif_keeps_it(
    frame, voyager, tmp_path, capsys, suffix, words
):
    few = [p for p in sorted(voyager[0].iterdir()) if p.name != f"vg1.{suffix}"]
    few = ",".join(str(p) for p in few if p.suffix != ".tm")
    line = refused(capsys, 2, f"FROM={frame()}", f"TO={tmp_path}/o.cub", f"KERNELS=({few})")
    assert words in line and "naif.jpl.nasa.gov/pub/naif/VOYAGER/kernels/" in line


@pytest.mark.parametrize(
    ("given", "words", "message"),
    [
        (dict(raw=True), (), "800 lines of 800 samples, expected 1000 of 1000 in object space"),
        (dict(raw=True), (), "run geoma, or give ATTITUDE = NONE"),
        ({}, ("ATTITUDE=SPIN",), "does not spin: ATTITUDE is CK or NONE"),
        (dict(TargetName="DARK"), (), "SPICE knows no body DARK: give TARGET"),
        (dict(TargetName=None), (), "TargetName is missing: give TARGET"),
        (dict(EXPOSURE_DURATION=None), (), "EXPOSURE_DURATION = None: expected seconds"),
        (dict(IMAGE_NUMBER="70000.10"), (), "IMAGE_NUMBER = 70000.10: no count of the loaded SCLK"),
        (dict(IMAGE_NUMBER=None), ("CLOCK=SCLK",), "the label has no IMAGE_NUMBER for the clock"),
        (dict(StartTime=None), ("CLOCK=UTC",), "no StartTime: CLOCK = SCLK takes IMAGE_NUMBER"),
        (dict(StartTime="yesterday"), (), "StartTime = yesterday: expected a time such as"),
        (dict(SPACECRAFT_NAME="CASSINI"), (), "or a strip of JunoCam (JUNO JNC)"),
        (dict(INSTRUMENT_ID="VISA"), (), "the cameras of VOYAGER_1 are NA, WA"),
        ({}, ("TIMEOFFSET=LABEL",), "TIMEOFFSET = LABEL: the label has no SpacecraftAltitude"),
        ({}, ("TIMEOFFSET=1e9",), "the SPK of VOYAGER 1 covers"),
    ],
)
def test_refusals(frame, voyager, tmp_path, capsys, given, words, message):
    line = refused(
        capsys, 2, f"FROM={frame(**given)}", f"TO={tmp_path}/o.cub", f"KERNELS={voyager[0]}", *words
    )
    assert message in line and not (tmp_path / "o.cub").exists()


@pytest.mark.parametrize(
    ("columns", "cells", "message"),
    [
        ("SPACECRAFT, INST", "VOYAGER_1 NA", "FOCAL"),
        (COLUMNS, "VOYAGER_1 NA * 84 500 500 1000 1000", "FOCAL = * in row 1: expected a number"),
        (COLUMNS, "VOYAGER_1 NA 1500 84 500 500 1000 x", "SAMPLES = x in row 1: expected a number"),
    ],
)
def test_a_table_of_cameras_that_cannot_be(
    frame, voyager, tmp_path, capsys, monkeypatch, columns, cells, message
):
    (tmp_path / "voyager").mkdir()
    text = f"Columns = ({columns})\nEnd\n{cells}\n"
    (tmp_path / "voyager/camera.sav").write_text(text)
    monkeypatch.setenv("PERIJOVE_DATA", str(tmp_path))
    line = refused(capsys, 2, f"FROM={frame()}", f"TO={tmp_path}/o.cub", f"KERNELS={voyager[0]}")
    assert message in line and "camera.sav" in line


def test_a_frame_has_one_band(frame, voyager, tmp_path, capsys):
    made = cube.read(str(frame()))
    cube.write(str(tmp_path / "p.cub"), made.replace(core=np.repeat(made.core, 2, axis=0)))
    words = f"FROM={tmp_path}/p.cub", f"TO={tmp_path}/o.cub", f"KERNELS={voyager[0]}"
    assert "p.cub: 2 bands, expected 1 of a frame" in refused(capsys, 2, *words)


def test_object_space_is_what_geoma_says(frame, voyager, tmp_path, capsys):
    plain = cube.read(str(frame()))
    plain.isis.delete("Geoma")
    cube.write(str(tmp_path / "p.cub"), plain)
    words = f"FROM={tmp_path}/p.cub", f"TO={tmp_path}/o.cub", f"KERNELS={voyager[0]}"
    line = refused(capsys, 2, *words)
    assert "1000 lines of 1000 samples, expected 1000 of 1000 in object space (Group" in line


def test_a_pipe_and_the_tools_behind_it(frame, voyager, shell, tmp_path):
    frame()
    shell(f"spiceinit KERNELS={voyager[0]} < a.cub > piped.cub")
    shell(f"spiceinit FROM=a.cub KERNELS={voyager[0]} TO=filed.cub")
    assert (tmp_path / "piped.cub").read_bytes() == (tmp_path / "filed.cub").read_bytes()
    options = "RESOLUTION=2 INTERP=NEAREST MAXINCIDENCE=180"
    shell(f"mapproj {options} < piped.cub > map.cub")
    asked = shell("campt FROM=filed.cub SAMPLE=480 LINE=510").stdout.decode()
    words = dict(line.split(" = ") for line in asked.splitlines() if " = " in line)
    words = {key.strip(): value.split()[0] for key, value in words.items()}
    latitude, longitude = words["PlanetographicLatitude"], words["PositiveWest360Longitude"]
    shown = shell(f"campt FROM=map.cub LATITUDE={latitude} LONGITUDE={longitude}").stdout.decode()
    value = next(line for line in shown.splitlines() if "PixelValue" in line).split("=")[1]
    # sample 480 holds 479 - 251 = 228; half a degree of Jupiter is 9 samples
    assert words["PixelValue"] == "228.0" and abs(float(value) - 228) < 9


# the real kernels


@pytest.fixture
def saturn(testdata, frame, tmp_path):
    """Kernels, and the cube of c3440346 with its geometry; any pixels."""
    folder = testdata / "voyager/kernels"
    if not folder.is_dir():
        pytest.skip("the kernels of Voyager 1 at Saturn are not at hand")
    main(f"FROM={frame(**SATURN)}", f"TO={tmp_path / 's.cub'}", f"KERNELS={folder}", "-quiet")
    return kernels.files([str(folder)])[0], cube.read(str(tmp_path / "s.cub"))


def test_saturn_stands_where_the_kernels_put_it(saturn):
    paths, made = saturn
    g = geometry.from_cube(made)
    with kernels.loaded(paths):
        # 34403.46 began to be read out at 23:34:10.751, 2.48 s after the middle of 0.96 s
        assert sp.et2utc(g.et[0], "ISOC", 3) == "1980-10-25T23:34:08.271"
        assert str(pointing.nearest(platforms.of("VOYAGER_1", "NA"), g.et[0])) == (
            "object -31001, 8 ticks (0.5 s) after the exposure"
        )
    assert_allclose(g.camera.focal, 127248.26, rtol=0, atol=0.001)  # 1500.19 mm, 84.82143 px/mm
    x, y, _ = g.project(0, np.zeros((1, 3)))
    centre = [y[0] + g.camera.cy[0] + 0.5, x[0] + g.camera.cx + 0.5]  # counted from 1
    assert_allclose(centre, [471.96, 573.32], rtol=0, atol=0.02)
    # the limb is a circle where the ellipsoid is a unit sphere: the polar plane of the observer
    o = g.o[0] / g.radii
    across = np.linalg.svd(o[None])[2][1:]
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    circle = np.sqrt(1 - 1 / (o @ o)) * (np.cos(turn)[:, None] * across[0])
    circle += np.sqrt(1 - 1 / (o @ o)) * (np.sin(turn)[:, None] * across[1])
    x, y, _ = g.project(0, (circle + o / (o @ o)) * g.radii)
    size = np.linalg.svd(np.stack([x - x.mean(), y - y.mean()]))[1] / np.sqrt(len(x) / 2)
    assert_allclose(size, [316.3, 286.0], rtol=0, atol=0.1)  # semi-axes of what they draw
    distance = made.group("Instrument").number("SolarDistance", unit="km") / AU
    assert_allclose(distance, 9.510, rtol=0, atol=5e-4)


def test_a_picture_shows_the_whole_disc_of_a_frame(saturn):
    camera = midtime.picture(geometry.from_cube(saturn[1]), 1.0)[0].camera
    # the disc is 572 to 633 px high, with 64 px of sky above and below, to 32 px either way
    assert 572 + 128 - 64 < camera.lines <= 633 + 128 and camera.samples <= 633 + 128


def test_saturn_is_seen_as_cspice_sees_it(saturn):
    paths, made = saturn
    g = geometry.from_cube(made)
    rng = np.random.default_rng(5)
    x, y = rng.uniform(200, 950, 150), rng.uniform(130, 800, 150)
    d, rays = g.look(0, x, y, 0), g.camera.rays(x, y, 0)
    p, compared, missed = g.hit(0, d), 0, 0
    with kernels.loaded(paths):
        back = attitude.matrix(g.q[0]).T
        for i in range(len(x)):
            see = ("IAU_SATURN", "CN+S", "VOYAGER 1", "J2000", back @ rays[i])
            try:
                point, _, sight = sp.sincpt("ELLIPSOID", "SATURN", g.et[0], *see)
            except sp.NotFoundError:
                assert np.isnan(p[i]).all()
                missed += 1
                continue
            error = p[i] - point
            error = np.linalg.norm(error - d[i] * (error @ d[i])) / np.linalg.norm(sight)
            assert error * g.camera.focal < 1e-4  # px, of 4.5e-7 degree
            compared += 1
        where = ("SATURN", g.et[0], "IAU_SATURN", "CN", "VOYAGER 1")
        below = sp.subpnt("NEAR POINT/ELLIPSOID", *where)[0]
        f = (g.radii[0] - g.radii[2]) / g.radii[0]
        west, north = np.degrees(sp.recpgr("SATURN", below, g.radii[0], f)[:2])
    assert compared > 50 and missed > 20
    foot = ellipsoid.latlon(ellipsoid.below(g.o[0], g.radii)[0], g.radii)
    assert_allclose(foot[0], north, rtol=0, atol=1e-5)
    # ours is that of the light from the centre, 0.2 s earlier: 0.0019 degree
    assert_allclose(foot[1] - west, -0.2 * np.degrees(g.w), rtol=0.01)


def of_isis(path, **groups):
    """A frame of any pixels, as large as the label of ISIS says, with its groups and more."""
    isis = labels.loads(path.read_text()).object("IsisCube")
    size = isis.object("Core").group("Dimensions")
    shape = (size.integer("Lines"), size.integer("Samples"))
    shape = (1000, 1000) if groups else shape
    names = ("Instrument", "Archive", "BandBin", "Kernels")
    kept = {name: dict(isis.group(name).items) for name in names} | groups
    return cube.new(np.full((1, *shape), 7, np.float32), **kept)


def as_ale(g, kernel_files, craft, et, camera, bus, body, sun, still):
    """Hold a Geometry to ALE's epoch, attitude, rotation of the body and Sun."""
    assert_allclose(g.et[0], et, rtol=0, atol=still)
    turn = np.reshape(camera, (3, 3)) @ attitude.matrix(np.array(bus))
    assert_allclose(attitude.matrix(g.q[0]), turn, rtol=0, atol=1e-14)
    # ALE's rotation is that at the epoch, ours that one light time earlier
    there = attitude.turn([0, 0, -g.w * (g.lt[0] + et - g.et[0])]) @ g.body[0]
    assert_allclose(there, attitude.matrix(np.array(body)), rtol=0, atol=1e-9)
    assert_allclose(g.sun[0], sun, rtol=0, atol=1e-6 * np.linalg.norm(sun))
    with kernels.loaded(kernels.files(kernel_files)[0]):
        position = sp.spkpos(craft, g.et[0], "J2000", "NONE", g.target)[0]
    assert_allclose(g.sc[0] - g.vt[0] * g.lt[0], position, rtol=0, atol=0.01)


def test_a_voyager_frame_of_isis_as_ale_has_it(testdata, run, tmp_path, capsys):
    folder = testdata / "voyager/c1637937"
    if not folder.is_dir():
        pytest.skip("c1637937 is not at hand")
    files = vidiconkernels.converted(folder, tmp_path / "kernels")
    made = of_isis(folder / "c1637937_isis3.lbl", Geoma={"Space": "Object"})
    cube.write(str(tmp_path / "v.cub"), made)
    g = geometry.from_cube(run(tmp_path / "v.cub", f"KERNELS={files}"))
    assert "object -31100, at the exposure" in capsys.readouterr().err
    assert g.camera.names == ("VIOLET",)
    as_ale(
        g,
        files.strip("()").split(","),
        "VOYAGER 1",
        et=-657272652.1275567,
        camera=np.eye(3),
        bus=[0.7203143336658201, 0.41050497282467036, 0.5014210629073454, -0.24740623612724524],
        body=[-0.941784241171636, 0.21107549573448806, -0.0645903684944895, 0.253609271279565],
        sun=[481854496.7487014, -572645660.6770073, -257224015.26585218],
        still=5e-4,  # ISIS rounds the time of the clock to 1 ms
    )


def test_a_viking_frame_of_isis_as_ale_has_it(testdata, run, tmp_path, capsys):
    folder = testdata / "viking/f004a47"
    if not folder.is_dir():
        pytest.skip("f004a47 is not at hand")
    files = vidiconkernels.converted(folder, tmp_path / "kernels")
    cube.write(str(tmp_path / "v.cub"), of_isis(folder / "f004a47_isis3.lbl"))
    made = run(tmp_path / "v.cub", f"KERNELS={files}")
    said = capsys.readouterr().err
    assert "the distortion of the vidicon is not removed" in said
    assert "object -27000, at the exposure" in said
    g = geometry.from_cube(made)
    assert (g.camera.lines, g.camera.samples, g.camera.focal) == (1056, 1204, 474.398 * 85.0)
    as_ale(
        g,
        files.strip("()").split(","),
        "VIKING 1 ORBITER",
        et=-742324621.5706928,
        camera=[
            *(0.004613063344149904, 0.99991314725849, 0.012345751747228718),
            *(-0.9999893510154808, 0.0046143450547129206, -7.53349414399163e-05),
            *(-0.00013229595691525813, -0.012345272752652594, 0.9999237854648935),
        ],
        bus=[0.5268101014689394, -0.23107660776761751, 0.7487934414616817, -0.32921588715745126],
        body=[-0.6180990243880478, 0.31800072486337927, -0.008901103778518096, 0.7188531876457341],
        sun=[244748920.95495597, -35758272.26982033, -23031611.614348907],
        still=1e-6,
    )
    # StartTime alone: the middle of the exposure, cut to a whole second, 18:42:11.245
    again = geometry.from_cube(run(tmp_path / "v.cub", f"KERNELS={files}", "CLOCK=UTC"))
    assert_allclose(g.et[0] - again.et[0], 0.245, rtol=0, atol=1e-3)
    capsys.readouterr()
    short = made.replace(core=made.core[:, :1000])
    cube.write(str(tmp_path / "s.cub"), short)
    line = refused(
        capsys, 2, f"FROM={tmp_path}/s.cub", f"TO={tmp_path}/o.cub", f"KERNELS={files}", "-quiet"
    )
    assert "1000 lines of 1204 samples, expected 1056 of 1204: a whole frame" in line
