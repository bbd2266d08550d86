"""The executables in a row: a simulated perijove against its truth, a real one against the sky."""

from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import rasterio.warp
from numpy.testing import assert_allclose

from perijove.kit import cube, ellipsoid, geometry, label, projection

RAW = "junocam2cub FROM={} | decompand | junocal | spiceinit KERNELS={} "
LEFT = 0.013  # s: an error of the start time that a map must show


@pytest.fixture
def simulated(shell, tmp_path):
    """A simulated image: its truth, and the cube without and with jitter's correction."""
    shell("junosim TO=sim SEED=11 FRAMES=12 ALTITUDE=120000 MAPRESOLUTION=5")
    shell(RAW.format("$(ls sim/*-raw.png)", "sim/kernels") + "TO=told.cub")
    shell("jitter FROM=told.cub TO=found.cub")
    truth = label.loads((tmp_path / "sim/truth.pvl").read_text()).group("Truth")
    told, found = (cube.read(str(tmp_path / f"{name}.cub")) for name in ("told", "found"))
    return SimpleNamespace(truth=truth, told=told, found=found)


def test_a_simulated_perijove_comes_back(simulated, shell, tmp_path):
    """The start time to 0.4 ms; the map as good as that of the true start, and much better than
    one with 13 ms left in."""
    truth = simulated.truth
    late = truth.number("TimeOffset", "ms")
    found = simulated.found.isis.nodes("LimbFit")[0]
    assert_allclose(found.number("TimeOffset", "ms"), late, rtol=0, atol=0.4)

    told = geometry.from_cube(simulated.told)
    offsets = dict(zip(told.camera.names, truth.numbers("LineOffset", 3), strict=True))
    told = geometry.with_constants(told, truth.number("Twist", "degrees"), offsets)
    for name, dt in (("true", 0.0), ("left", LEFT)):
        made = geometry.attach(simulated.told, told.shift(late / 1e3 + dt))
        cube.write(str(tmp_path / f"{name}.cub"), made)
    names = "found", "true", "left"
    for name in names:
        words = "RESOLUTION=5 MAXEMISSION=75 MAXINCIDENCE=80"
        shell(f"mapproj FROM={name}.cub {words} TO={name}.map.cub")
    scene = cube.read(str(tmp_path / "sim/truth.cub")).core
    maps = [cube.read(str(tmp_path / f"{name}.map.cub")).core for name in names]
    seen = np.isfinite([scene, *maps]).all(0)
    assert seen.mean() > 0.1
    good, best, bad = (np.sqrt(np.mean(np.square(m - scene)[seen])) for m in maps)
    assert good < 1.05 * best and bad > 2 * best
    assert best < 0.03 * scene[seen].mean()


@pytest.fixture(scope="module")
def real(testdata, tmp_path_factory):
    """A folder with image 13539 of perijove 43, its attitude found from the limb alone."""
    import subprocess

    folder = tmp_path_factory.mktemp("real")
    raw = testdata / "junocam/pj43/13539-ImageSet/JNCE_2022186_43C00080_V01-raw.png"
    line = RAW.format(raw, testdata / "spice/juno") + "ATTITUDE=SPIN | jitter TO=geo.cub"
    subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, check=True, capture_output=True
    )
    return folder


def test_the_red_spot_is_where_it_was_in_july_2022(real, shell, tmp_path):
    """At 291 W, 23 S, on the limb: the part of its neighbourhood with the least blue."""
    shell(f"mapproj FROM={real}/geo.cub RESOLUTION=2 MAXEMISSION=89.5 TO=map.cub")
    made = cube.read(str(tmp_path / "map.cub"))
    blue, _, red = made.core
    line, sample = np.indices(blue.shape)
    lat, lon = 90 - (line + 0.5) / 2, 360 - (sample + 0.5) / 2
    near = np.isfinite(blue / red) & (abs(lat + 23) < 12) & (abs(lon - 291) < 20)
    ratio = np.where(near, blue / red, np.nan)
    spot = ratio < (np.nanmedian(ratio) + np.nanmin(ratio)) / 2
    assert spot.sum() > 50
    assert_allclose(np.median(lon[spot]), 291, rtol=0, atol=3)
    assert_allclose(np.median(lat[spot]), -23, rtol=0, atol=2)


@pytest.mark.parametrize(
    "words", ["RESOLUTION=4 CLON=290", "PROJECTION=POLARSTEREOGRAPHIC RESOLUTION=300 PIXRES=KM"]
)
def test_gdal_puts_the_label_s_own_point_below_the_spacecraft(words, real, shell, tmp_path):
    """The label's sub-spacecraft point, through the map as GDAL reads it."""
    shell(f"mapproj FROM={real}/geo.cub {words} TO=map.cub")
    made = cube.read(str(tmp_path / "map.cub"))
    g, instrument = geometry.from_cube(made), made.group("Instrument")
    latitude = instrument.number("SubSpacecraftLatitude")
    longitude = instrument.number("SubSpacecraftLongitude")
    with rasterio.open(tmp_path / "map.cub") as gdal:
        on = gdal.crs.to_dict()
        shape = {k: on[k] for k in ("a", "b", "rf", "R") if k in on}
        here = rasterio.crs.CRS.from_dict({"proj": "longlat", **shape, "no_defs": True})
        x, y = rasterio.warp.transform(here, gdal.crs, [-longitude], [latitude])
        left, step, _, top, _, down = gdal.transform.to_gdal()
    line, sample = (y[0] - top) / down, (x[0] - left) / step
    mapped = projection.of_cube(made).latlon(line - 0.5, sample - 0.5)
    p, _ = ellipsoid.surface(*mapped, g.radii)
    foot, _ = ellipsoid.below(g.o[0], g.radii)
    apart = np.linalg.norm(p - foot) / np.linalg.norm(foot)
    assert np.degrees(apart) < 0.1


def test_photom_evens_the_latitudes_of_a_real_map(real, shell, tmp_path):
    """The rms about the mean of each latitude, 70 to 50 south: 30 % before, 6 % after."""
    shell(f"mapproj FROM={real}/geo.cub RESOLUTION=4 MAXLAT=-40 TO=map.cub")
    limits = "MAXINCIDENCE=81 MAXEMISSION=78"
    shell(f"photom FROM=map.cub {limits} TO=a.cub; photom FROM=map.cub {limits} K=0.7 TO=b.cub")
    raw, even, other = (cube.read(str(tmp_path / f"{n}.cub")).core[:2] for n in ("map", "a", "b"))
    lines = slice(40, 120)  # of the 4 px/degree from 40 south on
    seen = np.isfinite(even).all(0)

    def scatter(core):
        planes = np.where(seen, core, np.nan)[:, lines]
        return np.sqrt(np.nanmean((planes / np.nanmean(planes, 2, keepdims=True) - 1) ** 2, (1, 2)))

    assert seen[lines].sum() > 20000
    assert (scatter(raw) > 0.25).all() and (scatter(even) <= 0.06).all()
    assert (scatter(other) > 0.1).all()
