import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import projection, regrid, special
from perijove.kit.error import Error

RADII = (71492.0, 71492.0, 66854.0)
WORLD = (-90, 90, 0, 360)
KM = projection.degree("SimpleCylindrical", RADII) / 3
MOLLWEIDE = "+proj=moll +lon_0=200 +a=71492000.0 +b=66854000.0 +units=m +no_defs"
OTHERS = {
    "polar": ("PolarStereographic", (30, 90, 0, 360), 90, 40, {}),
    "globe": ("Orthographic", WORLD, 20, 350, {}),
    "equal areas": ("LambertAzimuthalEqualArea", (-60, 60, -60, 80), -23, 10, {}),
    "sinusoidal": ("Sinusoidal", WORLD, 0, 30, {}),
    "Mollweide": ("PROJ", WORLD, 0, 160, {"ProjString": MOLLWEIDE}),
    "another seam": ("SimpleCylindrical", (-90, 90, -130, 230), 0, 50, {}),
}


def made(name="SimpleCylindrical", ranges=WORLD, clat=0.0, clon=180.0, extra=()):
    return projection.grid(name, "Jupiter", RADII, KM, ranges, clat, clon, extra=extra)


def on(core, old, new, *words, **options):
    return regrid.resample(
        core, lambda i, j: old.pixel(*new.latlon(i, j)), new.shape, *words, turn=old.turn, **options
    )


def smooth(grid):
    """A smooth DN of latitude and longitude, (1, lines, samples)."""
    lat, lon = np.radians(grid.latlon(np.arange(grid.lines)[:, None], np.arange(grid.samples)))
    return (np.sin(3 * lat) + np.cos(lat) ** 2 * np.cos(4 * lon)).astype(np.float32)[None]


@pytest.mark.parametrize("interp", regrid.REACH)
def test_a_grid_on_itself_is_itself_bit_by_bit(interp):
    grid = projection.grid("SimpleCylindrical", "Jupiter", RADII, 2.5 * KM, WORLD)
    core = np.random.default_rng(0).normal(size=(2, *grid.shape)).astype(np.float32)
    for kind, where in enumerate(
        (special.NULL, special.LRS, special.LIS, special.HIS, special.HRS)
    ):
        core[0, 20 * kind : 20 * kind + 9, 5 * kind : 50] = where
        core[1, 20 * kind, 300] = where
    assert on(core, grid, grid, interp).tobytes() == core.tobytes()


@pytest.mark.parametrize("name", OTHERS)
def test_cells_lie_where_both_grids_say(name):
    old, new = made(), made(*OTHERS[name])
    found, truth = on(smooth(old), old, new), smooth(new)
    assert np.array_equal(np.isnan(found), np.isnan(truth))  # no seam, no rim
    step = np.nanmax(np.abs(np.diff(smooth(old), axis=2)))
    assert np.nanmax(np.abs(found - truth)) < step**2  # what bilinear interpolation leaves


@pytest.mark.parametrize("name", OTHERS)
def test_there_and_back(name):
    old, new = made(), made(*OTHERS[name])
    there = on(smooth(old), old, new, "CUBIC")
    back = on(there, new, old, "CUBIC")
    lat, lon = old.latlon(np.arange(old.lines)[:, None], np.arange(old.samples))
    line, sample = new.pixel(lat, lon)
    inner = (-6, 0, 6)  # cells of which all around show
    shown = [new.latlon(line + i, sample + j)[0] for i in inner for j in inner]
    seen = ~np.isnan(shown).any(0) & (np.abs(lat) < 80) & ~np.isnan(back[0])
    assert seen.mean() > 0.15
    assert np.abs(back - smooth(old))[0][seen].max() < 0.015  # of a range of 3


def test_the_last_sample_meets_the_first():
    old = made()
    new = made("SimpleCylindrical", (-20, 20, -30, 30), 0, 0)
    core = np.zeros((1, *old.shape), np.float32)
    core[0, :, 0], core[0, :, -1] = 1, 3  # 360 W on the left, 0 W on the right
    found = on(core, old, new)
    middle = new.samples // 2
    assert_allclose(found[0, 5, middle - 2 : middle + 2], [0, 3, 1, 0], atol=1e-6)
    half = regrid.resample(
        core, lambda i, j: np.broadcast_arrays(i * 1.0, j - 0.5), (3, 4), turn=old.turn
    )
    assert_allclose(half[0, 0], [2, 0.5, 0, 0], atol=1e-6)


def test_special_pixels_neither_grow_nor_shrink():
    core = np.full((1, 64, 64), 7, np.float32)
    core[0, 20:40, 20:40] = special.HIS
    core[0, 50:, 50:] = special.LRS

    def shifted(i, j):
        return np.broadcast_arrays(i + 0.25, j + 0.25)

    for interp in regrid.REACH:
        found = regrid.resample(core, shifted, (60, 60), interp)
        kinds = special.kinds(found)
        assert (kinds == 4).sum() == 400 and (kinds == 2).sum() == 100
        assert_allclose(found[kinds == 0], 7, rtol=1e-5)


def test_tiles_of_one_kind_stay_of_that_kind():
    core = np.full((1, 300, 300), special.NULL)
    core[0, :128], core[0, 128:256, 128:] = special.LRS, special.LIS

    def shifted(i, j):
        return np.broadcast_arrays(i + 0.25, j - 0.25)

    found = regrid.resample(core, shifted, (299, 299))
    assert np.array_equal(special.kinds(found), special.kinds(core[:, :299, :299]))


def test_beyond_the_map_there_is_nothing():
    core = np.ones((1, 10, 10), np.float32)
    found = regrid.resample(core, lambda i, j: np.broadcast_arrays(i - 20.0, j - 20.0), (60, 60))
    assert np.array_equal(~np.isnan(found[0, 15:35, 15:35]).all(0), np.arange(15, 35) // 10 == 2)
    assert special.kinds(found)[0, 0, 0] == 1 and np.nansum(found) == 100


def test_any_number_of_threads_gives_the_same_bytes():
    old, new = made(), made(*OTHERS["Mollweide"])
    core = np.random.default_rng(1).normal(size=(1, *old.shape)).astype(np.float32)
    first, second = (on(core, old, new, threads=n).tobytes() for n in (1, 3))
    assert first == second


def test_a_picture_that_memory_does_not_hold_is_refused():
    with pytest.raises(Error, match="lower RESOLUTION"):
        regrid.resample(np.ones((1, 2, 2)), None, (10**7, 10**7))
