"""Tables of the vidicon cameras: what is read, and which row a frame gets."""

import pytest
from numpy.testing import assert_allclose

from perijove.kit import calfile, vidicontable
from perijove.kit.error import Error, IoError
from vidiconfiles import KEYS, UNITS, VOYCAL

IO = dict(SPACECRAFT="VOYAGER_1", INST="NA", TARGET="J", FILTER=0, STATE1=1, STATE2=0, STATE3=1)
MARS = dict(
    SPACECRAFT="VIKING_ORBITER_1", INST="VISB", TARGET="M", FILTER=4, STATE1=1, STATE2=1, STATE3=1
)
REST = "5.2 1 0 0 - -"  # DIST0 … DCFILE


@pytest.fixture
def made(tmp_path):
    """Return a function that writes rows under a label and reads the table."""

    def table(*rows, label=f"{VOYCAL} {UNITS}", kind="voycal", name="t.sav"):
        head = f"{label}\nEnd\n" if label else ""
        (tmp_path / name).write_text(head + "\n".join(rows) + "\n")
        return vidicontable.read(str(tmp_path / name), None, kind)

    return table


def w0(table, **keys):
    image = keys.pop("IMAGE_NO", None)
    return vidicontable.row(table, {**IO, **keys}, image)["W0"]


# the shipped tables


def test_the_shipped_rows_are_these_and_no_others():
    table = vidicontable.read("voyager/voycal.sav", None, "voycal")
    assert [(r["TARGET"], r["W0"], r["DIST0"]) for r in table.rows] == [
        ("J", 1446.8, 5.2),
        ("S", 432.6, 9.51),
    ]
    for row in table.rows:
        assert (row["GAIN"], row["OFF"], row["DEL_EXP"]) == (1, 0, 0)
        assert row["GAINFILE"] is row["DCFILE"] is None
    (lin,) = vidicontable.read("voyager/voylin.sav", None, "voylin").rows
    assert (lin["B"], lin["K"], lin["LINORM"]) == (8.46, 3, 128)
    assert lin["SPACECRAFT"] == "VOYAGER_1" and lin["INST"] == "NA"


def test_voyagers_w0_goes_with_the_inverse_square_and_stands_for_the_corrected_scale():
    table = vidicontable.read("voyager/voycal.sav", None, "voycal")
    at_jupiter, at_saturn = table["W0"]
    assert_allclose(at_saturn * 9.51**2, at_jupiter * 5.2**2, rtol=1e-4)
    assert_allclose(at_jupiter * 0.931, 1347.0, atol=0.05)


def test_vikings_rows_give_what_isis_printed():
    table = vidicontable.read("viking/voycal.sav", None, "voycal")
    row = vidicontable.row(table, MARS)
    assert (row["W0"], row["DIST0"], row["DEL_EXP"]) == (90360, 1.629969723894, -0.75)
    printed = {  # filter: DIST1 km, w1 DN/ms, exposure in label and used, ms
        4: (211727039.58284, 119.84873964656, 8.48, 7.73),
        6: (225134518.09701, 19.426119575923, 67.88, 67.13),
        2: (241351483.5346, 72.430846492823, 25.45, 24.8),
    }
    for row in table.rows:
        dist1, w1, label, used = printed[row["FILTER"]]
        assert_allclose(
            row["W0"] / 1000 * (row["DIST0"] * 149597870.7 / dist1) ** 2, w1, rtol=3e-12
        )
        assert_allclose(label + row["DEL_EXP"], used)


# which row


