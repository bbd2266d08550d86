"""jitter finds where a frame camera pointed: frames rendered with a known error, and Saturn."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import passage
from perijove.jitter import main
from perijove.kit import (
    calfile,
    cube,
    edge,
    ellipsoid,
    geometry,
    limb,
    limbfit,
    limbframe,
    render,
    scene,
    special,
)
from perijove.kit.attitude import matrix, quaternion
from perijove.kit.camera import Camera
from perijove.kit.fitimage import Image
from refusal import refusal
from runs import saved, solved

RADII = np.array([60268.0, 60268.0, 54364.0])  # km, Saturn
FOCAL = 127248.0  # px, Voyager's narrow angle
LINES, SAMPLES, RADIUS = 604, 598, 170.0  # px: whole tiles of `render`, and the planet's
SKY, BRIGHT, NOISE = 12.0, 170.0, 1.0  # DN
CENTRE = 290.0, 310.0  # line and sample where the planet's centre is
WHITE = scene.padded(np.ones((180 * scene.PPD, 360 * scene.PPD), np.float32))


def frame(phase, centre=CENTRE, filters="CLEAR"):
    """The Geometry of a frame that sees a planet's centre there, the Sun phase degrees off."""
    toward, _ = ellipsoid.surface(18.0, 40.0, np.ones(3))  # of the observer from the planet
    up = np.array([0.25, 0.3, 0.92]) - toward * (toward @ [0.25, 0.3, 0.92])
    up /= np.linalg.norm(up)
    right = np.cross(-toward, up)
    at = np.radians(phase)
    sunward = np.cos(at) * toward - np.sin(at) * (0.9 * right + np.sqrt(0.19) * up)
    sc = toward * RADII[0] * FOCAL / RADIUS
    start = np.stack([right, np.cross(-toward, right), -toward])  # the boresight at the centre
    camera = Camera(
        *(FOCAL, SAMPLES / 2, [LINES / 2], 0.0, 0.0, LINES, SAMPLES, 0, SAMPLES, [filters])
    )
    line, sample = centre[0] - LINES / 2, centre[1] - SAMPLES / 2
    one = np.ones((1, 3))
    return geometry.Geometry(
        et=np.array([-6.05e8]),
        lt=np.array([np.linalg.norm(sc) / geometry.C]),
        sc=sc * one,
        vsc=np.array([[9.0, -12.0, 5.0]]),
        vt=np.array([[4.0, 8.0, 3.0]]),
        q=quaternion(aimed(start, line, sample))[None],
        av=np.zeros((1, 3)),
        qb=np.array([[1.0, 0.0, 0.0, 0.0]]),
        sun=1.4e9 * sunward * one,
        w=1.6e-4,
        radii=RADII,
        camera=camera,
        target="Saturn",
        frame="IAU_SATURN",
    )


def aimed(start, line, sample):
    """The attitude whose camera sees on (line, sample) px from its axis what start sees on it."""
    z = np.array([sample, line, FOCAL]) / np.linalg.norm([sample, line, FOCAL])
    x = np.array([1.0, 0.0, 0.0]) - z[0] * z
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z]).T @ start


def centre(g):
    """Line and sample of the planet's centre, the first pixel's centre at 0.5."""
    x, y, _ = g.project(0, np.zeros(3))
    return np.array([y + g.camera.cy[0], x + g.camera.cx])


def seen(g, k=0.8, psf=1.0, rings=False, seed=1):
    """DN (1, lines, samples) of a Minnaert planet on a dark sky, with noise."""
    core = render.radiance(g, 0, 0, WHITE, k, psf)
    if rings:
        x, y = np.meshgrid(np.arange(SAMPLES) + 0.5, np.arange(LINES) + 0.5)
        d = g.look(0, x, y, 0)
        t = -g.o[0, 2] / d[..., 2]
        r = np.linalg.norm((g.o[0] + t[..., None] * d)[..., :2], axis=-1) / RADII[0]
        body = np.linalg.norm(g.hit(0, d) - g.o[0], axis=-1)
        shown = (r > 1.24) & (r < 2.27) & ((r < 1.95) | (r > 2.02)) & ~(body < t)
        core = np.where(shown, 0.45 + 0.2 * np.sin(9 * r), core)
    noise = np.random.default_rng(seed).normal(0.0, NOISE, core.shape)
    return (SKY + BRIGHT * core + noise).astype(np.float32)[None]


