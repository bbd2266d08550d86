from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, passage, strip
from perijove.kit import cube, geometry, special, ties

SMALL = JUNOCAM.summed(4)
FRAMES = 22
ALTITUDE = 45000


def texture(p):
    """A DN at surface points p (..., 3) km: 40 waves of 5 to 14 px of SMALL, any direction."""
    rng = np.random.default_rng(3)
    k = rng.normal(size=(40, 3))
    length = rng.uniform(5, 14, 40) * ALTITUDE / SMALL.focal
    k *= (2 * np.pi / length / np.linalg.norm(k, axis=1))[:, None]
    phase = rng.uniform(0, 2 * np.pi, 40)
    waves = np.zeros(np.shape(p)[:-1])
    for wave, start in zip(k, phase, strict=True):
        waves += np.cos(p @ wave + start)
    return 1000 + 30 * waves


@pytest.fixture(scope="module")
def images():
    """Two images of one passage, 40 s apart, the second of fewer bands: cores and geometries."""
    g = passage(ALTITUDE, FRAMES, SMALL)
    later = replace(passage(ALTITUDE, FRAMES, SMALL), camera=SMALL.select([0]))
    turn = 2 * np.pi / 0.2077
    later = replace(later.shift(turn), q=later.q)  # a turn later it looks the same way
    rng = np.random.default_rng(9)
    cores = []
    for one in (g, later):
        core = strip(one, texture)
        cores.append((core + rng.normal(0, 5, core.shape)).astype(np.float32))
    return cores, [g, later]


@pytest.fixture(scope="module")
def found(images):
    return ties.measure(*images, tile=48, step=24)


def of(t, image_b, band_b):
    return (t.image_a == 0) & (t.image_b == image_b) & (t.band_b == band_b)


def test_ties_of_the_true_geometry_leave_nothing(images, found):
    _, geometries = images
    r = ties.residuals(geometries, found)
    assert len(found) > 200
    for image, band in ((0, 0), (0, 2), (1, 0)):
        these = r[of(found, image, band)]
        assert len(these) > 60
        assert_allclose(np.median(these, 0), 0, atol=0.02)
        assert (np.median(abs(these), 0) < 0.05).all()
        assert (np.sqrt((these**2).mean(0)) < 0.15).all()


def test_pixels_lie_inside_the_framelets_and_show_the_same_point(images, found):
    _, geometries = images
    t = found
    for x, y in ((t.x_a, t.y_a), (t.x_b, t.y_b)):
        assert ((x > SMALL.first) & (x < SMALL.last) & (y > 0) & (y < SMALL.lines)).all()
    for image in (0, 1):
        m = t.image_b == image
        g, h = geometries[0], geometries[image]
        p = g.hit(t.frame_a[m], g.look(t.frame_a[m], t.x_a[m], t.y_a[m], t.band_a[m]))
        q = h.hit(t.frame_b[m], h.look(t.frame_b[m], t.x_b[m], t.y_b[m], t.band_b[m]))
        km = ALTITUDE / SMALL.focal / geometries[0].angles(0, p)[1]
        assert (np.linalg.norm(p - q, axis=1) < km).all()


def test_which_bands_are_tied(found):
    tied = set(zip(found.image_a, found.band_a, found.image_b, found.band_b, strict=True))
    assert tied == {(0, 1, 0, 0), (0, 1, 0, 2), (0, 0, 1, 0)}
    assert ties.within(("BLUE", "GREEN", "RED", "METHANE")) == [(1, 0), (1, 2), (1, 3)]
    assert ties.within(("BLUE", "METHANE")) == [(0, 1)]
    assert ties.within(("METHANE",)) == []
    rgb = ("BLUE", "GREEN", "RED")
    assert ties.between(rgb, rgb) == [(0, 0), (1, 1), (2, 2)]
    assert ties.between(("METHANE",), rgb) == [(0, 0), (0, 1), (0, 2)]
    assert ties.between((*rgb, "METHANE"), ("METHANE",)) == [(3, 0)]


