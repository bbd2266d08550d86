"""std2cub: rasters that GDAL, OpenCV or the FITS standard's own bytes say, as cubes."""

import cv2
import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.crs import CRS

from perijove import cub2std
from perijove.kit import cube, projection, special
from perijove.std2cub import main

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
RADII = (71492.0, 71492.0, 66854.0)
WORLD = (-90, 90, 0, 360)
KM = projection.degree("SimpleCylindrical", RADII) / 0.5
MOLLWEIDE = {"ProjString": "+proj=moll +lon_0=180 +a=71492000.0 +b=66854000.0 +units=m +no_defs"}
CONE = {"FirstStandardParallel": 20.0, "SecondStandardParallel": 60.0}


def run(tmp_path, path, *words):
    main(f"FROM={path}", f"TO={tmp_path}/made.cub", "-quiet", *words)
    return cube.read(f"{tmp_path}/made.cub")


def from_origin(left, top, size):
    return rasterio.Affine(size, 0, left, 0, -size, top)


def kind(made):
    return made.isis.object("Core").group("Pixels")["Type"]


def tiff(path, core, **options):
    core = np.asarray(core)
    count, height, width = core.shape
    shape = dict(count=count, height=height, width=width, dtype=core.dtype.name)
    names = options.pop("names", None)
    with rasterio.open(path, "w", driver="GTiff", **shape, **options) as dataset:
        dataset.write(core)
        if names:
            dataset.descriptions = names
    return path


MAPS = {
    "world": ("SimpleCylindrical", WORLD, 0, 180, {}),
    "about 20": ("SimpleCylindrical", (-60, 60, -160, 200), 0, 20, {}),
    "south": ("PolarStereographic", (-90, -50, 0, 360), -90, 30, {}),
    "globe": ("Orthographic", (-60, -20, 250, 300), -20, 300, {}),
    "sinus": ("Sinusoidal", WORLD, 0, 180, {}),
    "equal areas": ("LambertAzimuthalEqualArea", (-40, 0, 270, 320), -23, 292, {}),
    "sailor": ("Mercator", (-60, 60, 0, 360), 20, 180, {}),
    "cone": ("LambertConformal", (10, 70, 240, 330), 40, 285, CONE),
    "Mollweide": ("PROJ", WORLD, 0, 180, MOLLWEIDE),
}


@pytest.mark.parametrize("form", ["tif", "fits"])
@pytest.mark.parametrize("name", MAPS)
def test_there_and_back(tmp_path, name, form):
    projected, ranges, clat, clon, extra = MAPS[name]
    grid = projection.grid(projected, "Jupiter", RADII, KM, ranges, clat, clon, extra=extra)
    core = np.random.default_rng(5).normal(size=(4, *grid.shape)).astype(np.float32)
    core[1, 2:5, 3] = special.NULL
    names = ["BLUE", "GREEN", "RED", "EMISSION"]
    image = cube.new(core, BandBin={"FilterName": names}, Archive={"ProductId": "JNCE_1"})
    image.isis.append(grid.mapping())
    cube.write(tmp_path / "a.cub", image)
    cub2std.main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/a.{form}", "BITS=32")
    back = run(tmp_path, tmp_path / f"a.{form}")
    assert back.core.tobytes() == core.tobytes() and kind(back) == "Real"
    assert back.band_names() == names
    if form == "fits":
        assert ("Mapping" in back.isis) == (projected == "SimpleCylindrical")
        if "Mapping" not in back.isis:
            return
    else:
        assert back.group("Archive")["ProductId"] == "JNCE_1"
    found = projection.of_cube(back)
    assert found.projection == projected and found.target == "Jupiter"
    for key in ("radii", "clat", "clon", "scale", "left", "top"):
        assert_allclose(getattr(found, key), getattr(grid, key), rtol=1e-9, atol=1e-6, err_msg=key)
    here = np.linspace(0, grid.lines - 1, 6)[:, None], np.linspace(0, grid.samples - 1, 6)
    assert_allclose(found.latlon(*here), grid.latlon(*here), atol=1e-7)
    for key in ("minlat", "maxlat", "minlon", "maxlon"):
        if projected in ("SimpleCylindrical", "Sinusoidal"):
            assert_allclose(getattr(found, key), getattr(grid, key), atol=2.1, err_msg=key)


def test_types_are_kept_where_a_cube_holds_them(tmp_path):
    cases = (
        (np.uint8, (1, 254), "UnsignedByte"),
        (np.uint8, (0, 255), "SignedWord"),
        (np.int16, (-32752, 32767), "SignedWord"),
        (np.int16, (-32768, 5), "Real"),
        (np.uint16, (3, 65522), "UnsignedWord"),
        (np.uint16, (0, 9), "Real"),
        (np.int32, (-5, 1 << 24), "Real"),
        (np.int32, (-5, (1 << 24) + 1), "Double"),
        (np.float32, (-1.5, 1e30), "Real"),
        (np.float64, (-1.5, np.pi), "Double"),
    )
    for dtype, values, expected in cases:
        core = np.array(values, dtype).reshape(1, 1, 2)
        made = run(tmp_path, tiff(tmp_path / "a.tif", core))
        assert kind(made) == expected
        assert made.core.ravel().tolist() == [v.item() for v in np.array(values, dtype)]