def off(g, line, sample):
    """The Geometry that a platform's error makes of g: the scene is line, sample px off it."""
    return replace(g, q=quaternion(aimed(matrix(g.q[0]), -line, -sample))[None])


def cube_of(g, core, product="FRAME", **groups):
    """A cube in object space, as geoma and spiceinit leave it."""
    instrument = dict(
        SPACECRAFT_NAME="VOYAGER_1", INSTRUMENT_ID="NA", TargetName="Saturn", SampleBits=8
    )
    made = cube.new(
        core,
        Instrument=instrument,
        Archive=dict(ProductId=product),
        BandBin=dict(FilterName=list(g.camera.names)),
        Geoma=dict(Space="Object"),
        **groups,
    )
    return geometry.attach(made, g)


@pytest.fixture(scope="module")
def crescent():
    """The true geometry at phase 70 and what the camera saw."""
    g = frame(70.0)
    return g, seen(g)


@pytest.fixture(scope="module")
def full():
    """The true geometry at phase 13, where no limb has mu0 above 0.25, and the picture."""
    g = frame(13.0)
    return g, seen(g)


@pytest.mark.parametrize("error", [(4.0, -3.0), (-40.0, 30.0), (90.0, -120.0)])
def test_a_pointing_error_of_5_50_and_150_pixels_is_recovered(crescent, error, tmp_path):
    true, core = crescent
    told = off(true, *error)
    assert_allclose(centre(true) - centre(told), error, atol=0.02)  # what `off` says
    g, found = solved(saved(cube_of(told, core), tmp_path / "in.cub"), tmp_path / "out.cub")
    assert_allclose(centre(g), centre(true), atol=0.05)
    offset, sigma = (found.numbers(f"PointingOffset{s}", 2, unit="pixels") for s in ("", "Sigma"))
    assert_allclose(offset, error, atol=0.05)
    assert (np.array(sigma) > 0.01).all() and (np.array(sigma) < 0.3).all()
    assert found.number("ResidualRms", unit="pixels") < 0.05 and found.integer("Points") > 250
    assert abs(found.numbers("LimbHeight", 1, unit="km")[0]) < 100.0  # a third of a pixel
    assert g.solved and limb.staring(g)
    assert_allclose(g.et, true.et, atol=0)  # a frame has its time


@pytest.mark.parametrize("phase, tolerance", [(13.0, 0.1), (100.0, 0.05)])
def test_full_and_thin(phase, tolerance):
    true = frame(phase)
    core = seen(true)
    fit = limbfit.fit(Image("x", lambda: core, off(true, 25.0, 60.0)), {"POINTING", "HEIGHT"})
    assert_allclose(centre(fit.geometry), centre(true), atol=tolerance)


@pytest.mark.parametrize("phase", [13.0, 70.0])
def test_only_the_sunlit_half_is_used(phase):
    """The Sun's direction in the picture, from the image of a point that lies towards it."""
    g = frame(phase)
    fit = limbfit.fit(Image("x", lambda: seen(g), off(g, 9.0, 5.0)), {"POINTING", "HEIGHT"})
    x, y, _ = g.project(0, RADII.max() * g.sunb)
    x0, y0, _ = g.project(0, np.zeros((1, 3)))
    towards = np.array([x - x0, y - y0])[:, 0] / np.hypot(x - x0, y - y0)
    cosine = fit.at.nx * towards[0] + fit.at.ny * towards[1]
    least = 0.25 * np.sin(np.radians(phase))
    assert cosine.min() > least - 0.02 and cosine.min() < least + 0.05
    assert cosine.max() > 0.999


def test_all_of_the_limb_would_move_the_centre_by_pixels(full, monkeypatch):
    """The trap: at phase 13 the far side looks like a limb, some pixels inside the true one."""
    true, core = full
    monkeypatch.setattr(limb, "SUNLIT", -9.0)
    fit = limbfit.fit(Image("x", lambda: core, off(true, 9.0, 5.0)), {"POINTING", "HEIGHT"})
    assert np.hypot(*(centre(fit.geometry) - centre(true))) > 1.0


