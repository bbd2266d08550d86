"""jitter recovers the start time or the spin that was put in."""

import importlib.resources
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, passage
from perijove.jitter import main
from perijove.kit import calfile, cube, fittable, geometry, label, render, scene, special
from perijove.kit.attitude import matrix
from perijove.kit.label import Quantity
from perijove.kit.spin import Spin
from runs import saved, solved

CAMERA = calfile.read("juno/camera.sav")
TWIST = CAMERA.label.number("Twist", unit="degrees")
OFFSETS = dict(zip(CAMERA["Band"], CAMERA["LineOffset"], strict=True))
LATE = 13.37  # ms
TURN = (0.35, -0.2, 1.9871)  # axis east, north (degrees), rate (rpm)
# spacecraft's X, Y, Z in the camera's frame, to a degree of the frame kernel's
MOUNT = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])


def strip(g):
    """What the camera of g sees of a cloudless, Lambertian planet: DN (bands, lines, samples)."""
    white = scene.padded(np.ones((180 * scene.PPD, 360 * scene.PPD), np.float32))
    core = np.zeros((len(g.camera.cy), len(g), 128, 1648), np.float32)
    for band in range(len(core)):
        for f in range(len(g)):
            seen = render.radiance(g, f, band, white, 1.0, psf=0.7)
            core[band, f, :, 23:1631] = 1500.0 * seen
    noise = np.random.default_rng(3).normal(0.0, 2.0, core.shape).astype(np.float32)
    return (core + noise).reshape(len(core), -1, 1648)


def cube_of(g, core, **instrument):
    """A decompanded cube of a strip with its geometry."""
    instrument = (
        dict(
            SpacecraftName="JUNO",
            InstrumentId="JNC",
            TargetName="Jupiter",
            NumberFramelets=len(g),
            FrameletLines=128,
            SampleBits=12,
        )
        | instrument
    )
    made = cube.new(core, Instrument=instrument, BandBin=dict(FilterName=list(g.camera.names)))
    dimensions = made.isis.object("Core").group("Dimensions")
    dimensions.update(Bands=core.shape[0], Lines=core.shape[1], Samples=core.shape[2])
    return geometry.attach(made, g)


@pytest.fixture(scope="module")
def told():
    """The geometry that a label would give: 150,000 km away, limb on both sides."""
    return passage(150000.0, frames=11, camera=JUNOCAM.select([0, 2]))


@pytest.fixture(scope="module")
def timed(told, tmp_path_factory):
    """A cube with an attitude and a late start."""
    true = geometry.with_constants(told, TWIST, OFFSETS).shift(LATE / 1e3)
    return saved(cube_of(told, strip(true)), tmp_path_factory.mktemp("ck") / "ck.cub")


@pytest.fixture(scope="module")
def done(timed):
    """The geometry and Group LimbFit of the timed cube."""
    return solved(timed, timed.with_name("done.cub"))


@pytest.fixture(scope="module")
def spun(told, tmp_path_factory):
    """A cube without an attitude, and the geometry it truly had."""
    axis = -matrix(told.q)[0, 0]  # the spacecraft's +Z by MOUNT
    sunward = told.sun[0] - told.sc[0]
    guess = replace(told, mount=MOUNT, earth=axis, sunward=sunward / np.linalg.norm(sunward))
    guess = replace(Spin(guess).pose(0.0, 0.0, 2.0, 0.0), attitude="SPIN", solved=False)
    spin, middle = Spin(geometry.with_constants(guess, TWIST, OFFSETS)), len(guess) // 2

    def off_nadir(phase):
        return matrix(spin.pose(*TURN, phase).q)[middle, 2] @ told.sc[middle]

    phase = min(range(360), key=off_nadir) + 0.4
    path = tmp_path_factory.mktemp("spin") / "spin.cub"
    true = spin.pose(*TURN, phase)
    return saved(cube_of(guess, strip(true)), path), true, phase


def pixels_off(g, true):
    """Largest angle, px, between the attitudes of two geometries."""
    turn = matrix(g.q) @ np.swapaxes(matrix(true.q), 1, 2)
    cosine = (np.trace(turn, axis1=1, axis2=2) - 1) / 2
    return np.arccos(np.minimum(cosine, 1.0)).max() * g.camera.focal


