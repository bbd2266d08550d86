"""kit/vicar: labels, layouts and numbers of VICAR files."""

import numpy as np
import pytest
import rasterio

from perijove.kit import vicar
from perijove.kit.error import Error, IoError
from vidiconfiles import LAB
from vidiconfiles import vicar as written

CUBE = np.arange(2 * 3 * 4).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("stored", "value"),  # bytes as a VAX has them in memory: low words first, each low byte first
    [
        ("80400000", 1.0),
        ("F0C10000", -7.5),
        ("4941DB0F", 3.14159274),  # pi, 0FDB4149 in the manuals
        ("80000000", 2.0**-128),
        ("FF7FFFFF", 1.70141173e38),
        ("7F000000", 0.0),  # exponent 0: the fraction is dirt
    ],
)
def test_vax_reals_by_hand(stored, value):
    found = vicar.numbers(bytes.fromhex(stored), "REAL", "LOW", "VAX")
    assert found.dtype == np.float32 and found.tolist() == [np.float32(value)]


def test_vax_double_and_the_reserved_operand():
    one = vicar.numbers(bytes.fromhex("8040000000000800"), "DOUB")  # bit 2^-52 of 1.xxx
    assert one.dtype == np.float64 and one.tolist() == [1 + 2.0**-52]
    assert np.isnan(vicar.numbers(bytes.fromhex("00800000"), "REAL")).all()


def test_integers_and_ieee_by_hand():
    assert vicar.numbers(b"\x01\xff\xfe\xff", "HALF", "LOW").tolist() == [-255, -2]
    assert vicar.numbers(b"\x01\xff\xfe\xff", "WORD", "HIGH").tolist() == [511, -257]
    assert vicar.numbers(b"\0\0\1\0", "FULL", "HIGH").tolist() == [256]
    assert vicar.numbers(b"\0\0\x80\x3f", "REAL", "LOW", "RIEEE").tolist() == [1.0]
    assert vicar.numbers(b"\x3f\x80\0\0", "REAL", "LOW", "IEEE").tolist() == [1.0]
    assert vicar.numbers(b"\xff\0", "BYTE").tolist() == [255, 0]
    with pytest.raises(Error, match="FORMAT = COMP, INTFMT = LOW, REALFMT = VAX: expected BYTE"):
        vicar.numbers(b"", "COMP")
    with pytest.raises(Error, match="INTFMT = SIDEWAYS"):
        vicar.numbers(b"", "HALF", "SIDEWAYS")


@pytest.mark.parametrize("kind", ["u1", "<i2", ">i2", "<i4", ">i4", "<f4", ">f4", "<f8", ">f8"])
def test_every_layout_gives_the_same_samples(kind):
    size = np.dtype(kind).itemsize
    for org, record in (("BSQ", 4), ("BIL", 4), ("BIP", 2)):  # samples of a record
        header = b"\x7f" * 2 * (5 + record * size)
        found = vicar.parse(written(CUBE.astype(kind), prefix=5, header=header, org=org))
        assert np.array_equal(found.core, CUBE) and found.core.dtype.isnative
        assert found.core.dtype.itemsize == size
        assert (found.prefix == 0x81).all() and found.prefix.shape[1] == 5
        assert found.header == header


def test_a_file_that_does_not_tell_comes_from_a_vax():
    data = written(CUBE[:1].astype("<i2"))
    for item in (b"INTFMT='LOW'", b"REALFMT='RIEEE'"):
        data = data.replace(item, b" " * len(item))
    assert np.array_equal(vicar.parse(data).core, CUBE[:1])
    real = np.full((1, 1, 2), 1.0, "<f4")
    data = written(real).replace(b"REALFMT='RIEEE'", b" " * 15)
    data = data.replace(real.tobytes(), bytes.fromhex("80400000" * 2))
    assert vicar.parse(data).core.tolist() == [[[1.0, 1.0]]]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("kind", ["u1", "<i2", ">i2", "<i4", "<f4", ">f4"])
def test_gdal_reads_the_same(tmp_path, kind):
    core = np.random.default_rng(4).integers(0, 250, (1, 30, 40)).astype(kind)
    (tmp_path / "a.vic").write_bytes(written(core, prefix=8))
    with rasterio.open(tmp_path / "a.vic") as image:
        assert image.driver == "VICAR" and np.array_equal(image.read(), core)
    assert np.array_equal(vicar.read(tmp_path / "a.vic").core, core)