@pytest.mark.parametrize("phase", [13.0, 60.0])
def test_rings_do_no_harm(phase):
    true = frame(phase)
    core = seen(true, rings=True)
    fit = limbfit.fit(Image("x", lambda: core, off(true, -60.0, 45.0)), {"POINTING", "HEIGHT"})
    assert_allclose(centre(fit.geometry), centre(true), atol=0.2)


@pytest.mark.parametrize("place", [(30.0, 310.0), (290.0, 620.0), (620.0, 600.0)])
def test_a_disc_that_leaves_the_frame(place):
    true = frame(50.0, place)
    core = seen(true)
    fit = limbfit.fit(Image("x", lambda: core, off(true, 60.0, -50.0)), {"POINTING", "HEIGHT"})
    miss = np.abs(centre(fit.geometry) - centre(true))
    assert (miss < np.maximum(3 * fit.sigma[:2], 0.05)).all() and miss.max() < 0.3


def test_what_a_vidicon_adds(crescent):
    """Null around the frame, marks every 92 pixels, noise of 5 DN, a moon, hot pixels."""
    true, core = crescent
    rng = np.random.default_rng(7)
    core = core[0] + rng.normal(0.0, 5.0, core[0].shape).astype(np.float32)
    y, x = np.mgrid[:LINES, :SAMPLES]
    core[np.hypot(x - 520.0, y - 90.0) < 20.0] = 150.0
    core[(x % 92 < 3) & (y % 92 < 3)] = 3.0
    core[rng.random(core.shape) < 2e-4] = 250.0
    core[(y < 20 + 3 * np.sin(x / 40)) | (x < 25)] = special.NULL
    fit = limbfit.fit(
        Image("x", lambda: core[None], off(true, -70.0, 50.0)), {"POINTING", "HEIGHT"}
    )
    assert_allclose(centre(fit.geometry), centre(true), atol=0.1)
    assert 0.05 < fit.rms < 0.4


def test_a_turn_about_the_boresight(crescent):
    true, core = crescent
    told = geometry.with_constants(off(true, 12.0, -8.0), -0.4, [0.0])
    told = replace(told, camera=true.camera)  # nobody knows of the turn
    fit = limbfit.fit(Image("x", lambda: core, told), {"POINTING", "HEIGHT", "TWIST"})
    assert 0.2 < fit.u[2] < 0.45  # a planet a tenth oblate: the prior, 0 +- 0.5, pulls
    assert abs(fit.u[2] - 0.4) < fit.sigma[2] < 0.4
    assert_allclose(centre(fit.geometry), centre(true), atol=0.1)


def smooth(seed):
    """Clouds: blurred noise, their brightness as that of a planet."""
    rough = np.random.default_rng(seed).normal(0.0, 1.0, (LINES, SAMPLES))
    soft = np.fft.irfft2(
        np.fft.rfft2(rough)
        * np.exp(
            -0.5 * (20 * np.hypot(np.fft.fftfreq(LINES)[:, None], np.fft.rfftfreq(SAMPLES))) ** 2
        ),
        s=rough.shape,
    )
    return 100.0 + 30.0 * soft / soft.std()


@pytest.mark.parametrize("what", ["sky", "clouds", "moon", "null", "ramp", "stars", "huge"])
def test_a_frame_without_a_planet_has_no_limb(what):
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:LINES, :SAMPLES]
    core = {
        "sky": rng.normal(20.0, 4.0, (LINES, SAMPLES)),
        "clouds": smooth(1),
        "moon": np.where(np.hypot(x - 300, y - 200) < 60, 150.0, 10.0),
        "null": np.full((LINES, SAMPLES), special.NULL),
        "ramp": 0.2 * x + 0.1 * y,
        "stars": np.where(rng.random((LINES, SAMPLES)) < 1e-3, 200.0, 10.0),
        "huge": np.where(y < 300, 3.4e38, -3.4e38),
    }[what].astype(np.float32)[None]
    with pytest.raises(limbfit.NoLimb, match="no sunlit limb"):
        limbfit.fit(Image("x", lambda: core, frame(60.0)), {"POINTING", "HEIGHT"})