def test_start_time_and_limb_height_are_recovered(done, told):
    g, found = done
    assert_allclose(found.number("TimeOffset", unit="ms"), LATE, atol=0.05)
    assert_allclose(found.numbers("LimbHeight", 2, unit="km"), 0.0, atol=10.0)
    assert 0 < found.number("TimeOffsetSigma", unit="ms") < 0.2
    assert found.number("ResidualRms", unit="pixels") < 0.06 and found.integer("Points") > 1500
    assert_allclose(g.et, told.et + LATE / 1e3, atol=1e-4)
    assert g.solved and g.camera.twist == TWIST
    assert_allclose(g.camera.offsets, [OFFSETS["BLUE"], OFFSETS["RED"]])


def test_the_group_says_what_was_solved_and_what_was_not(done):
    _, found = done
    keys = ("TimeOffset", "SpinRate", "SpinPhase", "AxisOffset", "Twist", "LimbHeight")
    keys += ("LineOffset", "MethaneLine")
    expected = [k for key in keys for k in (key, f"{key}Sigma")]
    expected += ["ResidualRms", "Points", "TieRms", "Ties", "Method"]
    assert [k for k, _ in found.items] == expected
    assert found["LineOffsetSigma"] is None and found.integer("Ties") == 0
    assert found["SpinRate"] is None and found["AxisOffsetSigma"] is None
    assert found["Twist"] == Quantity(TWIST, "degrees") and found["Method"] == "Limb"


def test_spin_is_recovered_without_a_start_value(spun, tmp_path):
    path, true, _ = spun
    g, found = solved(path, tmp_path / "out.cub")
    assert found["TimeOffset"] is None and g.solved
    assert_allclose(found.number("SpinRate", unit="rpm"), TURN[2], atol=5e-4)
    axis, sigma = (found.numbers(f"AxisOffset{k}", 2, unit="degrees") for k in ("", "Sigma"))
    assert (np.abs(np.subtract(axis, TURN[:2])) < 3 * np.array(sigma)).all()
    assert (np.array(sigma) < 1.0).all()  # the prior's, had the limb not spoken
    assert pixels_off(g, true) < 10  # about the boresight, which a round limb hardly shows
    x, y, _ = g.project(np.arange(len(g)), np.zeros((len(g), 1, 3)))
    x0, y0, _ = true.project(np.arange(len(g)), np.zeros((len(g), 1, 3)))
    middle = np.s_[3:8]  # where the planet's centre is in the field
    assert_allclose(y[middle], y0[middle], atol=0.3)
    assert_allclose(x[middle], x0[middle], atol=0.3)


def test_a_saturated_limb_is_left_out(timed, done, tmp_path):
    """Saturation blooms: a limb 5 px too far out, marked His behind it, does no harm."""
    made = cube.read(timed)
    core = made.core.copy()
    blue = core[0].reshape(-1, 128, 1648)
    bright = blue > 300.0
    for shift in (5, -5):
        bright |= np.roll(blue > 300.0, shift, axis=1)
    blue[bright] = special.HIS
    half = saved(made.replace(core=core), tmp_path / "half.cub")
    _, all_points = done
    _, found = solved(half, tmp_path / "out.cub")
    assert_allclose(found.number("TimeOffset", unit="ms"), LATE, atol=0.05)
    assert found.integer("Points") < 0.6 * all_points.integer("Points")
    assert_allclose(found.numbers("LimbHeightSigma", 2, unit="km")[0], 200.0, rtol=0.01)  # prior


def test_dn_above_saturation_count_as_saturated_where_junocal_has_not_been(timed, tmp_path):
    with pytest.raises(SystemExit) as stop:
        main(
            f"FROM={timed}", f"TO={tmp_path / 'out.cub'}", "SATURATION=60", "NOLIMB=ERROR", "-quiet"
        )
    assert stop.value.code == 2


def test_on_one_side_the_sigma_tells(timed, done, told, tmp_path):
    """Four frames show only how the limb enters: time and height part by its curvature alone."""
    made = cube.read(timed)
    few = range(4)
    short = cube_of(told.select(few), made.core[:, : 4 * 128])
    _, both = done
    _, one = solved(saved(short, tmp_path / "short.cub"), tmp_path / "one.cub")
    sigma = one.number("TimeOffsetSigma", unit="ms")
    assert sigma > 3 * both.number("TimeOffsetSigma", unit="ms")
    assert abs(one.number("TimeOffset", unit="ms") - LATE) < 2 * sigma


