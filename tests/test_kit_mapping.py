import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.ndimage import map_coordinates

from passage import JUNOCAM, RADII, made, passage, pattern, strip
from perijove.kit import chebyshev, ellipsoid, mapping, paint, projection, special, tiles
from perijove.kit.error import Error

SMALL = JUNOCAM.summed(4)


def cylindrical(ppd):
    def points(line, sample):
        lat, lon = 90 - (np.asarray(line) + 0.5) / ppd, 360 - (np.asarray(sample) + 0.5) / ppd
        return ellipsoid.surface(lat, lon, RADII)[0], np.True_

    return points, (180 * ppd, 360 * ppd)


@pytest.fixture(scope="module")
def g():
    return passage(30000, frames=20, camera=SMALL, longitude=200.0)


@pytest.fixture(scope="module")
def seen(g):
    return strip(g)


def resampled(core, g, ppd=4, **options):
    points, shape = cylindrical(ppd)
    options = dict(maxemission=80, maxincidence=88) | options
    return mapping.resample(core, g, points, shape, **options)


def test_nodes_hold_a_polynomial_of_their_degree():
    at, _ = chebyshev.nodes(5)
    x = np.r_[np.linspace(-1, 1, 9), at]
    held = chebyshev.expansion(5, x) @ (at**4 - 3 * at + 2)
    assert_allclose(held, x**4 - 3 * x + 2, atol=1e-14)
    assert_allclose(at, [-1, -np.sqrt(0.5), 0, np.sqrt(0.5), 1], atol=1e-15)


def globe(scale, longitude):
    grid = projection.grid(
        "Orthographic", "Jupiter", RADII, scale, (-90, 90, 0, 360), 0.0, longitude
    )
    return grid.points, grid.shape


GRIDS = {  # altitude, points and shape, the largest tile that stands
    "61,000 km": (61000, cylindrical(25), 128),
    "10,600 km": (10600, cylindrical(25), 128),
    "4,000 km": (4000, cylindrical(25), 64),
    "the rim of a globe": (270000, globe(100.0, 240.0), 128),
}


@pytest.mark.parametrize("altitude, grid, largest", GRIDS.values(), ids=GRIDS)
def test_coordinates_are_those_of_the_exact_geometry(altitude, grid, largest):
    g = passage(altitude)
    points, shape = grid
    corners = [(i, j) for i in range(0, shape[0], 128) for j in range(0, shape[1], 128)]
    limits = np.cos(np.radians([88, 83]))
    found = tiles.Planner(g, points, shape, limits).tiles(np.array(corners))
    assert max(max(tile.shape) for tile in found) == largest
    rng = np.random.default_rng(1)
    worst, cells = 0.0, 0
    for tile in rng.permutation(np.array(found, object))[:60]:
        down, across = (np.arange(n) for n in tile.shape)
        p, _ = points(tile.line + down[:, None], tile.sample + across)
        for look in tile.looks:
            if look.values is None:
                continue
            x, y, _ = g.project(look.frame, p)
            x, y = x + g.camera.cx - g.camera.first - 0.5, y - 0.5
            used = np.zeros(x.shape, bool)
            for cy in g.camera.cy:
                used |= (abs(x - 804) < 804) & (abs(y + cy - 63.5) < 63.5)
            e, f = (tiles.at_cells(n) for n in tile.shape)
            found_x, found_y = e @ look.values[:2] @ f.T
            off = np.hypot(found_x - x, found_y - y)[used]
            worst, cells = max(worst, off.max(initial=0)), cells + used.sum()
    assert cells > 30000
    assert worst < 0.005


@pytest.mark.parametrize("grid", [cylindrical(4), globe(300.0, 280.0)], ids=["map", "rim"])
def test_every_cell_that_a_framelet_saw_is_mapped(g, seen, grid):
    points, shape = grid  # the globe's rim runs through the middle of the picture
    out = mapping.resample(seen, g, points, shape, maxemission=80, maxincidence=88)
    line, sample = np.random.default_rng(3).integers(0, shape, (40000, 2)).T
    p, _ = points(line, sample)
    out, expected = out[:, line, sample], np.zeros((3, len(p)), bool)
    camera = g.camera
    for f in range(len(g)):
        x, y, z = g.project(f, p)
        mu0, mu = g.angles(f, p)
        x = x + camera.cx - 0.5
        seen_here = (z > 0) & (x > camera.first + 0.01) & (x < camera.last - 1.01)
        seen_here &= (mu > np.cos(np.radians(80)) + 1e-4) & (mu0 > np.cos(np.radians(88)) + 1e-4)
        for band, cy in enumerate(camera.cy):
            expected[band] |= seen_here & (abs(y - 0.5 + cy - 15.5) < 15.49)
    assert expected.sum() > 2000
    assert not (expected & np.isnan(out)).any()
    assert (~np.isnan(out) & ~expected).sum() < 0.02 * expected.sum()  # the edges
    assert set(special.kinds(out)[np.isnan(out)]) == {1}


