import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose
from rasterio.crs import CRS
from rasterio.warp import transform

from perijove.kit import crs, cube, ellipsoid, projection
from perijove.kit.error import Error
from perijove.kit.label import Node

RADII = (71492.0, 71492.0, 66854.0)
SYSTEM_III = CRS.from_user_input("+proj=longlat +a=71492000 +b=66854000 +no_defs")  # east
WORLD = (-90, 90, 0, 360)
HALF = np.radians(71492.0) / 2  # km, half a degree
SHAPE = "+a=71492000.0 +b=66854000.0 +units=m +no_defs"
ROBINSON = "+proj=robin +lon_0=270 +R=71492000.0 +units=m +no_defs"
PARALLELS = {"FirstStandardParallel": 20.0, "SecondStandardParallel": 60.0}
NOT_OF_GDAL = "LambertAzimuthalEqualArea", "PROJ"  # in a cube: GeoTIFF has them
MAPS = {  # projection, km per cell, range, centre, what the label says besides
    "world": ("SimpleCylindrical", HALF, WORLD, 0, 180),
    "spot": ("SimpleCylindrical", 100.0, (-40, -10, 270, 320), 0, 180),
    "over 0": ("SimpleCylindrical", 100.0, (-40, -10, -10, 20), 0, 0),
    "about 291": ("SimpleCylindrical", HALF, (-60, 60, 111, 471), 0, 291),
    "north": ("PolarStereographic", 100.0, (50, 90, 0, 360), 90, 0),
    "south": ("PolarStereographic", 100.0, (-90, -50, 0, 360), -90, 0),
    "south, turned": ("PolarStereographic", 150.0, (-90, -50, 0, 360), -90, 291.5),
    "wedge": ("PolarStereographic", 100.0, (60, 80, 20, 70), 90, 30),
    "globe": ("Orthographic", 300.0, WORLD, 20, 266),
    "pole on": ("Orthographic", 300.0, WORLD, -90, 0),
    "piece": ("Orthographic", 100.0, (-40, -10, 270, 320), -23, 292),
    "plate": ("Equirectangular", 200.0, (-60, 80, 90, 450), 40, 270),
    "sinus": ("Sinusoidal", 300.0, WORLD, 0, 180),
    "sinus, part": ("Sinusoidal", 100.0, (-60, -10, 250, 320), 0, 285),
    "sailor": ("Mercator", 300.0, (-75, 75, 0, 360), 20, 180),
    "from afar": ("PointPerspective", 200.0, WORLD, 20, 266, {"Distance": 150000.0}),
    "equal areas": ("LambertAzimuthalEqualArea", 200.0, (-80, 40, 200, 330), -23, 292),
    "equal areas, pole": ("LambertAzimuthalEqualArea", 200.0, (40, 90, 0, 360), 90, 0),
    "equal areas, world": ("LambertAzimuthalEqualArea", 300.0, WORLD, 30, 100),
    "meridian": ("TransverseMercator", 100.0, (-60, 60, 270, 310), 10, 292, {"ScaleFactor": 0.99}),
    "cone": ("LambertConformal", 100.0, (10, 70, 240, 330), 40, 285, PARALLELS),
    "Mollweide": ("PROJ", 300.0, WORLD, 0, 180, {"ProjString": f"+proj=moll +lon_0=180 {SHAPE}"}),
    "Robinson": ("PROJ", 300.0, WORLD, 0, 90, {"ProjString": ROBINSON}),
    "centric": ("SimpleCylindrical", 300.0, (-60, 30, 10, 200), 0, 180, {}, True),
    "centric globe": ("Orthographic", 300.0, WORLD, 20, 266, {}, True),
}


def made(name):
    words, scale, ranges, clat, clon, *more = MAPS[name]
    extra, centric = (*more, *({}, False)[len(more) :])
    return projection.grid(words, "Jupiter", RADII, scale, ranges, clat, clon, centric, extra)


def cells(grid, n=300, seed=0):
    """Cells that show the planet, with their latitudes and west longitudes."""
    line, sample = np.random.default_rng(seed).uniform(-0.5, np.subtract(grid.shape, 0.5), (n, 2)).T
    lat, lon = grid.latlon(line, sample)
    shown = ~np.isnan(lat)
    assert shown.sum() > n / 3
    return line[shown], sample[shown], lat[shown], lon[shown]


def test_ten_cells_a_degree_put_the_red_spot_where_one_counts_it():
    scale = projection.degree("SimpleCylindrical", RADII) / 10
    grid = projection.grid("SimpleCylindrical", "Jupiter", RADII, scale, WORLD)
    assert grid.shape == (1800, 3600)
    assert_allclose(grid.pixel(-23.0, 291.0), (1129.5, 689.5), atol=1e-9)
    assert_allclose(grid.latlon(0, 0), (89.95, 359.95), atol=1e-12)  # 360 W is on the left
    assert_allclose(grid.latlon(1799, 3599), (-89.95, 0.05), atol=1e-9)
    assert_allclose(scale, 124.777, atol=1e-3)