def refused(path, capsys, *words):
    with pytest.raises(SystemExit) as stop:
        main(f"FROM={path}", f"TO={path}.out.cub", *words)
    assert stop.value.code == 2 and not path.with_name(path.name + ".out.cub").exists()
    message = capsys.readouterr().err
    assert message.startswith("**USER ERROR** jitter: ") and message.count("\n") == 1
    return message


def test_refusals(timed, done, told, tmp_path, capsys):
    made = cube.read(timed)
    bare = replace(made, blobs=())
    assert "run spiceinit first" in refused(saved(bare, tmp_path / "bare.cub"), capsys)

    blind = geometry.attach(made, replace(told, attitude="NONE"))
    assert "Attitude = NONE" in refused(saved(blind, tmp_path / "blind.cub"), capsys)

    coded = cube_of(told, made.core, SampleBits=8)
    assert "run decompand first" in refused(saved(coded, tmp_path / "coded.cub"), capsys)

    assert "jitter has run" in refused(timed.with_name("done.cub"), capsys)

    part = made.replace(core=made.core[:, :700])
    assert "expected the whole strip" in refused(saved(part, tmp_path / "part.cub"), capsys)


def plain(path, level):
    """The cube at a path, its samples noise about a level: all sky, or lost in the clouds."""
    made = cube.read(path)
    noise = np.random.default_rng(1).normal(level, 2.0, made.core.shape)
    return made.replace(core=noise.astype(np.float32))


@pytest.mark.parametrize("n, level", [(0, 0.0), (0, 800.0), (1, 0.0), (1, 800.0)])
def test_an_image_without_a_limb_is_flagged_null(timed, spun, n, level, tmp_path, capsys):
    path = (timed, spun[0])[n]
    bare = saved(plain(path, level), tmp_path / f"{n}.cub")
    main(f"FROM={bare}", f"TO={tmp_path / 'null.cub'}")
    assert "Method = None" in capsys.readouterr().err
    made = cube.read(tmp_path / "null.cub")
    found, g = made.isis.nodes("LimbFit")[0], geometry.from_cube(made)
    assert found["Method"] == "None" and found.integer("Points") == 0
    for key in ("TimeOffset", "SpinRate", "AxisOffset", "LimbHeight", "ResidualRms"):
        assert found[key] is None
    assert g.solved == (n == 0)  # a spin stays a first guess: later tools refuse it
    if n == 0:
        assert_allclose(g.et, geometry.from_cube(cube.read(path)).et, atol=1e-9)
        assert "no sunlit limb" in refused(bare, capsys, "NOLIMB=ERROR")
        main(f"FROM={tmp_path / 'null.cub'}", f"TO={tmp_path / 'again.cub'}", "-quiet")
        assert (tmp_path / "again.cub").exists()  # nothing is solved, so nothing is lost


@pytest.fixture(scope="module")
def fitted(timed, told, tmp_path_factory):
    """A list of three images, 100 s apart: limb, no limb, limb; the table of their joint fit."""
    folder = tmp_path_factory.mktemp("list")
    true = geometry.with_constants(told, TWIST, OFFSETS)
    names = []
    for n, late in enumerate((LATE, None, -20.0)):
        core = plain(timed, 0.0).core if late is None else strip(true.shift(late / 1e3))
        made = cube_of(told, core)  # the state at the label's time, 100 n seconds later
        made = geometry.attach(made, replace(told, et=told.et + 100.0 * n))
        made.isis.group("Archive").set("ProductId", f"IMAGE{n}")
        names.append(saved(made, folder / f"{n}.cub").name)
    lines = ["# a pass", "", *(f"{folder}/{name}  # image" for name in names)]
    (folder / "pass.lis").write_text("\n".join(lines))
    main(f"FROMLIST={folder}/pass.lis", f"TO={folder}/fit.sav", "NOLIMB=NEIGHBOUR", "-quiet")
    rows = fittable.read(f"{folder}/fit.sav")
    rows["IMAGE1"] = replace(rows["IMAGE1"], values={}, sigmas={}, method="None")
    (folder / "null.sav").write_bytes(fittable.text(rows.values()))
    return folder


