"""Pixels to ground and back, on strips, pictures and maps."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from passage import RADII, made, passage
from perijove.kit import cube, geometry, places, projection
from perijove.kit.error import Error


def strip(altitude, frames=4, **changes):
    g = passage(altitude, frames=frames)
    camera = dataclasses.replace(g.camera, **changes)
    g = dataclasses.replace(g, camera=camera)
    shape = len(camera.cy), frames * camera.lines, camera.samples
    return made(g, np.zeros(shape, np.float32))


def mapped(name, clat, clon, geometry_of=None):
    south = 30 if name == "PolarStereographic" else -90
    grid = projection.grid(name, "Jupiter", RADII, 1500.0, (south, 90, 0, 360), clat, clon)
    image = cube.new(np.zeros((1, *grid.shape), np.float32), BandBin={"FilterName": ["RED"]})
    if geometry_of is not None:
        image = geometry.attach(image, geometry_of)
    image.isis.append(grid.mapping())
    return image


@pytest.mark.parametrize("altitude", [6000.0, 60000.0])
def test_a_strip_goes_round(altitude):
    image = strip(altitude)
    where = places.of(image)
    rng = np.random.default_rng(4)
    line, sample = rng.uniform(-0.5, 511.5, 200), rng.uniform(22.5, 1630.5, 200)
    found = places.at_pixels(where, [0, 1, 2], line, sample)
    assert len(found) > 200
    for band in range(3):
        part = found[found.band == band]
        assert_array_equal(part.frame, (part.line + 0.5) // 128)
        assert_allclose(part.line, line[part.index], rtol=0, atol=0)
        back = places.at_ground(where, [band], part.p, every=True)
        same = back[back.frame == part.frame[back.index]]
        assert_array_equal(same.index, np.arange(len(part)))
        assert_allclose(same.line, part.line, rtol=0, atol=1e-4)
        assert_allclose(same.sample, part.sample, rtol=0, atol=1e-4)


def test_the_best_frame_has_the_point_farthest_from_its_edges():
    where = places.of(strip(60000.0, frames=6))
    inner = places.at_pixels(where, [1], np.array([2 * 128 + 10.0]), np.array([800.0]))
    every = places.at_ground(where, [1], inner.p, every=True)
    best = places.at_ground(where, [1], inner.p)
    assert every.frame.tolist() == [1, 2] and best.frame.tolist() == [2]
    assert_allclose(best.line, inner.line, rtol=0, atol=1e-4)


def test_what_does_not_show_is_not_found():
    where = places.of(strip(60000.0))
    below = places.at_pixels(where, [1], np.array([255.5]), np.array([800.0])).p
    assert len(places.at_ground(where, [1], np.concatenate([below, -below]))) == 1
    # Far off to the side the line of sight misses, and masked samples show nothing
    far = places.of(strip(600000.0))
    assert len(places.at_pixels(far, [1], np.array([255.5]), np.array([30.0]))) == 0
    narrow = places.of(strip(60000.0, first=1000))
    assert len(places.at_ground(narrow, [1], below, every=True)) == 0


@pytest.mark.parametrize(
    ("name", "clat", "clon"),
    [("SimpleCylindrical", 0, 180), ("PolarStereographic", 90, 0), ("Orthographic", 30, 266)],
)
def test_a_map_goes_round(name, clat, clon):
    image = mapped(name, clat, clon)
    where = places.of(image)
    assert where.g is None and where.alike
    lines, samples = image.core.shape[1:]
    rng = np.random.default_rng(5)
    line, sample = rng.uniform(0, lines - 1, 100), rng.uniform(0, samples - 1, 100)
    found = places.at_pixels(where, [0], line, sample)
    assert len(found) > 60
    back = places.at_ground(where, [0], found.p)
    assert_array_equal(back.index, np.arange(len(found)))
    assert_allclose([back.line, back.sample], [found.line, found.sample], rtol=0, atol=1e-6)


def test_the_far_side_does_not_show_on_an_orthographic_map():
    where = places.of(mapped("Orthographic", 30, 266))
    p = np.array([[0.0, RADII[0], 0.0], [0.0, -RADII[0], 0.0]])  # 270 and 90 west
    assert places.at_ground(where, [0], p).index.tolist() == [0]


def test_a_map_is_seen_from_where_the_spacecraft_was_at_mid_time():
    g = passage(60000.0, frames=5)
    where = places.of(mapped("SimpleCylindrical", 0, 180, g))
    assert len(where.g) == 1 and where.g.et[0] == g.et[2]


def test_bands_look_elsewhere_on_a_strip_and_alike_on_a_picture():
    assert not places.of(strip(60000.0)).alike
    assert places.of(strip(60000.0, frames=1, cy=[3.48, 3.48, 3.48])).alike
    where = places.of(strip(60000.0))
    f, p = where.ground(0, np.arange(128, 256)[:, None], np.arange(0, 1648, 50))
    assert f == 1 and p.shape == (128, 33, 3)  # of one frame: a number
    f, _ = where.ground(0, np.arange(100, 200)[:, None], np.arange(0, 1648, 50))
    assert f.shape == (100, 33)


def test_windows_are_the_framelets_of_a_strip_and_all_of_a_picture():
    where = places.of(strip(60000.0, frames=2))
    assert where.shape == (128, 1648)
    assert where.windows(2) == [
        (range(b, b + 1), slice(t, t + 128)) for b in range(2) for t in (0, 128)
    ]
    where = places.of(mapped("SimpleCylindrical", 0, 180))
    assert where.windows(3) == [(range(3), slice(0, where.lines))]


def test_cosines_of_windows_are_those_of_the_ground():
    where = places.of(strip(60000.0))
    line, sample = np.array([[3.0], [90.0]]), np.array([[200.0, 800.0, 1300.0]])
    found = where.angles(np.array([1, 6]), line[:, :, None], np.stack([sample, sample]))
    for i, (band, top) in enumerate([(0, 128), (1, 256)]):
        f, p = where.ground(band, line[i] + top, sample[0])
        assert_allclose(found[:, i, 0], where.g.angles(f, p), rtol=0, atol=1e-13)


def test_beyond_the_limb_mu_goes_on_below_0():
    g = passage(60000.0, frames=1)
    still = dict(radii=np.full(3, 71492.0), w=0.0, vt=0 * g.vt, vsc=0 * g.vsc)
    d = np.linalg.norm(g.sc)
    limb = np.arcsin(71492.0 / d)  # rad, from the line of sight to the centre
    camera = dataclasses.replace(g.camera, k1=0.0, k2=0.0, cx=800.5, cy=[64.5], names=["RED"])
    g = dataclasses.replace(g, **still, camera=camera)
    angle = limb + np.array([-1e-6, 1e-6, 0.01])
    where = places.Places(g, None, 128, 1648)
    sample = 800 + camera.focal * np.tan(angle)
    _, mu = where.angles(np.array([0]), np.array([[[64.0]]]), sample[None, None])
    q = d * np.sin(angle) / 71492.0
    expected = np.sign(1 - q) * np.sqrt(np.abs(q**2 - 1))  # of a sphere
    assert_allclose(mu[0, 0], expected, rtol=1e-4)


def test_bands_that_do_not_fit_the_geometry_are_refused():
    image = strip(60000.0)
    with pytest.raises(Error, match="3 image bands of 511 lines .* geometry is of 3 of 512"):
        places.of(image.replace(core=image.core[:, :511]))
    g = dataclasses.replace(passage(60000.0, frames=4), solved=False)
    with pytest.raises(Error, match="first guess, not solved yet"):
        places.of(made(g, image.core))
    bare = cube.new(np.zeros((1, 4, 4), np.float32))
    with pytest.raises(Error, match="no geometry is attached"):
        places.of(bare)
