"""The geometry against CSPICE's own sincpt and ilumin, and against numbers by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest
import spiceypy as sp
from numpy.testing import assert_allclose

from perijove.kit import calfile, cube, geometry, kernels, limb, simkernels
from perijove.kit.camera import Camera
from perijove.kit.error import Error

C = geometry.C
R = 71492.0
NAMES = ["BLUE", "GREEN", "RED"]
ALTITUDES = (6000.0, 30000.0, 200000.0)  # km
SINCPT = ("ELLIPSOID", "JUPITER")


@pytest.fixture(scope="module")
def passage(tmp_path_factory):
    return simkernels.write(tmp_path_factory.mktemp("kernels"))


@pytest.fixture(scope="module")
def read(passage):
    """A function: the Geometry of 9 frames about the nadir at an altitude, dt seconds later."""

    def states(altitude, dt=0.0, **options):
        with kernels.loaded(passage.kernels):
            camera = kernels.camera([-61501, -61502, -61503], NAMES, (128, 1648), (23, 1631))
            et = passage.pass_over(passage.outbound(altitude)) + np.arange(-4, 5) * 0.372 + dt
            return kernels.states(et, "Jupiter", camera, **options)

    return states


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(7)
    return rng.uniform(23, 1631, 60), rng.uniform(0, 128, 60)


@pytest.fixture
def still():
    """Jupiter at rest, seen from 10 equatorial radii on +x; the camera's +x along +y, +y south."""
    camera = Camera(1000.0, 0.0, [0.0], 0.0, 0.0, 100, 100, 0, 100, ["PAN"])
    axes = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])  # J2000 -> camera
    zero = np.zeros((1, 3))
    made = geometry.Geometry(
        et=np.zeros(1),
        lt=np.array([10 * R / C]),
        sc=np.array([[10 * R, 0.0, 0.0]]),
        vsc=zero,
        vt=zero,
        q=np.array([[1.0, 0.0, 0.0, 0.0]]),
        av=zero,
        qb=np.array([[1.0, 0.0, 0.0, 0.0]]),
        sun=np.array([[0.0, 7.8e8, 0.0]]),
        w=0.0,
        radii=np.array([R, R, 66854.0]),
        camera=camera,
    )
    return made.with_attitude(axes[None], np.zeros(3))


def across(found, expected, direction, distance, focal):
    """The part of found - expected across the line of sight, in pixels."""
    error = found - expected
    return np.linalg.norm(error - direction * (error @ direction)) / distance * focal


@pytest.mark.parametrize("altitude", ALTITUDES)
def test_surface_points_are_those_of_sincpt(read, passage, pixels, altitude):
    g = read(altitude)
    compared = 0
    with kernels.loaded(passage.kernels):
        for f in (0, 4, 8):
            for band in range(3):
                d = g.look(f, *pixels, band)
                p = g.hit(f, d)
                rays = g.camera.rays(*pixels, band)
                for i in range(0, 60, 4):
                    see = ("IAU_JUPITER", "CN+S", "JUNO", "JUNO_JUNOCAM", rays[i])
                    try:
                        point, _, sight = sp.sincpt(*SINCPT, g.et[f], *see)
                    except sp.NotFoundError:
                        assert np.isnan(p[i]).all()
                        continue
                    far = np.linalg.norm(sight)
                    assert across(p[i], point, d[i], far, g.camera.focal) < 1e-4
                    compared += 1
    assert compared > 20