def test_a_list_gives_a_table_and_shares_the_height(fitted):
    rows = calfile.read(str(fitted / "fit.sav")).rows
    assert [row["ProductId"] for row in rows] == ["IMAGE0", "IMAGE1", "IMAGE2"]
    assert [row["Method"] for row in rows] == ["Limb", "Neighbour", "Limb"]
    assert_allclose([rows[0]["TimeOffset"], rows[2]["TimeOffset"]], [LATE, -20.0], atol=0.05)
    assert_allclose(rows[1]["TimeOffset"], (LATE - 20.0) / 2, atol=0.05)  # half-way in time
    assert rows[0]["LimbHeight_BLUE"] == rows[2]["LimbHeight_BLUE"]
    assert rows[1]["TimeOffsetSigma"] is None and rows[1]["ResidualRms"] is None
    assert rows[0]["SpinRate"] is None and rows[0]["LimbHeight_GREEN"] is None  # no such band
    assert rows[0]["Points"] > 1500 and rows[1]["Points"] == 0


def test_a_row_of_the_table_is_applied(fitted, told, tmp_path):
    g, found = solved(fitted / "2.cub", tmp_path / "out.cub", f"FIT={fitted}/fit.sav")
    assert_allclose(found.number("TimeOffset", unit="ms"), -20.0, atol=0.05)
    assert found["Method"] == "Table" and found.integer("Points") == 0
    assert found["ResidualRms"] is None and found["TimeOffsetSigma"] is not None
    assert_allclose(g.et, told.et + 200.0 - 0.020, atol=1e-4)
    own, _ = solved(fitted / "2.cub", tmp_path / "own.cub")  # heights are not shared there
    assert_allclose(g.q, own.q, atol=1e-5)


def test_an_image_without_a_limb_takes_its_neighbours_values(fitted, told, tmp_path):
    for table, words in (("fit", ()), ("null", ("NOLIMB=NEIGHBOUR",))):
        words = (f"FIT={fitted}/{table}.sav", *words)
        g, found = solved(fitted / "1.cub", tmp_path / "out.cub", *words)
        assert found["Method"] == "Neighbour"
        assert_allclose(g.et, told.et + 100.0 + 0.5e-3 * (LATE - 20.0), atol=1e-4)
    _, found = solved(fitted / "1.cub", tmp_path / "out.cub", f"FIT={fitted}/null.sav")
    assert found["Method"] == "None" and found["TimeOffset"] is None


@pytest.fixture(scope="module")
def window(spun, told, tmp_path_factory):
    """The spun image and one of METHANE, a turn later, its axis at line 400 and not at 315.48."""
    path, _, phase = spun
    folder = tmp_path_factory.mktemp("methane")
    colour = cube.read(path)
    g = geometry.from_cube(colour)
    camera = replace(g.camera.select([0]), names=["METHANE"], cy=[315.48])
    shifted = Spin(geometry.with_constants(replace(g, camera=camera), TWIST, [400.0 - 315.48]))
    middle = len(g) // 2

    def posed(dt, late=0.0):
        return shifted.pose(*TURN, phase + 6 * TURN[2] * (dt + late))

    def off_nadir(dt):
        return posed(dt).look(middle, 814.0, 64.0, 0) @ g.o[middle]

    dt = min(np.arange(28.0, 33.0, 0.1), key=off_nadir)
    core = strip(posed(dt, 0.020)) / 2  # the start 20 ms late
    methane = cube_of(replace(g, camera=camera, et=g.et + dt), core)
    for name, made in (("colour", colour), ("methane", methane)):
        made.isis.group("Archive").set("ProductId", name.upper())
        saved(made, folder / f"{name}.cub")
    (folder / "pass.lis").write_text(f"{folder}/colour.cub\n{folder}/methane.cub\n")
    return folder


