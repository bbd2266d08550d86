import io
import shutil

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal

from perijove.kit import cube, files, label, sink, special, table
from perijove.kit.error import Error, IoError
from perijove.kit.label import Node, Quantity

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.fixture
def small():
    """Return a cube of 2 bands with the five special pixels, tables and a history."""
    core = np.random.default_rng(3).uniform(1, 200, (2, 5, 7)).astype(np.float32)
    core[1, 2, :5] = special.NULL, special.LRS, special.LIS, special.HIS, special.HRS
    made = cube.new(
        core, BandBin={"FilterName": ["BLUE", "RED"], "Width": Quantity([45.5, 175.4], "nm")}
    )
    made = made.with_blob(
        table.pack("Geometry", {"Et": np.arange(3.0), "Q": np.eye(3, 4)}, Frame="J2000")
    )
    made = made.with_blob(
        cube.Blob(
            "OriginalLabel",
            "IsisCube",
            Node("Object", "OriginalLabel", [("Name", "IsisCube")]),
            b"A = 1\nEnd\n",
        )
    )
    return made.replace(history="Object = first\n  Version = 1\nEnd_Object\n")


def test_a_cube_comes_back_whole(small, tmp_path):
    cube.write(tmp_path / "a.cub", small)
    back = cube.read(str(tmp_path / "a.cub"))
    assert_array_equal(back.core.view(np.uint32), small.core.view(np.uint32))
    assert back.history == small.history and back.band_names() == ["BLUE", "RED"]
    geometry = back.blob("Table", "Geometry")
    assert (
        geometry.head["Frame"] == "J2000" and geometry.data == small.blob("Table", "Geometry").data
    )
    assert_array_equal(table.unpack(geometry)["Q"], np.eye(3, 4))
    assert back.blob("OriginalLabel", "IsisCube").data == b"A = 1\nEnd\n"


@pytest.mark.parametrize(
    "attributes", ["", "+Tile", "+16bit+0:200", "+8bit+0:200+Tile", "+Msb", "+UnsignedWord+0:200"]
)
def test_gdal_reads_what_is_written(small, tmp_path, attributes):
    cube.write(f"{tmp_path}/a.cub{attributes}", small)
    back = cube.read(f"{tmp_path}/a.cub")
    with rasterio.open(tmp_path / "a.cub") as dataset:
        assert dataset.driver == "ISIS3"
        seen, mask = dataset.read().astype(np.float64), dataset.read_masks()
        seen = seen * dataset.scales[0] + dataset.offsets[0]
    assert_array_equal(mask == 0, np.isnan(small.core))
    assert_array_equal(np.isnan(back.core), np.isnan(small.core))
    valid = mask > 0
    step = 200 / 253 if "8bit" in attributes else 200 / 65000 if ":" in attributes else 1e-4
    assert_allclose(seen[valid], small.core[valid], atol=step / 2 + 1e-4, rtol=0)
    assert_allclose(back.core[valid], seen[valid], rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"tiled": True, "blockxsize": 128, "blockysize": 128}, {"data_location": "EXTERNAL"}, {}],
)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_what_gdal_writes_is_read(tmp_path, options, dtype):
    a = np.random.default_rng(5).integers(3, 200, (2, 150, 140)).astype(dtype)
    path = tmp_path / ("a.lbl" if "data_location" in options else "a.cub")
    with rasterio.open(
        path, "w", driver="ISIS3", width=140, height=150, count=2, dtype=dtype, **options
    ) as out:
        out.write(a)
    assert_array_equal(cube.read(str(path)).core, a.astype(np.float32))


def test_bands_are_selected_by_attribute_with_their_names(small, tmp_path):
    cube.write(f"{tmp_path}/a.cub", small)
    picked = cube.read(f"{tmp_path}/a.cub+2,1-2")
    assert_array_equal(picked.core[0], small.core[1])
    assert picked.band_names() == ["RED", "BLUE", "RED"]
    assert picked.group("BandBin")["Width"] == Quantity([175.4, 45.5, 175.4], "nm")
    with pytest.raises(Error, match="band 3 does not exist: the cube has bands 1 to 2"):
        cube.read(f"{tmp_path}/a.cub+3")