@pytest.mark.parametrize("altitude", (20000.0, 60000.0))
def test_the_limb_is_that_of_sincpt(read, passage, altitude):
    g = read(altitude)
    rim = limb.points(g, spacing=40.0)
    assert len(rim) > 20
    with kernels.loaded(passage.kernels):
        for at in (rim.moved(-0.005), rim.moved(0.005)):
            d = g.look(at.frame, at.x, at.y, at.band)
            p = g.hit(at.frame, d)
            for i in range(len(at)):
                ray = g.camera.rays(at.x[i], at.y[i], at.band[i])
                see = ("IAU_JUPITER", "CN+S", "JUNO", "JUNO_JUNOCAM", ray)
                try:
                    point, _, sight = sp.sincpt(*SINCPT, g.et[at.frame[i]], *see)
                except sp.NotFoundError:
                    assert np.isnan(p[i]).all()
                    continue
                far = np.linalg.norm(sight)
                assert across(p[i], point, d[i], far, g.camera.focal) < 1e-4


def test_angles_are_those_of_ilumin(read, passage, pixels):
    g = read(30000.0)
    p = g.hit(4, g.look(4, *pixels, 1))
    mu0, mu = g.angles(4, p)
    seen = np.flatnonzero(np.isfinite(mu))[:10]
    with kernels.loaded(passage.kernels):
        for i in seen:
            where = (g.et[4], "IAU_JUPITER", "CN+S", "JUNO", p[i])
            _, _, _, incidence, emission = sp.ilumin(*SINCPT, *where)
            # ilumin aberrates the Sun by the velocity of the surface, 12.6 km/s: 0.0024 deg
            assert_allclose(np.degrees(np.arccos(mu0[i]) - incidence), 0, rtol=0, atol=0.003)
            # and tilts the line of sight by the observer's aberration, up to v/c = 0.012 deg
            assert_allclose(np.degrees(np.arccos(mu[i]) - emission), 0, rtol=0, atol=0.015)


@pytest.mark.parametrize("altitude", ALTITUDES)
def test_project_inverts_hit_of_look(read, pixels, altitude):
    g = read(altitude)
    p = g.hit(4, g.look(4, *pixels, 2))
    x, y, z = g.project(4, p)
    on = np.isfinite(p[:, 0])
    assert on.sum() > 10 and (z[on] > 0.8).all()
    assert_allclose((x + g.camera.cx)[on], pixels[0][on], rtol=0, atol=1e-4)
    assert_allclose((y + g.camera.cy[2])[on], pixels[1][on], rtol=0, atol=1e-4)


def test_tangent_points_lie_on_their_lines_of_sight(read, pixels):
    g = read(200000.0)
    d = g.look(1, *pixels, 0)
    missed = np.isnan(g.hit(1, d)[:, 0])
    p = g.tangent(1, d)[missed]
    assert len(p) > 10 and (np.sum((p / g.radii) ** 2, -1) > 1).all()
    x, y, _ = g.project(1, p)
    assert_allclose(x + g.camera.cx, pixels[0][missed], rtol=0, atol=1e-4)
    assert_allclose(y + g.camera.cy[0], pixels[1][missed], rtol=0, atol=1e-4)


def test_many_frames_at_once_are_one_at_a_time(read, pixels):
    g = read(30000.0)
    p = g.hit(4, g.look(4, *pixels, 1))
    frames = np.array([3, 4, 5])
    together = g.project(frames, np.broadcast_to(p, (3, *p.shape)))
    for i, f in enumerate(frames):
        assert_allclose([a[i] for a in together], g.project(f, p), rtol=0, atol=1e-9)
    own = np.full(len(p), 4)
    assert_allclose(g.look(own, *pixels, 1), g.look(4, *pixels, 1), rtol=0, atol=1e-15)
    assert_allclose(g.hit(own, g.look(4, *pixels, 1)), p, rtol=0, atol=1e-8)
    assert_allclose(g.angles(own, p), g.angles(4, p), rtol=0, atol=1e-14)


@pytest.mark.parametrize("dt", [0.1, -0.1])
def test_shift_is_what_the_kernels_say_then(read, pixels, dt):
    g = read(6000.0)
    p = g.hit(4, g.look(4, *pixels, 1))
    on = np.isfinite(p[:, 0])
    moved, later = g.shift(dt), read(6000.0, dt)
    assert_allclose(moved.et, later.et, rtol=0, atol=1e-6)
    assert_allclose(moved.project(4, p[on])[:2], later.project(4, p[on])[:2], rtol=0, atol=1e-4)
    assert np.abs(g.project(4, p[on])[1] - later.project(4, p[on])[1]).min() > 25  # 30 px