def test_the_limb_of_a_needle_has_no_profile_to_fit():
    g = frame(60.0)
    at = limb.points(replace(g, radii=RADII / [60, 1, 1]))
    core = np.full((1, LINES, SAMPLES), 90.0, np.float32)
    assert len(edge.refined(core, LINES, at)) < len(at)  # and no LinAlgError


def test_the_turn_of_eq_1_moves_the_boresight_there():
    g = frame(60.0, (LINES / 2, SAMPLES / 2))  # the planet's centre on it
    assert_allclose(centre(limbframe.turned(g, 0.0, 0.0)), centre(g), atol=0)
    moved = centre(limbframe.turned(g, -120.0, 45.0)) - centre(g)
    assert_allclose(moved, [-120.0, 45.0], atol=2e-3)
    back = limbframe.turned(limbframe.turned(g, -120.0, 45.0), 120.0, -45.0)
    assert_allclose(matrix(back.q), matrix(g.q), atol=1e-7)


def test_what_is_a_frame():
    assert limb.staring(frame(60.0))
    assert not limb.staring(replace(frame(60.0), attitude="NONE"))
    assert not limb.staring(replace(frame(60.0), av=np.array([[0.0, 0.2, 0.0]])))
    assert not limb.staring(passage(90000.0, frames=3))


def test_the_group_of_a_frame(crescent, tmp_path):
    true, core = crescent
    path = saved(cube_of(off(true, 8.0, 3.0), core), tmp_path / "in.cub")
    _, found = solved(path, tmp_path / "out.cub")
    keys = ("TimeOffset", "SpinRate", "SpinPhase", "AxisOffset", "Twist", "LimbHeight")
    keys += ("LineOffset", "PointingOffset", "MethaneLine")
    expected = [k for key in keys for k in (key, f"{key}Sigma")]
    expected += ["ResidualRms", "Points", "TieRms", "Ties", "Method"]
    assert [k for k, _ in found.items] == expected
    for key in ("TimeOffset", "SpinRate", "AxisOffset", "LineOffset", "TwistSigma"):
        assert found[key] is None
    assert found.number("Twist", unit="degrees") == 0.0 and found["Method"] == "Limb"


def test_a_calibrated_frame_gives_the_same_pointing(crescent, tmp_path):
    """I/F is a scale and an offset; what voycal marked as saturated stays so."""
    true, core = crescent
    told, offsets = off(true, 8.0, 3.0), []
    for n, made in enumerate(
        (cube_of(told, core), cube_of(told, (core - SKY) / 400.0, Radiometry=dict(W0=1347.0)))
    ):
        _, found = solved(saved(made, tmp_path / f"{n}.cub"), tmp_path / "out.cub")
        offsets.append(found.numbers("PointingOffset", 2, unit="pixels"))
    assert_allclose(offsets[0], offsets[1], atol=0.01)


def test_a_saturated_limb_is_left_out_of_a_raw_frame(crescent, tmp_path):
    true, core = crescent
    bright = np.where(core > 180.0, 255.0, core)  # blooms: the edge moves outward
    path = saved(cube_of(off(true, 8.0, 3.0), bright), tmp_path / "in.cub")
    _, all_points = solved(path, tmp_path / "out.cub", "SATURATION=300")
    _, found = solved(path, tmp_path / "out.cub")
    assert found.integer("Points") < 0.7 * all_points.integer("Points")
    assert_allclose(found.numbers("PointingOffset", 2, unit="pixels"), [8.0, 3.0], atol=0.1)


def test_without_a_limb_the_geometry_stays(crescent, tmp_path, capsys):
    true, core = crescent
    told = off(true, 8.0, 3.0)
    path = saved(cube_of(told, np.full_like(core, SKY)), tmp_path / "in.cub")
    main(f"FROM={path}", f"TO={tmp_path / 'out.cub'}")
    assert "Method = None" in capsys.readouterr().err
    made = cube.read(tmp_path / "out.cub")
    found = made.isis.nodes("LimbFit")[0]
    assert found["PointingOffset"] is None and found.integer("Points") == 0
    assert_allclose(geometry.from_cube(made).q, told.q, atol=1e-15)
    line = refusal(main)(capsys, 2, f"FROM={path}", f"TO={tmp_path / 'no.cub'}", "NOLIMB=ERROR")
    assert "no sunlit limb" in line and not (tmp_path / "no.cub").exists()


