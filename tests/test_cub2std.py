"""cub2std: cubes as pictures, read back by GDAL and OpenCV."""

import cv2
import numpy as np
import pytest
import rasterio
import rasterio.warp
from numpy.testing import assert_allclose, assert_array_equal

from perijove.cub2std import draw, limits, main, quantised, rendered
from perijove.kit import cube, projection, special
from perijove.kit.error import Error
from refusal import refusal

refused = refusal(main)

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
N, L, H = special.NULL, special.LIS, special.HIS


def picture(core, names=("BLUE", "GREEN", "RED"), **groups):
    groups.setdefault("BandBin", {"FilterName": list(names)})
    return cube.new(np.asarray(core, np.float32), **groups)


def run(tmp_path, image, name, *words):
    cube.write(f"{tmp_path}/a.cub", image)
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/{name}", *words)
    with rasterio.open(tmp_path / name) as dataset:
        return dataset.read(), dataset.tags(), dataset.profile


def test_levels_by_hand(tmp_path):
    ramp = np.array([[[-1, 0, 0.2, 0.6, 1, 9]]]) * np.ones((3, 1, 1))
    seen, _, _ = run(tmp_path, picture(ramp), "a.png", "MINIMUM=0", "MAXIMUM=1")
    assert seen.dtype == np.uint8 and seen[0].tolist() == [[0, 0, 51, 153, 255, 255]]
    assert_array_equal(cv2.imread(f"{tmp_path}/a.png")[..., 0], seen[2])
    seen, _, _ = run(tmp_path, picture(ramp), "b.png", "MINI=0", "MAXI=1", "BITS=16", "GAMMA=2")
    assert seen.dtype == np.uint16
    assert_allclose(seen[0, 0, 2:4] / 65535, np.sqrt([0.2, 0.6]), atol=1e-5)


def test_red_is_the_first_channel_and_colours_stay_in_balance(tmp_path):
    ramp = np.linspace(0, 1, 101)
    core = np.stack([0.25 * ramp, 0.5 * ramp, ramp])[:, None]
    ends = "MINPERCENT=0", "MAXPERCENT=100"
    seen, _, _ = run(tmp_path, picture(core), "a.png", *ends)
    assert_allclose(seen[:, 0, -1], [255, 128, 64], atol=1)
    seen, _, _ = run(tmp_path, picture(core), "a.png", *ends, "PERBAND=YES")
    assert seen[:, 0, -1].tolist() == [255, 255, 255]
    seen, _, _ = run(tmp_path, picture(core), "a.png", *ends, "BANDS=(blue,2,RED)")
    assert_allclose(seen[:, 0, -1], [64, 128, 255], atol=1)


def test_the_default_leaves_half_a_percent_at_each_end():
    (low, high), *_ = limits(np.arange(1001.0).reshape(1, 1, -1), (0.5, 99.5))
    assert (low, high) == (5, 995)


def test_percentages_ignore_special_samples():
    core = np.full((1, 10, 100), N)
    core[0, 0] = np.arange(100)
    core[0, 1] = H
    assert limits(core, (0, 100)) == [(0, 99)]
    assert limits(np.full((1, 2, 2), N), (0, 100)) == [(0, 1)]


def test_cells_that_lack_a_band_are_grey():
    """Columns: all valid, one saturated, two saturated, all saturated, one Null, all Null, Lis."""
    core = np.array([[[0.2, H, H, H, N, N, L]], [[0.4, 0.4, H, H, 0.4, N, 0.4]], [[0.6] * 7]])
    core = core.astype(np.float32)
    core[2, 0, [3, 5]] = H, N
    core[core == 0] = H  # numpy keeps the payloads of NaN here; this guards the test
    drawn, shown = draw(core, [(0, 1)] * 3)
    assert shown.tolist() == [[True, True, True, True, True, False, True]]
    expected = [[0.2, 0.5, 0.6, 1, 0.5, 0, 0], [0.4, 0.5, 0.6, 1, 0.5, 0, 0.4]]
    assert_allclose(drawn[:2, 0], expected, atol=1e-6)
    assert_allclose(drawn[2, 0], [0.6, 0.5, 0.6, 1, 0.5, 0, 0.6], atol=1e-6)
    black, shown = draw(core, [(0, 1)] * 3, blacken=True)
    assert shown.tolist() == [[True, False, False, False, True, False, True]]
    assert not black[:, 0, 1:4].any()


