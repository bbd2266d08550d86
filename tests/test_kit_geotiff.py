import contextlib
import io
import shutil
import subprocess

import numpy as np
import pytest
import rasterio
import rasterio.warp

from perijove.kit import cube, geotiff, geotiffin, projection, special, tiffend
from perijove.kit.error import Error, IoError

RADII = (71492.0, 71492.0, 66854.0)
KINDS = (special.NULL, special.LRS, special.LIS, special.HIS, special.HRS)


def a_map():
    """A map, mostly empty, with every kind of special pixel, a tile all His and one all zero."""
    grid = projection.grid(
        "SimpleCylindrical", "Jupiter", RADII, 249.555, (-90, 90, 0, 360), clon=180.0
    )
    core = np.full((2, *grid.shape), special.NULL, np.float32)
    core[0, :256, :256] = special.HIS
    core[0, :256, 256:512] = 0.0
    core[1, 300:400, 300:500] = np.linspace(-3, 7, 200, dtype=np.float32)
    for n, kind in enumerate(KINDS):
        core[1, 310 + n, 310:320] = kind
    made = cube.new(
        core,
        Archive=dict(ProductId="JNCE_X", Note="2 < 3 & 4"),
        BandBin=dict(FilterName=["BLUE", "RED"]),
    )
    made.isis.append(grid.mapping())
    return made


@pytest.fixture
def folder(tmp_path):
    cube.write(f"{tmp_path}/x.cub", a_map())
    cube.write(f"{tmp_path}/x.tif", a_map())
    return tmp_path


def test_a_tiff_gives_back_the_cube_with_the_kinds_of_its_special_pixels(folder):
    a, b = (cube.read(f"{folder}/x.{end}") for end in ("cub", "tif"))
    assert a.label == b.label and a.history == b.history and a.blobs == b.blobs
    np.testing.assert_array_equal(a.core.view(np.uint32), b.core.view(np.uint32))
    assert (special.kinds(b.core[0, :256, :256]) == 4).all()
    assert (b.core[0, :256, 256:512] == 0).all()


def test_gdal_sees_in_the_tiff_what_it_sees_in_the_cube(folder):
    with rasterio.open(folder / "x.cub") as a, rasterio.open(folder / "x.tif") as b:
        np.testing.assert_array_equal(a.read(), b.read())
        np.testing.assert_array_equal(a.read_masks(), b.read_masks())
        assert b.descriptions == ("BLUE", "RED") and b.transform.almost_equals(a.transform, 1e-6)
        here = rasterio.warp.transform(b.crs, a.crs, [1e7, -3e7], [2e7, 5e6])
        np.testing.assert_allclose(here, [[1e7, -3e7], [2e7, 5e6]], atol=1e-3)
        assert "ProductId = JNCE_X" in b.tags(ns="PERIJOVE")["LABEL"].replace("  ", "")


def test_a_map_that_is_mostly_empty_takes_little_room(folder):
    assert (folder / "x.cub").stat().st_size > 100 * (folder / "x.tif").stat().st_size


def test_the_same_through_pipes_and_with_tables_and_history(shell):
    shell("junosim TO=s SEED=4 FRAMES=2 MAPRESOLUTION=2 -quiet")
    shell("junocam2cub FROM=$(echo s/*-raw.png) | decompand | junocal TO=if.tif -quiet")
    shell("junocam2cub FROM=$(echo s/*-raw.png) | decompand | junocal TO=if.cub -quiet")
    shell("cat if.tif | spiceinit KERNELS=s/kernels TO=tiff.tif")
    shell("spiceinit FROM=if.cub KERNELS=s/kernels TO=cube.cub")
    shell(
        "mapproj FROM=tiff.tif RESOLUTION=2 TO=a.cub; mapproj FROM=cube.cub RESOLUTION=2 TO=b.cub"
    )
    assert shell("cmp a.cub b.cub && cat if.tif | getkey KEYWORD=TargetName").stdout == b"Jupiter\n"