@pytest.fixture(scope="module")
def listed(crescent, full, tmp_path_factory):
    """Two frames, ten minutes apart, their errors and the table of their joint fit."""
    folder = tmp_path_factory.mktemp("frames")
    errors, lines = {"A": (33.0, -21.0), "B": (-15.0, 48.0)}, []
    for late, (name, (true, core)) in enumerate(zip("AB", (crescent, full), strict=True)):
        told = off(true, *errors[name])
        told = replace(told, et=told.et + 600.0 * late)
        lines.append(str(saved(cube_of(told, core, name), folder / f"{name}.cub")))
    (folder / "frames.lis").write_text("\n".join(lines))
    main(f"FROMLIST={folder}/frames.lis", f"TO={folder}/fit.sav", "-quiet")
    return folder, errors


def test_a_list_gives_each_frame_its_own_pointing(listed):
    folder, errors = listed
    rows = calfile.read(f"{folder}/fit.sav").rows
    assert [(row["ProductId"], row["Attitude"]) for row in rows] == [("A", "FRAME"), ("B", "FRAME")]
    for row in rows:
        told = row["PointingOffsetLine"], row["PointingOffsetSample"]
        assert_allclose(told, errors[row["ProductId"]], atol=0.2)
        assert row["PointingOffsetLineSigma"] > 0 and row["Points"] > 200
    assert rows[0]["LimbHeight_CLEAR"] == rows[1]["LimbHeight_CLEAR"]  # shared by the pass
    assert "TimeOffset" not in rows[0] and "LimbHeight_GREEN" not in rows[0]


def test_a_row_of_the_table_is_applied(listed, crescent, tmp_path):
    folder, errors = listed
    g, found = solved(folder / "A.cub", tmp_path / "out.cub", f"FIT={folder}/fit.sav")
    assert_allclose(found.numbers("PointingOffset", 2, unit="pixels"), errors["A"], atol=0.2)
    assert found["Method"] == "Table" and found.integer("Points") == 0
    assert_allclose(centre(g), centre(crescent[0]), atol=0.2)


@pytest.mark.parametrize(
    "words, message",
    [
        (["SOLVE=TIME"], "a frame, as FRAME, has no TIME, it has POINTING, HEIGHT, TWIST"),
        (["SOLVE=(POINTING,LINEOFFSET)"], "a frame, as FRAME, has no LINEOFFSET"),
        (["METHOD=GRID"], "METHOD = GRID finds a start time: FRAME is a frame, of which POINTING"),
        (["TIES=YES"], "TIES = YES needs several framelets: FRAME is a frame"),
        (["CAMERA=juno/camera.sav"], "CAMERA is of strips: FRAME is a frame"),
        (["NOLIMB=NEIGHBOUR", "FIT=fit.sav"], "NOLIMB = NEIGHBOUR: no other image knows"),
    ],
)
def test_what_a_frame_has_not(crescent, words, message, tmp_path, capsys):
    path = saved(cube_of(*crescent), tmp_path / "in.cub")
    assert message in refusal(main)(capsys, 2, f"FROM={path}", f"TO={tmp_path}/o.cub", *words)
    assert not (tmp_path / "o.cub").exists()


def test_what_a_strip_has_not_and_a_list_of_both(listed, tmp_path, capsys):
    import passage as passages

    strip = passages.made(
        *(passage(90000.0, frames=3), np.zeros((3, 384, 1648), np.float32)), SampleBits=12
    )
    path = saved(strip, tmp_path / "strip.cub")
    words = f"FROM={path}", f"TO={tmp_path}/o.cub", "SOLVE=POINTING"
    line = refusal(main)(capsys, 2, *words)
    assert "SOLVE = POINTING: ATTITUDE = CK has no POINTING, it has TIME, HEIGHT" in line
    (tmp_path / "both.lis").write_text(f"{listed[0]}/A.cub\n{path}\n")
    line = refusal(main)(capsys, 2, f"FROMLIST={tmp_path}/both.lis", f"TO={tmp_path}/o.sav")
    assert "A.cub is a frame" in line and "strip.cub a strip: fit them apart" in line


