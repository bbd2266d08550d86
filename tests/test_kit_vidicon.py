"""kit/vidicon, kit/vidiconlabel: who took a frame, in which state, by labels of three programs."""

import numpy as np
import pytest

from perijove.kit import cube, label, vidicon, vidiconlabel
from perijove.kit.error import Error
from perijove.kit.label import Quantity


def root(instrument, **groups):
    """The label of a frame."""
    return cube.new(np.zeros((1, 1, 1)), Instrument=instrument, **groups).label


MANUAL = dict(
    SPACECRAFT_NAME="VOYAGER_2",
    INSTRUMENT_ID="WA",
    IMAGE_NUMBER="20693.02",
    CAL_TARGET_CODE="J",
    EXPOSURE_DURATION=Quantity(15.36, "seconds"),
    FILTER_NAME="CLEAR",
    FILTER_NUMBER=2,
    NO_CAMERA_STATE=3,
    CAMERA_STATE_1=5,
    CAMERA_STATE_2=1,
    CAMERA_STATE_3=1,
)
KEYS = dict(SPACECRAFT="VOYAGER_2", INST="WA", TARGET="J", FILTER=2, STATE1=5, STATE2=1, STATE3=1)


def state(*label):
    return vidicon.state(vidiconlabel.found(root(*label[:1], **(label[1] if label[1:] else {}))))


def test_the_manuals_keywords():
    found = state(MANUAL)
    assert found.keys() == KEYS and found.mission == "VOYAGER"
    assert (found.image_no, found.exposure) == ("20693.02", 15.36)
    assert vidiconlabel.identity(root(MANUAL)) == ("VOYAGER_2", "WA")


def test_the_manuals_older_names():
    older = dict(MISSION="VOYAGER", SPACECRAFT_NO=2, FRAME_ID="20693.02", CAMERA="A", FILTER_NAME=2)
    rest = {k: v for k, v in MANUAL.items() if k.startswith(("CA", "EX"))}
    assert state(older | rest).keys() == KEYS


def test_a_real_label_of_isis_3_of_voyager(testdata):
    text = (testdata / "labels/voy2isis_output.pvl").read_text()
    found = vidicon.state(vidiconlabel.found(label.loads(text)))
    assert found.spacecraft == "VOYAGER_2" and found.exposure == 0.24
    assert list(found.keys().values())[1:] == ["NA", "J", 5, 1, 0, 1]
    assert found.image_no == "18563.06"


def test_a_real_label_of_isis_3_of_viking(testdata):
    text = (testdata / "viking/f004a47/f004a47_isis3.lbl").read_text()
    found = vidicon.state(vidiconlabel.found(label.loads(text)))
    assert list(found.keys().values()) == ["VIKING_ORBITER_1", "VISA", "M", 4, 1, 1, 0]
    assert found.exposure == 0.01273 and found.image_no == "25973540"


@pytest.mark.parametrize(
    ("inst", "modes", "expected"),
    [
        ("WA", dict(ScanModeId="10:1", ShutterModeId="BOTSIM"), [10, 1, 1]),
        ("WA", dict(ScanModeId="3:1", ShutterModeId="BSIMAN"), [3, 1, 1]),
        ("WA", dict(ScanModeId="1:1", ShutterModeId="BOTALT"), [1, 0, 1]),
        ("NA", dict(ScanModeId="1:1", ShutterModeId="BOTSIM"), [1, 0, 1]),
        ("WA", {}, [None, None, 1]),  # what is not known is not made up
        ("NA", dict(ScanModeId="fast"), [None, 0, 1]),
        ("VISA", dict(FloodModeId="ON", GainModeId="HIGH", OffsetModeId="ON"), [1, 1, 1]),
        ("VISA", dict(FloodModeId="OFF", GainModeId="LOW", OffsetModeId="OFF"), [0, 0, 0]),
        ("VISB", dict(FloodModeId="off", GainModeId="high", OffsetModeId="?"), [0, 1, None]),
        ("VISB", dict(GainModeId="LOW"), [None, 0, None]),
    ],
)
def test_states_by_the_modes_of_a_frame(inst, modes, expected):
    craft = "VIKING_ORBITER_1" if inst.startswith("VIS") else "VOYAGER_1"
    assert vidicon.states(craft, inst, modes) == expected


