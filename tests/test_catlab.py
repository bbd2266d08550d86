"""catlab: what stands in a label, for people."""

import numpy as np
import pytest

from perijove.catlab import main, printed, rows
from perijove.kit import cube, label, table
from perijove.kit.label import Node, Quantity


@pytest.fixture
def image(tmp_path):
    made = cube.new(
        np.arange(6.0, dtype=np.float32).reshape(1, 2, 3),
        Instrument={"ExposureDuration": Quantity(3.2, "ms"), "StartTime": "2022-07-05T12:00:00"},
    )
    made = made.with_blob(table.pack("Geometry", {"Et": [0.1, 2.5], "Q": [[1, 0], [0, -1]]}))
    head = Node("Object", "OriginalLabel", [("Name", "IsisCube")])
    made = made.with_blob(
        cube.Blob("OriginalLabel", "IsisCube", head, b"PRODUCT_ID = X\nEnd\n\0\0")
    )
    made = made.replace(history="Object = first\n  Version = 1\nEnd_Object\n")
    cube.write(f"{tmp_path}/a.cub", made)
    return made


def shown(capsys, *words):
    main(*words)
    return capsys.readouterr().out


def test_what_is_printed_is_the_label(image, tmp_path, capsys):
    text = shown(capsys, f"FROM={tmp_path}/a.cub")
    with cube.opened(f"{tmp_path}/a.cub") as source:
        assert label.loads(text) == source.label
    assert "    ExposureDuration = 3.2 <ms>\n" in text and text.endswith("\nEnd\n")


def test_a_table_by_hand(image):
    blob = image.blob("Table", "Geometry")
    assert rows(blob) == "Et\tQ[0]\tQ[1]\n0.1\t1\t0\n2.5\t0\t-1\n"


def test_what_stands_behind_the_samples(image, tmp_path, capsys):
    words = "ORIGINAL=YES", "TABLES=YES", "HISTORY=YES"
    text = shown(capsys, f"FROM={tmp_path}/a.cub", *words)
    _, rest = text.split("\nEnd\n", 1)
    assert "# Table Geometry\nEt\tQ[0]\tQ[1]\n" in rest
    assert "PRODUCT_ID = X\nEnd\n\nObject = first" in rest and "\0" not in rest
    assert printed(Node(), history="\n\n") == "End\n"


def test_a_cube_with_nothing_behind_its_samples(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", cube.new(np.ones((1, 2, 2), np.float32)))
    text = shown(capsys, f"FROM={tmp_path}/a.cub", "HISTORY=YES", "TABLES=YES")
    assert text.endswith("Bytes = 65536\nEnd_Object\nEnd\n")


def test_a_table_file_and_a_text_file(tmp_path, capsys):
    (tmp_path / "t.sav").write_text("Name = t\nColumns = (A, B)\nEnd\n1 2\n")
    main(f"FROM={tmp_path}/t.sav", f"TO={tmp_path}/t.txt")
    assert (tmp_path / "t.txt").read_text() == "Name    = t\nColumns = (A, B)\nEnd\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"", "the input is empty"), (b"A = 1\n", "no End line was found")],
)
def test_what_is_no_label_is_an_io_error(tmp_path, capsys, content, words):
    if content is not None:
        (tmp_path / "a.cub").write_bytes(content)
    with pytest.raises(SystemExit) as stop:
        main(f"FROM={tmp_path}/a.cub")
    line = capsys.readouterr().err
    assert stop.value.code == 4 and line.startswith("**I/O ERROR** catlab: ") and words in line


def test_a_pipe(image, tmp_path, shell):
    piped = shell("cat a.cub | catlab HISTORY=YES").stdout
    assert piped == shell("catlab FROM=a.cub HISTORY=YES").stdout
    assert shell("crop LINE=2 < a.cub | catlab | head -n 1").stdout == b"Object = IsisCube\n"