def test_a_polar_map_is_true_to_scale_at_the_pole():
    grid = made("north")
    line, sample = grid.pixel([90, 89.99, 89.99], [0, 0, 90])
    assert_allclose([line[0], sample[0]], [grid.lines / 2 - 0.5, grid.samples / 2 - 0.5], atol=1e-9)
    arc = np.radians(0.01) * 71492.0**2 / 66854.0  # the radius of curvature at the pole
    assert_allclose((line[1] - line[0]) * grid.scale, arc, rtol=1e-6)  # 0 W points down
    assert_allclose((sample[0] - sample[2]) * grid.scale, arc, rtol=1e-6)  # 90 W on the left


@pytest.mark.parametrize("name", MAPS)
def test_cells_and_latitudes_are_inverses(name):
    grid = made(name)
    line, sample, lat, lon = cells(grid)
    assert_allclose(grid.pixel(lat, lon), (line, sample), atol=1e-8)
    assert (0 <= lon).all() and (lon < 360).all()
    p, surface = grid.points(line, sample)
    assert surface
    assert_allclose(p, ellipsoid.surface(lat, lon, RADII)[0], atol=1e-6)


@pytest.mark.parametrize("name", MAPS)
def test_the_map_holds_its_range_and_hardly_more(name):
    grid = made(name)
    lat = np.linspace(grid.minlat + 0.01, grid.maxlat - 0.01, 97)
    lon = np.linspace(grid.minlon + 0.01, grid.maxlon - 0.01, 101)
    line, sample = grid.pixel(lat[:, None], lon)
    shown = ~np.isnan(line)
    line, sample = line[shown], sample[shown]
    assert -1 <= line.min() < 20 and grid.lines - 20 < line.max() <= grid.lines
    assert -1 <= sample.min() < 20 and grid.samples - 20 < sample.max() <= grid.samples