def test_the_modes_of_isis_3_stand_for_the_states_of_voyager():
    modes = dict(SpacecraftName="VOYAGER_1", ScanModeId="5:1", ShutterModeId="BOTSIM")
    wide = modes | {"InstrumentId": "WIDE_ANGLE_CAMERA", "GainModeId": "HIGH"}
    assert [state(wide).keys()[f"STATE{n}"] for n in (1, 2, 3)] == [5, 1, 1]
    assert state(wide | {"CameraState1": 10}).state1 == 10
    ours = {k: v for k, v in MANUAL.items() if not k.startswith("CAMERA")} | modes
    assert state(ours).state1 is None  # what the manual's label leaves out is missing


def test_what_is_absent_is_none():
    found = state({"SPACECRAFT_NAME": "VOYAGER_1", "INSTRUMENT_ID": "N/A", "FILTER_NUMBER": 0})
    assert found == vidicon.State("VOYAGER_1")  # a filter has no number without its wheel
    assert set(vidiconlabel.found(root({})).values()) == {None}


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("VOYAGER_1", None, "VOYAGER_1"),
        ("voyager 2", None, "VOYAGER_2"),
        ("VGR-1", None, "VOYAGER_1"),
        ("VOYAGER", 2, "VOYAGER_2"),
        ("VOYAGER_2", 2, "VOYAGER_2"),
        ("VIKING", 1, "VIKING_ORBITER_1"),
        ("VIKING_ORBITER", "2", "VIKING_ORBITER_2"),
        ("VIKING ORBITER 2", None, "VIKING_ORBITER_2"),
        ("VO1", None, "VIKING_ORBITER_1"),
    ],
)
def test_names_of_spacecraft(name, number, expected):
    assert vidicon.spacecraft(name, number) == expected


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("JUNO", None, "expected a frame of VOYAGER_1, VOYAGER_2, VIKING_ORBITER_1"),
        ("VOYAGER", None, "number of VOYAGER missing"),
        ("VOYAGER_3", None, "number of VOYAGER_3 3: expected 1 or 2"),
        ("VOYAGER_1", 2, "SPACECRAFT_NAME = VOYAGER_1 and number 2"),
        ("VOYAGERS", 1, "SPACECRAFT_NAME = VOYAGERS"),
    ],
)
def test_what_is_no_spacecraft(name, number, words):
    with pytest.raises(Error, match=words):
        vidicon.spacecraft(name, number)


@pytest.mark.parametrize(
    ("craft", "names", "expected"),
    [
        ("VOYAGER_1", ("NA", "na", "B", "NARROW_ANGLE_CAMERA", "Narrow Angle Camera", 7), "NA"),
        ("VOYAGER_2", ("WA", "A", "CAMERA_A", "WIDE_ANGLE_CAMERA", "4"), "WA"),
        ("VIKING_ORBITER_1", ("VISA", "A", "VISUAL_IMAGING_SUBSYSTEM_CAMERA_A", 7), "VISA"),
        ("VIKING_ORBITER_2", ("VISB", "B", "VISUAL IMAGING SUBSYSTEM - CAMERA B", 6), "VISB"),
    ],
)
def test_names_of_cameras(craft, names, expected):
    assert [vidicon.instrument(name, craft) for name in names] == [expected] * len(names)
    with pytest.raises(Error, match=f"INSTRUMENT_ID = ISS: the cameras of {craft} are"):
        vidicon.instrument("ISS", craft)


def test_filters_are_those_of_the_cameras_own_wheel():
    number = vidicon.filter_number
    assert [number("CLEAR", *key) for key in vidicon.WHEELS] == [0, 2, 4, 4]
    assert [number(word, "VOYAGER", "NA") for word in (7, "7", "uv", "Ultra-Violet")] == [7] * 4
    assert [number("ORANGE", "VOYAGER", inst) for inst in ("NA", "WA")] == [3, 7]
    assert number("minus blue", "VIKING", "VISB") == 2
    for word, inst in ((0, "VISA"), (7, "VISA"), ("UV", "VISB")):
        with pytest.raises(Error, match=f"FILTER = {word}: the filters of {inst} are 1 BLUE"):
            number(word, "VIKING", inst)


