import datetime
import glob
import re
import warnings

import pytest
from pvl.decoder import OmniDecoder

from perijove.kit import label, pvlread
from perijove.kit.error import Error, IoError
from perijove.kit.label import Node, Quantity

TEXT = """
Object = IsisCube
  # a comment
  Group = Instrument
    SpacecraftName   = JUNO
    StartTime        = 2016-08-27T09:00:04.129
    ExposureDuration = 3.2 <ms>
    Filters          = (BLUE, "GREEN",
                        RED)
    Window           = (1.5, 2) <px>
    ProductNumber    = 0012
    Orbit            = -7
    Mask             = 2#1101#
    Path             = $juno/kernels/a-
    long_name.bc
    Note             = "two words broken-
      ly and
      wrapped"
    Nothing          = Null
    Flag             = TRUE
  End_Group
End_Object
End
"""


def test_the_types_of_values():
    group = label.loads(TEXT).object("IsisCube").group("Instrument")
    assert dict(group.items) == {
        "SpacecraftName": "JUNO",
        "StartTime": "2016-08-27T09:00:04.129",
        "ExposureDuration": Quantity(3.2, "ms"),
        "Filters": ["BLUE", "GREEN", "RED"],
        "Window": Quantity([1.5, 2], "px"),
        "ProductNumber": "0012",
        "Orbit": -7,
        "Mask": 13,
        "Path": "$juno/kernels/along_name.bc",
        "Note": "two words brokenly and wrapped",
        "Nothing": None,
        "Flag": True,
    }


def test_reading_what_was_written_gives_the_same_label():
    node = Node()
    group = node.object("IsisCube").group("Odd")
    group.update(
        Empty="",
        Number="12",
        Looks="Null",
        Tail="ends in-",
        Quote='say "no"',
        Word="End_Group",
        Tiny=1.2345678901234567e-05,
        Units=Quantity([1, 2.5], "km"),
        Long=[f"value number {n}" for n in range(20)],
    )
    group.items += [("Twice", 1), ("Twice", 2)]
    again = label.loads(label.dumps(node))
    group.set("Quote", 'say "no"')
    assert again == node
    assert max(map(len, label.dumps(node).splitlines())) <= 80


def test_the_last_line_is_end_with_a_newline_or_gdal_refuses_the_cube():
    assert label.dumps(Node(items=[("A", 1)])) == "A = 1\nEnd\n"


def test_typed_access_converts_units_and_names_what_is_wrong():
    group = label.loads(TEXT).object("IsisCube").group("Instrument")
    assert group.number("ExposureDuration", "s") == 0.0032
    assert group.number("orbit") == -7.0
    assert group.numbers("Window", 2) == [1.5, 2.0]
    with pytest.raises(Error, match="Group Instrument: keyword Gain is missing"):
        group.number("Gain")
    with pytest.raises(Error, match="SpacecraftName = JUNO: expected a number"):
        group.number("SpacecraftName")
    with pytest.raises(Error, match=r"ExposureDuration = 3.2 <ms>: expected a value in <km>"):
        group.number("ExposureDuration", "km")
    with pytest.raises(Error, match="Window has 2 values, expected 3"):
        group.numbers("Window", 3)


NAMED = "Group = {}\n A = 1\nEnd_Group\nEnd\n"


@pytest.mark.parametrize("name", ["5", "'a b'", "'a=b'"])
def test_names_of_groups_are_written_as_they_can_be_read(name):
    found = label.loads(NAMED.format(name))
    assert label.loads(label.dumps(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        *("A = (1, 2\nEnd\n", "A = 1 <km\nEnd\n", "A B C\nEnd\n"),
        *map(NAMED.format, ("(1, 2)", "5 <ms>")),
    ],
)
def test_what_is_no_pvl_is_an_error_of_one_line(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Error) as caught:
            label.loads(text)
    assert "\n" not in str(caught.value)


def test_a_stream_without_end_is_an_io_error():
    import io

    with pytest.raises(IoError, match="no End line"):
        label.read(io.BytesIO(b"A = 1\n" * 30000))
    with pytest.raises(IoError, match="empty"):
        label.read(io.BytesIO(b""))
    found, rest = label.read(io.BytesIO(b"A = 1\nEnd\n\0\0payload"))
    assert found["A"] == 1 and rest == b"\n\0\0payload"


def same(ours, theirs):
    """Compare a value with pvl's: times stay text with us, and so do numbers with leading zeros."""
    if isinstance(ours, Node):
        pairs = list(theirs.items())
        assert [k for k, _ in ours.items] == [k for k, _ in pairs]
        for (key, value), (_, other) in zip(ours.items, pairs, strict=True):
            assert same(value, other), (key, value, other)
        return True
    if hasattr(theirs, "units"):
        return same(ours.value, theirs.value) and ours.unit == theirs.units
    if isinstance(theirs, list | tuple | set | frozenset):
        theirs = theirs if isinstance(theirs, list | tuple) else sorted(theirs)
        return all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    if isinstance(theirs, datetime.date | datetime.time):
        return str(OmniDecoder().decode_datetime(ours)).split("+")[0] == str(theirs).split("+")[0]
    if isinstance(ours, str) and isinstance(theirs, int | float):
        return float(ours) == theirs
    if isinstance(ours, str):
        return re.sub(r"\s", "", ours) == re.sub(r"\s", "", str(theirs))
    return ours == theirs and type(ours) is type(theirs)


def real_labels(folder):
    for path in sorted(glob.glob(f"{folder}/**/*", recursive=True)):
        if path.lower().endswith((".lbl", ".pvl", ".cub")):
            with open(path, "rb") as stream:
                raw = stream.read(1 << 19)
            end = label.END.search(raw)
            if end:
                yield path, raw[: end.end()].decode("latin-1")


@pytest.mark.filterwarnings("ignore")
def test_every_real_label_reads_as_pvl_reads_it(testdata):
    import pvl

    fast = 0
    for path, text in real_labels(testdata):
        try:
            ours = pvlread._parse(text)
            fast += 1
        except (pvlread._Odd, IndexError):
            ours = label.loads(text)
        assert same(ours, pvl.loads(text)), path
        assert label.loads(label.dumps(ours)) == ours, path
    assert fast >= 14


def test_sets_are_read_in_order_of_their_words():
    assert label.loads("a = {3, 1, 2}\nb = (1, {y, x}) <km>\nEnd").items == [
        ("a", [1, 2, 3]),
        ("b", Quantity([1, ["x", "y"]], "km")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Group = g\n a = 1=6 <C>\n b = 2\nEnd_Group\nEnd",
        "a = 0\n<km> = V\n Object = n\n  w = 1\n\a End_Object\nEnd_Object\nEnd",
    ],
)
def test_a_label_in_which_pvl_loses_its_way_comes_to_an_end(text):
    with pytest.raises(Error, match="cannot be told apart"):
        label.loads(text)
