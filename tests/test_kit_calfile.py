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
