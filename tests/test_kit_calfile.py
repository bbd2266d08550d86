import pytest

from perijove.kit import calfile
from perijove.kit.error import Error, IoError

TEXT = """
Name = trial
Columns = (CAMERA, FILTER, GAIN, FILE)
End
# camera filter gain file
WIDE  *      1.5  dark.cub
WIDE  BLUE   2    "my dark.cub"   # the more specific one
*     RED    3    -
NARROW RED   4    -
"""


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.sav").write_text(TEXT)
    return calfile.read(str(tmp_path / "t.sav"))


def test_the_most_specific_row_wins(table):
    assert calfile.match(table, {"CAMERA": "wide", "FILTER": "blue"})["GAIN"] == 2
    assert calfile.match(table, {"CAMERA": "WIDE", "FILTER": "GREEN"})["GAIN"] == 1.5
    assert calfile.match(table, {"CAMERA": "NARROW", "FILTER": "RED"})["GAIN"] == 4
    assert calfile.match(table, {"CAMERA": "OTHER", "FILTER": "RED"})["FILE"] is None


def test_a_tie_and_no_row_are_errors_that_show_what_was_looked_for(table):
    with pytest.raises(Error, match="2 rows fit CAMERA = WIDE, FILTER = RED equally well"):
        calfile.match(table, {"CAMERA": "WIDE", "FILTER": "RED"})
    with pytest.raises(Error, match="no row for CAMERA = NARROW, FILTER = BLUE; the nearest are: "):
        calfile.match(table, {"CAMERA": "NARROW", "FILTER": "BLUE"})
    with pytest.raises(Error, match="no column LENS; there are CAMERA, FILTER, GAIN, FILE"):
        calfile.match(table, {"LENS": 1})


def test_files_stand_beside_the_table(table, tmp_path):
    assert table.beside(table.rows[1]["FILE"]) == f"{tmp_path}/my dark.cub"


def test_a_short_row_is_an_error_that_names_it(tmp_path):
    (tmp_path / "t.sav").write_text(TEXT + "WIDE RED 1\n")
    with pytest.raises(Error, match="row 7 after End: 3 values, expected 4"):
        calfile.read(str(tmp_path / "t.sav"))


def test_the_search_order(tmp_path, monkeypatch):
    mine = tmp_path / "juno"
    mine.mkdir()
    (mine / "compand.sav").write_text("Name = mine Columns = (A)\nEnd\n1\n")
    assert calfile.read("juno/compand.sav").label["Name"] != "mine"
    monkeypatch.setenv("OTHER_DATA", str(tmp_path))
    assert calfile.read("juno/compand.sav", env=["OTHER_DATA"]).label["Name"] == "mine"
    monkeypatch.setenv("PERIJOVE_DATA", str(tmp_path))
    assert calfile.read("juno/compand.sav")["A"] == [1]
    with pytest.raises(IoError, match="absent.sav was not found here nor in .* and|the package"):
        calfile.read("absent.sav")


def test_rows_know_their_line_and_a_tie_names_both(tmp_path):
    (tmp_path / "t.sav").write_text(TEXT)  # begins with an empty line
    table = calfile.read(str(tmp_path / "t.sav"))
    assert [row.where for row in table.rows] == ["t.sav:6", "t.sav:7", "t.sav:8", "t.sav:9"]
    with pytest.raises(Error, match="equally well: t.sav:6, t.sav:8$"):
        calfile.match(table, {"CAMERA": "WIDE", "FILTER": "RED"})


def test_no_row_tells_the_nearest_and_where_they_differ(table):
    near = r"t.sav:7 \(CAMERA = WIDE\); t.sav:9 \(FILTER = RED\); t.sav:6 \(CAMERA = WIDE\); do$"
    words = f"the nearest are: {near}"
    with pytest.raises(calfile.NoRow, match=words):
        calfile.match(table, {"CAMERA": "NARROW", "FILTER": "BLUE"}, hint="; do")


def test_a_twin_fits_behind_an_exact_cell_and_before_a_star(tmp_path):
    (tmp_path / "t.sav").write_text("Name = t Columns = (A, B)\nEnd\n* 1\n4 2\n0 3\n")
    table = calfile.read(str(tmp_path / "t.sav"))

    def judge(row, column, wanted):
        found = calfile.grade(row, column, wanted)
        return calfile.TWIN if {row[column], wanted} == {0, 4} else found

    found = [[calfile.match(table, {"A": a}, judge)["B"]] for a in (0, 4, 7)]
    assert found == [[3], [2], [1]]
    table.rows.pop()  # no exact row of 0 is left
    assert calfile.match(table, {"A": 0}, judge)["B"] == 2


def test_folders_that_hold_tables_without_their_subfolder(tmp_path, monkeypatch):
    (tmp_path / "compand.sav").write_text("Name = mine Columns = (A)\nEnd\n1\n")
    monkeypatch.setenv("OTHER_DATA", str(tmp_path))
    assert calfile.find("juno/compand.sav", plain=["OTHER_DATA"]) == f"{tmp_path}/compand.sav"
    assert calfile.find("juno/compand.sav", env=["OTHER_DATA"]) != f"{tmp_path}/compand.sav"


def test_an_empty_file_and_one_of_bytes_are_io_errors(tmp_path):
    (tmp_path / "t.sav").write_bytes(b"")
    with pytest.raises(IoError, match="t.sav: the input is empty"):
        calfile.read(str(tmp_path / "t.sav"))
    (tmp_path / "t.sav").write_bytes(b"Columns = (A)\nEnd\n\xff\xfe\n")
    with pytest.raises(IoError, match="t.sav: the rows are no text"):
        calfile.read(str(tmp_path / "t.sav"))