def test_shift_of_each_frame_by_its_own_time(read):
    g = read(30000.0)
    dt = np.linspace(0.0, 0.08, len(g))
    assert_allclose(g.shift(dt).select([8]).q, g.select([8]).shift(0.08).q, rtol=0, atol=1e-15)
    assert_allclose(g.shift(0.0).sc, g.sc, rtol=0, atol=0)


def test_mid_is_one_frame_at_the_mean_epoch(read):
    g = read(30000.0).select(range(8))
    mid = g.mid()
    assert len(mid) == 1 and mid.et[0] == g.et.mean()
    assert_allclose(mid.sc, g.sc[3:5].mean(0)[None], rtol=0, atol=1e-3)


def test_straight_down_by_hand(still):
    d = still.look(0, 0.0, 0.0, 0)
    assert d.tolist() == [-1.0, 0.0, 0.0]
    p = still.hit(0, d)
    assert_allclose(p, [R, 0, 0], rtol=0, atol=1e-6)
    mu0, mu = still.angles(0, p)
    # the Sun on +y stands R / 7.8e8 km below the horizon of a point on +x
    assert_allclose([mu0, mu], [-R / 7.8e8, 1.0], rtol=0, atol=1e-9)
    assert [float(v) for v in still.project(0, p)] == [0.0, 0.0, 1.0]


def test_the_limb_by_hand(still):
    # tangent of a sphere from 10 radii: tan = 1 / sqrt(99); a miss beyond, its tangent point on it
    edge = 1000 / np.sqrt(99)
    inside, outside = (still.look(0, edge + e, 0.0, 0) for e in (-1e-6, 1e-6))
    assert np.isfinite(still.hit(0, inside)).all() and np.isnan(still.hit(0, outside)).all()
    assert_allclose(still.tangent(0, outside), [R / 10, R * np.sqrt(0.99), 0], rtol=1e-6, atol=1)
    assert np.isnan(still.tangent(0, -outside)).all()


def test_light_time_by_hand(still):
    # Light of the near point leaves R / c after that of the centre: the body has turned by then.
    w = 1.7585e-4
    p = replace(still, w=w).hit(0, np.array([-1.0, 0.0, 0.0]))
    assert_allclose(p, [R, -R * np.sin(w * R / C), 0], rtol=0, atol=1e-4)
    # and moved on, with 13 km/s towards +z
    moving = replace(still, vt=np.array([[0.0, 0.0, 13.0]]))
    assert_allclose(moving.hit(0, np.array([-1.0, 0, 0]))[2], -13 * R / C, rtol=1e-4)


def test_stellar_aberration_by_hand(still):
    # 30 km/s along the camera's +x: the scene is seen turned towards +x by asin(v / c).
    moving = replace(still, vsc=np.array([[0.0, 30.0, 0.0]]))
    x, y, _ = moving.project(0, np.array([R, 0.0, 0.0]))
    assert_allclose([x, y], [1000 * np.tan(np.arcsin(30 / C)), 0], rtol=0, atol=1e-12)
    assert_allclose(moving.look(0, x, y, 0), [-1, 0, 0], rtol=0, atol=1e-15)


def test_what_is_behind_the_camera_has_a_negative_z(still):
    assert still.project(0, np.array([20 * R, 0.0, 0.0]))[2] == -1.0


def test_no_pointing_is_an_error(still):
    with pytest.raises(Error, match="no pointing .*ATTITUDE=NONE"):
        replace(still, attitude="NONE").look(0, 0.0, 0.0, 0)


