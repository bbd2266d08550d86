from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, RADII, made, passage, pattern, strip
from perijove.kit import cube, ellipsoid, geometry, mapping, projection, special
from perijove.kit.midtime import FIELD, picture, points
from perijove.midplane import main

SMALL = JUNOCAM.summed(4)


@pytest.fixture(scope="module")
def g():
    return passage(20000, frames=24, camera=SMALL, longitude=200.0)


@pytest.fixture(scope="module")
def core(g):
    return strip(g)


@pytest.fixture(scope="module")
def taken(g, core, tmp_path_factory):
    """The strip, and the picture of it, as files."""
    folder = tmp_path_factory.mktemp("midplane")
    cube.write(folder / "strip.cub", made(g, core, InterFrameDelay=0.372))
    main(f"FROM={folder / 'strip.cub'}", f"TO={folder / 'picture.cub'}", "-quiet")
    return folder


def test_the_picture_is_what_a_pinhole_camera_sees_at_mid_time(g, taken):
    image = cube.read(str(taken / "picture.cub"))
    mid = geometry.from_cube(image)
    assert len(mid) == 1 and mid.et[0] == g.et.mean()
    assert_allclose(mid.o[0], g.mid().o[0], atol=1e-6)
    camera = mid.camera
    assert (camera.focal, camera.k1, camera.k2) == (SMALL.focal, 0.0, 0.0)
    assert (camera.first, camera.last) == (0, image.core.shape[2])
    x, y = np.meshgrid(np.arange(camera.samples) + 0.5, np.arange(camera.lines) + 0.5)
    for band, dn in enumerate(image.core):
        d = mid.look(0, x, y, band)
        p = mid.hit(0, d)
        inner = ~np.isnan(p[..., 0]) & ~np.isnan(dn)
        inner[inner] = mid.angles(0, p[inner])[1] > 0.4
        assert inner.sum() > 0.3 * dn.size
        assert_allclose(dn[inner], pattern(p[inner]), atol=3)  # of a range of 600
        assert_allclose(np.mean(dn[inner] - pattern(p[inner])), 0, atol=0.1)


def test_axis_and_scale_of_the_picture(g):
    """A point seen straight along the boresight lies on the axis; SCALE enlarges about it."""
    small, large = (picture(g, scale)[0] for scale in (1.0, 2.5))
    for mid, scale in ((small, 1.0), (large, 2.5)):
        x, y, z = mid.project(0, mid.hit(0, mid.M[0][:, 2]))
        assert_allclose([x, y], 0, atol=scale * SMALL.focal * 3e-4)  # aberration at 60 km/s
        assert z > 0.999
    for size in ("samples", "lines", "cx"):
        ratio = getattr(large.camera, size) / getattr(small.camera, size)
        assert_allclose(ratio, 2.5, rtol=0.01)


def test_a_pixel_of_the_strip_is_found_through_the_picture(g):
    """strip pixel -> surface -> picture pixel -> surface -> strip pixel."""
    mid, _ = picture(g, 1.0)
    rng = np.random.default_rng(4)
    frame = rng.integers(0, len(g), 400)
    x, y = rng.uniform(10, 400, 400), rng.uniform(0, 32, 400)
    p = g.hit(frame, g.look(frame, x, y, 1))
    met = ~np.isnan(p[:, 0])
    frame, x, y, p = frame[met], x[met], y[met], p[met]
    u, v, _ = mid.project(0, p)
    found, surface = points(mid)(v + mid.camera.cy[0] - 0.5, u + mid.camera.cx - 0.5)
    assert surface.sum() > 150 and surface.mean() > 0.99  # the rest lies beyond mid-time's limb
    back = g.project(frame[surface], found[surface][:, None])
    assert_allclose(back[0][:, 0] + SMALL.cx, x[surface], atol=1e-3)
    assert_allclose(back[1][:, 0] + SMALL.cy[1], y[surface], atol=1e-3)


def test_parallax_is_more_than_a_turn(g):
    """From 20,000 km the picture differs from a mere rotation of the frames by pixels."""
    mid, _ = picture(g, 1.0)
    p = ellipsoid.surface(12.0, 200.0, RADII)[0]
    f = 3
    d = p - g.o[f]  # the direction frame f saw it in, drawn as if seen from mid-time's place
    turned = mid.project(0, mid.o[0] + d)
    right = mid.project(0, p)
    assert np.hypot(turned[0] - right[0], turned[1] - right[1]) > 1.5


def test_the_field_is_continuous_at_the_limb(g):
    mid, _ = picture(g, 1.0)
    sample = mid.camera.samples / 2
    line = np.linspace(0, mid.camera.lines, 200001)  # a column across the limb
    p, surface = points(mid)(line, sample)
    step = np.flatnonzero(surface[1:] != surface[:-1])
    assert 1 <= len(step) <= 2
    for i in step:
        x, y, _ = g.project(np.arange(len(g)), np.broadcast_to(p[None, i : i + 2], (len(g), 2, 3)))
        jump = np.hypot(np.diff(x), np.diff(y))
        seen = (abs(y).max(1) < 60) & (abs(x).max(1) < 210)
        assert seen.any() and jump[seen[:]].max() < 0.05