def test_the_most_specific_row_wins_a_tie_is_an_error(made):
    table = made(
        f"VOYAGER_1 NA J 0 * * 1 100 {REST}",
        f"VOYAGER_1 NA J 0 5 * 1 500 {REST}",
        f"VOYAGER_1 NA J 0 * 1 1 600 {REST}",
        f"VOYAGER_1 *  * * * * * 900 {REST}",
    )
    found = [w0(table), w0(table, STATE1=5), w0(table, STATE2=1), w0(table, FILTER=2)]
    assert found == [100, 500, 600, 900]
    with pytest.raises(Error, match="2 rows fit .*STATE1 = 5.* equally well: t.sav:4, t.sav:5"):
        w0(table, STATE1=5, STATE2=1)
    same = made(f"VOYAGER_1 NA J 3 * * 1 1 {REST}", f"VOYAGER_1 NA J ORANGE * * 1 2 {REST}")
    with pytest.raises(Error, match="FILTER = 3.* equally"):
        w0(same, FILTER=3)


def test_no_row_tells_keys_nearest_rows_and_what_to_do(made):
    table = made(f"VOYAGER_1 NA S 0 * * 1 100 {REST}", f"VOYAGER_2 WA S 1 * * 1 100 {REST}")
    with pytest.raises(calfile.NoRow) as stop:
        w0(table)
    assert "no row for SPACECRAFT = VOYAGER_1, INST = NA, TARGET = J, FILTER = 0" in str(stop.value)
    assert "nearest are: t.sav:3 (TARGET = S); t.sav:4 (SPACECRAFT = VOYAGER_2" in str(stop.value)
    assert str(stop.value).endswith("; W0 typed replaces the row")


@pytest.mark.parametrize(("one", "other"), [(0, 4), (4, 0), (5, 6), (6, 5)])
def test_a_narrow_angle_filter_has_a_twin_and_the_exact_row_beats_it(made, one, other):
    rows = f"VOYAGER_1 NA * {one} * * 1 10 {REST}", f"VOYAGER_1 NA * {other} * * 1 20 {REST}"
    assert w0(made(rows[0]), FILTER=other) == 10
    table = made(*rows)
    assert (w0(table, FILTER=one), w0(table, FILTER=other)) == (10, 20)


def test_the_wide_angle_has_no_twins_and_more_stars_lose_against_a_twin(made):
    wide = made(f"VOYAGER_1 WA * 0 * * 1 10 {REST}")
    with pytest.raises(calfile.NoRow):
        w0(wide, INST="WA", FILTER=4)
    table = made(f"VOYAGER_1 NA * 0 * * 1 10 {REST}", f"VOYAGER_1 NA * * * * 1 20 {REST}")
    assert (w0(table, FILTER=4), w0(table, FILTER=5)) == (10, 20)


def test_names_of_filters_and_cameras_old_and_new(made):
    table = made(
        f"VOYAGER_1 NARROW_ANGLE_CAMERA JUPITER_ENCOUNTER GREEN 1 * 1 10 {REST}",
        f"VOYAGER_1 A JUPITER GREEN 1 * 1 20 {REST}",
        f"* NA SATURN violet * * 1 30 {REST}",
        f"VIKING_ORBITER_1 VISUAL_IMAGING_SUBSYSTEM_CAMERA_B MARS RED ON HIGH OFF 40 {REST}",
        f"VOYAGER_2 * J ORANGE * * * 50 {REST}",
    )
    assert (w0(table, FILTER=5), w0(table, FILTER=6)) == (10, 10)
    assert w0(table, INST="WA", FILTER=5) == 20  # camera A is the wide angle
    assert w0(table, SPACECRAFT="VOYAGER_2", TARGET="S", FILTER=1) == 30
    assert w0(table, **{**MARS, "FILTER": 6, "STATE3": 0}) == 40
    found = [w0(table, SPACECRAFT="VOYAGER_2", INST=i, FILTER=f) for i, f in (("NA", 3), ("WA", 7))]
    assert found == [50, 50]  # ORANGE by the wheel of each camera


def test_what_the_label_does_not_say_fits_a_star_alone(made):
    table = made(f"VOYAGER_1 NA J 0 5 * 1 10 {REST}", f"VOYAGER_1 NA J 0 * * 1 20 {REST}")
    assert w0(table, STATE1=None) == 20
    with pytest.raises(calfile.NoRow, match="FILTER = None"):
        w0(table, FILTER=None)


