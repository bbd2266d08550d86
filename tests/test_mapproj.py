from dataclasses import replace

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose
from rasterio.crs import CRS
from rasterio.warp import transform

from passage import JUNOCAM, RADII, made, passage, pattern, strip
from perijove import cub2std
from perijove.kit import cube, ellipsoid, geometry, projection, special
from perijove.kit.layout import limits, middle
from perijove.mapproj import main

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
    "sinusoidal": ("RESOLUTION=250km", "PROJECTION=SINU"),
    "from afar": ("RESOLUTION=4", "PROJECTION=POINT", "CLAT=0", "CLON=250"),
    "sailor": ("RESOLUTION=4", "PROJ=MERCATOR", "CLAT=10"),
    "cone": ("RESOLUTION=4", "PROJ=LAMBERTC", "PARALLELS=(-20,-50)", "MAXLAT=10"),
    "meridian": ("RESOLUTION=4", "PROJ=TRANS", "CLON=262"),
}
WORDS = {  # what GDAL reads from a GeoTIFF of cub2std alone
    "equal areas": ("RES=4", "PROJ=LAMBERTAZ", "NLINES=200"),
    "Mollweide": ("RES=4", "PROJ=+proj=moll"),
    "a sailor's words": ("RES=4", "PROJ=+proj=merc"),
    "equal areas in words": ("RES=4", "PROJ=+proj=laea +lat_0=-20 +lon_0=95", "NLINES=200"),
    "a code": ("RES=4", "PROJ=IAU_2015:59945"),
    "oblique": ("RES=4", "PROJ=+proj=stere +lat_0=-10 +lon_0=95 +R=71492000", "NLINES=300"),
    "an ellipsoid of its own": ("RES=4", "PROJ=+proj=aeqd", "CLAT=0", "CLON=262", "NLINES=300"),
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_gdal_finds_the_spot_in_the_geotiff(folder, tmp_path, words):
    mapped(folder, tmp_path, *words)
    cub2std.main(f"FROM={tmp_path}/map.cub", f"TO={tmp_path}/map.tif", "BITS=32")
    finds_the_spot(tmp_path / "map.tif")


@pytest.mark.parametrize("words", PROJECTIONS.values(), ids=PROJECTIONS)
def test_gdal_finds_the_spot_where_it_is(folder, tmp_path, words):
    mapped(folder, tmp_path, *words)
    finds_the_spot(tmp_path / "map.cub")


def finds_the_spot(path):
    """The spot lies where GDAL's transform and CRS put it."""
    with rasterio.open(path) as dataset:
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
    assert limits("SimpleCylindrical", 0.0, None, (None,) * 4) == (-90, 90, 0, 360)
    assert limits("SimpleCylindrical", 0.0, 262.0, (None,) * 4)[2:] == (-278, 82)
    assert limits("PolarStereographic", -90.0, 0.0, (None,) * 4) == (-90, -50, 0, 360)
    assert limits("Orthographic", 4.0, 0.0, (None, None, 350, 20)) == (-90, 90, -10, 20)
    assert limits("TransverseMercator", 0.0, 262.0, (None,) * 4) == (-90, 90, 217, 307)
    assert limits("LambertConformal", -20.0, 262.0, (None,) * 4)[:2] == (-90, 0)
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
        (("PIXRES=PPD", "RES=50km"), "PIXRES = PPD, but RESOLUTION is typed with another unit"),
        (("RESOLUTION=50s",), "RESOLUTION = 50.0 <s>: expected a value in <px/deg>"),
        (("RESOLUTION=3000",), "lower RESOLUTION"),
        (("PROJECTION=BONNE",), "PROJECTION = BONNE is unknown"),
        (("PROJECTION=+proj=bone",), "PROJ knows no such projection"),
        (("PROJECTION=+proj=longlat",), "expected a projection, such as +proj=moll"),
        (("PROJECTION=IAU_2015:59942",), "of planetocentric latitudes"),
        (("PROJECTION=+proj=pipeline +step +proj=merc",), "expected a projection"),
        (("PROJECTION=MERC", "MAXLAT=90"), "a Mercator map ends before 89 degrees"),
        (("PROJECTION=EPSG:3857",), "of a body of 6378.14 km, expected one of 71492 km"),
        (("PROJECTION=+proj=moll +lon_0=3", "CLON=5"), "CLON = 5: +proj=moll +lon_0=3 says +lon_0"),
        (("PROJECTION=LAMBERTC",), "LambertConformal needs PARALLELS"),
        (("PROJECTION=LAMBERTC", "PARALLELS=(20,-20)"), "no cone lies between them"),
        (("DISTANCE=200000",), "DISTANCE: SimpleCylindrical has none"),
        (("PROJECTION=POINT", "DISTANCE=70000"), "needs a DISTANCE of more than 71492 km"),
        (("NLINES=5", "MINLAT=3"), "MINLAT: NLINES and NSAMPLES say"),
        (("BACKPLANES=HEIGHT",), "BACKPLANES = HEIGHT is unknown"),
        (("BACKPLANES=(PHASE,PHASE)",), "BACKPLANES = PHASE: the map has this band already"),
        (
            ("PROJ=+proj=stere +lat_0=20", "CLON=270", "NLINES=220", "RES=1"),
            "PROJ finds no way back from",
        ),
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


def same(one, other):
    return one.core.tobytes() == other.core.tobytes()


def near(value):
    """A number of a label, or one with its unit, to within the rounding of its last digits."""
    number = value.value if hasattr(value, "unit") else value
    found = pytest.approx(number, rel=1e-12)
    return (found, value.unit) if hasattr(value, "unit") else found


def cells_of(made):
    grid = projection.of_cube(made)
    return grid, *grid.latlon(np.arange(grid.lines)[:, None], np.arange(grid.samples))


def test_a_resolution_brings_its_unit(folder, tmp_path):
    degree = np.radians(71492.0)
    for words, km in (
        (("RES=2",), degree / 2),
        (("RES=2 <px/deg>",), degree / 2),
        (("RES=500km",), 500.0),
        (("RES=500000 <meters>",), 500.0),
        (("RES=500", "PIXRES=KM"), 500.0),
        (("RES=500km", "PIXRES=KM"), 500.0),
    ):
        made = mapped(folder, tmp_path, *words)
        assert_allclose(
            made.group("Mapping").number("PixelResolution", "meters/pixel"), 1000 * km, rtol=1e-12
        )
    assert "RESOLUTION   = 500.0 <km>" in made.history


def test_a_map_on_its_own_grid_is_itself(folder, tmp_path):
    first = mapped(folder, tmp_path, "RES=4", "BACKPLANES=(PHASE,LONGITUDE)", strip="waves.cub")
    cube.write(tmp_path / "one.cub", first)
    for words in ((), (f"MAP={tmp_path}/one.cub",), ("RES=4", "INTERP=CUBIC")):
        again = mapped(tmp_path, tmp_path, *words, strip="one.cub")
        assert same(again, first)
        for key, value in first.group("Mapping").items:
            assert again.group("Mapping")[key] == (value if isinstance(value, str) else near(value))
        assert again.band_names() == ["BLUE", "GREEN", "RED", "PHASE", "LONGITUDE"]


def test_two_maps_of_one_grid_register(folder, tmp_path):
    words = "PROJ=LAMBERTAZ", "CLAT=-23", "CLON=270", "RES=400km", "NLINES=90", "NSAMPLES=101"
    first = mapped(folder, tmp_path, *words, strip="waves.cub")
    grid = projection.of_cube(first)
    assert grid.shape == (90, 101)
    assert_allclose(grid.latlon(44.5, 50), (-23, 270), atol=1e-9)
    cube.write(tmp_path / "one.cub", first)
    second = mapped(folder, tmp_path, f"MAP={tmp_path}/one.cub", strip="waves.cub")
    assert same(second, first) and second.group("Mapping") == first.group("Mapping")
    fine = mapped(folder, tmp_path, f"MAP={tmp_path}/one.cub", "MAXLAT=-30", "MINLAT=-50")
    line, sample = grid.pixel(*projection.of_cube(fine).latlon(3, 4))
    assert_allclose([line, sample], np.rint([line, sample]), atol=1e-6)


def test_a_map_of_a_map_is_the_map_of_the_strip(folder, tmp_path):
    globe = "PROJ=ORTHO", "CLAT=4", "CLON=270", "RES=3"
    direct = mapped(folder, tmp_path, *globe, strip="waves.cub")
    fine = mapped(folder, tmp_path, "RES=12", strip="waves.cub")
    cube.write(tmp_path / "one.cub", fine)
    again = mapped(tmp_path, tmp_path, *globe, "MINLAT=-90", strip="one.cub")
    assert again.core.shape == direct.core.shape
    off = np.abs(again.core - direct.core)[~np.isnan(again.core + direct.core)]
    assert off.size > 0.98 * (~np.isnan(direct.core)).sum()
    assert np.percentile(off, 99) < 4 and np.median(off) < 0.3  # of a range of 600


MAP_FILE = """Group = Mapping
  ProjectionName     = Sinusoidal
  CenterLongitude    = 90.0
  LatitudeType       = Planetocentric
  LongitudeDirection = PositiveEast
  LongitudeDomain    = 360
  MinimumLatitude    = -40.0
  MaximumLatitude    = 20.0
  MinimumLongitude   = 60.0
  MaximumLongitude   = 130.0
  Scale              = 4 <pixels/degree>
End_Group
End
"""


def test_a_map_file_of_isis(folder, tmp_path):
    (tmp_path / "a.map").write_text(MAP_FILE)
    made = mapped(folder, tmp_path, f"MAP={tmp_path}/a.map")
    mapping = made.group("Mapping")
    assert mapping["LatitudeType"] == "Planetocentric" and mapping["ProjectionName"] == "Sinusoidal"
    assert mapping["MinimumLatitude"] == -40.0 and mapping["MaximumLongitude"] == 130.0
    assert_allclose(mapping.number("Scale"), 4, rtol=1e-12)
    assert made.core.shape[1] == 240  # 60 planetocentric degrees
    grid, lat, lon = cells_of(made)
    line, sample = np.argwhere(made.core[2] > 500).T
    weight = made.core[2][line, sample] - 500
    expected = grid.pixel(*SPOT)
    found = np.average(line, weights=weight), np.average(sample, weights=weight)
    assert_allclose(found, expected, atol=0.3)
    y = 4 * (20 - ellipsoid.planetocentric(SPOT[0], RADII)) - 0.5  # by hand
    assert_allclose(expected[0], y, atol=1e-9)
    typed = mapped(folder, tmp_path, f"MAP={tmp_path}/a.map", "PROJ=SIMPLE", "RES=2", "MAXLAT=0")
    assert typed.group("Mapping")["LatitudeType"] == "Planetographic"
    low = ellipsoid.planetographic(-40.0, RADII)
    assert_allclose(typed.group("Mapping")["MinimumLatitude"], low, atol=1e-9)
    assert "MAP         " in typed.history and "a.map" in typed.history


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("Sinusoidal", "Bonne", "a.map: Group Mapping: ProjectionName = Bonne, expected Simple"),
        ("-40.0", "-140.0", "a.map: Group Mapping: MinimumLatitude = -140, expected -90 to 90"),
        ("Planetocentric", "Geodetic", "LatitudeType = Geodetic, expected Planetocentric or"),
        ("Group = Mapping", "Group = Map", "a.map: no Group = Mapping"),
        ("  Scale", "  TargetName = Io\n  Scale", "a.map: a map of Io, expected one of Jupiter"),
        ("  Scale", "  EquatorialRadius = 1000\n  PolarRadius = 1000\n  Scale", "radii of 1 and 1"),
        ("= 4 <", "= 0 <", "Scale = 0: expected > 0"),
    ],
)
def test_a_map_file_that_cannot_be_is_refused(folder, tmp_path, capfd, old, new, message):
    (tmp_path / "a.map").write_text(MAP_FILE.replace(old, new))
    words = f"FROM={folder / 'spot.cub'}", f"MAP={tmp_path}/a.map", f"TO={tmp_path}/map.cub"
    told = refusal(capfd, *words)
    assert message in told and told.count("\n") == 1


