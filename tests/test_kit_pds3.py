"""kit/pds3: labels and the bytes they point to."""

import gzip
import hashlib

import numpy as np
import pytest
import rasterio

from perijove.kit import label, pds3
from perijove.kit.error import Error, IoError

LABEL = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 4
FILE_RECORDS = 3
^IMAGE = "x.IMG"
TARGET_NAME = "N/A" /* no target */
OBJECT = IMAGE
  LINES = 3
  LINE_SAMPLES = 4
  SAMPLE_TYPE = UNSIGNED_INTEGER
  SAMPLE_BITS = 8
  MD5_CHECKSUM = "{md5}"
END_OBJECT = IMAGE
END
"""
BYTES = bytes(range(250, 256)) + bytes(range(6))
ROWS = [[250, 251, 252, 253], [254, 255, 0, 1], [2, 3, 4, 5]]


def write(folder, data=BYTES, text=LABEL, name="x", **changes):
    """Write a pair x.LBL and x.IMG, keywords of the label changed; return the label's path."""
    for key, value in changes.items():
        line = next(line for line in text.splitlines() if line.split()[:1] == [key])
        text = text.replace(line, "" if value is None else f"{key} = {value}")
    text = text.replace("{md5}", hashlib.md5(data).hexdigest())
    (folder / f"{name}.LBL").write_bytes(text.replace("\n", "\r\n").encode())
    (folder / f"{name}.IMG").write_bytes(data)
    return folder / f"{name}.LBL"


def test_either_file_finds_the_other(tmp_path):
    path = write(tmp_path)
    for given in (path, path.with_suffix(".IMG")):
        found, source, own = pds3.read(given)
        assert found.dtype == np.uint8 and found.tolist() == ROWS
        assert source["TARGET_NAME"] == "N/A" and str(source) == "x.LBL" and own == str(path)


@pytest.mark.parametrize("name", ["x.img", "X.Img", "x.IMG.gz", "x.img.GZ"])
def test_the_image_may_be_spelt_or_packed_otherwise(tmp_path, name):
    path = write(tmp_path)
    path.with_suffix(".IMG").unlink()
    (tmp_path / name).write_bytes(gzip.compress(BYTES) if name[-1] in "zZ" else BYTES)
    assert pds3.read(path)[0].tolist() == ROWS
    path.rename(tmp_path / "x.lbl")
    assert pds3.read(tmp_path / name)[0].tolist() == ROWS


def test_a_renamed_pair_is_one_all_the_same(tmp_path):
    path = write(tmp_path, name="mine")
    assert pds3.read(path)[0].tolist() == ROWS
    path.rename(tmp_path / "label.txt")
    found = pds3.read(tmp_path / "mine.IMG", tmp_path / "label.txt")
    assert found[0].tolist() == ROWS and found[2].endswith("label.txt")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ('"x.IMG"', ("x.IMG", 0)),
        ('("x.IMG", 3)', ("x.IMG", 2 * 1648)),  # records count from 1
        ('("x.IMG", 21 <BYTES>)', ("x.IMG", 20)),  # and so do bytes
        ("5", (None, 4 * 1648)),
        ("1649 <BYTES>", (None, 1648)),
    ],
)
def test_pointers_by_hand(place, expected):
    assert pds3.pointer(label.loads(f"^IMAGE = {place} RECORD_BYTES = 1648 END")) == expected


@pytest.mark.parametrize("place", ["0", '("a", "b")', "3 <LIGHTYEARS>", "(1, 2)", "1.5", "()"])
def test_a_pointer_to_nowhere_is_refused(place):
    with pytest.raises(Error, match=r"\^IMAGE = .*: expected a file, a record or <BYTES>"):
        pds3.pointer(label.loads(f"^IMAGE = {place} RECORD_BYTES = 1648 END"))


@pytest.mark.parametrize(
    ("order", "first"), [("", 0xFAFB), ("MSB_", 0xFAFB), ("LSB_", 0xFBFA), ("PC_", 0xFBFA)]
)
def test_16_bits_stand_in_the_order_of_the_type(tmp_path, order, first):
    path = write(tmp_path, SAMPLE_BITS=16, LINE_SAMPLES=2, SAMPLE_TYPE=f"{order}UNSIGNED_INTEGER")
    found = pds3.read(path)[0]
    assert found.dtype == np.uint16 and found.shape == (3, 2) and found[0, 0] == first


def test_prefixes_and_suffixes_are_no_samples(tmp_path):
    text = LABEL.replace("  LINES", "  LINE_PREFIX_BYTES = 1\n  LINE_SUFFIX_BYTES = 1\n  LINES")
    path = write(tmp_path, text=text, LINE_SAMPLES=2)
    assert pds3.read(path)[0].tolist() == [[251, 252], [255, 0], [3, 4]]