def test_nodata_masks_and_alpha_are_null(tmp_path):
    core = np.arange(12, dtype=np.int16).reshape(1, 3, 4)
    made = run(tmp_path, tiff(tmp_path / "a.tif", core, nodata=5))
    assert special.kinds(made.core).nonzero()[1:] == (1, 1) and kind(made) == "SignedWord"
    made = run(tmp_path, tiff(tmp_path / "a.tif", np.where(core == 3, np.nan, core * 0.5)))
    assert np.argwhere(special.kinds(made.core[0]) == 1).tolist() == [[0, 3]]
    pixels = np.full((2, 3, 4), 90, np.uint8)  # blue, green, red, alpha
    pixels[0, 1] = 10, 20, 30, 0
    pixels[1, 2] = 10, 20, 30, 1
    cv2.imwrite(f"{tmp_path}/a.png", pixels)
    made = run(tmp_path, tmp_path / "a.png")
    assert made.band_names() == ["RED", "GREEN", "BLUE"]
    assert made.core[:, 1, 2].tolist() == [30, 20, 10]
    assert np.argwhere(np.isnan(made.core).all(0)).tolist() == [[0, 1]]


def test_pictures_and_palettes(tmp_path):
    cv2.imwrite(f"{tmp_path}/a.jpg", np.full((8, 8, 3), (40, 120, 200), np.uint8))
    made = run(tmp_path, tmp_path / "a.jpg")
    assert made.band_names() == ["RED", "GREEN", "BLUE"]
    assert_allclose(made.core[:, 4, 4], [200, 120, 40], atol=3)
    cv2.imwrite(f"{tmp_path}/g.png", np.full((2, 3), 4000, np.uint16))
    made = run(tmp_path, tmp_path / "g.png", "BANDS=GREEN")
    assert made.band_names() == ["GREEN"] and kind(made) == "UnsignedWord"
    path = tiff(tmp_path / "p.tif", np.array([[[0, 1, 2]]], np.uint8), photometric="palette")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {0: (9, 8, 7, 255), 1: (200, 100, 50, 255), 2: (0, 255, 3, 255)})
    made = run(tmp_path, path)
    assert made.core[:, 0].T.tolist() == [[9, 8, 7], [200, 100, 50], [0, 255, 3]]
    assert made.band_names() == ["RED", "GREEN", "BLUE"]


def test_scale_and_offset_are_applied(tmp_path):
    path = tiff(tmp_path / "a.tif", np.array([[[10, 20]]], np.int16))
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = [0.5], [3.0]
    assert run(tmp_path, path).core.ravel().tolist() == [8, 13]


def test_degrees_of_any_body_become_a_simple_cylindrical_map(tmp_path):
    core = np.ones((1, 90, 180), np.float32)
    mars = CRS.from_user_input("IAU_2015:49900")
    for left, clon in ((-180.0, 0.0), (0.0, 180.0)):
        path = tiff(tmp_path / "a.tif", core, crs=mars, transform=from_origin(left, 90, 2))
        made = run(tmp_path, path)
        grid = projection.of_cube(made)
        assert grid.target == "Mars" and grid.clon == clon
        assert_allclose(grid.radii[0], 3396.19)
        assert_allclose(grid.latlon(0, 0), (89, (-left - 1) % 360), atol=1e-9)
        assert_allclose(grid.latlon(89, 179), (-89, (-left + 1) % 360), atol=1e-9)
        with rasterio.open(tmp_path / "made.cub") as dataset:
            assert dataset.crs.to_dict()["proj"] == "eqc"


def test_a_map_that_ours_cannot_say_is_left_out_and_told(tmp_path, capsys):
    core = np.ones((1, 4, 4), np.uint8)
    jupiter = CRS.from_user_input("+proj=moll +a=71492000 +b=66854000")
    skew = rasterio.Affine(1e6, 2e5, 0, 0, -1e6, 0)
    for options, words in (
        (dict(crs=jupiter, transform=skew), "not square with north up"),
        (dict(transform=from_origin(0, 0, 1e6)), "of no coordinate system"),
        (dict(crs=jupiter, transform=from_origin(9e8, 9e8, 1e6)), "shows nothing of the"),
    ):
        path = tiff(tmp_path / "a.tif", core, **options)
        main(f"FROM={path}", f"TO={tmp_path}/b.cub")
        told = capsys.readouterr().err
        assert words in told and "left out" in told
        assert "Mapping" not in cube.read(f"{tmp_path}/b.cub").isis


def fits(cards, data=b""):
    """The bytes of a FITS file, by the standard: cards of 80 characters, blocks of 2880 bytes."""
    head = b"".join(card.ljust(80).encode() for card in (*cards, "END"))
    return head + b" " * (-len(head) % 2880) + data + b"\0" * (-len(data) % 2880)


