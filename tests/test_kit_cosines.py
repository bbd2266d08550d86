"""Cosines by tiles against those of every cell: strips, pictures, maps, from near and far."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from passage import JUNOCAM, RADII, made, passage
from perijove.kit import cosines, midtime, places, projection, smooth

LEAST = np.cos(np.radians([85.0, 83.0]))


def told(where, bands, least):
    """mu0, mu of all image bands (2, bands, lines, samples) by tiles; -1 beyond the limits."""
    out = np.full((2, bands, where.lines, where.samples), np.nan)
    windows, times = where.windows(bands), np.zeros(out.shape[1:], int)
    for corners in smooth.chunks(smooth.corners(len(windows), where.shape)):
        for window, lines, samples, found in cosines.of_places(where, least)(corners):
            used, whole = windows[window]
            for band in used:
                times[band, whole][lines, samples] += 1
                out[:, band, whole][:, lines, samples] = -1 if found is None else found
    assert (times == 1).all()
    return out


def exact(where, bands):
    """The same, cell by cell; -1 off the surface."""
    out = np.empty((2, bands, where.lines, where.samples))
    for band in range(bands):
        for top in range(0, where.lines, where.shape[0]):
            line = np.arange(top, top + where.shape[0])
            f, p = where.ground(band, line[:, None], np.arange(where.samples))
            out[:, band, line] = where.g.angles(f, p)
    return np.nan_to_num(out, nan=-1.0)


def compare(where, bands, least=LEAST):
    found, expected = told(where, bands, least), exact(where, bands)
    low = np.reshape(least, (2, 1, 1, 1))
    within = (expected >= low).all(0)
    assert within.any()
    assert (((found >= low).all(0) != within).mean()) < 1e-5
    assert_allclose(found[:, within], expected[:, within], rtol=5e-6, atol=5e-8)
    assert (np.abs(found - expected)[:, within] < 1e-5).all()


@pytest.mark.parametrize("altitude", [4000.0, 60000.0, 200000.0, 3e6])
def test_strips_from_near_and_far(altitude):
    g = passage(altitude, frames=3 if altitude < 1e5 else 8, camera=JUNOCAM.summed(2))
    core = np.zeros((3, len(g) * g.camera.lines, g.camera.samples), np.float32)
    compare(places.of(made(g, core)), 3)


def test_pictures_have_one_view_for_all_bands():
    g, _ = midtime.picture(passage(60000.0, frames=9), 0.4)
    where = places.of(made(g, np.zeros((3, g.camera.lines, g.camera.samples), np.float32)))
    assert where.windows(3) == [(range(3), slice(0, where.lines))]
    compare(where, 3)


@pytest.mark.parametrize("name", ["SimpleCylindrical", "Orthographic"])
def test_maps_and_the_least_that_can_be(name):
    g = passage(60000.0, frames=3)
    grid = projection.grid(name, "Jupiter", RADII, 400.0, (-90, 90, 0, 360), 20.0, 266.0)
    image = made(g, np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    compare(places.of(image), 1)
    compare(places.of(image), 1, (1e-4, 1e-4))


def test_bands_are_cut_into_tiles():
    rng = np.random.default_rng(3)
    degrees = {k: rng.uniform(0, 180, (150, 300)) for k in ("INCIDENCE", "EMISSION")}
    out = np.empty((2, 150, 300))
    for _, lines, samples, found in cosines.of_bands(degrees)(smooth.corners(1, (150, 300))):
        out[:, lines, samples] = found
    for plane, k in zip(out, degrees, strict=True):
        assert_allclose(np.degrees(np.arccos(plane)), degrees[k], atol=1e-6)