def test_a_constant_is_mid_grey_and_levels_of_a_tiff_begin_at_1():
    drawn, shown = draw(np.full((1, 1, 2), 3, np.float32), [(3, 3)])
    assert quantised(drawn, shown, 8).tolist() == [[[128, 128]]]
    assert quantised(np.zeros((1, 1, 1)), np.ones((1, 1), bool), 8, first=1).item() == 1


def test_a_single_band_and_methane_are_grey(tmp_path, capsys):
    ramp = np.arange(12.0).reshape(1, 3, 4)
    seen, _, _ = run(tmp_path, picture(ramp, ["METHANE"]), "a.png")
    assert seen.shape == (1, 3, 4) and capsys.readouterr().err == ""
    run(tmp_path, picture(np.repeat(ramp, 2, 0), ["METHANE", "BLUE"]), "a.png")
    assert "band METHANE of METHANE, BLUE is drawn" in capsys.readouterr().err
    bands = ["METHANE", "INCIDENCE", "EMISSION"]
    image = picture(np.repeat(ramp, 3, 0), BandBin=dict(Name=bands))
    assert run(tmp_path, image, "a.png")[0].shape == (1, 3, 4) and capsys.readouterr().err == ""


RADII = (71492.0, 71492.0, 66854.0)


@pytest.mark.parametrize(
    ("name", "clat", "clon", "code"),
    [
        ("SimpleCylindrical", 0.0, 180.0, ("IAU_2015", "59915")),
        ("SimpleCylindrical", 0.0, 20.0, None),
        ("PolarStereographic", -90.0, 0.0, None),
        ("Orthographic", -20.0, 300.0, None),
    ],
)
def test_a_geotiff_lies_where_the_cube_lies(tmp_path, name, clat, clon, code):
    where = projection.grid(name, "Jupiter", RADII, 1247.77, (-70, -30, 200, 320), clat, clon)
    core = np.random.default_rng(9).uniform(0, 1, (3, *where.shape))
    core[:, :9], core[0, 20, 20] = N, H
    image = picture(core)
    image.isis.append(where.mapping())
    values, _, profile = run(tmp_path, image, "a.tif", "BITS=32")
    with rasterio.open(tmp_path / "a.cub") as dataset:
        line, point = np.array([1e7, -3e7]), np.array([2e7, 5e6])
        here = rasterio.warp.transform(profile["crs"], dataset.crs, line, point)
        assert_allclose(here, [line, point], atol=0.1)  # metres
        assert dataset.transform == profile["transform"]
    assert profile["crs"].to_authority() == code
    assert_array_equal(values, cube.read(f"{tmp_path}/a.cub").core)
    assert np.isnan(profile["nodata"]) and np.isnan(values[:, :9]).all()
    seen, _, profile = run(tmp_path, image, "b.tif")
    assert profile["nodata"] == 0 and not seen[:, :9].any() and seen[:, 9:].min() == 1
    with rasterio.open(tmp_path / "b.tif") as dataset:
        assert dataset.descriptions == ("RED", "GREEN", "BLUE")
        line, sample = dataset.index(*dataset.xy(12, 30))
        assert (line, sample) == (12, 30)


def test_a_cog_is_one(tmp_path):
    core = np.random.default_rng(10).uniform(0, 1, (3, 600, 700))
    run(tmp_path, picture(core), "a.tif", "FORMAT=COG")
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and dataset.overviews(1)


def test_alpha_shows_where_there_are_data(tmp_path):
    core = np.ones((3, 2, 3))
    core[:, 0, 0] = N
    seen, _, _ = run(tmp_path, picture(core), "a.png", "ALPHA=YES")
    assert seen.shape == (4, 2, 3) and seen[3].tolist() == [[0, 255, 255], [255, 255, 255]]
    assert cv2.imread(f"{tmp_path}/a.png", cv2.IMREAD_UNCHANGED).shape == (2, 3, 4)
    _, _, profile = run(tmp_path, picture(core), "a.tif", "ALPHA=YES")
    assert profile["count"] == 4 and profile["nodata"] is None


