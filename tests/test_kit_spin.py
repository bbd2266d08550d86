"""An even spin: its axis and its phase."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import passage
from perijove.kit.attitude import matrix
from perijove.kit.error import Error
from perijove.kit.spin import NOMINAL, Spin, cells, disc, search

MOUNT = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
X, Y, Z = np.eye(3)


@pytest.fixture(scope="module")
def spin():
    return Spin(replace(passage(90000.0, frames=5), mount=MOUNT, earth=X, sunward=Y))


def test_offsets_grow_with_right_ascension_and_declination(spin):
    assert_allclose(spin.axis(0, 0), X)
    assert_allclose(spin.axis(45, 0), (X + Y) / np.sqrt(2))  # right ascension 45 degrees
    assert_allclose(spin.axis(0, 45), (X + Z) / np.sqrt(2))  # declination 45 degrees


def test_an_axis_has_the_offsets_it_was_made_of(spin):
    assert_allclose(spin.offset(spin.axis(0.4, -1.7)), (0.4, -1.7), rtol=1e-9)


def test_pose_turns_about_the_axis_by_the_rate_and_has_its_phase_in_the_middle(spin):
    g = spin.pose(2.0, -1.0, 2.0, 30.0)
    axis = spin.axis(2.0, -1.0)
    assert_allclose(g.av, np.broadcast_to(axis * 0.2094395, (5, 3)), rtol=1e-6)  # 12 degrees/s
    assert_allclose(matrix(g.q) @ axis, np.broadcast_to(MOUNT.T @ Z, (5, 3)), atol=1e-12)
    other = spin.pose(2.0, -1.0, 1.9, 30.0)
    assert_allclose(other.q[2], g.q[2], atol=1e-12)  # frame 2 of 5
    body = MOUNT @ matrix(g.q)[2]
    east = np.cross(Z, axis) / np.linalg.norm(np.cross(Z, axis))
    assert_allclose(body[0] @ east, np.cos(np.radians(30.0)))


def test_cells_of_a_half_lit_frame():
    g = passage(90000.0, frames=2)
    core = np.zeros((3, 256, 1648), np.float32)
    core[:, 64:128] = 100.0
    rays, lit = cells(core, g)
    assert lit.shape == (2, len(rays)) == (2, 3 * 8 * 67)
    assert_allclose(lit[0].reshape(3, 8, 67)[:, :, 0], [[0] * 4 + [1] * 4] * 3)
    assert_allclose(lit[1], 0.0)
    assert_allclose(np.linalg.norm(rays, axis=1), 1.0)


def test_disc_is_dark_off_the_planet_and_lit_below_the_sun():
    g = passage(90000.0, frames=1)
    nadir = -g.o[0] @ g.M[0] / np.linalg.norm(g.o[0])
    lit = disc(g, np.array([nadir, -nadir]))
    assert_allclose(lit, [[1.0, 0.0]])


def test_one_frame_leaves_the_sense_of_the_spin_open_and_gets_the_expected_one():
    spin = Spin(replace(passage(90000.0, frames=1), mount=MOUNT, earth=X, sunward=X))
    core = np.zeros((3, 128, 1648), np.float32)
    core[:, :, 400:900] = 100.0
    (_, _, rate, _), _, _ = search(core, spin)
    assert rate == NOMINAL


def test_a_geometry_without_a_mount_is_an_error():
    with pytest.raises(Error, match="no mount, Earth or Sun direction"):
        Spin(passage(90000.0, frames=1))