def test_the_map_of_a_pattern_is_the_pattern(g, seen):
    out = resampled(seen, g, maxemission=60)
    points, shape = cylindrical(4)
    p, _ = points(*np.mgrid[: shape[0], : shape[1]])
    for band in out:
        valid = ~np.isnan(band)
        assert_allclose(band[valid], pattern(p[valid]), atol=2.0)  # of a range of 600


@pytest.mark.parametrize("interp", ["NEAREST", "BILINEAR", "CUBIC", "LANCZOS"])
@pytest.mark.parametrize("feather", [True, False])
def test_the_map_of_a_constant_is_constant(g, seen, interp, feather):
    core = np.full_like(seen, 0.37)
    outside = np.r_[: g.camera.first, g.camera.last : g.camera.samples]
    core[..., outside] = 1e6  # dark and isolation columns are no picture
    out = resampled(core, g, interp=interp, feather=feather)
    valid = ~np.isnan(out)
    assert valid.sum() > 20000
    assert_allclose(out[valid], 0.37, rtol=2e-6)


def test_the_tiles_of_a_map_end_where_it_ends(g):
    points, shape = cylindrical(4)  # 720 lines: five tiles and 80 lines
    corners = np.argwhere(np.ones((6, 12))) * 128
    found = tiles.Planner(g, points, shape).tiles(corners)
    ends = np.array([(tile.line + tile.shape[0], tile.sample + tile.shape[1]) for tile in found])
    assert (ends <= shape).all() and (ends.max(0) == shape).all()
    assert all(look.values is not None for tile in found for look in tile.looks)


def test_a_cell_is_the_exact_bilinear_mean(g, seen):
    out, (points, _) = resampled(seen, g), cylindrical(4)
    cells = np.argwhere(~np.isnan(out).any(0))
    line, sample = np.random.default_rng(5).choice(cells, 3000).T
    p, _ = points(line, sample)
    camera, (total, weight) = g.camera, np.zeros((2, 3, len(p)))
    for f in range(len(g)):
        x, y, z = g.project(f, p)
        mu0, mu = g.angles(f, p)
        x, allowed = x + camera.cx - 0.5, (mu0 > np.cos(np.radians(88))) & (z > 0)
        allowed &= (mu > np.cos(np.radians(80))) & (x >= camera.first) & (x < camera.last - 1)
        for band, cy in enumerate(camera.cy):
            at = y + cy - 0.5
            framelet = seen[band, f * camera.lines : (f + 1) * camera.lines].astype(float)
            w = np.maximum(np.minimum(at, camera.lines - 1 - at), 0) * allowed
            w[w < 1e-2] = 0  # what float32 may see on the other side of an edge
            total[band] += w * map_coordinates(framelet, [at, x], order=1, mode="nearest")
            weight[band] += w
    exact = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0.5)
    off = abs(out[:, line, sample] - exact)
    assert np.nanmax(off) < 1.0 and np.nanpercentile(off, 99) < 0.02  # of a range of 600
    assert (~np.isnan(off)).mean() > 0.95


def test_special_samples_are_looked_for_where_they_may_be(g, seen, monkeypatch):
    """What is left out because no special sample is near would have changed nothing."""
    rng = np.random.default_rng(6)
    core = seen.copy()
    core[rng.random(core.shape) < 2e-4] = special.NULL
    core[1, :, 300:310] = special.HIS
    found = {interp: resampled(core, g, interp=interp) for interp in paint.REACH}
    monkeypatch.setattr(paint._Framelet, "spoilt", lambda self, x, y: self.valid is not None)
    for interp, out in found.items():
        always = resampled(core, g, interp=interp)
        assert np.array_equal(special.kinds(always), special.kinds(out))
        assert_allclose(out, always, rtol=1e-6)


def test_any_number_of_threads_gives_the_same_bytes(g, seen):
    core = seen.copy()
    core[:, 100:300:3, 150:200] = special.HIS
    first, *others = (resampled(core, g, threads=n).tobytes() for n in (1, 2, 3))
    assert all(other == first for other in others)


def test_a_cell_is_the_mean_weighed_by_the_distance_to_the_edges(g, seen):
    lines = g.camera.lines
    core = np.repeat(np.arange(len(g), dtype=np.float32), lines)[None, :, None]
    core = np.broadcast_to(core, seen.shape)  # DN = number of the frame
    fades, alike = resampled(core, g), resampled(core, g, feather=False)
    line, sample = np.argwhere(abs(fades[1] % 1 - 0.25) < 0.02)[7]  # between two frames
    p, _ = cylindrical(4)[0](line, sample)
    f = int(fades[1, line, sample])
    y = [g.project(i, p)[1] - 0.5 + g.camera.cy[1] for i in (f, f + 1)]
    depth = [min(v, lines - 1 - v) for v in y]
    assert min(depth) > 0
    assert_allclose(fades[1, line, sample], f + depth[1] / sum(depth), atol=1e-3)
    assert alike[1, line, sample] == f + 0.5


