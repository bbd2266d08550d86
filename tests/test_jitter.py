"""jitter recovers the start time or the spin that was put in."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, passage
from perijove.jitter import main
from perijove.kit import calfile, cube, geometry, label, render, scene, special
from perijove.kit.attitude import matrix
from perijove.kit.label import Quantity
from perijove.kit.spin import Spin

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


def saved(made, path):
    cube.write(path, made)
    return path


def solved(source, target, *words):
    """The geometry and Group LimbFit that jitter makes of a cube."""
    main(f"FROM={source}", f"TO={target}", "-quiet", *words)
    made = cube.read(target)
    return geometry.from_cube(made), made.isis.nodes("LimbFit")[0]


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
def spun(told, tmp_path_factory):
    """A cube without an attitude, and the geometry it truly had."""
    axis = -matrix(told.q)[0, 0]  # the spacecraft's +Z by MOUNT
    sunward = told.sun[0] - told.sc[0]
    guess = replace(told, mount=MOUNT, earth=axis, sunward=sunward / np.linalg.norm(sunward))
    guess = replace(Spin(guess).pose(0.0, 0.0, 2.0, 0.0), attitude="SPIN", solved=False)
    spin, middle = Spin(geometry.with_constants(guess, TWIST, OFFSETS)), len(guess) // 2

    def off_nadir(phase):
        return matrix(spin.pose(*TURN, phase).q)[middle, 2] @ told.sc[middle]

    true = spin.pose(*TURN, min(range(360), key=off_nadir) + 0.4)
    return saved(cube_of(guess, strip(true)), tmp_path_factory.mktemp("spin") / "spin.cub"), true


def pixels_off(g, true):
    """Largest angle, px, between the attitudes of two geometries."""
    turn = matrix(g.q) @ np.swapaxes(matrix(true.q), 1, 2)
    cosine = (np.trace(turn, axis1=1, axis2=2) - 1) / 2
    return np.arccos(np.minimum(cosine, 1.0)).max() * g.camera.focal


def test_start_time_and_limb_height_are_recovered(timed, told, tmp_path):
    g, found = solved(timed, tmp_path / "out.cub")
    assert_allclose(found.number("TimeOffset", unit="ms"), LATE, atol=0.05)
    assert_allclose(found.numbers("LimbHeight", 2, unit="km"), 0.0, atol=10.0)
    assert 0 < found.number("TimeOffsetSigma", unit="ms") < 0.2
    assert found.number("ResidualRms", unit="pixels") < 0.06 and found.integer("Points") > 1500
    assert_allclose(g.et, told.et + LATE / 1e3, atol=1e-4)
    assert g.solved and g.camera.twist == TWIST
    assert_allclose(g.camera.offsets, [OFFSETS["BLUE"], OFFSETS["RED"]])


def test_the_group_says_what_was_solved_and_what_was_not(timed, tmp_path):
    _, found = solved(timed, tmp_path / "out.cub")
    keys = ("TimeOffset", "SpinRate", "AxisOffset", "Twist", "LimbHeight")
    expected = [k for key in keys for k in (key, f"{key}Sigma")]
    assert [k for k, _ in found.items] == [*expected, "ResidualRms", "Points", "Method"]
    assert found["SpinRate"] is None and found["AxisOffsetSigma"] is None
    assert found["Twist"] == Quantity(TWIST, "degrees") and found["Method"] == "Limb"


def test_spin_is_recovered_without_a_start_value(spun, tmp_path):
    path, true = spun
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


def test_a_saturated_limb_is_left_out(timed, tmp_path):
    """Saturation blooms: a limb 5 px too far out, marked His behind it, does no harm."""
    made = cube.read(timed)
    core = made.core.copy()
    blue = core[0].reshape(-1, 128, 1648)
    bright = blue > 300.0
    for shift in (5, -5):
        bright |= np.roll(blue > 300.0, shift, axis=1)
    blue[bright] = special.HIS
    half = saved(made.replace(core=core), tmp_path / "half.cub")
    _, all_points = solved(timed, tmp_path / "all.cub")
    _, found = solved(half, tmp_path / "out.cub")
    assert_allclose(found.number("TimeOffset", unit="ms"), LATE, atol=0.05)
    assert found.integer("Points") < 0.6 * all_points.integer("Points")
    assert_allclose(found.numbers("LimbHeightSigma", 2, unit="km")[0], 200.0, rtol=0.01)  # prior


def test_dn_above_saturation_count_as_saturated_where_junocal_has_not_been(timed, tmp_path):
    with pytest.raises(SystemExit) as stop:
        main(f"FROM={timed}", f"TO={tmp_path / 'out.cub'}", "SATURATION=60", "-quiet")
    assert stop.value.code == 2


def test_on_one_side_the_sigma_tells(timed, told, tmp_path):
    """Four frames show only how the limb enters: time and height part by its curvature alone."""
    made = cube.read(timed)
    few = range(4)
    short = cube_of(told.select(few), made.core[:, : 4 * 128])
    _, both = solved(timed, tmp_path / "both.cub")
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


def test_refusals(timed, told, tmp_path, capsys):
    made = cube.read(timed)
    bare = replace(made, blobs=())
    assert "run spiceinit first" in refused(saved(bare, tmp_path / "bare.cub"), capsys)

    blind = geometry.attach(made, replace(told, attitude="NONE"))
    assert "Attitude = NONE" in refused(saved(blind, tmp_path / "blind.cub"), capsys)

    coded = cube_of(told, made.core, SampleBits=8)
    assert "run decompand first" in refused(saved(coded, tmp_path / "coded.cub"), capsys)

    main(f"FROM={timed}", f"TO={tmp_path / 'once.cub'}", "-quiet")
    assert "jitter has run" in refused(tmp_path / "once.cub", capsys)

    part = made.replace(core=made.core[:, :700])
    assert "expected the whole strip" in refused(saved(part, tmp_path / "part.cub"), capsys)


@pytest.mark.parametrize("level", [0.0, 800.0])
def test_an_image_without_a_limb_is_refused(timed, spun, level, tmp_path, capsys):
    """All sky, or the camera lost in the clouds."""
    for n, path in enumerate((timed, spun[0])):
        made = cube.read(path)
        noise = np.random.default_rng(1).normal(level, 2.0, made.core.shape)
        plain = saved(made.replace(core=noise.astype(np.float32)), tmp_path / f"{n}.cub")
        assert "no sunlit limb" in refused(plain, capsys)


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


def test_a_real_image_of_perijove_43(testdata, shell, tmp_path):
    """No C-kernel and no start value; the axis is the Earth's direction within half a degree."""
    raw = testdata / "junocam/pj43/13539-ImageSet/JNCE_2022186_43C00080_V01-raw.png"
    words = shell(
        f"junocam2cub FROM={raw} | decompand | junocal"
        f" | spiceinit KERNELS={testdata}/spice/juno ATTITUDE=SPIN | jitter TO=out.cub"
    )
    found = cube.read(tmp_path / "out.cub").isis.nodes("LimbFit")[0]
    assert found.number("ResidualRms", unit="pixels") < 0.15
    assert found.integer("Points") > 1000
    assert_allclose(found.number("SpinRate", unit="rpm"), 1.986, atol=0.003)
    assert_allclose(found.numbers("AxisOffset", 2, unit="degrees"), 0.0, atol=0.5)
    assert_allclose(found.numbers("LimbHeight", 3, unit="km"), 0.0, atol=60.0)
    assert b"degrees off the Earth" in words.stderr