def test_first_and_last_narrow_a_row_to_image_numbers(made):
    label = VOYCAL.replace("DCFILE)", "DCFILE, FIRST, LAST)")
    rows = [
        f"VOYAGER_1 NA J 0 * * 1 {w} {REST} {ends}"
        for w, ends in ((10, "* *"), (20, "16000 16368.32"), (30, "17000 *"))
    ]
    table = made(*rows, label=label)
    images = None, "15999.59", "16000", "16368.32", "16368.33", "17000", 99999
    assert [w0(table, IMAGE_NO=i) for i in images] == [10, 10, 20, 20, 10, 30, 30]
    with pytest.raises(Error, match="image number 387A06: .* asks for a number"):
        w0(table, IMAGE_NO="387A06")


# what is read


def test_units_of_the_label_are_heeded(made):
    units = 'Units = ("", "", "", "", "", "", "", DN/ms, km, "", DN, s, "", "")'
    row = "VIKING_ORBITER_1 VISB M 4 1 1 1 90.36 243840000 1 0 -0.00075 - -"
    table = made(row, label=f"{VOYCAL} {units}")
    (found,) = table.rows
    assert_allclose((found["W0"], found["DIST0"]), (90360, 1.629969723894), rtol=1e-12)
    assert_allclose(found["DEL_EXP"], -0.75)
    with pytest.raises(Error, match="W0 in DN/h: expected DN/s or DN/ms"):
        made(row, label=f"{VOYCAL} {UNITS.replace('DN/s', 'DN/h')}")
    with pytest.raises(Error, match="DIST0 = 1.0 <s>: expected a value in <AU>"):
        made(row, label=f"{VOYCAL} {UNITS.replace('AU', 's')}")
    with pytest.raises(Error, match="2 Units, expected 14"):
        made(row, label=f"{VOYCAL} Units = (DN/s, AU)")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("VOYAGER_1 NA J 0 * * 1 0 5.2 1 0 0 - -", "t.sav:4: W0 = 0: expected a number above 0"),
        ("VOYAGER_1 NA J 0 * * 1 -1 5.2 1 0 0 - -", "W0 = -1"),
        ("VOYAGER_1 NA J 0 * * 1 - 5.2 1 0 0 - -", "W0 = -: expected a number above 0"),
        ("VOYAGER_1 NA J 0 * * 1 1e99 5.2 1 0 0 - -", "W0 = 1e[+]99"),
        ("VOYAGER_1 NA J 0 * * 1 1 0 1 0 0 - -", "DIST0 = 0: expected a distance of 0.1 to 100 AU"),
        ("VOYAGER_1 NA J 0 * * 1 1 777908927 1 0 0 - -", "DIST0 = 777908927: expected"),
        ("VOYAGER_1 NA J 0 * * 1 1 5.2 0 0 0 - -", "GAIN = 0: expected a number above 0"),
        ("VOYAGER_1 NA J 0 * * 1 1 5.2 1 x 0 - -", "OFF = x: expected a number"),
        ("VOYAGER_1 NA J 0 * * 1 1 5.2 1 0 nan - -", "DEL_EXP = nan: expected a time"),
        ("VOYAGER_1 NA J 0 * * 1 1 5.2 1 0 0 7 -", "GAINFILE = 7: expected a file name or -"),
        ("VOYAGER_1 NA J - * * 1 1 5.2 1 0 0 - -", "FILTER = -: expected a key or [*]"),
        ("VOYAGER NA J 0 * * 1 1 5.2 1 0 0 - -", "SPACECRAFT = VOYAGER: expected VOYAGER_1"),
        ("VOYAGER_1 VISA J 0 * * 1 1 5.2 1 0 0 - -", "INST = VISA: no camera of VOYAGER_1"),
    ],
)
def test_a_cell_that_cannot_be_names_file_line_and_column(made, row, words):
    with pytest.raises(Error, match=words):
        made(f"VOYAGER_1 NA J 0 * * 1 1 {REST}", row)