def test_saturation_stays_his_in_its_band(g, seen):
    core = seen.copy()
    core[2][core[2] > 1150] = special.HIS
    out, clean = resampled(core, g), resampled(seen, g)
    kinds = special.kinds(out)
    assert set(kinds[2].ravel()) == {0, 1, 4} and set(kinds[:2].ravel()) == {0, 1}
    assert np.array_equal(out[:2].view(np.uint32), clean[:2].view(np.uint32))
    assert np.array_equal(kinds[2] == 1, special.kinds(clean)[2] == 1)  # no hole
    assert clean[2][kinds[2] == 4].min() > 1120
    assert np.nanmax(out[2]) < 1160


def test_null_samples_do_not_darken_their_neighbours(g, seen):
    rng = np.random.default_rng(2)
    core = np.full_like(seen, 5.0)
    core[rng.random(core.shape) < 0.3] = special.NULL
    core[:, :, 200:240] = special.LRS
    for interp in paint.REACH:
        out = resampled(core, g, interp=interp)
        assert_allclose(out[~np.isnan(out)], 5.0, rtol=2e-5)
        assert set(special.kinds(out).ravel()) == {0, 1}
        assert (~np.isnan(out)).sum() > 15000


def test_a_cell_is_his_where_saturated_framelets_weigh_more(g, seen):
    even = np.zeros_like(seen)
    even.reshape(3, len(g), SMALL.lines, -1)[:, ::2] = 1
    share = resampled(even, g)  # of the even frames in the weight of a cell
    core = np.where(even > 0, special.HIS, np.float32(3.0))
    out = resampled(core, g)
    assert (special.kinds(out)[share > 0.501] == 4).all()
    assert_allclose(out[share < 0.499], 3.0, rtol=1e-6)
    assert ((share > 0.01) & (share < 0.499)).sum() > 100


def test_angles_are_limits_of_each_cell(g, seen):
    points, shape = cylindrical(4)
    out = resampled(seen, g, maxemission=55, maxincidence=40)
    cells = np.argwhere(~np.isnan(out[1]))[::37]
    assert len(cells) > 100
    p, _ = points(*cells.T)
    mu0, mu = np.stack([g.angles(f, p) for f in range(len(g))], 1)
    assert 54.5 < np.degrees(np.arccos(mu.max(0))).max() < 55.01
    assert 39.5 < np.degrees(np.arccos(mu0.max(0))).max() < 40.01


def test_tiles_of_surface_and_sky_are_exact(g, seen):
    """The left half of the grid looks at the planet, the right half past it."""

    def points(line, sample):
        line, sample = np.broadcast_arrays(line, sample)
        lon = 200.0 + 0.1 * (sample - 40)
        p, n = ellipsoid.surface(20.0 - 0.1 * (line - 40), lon, RADII)
        sky = sample >= 45
        return p + np.where(sky, 900.0, 0.0)[..., None] * n, ~sky

    out = mapping.resample(seen, g, points, (80, 90), maxemission=80)[1]
    line, sample = np.mgrid[:80, :90]
    p, surface = points(line, sample)
    assert_allclose(out[surface], pattern(p[surface]), atol=1.5)
    strict = mapping.resample(seen, g, points, (80, 90), maxincidence=10)[1]
    assert np.isnan(strict[surface]).all()  # the sky has no angles
    assert np.array_equal(strict[~surface], out[~surface], equal_nan=True)
    frames = np.arange(len(g))
    x, y, _ = g.project(frames, np.broadcast_to(p[40, 60], (len(g), 1, 3)))
    y = y[:, 0] + SMALL.cy[1]
    f = int(abs(y - 16).argmin())  # the frame that has the point of the sky in mid-strip
    around = seen[1].reshape(len(g), SMALL.lines, -1)[f]
    i, j = int(y[f]), int(x[f, 0] + SMALL.cx)
    assert around[i - 1 : i + 2, j - 1 : j + 2].min() - 5 < out[40, 60]
    assert out[40, 60] < around[i - 1 : i + 2, j - 1 : j + 2].max() + 5


def refused(cube, words):
    with pytest.raises(Error, match=words):
        mapping.solved(cube)


def test_a_geometry_that_cannot_map_is_refused(g, seen):
    from dataclasses import replace

    refused(made(replace(g, solved=False, attitude="SPIN"), seen), "first guess.*run jitter")
    refused(made(replace(g, solved=False, attitude="NONE"), seen), "no attitude.*spiceinit")
    refused(made(g, seen[:, :-32]), "3 bands of 608 lines.*its geometry is of 3 bands of 640")
    solved = mapping.solved(made(g, seen))
    assert len(solved) == len(g)