def test_backplanes_stand_behind_the_bands(folder, tmp_path, g):
    words = "RES=1", "BACKPLANES=(LAT,LON,INC,EMISSION)"
    made = mapped(folder, tmp_path, *words)
    names = ["BLUE", "GREEN", "RED", "LATITUDE", "LONGITUDE", "INCIDENCE", "EMISSION"]
    assert made.band_names() == names
    _, lat, lon = cells_of(made)
    assert_allclose(made.core[3], lat, atol=1e-4)
    assert_allclose(made.core[4], np.broadcast_to(lon, lat.shape), atol=1e-4)
    place = g.mid().o[0]
    foot = ellipsoid.latlon(ellipsoid.below(place, RADII)[0], RADII)
    line, sample = (int(round(float(v))) for v in projection.of_cube(made).pixel(*foot))
    assert made.core[6, line, sample] < 2.5  # seen straight down below the spacecraft
    assert np.isnan(made.core[:3][:, made.core[6] > 84]).all()
    main(f"FROM={tmp_path}/map.cub", f"TO={tmp_path}/polar.cub", "PROJ=POLAR", "-quiet")
    polar = cube.read(str(tmp_path / "polar.cub"))
    _, lat, lon = cells_of(polar)
    off = np.abs(np.mod(polar.core[4] - lon + 180, 360) - 180)
    assert polar.band_names() == names and np.nanmax(off[lat < 85]) < 10