def test_linearity_cells_are_checked_too(made):
    label = f"Name = t Columns = ({KEYS}, B, K, LINORM)"
    assert made("VOYAGER_1 NA * * * * 1 -2 2.5 128", label=label, kind="voylin")["B"] == [-2]
    for cells, words in (("8 0 128", "K = 0"), ("8 3 0", "LINORM = 0"), ("- 3 128", "B = -")):
        with pytest.raises(Error, match=f"t.sav:3: {words}: expected a number"):
            made(f"VOYAGER_1 NA * * * * 1 {cells}", label=label, kind="voylin")


def test_a_table_of_the_wrong_kind_or_without_a_column_is_refused(made):
    with pytest.raises(Error, match="a table of voycal, expected one of voylin"):
        made(f"VOYAGER_1 NA J 0 * * 1 1 {REST}", kind="voylin")
    with pytest.raises(Error, match="a table of other columns, expected one of voycal"):
        vidicontable.read("juno/bands.sav", None, "voycal")
    with pytest.raises(Error, match="no column DEL_EXP; there are to be SPACECRAFT, INST"):
        made("VOYAGER_1 NA J 0 * * 1 1 5.2 1 0 - -", label=VOYCAL.replace(" DEL_EXP,", ""))


def test_the_search_and_what_replaces_the_shipped_tables(tmp_path, monkeypatch):
    def put(folder, name, w0):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        text = f"{VOYCAL} {UNITS}\nEnd\nVOYAGER_1 NA J 0 * * 1 {w0} {REST}\n"
        (tmp_path / folder / name).write_text(text)
        return str(tmp_path / folder)

    def found(name="voyager/voycal.sav"):
        return vidicontable.read(name, None, "voycal")["W0"][0]

    assert found() == 1446.8
    monkeypatch.setenv("ISISVOYDATA", put("isis", "voycal.sav", 7))
    assert (found(), found("viking/voycal.sav"), found("voycal.sav")) == (7, 7, 7)
    with pytest.raises(IoError, match="mine/voycal.sav was not found"):  # not that one instead
        found("mine/voycal.sav")
    put("own/voyager", "voycal.sav", 8)
    monkeypatch.setenv("PERIJOVE_DATA", str(tmp_path / "own"))
    assert (found(), found("viking/voycal.sav")) == (8, 7)
    assert found(put("here", "x.sav", 9) + "/x.sav") == 9


# tables without a label

VIKCAL = """
# MISSION SPNUM CAM WAVEL CS1 CS2 CS3 CS4  W0 DIST0 GAIN OFF DEL_EXP GAINFILE OFFSETFILE
VIKING 1 4 4 1 1 1 0  90.36 243840000 1.0 0.0 -0.75 ca4clr ca4off
VIKING 1 4 4 1 1 1 1  91.36 243840000 1.0 0.0 -0.75 ca4clr2 ca4off2
VIKING 2 A MINUS_BLUE 1 1 1 0  70.96 243840000 1.0 0.0 -0.65 ca8clr.cub -
VIKING 1 7 6 0 0 1 0  50 243840000 1 2.5 -0.7 x y
VIKING 2 6 6 0 0 1 0  60 243840000 1 2.5 -0.7 x y
"""


def test_fifteen_words_are_those_of_vikcal(made):
    table = made(VIKCAL, label="")
    found = [r["SPACECRAFT"][-1] + r["INST"] for r in table.rows]
    assert found == ["1VISB", "1VISB", "2VISA", "1VISA", "2VISB"]
    row = vidicontable.row(table, MARS, 33322515)
    assert row.where == "t.sav:3"
    assert_allclose((row["W0"], row["DIST0"]), (90360, 1.629969723894), rtol=1e-12)
    assert (row["DEL_EXP"], row["GAINFILE"], row["DCFILE"]) == (-0.75, "ca4clr.cub", "ca4off.cub")
    row = vidicontable.row(
        table, {**MARS, "SPACECRAFT": "VIKING_ORBITER_2", "INST": "VISA", "FILTER": 2}
    )
    assert (row["W0"], row["GAINFILE"], row["DCFILE"]) == (70960, "ca8clr.cub", None)


