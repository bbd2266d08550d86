"""Foreign label keywords to ours, as a table in labels/ says.

A table is a label with one group per group of ours.  Each of its keywords is

    OurKeyword = (THEIR_KEYWORD, Type, unit, Needed)

with Type one of Text, Name (JUPITER becomes Jupiter), Time, Integer, Real or List, unit "-"
where there is none, and Needed Yes or No.  An instrument is added by adding a table.
"""

import datetime
import math
import re
from importlib.resources import files

from . import label
from .error import Error
from .label import Node, Quantity

ABSENT = ("", "N/A", "UNK", "UNKNOWN", "NULL")  # how PDS says that there is no value
WORD = re.compile(r"[^\s,;()\[\]{}'\"]+")  # of a list, which some labels write as one text
EXPECTED = {
    "Text": "text",
    "Name": "a name",
    "Time": "a time such as 2022-07-05T12:17:39.223",
    "Integer": "an integer",
    "Real": "a number",
    "List": "a list of names",
}


def table(name):
    """Return the root Node of a table that the package ships, such as junocam.pvl."""
    return label.loads((files("perijove.labels") / name).read_text())


def flat(node):
    """Return the keywords of a label and of the objects in it as one Node."""
    made = Node(node.kind, node.name)
    for key, value in node.items:
        if isinstance(value, Node):
            made.items += flat(value).items
        else:
            made.items.append((key, value))
    return made


def groups(source, rules):
    """Return our groups, {name: Node}, from a flat foreign label and a table.

    source  Node; its name (a file) stands in messages
    Error   names the keyword, what was found and what was expected
    """
    made = {}
    for rule in rules.nodes():
        made[rule.name] = Node("Group", rule.name)
        for ours, (theirs, kind, unit, needed) in rule.items:
            unit = None if unit == "-" else unit
            there = source.get(theirs)
            if absent(there):
                if needed == "Yes":
                    found = f" = {_shown(there)}" if theirs in source else " is missing"
                    raise Error(f"{source}: {theirs}{found}: expected {_expected(kind, unit)}")
                continue
            made[rule.name].set(ours, value(source, theirs, kind, unit))
    return made


def value(source, key, kind, unit=None):
    """Return one keyword of a foreign label as our type, a Quantity where it has a unit."""
    found = source[key]
    try:
        if kind == "List":
            words = [word.upper() for text in source.texts(key) for word in WORD.findall(text)]
            if not words:
                raise Error("")
            return words
        if kind == "Integer":
            return source.integer(key)
        if kind == "Real":
            number = source.number(key, unit)
            if not math.isfinite(number):
                raise Error("")
            return Quantity(number, unit) if unit else number
        text = source.text(key)
        if kind == "Time":
            when(text)
        return text.title() if kind == "Name" else text
    except (Error, ValueError, OverflowError):
        expected = _expected(kind, unit)
        raise Error(f"{source}: {key} = {_shown(found)}: expected {expected}") from None


def when(text):
    """Return a UTC time of a label, calendar or day of year, as a datetime; else a ValueError."""
    text = text.strip().removesuffix("Z")
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        day, _, clock = text.partition("T")
        date = datetime.datetime.strptime(day, "%Y-%j")
        found = datetime.datetime.combine(date, datetime.time.fromisoformat(clock or "00"))
    if found.tzinfo is not None:
        raise ValueError(f"{text}: a time zone, expected UTC")
    return found


def absent(found):
    """Return True where a keyword says that there is no value, perhaps with a unit: N/A <km>."""
    found = found.value if isinstance(found, Quantity) else found
    if isinstance(found, str):
        return found.partition("<")[0].strip().upper() in ABSENT
    return found is None or found == []


def _shown(found):
    return label.dumps(Node("", "", [("", found)]), end=False).strip().removeprefix("= ")


def _expected(kind, unit):
    return EXPECTED[kind] + (f" in <{unit}>" if unit else "")