def test_the_readout_window_of_methane_is_found(window, tmp_path):
    solve = "SOLVE=(AXIS,RATE,PHASE,HEIGHT,METHANE)"
    main(f"FROMLIST={window}/pass.lis", f"TO={tmp_path}/fit.sav", solve, "-quiet")
    row = calfile.read(f"{tmp_path}/fit.sav").rows[1]
    assert abs(row["MethaneLine"] - 400.0) < min(3 * row["MethaneLineSigma"], 10.0)
    assert row["ResidualRms"] < 0.3 and row["Method"] == "Limb"
    g, found = solved(window / "methane.cub", tmp_path / "fit.cub", f"FIT={tmp_path}/fit.sav")
    assert_allclose(g.camera.offsets, row["MethaneLine"] - 315.48, atol=1e-6)
    assert found.number("MethaneLine", unit="pixels") == row["MethaneLine"]


def test_a_shifted_window_is_found_unasked_and_one_in_place_is_held(window, tmp_path):
    g, found = solved(window / "methane.cub", tmp_path / "out.cub")
    assert found.number("MethaneLine", unit="pixels") == g.camera.cy[0] > 360
    straight = cube.read(window / "methane.cub")
    g = geometry.from_cube(straight)
    there = geometry.with_constants(g, 0.0, [400.0 - 315.48])  # as spiceinit does by the label
    path = saved(geometry.attach(straight, there), tmp_path / "told.cub")
    g, found = solved(path, tmp_path / "out.cub")
    assert found["MethaneLine"] is None and g.camera.cy.tolist() == [400.0]
    assert found.number("ResidualRms", unit="pixels") < 0.3


def test_a_list_with_an_image_that_shows_no_limb(fitted, tmp_path, capsys):
    (tmp_path / "one.lis").write_text(f"{fitted}/1.cub\n")
    main(f"FROMLIST={tmp_path}/one.lis", f"TO={tmp_path}/one.sav")
    assert "IMAGE1: no sunlit limb" in capsys.readouterr().err
    row = calfile.read(f"{tmp_path}/one.sav").rows[0]
    assert row["Method"] == "None" and row["TimeOffset"] is None
    with pytest.raises(SystemExit) as stop:
        main(f"FROMLIST={tmp_path}/one.lis", f"TO={tmp_path}/two.sav", "NOLIMB=ERROR")
    assert stop.value.code == 2 and not (tmp_path / "two.sav").exists()
    assert "IMAGE1: no sunlit limb" in capsys.readouterr().err


def test_refusals_of_a_table(fitted, spun, tmp_path, capsys):
    fit = f"FIT={fitted}/fit.sav"
    lost = cube.read(fitted / "0.cub")
    lost.isis.group("Archive").set("ProductId", "OTHER")
    lost = saved(lost, tmp_path / "lost.cub")
    message = refused(lost, capsys, fit)
    assert "no row for OTHER; there are IMAGE0, IMAGE1, IMAGE2" in message

    other = cube.read(spun[0])
    other.isis.group("Archive").set("ProductId", "IMAGE0")
    message = refused(saved(other, tmp_path / "spin.cub"), capsys, fit)
    assert "IMAGE0: Attitude = CK, that of the cube is SPIN" in message

    message = refused(fitted / "1.cub", capsys, f"FIT={fitted}/null.sav", "NOLIMB=ERROR")
    assert "IMAGE1: Method = None" in message
    assert "no column ProductId" in refused(lost, capsys, "FIT=juno/camera.sav")


@pytest.mark.parametrize(
    "words, message",
    [
        (["SOLVE=PHASE"], "SOLVE = PHASE: ATTITUDE = CK has no PHASE, it has TIME, HEIGHT"),
        (["SOLVE=(TIME,METHANE)"], "SOLVE = METHANE: the bands are BLUE, RED"),
        (["NOLIMB=NEIGHBOUR"], "NOLIMB = NEIGHBOUR needs neighbours"),
        (["METHOD=GRID", "SOLVE=HEIGHT"], "METHOD = GRID solves TIME alone"),
        (["METHOD=GRID", "TIES=YES"], "METHOD = GRID takes no TIES"),
        (["STEP=2"], "STEP is the step of METHOD = GRID"),
        (["SHARE=NONE"], "SHARE is between the images of a FROMLIST"),
        (["FIT=fit.sav", "SOLVE=TIME"], "SOLVE means nothing with it"),
        (["FROMLIST=pass.lis"], "FROM and FROMLIST: give one of them"),
    ],
)
def test_parameters_that_do_not_go_together(timed, words, message, capsys):
    assert message in refused(timed, capsys, *words)