def test_the_fourth_state_is_the_clock_after_which_the_dust_lay_elsewhere(made):
    table = made(VIKCAL, label="")
    assert w0(table, **MARS, IMAGE_NO=44800000) == 90360
    assert w0(table, **MARS, IMAGE_NO=44800001) == 91360
    with pytest.raises(calfile.NoRow, match="IMAGE_NO = None.*IMAGE_NO = [*] to 44800000"):
        w0(table, **MARS)


def test_ten_words_are_those_of_viklin(made):
    table = made(
        "VIKING 1 4 4 1 1 1  -2 4 128", "VOYAGER 1 7 0 1 0 1  8 3 128", label="", kind="voylin"
    )
    assert vidicontable.row(table, MARS)["B"] == -2
    row = vidicontable.row(table, IO)
    assert (row["B"], row["K"], row["LINORM"], row["INST"]) == (8, 3, 128, "NA")


def test_voyagers_cameras_by_serial_number(made):
    rest = "0 1 0 1 0  1.447 777908927 1 0 0 - -"
    rows = [f"VOYAGER {n} {cam} {rest}" for n, cam in ((1, 7), (2, 5), (1, 6), (2, 4))]
    table = made(*rows, label="")
    found = [(r["SPACECRAFT"], r["INST"]) for r in table.rows]
    assert found == [(f"VOYAGER_{n}", i) for n, i in ((1, "NA"), (2, "NA"), (1, "WA"), (2, "WA"))]
    with pytest.raises(Error, match="t.sav: line 1: INSTRUMENT_ID = 5: the cameras of VOYAGER_1"):
        made(f"VOYAGER 1 5 {rest}", label="")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("VIKING 1 4 4 1 1 1 0 90.36 243840000 1 0 -0.75", "line 1 has 13 words .VIKING 1 4"),
        (f"VOYAGER_1 NA J 0 * * 1 1446.8 {REST}", "line 1 has 14 words .VOYAGER_1 NA J"),
        ("VOYAGER_1 NA J 0 * * 1 8.46 3 128", "line 1 has 10 words .VOYAGER_1 NA J"),
        ("3", "line 1 has 1 words"),
    ],
)
def test_any_other_count_tells_the_label_to_add(made, line, words):
    with pytest.raises(Error, match=words) as stop:
        made(line, label="")
    columns = f"{KEYS}, B, K, LINORM" if len(line.split()) < 12 else VOYCAL.partition("(")[2][:-1]
    assert f"Columns = ({columns}) and End" in str(stop.value)


def test_the_label_that_is_told_makes_the_table_readable(made):
    row = f"VOYAGER_1 NA J 0 * * 1 1446.8 {REST}"
    with pytest.raises(Error) as stop:
        made(row, label="")
    told = str(stop.value).partition("on top, ")[2].partition(" and End")[0]
    assert w0(made(row, label=told)) == 1446.8


def test_mixed_counts_and_an_empty_table_are_refused(made):
    with pytest.raises(Error, match="line 2 has 10 words"):
        made(VIKCAL.strip().splitlines()[1], "VIKING 1 4 4 1 1 1  -2 4 128", label="")
    with pytest.raises(IoError, match="the table is empty"):
        made("# nothing", label="")


# ISIS 3

NESTED = """
DeltaExposureTime = 0.5
GainCorrection    = 1.0
OffsetCorrection  = 0
Object = VOYAGER_1
  OmegaNaught = 1000
  Object = NARROW_ANGLE_CAMERA
    SunDistance = 777908927.64
    Object = ShutterMode0
      Object = JUPITER_ENCOUNTER
        OmegaNaught = 1300
        Object = ScanRate1
          Object = CLEAR_0
            OmegaNaught          = 1347 <DN>
            GainCorrectionFile   = vg1_flat.cub
            OffsetCorrectionFile = vg1_dark.cub
          End_Object
        End_Object
        Object = ScanRate10
        End_Object
      End_Object
      Object = SATURN_ENCOUNTER
        SunDistance = 1422675750.357
      End_Object
    End_Object
  End_Object
End_Object
End
"""