def test_a_map_has_no_framelets(folder, tmp_path, capfd):
    mapped(folder, tmp_path, "RES=1")
    here = f"FROM={tmp_path / 'map.cub'}", f"TO={tmp_path / 'no.cub'}"
    assert "MAXEMISSION: " in refusal(capfd, *here, "MAXEMISSION=60")
    map_ = cube.read(str(tmp_path / "map.cub"))
    cube.write(tmp_path / "bare.cub", map_.replace(blobs=()))
    told = refusal(capfd, f"FROM={tmp_path / 'bare.cub'}", here[1], "BACKPLANES=PHASE")
    assert "no geometry is attached" in told
    main(f"FROM={tmp_path / 'bare.cub'}", here[1], "PROJ=SINU", "-quiet")
    assert cube.read(str(tmp_path / "no.cub")).group("Mapping")["ProjectionName"] == "Sinusoidal"


def test_real_maps_of_isis_stay_themselves(testdata, tmp_path):
    for name in ("dawnEqui1", "vest64_dtm_specialpixels_downsampled", "ldem_4_reduced"):
        path = testdata / "cubes" / f"{name}.cub"
        main(f"FROM={path}", f"MAP={path}", f"TO={tmp_path}/same.cub", "-quiet")
        assert same(cube.read(str(tmp_path / "same.cub")), cube.read(str(path)))
        with rasterio.open(path) as one, rasterio.open(tmp_path / "same.cub") as other:
            assert_allclose(one.get_transform(), other.get_transform(), rtol=1e-13)
            x, y = one.xy([0, one.height - 1], [0, one.width - 1])
            assert_allclose(transform(one.crs, other.crs, x, y), (x, y), atol=1e-3)
