"""kit/ibis: tables of numbers of VICAR, and of texts."""

import struct

import numpy as np
import pytest

from perijove.kit import ibis
from perijove.kit.error import Error, IoError

FRAME = (
    "FORMAT='{form}' TYPE='{kind}' RECSIZE={rec} ORG='BSQ' NL={nl} NS={ns} NB=1 NBB=0 NLB={nlb} "
)


def label(text, size=512):
    return f"LBLSIZE={size:<8}{text}".encode().ljust(size, b"\0")


def table(words, data, how="INTFMT='LOW' REALFMT='RIEEE' BINTFMT='LOW' BREALFMT='RIEEE'"):
    records = -(-len(data) // 512)
    head = FRAME.format(form="BYTE", kind="TABULAR", rec=512, nl=0, ns=512, nlb=records)
    text = f"{head} EOL=0 {how} PROPERTY='IBIS' {words}"
    return label(text) + data.ljust(512 * records, b"\0")


def test_rows_lie_a_segment_apart_and_columns_have_their_own_format(tmp_path):
    rows = [struct.pack("<iff", n, 0.5 + n, -2.25 * n).ljust(16, b"\xff") for n in (1, 2, 3)]
    words = "NR=3 NC=3 ORG='ROW' FMT_DEFAULT='REAL' FMT_FULL=1 SEGMENT=16"
    (tmp_path / "a.ibis").write_bytes(table(words, b"".join(rows)))
    found = ibis.read(tmp_path / "a.ibis")
    assert found.tolist() == [[1, 1.5, -2.25], [2, 2.5, -4.5], [3, 3.5, -6.75]]


def test_numbers_of_a_vax_and_several_columns_of_another_format(tmp_path):
    # VAX F: 1.0 is 80 40 00 00, -12.5 is 48 C2 00 00 (VAX Architecture Reference Manual)
    data = struct.pack("<hi", 7, -70000) + bytes.fromhex("80400000 48c20000")
    words = "NR=1 NC=4 ORG='ROW' FMT_DEFAULT='REAL' FMT_HALF=1 FMT_FULL=(2) SEGMENT=0"
    vax = "INTFMT='HIGH' REALFMT='IEEE' BINTFMT='LOW' BREALFMT='VAX'"
    (tmp_path / "a.ibis").write_bytes(table(words, data, vax))
    assert ibis.read(tmp_path / "a.ibis").tolist() == [[7, -70000, 1.0, -12.5]]


def test_an_image_of_one_line_is_a_row(tmp_path):
    head = FRAME.format(form="REAL", kind="IMAGE", rec=12, nl=1, ns=3, nlb=0)
    text = label(head + "EOL=0 INTFMT='LOW' REALFMT='RIEEE'", 516)
    (tmp_path / "a.res").write_bytes(text + struct.pack("<fff", 3.5, 11.25, -1))
    assert ibis.read(tmp_path / "a.res").tolist() == [[3.5, 11.25, -1]]


def test_a_text_has_rows_of_numbers_commas_and_comments(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeff# line sample\n1.5 2\n\n3e2,  -4  # the second\n")
    assert ibis.read(tmp_path / "a.txt").tolist() == [[1.5, 2], [300, -4]]


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", IoError, "there are no numbers in it"),
        (b"1 2\n3\n", Error, "line 2 has 1 values, expected 2 as before"),
        (b"1 2\n3 x\n", Error, "line 2: x is no number"),
        (b"1 nan\n", Error, "a value is no number of pixels"),
        (b"1 1e40\n", Error, "a value is no number of pixels"),
        (b"\xff\xfe\x00", IoError, "neither a VICAR file nor a text"),
    ],
)
def test_texts_that_are_none(tmp_path, data, kind, words):
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(kind, match=words):
        ibis.read(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("table_of", "kind", "words"),
    [
        ("NR=3 NC=2 ORG='COLUMN' FMT_DEFAULT='REAL'", Error, "expected ORG=ROW"),
        ("NR=3 NC=2 ORG='ROW' FMT_DEFAULT='A8'", Error, "expected numbers"),
        ("NR=3 NC=2 ORG='ROW' FMT_FULL=5", Error, "FMT_FULL names column 5 of 2"),
        ("NR=0 NC=2 ORG='ROW'", Error, "NR = 0, NC = 2: no table is like that"),
        ("NR=900 NC=2 ORG='ROW'", IoError, "truncated: 900 rows of 8 bytes, found 512"),
    ],
)
def test_tables_that_cannot_be(tmp_path, table_of, kind, words):
    (tmp_path / "a.ibis").write_bytes(table(table_of, bytes(24)))
    with pytest.raises(kind, match=words):
        ibis.read(tmp_path / "a.ibis")


def test_a_number_that_a_vax_cannot_hold_is_none(tmp_path):
    data = bytes.fromhex("0080000000000000")  # a reserved operand, then 0
    (tmp_path / "a.ibis").write_bytes(table("NR=1 NC=2 ORG='ROW'", data, "BREALFMT='VAX'"))
    with pytest.raises(Error, match="a value is no number of pixels"):
        ibis.read(tmp_path / "a.ibis")


def test_an_image_is_no_table(tmp_path):
    head = FRAME.format(form="BYTE", kind="IMAGE", rec=512, nl=2, ns=512, nlb=0)
    (tmp_path / "a.img").write_bytes(label(head + "EOL=0") + bytes(1024))
    with pytest.raises(Error, match="expected a table"):
        ibis.read(tmp_path / "a.img")
    with pytest.raises(IoError, match="cannot be read"):
        ibis.read(str(tmp_path / "absent"))


def test_real_files_of_vicar(testdata):
    found = ibis.read(testdata / "voyager/C2069302_RESLOC.DAT")
    assert found.shape == (1, 409)
    assert found[0, :5].tolist() == [2069302, 4, 2, 79, 192]  # FDS, camera, filter, year, day
    ties = ibis.read(testdata / "voyager/vgr1.cam7.vic")
    assert ties.shape == (552, 4) and len(np.unique(ties, axis=0)) == 287
    assert np.round(ties[0], 2).tolist() == [25.28, 25.24, 3.6, 11.4]
    marks = ibis.read(testdata / "voyager/vgr1na.res")
    assert marks.shape == (1, 404) and np.round(marks[0, :4], 1).tolist() == [3.6, 11.4, -1, 50.5]