def test_a_picture_says_where_it_comes_from(tmp_path):
    archive = dict(ProductId="JNCE_1", Credit="NASA/JPL-Caltech/SwRI/MSSS", License="CC0")
    image = picture(np.ones((3, 2, 2)), Archive=archive)
    image = image.replace(history="Object = junocal\n  Version = 1\nEnd_Object\n")
    _, tags, _ = run(tmp_path, image, "a.png", "GAMMA=2")
    assert tags["Title"] == "JNCE_1" and tags["License"] == "CC0"
    assert tags["Credit"] == "Image data: NASA/JPL-Caltech/SwRI/MSSS"
    assert "Object = junocal" in tags["History"] and "GAMMA" in tags["History"]
    _, tags, _ = run(tmp_path, image, "a.tif")
    assert tags["TIFFTAG_DOCUMENTNAME"] == "JNCE_1" and tags["TIFFTAG_COPYRIGHT"] == "CC0"
    assert tags["TIFFTAG_ARTIST"].endswith("SwRI/MSSS") and "Object = cub2std" in tags["HISTORY"]


def test_an_archive_without_words_is_no_obstacle(tmp_path):
    archive = dict(ProductId=None, Credit=["NASA", "SwRI"], License=3)
    _, tags, _ = run(tmp_path, picture(np.ones((3, 2, 2)), Archive=archive), "a.png")
    assert tags["Credit"] == "Image data: NASA, SwRI" and tags["License"] == "3"
    assert "Title" not in tags


def test_real_cubes_of_isis_keep_their_place(testdata, tmp_path):
    for name in ("dawnEqui1", "vest64_dtm_specialpixels_downsampled", "ldem_4_reduced"):
        source = testdata / f"cubes/{name}.cub"
        main(f"FROM={source}", f"TO={tmp_path}/a.tif", "BITS=32")
        with rasterio.open(source) as was, rasterio.open(tmp_path / "a.tif") as now:
            ends = [1e4, was.transform.c], [2e4, was.transform.f / 2]
            here = rasterio.warp.transform(was.crs, now.crs, *ends)
            assert_allclose(here, ends, atol=1e-3)
            assert was.transform == now.transform
            values = was.read(1) * was.scales[0] + was.offsets[0]
            valid = was.read_masks(1) > 0
            assert_allclose(now.read(1)[valid], values[valid], rtol=1e-6)
            assert np.isnan(now.read(1)[~valid]).all()