def test_a_twist_shows_across_and_a_line_offset_along(images, found):
    _, (g, _) = images
    t = found[found.image_b == 0]
    wrong = geometry.with_constants(g, 0.8, {"RED": 0.33})  # 0.8 of SMALL is 0.2 of JunoCam
    r = ties.residuals([wrong], t)
    lines = (t.y_b - SMALL.cy[t.band_b]) - (t.y_a - SMALL.cy[t.band_a])  # turned by the twist
    assert abs(lines).min() > 20
    assert_allclose(np.median(r[:, 0] - np.radians(0.8) * lines), 0, atol=0.02)
    for band, expected in ((0, 0.0), (2, 0.33)):
        assert_allclose(np.median(r[t.band_b == band, 1]), expected, atol=0.02)


def test_pictures_made_with_a_wrong_camera_still_give_the_ties(images):
    """Tiles over two framelets count as one of them: what is left shrinks with each solution."""
    cores, (g, _) = images
    left = []
    for twist, offset in ((0.8, 0.33), (0.2, 0.08)):
        wrong = geometry.with_constants(g, twist, {"RED": offset})
        t = ties.measure(cores[:1], [wrong], 48, 24)
        assert len(t) > 150
        left.append(abs(np.median(ties.residuals([g], t)[t.band_b == 0, 0])))
    assert left[0] < 0.2 and left[1] < 0.06


def test_a_line_of_sight_beside_the_planet_stays_finite(images, found):
    _, (g, later) = images
    some = found[found.image_b == 0]
    away = replace(some, x_a=np.full(len(some), 30.0), y_a=np.full(len(some), -4000.0))
    r = ties.residuals([g, later], away)
    assert np.isfinite(r).all() and (abs(r) <= ties.FAR).all()
    back = replace(g, q=g.q * [1, -1, -1, 1])  # looks away from the planet
    for pair in ([back, later], [g, back]):
        assert np.isfinite(ties.residuals(pair, some)).all()
    assert ties.residuals([g], found[:0]).shape == (0, 2)


def test_a_tile_unlike_its_neighbours_is_left_out():
    from perijove.kit.register import Shifts

    line, sample = (v.ravel().astype(float) for v in np.mgrid[0:5, 0:6] * 32)
    one = np.ones(30)
    s = Shifts(line, sample, 0.2 + 0.004 * line, 0.01 * sample, 0.8 * one, 0.05 * one)
    assert ties.alike(s).all()
    s.dx[8] += 2.0
    assert list(np.flatnonzero(~ties.alike(s))) == [8]
    assert not ties.alike(s[:3]).any()


def test_images_far_apart_in_time_are_not_tied(images):
    cores, (g, later) = images
    hours = replace(later, et=later.et + 3 * 3600)
    assert ties.drift(g, later) < ties.DRIFT < ties.drift(g, hours)
    assert ties.drift(g, replace(later, target="Io")) == np.inf
    blank = [np.full_like(c, special.NULL) for c in cores]
    assert len(ties.measure(blank, [g, later])) == 0
    assert len(ties.measure([], [])) == 0


def test_the_colours_of_a_real_image(testdata, shell, tmp_path):
    """Perijove 43: the limb alone leaves the colours 0.2 px apart, at most 0.4 in nine of ten."""
    raw = testdata / "junocam/pj43/13539-ImageSet/JNCE_2022186_43C00080_V01-raw.png"
    shell(
        f"junocam2cub FROM={raw} -quiet | decompand -quiet | junocal -quiet"
        f" | spiceinit KERNELS={testdata}/spice/juno ATTITUDE=SPIN -quiet | jitter TO=geo.cub"
    )
    strip = cube.read(str(tmp_path / "geo.cub"))
    g = geometry.of_strip(strip)
    t = ties.measure([strip.core], [g])
    d = np.hypot(*ties.residuals([g], t).T)
    for band, least in ((0, 40), (2, 25)):
        these = d[t.band_b == band]
        assert len(these) > least
        assert np.median(these) < 0.2 and np.percentile(these, 90) < 0.4
    assert np.sqrt((d**2).mean()) < 4 * np.median(t.sigma)
