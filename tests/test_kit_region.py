import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
import rasterio.windows
from numpy.testing import assert_array_equal

from perijove.kit import cube, region, special, table
from perijove.kit.error import Error, IoError

KINDS = special.NULL, special.LRS, special.LIS, special.HIS, special.HRS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of one cube (3, 300, 530) in all the forms it can have in a file."""
    core = np.random.default_rng(3).uniform(1, 200, (3, 300, 530)).astype(np.float32)
    core[1, 2, :5] = KINDS
    core[2, 100:, 100:] = special.NULL  # a tile of a TIFF that is not there
    made = cube.new(core, BandBin={"FilterName": ["BLUE", "GREEN", "RED"]})
    made = made.with_blob(table.pack("T", {"Et": np.arange(3.0)}))
    folder = tmp_path_factory.mktemp("region")
    for name, words in FORMS.items():
        cube.write(f"{folder}/{name}{words}", made.replace(history="Object = first\nEnd_Object\n"))
    return folder


FORMS = {
    "a.cub": "",
    "tile.cub": "+Tile",
    "msb.cub": "+Msb",
    "short.cub": "+16bit+0:200",
    "byte.cub": "+8bit+0:200+Tile",
    "a.tif": "",
    "byte.tif": "+8bit+0:200",
}
WINDOWS = ((0, 300, 0, 530), (0, 1, 0, 530), (299, 1, 529, 1), (31, 200, 100, 37), (7, 0, 3, 0),
           (0, 256, 256, 256), (250, 20, 250, 20), (120, 90, 300, 200))  # fmt: skip


def same(a, b):
    """Equal bit for bit: the kinds of special pixels, too."""
    assert a.dtype == b.dtype == np.float32
    assert_array_equal(a.view(np.uint32), np.ascontiguousarray(b).view(np.uint32))


@pytest.mark.parametrize("name", FORMS)
def test_windows_are_those_of_the_cube_read_whole_from_any_thread(folder, name):
    whole = cube.read(f"{folder}/{name}")
    with region.Region(f"{folder}/{name}") as r, ThreadPoolExecutor(4) as pool:
        assert (r.shape, r.label, r.blobs) == (whole.core.shape, whole.label, whole.blobs)
        assert r.history == whole.history and r.name == f"{folder}/{name}"
        assert r.blob("Table", "T").data == whole.blob("Table", "T").data
        assert r.group("BandBin") == whole.group("BandBin") == r.isis.group("BandBin")
        found = pool.map(lambda w: r.read(*w), 4 * WINDOWS)
        for (y, h, x, w), a in zip(4 * WINDOWS, found, strict=True):
            same(a, whole.core[:, y : y + h, x : x + w])
        same(r.read(5, 9), whole.core[:, 5:14])
        same(r.read(5, 9, bands=[2, 0, 2]), whole.core[[2, 0, 2], 5:14])


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", ["a.cub", "tile.cub", "short.cub", "byte.tif"])
def test_gdal_reads_the_same_windows(folder, name):
    y, h, x, w = WINDOWS[3]
    with rasterio.open(folder / name) as dataset, region.Region(f"{folder}/{name}") as r:
        seen = dataset.read(window=rasterio.windows.Window(x, y, w, h), masked=True)
        scale, offset = np.float64(dataset.scales[0]), dataset.offsets[0]
        ours = r.read(y, h, x, w)
    valid = ~np.isnan(ours)
    seen = seen.data if name == "a.cub" else seen.data * scale + offset
    np.testing.assert_allclose(ours[valid], seen[valid], rtol=1e-5)


@pytest.mark.parametrize("name", ["a.cub", "tile.cub", "a.tif"])
def test_bands_are_chosen_by_the_attribute_and_then_by_index(folder, name):
    with region.Region(f"{folder}/a.cub") as all_bands:
        core = all_bands.read(0, 300)
    with region.Region(f"{folder}/{name}+3,1") as r:
        assert r.shape == (2, 300, 530) and r.band_names() == ["RED", "BLUE"]
        same(r.read(90, 20, 90, 20), core[[2, 0], 90:110, 90:110])
        same(r.read(90, 20, bands=[1]), core[[0], 90:110])
    with pytest.raises(Error, match="band 4 does not exist"):
        region.Region(f"{folder}/{name}+4")


def test_a_cube_with_a_detached_label(tmp_path):
    a = np.arange(1.0, 2 * 5 * 7 + 1, dtype=np.float32).reshape(2, 5, 7)
    plain = {"width": 7, "height": 5, "count": 2, "dtype": "float32", "data_location": "EXTERNAL"}
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        with rasterio.open(tmp_path / "a.lbl", "w", driver="ISIS3", **plain) as out:
            out.write(a)
    with region.Region(f"{tmp_path}/a.lbl") as r:
        same(r.read(1, 3, 2, 4), a[:, 1:4, 2:6])


def test_infinities_and_nans_of_others_become_special_pixels(folder, tmp_path):
    data = bytearray((folder / "a.cub").read_bytes())
    data[65536 : 65536 + 16] = np.array([np.nan, np.inf, -np.inf, -np.nan], "<f4").tobytes()
    (tmp_path / "b.cub").write_bytes(data)
    with region.Region(f"{tmp_path}/b.cub") as r:
        assert special.kinds(r.read(0, 1, 0, 5, [0])).tolist() == [[[1, 5, 2, 1, 0]]]


def test_what_is_no_file_and_windows_beyond_the_cube_are_refused(folder, tmp_path):
    os.mkfifo(tmp_path / "p.cub")
    for path in ("-", f"{tmp_path}/p.cub", "/dev/null"):
        with pytest.raises(Error, match="give a file, not a pipe"):
            region.Region(path)
    with pytest.raises(IoError, match="x.cub: cannot be read: no such file"):
        region.Region(f"{tmp_path}/x.cub")
    with pytest.raises(IoError, match="is a directory"):
        region.Region(str(tmp_path))
    with region.Region(f"{folder}/a.cub") as r:
        for window in ((0, 301), (-1, 2), (0, 1, 530, 1), (0, 1, 0, 531)):
            with pytest.raises(IndexError):
                r.read(*window)


@pytest.mark.parametrize("cut", [10, 65000, 65536 + 100, -1])
def test_a_truncated_file_is_refused_when_it_is_opened(folder, tmp_path, cut):
    (tmp_path / "b.cub").write_bytes((folder / "a.cub").read_bytes()[:cut])
    with pytest.raises(IoError, match="truncated|no End line"):
        region.Region(f"{tmp_path}/b.cub")


def test_a_file_that_shrinks_or_has_bytes_after_its_end_is_refused(folder, tmp_path):
    data = (folder / "a.cub").read_bytes()
    (tmp_path / "b.cub").write_bytes(data + b"\0")
    with pytest.raises(IoError, match="bytes follow the end"):
        region.Region(f"{tmp_path}/b.cub")
    (tmp_path / "b.cub").write_bytes(data)
    with region.Region(f"{tmp_path}/b.cub") as r:
        os.truncate(tmp_path / "b.cub", 70000)
        with pytest.raises(IoError, match="truncated"):
            r.read(0, 300)


def test_a_damaged_tile_is_an_io_error_that_names_the_file(folder, tmp_path):
    data = bytearray((folder / "a.tif").read_bytes())
    data[5000:200000] = bytes(195000)
    (tmp_path / "b.tif").write_bytes(data)
    with region.Region(f"{tmp_path}/b.tif") as r, pytest.raises(IoError, match="b.tif: cannot be"):
        r.read(0, 300)
