"""Which unknown stands where, and what ties it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, passage
from perijove.kit.attitude import matrix
from perijove.kit.error import Error
from perijove.kit.fitimage import Image, passes
from perijove.kit.geometry import with_constants
from perijove.kit.unknowns import arranged, wanted

MOUNT = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
X, Y, Z = np.eye(3)


def image(bands=(0, 1, 2), late=0.0, spin=False, target="Jupiter", **kw):
    camera = JUNOCAM.select(bands)
    if 3 in kw.pop("methane", ()):
        camera = replace(camera, names=[*camera.names[:-1], "METHANE"])
    g = passage(90000.0, frames=3, camera=camera)
    g = replace(g, et=g.et + late, target=target)
    if spin:
        g = replace(g, attitude="SPIN", mount=MOUNT, earth=X, sunward=Y)
    return Image(f"at {late}", lambda: None, g, **kw)


def methane(late=0.0, spin=True):
    return image((1,), late, spin, methane=(3,))


def set_up(images, terms, share=(), first=None, **kw):
    held = [i.held for i in images]
    return arranged(images, first or held, held, wanted(terms, images), share, **kw)


def test_an_image_with_an_attitude_has_a_time_and_its_heights():
    made = set_up([image()], None)
    assert [key[:2] for key in made.keys] == [
        ("TIME", None), ("HEIGHT", "BLUE"), ("HEIGHT", "GREEN"), ("HEIGHT", "RED")
    ]  # fmt: skip
    u = made.local(np.array([5.0, 10.0, 20.0, 30.0]), 0)
    assert_allclose(u, [5, 0, 10, 20, 30, 0, 0, 0])  # twist and offsets are held
    assert_allclose(image().heights(u), [10, 20, 30])


def test_images_of_a_pass_share_and_others_do_not():
    images = [image(late=0.0), image(late=300.0), image(late=5 * 86400.0)]
    assert passes(images) == [0, 0, 1]
    assert passes([images[0], image(late=300.0, target="Io")]) == [1, 0]
    made = set_up(images, ["TIME", "HEIGHT", "TWIST", "LINEOFFSET"], {"HEIGHT"}, twist_sigma=0.05)
    assert len(made.keys) == 3 + 2 * 3 + 1 + 2  # times, heights of two passes, twist, B and R
    assert (made.index[0][2:5] == made.index[1][2:5]).all()
    assert (made.index[0][2:5] != made.index[2][2:5]).all()
    assert made.index[0][1] == made.index[2][1]  # one camera
    assert made.index[0][6] == -1  # GREEN is the reference
    alone = set_up(images, ["TIME", "HEIGHT"])
    assert len(alone.keys) == 3 * 4


def test_pose_shifts_the_time_and_turns_the_camera():
    i = image(summing=1)
    u = i.held
    u[0], u[1], u[5] = 12.0, -0.2, 0.4
    g = i.pose(u)
    assert_allclose(g.et, i.geometry.et + 0.012, atol=1e-6)
    assert_allclose(g.camera.cy - i.geometry.camera.cy, [0.4, 0, 0], atol=1e-12)
    assert g.camera.twist == -0.2
    expected = with_constants(i.geometry, -0.2, [0.4, 0, 0]).shift(0.012)
    assert_allclose(g.q, expected.q, atol=1e-12)


def test_a_line_offset_is_in_pixels_of_the_detector():
    i = image(summing=2)
    u = i.held
    u[5] = 0.4
    assert_allclose(i.pose(u).camera.offsets, [0.2, 0, 0])


def test_pose_of_a_spin():
    i = image(spin=True)
    u = i.held
    u[:4] = 1.0, -0.5, 1.986, 77.0
    g = i.pose(u)
    assert_allclose(np.linalg.norm(g.av, axis=1), 1.986 * 2 * np.pi / 60)
    assert_allclose((MOUNT @ matrix(g.q)[1])[2] @ X, np.cos(np.hypot(1.0, 0.5) * np.pi / 180), 1e-6)


def phases(images, rate, at):
    """First values of a spin of this rate with a phase at the middle of the first image."""
    first = [i.held for i in images]
    for i, u in zip(images, first, strict=True):
        u[2], u[3] = rate, (at + 6 * rate * (i.mid - images[0].mid)) % 360.0
    return first


def test_the_spin_ties_the_phases_of_neighbours():
    """An exact spin costs nothing, whole turns apart; 40 ms of start jitter is one sigma."""
    images = [image(late=t, spin=True) for t in (0.0, 242.0, 272.0)]
    made = set_up(images, None, {"AXIS", "RATE", "HEIGHT"}, phases(images, 1.986, 200.0))
    a, mean, sigma = made.priors
    turn = made.keys.index(("TURN", None, 0))
    x = made.start.copy()
    assert_allclose(x[turn], 1.986)
    linked = a[:, turn] != 0
    assert linked.sum() == 3  # two gaps, and the rate within the images
    assert_allclose((a @ x - mean)[linked], 0.0, atol=1e-6)
    phase = made.keys.index(("PHASE", None, 2))
    x[phase] += 6 * 1.986 * 0.040 * np.sqrt(2)
    assert_allclose(((a @ x - mean) / sigma)[linked], [0, 1, 0], atol=1e-6)


def test_images_far_apart_are_not_tied():
    images = [image(late=t, spin=True) for t in (0.0, 4000.0)]
    made = set_up(images, None, (), phases(images, 1.986, 200.0))
    assert not any(key[0] == "TURN" for key in made.keys)


def test_the_line_of_methane_is_an_unknown_of_its_image():
    images = [image(spin=True), methane(40.0), methane(80.0)]
    made = set_up(images, ["AXIS", "RATE", "PHASE", "METHANE"], {"AXIS", "RATE"})
    lines = [key for key in made.keys if key[0] == "OFFSET"]
    assert lines == [("OFFSET", "METHANE", 1), ("OFFSET", "METHANE", 2)]
    ck = set_up([methane(spin=False)], ["TIME", "METHANE"])
    assert ck.priors[2].tolist() == [40.0, np.inf]  # ms: its time and its line are much alike


@pytest.mark.parametrize(
    "images, terms, message",
    [
        ([image()], ["AXIS"], "SOLVE = AXIS: ATTITUDE = CK has no AXIS, it has TIME, HEIGHT"),
        ([image(spin=True)], ["TIME", "PHASE"], "SPIN has no TIME, it has AXIS, RATE, PHASE, H"),
        ([image(spin=True)], ["AXIS"], "PHASE must be among it"),
        ([image()], ["METHANE"], "SOLVE = METHANE: the bands are BLUE, GREEN, RED"),
        ([methane()], ["PHASE", "LINEOFFSET"], "BLUE and RED have one, the bands are METHANE"),
    ],
)
def test_terms_that_an_image_cannot_have(images, terms, message):
    with pytest.raises(Error, match=message):
        wanted(terms, images)
