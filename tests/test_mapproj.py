from dataclasses import replace

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose
from rasterio.crs import CRS
from rasterio.warp import transform

from passage import JUNOCAM, RADII, made, passage, pattern, strip
from perijove.kit import cube, ellipsoid, geometry, projection, special
from perijove.mapproj import limits, main, middle

SMALL = JUNOCAM.summed(4)
SPOT = -8.0, 262.0  # latitude, west longitude of a bright spot
SYSTEM_III = CRS.from_user_input("+proj=longlat +a=71492000 +b=66854000 +no_defs")


def spotted(p):
    """A Gaussian spot, 2500 km wide, on a dim planet."""
    centre = ellipsoid.surface(*SPOT, RADII)[0]
    return 100 + 900 * np.exp(-(((np.asarray(p) - centre) / 2500.0) ** 2).sum(-1))


@pytest.fixture(scope="module")
def g():
    return passage(40000, frames=22, camera=SMALL, latitude=4.0, longitude=270.0)


@pytest.fixture(scope="module")
def folder(g, tmp_path_factory):
    folder = tmp_path_factory.mktemp("strips")
    cube.write(folder / "spot.cub", made(g, strip(g, spotted)))
    cube.write(folder / "waves.cub", made(g, strip(g)))
    return folder


def mapped(folder, tmp_path, *words, strip="spot.cub"):
    main(f"FROM={folder / strip}", f"TO={tmp_path / 'map.cub'}", "-quiet", *words)
    return cube.read(str(tmp_path / "map.cub"))


PROJECTIONS = {
    "cylindrical": ("RESOLUTION=4",),
    "piece": ("RESOLUTION=8", "MINLAT=-30", "MAXLAT=20", "MINLON=230", "MAXLON=290"),
    "over the seam": ("RESOLUTION=4", "CLON=262"),
    "polar": ("RESOLUTION=400", "PIXRES=KM", "PROJECTION=POLAR", "CLAT=-90", "MAXLAT=20"),
    "polar, turned": ("RES=5", "PROJ=POLAR", "CLAT=90", "CLON=262", "MINLAT=-30"),
    "globe": ("RESOLUTION=5", "PROJECTION=ORTHO"),
}


@pytest.mark.parametrize("words", PROJECTIONS.values(), ids=PROJECTIONS)
def test_gdal_finds_the_spot_where_it_is(folder, tmp_path, words):
    mapped(folder, tmp_path, *words)
    with rasterio.open(tmp_path / "map.cub") as dataset:
        red = np.where(dataset.read_masks(3), dataset.read(3), 0)
        line, sample = np.argwhere(red > 500).T
        weight = red[line, sample].astype(float) - 500
        x, y = transform(SYSTEM_III, dataset.crs, [-SPOT[1]], [SPOT[0]])
        a, b, c, d, e, f = dataset.get_transform()
        expected = (x[0] - a) / b - 0.5, (y[0] - d) / f - 0.5
        degree = np.radians(71492e3) / b  # cells
    found = np.average(sample, weights=weight), np.average(line, weights=weight)
    assert_allclose(found, expected, atol=0.1 * degree)
    assert len(line) > 15


def test_the_grid_of_the_label_has_the_pattern(folder, tmp_path):
    made = mapped(folder, tmp_path, "RESOLUTION=4", "MAXEMISSION=65", strip="waves.cub")
    grid = projection.of_cube(made)
    p, _ = grid.points(*np.mgrid[: grid.lines, : grid.samples])
    valid = ~np.isnan(made.core[1])
    assert valid.sum() > 8000
    assert_allclose(made.core[1][valid], pattern(p[valid]), atol=4)  # of a range of 600


def test_the_map_keeps_geometry_and_bands_and_says_what_it_used(folder, tmp_path, g):
    made = mapped(folder, tmp_path, "RESOLUTION=2")
    assert_allclose(geometry.from_cube(made).et, g.et, rtol=0, atol=0)
    assert made.band_names() == ["BLUE", "GREEN", "RED"]
    assert made.core.shape == (3, 360, 720)
    mapping = made.group("Mapping")
    assert mapping["LongitudeDirection"] == "PositiveWest"
    assert mapping.number("Scale", "pixels/degree") == pytest.approx(2.0, abs=1e-12)
    assert mapping.number("EquatorialRadius", "km") == 71492.0
    for words in ("MAXEMISSION", "83", "BILINEAR"):
        assert words in made.history
    assert set(special.kinds(made.core).ravel()) == {0, 1}