def test_the_number_of_the_filter_wins_over_its_name():
    assert state(MANUAL | {"FILTER_NAME": "BLUE"}).filter == 2
    assert state({k: v for k, v in MANUAL.items() if k != "FILTER_NUMBER"}).filter == 2


def test_twins_are_of_the_narrow_angle_alone():
    assert [vidicon.twin("VOYAGER", "NA", n) for n in range(8)] == [4, *[None] * 3, 0, 6, 5, None]
    assert {vidicon.twin(*key, 4) for key in list(vidicon.WHEELS)[1:]} == {None}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("J", "J"), ("n", "N"), ("SATURN_ENCOUNTER", "S"), ("Uranus", "U"), ("MARS", "M")],
)
def test_targets(word, expected):
    assert state(MANUAL | {"CAL_TARGET_CODE": word}).target == expected


def test_viking_is_at_mars_whatever_its_phase_is_called():
    viking = {"SPACECRAFT_NAME": "VIKING_ORBITER_1", "INSTRUMENT_ID": "VISA"}
    assert state(viking).target == state(viking | {"TargetName": "PHOBOS"}).target == "M"
    assert state(viking, {"Archive": {"MissionPhaseName": "SURVEY_MISSION"}}).target == "M"


def test_switches_of_viking_as_words():
    viking = {"SPACECRAFT_NAME": "VIKING_ORBITER_1", "INSTRUMENT_ID": "VISA"}
    switches = dict(CAMERA_STATE_1="ON", CAMERA_STATE_2="LOW", CAMERA_STATE_3="OFF")
    found = state(viking | switches)
    assert (found.state1, found.state2, found.state3) == (1, 0, 0)


def test_a_float_keeps_the_two_digits_of_an_fds_count():
    assert state(MANUAL | {"IMAGE_NUMBER": 16368.3}).image_no == "16368.30"


def test_a_number_beside_a_typed_name():
    words = vidiconlabel.found(root(MANUAL))
    typed = ("VOYAGER", "VGR", "VOYAGER_1", "VIKING", "JUNO")
    assert [vidiconlabel.number_of(name, words) for name in typed] == [2, 2, None, None, None]


def test_the_sun_vector_has_a_unit_and_an_older_name():
    assert vidiconlabel.sun_distance(root({})) is None
    for key in ("SC_SUN_POSITION_VECTOR", "SUN_VECTOR"):
        assert vidiconlabel.sun_distance(root({key: Quantity([3e8, 0, 4e8], "km")})) == 5e8
        assert vidiconlabel.sun_distance(root({key: [3e8, 0, 4e8]})) == 5e8
        found = vidiconlabel.sun_distance(root({key: Quantity([0, 1, 0], "AU")}))
        assert found == 149597870.7


def test_the_sun_vector_stands_in_any_group_that_tells_of_the_frame():
    isis2 = cube.new(np.zeros((1, 1, 1)), ISIS_INSTRUMENT=MANUAL | {"SUN_VECTOR": [3e8, 0, 4e8]})
    assert vidicon.state(vidiconlabel.found(isis2.label)).keys() == KEYS
    assert vidiconlabel.sun_distance(isis2.label) == 5e8


@pytest.mark.parametrize(
    ("instrument", "words"),
    [
        ({}, "the label has no SPACECRAFT_NAME"),
        ({"SPACECRAFT_NAME": "VOYAGER_1"}, "the label has no INSTRUMENT_ID"),
        ({"SpacecraftName": "JUNO", "InstrumentId": "JNC"}, "SPACECRAFT_NAME = JUNO: expected"),
    ],
)
def test_what_is_no_vidicon_frame(instrument, words):
    with pytest.raises(Error, match=f"a.cub: {words}"):
        vidiconlabel.identity(root(instrument), "a.cub")
