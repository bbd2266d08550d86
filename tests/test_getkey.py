"""getkey: one value of a label."""

import numpy as np
import pytest

from perijove.getkey import find, main, shown
from perijove.kit import cube, label
from perijove.kit.error import Error
from perijove.kit.label import Quantity

TEXT = """
Object = IsisCube
  Group = Instrument
    ExposureDuration = 3.2 <ms>
    FilterName = (BLUE, "GREEN", RED)
    Radii = (71492, 66854) <km>
    Where = "two words"
    Solved = TRUE
    Name = first
  End_Group
  Object = Inner
    Group = Instrument
      Name = second
    End_Group
  End_Object
End_Object
Name = last
End
"""


@pytest.fixture
def root():
    return label.loads(TEXT)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("ExposureDuration", "3.2"),
        ("exposureduration", "3.2"),
        ("FilterName", "(BLUE, GREEN, RED)"),
        ("Radii", "(71492, 66854)"),
        ("Where", "two words"),
        ("Solved", "True"),
        ("Name", "first"),
    ],
)
def test_a_value_stands_alone(root, keyword, text):
    assert shown(find(root, keyword)) == text


def test_group_and_object_say_where(root):
    assert find(root, "Name", "Instrument", "Inner") == "second"
    assert find(root, "Name", within="Inner") == "second"
    assert find(root, "Name", "instrument") == "first"


def test_units_and_items_by_hand():
    assert shown(Quantity(3.2, "ms"), "s") == "0.0032"
    assert shown(Quantity(3.2, "ms"), "ms") == "3.2"
    assert shown(5, "km") == "5"
    assert shown([Quantity(2.0, "m"), Quantity(3.0, "km")], "km") == "(0.002, 3.0)"
    assert shown(["a", "b"], index=2) == "b"
    assert shown(Quantity([1.0, 2.0], "km"), "m", index=1) == "1000.0"


def test_refusals(root):
    with pytest.raises(Error, match="keyword FilterNam is not there; did you mean FILTERNAME"):
        find(root, "FilterNam")
    with pytest.raises(Error, match="keyword Solved is not in Group = Instrument of Object = Inn"):
        find(root, "Solved", "Instrument", "Inner")
    with pytest.raises(Error, match="there is no Group = Mapping"):
        find(root, "Scale", "Mapping")
    with pytest.raises(Error, match="KEYINDEX = 4: X has 3 values"):
        shown([1, 2, 3], index=4, keyword="X")
    with pytest.raises(Error, match="X = True: expected a number in <s>"):
        shown(True, "s", keyword="X")


def test_missing_is_exit_2_and_one_line(tmp_path, capsys):
    (tmp_path / "a.pvl").write_text(TEXT)
    with pytest.raises(SystemExit) as stop:
        main(f"FROM={tmp_path}/a.pvl", "KEYWORD=Scale")
    caught = capsys.readouterr()
    assert stop.value.code == 2 and caught.out == "" and caught.err.count("\n") == 1
    assert caught.err.startswith("**USER ERROR** getkey: ") and "keyword Scale is" in caught.err


def test_isis_names_and_a_pipe(tmp_path, shell):
    image = cube.new(np.ones((2, 3, 5), np.float32), Instrument={"Exp": Quantity(3.2, "ms")})
    cube.write(f"{tmp_path}/a.cub", image)
    assert shell("getkey FROM=a.cub OBJNAME=Core GRPNAME=Dimensions KEYWORD=Lines").stdout == b"3\n"
    assert shell("getkey GROUP=Instrument KEYWORD=Exp UNIT=s < a.cub").stdout == b"0.0032\n"
    assert shell("crop LINE=2 < a.cub | getkey KEYWORD=Lines").stdout == b"2\n"
    (tmp_path / "t.sav").write_text("Name = t\nColumns = (A, B)\nEnd\n1 2\n")
    assert shell("getkey FROM=t.sav KEYWORD=Columns KEYINDEX=2").stdout == b"B\n"
    shell("crop LINE=2 FROM=a.cub -save=c.par TO=b.cub")
    assert shell("getkey FROM=c.par KEYWORD=LINE").stdout == b"2\n"