def test_refusals_of_a_spin(spun, capsys):
    message = refused(spun[0], capsys, "SOLVE=(TIME,PHASE)")
    assert "ATTITUDE = SPIN has no TIME, it has AXIS, RATE, PHASE, HEIGHT" in message
    assert "PHASE must be among it" in refused(spun[0], capsys, "SOLVE=(AXIS,RATE)")
    assert "ATTITUDE = SPIN has none" in refused(spun[0], capsys, "METHOD=GRID")


def test_lists_that_are_none(timed, tmp_path, capsys):
    path = tmp_path / "x.lis"
    for text, told in (
        ("# nothing\n", "names no cube"),
        (f"{timed}\n{timed}\n", "are both of"),
        ("lost.cub\n", "lost.cub: cannot be read"),
    ):
        path.write_text(text)
        with pytest.raises(SystemExit):
            main(f"FROMLIST={path}", f"TO={tmp_path / 'out.sav'}")
        message = capsys.readouterr().err
        assert told in message and message.count("\n") == 1
        assert not (tmp_path / "out.sav").exists()


def test_what_is_not_solved_is_held(timed, spun, tmp_path):
    g, found = solved(timed, tmp_path / "time.cub", "SOLVE=TIME")
    assert found["LimbHeight"] is None
    assert_allclose(found.number("TimeOffset", unit="ms"), LATE, atol=0.2)
    _, found = solved(spun[0], tmp_path / "spin.cub", "SOLVE=(AXIS,RATE,PHASE)")
    assert found["LimbHeight"] is None and found["AxisOffsetSigma"] is not None


def test_the_grid_finds_the_millisecond(timed, told, tmp_path):
    words = "METHOD=GRID", "STEP=1ms"
    g, found = solved(timed, tmp_path / "grid.cub", *words)
    assert found["Method"] == "Grid" and found["LimbHeight"] is None
    offset = found.number("TimeOffset", unit="ms")
    assert offset == round(offset) and abs(offset - LATE) < 2.0
    assert_allclose(found.number("TimeOffsetSigma", unit="ms"), 1 / np.sqrt(12))
    assert_allclose(g.et, told.et + offset / 1e3, atol=1e-9)
    assert "no sunlit limb" not in str(found)


def test_pictures(timed, tmp_path):
    pytest.importorskip("matplotlib")
    for n, words in enumerate((["METHOD=LIMB"], ["METHOD=GRID", "STEP=20"])):
        picture = tmp_path / f"{n}.png"
        main(f"FROM={timed}", f"TO={tmp_path / 'o.cub'}", f"PLOT={picture}", "-quiet", *words)
        assert picture.read_bytes()[:4] == b"\x89PNG"


def test_without_matplotlib_the_picture_is_refused_in_one_line(timed, monkeypatch, capsys):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'perijove[plot]'" in refused(timed, capsys, "PLOT=x.png", "-quiet")


def test_a_pipe_gives_the_bytes_of_a_file(timed, shell, tmp_path):
    shell(f"jitter < {timed} > piped.cub; jitter FROM={timed} TO=filed.cub")
    assert (tmp_path / "piped.cub").read_bytes() == (tmp_path / "filed.cub").read_bytes()
    words = shell(f"jitter FROM={timed} | getkey GROUP=LimbFit KEYWORD=Method")
    assert words.stdout == b"Limb\n"
    assert b"jitter: start +13.3" in words.stderr


