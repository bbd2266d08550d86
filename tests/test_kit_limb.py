"""The limb of an ellipsoid, and its edge in a profile."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, RADII, passage
from perijove.kit import edge, ellipsoid, limb, render


@pytest.fixture(scope="module")
def far():
    """Eight frames from 120,000 km: the limb enters and leaves."""
    return passage(120000.0, frames=10, camera=JUNOCAM.select([1]))


def test_limb_of_a_sphere_seen_from_two_radii():
    """The tangent from 2 R leans by asin(1/2) = 30 degrees and touches 0.5 R above the centre."""
    p = limb.curve(np.array([[0.0, 0.0, 200.0]]), np.full(3, 100.0), 90)[0]
    assert_allclose(p[:, 2], 50.0)
    assert_allclose(np.hypot(p[:, 0], p[:, 1]), 100.0 * np.sqrt(0.75))


@pytest.mark.parametrize("o", [(3e5, 1e5, -5e4), (0.0, 0.0, 9e4), (1e5, 0.0, 0.0)])
def test_limb_points_lie_on_the_ellipsoid_and_their_normal_is_square_to_the_sight(o):
    p = limb.curve(np.array([o]), RADII, 360)[0]
    assert_allclose(((p / RADII) ** 2).sum(-1), 1.0, rtol=1e-12)
    sight = p - o
    normal = ellipsoid.normal(p, RADII)
    assert_allclose((normal * sight).sum(-1) / np.linalg.norm(sight, axis=-1), 0.0, atol=1e-12)


def test_limb_is_the_ellipse_of_spice():
    sp = pytest.importorskip("spiceypy")
    o = np.array([2e5, -7e4, 6e4])
    ellipse = sp.edlimb(*RADII, o)
    p = limb.curve(o[None], RADII, 100)[0] - ellipse.center
    major, minor = ellipse.semi_major, ellipse.semi_minor
    assert_allclose(
        p @ np.cross(major, minor) / np.linalg.norm(np.cross(major, minor)), 0, atol=1e-6
    )
    u, v = p @ major / (major @ major), p @ minor / (minor @ minor)
    assert_allclose(u * u + v * v, 1.0, rtol=1e-10)


def test_points_are_sunlit_inside_their_framelet_and_at_height_zero(far):
    at = limb.points(far)
    assert set(at.frame) >= {2, 3, 4, 5, 6, 7}
    assert at.mu0.min() > 0.25 and (at.y > 0).all() and (at.y < 128).all()
    assert at.x.min() > 23 and at.x.max() < 1631
    assert_allclose(np.hypot(at.nx, at.ny), 1.0)
    assert_allclose(limb.heights(far, at), 0.0, atol=1e-3)  # 1 m


def test_gain_is_pixels_per_km_outward(far):
    at = limb.points(far)
    assert_allclose(limb.heights(far, at.moved(40.0 * at.gain)), 40.0, rtol=0.01)
    assert_allclose(1 / at.gain, np.linalg.norm(far.o[0]) / 1480.59, rtol=0.35)  # km a pixel


def test_a_margin_adds_points_above_and_below(far):
    y = limb.points(far, margin=20.0).y
    assert -20 < y.min() < -15 and 143 < y.max() < 148


def test_half_height_of_a_ramp_by_hand():
    """100 at -0.7 px and 0 at 1.3 px: half of it at 0.3 px."""
    s = np.arange(-15, 15.01, edge.STEP)
    ramp = np.clip(50.0 * (1.3 - s), 0, 100)
    assert_allclose(edge.edges(s, ramp[None], 4.0, np.array([30.0])), 0.3, atol=1e-9)


def test_what_is_no_clean_edge():
    s = np.arange(-15, 15.01, edge.STEP)
    step = np.clip(100.0 * (0.5 - s), 0, 100)

    def found(profile, contrast=30.0):
        return np.isfinite(edge.edges(s, profile[None], 4.0, np.array([contrast]))[0])

    assert found(step) and not found(step, contrast=101.0)
    assert not found(np.where(np.abs(s + 7) < 0.2, np.nan, step))  # saturated near the limb
    assert found(np.where(np.abs(s + 12) < 0.2, np.nan, step))  # and well inside
    assert not found(step + 150.0)  # a sky more than half as bright
    assert not found(step * (1 + 0.9 * np.sin(8 * s)))  # half height crossed more than once
    assert not found(np.roll(step, 40))  # 10 px out of the window


def test_templates_of_a_flat_limb_are_the_blurred_step():
    """Without curvature mu is 0: T1 is mu0 times the normal distribution, T2 is nothing."""
    from scipy.stats import norm

    one = np.ones(1)
    at = limb.Points(*[0 * one.astype(int)] * 2, *[one] * 4, one, 0.6 * one, 1e-12 * one, one)
    s = np.arange(-4, 4.01, edge.STEP)
    t1, t2, slope = edge.templates(at, s, psf=0.9)
    assert_allclose(t1[0], 0.6 * norm.cdf(-s / 0.9), atol=2e-3)
    assert_allclose(slope[0], -0.6 * norm.pdf(s / 0.9) / 0.9, atol=2e-3)
    assert_allclose(t2, 0.0, atol=1e-5)


@pytest.mark.parametrize("psf", [0.6, 0.9, 1.5])
def test_edges_of_a_rendered_planet_lie_on_its_limb(far, psf):
    """The point spread is measured: taken to be 0.75 px, one of 0.9 would move all edges 0.2 px."""
    frames = [2, 5, 7]
    seen = far.select(frames)
    core = np.zeros((1, len(frames) * 128, 1648), np.float32)
    for f in range(len(frames)):
        rows = np.s_[f * 128 : (f + 1) * 128]
        core[0, rows, 23:1631] = render.radiance(seen, f, 0, padded(), 1.0, psf)
    found, tried = edge.measure(core, seen, np.zeros(1), 4.0)
    miss = limb.heights(seen, found) * found.gain
    assert len(found) > 0.85 * tried > 100
    assert_allclose(miss.mean(), 0.0, atol=0.06)
    assert miss.std() < 0.04

    raised = replace(seen, radii=seen.radii + 150.0)
    again, _ = edge.measure(core, raised, np.array([-150.0]), 4.0)
    assert_allclose(limb.heights(raised, again).mean() + 150.0, (miss / found.gain).mean(), atol=1)


def padded():
    """A scene of albedo 1 as the renderer takes it."""
    from perijove.kit import scene

    return scene.padded(np.ones((180 * scene.PPD, 360 * scene.PPD), np.float32))
