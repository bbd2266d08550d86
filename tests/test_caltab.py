"""caltab: which row a frame gets and why, and what is odd in a table."""

import csv
import io
import pathlib

import numpy as np
import pytest

from perijove import calfiles
from perijove.caltab import main
from perijove.kit import cube, label
from refusal import refusal
from vidiconfiles import UNITS, VOYCAL

refused = refusal(main)

KEYS = "SPACECRAFT=VOYAGER_1 INST=NA TARGET=J FILTER=0 STATE1=1 STATE2=0 STATE3=1".split()
REST = "5.2 1 0 0 - -"
SHIPPED = sorted(
    str(path.relative_to(pathlib.Path(calfiles.__file__).parent))
    for path in pathlib.Path(calfiles.__file__).parent.glob("*/*.sav")
)


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table of rows and returns TABLE=path."""

    def write(*rows, head=f"{VOYCAL} {UNITS}\nEnd\n", name="t.sav"):
        (tmp_path / name).write_text(head + "\n".join(rows) + "\n")
        return f"TABLE={tmp_path / name}"

    return write


def told(capsys, *words):
    """Return the groups that caltab prints."""
    main(*words)
    return label.loads(capsys.readouterr().out).nodes()


def odd(capsys, *words):
    """Return the findings as (row, text), after checking that they are counted."""
    head, *found = told(capsys, *words)
    assert head["Findings"] == len(found)
    return [(group["Row"], group["Text"]) for group in found]


def frame(path, **instrument):
    keywords = dict(
        SPACECRAFT_NAME="VOYAGER_1",
        INSTRUMENT_ID="NA",
        IMAGE_NUMBER=16368.32,
        CAL_TARGET_CODE="J",
        FILTER_NUMBER=0,
        CAMERA_STATE_1=1,
        CAMERA_STATE_2=0,
        CAMERA_STATE_3=1,
    )
    core = np.ones((1, 2, 2), np.float32)
    cube.write(path, cube.new(core, Instrument={**keywords, **instrument}), type="SignedWord")
    return f"FROM={path}"


def test_a_frame_gets_its_row_with_values_units_and_reasons(tmp_path, capsys):
    row, lost = told(capsys, frame(tmp_path / "a.cub", FILTER_NUMBER=4, CAMERA_STATE_1=5))
    assert (row["Table"], row["W0"], row["DIST0"]) == ("voycal.sav", (1446.8, "DN/s"), (5.2, "AU"))
    assert row["DEL_EXP"] == (0, "ms") and row["GAIN"] == 1 and row["GAINFILE"] is None
    assert (row["FILTER"], row["STATE1"]) == (4, 5)
    assert row["Exact"] == ["SPACECRAFT", "INST", "TARGET", "STATE3"]
    assert (row["Any"], row["Twin"]) == (["STATE1", "STATE2"], ["FILTER"])
    text = (pathlib.Path(calfiles.__file__).parent / "voyager/voycal.sav").read_text()
    number = int(row["Row"].removeprefix("voycal.sav:"))
    assert text.splitlines()[number - 1].split()[:4] == ["VOYAGER_1", "NA", "J", "0"]
    assert lost["Row"] == f"voycal.sav:{number + 1}" and lost["Reason"] == "TARGET is S, not J"


def test_keys_typed_replace_those_of_the_label(tmp_path, capsys):
    words = frame(tmp_path / "a.cub", FILTER_NUMBER=1), "FILTER=CLEAR", "TARGET=SATURN_ENCOUNTER"
    row, lost = told(capsys, *words)
    assert row["W0"] == (432.6, "DN/s") and row["FILTER"] == 0 and row["Twin"] is None
    assert lost["Reason"] == "TARGET is J, not S"
    (lin,) = told(capsys, *KEYS, "TABLE=voyager/voylin.sav")
    assert (lin["B"], lin["K"], lin["LINORM"]) == ((8.46, "DN"), 3, (128, "DN"))


def test_viking_frames_are_sought_in_their_table(tmp_path, capsys):
    words = frame(
        tmp_path / "a.cub",
        SPACECRAFT_NAME="VIKING_ORBITER_2",
        INSTRUMENT_ID="VISA",
        CAL_TARGET_CODE="M",
        FILTER_NUMBER=2,
        CAMERA_STATE_2=1,
    )
    row = told(capsys, words)[0]
    assert row["W0"] == (70960, "DN/s") and row["DEL_EXP"] == (-0.65, "ms")


def test_every_reason_to_lose(table, capsys):
    path = table(
        f"VOYAGER_1 NA J 0 1 * 1 1 {REST}",
        f"VOYAGER_1 NA J 4 1 * 1 2 {REST}",
        f"VOYAGER_1 NA J * * * 1 3 {REST}",
        f"VOYAGER_1 WA J 0 2 * 1 4 {REST}",
    )
    row, *lost = told(capsys, path, *KEYS)
    assert row["Row"] == "t.sav:3" and row["OtherRows"] == 3
    assert [(group["Row"], group["Reason"]) for group in lost] == [
        ("t.sav:4", "fits, by the twin filter 4"),
        ("t.sav:5", "fits, with 3 * against 1"),
        ("t.sav:6", "INST is WA, not NA, STATE1 is 2, not 1"),
    ]


def test_only_the_nearest_of_many_that_do_not_fit_are_told(table, capsys):
    rows = [f"VOYAGER_1 NA J 0 {n} * 1 1 {REST}" for n in range(1, 30)]
    row, *lost = told(capsys, table(*rows), *KEYS)
    assert row["OtherRows"] == 28 and len(lost) == 10


def test_image_numbers(table, capsys):
    head = f"{VOYCAL.replace('DCFILE)', 'DCFILE, FIRST, LAST)')}\nEnd\n"
    path = table(
        f"VOYAGER_1 NA J 0 * * 1 1 {REST} * *",
        f"VOYAGER_1 NA J 0 * * 1 2 {REST} 100 200",
        head=head,
    )
    row, lost = told(capsys, path, *KEYS, "IMAGE_NO=150.5")
    assert (row["W0"].value, row["IMAGE_NO"], row["FIRST"]) == (2, 150.5, 100)
    row, lost = told(capsys, path, *KEYS)
    assert row["W0"].value == 1 and lost["Reason"] == "IMAGE_NO is 100 to 200, not unknown"


def test_no_row_a_tie_and_no_table_for_frames_are_refused(table, capsys):
    line = refused(capsys, 2, *KEYS[:3], "FILTER=ORANGE", *KEYS[4:])
    assert "no row for SPACECRAFT = VOYAGER_1" in line and "W0 typed replaces the row" in line
    path = table(f"VOYAGER_1 NA J 0 1 * * 1 {REST}", f"VOYAGER_1 NA J 0 * 0 * 1 {REST}")
    assert "2 rows fit" in refused(capsys, 2, path, *KEYS)
    assert "frames find no row here" in refused(capsys, 2, "TABLE=juno/bands.sav", *KEYS)
    assert "TABLE must be given" in refused(capsys, 2)
    assert "TABLE must be given" in refused(capsys, 2, "INST=NA")
    path = table(f"VOYAGER_1 NA J 0 1 * * -1 {REST}")
    assert "t.sav:3: W0 = -1: expected a number above 0" in refused(capsys, 2, path, *KEYS)
    assert "the filters of NA are 0 CLEAR" in refused(capsys, 2, *KEYS[:3], "FILTER=9", *KEYS[4:])


def test_a_cube_of_another_camera_is_refused(tmp_path, capsys):
    words = frame(tmp_path / "a.cub", SPACECRAFT_NAME="JUNO")
    assert "SPACECRAFT_NAME = JUNO" in refused(capsys, 2, words)
    words = frame(tmp_path / "a.cub", SPACECRAFT_NAME="N/A")
    assert "a.cub: the label has no SPACECRAFT_NAME: expected" in refused(capsys, 2, words)


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_odd_in_the_shipped_tables(name, capsys):
    assert odd(capsys, f"TABLE={name}") == []


def test_rows_that_tie_are_found(table, capsys):
    path = table(
        f"VOYAGER_1 NA J 0 5 * 1 1 {REST}",
        f"VOYAGER_1 NA J 0 * 1 1 1 {REST}",
        f"VOYAGER_1 NA J 2 5 * 1 1 {REST}",  # with t.sav:7, but t.sav:8 settles it
        f"VOYAGER_1 WA J 0 * 1 1 1 {REST}",
        f"VOYAGER_1 NA J 2 * 1 1 1 {REST}",
        f"VOYAGER_1 NA J 2 5 1 1 1 {REST}",
        f"VOYAGER_1 NA J CLEAR 5 * 1 1 {REST}",
    )
    found = odd(capsys, path)
    assert found[0] == ("t.sav:9", "the same keys as t.sav:3: frames that fit both are refused")
    ((row, text),) = found[1:]
    assert row == "t.sav:4" and text == (
        "ties with t.sav:3 for a frame of SPACECRAFT = VOYAGER_1, INST = NA, TARGET = J, "
        "FILTER = 0, STATE1 = 5, STATE2 = 1, STATE3 = 1"
    )
    tie = refused(capsys, 2, path, *KEYS[:4], "STATE1=5", "STATE2=1", "STATE3=1")
    assert "3 rows fit" in tie


def test_rows_that_no_frame_gets_are_found(table, capsys):
    filters = [f"VOYAGER_1 NA J {n} * * 1 1 {REST}" for n in range(8)]
    path = table(
        *filters,
        f"VOYAGER_1 NA J * * * 1 1 {REST}",
        f"VOYAGER_1 WA J UV * * 1 1 {REST}",
        f"VOYAGER_1 * J UV * * 1 1 {REST}",
    )
    assert odd(capsys, path) == [
        ("t.sav:11", "no frame gets this row: each filter has a row of its own"),
        ("t.sav:12", "FILTER = UV is not on the wheel of WA"),
    ]
    path = table(*filters[:7], f"VOYAGER_1 NA J * * * 1 1 {REST}")
    assert odd(capsys, path) == []
    head = f"{VOYCAL.replace('DCFILE)', 'DCFILE, FIRST, LAST)')} {UNITS[:-1]}, '', '')\nEnd\n"
    path = table(f"VOYAGER_1 NA J 0 * * 1 1 {REST} 20 10", head=head)
    assert odd(capsys, path) == [
        ("t.sav:3", "no frame gets this row: FIRST = 20 is above LAST = 10")
    ]


def test_columns_units_values_and_files_are_checked(table, capsys, tmp_path):
    (tmp_path / "there.cub").touch()
    rows = (
        "VOYAGER_1 NA J 0 * * 1 -5 5.2 1 0 0 there.cub absent.cub",
        "VOYAGER_1 NA S 0 * * 1 5 5.2 1 0 0 - -",
        "VOYAGER_3 NA J 0 * * 1 5 5.2 0 0 0 - -",
    )
    assert odd(capsys, table(*rows, head=f"{VOYCAL}\nEnd\n")) == [
        ("label", "no Units: W0 in DN/s, DIST0 in AU, DEL_EXP in ms are assumed"),
        ("t.sav:3", "DCFILE = absent.cub: no such file"),
        ("t.sav:3", "W0 = -5: expected a number above 0"),
        (
            "t.sav:5",
            "SPACECRAFT = VOYAGER_3: expected VOYAGER_1, VOYAGER_2, VIKING_ORBITER_1, "
            "VIKING_ORBITER_2 or *",
        ),
        ("t.sav:5", "GAIN = 0: expected a number above 0"),
        ("t.sav:4", "DIST0 = 5.2 AU: S is 8.9 to 10.2 AU from the Sun"),
    ]
    head = f"{VOYCAL} {UNITS.replace(' AU', ' ' + repr(''))}\nEnd\n".replace("''", '""')
    assert odd(capsys, table(rows[1].replace("5.2", "9.5"), head=head)) == [
        ("label", "no unit of DIST0: AU is assumed")
    ]
    head = f"{VOYCAL.replace(' DEL_EXP,', '').replace(' STATE2,', '')}\nEnd\n"
    found = odd(capsys, table("VOYAGER_1 NA J 0 * 1 5 5.2 1 0 - -", head=head))
    assert ("label", "no column STATE2, DEL_EXP") in found


def test_other_tables_are_checked_for_repeated_rows_units_and_files(table, capsys):
    head = "Name = other Columns = (A, FLATFILE) Units = (nm)\nEnd\n"
    assert odd(capsys, table("1 x.cub", "2 -", "1 x.cub", head=head)) == [
        ("label", "1 Units for 2 columns"),
        ("t.sav:5", "repeats t.sav:3"),
        ("t.sav:3", "FLATFILE = x.cub: no such file"),
        ("t.sav:5", "FLATFILE = x.cub: no such file"),
    ]


def test_nested_tables_are_checked(table, capsys):
    text = """
    GainCorrection = 1
    OffsetCorrection = 0
    DeltaExposureTime = 0
    Object = VOYAGER_1
      OmegaNaught = 1000
      SunDistance = 777908927
      Object = NARROW_ANGLE_CAMERA
        Object = ShutterMode0
          Object = ScanRate1
            OmegaNaught = 2000
          End_Object
          Object = CLEAR
            Object = ScanRateFast
            End_Object
          End_Object
        End_Object
      End_Object
    End_Object
    End
    """
    place = "VOYAGER_1/NARROW_ANGLE_CAMERA/ShutterMode0"
    found = odd(capsys, table(text, head="", name="voycal.pvl"))
    nowhere = "no frame's walk comes here: not a level that ISIS 3 knows"
    assert (f"{place}/CLEAR/ScanRateFast", nowhere) in found
    assert (
        "voycal.pvl:top",
        "no W0, DIST0 here or above: frames that end here are refused",
    ) in found


def test_a_table_that_cannot_be_read_is_an_error(table, capsys):
    line = refused(capsys, 2, table("VIKING 1 4 4", head=""))
    assert "line 1 has 4 words" in line and "Columns = (SPACECRAFT" in line
    assert "6 values, expected 14" in refused(capsys, 2, table("VOYAGER_1 NA J 0 * *"))
    assert "absent.sav was not found" in refused(capsys, 4, "TABLE=absent.sav")
    for head in ("\0\1", "A\0=\0"):
        line = refused(capsys, 4, table(head=head))
        assert "t.sav: no text: expected a calibration table" in line


def test_flat_output_to_a_file_and_from_a_pipe(tmp_path, shell):
    frame(tmp_path / "a.cub")
    shell("cat a.cub | caltab FROM=- FORMAT=FLAT TO=a.csv; caltab FROM=a.cub FORMAT=FLAT > b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [row["W0"] for row in rows] == ["1446.8", "Null"]
    assert rows[1]["Reason"] == "TARGET is S, not J"


def test_the_real_frames_of_voyager(testdata, tmp_path, capsys):
    from perijove.voy2cub import main as voy2cub

    found = {}
    for name in ("f1636832.raw", "c3440346.img"):
        voy2cub(f"FROM={testdata}/voyager/{name}", f"TO={tmp_path}/a.cub")
        found[name] = told(capsys, f"FROM={tmp_path}/a.cub")[0]
    io, saturn = found.values()
    assert (io["W0"].value, io["TARGET"], io["STATE1"]) == (1446.8, "J", 1)
    assert (saturn["W0"].value, saturn["TARGET"], saturn["STATE1"]) == (432.6, "S", 5)