def test_a_real_prefix_header_and_label_behind_the_image(testdata):
    found = vicar.read(testdata / "voyager/c3440346.img")
    assert found.prefix.shape == (800, 224) and len(found.header) == 2 * 1024
    assert b"1790S1-019" in found.header and {len(word) for word in found.words} == {72}
    assert found.words[2].startswith("NA CAMERA  EXP     960.0 MSEC")
    assert found.words[10].startswith("LSB_TRUNC=OFF")  # behind the image
    assert "LAB01=" in found.text and "LAB11=" in found.text and found.text.count("LBLSIZE") == 1


def test_a_real_table_of_vax_reals(testdata):
    """The nominal reseau marks of camera 7: 552 rows of 4, the first row the first mark's."""
    found = vicar.read(testdata / "voyager/vgr1.cam7.vic")
    assert found.core.shape[1] == 0 and len(found.header) == 18 * 512
    assert found.label.nodes("IBIS")[0]["NR"] == 552
    rows = vicar.numbers(found.header, "REAL")[: 4 * 552].reshape(552, 4)
    np.testing.assert_allclose(rows[0], (25.28, 25.24, 3.6, 11.4), rtol=1e-6)
    assert rows.min() > -60 and rows.max() < 1100


def test_a_label_is_items_properties_tasks_and_lines():
    found = vicar.parse(
        written(
            CUBE[:1].astype("u1"),
            lab=[*LAB, "it''s"],
            tasks="TASK='LAST'  PROPERTY='MAP' A=(1,2,'b c')  B=-1.5D+02 C=() D=''",
        )
    )
    assert found.label["NS"] == 4 and found.label["ORG"] == "BSQ"
    assert [(n.kind, n.name) for n in found.label.nodes()] == [
        ("Object", "MADE"),
        ("Object", "LAST"),
        ("Group", "MAP"),
    ]
    assert found.label.nodes("MAP")[0].items == [
        ("A", [1, 2, "b c"]),
        ("B", -150.0),
        ("C", []),
        ("D", ""),
    ]
    assert found.words == [*LAB, "it's"]
    assert vicar.is_one(b"LBLSIZE=800  ") and not vicar.is_one(b"LBLSIZE=    ")


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        (b"LBLSIZE=", b"LBLSIZES", IoError, "this is no VICAR file: no LBLSIZE= at byte 1"),
        (b"NL=3 ", b"NL=9 ", IoError, "truncated: .* bytes, its label says"),
        (b"NL=3 ", b"NL=-3", Error, "NL, NS, NB, NBB, NLB, RECSIZE: one is out of range"),
        (b"NS=4 ", b"NS=5 ", Error, "RECSIZE = 12, expected 13 of NBB and samples"),
        (b"ORG='BSQ'", b"ORG='BAD'", Error, "ORG = BAD, FORMAT = BYTE: expected BSQ, BIL, BIP and"),
        (b"FORMAT='BYTE'", b"FORMAT='COMP'", Error, "FORMAT = COMP: expected"),
        (b"NS=4 ", b"NS=x ", Error, "NS = x: expected a number"),
        (b"TYPE='IMAGE'", b"TYPE='IMAGE ", Error, "the label cannot be read at"),
        (b"EOL=0", b"EOL=1", IoError, "the end of the label is missing: no LBLSIZE= at byte"),
        (b"TASK='MADE'", b"COMPRESS='A'", Error, "COMPRESS = A: packed samples are not read"),
    ],
)
def test_damaged_files_are_refused(tmp_path, old, new, kind, words):
    data = written(CUBE[:1].astype("u1"), lab=LAB[:3], prefix=8)
    assert old in data
    (tmp_path / "a.vic").write_bytes(data.replace(old, new.ljust(len(old)), 1))
    with pytest.raises(kind, match=f"a.vic: .*{words}"):
        vicar.read(tmp_path / "a.vic")


def test_a_file_cut_anywhere_is_refused():
    data = written(CUBE[:1].astype("u1"))
    vicar.parse(data)
    for size in (0, 7, 30, data.index(b"\x00\x01\x02"), len(data) - 1):
        with pytest.raises(IoError):
            vicar.parse(data[:size])