@pytest.mark.parametrize("name", MAPS)
def test_proj_and_gdal_put_the_same_point_into_the_same_cell(name, tmp_path):
    grid = made(name)
    line, sample, lat, lon = cells(grid)
    if grid.centric:
        lat = ellipsoid.planetocentric(lat, RADII)
    image = cube.new(np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    cube.write(tmp_path / "map.cub", image)
    with rasterio.open(tmp_path / "map.cub") as dataset:
        assert_allclose(dataset.get_transform(), grid.transform(), rtol=1e-12)
        found = dataset.crs
    assert (found is None) == (grid.projection in NOT_OF_GDAL)
    left, step, _, top, _, down = grid.transform()
    for projected in filter(None, (found, CRS.from_user_input(crs.of(grid)))):
        here = latlon_of(projected)
        x, y = np.array(transform(here, projected, -lon, lat))
        assert_allclose((x - left) / step - 0.5, sample, atol=1e-5)
        assert_allclose((y - top) / down - 0.5, line, atol=1e-5)
        if grid.projection != "PolarStereographic":  # PROJ 9.7 inverts it near the pole only
            back = transform(
                projected, here, left + (sample + 0.5) * step, top + (line + 0.5) * down
            )
            assert_allclose(np.mod(back[0] + lon + 180, 360), 180, atol=2e-6)
            assert_allclose(back[1], lat, atol=2e-6)


def latlon_of(projected):
    """East longitude and latitude on the ellipsoid of a projection."""
    a, b = crs.shape(projected.to_wkt())
    return CRS.from_user_input(f"+proj=longlat +a={a} +b={b} +no_defs")


@pytest.mark.parametrize("name", MAPS)
def test_the_mapping_group_says_all(name, tmp_path):
    grid = made(name)
    image = cube.new(np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    cube.write(tmp_path / "map.cub", image)
    found = projection.of_cube(cube.read(str(tmp_path / "map.cub")))
    assert found.shape == grid.shape and found.projection == grid.projection
    for key in ("clat", "clon", "scale", "left", "top", "minlat", "maxlat", "radii"):
        assert_allclose(getattr(found, key), getattr(grid, key), rtol=1e-12)
    line, sample, lat, lon = cells(grid)
    assert_allclose(found.pixel(lat, lon), (line, sample), atol=1e-7)


def test_longitudes_are_west_where_gdal_reads_them_right():
    group = made("world").mapping()
    assert group["LongitudeDirection"] == "PositiveWest" and group["LongitudeDomain"] == 360
    assert (group["MinimumLongitude"], group["MaximumLongitude"]) == (0.0, 360.0)
    group = made("piece").mapping()
    assert group["LongitudeDirection"] == "PositiveEast" and group["CenterLongitude"] == 68.0
    assert (group["MinimumLongitude"], group["MaximumLongitude"]) == (40.0, 90.0)
    assert made("over 0").mapping()["LongitudeDomain"] == 180


def test_iau_codes_are_those_of_the_same_sphere():
    assert crs.of(made("world")) == "IAU_2015:59915" and crs.of(made("over 0")) == "IAU_2015:59910"
    for radius, naif in crs.SPHERES.values():
        for code, clon in (("10", 0.0), ("15", 180.0)):
            words = CRS.from_user_input(f"IAU_2015:{naif}{code}").to_dict()
            assert (words["proj"], words["lon_0"]) == ("eqc", clon)
            assert_allclose(words["R"], 1000 * radius)


def test_maps_of_one_scale_register():
    world, spot = (projection.grid("SimpleCylindrical", "Jupiter", RADII, 90.0, ranges)
                   for ranges in (WORLD, (-33.3, -11.1, 270.7, 310.9)))  # fmt: skip
    line, sample = world.pixel(*spot.latlon(3, 4))
    assert_allclose([line, sample], np.rint([line, sample]), atol=1e-9)


@pytest.mark.parametrize(
    "typed, row",
    [
        ((0, 360), (0, 360)),
        ((350, 20), (-10, 20)),
        ((340, 380), (-20, 20)),
        ((-100, -50), (260, 310)),
    ],
)
def test_longitudes_in_a_row(typed, row):
    assert projection.longitudes(*typed) == row


def test_refusals():
    with pytest.raises(Error, match="map: longitudes 0 to 370: expected at most one turn"):
        projection.longitudes(0, 370)
    with pytest.raises(Error, match="shows nothing of the map's range"):
        projection.grid("Orthographic", "Jupiter", RADII, 100, (60, 80, 0, 360), -90, 0)
    group = made("world").mapping()
    group.set("ProjectionName", "Robinson")
    with pytest.raises(Error, match="ProjectionName = Robinson, expected SimpleCylindrical"):
        projection.read(group, 1, 1)
    group = made("world").mapping()
    group.set("LatitudeType", "Geodetic")
    with pytest.raises(Error, match="LatitudeType = Geodetic, expected Planetocentric or"):
        projection.read(group, 1, 1)
    with pytest.raises(Error, match="no Group = Mapping"):
        projection.of_cube(cube.Cube(Node(), np.zeros((1, 2, 2))))


def test_nothing_shows_on_the_far_side():
    grid = made("globe")
    assert np.isnan(grid.pixel(-20.0, 86.0)).all()
    assert np.isnan(grid.latlon(0, 0)).all() and np.isnan(grid.points(0, 0)[0]).all()


def test_a_map_of_equal_areas_has_them():
    """One cell shows as much of the ellipsoid wherever it lies."""
    grid = made("equal areas")
    line, sample = np.array([[40, 300, 520, 700], [60, 350, 600, 80]])
    (p, _), (right, _), (down, _) = (
        grid.points(line + i, sample + j) for i, j in ((0, 0), (0, 1e-3), (1e-3, 0))
    )
    area = np.linalg.norm(np.cross(right - p, down - p), axis=1) / 1e-6
    assert_allclose(area, grid.scale**2, rtol=1e-4)


def test_words_of_proj_become_names_of_isis():
    cases = {
        "+proj=laea +lat_0=20 +lon_0=10": ("LambertAzimuthalEqualArea", 20, 350, {}),
        "+proj=stere +lat_0=-90 +lon_0=0 +k=1": ("PolarStereographic", -90, 0, {}),
        "+proj=eqc +R=71492000": ("SimpleCylindrical", 0, 0, {}),
        "+proj=eqc +lat_ts=40 +R=69461558.1803341": ("Equirectangular", 40, 0, {}),
        "IAU_2015:59925": ("Sinusoidal", 0, 180, {}),
        "+proj=nsper +h=28508000 +R=71492000": ("PointPerspective", 0, 0, {"Distance": 1e5}),
    }
    for text, expected in cases.items():
        name, clat, clon, extra = crs.parsed(text, RADII)
        assert (name, clat, clon) == expected[:3] and extra == pytest.approx(expected[3])
    for text in ("+proj=eqc", "+proj=laea +R=71492000", "+proj=stere +lat_0=40", "IAU_2015:59940"):
        assert crs.parsed(text, RADII)[0] == "PROJ"
    words = crs.parsed("+proj=moll", RADII, clon=100.0)[3]["ProjString"]
    assert "+a=71492000.0 +b=66854000.0" in words and "+lon_0=260.0" in words


def test_a_map_holds_what_its_cells_show():
    for name in ("sinus", "Mollweide", "world", "about 291"):
        held = made(name).held()
        for key in ("minlat", "maxlat", "minlon", "maxlon"):
            assert_allclose(getattr(held, key), getattr(made(name), key), atol=0.3)
    held = made("piece").held()
    assert held.minlat < -40 and held.maxlat > -10 and 250 < held.minlon < 270