SIMPLE = "SIMPLE  =                    T"


def test_fits_by_hand(tmp_path):
    data = np.array([[1, 2, 3], [-9, 5, 6]], ">i2").tobytes()
    cards = [SIMPLE, "BITPIX  = 16", "NAXIS   = 2", "NAXIS1  = 3", "NAXIS2  = 2"]
    path = tmp_path / "a.fits"
    path.write_bytes(fits([*cards, "BLANK   = -9 / empty"], data))
    made = run(tmp_path, path)
    assert kind(made) == "SignedWord"
    assert_array_equal(made.core, [[[np.nan, 5, 6], [1, 2, 3]]])  # the first line is the southern
    path.write_bytes(fits([*cards, "BSCALE  = 0.5", "BZERO   = 1.0D1"], data))
    assert run(tmp_path, path).core.tolist() == [[[5.5, 12.5, 13], [10.5, 11, 11.5]]]
    empty = fits([SIMPLE, "BITPIX  = 8", "NAXIS   = 0"])
    cards[0] = "XTENSION= 'IMAGE   '"
    path.write_bytes(empty + fits(cards, data))
    assert run(tmp_path, path).core[0, 1].tolist() == [1, 2, 3]


def test_fits_coordinates_by_hand(tmp_path):
    cards = [SIMPLE, "BITPIX  = -32", "NAXIS   = 2", "NAXIS1  = 36", "NAXIS2  = 18"]
    cards += ["OBJECT  = 'JUPITER'", "CTYPE1  = 'JULN-CAR'", "CTYPE2  = 'JULT-CAR'"]
    cards += ["CRVAL1  = 180.", "CDELT1  = -10.", "CRPIX1  = 18.5"]
    cards += ["CRVAL2  = 0.", "CDELT2  = 10.", "CRPIX2  = 9.5"]
    (tmp_path / "a.fits").write_bytes(fits(cards, np.ones((18, 36), ">f4").tobytes()))
    grid = projection.of_cube(run(tmp_path, tmp_path / "a.fits"))
    assert_allclose(grid.latlon(0, 0), (85, 355), atol=1e-9)
    assert_allclose(grid.latlon(17, 35), (-85, 5), atol=1e-9)
    assert grid.radii == RADII


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        ("a.png", b"no picture", 4, "a.png: cannot be read as an image"),
        ("a.fits", fits([SIMPLE, "BITPIX  = 12", "NAXIS   = 0"]), 2, "BITPIX = 12, expected one"),
        ("a.fits", fits([SIMPLE, "BITPIX  = 8", "NAXIS   = 0"]), 2, "no image of two axes"),
        ("a.fits", SIMPLE.encode(), 4, "the FITS header has no END"),
        (
            "a.fits",
            fits([SIMPLE, "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 99", "NAXIS2  = 99"]),
            4,
            "0 bytes of samples, expected 9801",
        ),
        (
            "a.fits",
            fits([SIMPLE, "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 99"]),
            2,
            "NAXIS2 = None, expected a count",
        ),
    ],
)
def test_refusals(tmp_path, capsys, name, data, code, words):
    (tmp_path / name).write_bytes(data)
    refused(capsys, code, words, f"FROM={tmp_path / name}", f"TO={tmp_path}/b.cub")
    assert not (tmp_path / "b.cub").exists()


def refused(capsys, code, words, *line):
    with pytest.raises(SystemExit) as stop:
        main(*line)
    told = capsys.readouterr().err
    assert stop.value.code == code and words in told and told.count("\n") == 1


def test_a_cube_and_wrong_names_are_refused(tmp_path, capsys):
    cube.write(tmp_path / "a.cub", cube.new(np.ones((1, 2, 2), np.float32)))
    to = f"TO={tmp_path}/b.cub"
    refused(capsys, 2, "is a cube already", f"FROM={tmp_path}/a.cub", to)
    path = tiff(tmp_path / "a.tif", np.ones((2, 2, 2), np.uint8))
    refused(capsys, 2, "1 names, the raster has 2 bands", f"FROM={path}", to, "BANDS=RED")
    refused(capsys, 4, "none.tif: cannot be read", f"FROM={tmp_path}/none.tif", to)


def test_a_pipe_gives_the_bytes_of_a_file(tmp_path, shell):
    core = np.random.default_rng(2).normal(size=(3, 20, 30)).astype(np.float32)
    tiff(tmp_path / "a.tif", core, names=("UV", "B", "R"))
    shell("cat a.tif | std2cub -quiet | cat > piped.cub; std2cub FROM=a.tif TO=filed.cub -quiet")
    assert (tmp_path / "piped.cub").read_bytes() == (tmp_path / "filed.cub").read_bytes()
    with rasterio.open(tmp_path / "piped.cub") as dataset:
        assert_array_equal(dataset.read(), core)
    assert cube.read(f"{tmp_path}/filed.cub").band_names() == ["UV", "B", "R"]