def test_the_walk_through_nested_objects_ends_at_the_first_missing_level(made):
    table = made(NESTED, label="", name="voycal.pvl")
    place = "voycal.pvl:VOYAGER_1/NARROW_ANGLE_CAMERA/ShutterMode0"
    ends = [
        ({}, 1347, "/JUPITER_ENCOUNTER/ScanRate1/CLEAR_0"),
        ({"FILTER": 4}, 1347, "/JUPITER_ENCOUNTER/ScanRate1/CLEAR_0"),  # the twin
        ({"FILTER": 1}, 1300, "/JUPITER_ENCOUNTER/ScanRate1"),
        ({"STATE1": 10}, 1300, "/JUPITER_ENCOUNTER/ScanRate10"),
        ({"STATE1": 3}, 1300, "/JUPITER_ENCOUNTER"),
        ({"TARGET": "S"}, 1000, "/SATURN_ENCOUNTER"),
        ({"TARGET": "U"}, 1000, ""),
    ]
    for keys, value, end in ends:
        row = vidicontable.row(table, {**IO, **keys})
        assert (row["W0"], row.where) == (value, place + end)
    row = vidicontable.row(table, IO)
    assert_allclose(row["DIST0"], 5.2, rtol=1e-9)
    assert (row["DEL_EXP"], row["GAIN"], row["OFF"]) == (0.5, 1, 0)
    assert (row["GAINFILE"], row["DCFILE"]) == ("vg1_flat.cub", "vg1_dark.cub")
    assert_allclose(vidicontable.row(table, {**IO, "TARGET": "S"})["DIST0"], 9.51, rtol=1e-9)


def test_a_walk_that_ends_without_a_number_names_place_and_number(made):
    table = made(NESTED, label="", name="voycal.pvl")
    with pytest.raises(Error, match="voycal.pvl:VOYAGER_1: no DIST0 here or above; W0 typed"):
        w0(table, INST="WA")
    with pytest.raises(Error, match="voycal.pvl:top: no W0, DIST0 here or above"):
        w0(table, SPACECRAFT="VOYAGER_2")


def test_a_level_of_another_state_is_passed_by(made):
    with pytest.raises(Error, match="voycal.pvl:VOYAGER_1/NARROW_ANGLE_CAMERA"):
        w0(made(NESTED.replace("    SunD", "    #"), label="", name="voycal.pvl"), STATE2=1)
    assert w0(made(NESTED, label="", name="voycal.pvl"), STATE2=1) == 1000


def test_nested_linearity(made):
    text = """
    NormalizingPower = 128
    K_PowerOfNon-Linearity = 4
    B_HighEndNon-LinearityCorrection = 0
    Object = VOYAGER_1
      Object = NARROW_ANGLE_CAMERA
        B_HighEndNon-LinearityCorrection = 4.32
      End_Object
    End_Object
    End
    """
    table = made(text, label="", kind="voylin", name="voylin.pvl")
    row = vidicontable.row(table, IO)
    assert (row["B"], row["K"], row["LINORM"]) == (4.32, 4, 128)
    assert vidicontable.row(table, {**IO, "INST": "WA"})["B"] == 0


def test_a_label_of_something_else_is_no_table(made):
    with pytest.raises(
        Error, match="neither Columns nor OmegaNaught: this is no calibration table"
    ):
        made("Object = IsisCube\nEnd_Object\nEnd", label="")
    with pytest.raises(Error, match="W0 = many: expected a number"):
        made(NESTED.replace("1347 <DN>", "many"), label="", name="voycal.pvl")