def test_saturated_samples_stay_his(folder, tmp_path):
    spot = cube.read(str(folder / "spot.cub"))
    core = spot.core.copy()
    core[2][core[2] > 800] = special.HIS
    cube.write(tmp_path / "full.cub", spot.replace(core=core))
    kinds = special.kinds(mapped(tmp_path, tmp_path, "RESOLUTION=8", strip="full.cub").core)
    line, sample = round((90 - SPOT[0]) * 8), round((360 - SPOT[1]) * 8)
    assert (kinds[2, line - 4 : line + 4, sample - 4 : sample + 4] == 4).all()
    assert (kinds[:2] != 4).all()


def test_defaults_of_the_range():
    assert limits("SimpleCylindrical", 0.0, None, (None,) * 4, "-") == (-90, 90, 0, 360)
    assert limits("SimpleCylindrical", 0.0, 262.0, (None,) * 4, "-")[2:] == (-278, 82)
    assert limits("PolarStereographic", -90.0, 0.0, (None,) * 4, "-") == (-90, -50, 0, 360)
    assert limits("Orthographic", 4.0, 0.0, (None, None, 350, 20), "-") == (-90, 90, -10, 20)
    assert (middle(0, 360), middle(-10, 20), middle(-170, 190)) == (180, 0, 10)


def refusal(capfd, *words):
    with pytest.raises(SystemExit) as stopped:
        main(*words)
    assert stopped.value.code == 2
    return capfd.readouterr().err


@pytest.mark.parametrize(
    "words, message",
    [
        (("MINLAT=20", "MAXLAT=-20"), "MINLAT = 20 is not below MAXLAT = -20"),
        (("MINLON=-200", "MAXLON=300"), "expected at most one turn"),
        (("CLAT=20",), "CLAT = 20: SimpleCylindrical has its centre at 0"),
        (("PROJECTION=POLAR", "CLAT=20"), "CLAT = 20: PolarStereographic needs 90 or -90"),
        (("PROJECTION=POLAR", "CLAT=90", "MINLAT=-80"), "too far from the pole 90"),
        (("PROJECTION=ORTHO", "CLAT=-90", "MINLAT=40"), "shows nothing of the map's range"),
        (("PIXRES=KM",), "PIXRES = KM needs a RESOLUTION"),
        (("RESOLUTION=3000",), "lower RESOLUTION"),
        (("PROJECTION=SINUSOIDAL",), "SINUSOIDAL is unknown"),
    ],
)
def test_refusals(folder, tmp_path, capfd, words, message):
    to = tmp_path / "map.cub"
    assert message in refusal(capfd, f"FROM={folder / 'spot.cub'}", f"TO={to}", *words)
    assert not to.exists()


def test_a_geometry_that_is_not_solved_is_refused(folder, tmp_path, capfd, g):
    spot = cube.read(str(folder / "spot.cub"))
    guess = replace(g, solved=False, attitude="SPIN")
    cube.write(tmp_path / "guess.cub", geometry.attach(spot, guess))
    bare = spot.replace(blobs=())
    cube.write(tmp_path / "bare.cub", bare)
    mapped(folder, tmp_path, "RESOLUTION=1")
    for name, words in (
        ("guess.cub", "first guess, not solved yet (run jitter)"),
        ("bare.cub", "no geometry is attached (run spiceinit)"),
        ("map.cub", "is a map already"),
    ):
        told = refusal(capfd, f"FROM={tmp_path / name}", f"TO={tmp_path / 'no.cub'}")
        assert words in told and told.count("\n") == 1
    assert not (tmp_path / "no.cub").exists()


def test_a_pipe_gives_the_same_bytes_as_files(folder, shell, tmp_path):
    shell(f"mapproj RESOLUTION=2 -quiet < {folder}/waves.cub > piped.cub")
    shell(f"mapproj FROM={folder}/waves.cub TO=filed.cub RESOLUTION=2 -quiet")
    assert (tmp_path / "piped.cub").read_bytes() == (tmp_path / "filed.cub").read_bytes()
    shell(f"midplane FROM={folder}/waves.cub | mapproj RES=2 PROJ=ORTHO TO=globe.cub")
    assert (~np.isnan(cube.read(str(tmp_path / "globe.cub")).core)).mean() > 0.1