def test_constants_replace_those_applied_before(read):
    g = read(30000.0)
    table = calfile.read("juno/camera.sav")
    twist = table.label.number("Twist", unit="degrees")
    offsets = dict(zip(table["Band"], table["LineOffset"], strict=True))
    once = geometry.with_constants(g, twist, offsets)
    twice = geometry.with_constants(once, twist, offsets)
    assert_allclose(once.camera.cy - g.camera.cy, [-0.06, 0, 0.38], rtol=0, atol=1e-12)
    assert twice.camera.cy.tolist() == once.camera.cy.tolist()
    assert_allclose(twice.q, once.q, rtol=0, atol=1e-15)
    back = geometry.with_constants(twice, 0.0, 0.0)
    assert_allclose(back.q, g.q, rtol=0, atol=1e-15)
    assert_allclose(back.mount, g.mount, rtol=0, atol=1e-15)


def test_a_twist_of_the_camera_turns_the_scene_the_other_way(still):
    p = np.array([R * np.sqrt(0.99), R / 10, 0.0])  # on +sample
    x, _, _ = still.project(0, p)
    u, v, _ = geometry.with_constants(still, 90.0, {}).project(0, p)
    assert_allclose([u, v], [0, -x], rtol=0, atol=1e-9)


def same(a, b):
    for field in fields(geometry.Geometry):
        one, other = getattr(a, field.name), getattr(b, field.name)
        assert one is other is None or np.all(one == other), field.name


def test_a_cube_brings_the_geometry_back_to_the_bit(read, tmp_path):
    g = geometry.with_constants(read(30000.0, attitude="SPIN"), -0.2, {"RED": 0.33})
    core = np.zeros((3, 9 * 128, 4), np.float32)
    made = geometry.attach(cube.new(core, BandBin={"FilterName": NAMES}), g)
    same(geometry.from_cube(made), g)
    cube.write(str(tmp_path / "a.cub"), made)
    same(geometry.from_cube(cube.read(str(tmp_path / "a.cub"))), g)
    again = geometry.from_cube(geometry.attach(made, read(6000.0)))
    assert again.earth is not None and again.camera.twist == 0  # nothing of the first is left


def test_bands_follow_the_cube(read, tmp_path):
    core = np.zeros((3, 4, 4), np.float32)
    made = geometry.attach(cube.new(core, BandBin={"FilterName": NAMES}), read(30000.0))
    cube.write(str(tmp_path / "a.cub"), made)
    red = geometry.from_cube(cube.read(f"{tmp_path / 'a.cub'}+3,1"))
    assert red.camera.names == ("RED", "BLUE") and red.camera.cy.tolist() == [-151.52, 158.48]


def test_a_cube_without_geometry_is_refused():
    bare = cube.new(np.zeros((1, 4, 4), np.float32))
    with pytest.raises(Error, match="no geometry is attached .*spiceinit"):
        geometry.from_cube(bare)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("sc", np.nan, "Position is no number or beyond"),
        ("sc", 1.0, "Position cannot be"),
        ("q", 0.9, "a quaternion or direction cannot be"),
        ("vsc", 3e5, "ObserverVelocity is no number or beyond 299792"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused(read, field, value, words):
    g = read(30000.0)
    damaged = np.array(getattr(g, field))
    damaged[3] = value
    core = np.zeros((3, 9 * 128, 1648), np.float32)
    made = cube.new(core, BandBin={"FilterName": NAMES})
    made = geometry.attach(made, replace(g, **{field: damaged}))
    with pytest.raises(Error, match=words):
        geometry.from_cube(made)


def test_lines_that_are_not_those_of_the_frames_are_refused(read):
    made = cube.new(np.zeros((3, 8 * 128, 1648), np.float32), BandBin={"FilterName": NAMES})
    made = geometry.attach(made, read(30000.0))
    with pytest.raises(Error, match="3 bands of 1024 lines .* its geometry is of 3 bands of 1152"):
        geometry.of_strip(made)
