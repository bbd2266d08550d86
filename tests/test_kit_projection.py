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
MAPS = {  # projection, km per cell, range, centre
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
}


def made(name):
    projection_name, scale, ranges, clat, clon = MAPS[name]
    return projection.grid(projection_name, "Jupiter", RADII, scale, ranges, clat, clon)


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
    image = cube.new(np.zeros((1, *grid.shape), np.float32))
    image.isis.append(grid.mapping())
    cube.write(tmp_path / "map.cub", image)
    with rasterio.open(tmp_path / "map.cub") as dataset:
        assert_allclose(dataset.get_transform(), grid.transform(), rtol=1e-12)
        projections = dataset.crs, CRS.from_user_input(crs.of(grid))
    left, step, _, top, _, down = grid.transform()
    for projected in projections:
        x, y = np.array(transform(SYSTEM_III, projected, -lon, lat))
        assert_allclose((x - left) / step - 0.5, sample, atol=1e-5)
        assert_allclose((y - top) / down - 0.5, line, atol=1e-5)
        if grid.projection != "PolarStereographic":  # PROJ 9.7 inverts it near the pole only
            back = transform(
                projected, SYSTEM_III, left + (sample + 0.5) * step, top + (line + 0.5) * down
            )
            assert_allclose(ellipsoid.west(np.array(back[0])) - lon, 0, atol=1e-7)
            assert_allclose(back[1], lat, atol=1e-7)


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
    group.set("ProjectionName", "Sinusoidal")
    with pytest.raises(Error, match="ProjectionName = Sinusoidal, expected SimpleCylindrical"):
        projection.read(group, 1, 1)
    group = made("world").mapping()
    group.set("LatitudeType", "Planetocentric")
    with pytest.raises(Error, match="LatitudeType = Planetocentric, expected Planetographic"):
        projection.read(group, 1, 1)
    with pytest.raises(Error, match="no Group = Mapping"):
        projection.of_cube(cube.Cube(Node(), np.zeros((1, 2, 2))))


def test_nothing_shows_on_the_far_side():
    grid = made("globe")
    assert np.isnan(grid.pixel(-20.0, 86.0)).all()
    assert np.isnan(grid.latlon(0, 0)).all() and np.isnan(grid.points(0, 0)[0]).all()