@pytest.mark.parametrize(
    ("name", "words", "found"),
    [
        ("a.jpg", (), "expected .png, .tif, .tiff or .fits, or give FORMAT"),
        ("a.png", ("BITS=32",), "BITS = 32: expected 8 or 16 for PNG"),
        ("a.tif", ("BITS=12",), "BITS = 12: expected 8 or 16 or 32 for TIFF"),
        ("a.fits", ("BITS=16",), "BITS = 16: expected 32 for FITS"),
        ("a.png", ("BANDS=(1,2)",), "BANDS = 1, 2: expected one, or three: red, green, blue"),
        ("a.png", ("BANDS=UV",), "band UV does not exist: the cube has BLUE, GREEN, RED"),
        ("a.png", ("MINIMUM=2", "MAXIMUM=1"), "MINIMUM = 2 is not below MAXIMUM = 1"),
        ("a.png", ("MINPERCENT=60", "MAXPERCENT=40"), "MINPERCENT = 60 is not below"),
    ],
)
def test_refusals(tmp_path, capsys, name, words, found):
    cube.write(f"{tmp_path}/a.cub", picture(np.ones((3, 2, 2))))
    line = refused(capsys, 2, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/{name}", *words)
    assert line.startswith("**USER ERROR** cub2std: ") and found in line
    assert [f.name for f in tmp_path.iterdir()] == ["a.cub"]


def test_a_place_that_is_not_there_is_an_io_error(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", picture(np.ones((3, 2, 2))))
    line = refused(capsys, 4, f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/none/a.png")
    assert "cannot be written" in line
    with pytest.raises(Error, match="is not below"):
        limits(np.ones((1, 1, 1)), (0, 100), minimum=1, maximum=1)


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    core = np.random.default_rng(11).uniform(0, 1, (3, 40, 50))
    cube.write(f"{tmp_path}/a.cub", picture(core))
    shell("cub2std TO=- < a.cub | cat > a.png; cub2std FROM=a.cub TO=b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert cv2.imread(f"{tmp_path}/a.png").shape == (40, 50, 3)
    assert shell("head -c 70000 a.cub | cub2std TO=c.png", check=False).returncode == 4
    assert not (tmp_path / "c.png").exists()


def test_colour_fades_towards_a_saturated_region_without_a_step():
    core = np.full((3, 40, 200), 0.5, np.float32)
    core[0], core[2] = 0.7, 0.3
    core[0, :, :60] = special.HIS
    pixels = rendered(core, [(0, 1)] * 3).astype(int)
    assert (pixels == pixels[:, :1]).all()  # the lines are drawn in strips: none may show
    line = pixels[:, 0]
    assert (line[:, :60] == line[:1, :60]).all()  # grey where RED is saturated
    assert line[:, -1].tolist() == [178, 128, 76]  # 255 x 0.7, 0.5, 0.3 far from it
    assert np.abs(np.diff(line, axis=1)).max() <= 4
    assert (np.diff(line[0] - line[2])[60:107] >= 0).all()


def test_no_step_shows_where_a_second_band_saturates():
    ramp = np.linspace(0.4, 1.2, 240, dtype=np.float32) * np.ones((40, 1), np.float32)
    core = np.stack([1.1 * ramp, ramp, 0.7 * ramp])
    core[core > 0.8] = special.HIS  # RED from 97 on, then GREEN from 120 on; BLUE from 223 on
    line = rendered(core[:, :, :215], [(0, 1)] * 3).astype(int)[:, 0]
    assert np.abs(np.diff(line, axis=1)).max() <= 4


def test_fits_holds_the_values_upside_down(tmp_path):
    where = projection.grid("SimpleCylindrical", "Jupiter", RADII, 1247.77, (-70, -30, 200, 320))
    core = np.random.default_rng(4).uniform(0, 1, (2, *where.shape)).astype(np.float32)
    core[0, 3, 4] = H
    image = picture(core, ["UV", "BLUE"], Archive={"Credit": "NASA"})
    image.isis.append(where.mapping())
    cube.write(f"{tmp_path}/a.cub", image)
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/a.fits", "BANDS=(2,1)")
    data = (tmp_path / "a.fits").read_bytes()
    assert len(data) % 2880 == 0
    cards = [data[i : i + 80].decode() for i in range(0, 2880, 80)]
    assert cards[0] == f"{'SIMPLE  =                    T':<80}" and f"{'END':<80}" in cards
    said = {card[:8].strip(): card[10:].strip() for card in cards if card[8:10] == "= "}
    assert (said["BITPIX"], said["NAXIS3"], said["BAND1"]) == ("-32", "2", "'BLUE    '")
    assert said["CTYPE1"] == "'JULN-CAR'" and float(said["CRVAL1"]) == 180
    west = 180 + (1 - float(said["CRPIX1"])) * float(said["CDELT1"])  # of the first sample
    south = (1 - float(said["CRPIX2"])) * float(said["CDELT2"])  # of the first line
    assert_allclose((south, west), where.latlon(where.lines - 1, 0), atol=1e-9)
    assert any(card.startswith("COMMENT Credit: Image data: NASA ") for card in cards)
    found = np.frombuffer(data, ">f4", core.size, 2880).reshape(core.shape)
    assert_array_equal(found, np.where(np.isnan(core), np.nan, core)[::-1, ::-1])


def test_geotiff_tells_where_it_has_no_words_for_a_projection(tmp_path, capsys):
    extra = {"Distance": 300000.0}
    where = projection.grid(
        "PointPerspective", "Jupiter", RADII, 2000, (-90, 90, 0, 360), 0, 90, extra=extra
    )
    image = picture(np.ones((1, *where.shape)), ["BLUE"])
    image.isis.append(where.mapping())
    _, _, profile = run(tmp_path, image, "a.tif")
    assert "GeoTIFF has no words for the projection" in capsys.readouterr().err
    assert profile["crs"] is None and profile["transform"].a == 2e6