def test_an_attached_label_and_a_record_that_is_filled_up(tmp_path):
    text = LABEL.replace("{md5}", hashlib.md5(BYTES).hexdigest())
    text = text.replace('"x.IMG"', "2").replace("RECORD_BYTES = 4", "RECORD_BYTES = 600")
    whole = text.encode().ljust(600) + BYTES
    for name, data in (("a.IMG", whole), ("b.img", whole.ljust(1200, b"\0"))):
        (tmp_path / name).write_bytes(data)
        assert pds3.read(tmp_path / name)[0].tolist() == ROWS
    (tmp_path / "c.IMG.gz").write_bytes(gzip.compress(whole))
    assert pds3.read(tmp_path / "c.IMG.gz")[0].tolist() == ROWS
    (tmp_path / "d.IMG").write_bytes(whole.ljust(1212, b"\0"))
    with pytest.raises(IoError, match="d.IMG: more bytes than the 612 that d.IMG says"):
        pds3.read(tmp_path / "d.IMG")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("bits", [8, 16])
def test_gdal_reads_the_same(tmp_path, bits):
    rng = np.random.default_rng(2)
    data = rng.integers(0, 256, 3 * 4 * bits // 8, dtype=np.uint8).tobytes()
    # MSB_ spelt out: GDAL takes the bare UNSIGNED_INTEGER, big-endian by the standard, as little
    path = write(tmp_path, data, RECORD_BYTES=bits // 2, SAMPLE_BITS=bits,
                 SAMPLE_TYPE="MSB_UNSIGNED_INTEGER")  # fmt: skip
    with rasterio.open(path) as image:
        assert np.array_equal(image.read(1), pds3.read(path)[0])


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"LINES": 4}, IoError, "x.IMG: truncated: 12 bytes, x.LBL says 16"),
        ({"LINES": 2}, IoError, "x.IMG: more bytes than the 8 that x.LBL says"),
        ({"LINES": 0}, Error, "LINES = 0, LINE_SAMPLES = 4: no image is so large"),
        ({"LINES": 10**12}, Error, "no image is so large"),
        ({"LINE_SAMPLES": None}, Error, "x.LBL: keyword LINE_SAMPLES is missing"),
        ({"LINE_SAMPLES": "many"}, Error, "x.LBL: LINE_SAMPLES = many: expected a number"),
        ({"SAMPLE_TYPE": "IEEE_REAL"}, Error, "SAMPLE_TYPE = IEEE_REAL: expected UNSIGNED_INTEGER"),
        ({"SAMPLE_TYPE": "MSB_INTEGER"}, Error, "SAMPLE_TYPE = MSB_INTEGER: expected UNSIGNED"),
        ({"SAMPLE_BITS": 12}, Error, "SAMPLE_BITS = 12, expected 8 or 16"),
        ({"MD5_CHECKSUM": "0" * 31 + "a"}, IoError, "damaged: its MD5 is .*, x.LBL says 0000"),
        ({"^IMAGE": '"y.IMG"'}, None, ""),  # the pair has the label's name then
        ({"^IMAGE": None}, Error, r"keyword \^IMAGE is missing"),
        ({"OBJECT": "PICTURE", "END_OBJECT": "PICTURE"}, Error, "the label has no OBJECT = IMAGE"),
        ({"END": "1"}, IoError, "x.LBL: no End line was found: this is no label"),
    ],
)
def test_labels_that_do_not_fit(tmp_path, changes, kind, words):
    path = write(tmp_path, **changes)
    if kind is None:
        assert pds3.read(path)[0].tolist() == ROWS
        return
    with pytest.raises(kind, match=words):
        pds3.read(path)


def test_half_a_pair_and_half_a_gzip(tmp_path):
    path = write(tmp_path)
    path.with_suffix(".IMG").unlink()
    with pytest.raises(IoError, match=r"the image that \^IMAGE names \(x.IMG\) is not beside it"):
        pds3.read(path)
    for data, words in ((gzip.compress(BYTES)[:-9], "truncated"), (BYTES, "no whole gzip")):
        (tmp_path / "x.IMG.gz").write_bytes(data)
        with pytest.raises(IoError, match=f"x.IMG.gz: .*{words}"):
            pds3.read(path)
    (tmp_path / "y.IMG").write_bytes(BYTES)
    with pytest.raises(IoError, match=r"y.IMG: its label \(y.LBL\) is not beside it"):
        pds3.read(tmp_path / "y.IMG")
    with pytest.raises(IoError, match="none.IMG: cannot be read: no such file"):
        pds3.read(tmp_path / "none.IMG")
    with pytest.raises(IoError, match="none.LBL: cannot be read: no such file"):
        pds3.read(tmp_path / "none.LBL")


def test_a_packed_bomb_is_not_unpacked(tmp_path):
    path = write(tmp_path)
    path.with_suffix(".IMG").unlink()
    (tmp_path / "x.IMG.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    with pytest.raises(IoError, match="more bytes than the 12 that"):
        pds3.read(path)


def test_a_label_with_the_labels_of_structures_in_it(testdata):
    data = (testdata / "viking/f004a47/f004a47_pds3.lbl").read_bytes()
    assert data.count(b"\r\nEND\r\n") > 1
    root = pds3.loads(pds3.text_of(data + b"samples", "f004a47"), "f004a47")
    assert root["IMAGE_ID"] == "004A47" and root.nodes("IMAGE")[0]["CHECKSUM"] == 205881028
    with pytest.raises(IoError, match="f004a47: no End line was found"):
        pds3.text_of(data[:3000], "f004a47")