@pytest.mark.parametrize("attitude", ["CK", "SPIN"])
def test_the_truth_of_a_simulated_passage(simulated, attitude, shell, tmp_path):
    shell(
        f"spiceinit FROM={simulated}/if.cub KERNELS={simulated}/kernels ATTITUDE={attitude} -quiet"
        " | jitter TO=out.cub"
    )
    with open(simulated / "truth.pvl", "rb") as stream:
        truth = label.read(stream)[0].nodes("Truth")[0]
    found = cube.read(tmp_path / "out.cub").isis.nodes("LimbFit")[0]
    assert found.number("ResidualRms", unit="pixels") < 0.15 and found.integer("Points") > 2000
    heights = found.numbers("LimbHeight", 3, unit="km")
    assert_allclose(heights, truth.numbers("LimbHeight", 3, unit="km"), atol=15.0)
    if attitude == "CK":
        true = truth.number("TimeOffset", unit="ms")
        assert_allclose(found.number("TimeOffset", unit="ms"), true, atol=0.4)
    else:
        assert_allclose(found.number("SpinRate", unit="rpm"), 1.985, atol=1e-3)
        true = truth.numbers("AxisOffset", 2, unit="degrees")
        assert_allclose(found.numbers("AxisOffset", 2, unit="degrees"), true, atol=0.2)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A simulated image of eleven frames, calibrated, with the limb on both sides."""
    import subprocess

    folder = tmp_path_factory.mktemp("sim")
    line = (
        "junosim TO=. FRAMES=11 SEED=4 HEIGHT=60 TRUTH=NONE -quiet &&"
        " junocam2cub FROM=$(ls *-raw.png) -quiet | decompand -quiet | junocal TO=if.cub -quiet"
    )
    subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def real(testdata, tmp_path_factory):
    """The images of perijove 43 with what spiceinit knows, and the list of those in colour."""
    import subprocess

    folder = tmp_path_factory.mktemp("pj43")
    for name in ("43C00078", "43C00080", "43M00081"):
        raw = next((testdata / "junocam/pj43").glob(f"*-ImageSet/JNCE_2022186_{name}_V01-raw.png"))
        line = (
            f"junocam2cub FROM={raw} -quiet | decompand -quiet | junocal -quiet | spiceinit -quiet"
            f" KERNELS={testdata}/spice/juno ATTITUDE=SPIN TO={name}.cub"
        )
        subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, check=True)
    (folder / "pass.lis").write_text(f"{folder}/43C00078.cub\n{folder}/43C00080.cub\n")
    return folder


def test_a_real_image_of_perijove_43(real, tmp_path):
    """No C-kernel and no start value; the axis is the Earth's direction within half a degree."""
    _, found = solved(real / "43C00080.cub", tmp_path / "out.cub")
    assert found.number("ResidualRms", unit="pixels") < 0.15
    assert found.integer("Points") > 1200
    assert_allclose(found.number("SpinRate", unit="rpm"), 1.986, atol=0.003)
    assert_allclose(found.numbers("AxisOffset", 2, unit="degrees"), 0.0, atol=0.5)
    assert_allclose(found.numbers("LimbHeight", 3, unit="km"), 0.0, atol=60.0)


def test_two_real_images_together_tell_the_camera(real, tmp_path):
    """Started from a camera as the kernels have it, with no twist and no line offsets."""
    package = importlib.resources.files("perijove.calfiles") / "juno/camera.sav"
    zero = re.sub(r"(?m)^(  [A-Z]+) .*$", r"\1 0", package.read_text())
    zero = re.sub(r"Twist( *)= -?[\d.]+", r"Twist\1= 0.0", zero)
    (tmp_path / "zero.sav").write_text(re.sub(r"TwistSigma = [\d.]+", "TwistSigma = 0.5", zero))
    main(
        f"FROMLIST={real}/pass.lis",
        f"CAMERA={tmp_path}/zero.sav",
        f"TO={tmp_path}/fit.sav",
        "SOLVE=(AXIS,RATE,PHASE,HEIGHT,TWIST,LINEOFFSET)",
        "TIES=YES",
        "-quiet",
    )
    rows = calfile.read(f"{tmp_path}/fit.sav").rows
    for row, points in zip(rows, (500, 1200), strict=True):
        assert row["ResidualRms"] <= 0.15 and row["Points"] >= points
        assert row["TieRms"] < 0.2 and row["Ties"] > 50
        assert_allclose(row["SpinRate"], 1.986, atol=0.003)
        assert_allclose([row["AxisOffsetEast"], row["AxisOffsetNorth"]], 0.0, atol=0.5)
        assert_allclose(row["Twist"], -0.20, atol=0.05)
        assert_allclose(row["LineOffset_RED"], 0.33, atol=0.1)


def test_the_readout_window_of_a_real_methane_image(real, tmp_path):
    g, found = solved(real / "43M00081.cub", tmp_path / "out.cub")
    assert_allclose(found.number("MethaneLine", unit="pixels"), 420.0, atol=6.0)
    assert_allclose(g.camera.cy, found.number("MethaneLine", unit="pixels"))
    assert found.number("ResidualRms", unit="pixels") <= 0.5
    assert found.integer("Points") > 400