def test_types_and_ranges(shell, folder):
    shell("crop FROM=x.cub TO=y.tif+8bit+-3:7; crop FROM=x.cub TO=y.cub+8bit+-3:7")
    with rasterio.open(folder / "y.tif") as found:
        assert found.dtypes[0] == "uint8" and found.nodata == 0
        assert found.scales[1] == pytest.approx(10 / 253) and found.offsets[1] == pytest.approx(
            -3 - 10 / 253
        )
    a, b = (cube.read(f"{folder}/y.{end}").core for end in ("cub", "tif"))
    np.testing.assert_array_equal(a.view(np.uint32), b.view(np.uint32))


def changed(folder, **options):
    with rasterio.open(folder / "x.tif") as a:
        tags, profile, data = a.tags(ns="PERIJOVE"), a.profile, a.read()
    profile.update(options)
    with rasterio.open(folder / "z.tif", "w", **profile) as b:
        b.write(data[:, : profile["height"]].astype(profile["dtype"]))
        b.update_tags(ns="PERIJOVE", **tags)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"height": 10}, "another program changed it"),
        ({"dtype": "float64"}, "another program changed it"),
        ({"transform": rasterio.Affine(7, 0, 0, 0, -7, 0)}, "no longer that of its Group Mapping"),
    ],
)
def test_a_tiff_that_another_program_changed_is_refused(folder, options, words):
    changed(folder, **options)
    with pytest.raises(Error, match=words):
        cube.read(f"{folder}/z.tif")


def test_a_tiff_of_others_a_damaged_one_and_tiles_are_refused(folder, shell):
    plain = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "uint8"}
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        with rasterio.open(folder / "p.tif", "w", **plain) as picture:
            picture.write(np.zeros((1, 4, 4), np.uint8))
    with pytest.raises(Error, match="std2cub"):
        cube.read(f"{folder}/p.tif")
    data = (folder / "x.tif").read_bytes()
    for cut in (5, 100, len(data) // 2):
        (folder / "d.tif").write_bytes(data[:cut])
        with pytest.raises((Error, IoError)):
            cube.read(f"{folder}/d.tif")
    done = shell("crop FROM=x.cub TO=t.tif+Tile", check=False)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and b"+Tile" in done.stderr
    assert not (folder / "t.tif").exists()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compress": None, "predictor": 1, "tiled": False, "blockysize": 7},
        {"compress": "deflate", "interleave": "pixel"},
        {"BIGTIFF": "YES", "ENDIANNESS": "BIG"},
    ],
)
def test_a_second_cube_behind_a_tiff_is_refused(folder, options):
    with rasterio.open(folder / "x.tif") as x:
        with rasterio.open(folder / "y.tif", "w", **x.profile | options) as y:
            y.write(x.read())
            y.update_tags(ns="PERIJOVE", **x.tags(ns="PERIJOVE"))
    data = (folder / "y.tif").read_bytes()
    assert cube.read(f"{folder}/y.tif").core.shape == (2, 900, 1800)
    for more in (data, (folder / "x.tif").read_bytes(), (folder / "x.cub").read_bytes()):
        (folder / "z.tif").write_bytes(data + more)
        with pytest.raises(IoError, match="z.tif: a second cube follows the TIFF"):
            cube.read(f"{folder}/z.tif")


def test_a_second_tiff_down_a_pipe_is_refused(folder, shell):
    done = shell("cat x.tif x.tif | stats", check=False)
    assert done.returncode == 4 and b"-: a second cube follows the TIFF" in done.stderr


