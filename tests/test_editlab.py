"""editlab: keywords and groups set, added and deleted."""

import numpy as np
import pytest

from perijove.editlab import edit, main, parsed
from perijove.kit import cube, special
from perijove.kit.error import Error
from perijove.kit.label import Quantity


def image(**groups):
    core = np.array([[[1, special.HIS], [special.LRS, -2]]], np.float32)
    return cube.new(core, **groups)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3.5e-4", -3.5e-4),
        ("TRUE", True),
        ("Null", None),
        ("two words", "two words"),
        ('"12"', "12"),
        ("0012", "0012"),
        ("2022-07-05T12:00:00.123", "2022-07-05T12:00:00.123"),
        ("(RED, 2.5, 'a b')", ["RED", 2.5, "a b"]),
        ("f = ma; <b>", "f = ma; <b>"),
    ],
)
def test_values_are_read_as_in_a_label(text, value):
    found = parsed(text)
    assert found == value and type(found) is type(value)


def test_a_unit():
    assert parsed("3.2", "ms") == Quantity(3.2, "ms")


def test_set_add_modify_delete():
    isis = image(Archive={"A": 1}).isis
    edit(isis, "SETKEY", "archive", "a", 2)
    edit(isis, "ADDKEY", "Archive", "B", 3)
    edit(isis, "MODKEY", "Archive", "B", 4)
    assert isis.group("Archive").items == [("A", 2), ("B", 4)]
    edit(isis, "DELKEY", "Archive", "A")
    edit(isis, "ADDG", "Extra")
    edit(isis, "SETKEY", "Extra", "C", "x")
    assert isis.group("Archive").items == [("B", 4)] and isis.group("Extra")["C"] == "x"
    edit(isis, "DELG", "Archive")
    assert [node.name for node in isis.nodes()] == ["Extra"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("SETKEY", "Core", "Type", 1),
            "Core describes the samples themselves",
        ),
        (("SETKEY", "Pixels", "Type", 1), "Pixels describes the samples"),
        (("SETKEY", "Archiv", "A", 1), "there is no Group = Archiv; there are Archive"),
        (("SETKEY", None, "A", 1), "OPTION = SETKEY needs GRPNAME, one of Archive"),
        (("SETKEY", "Archive", None, 1), "OPTION = SETKEY needs KEYWORD"),
        (("SETKEY", "Archive", "A"), "OPTION = SETKEY needs VALUE"),
        (("ADDKEY", "Archive", "a", 1), "has a keyword a already"),
        (("MODKEY", "Archive", "ProductI", 1), "no keyword ProductI; did you mean PRODUCTID"),
        (("DELKEY", "Archive", "Z"), "has no keyword Z"),
        (("ADDG", "Archive"), "Group = Archive is there already"),
        (("DELG", "Nothing"), "there is no Group = Nothing"),
    ],
)
def test_refusals(words, message):
    with pytest.raises(Error, match=message):
        edit(image(Archive={"A": 1, "ProductId": "x"}).isis, *words)


def test_the_samples_pass_and_the_edit_is_recorded(tmp_path, capsys):
    was = image(Instrument={"Exp": Quantity(1.0, "ms")})
    cube.write(f"{tmp_path}/a.cub", was)
    words = "GRPNAME=Instrument", "KEYWORD=Exp", "VALUE=3.2", "UNITS=ms"
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/a.cub", *words)
    now = cube.read(f"{tmp_path}/a.cub")
    assert np.array_equal(now.core.view(np.uint32), was.core.view(np.uint32))
    assert now.group("Instrument")["Exp"] == Quantity(3.2, "ms")
    assert "Object = editlab" in now.history and "KEYWORD = Exp" in now.history
    with pytest.raises(SystemExit) as stop:
        main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/b.cub", "GRPNAME=Core", "KEY=A", "VALUE=1")
    assert stop.value.code == 2 and not (tmp_path / "b.cub").exists()
    assert capsys.readouterr().err.startswith("**USER ERROR** editlab: Core describes")


def test_a_pipe_keeps_the_type_and_gives_the_bytes_of_a_file(tmp_path, shell):
    core = np.arange(1.0, 25.0, dtype=np.float32).reshape(2, 3, 4)
    cube.write(f"{tmp_path}/a.cub", cube.new(core, Archive={"A": 1}), type="UnsignedByte")
    edit = "editlab OPTION=MODKEY GRPNAME=Archive KEYWORD=A VALUE='(1, two)'"
    shell(f"{edit} < a.cub | tee b.cub | getkey KEYWORD=Type > type; {edit} FROM=a.cub TO=c.cub")
    assert (tmp_path / "b.cub").read_bytes() == (tmp_path / "c.cub").read_bytes()
    assert (tmp_path / "type").read_text() == "UnsignedByte\n"
    assert cube.read(f"{tmp_path}/b.cub").group("Archive")["A"] == [1, "two"]