def test_other_refusals_of_a_frame(listed, crescent, tmp_path, capsys):
    true, core = crescent
    folder, _ = listed

    def told(made, *words):
        path = saved(made, tmp_path / "in.cub")
        return refusal(main)(capsys, 2, f"FROM={path}", f"TO={tmp_path}/o.cub", *words)

    made = cube_of(true, core)
    assert "no row for FRAME; there are A, B" in told(made, f"FIT={folder}/fit.sav")
    assert "604 lines" in told(made.replace(core=core[:, :300]))
    blind = cube_of(replace(true, attitude="NONE"), core)
    assert "Attitude = NONE" in told(blind)
    solved(folder / "A.cub", tmp_path / "done.cub")
    line = refusal(main)(capsys, 2, f"FROM={tmp_path}/done.cub", f"TO={tmp_path}/o.cub")
    assert "jitter has run" in line


def test_a_picture_and_a_pipe(crescent, shell, tmp_path):
    pytest.importorskip("matplotlib")
    true, core = crescent
    path = saved(cube_of(off(true, 8.0, 3.0), core), tmp_path / "in.cub")
    words = shell(f"jitter < {path} > piped.cub && jitter FROM={path} TO=filed.cub PLOT=fit.png")
    assert (tmp_path / "fit.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "piped.cub").stat().st_size > 4 * LINES * SAMPLES
    assert b"jitter: pointing +8.0" in words.stderr and b"lines, +3.0" in words.stderr
    line, sample = (tmp_path / name for name in ("piped.cub", "filed.cub"))
    assert_allclose(*(geometry.from_cube(cube.read(one)).q for one in (line, sample)), atol=0)


@pytest.fixture(scope="module")
def saturn(testdata, tmp_path_factory):
    """c3440346, raw, through the chain as far as spiceinit."""
    folder = tmp_path_factory.mktemp("saturn")
    line = (
        "voy2cub FROM={0}/c3440346.img | remrx | geoma |"
        " spiceinit KERNELS={0}/kernels TO=saturn.cub"
    ).format(testdata / "voyager")
    subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, check=True)
    return folder / "saturn.cub"


def test_saturn_is_where_the_picture_shows_it(saturn, tmp_path):
    """Centre by an independent fit to the sunlit limb: line 395.9, sample 618.5."""
    before = geometry.from_cube(cube.read(saturn))
    assert_allclose(centre(before) + 0.5, [472.0, 573.3], atol=0.3)  # by the kernels alone
    g, found = solved(saturn, tmp_path / "out.cub")
    assert_allclose(centre(g) + 0.5, [395.9, 618.5], atol=1.0)
    assert found.number("ResidualRms", unit="pixels") < 0.3 and found.integer("Points") > 450
    sigma = found.numbers("PointingOffsetSigma", 2, unit="pixels")
    assert (np.array(sigma) > 0.1).all() and (np.array(sigma) < 0.5).all()

    turned, found = solved(saturn, tmp_path / "out.cub", "SOLVE=(POINTING,HEIGHT,TWIST)")
    assert_allclose(centre(turned) + 0.5, [395.9, 618.5], atol=1.0)
    assert -1.5 < found.number("Twist", unit="degrees") < 0.5  # -0.6 by the independent fit


def test_the_fitted_limb_of_saturn_lies_on_the_edge_of_the_picture(saturn, tmp_path):
    """Away from the rings the picture falls from half its height within 2 pixels of the limb."""
    g, found = solved(saturn, tmp_path / "out.cub")
    core = cube.read(saturn).core[0]
    height = found.numbers("LimbHeight", 1, unit="km")[0]
    at = limb.points(g, spacing=30.0)
    at = at.moved(at.gain * height)
    west = at[(at.nx < -0.5) & (at.ny > -0.6)]  # far from the rings, Sun behind the camera's left
    inner, outer = (
        core[(west.y + s * west.ny).astype(int), (west.x + s * west.nx).astype(int)]
        for s in (-5.0, 4.0)
    )
    assert len(west) > 8 and (inner > 2.2 * outer).all()
