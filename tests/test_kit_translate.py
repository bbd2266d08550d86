"""kit/translate: foreign keywords to ours."""

import datetime

import pytest

from perijove.kit import label, translate
from perijove.kit.error import Error
from perijove.kit.label import Quantity

RULES = label.loads(
    """Group = Instrument
      TargetName = (TARGET_NAME, Name, "-", Yes)
      Exposure   = (EXPOSURE, Real, ms, Yes)
      Lines      = (LINES, Integer, "-", No)
      Start      = (START, Time, "-", No)
      Filters    = (FILTERS, List, "-", No)
    End_Group
    End"""
)
SOURCE = """TARGET_NAME = JUPITER  EXPOSURE = 0.0032 <s>  OTHER = 1
    OBJECT = IMAGE  LINES = 384  END_OBJECT  FILTERS = (blue, RED)  START = N/A  END"""


def groups(text):
    source = translate.flat(label.loads(text))
    source.name = "x.LBL"
    return translate.groups(source, RULES)["Instrument"]


def test_names_types_and_units_become_ours():
    found = groups(SOURCE)
    assert found["TargetName"] == "Jupiter"
    assert found["Exposure"] == Quantity(pytest.approx(3.2), "ms")
    assert found["Lines"] == 384  # from the object inside
    assert found["Filters"] == ["BLUE", "RED"]
    assert "Start" not in found  # N/A is absent
    assert "OTHER" not in found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("JUPITER", '""', 'x.LBL: TARGET_NAME = "": expected a name'),
        ("TARGET_NAME = JUPITER", "", "x.LBL: TARGET_NAME is missing: expected a name"),
        ("0.0032 <s>", "3.2 <km>", "x.LBL: EXPOSURE = 3.2 <km>: expected a number in <ms>"),
        ("0.0032 <s>", "long", "x.LBL: EXPOSURE = long: expected a number in <ms>"),
        ("0.0032 <s>", "nan", "EXPOSURE = nan: expected a number in <ms>"),
        ("384", "384.5", "x.LBL: LINES = 384.5: expected an integer"),
        ("N/A", "noon", "x.LBL: START = noon: expected a time such as"),
    ],
)
def test_a_wrong_keyword_is_named_with_what_was_expected(old, new, words):
    with pytest.raises(Error) as error:
        groups(SOURCE.replace(old, new))
    assert words in str(error.value)


@pytest.mark.parametrize(
    "text", ["\"('BLUE', 'RED')\"", '"blue red"', "('BLUE', 'RED')", '"Blue;Red"']
)
def test_a_list_may_be_written_as_one_text(text):
    assert groups(SOURCE.replace("(blue, RED)", text))["Filters"] == ["BLUE", "RED"]


def test_a_list_of_nothing_is_refused():
    with pytest.raises(Error, match="x.LBL: FILTERS = .*: expected a list of names"):
        groups(SOURCE.replace("(blue, RED)", '"( )"'))


@pytest.mark.parametrize(
    "text", ['"N/A"', "N/A", "UNK", '"unknown"', "NULL", '""', '"N/A <s>"', "UNK <s>", "()"]
)
def test_no_value_is_said_in_many_ways(text):
    assert translate.absent(label.loads(f"A = {text} END")["A"])
    assert "Lines" not in groups(SOURCE.replace("384", text))


@pytest.mark.parametrize("text", ["0", '"NONE"', "0.0 <s>", '"N"', "(1)"])
def test_a_value_is_a_value(text):
    assert not translate.absent(label.loads(f"A = {text} END")["A"])


def test_calendar_and_day_of_year_are_the_same_time():
    noon = datetime.datetime(2022, 7, 5, 12, 0, 0, 500000)
    for text in ("2022-07-05T12:00:00.500", "2022-186T12:00:00.500", "2022-186T12:00:00.500Z"):
        assert translate.when(text) == noon


def test_every_rule_of_junocam_has_a_known_type():
    for group in translate.table("junocam.pvl").nodes():
        for ours, (theirs, kind, unit, needed) in group.items:
            assert kind in translate.EXPECTED and needed in ("Yes", "No"), (ours, theirs)
            assert unit == "-" or kind == "Real"