def test_an_isis2_cube_is_read(tmp_path):
    a = np.arange(24, dtype=">i2").reshape(2, 3, 4)
    a[0, 0, 0] = -32768
    text = (
        "CCSD3ZF0000100000001NJPL3IF0PDS200000001 = SFDU_LABEL\nRECORD_BYTES = 512\n^QUBE = 3\n"
        "OBJECT = QUBE\n AXES = 3\n AXIS_NAME = (SAMPLE,LINE,BAND)\n CORE_ITEMS = (4,3,2)\n"
        " CORE_ITEM_BYTES = 2\n CORE_ITEM_TYPE = SUN_INTEGER\n CORE_BASE = 1.0\n"
        " CORE_MULTIPLIER = 0.5\n SUFFIX_ITEMS = (0,0,0)\n\n"
        " GROUP = BAND_BIN\n  BAND_BIN_CENTER = 0.5\n END_GROUP\nEND_OBJECT\nEND\n"
    )
    (tmp_path / "a.cub").write_bytes(text.encode().ljust(1024) + a.tobytes())
    back = cube.read(str(tmp_path / "a.cub"))
    assert special.kinds(back.core[0, 0]).tolist() == [1, 0, 0, 0]
    assert_allclose(back.core[1, 2], np.arange(20, 24) * 0.5 + 1)
    assert back.group("BAND_BIN")["BAND_BIN_CENTER"] == 0.5


@pytest.mark.parametrize("cut", [10, 70000, 65536 + 100, -1])
def test_a_truncated_cube_is_an_io_error(small, tmp_path, cut):
    cube.write(f"{tmp_path}/a.cub", small)
    whole = (tmp_path / "a.cub").read_bytes()
    (tmp_path / "b.cub").write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(IoError, match="truncated|no End line"):
        cube.read(f"{tmp_path}/b.cub")


def test_bytes_after_the_end_are_an_io_error(small, tmp_path):
    cube.write(f"{tmp_path}/a.cub", small)
    with open(tmp_path / "a.cub", "ab") as stream:
        stream.write(b"\0")
    with pytest.raises(IoError, match="bytes follow the end of the cube"):
        cube.read(f"{tmp_path}/a.cub")


def test_a_long_label_gets_a_longer_room(small, tmp_path):
    small.isis.group("Long").set("Words", ["word"] * 20000)
    cube.write(f"{tmp_path}/a.cub", small)
    back = cube.read(f"{tmp_path}/a.cub")
    assert back.label.object("Label")["Bytes"] == 4 * 65536
    assert_array_equal(np.isnan(back.core), np.isnan(small.core))
    with rasterio.open(tmp_path / "a.cub") as dataset:
        assert_array_equal(dataset.read_masks() == 0, np.isnan(small.core))


def test_a_narrower_type_needs_a_range(small, tmp_path):
    with pytest.raises(Error, match=r"\+UnsignedByte needs the range of values too"):
        cube.write(f"{tmp_path}/a.cub+8bit", small)
    with pytest.raises(Error, match=r"attribute \+9bit is not recognised"):
        cube.write(f"{tmp_path}/a.cub+9bit", small)


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), files.output(str(tmp_path / "a.cub")) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(IoError, match="a.cub: cannot be written: no such file"):
        with files.output(str(tmp_path / "absent" / "a.cub")):
            pass


def test_a_text_that_is_no_cube_is_refused(tmp_path):
    (tmp_path / "a.cub").write_text("A = 1\nEnd\n")
    with pytest.raises(Error, match="not a cube"):
        cube.read(f"{tmp_path}/a.cub")


def test_a_short_table_is_an_io_error():
    blob = table.pack("T", {"Et": np.arange(3.0)})
    short = cube.Blob("Table", "T", blob.head, blob.data[:-1])
    with pytest.raises(IoError, match="table T: 23 bytes, expected 24"):
        table.unpack(short)


@pytest.mark.skipif(not shutil.which("gdal_translate"), reason="gdal-bin is not installed")
@pytest.mark.parametrize("attributes", ["", "+Tile", "+16bit+0:200"])
def test_the_gdal_programs_of_the_system_agree(small, tmp_path, shell, attributes):
    cube.write(f"{tmp_path}/a.cub{attributes}", small)
    ours = cube.read(f"{tmp_path}/a.cub")
    shell("gdal_translate -q -unscale -ot Float32 a.cub a.tif")
    with rasterio.open(tmp_path / "a.tif") as dataset:
        valid = ~np.isnan(ours.core)
        assert_allclose(dataset.read()[valid], ours.core[valid], rtol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_every_real_cube_equals_gdal(testdata):
    paths = sorted((testdata / "cubes").glob("*.cub"))
    assert len(paths) == 10
    for path in paths:
        ours = cube.read(str(path))
        with rasterio.open(path) as dataset:
            seen, mask = dataset.read(), dataset.read_masks()
            scale, offset = dataset.scales[0], dataset.offsets[0]
        assert_array_equal(np.isnan(ours.core), mask == 0, str(path))
        seen = seen if seen.dtype.kind == "f" else seen * scale + offset
        assert_allclose(ours.core[mask > 0], seen[mask > 0], rtol=1e-6, err_msg=str(path))


def test_the_label_reader_leaves_the_samples_for_the_core(small):
    out = io.BytesIO(
        sink.compose(small.label, small.core.shape, ("Real", "Lsb", 0.0, 1.0), [], b"")
    )
    root, _ = label.read(out)
    assert root.object("IsisCube").object("Core")["StartByte"] == 65537