@pytest.mark.parametrize("altitude", [8000, 20000, 60000])
def test_mapping_the_picture_is_mapping_the_strip(altitude):
    g = passage(altitude, frames=20, camera=SMALL, longitude=200.0)
    centre = ellipsoid.latlon(g.mid().o[0], g.radii)

    def ramp(axis):
        """DN that grows by 100 per pixel of the camera below the spacecraft, along an axis."""

        def scene(p):
            return np.where(np.isnan(p[..., 0]), 0, p @ axis * 100 * SMALL.focal / altitude)

        return scene

    mid, _ = picture(g, 1.0)
    grid = projection.grid(
        "Orthographic", "Jupiter", RADII, altitude / SMALL.focal,
        (centre[0] - 6, centre[0] + 6, centre[1] - 6, centre[1] + 6), *centre,
    )  # fmt: skip
    shape = mid.camera.lines, mid.camera.samples
    for axis in mid.M[0][:, :2].T:  # across and along the picture
        core = strip(g, ramp(axis))
        image = mapping.resample(core, g, points(mid), shape)
        direct = mapping.resample(core, g, grid.points, grid.shape, maxemission=60)
        through = mapping.resample(image, mid, grid.points, grid.shape, maxemission=60)
        both = (~np.isnan(direct + through)).astype(np.uint8)
        inner = [cv2.erode(band, np.ones((5, 5), np.uint8)) > 0 for band in both]
        assert np.mean(inner) > 0.2
        assert abs(direct - through)[inner].max() < 10  # 0.1 px


def test_saturated_samples_stay_his_and_the_sky_is_sky(g, core):
    full = core.copy()
    full[1][full[1] > 1150] = special.HIS
    full[:, :, 100:110] = special.NULL
    mid, _ = picture(g, 1.0)
    shape = mid.camera.lines, mid.camera.samples
    out = mapping.resample(full, g, points(mid), shape)
    kinds = special.kinds(out)
    assert (kinds[1] == 4).sum() > 500 and (kinds[[0, 2]] == 4).sum() == 0
    line, sample = np.mgrid[: shape[0], : shape[1]]
    _, surface = points(mid)(line, sample)
    sky = mapping.resample(core, g, points(mid), shape)[1][~surface]
    assert np.isfinite(sky).sum() > 1000
    assert np.median(sky[np.isfinite(sky)]) == 0


def test_near_perijove_the_picture_ends_at_its_field(tmp_path, capfd):
    g = passage(4000, frames=40, camera=SMALL)
    cube.write(tmp_path / "strip.cub", made(g, np.ones((3, 40 * 32, 412), np.float32)))
    main(f"FROM={tmp_path / 'strip.cub'}", f"TO={tmp_path / 'picture.cub'}")
    told = capfd.readouterr().err
    assert f"% of the planet in the strip lies beyond {FIELD:g} degrees: left out" in told
    camera = geometry.from_cube(cube.read(str(tmp_path / "picture.cub"))).camera
    edge = SMALL.focal * np.tan(np.radians(FIELD))
    assert 0.9 * 2 * edge < camera.lines < 2 * edge + 2


def test_a_strip_of_a_whole_turn_is_taken_where_it_looks_at_the_planet():
    g = passage(60000, frames=82, camera=SMALL)
    half = np.pi / 0.2077  # s, half a turn
    behind = replace(g.shift(half), sc=g.sc, vsc=g.vsc, lt=g.lt, qb=g.qb)  # only the attitude turns
    for strip_geometry in (g, behind):
        mid, _ = picture(strip_geometry, 1.0)
        nadir = -mid.M[0][:, 2] @ mid.o[0] / np.linalg.norm(mid.o[0])
        assert nadir > np.cos(np.radians(5))


def test_refusals(taken, tmp_path, capfd, g, core):
    cube.write(tmp_path / "guess.cub", made(replace(g, solved=False, attitude="SPIN"), core))
    for words, message in (
        ((f"FROM={tmp_path / 'guess.cub'}",), "first guess, not solved yet (run jitter)"),
        ((f"FROM={taken / 'strip.cub'}", "SCALE=0"), "SCALE = 0: expected at least 0.01"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(*words, f"TO={tmp_path / 'no.cub'}")
        assert stopped.value.code == 2 and message in capfd.readouterr().err


def test_a_strip_without_the_planet_is_a_picture_of_the_sky(g):
    away = replace(g, sc=-g.sc)  # the planet lies behind the camera all the time
    mid, lost = picture(away, 1.0)
    assert lost == 0 and mid.et[0] == g.et.mean()
    p, surface = points(mid)(np.arange(5.0)[:, None], np.arange(6.0))
    assert p.shape == (5, 6, 3) and np.isfinite(p).all() and not surface.any()
    assert (mid.project(0, p)[2] > 0).all()


def test_a_pipe_maps_the_picture(taken, shell, tmp_path):
    shell(f"midplane < {taken}/strip.cub -quiet | mapproj RESOLUTION=2 -quiet > piped.cub")
    shell(f"mapproj FROM={taken}/picture.cub RESOLUTION=2 TO=filed.cub -quiet")
    assert (tmp_path / "piped.cub").read_bytes() == (tmp_path / "filed.cub").read_bytes()
    found = cube.read(str(tmp_path / "piped.cub"))
    assert found.group("Instrument")["NumberFramelets"] == 1
    assert (~np.isnan(found.core[1])).sum() > 1000
    assert "midplane" in found.history and "mapproj" in found.history
