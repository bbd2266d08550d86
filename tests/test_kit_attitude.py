import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from perijove.kit import attitude


@pytest.fixture(scope="module")
def quaternions():
    q = np.random.default_rng(5).normal(size=(200, 4))
    q[:4] = np.eye(4)  # half turns: the diagonal alone decides
    return q / np.linalg.norm(q, axis=1, keepdims=True)


def test_matrices_are_spice_s(quaternions):
    expected = [sp.q2m(q) for q in quaternions]
    assert_allclose(attitude.matrix(quaternions), expected, rtol=0, atol=2e-15)


def test_quaternion_inverts_matrix(quaternions):
    found = attitude.quaternion(attitude.matrix(quaternions))
    same = np.abs((found * quaternions).sum(-1))
    assert_allclose(same, 1, rtol=0, atol=1e-15)
    assert (found[:, 0] >= 0).all()


def test_turn_is_right_handed_and_exact_for_no_turn():
    assert_allclose(attitude.turn([0, 0, np.pi / 2]) @ [1, 0, 0], [0, 1, 0], rtol=0, atol=1e-15)
    assert attitude.turn(np.zeros(3)).tolist() == np.eye(3).tolist()
    assert_allclose(attitude.turn([0, 0, np.radians(30)]), attitude.about_z(30), atol=1e-15)


def test_small_turns_about_the_pole_are_rotations():
    p = np.array([71492.0, -3000.0, 500.0])
    exact = attitude.turn([0, 0, 4.2e-5]) @ p
    assert_allclose(attitude.about_pole(p, np.array(4.2e-5)), exact, rtol=0, atol=1e-8)


def test_a_spin_turns_the_camera_about_its_axis():
    axis, rate = np.array([0.6, 0.0, 0.8]), 0.2
    mount = attitude.turn([0.1, 0.2, 0.3])
    m, av = attitude.spin(axis, rate, 0.7, [0.0, 1.0], mount)
    assert_allclose(av, [rate * axis] * 2, rtol=0, atol=0)
    # the axis stays put in the camera; the rest turns by the rate
    assert_allclose(m @ axis, np.broadcast_to(mount.T @ [0, 0, 1], (2, 3)), rtol=0, atol=1e-15)
    assert_allclose(m[1], m[0] @ attitude.turn(-rate * axis), rtol=0, atol=1e-15)


def test_phase_counts_from_the_direction_north_cross_axis():
    m, _ = attitude.spin([1.0, 0.0, 0.0], 0.2, 0.0, 0.0, np.eye(3))
    assert_allclose(m[0], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], rtol=0, atol=1e-15)