def test_where_a_damaged_tiff_ends_is_left_to_gdal(folder):
    data = (folder / "x.tif").read_bytes()
    for cut in (0, 3, 8, 20, len(data) // 2, len(data) - 9):
        assert not tiffend.another(io.BytesIO(data[:cut]))
    rng = np.random.default_rng(1)
    for at in rng.integers(0, 300, 300):
        flipped = bytearray(data)
        flipped[at] ^= 1 << rng.integers(8)
        tiffend.another(io.BytesIO(flipped))


def test_many_threads_leave_few_files_open(folder):
    windows = geotiffin.Windows(f"{folder}/x.tif")
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(windows._dataset())
    assert len(windows.idle) == 33
    windows.close()
    assert not windows.idle
    assert geotiffin.SPARE._value == 32


def test_the_item_cube_damaged(folder):
    with rasterio.open(folder / "x.tif", "r+") as dataset:
        dataset.update_tags(ns="PERIJOVE", CUBE="AAAA")
    with pytest.raises(IoError, match="CUBE is damaged"):
        cube.read(f"{folder}/x.tif")


def test_a_label_is_read_without_the_samples(folder, shell):
    data = bytearray((folder / "x.tif").read_bytes())
    with rasterio.open(folder / "x.tif") as dataset:
        found = list(geotiff.blocks(dataset))
    assert len(found) == 3  # all His, all zero, and one with samples
    for _, _, _, at, size in found:
        data[at : at + size] = bytes(size)
    (folder / "d.tif").write_bytes(data)
    assert shell("getkey FROM=d.tif KEYWORD=ProductId").stdout == b"JNCE_X\n"
    assert shell("catlab FROM=d.tif").stdout == shell("catlab FROM=x.cub").stdout
    with pytest.raises(IoError, match="d.tif: cannot be read as a TIFF"):
        cube.read(f"{folder}/d.tif")


def test_bands_of_a_tiff_in_any_order(folder):
    a, b = (cube.read(f"{folder}/x.{end}+2,1,2") for end in ("cub", "tif"))
    np.testing.assert_array_equal(a.core.view(np.uint32), b.core.view(np.uint32))
    assert a.label == b.label and a.band_names() == ["RED", "BLUE", "RED"]


@pytest.mark.skipif(not shutil.which("gdalinfo"), reason="gdal-bin is not installed")
def test_the_gdal_of_the_system_reads_the_tiff(folder, shell):
    sums = [shell(f"gdalinfo -checksum x.{end} | grep Checksum").stdout for end in ("cub", "tif")]
    assert sums[0] == sums[1] and sums[0].count(b"Checksum") == 2


def test_what_a_picture_viewer_says_beside_a_tiff_changes_nothing(folder):
    (folder / "x.tif.aux.xml").write_text(
        '<PAMDataset><Metadata domain="PERIJOVE"><MDI key="CUBE">?</MDI></Metadata></PAMDataset>'
    )
    assert cube.read(f"{folder}/x.tif").group("Archive")["ProductId"] == "JNCE_X"


def test_an_integer_that_no_tiff_holds():
    with pytest.raises(Error, match="SignedInteger"):
        geotiff.pack(
            None, b"", ("SignedInteger", "Lsb", 0.0, 1.0), (1, 1, 1), [], None, {}, "x.tif"
        )


def test_a_command_without_rasterio_in_sight_starts_light():
    code = "import sys, perijove.kit.cube; print('rasterio' in sys.modules)"
    done = subprocess.run(["python", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_projection_that_geotiff_cannot_say_is_told_and_kept(shell, folder):
    words = "PROJECTION=PointPerspective DISTANCE=300000 CLAT=0 CLON=90 RESOLUTION=1"
    done = shell(f"mapproj FROM=x.cub {words} TO=p.tif")
    told = done.stderr.decode()
    assert "GeoTIFF has no words for the projection" in told and "ERROR" not in told
    shell(f"mapproj FROM=x.cub {words} TO=p.cub -quiet")
    a, b = (cube.read(f"{folder}/p.{end}") for end in ("cub", "tif"))
    assert a.group("Mapping") == b.group("Mapping")
    np.testing.assert_array_equal(a.core.view(np.uint32), b.core.view(np.uint32))
