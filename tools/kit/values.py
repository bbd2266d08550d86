"""The values of parameters: from the words of a command to numbers in the declared unit."""

import difflib
import re

from . import units
from .error import Error

LOGICAL = {
    "true": True,
    "t": True,
    "yes": True,
    "y": True,
    "false": False,
    "f": False,
    "no": False,
    "n": False,
}
UNIT = re.compile(r"(.*?)\s*(?:<\s*([^<>]+?)\s*>|([A-Za-z][A-Za-z/]*))\Z", re.S)


def near(word, names):
    """Return ", did you mean X?" where one name is close to a word."""
    close = difflib.get_close_matches(word.upper(), [n.upper() for n in names], 1, 0.5)
    return f"; did you mean {close[0]}?" if close else ""


def one_of(word, names, what):
    """Return the name that a word in any case equals or is the only prefix of."""
    exact = [n for n in names if n.lower() == word.lower()]
    found = exact or [n for n in names if n.lower().startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise Error(f"{what} {word} is not unique: {', '.join(found)}")
    raise Error(f"{what} {word} is unknown{near(word, names)} (there are {', '.join(names)})")


def _array(text, name):
    """Return the items of (a,b,"c d") or of a bare value."""
    if not text.startswith("("):
        return [text[1:] if text.startswith("\\(") else text]
    items = re.findall(
        r"""\s*(?:"([^"]*)"|'([^']*)'|((?:\\.|[^,()"'])*?))\s*(?:,|\)\Z)""", text[1:]
    )
    if not text.endswith(")"):
        raise Error(f"{name} = {text}: a list is (a,b,...), quoted for the shell")
    return [re.sub(r"\\(.)", r"\1", a or b or c) for a, b, c in items]


def _cast(text, group):
    name, kind = group.name, group["Type"]
    expected = {"Integer": "an integer", "Real": "a number", "Logical": "YES or NO"}
    try:
        if kind == "Logical":
            return LOGICAL[text.lower()]
        if kind == "Combo":
            return one_of(text, group.texts("Valid"), f"{name} =")
        if kind not in ("Integer", "Real"):
            return text
        unit = UNIT.match(text)
        if unit and unit[1].strip() and (unit[2] or unit[3]).lower() != "e":
            value = units.convert(float(unit[1]), unit[2] or unit[3], group.get("Unit"), name)
            if "Unit" not in group:
                raise Error(f"{name} = {text}: {name} takes no unit")
        else:
            value = float(text)
        if not value - value == 0:
            raise ValueError
        if kind == "Integer":
            if value != int(value):
                raise ValueError
            value = int(value)
    except (ValueError, KeyError):
        unit = f" in <{group['Unit']}>" if "Unit" in group else ""
        raise Error(f"{name} = {text}: expected {expected.get(kind, kind)}{unit}") from None
    for key, outside, words in (
        ("Minimum", lambda v, m: v < m, "at least"),
        ("Maximum", lambda v, m: v > m, "at most"),
    ):
        if key in group and outside(value, group.number(key)):
            raise Error(f"{name} = {text}: expected {words} {group[key]}")
    return value


def value_of(text, group):
    """Return the value of a parameter from its text; an empty text is no value."""
    if text == "":
        return None
    count = group.get("Count", 1)
    items = _array(text, group.name) if count != 1 else [text]
    values = [_cast(item.strip(), group) for item in items]
    if count == 1:
        return values[0]
    if count != "*" and len(values) != count:
        raise Error(f"{group.name} = {text}: {len(values)} values, expected {count}")
    return values


def default_of(group):
    """Return the default of a parameter, None where it has none."""
    value = group.get("Default")
    if value is None or isinstance(value, list):
        return value
    if group.get("Count", 1) != 1:
        return [value]
    if group["Type"] == "Logical":
        return value if isinstance(value, bool) else LOGICAL[value.lower()]
    if group["Type"] == "Real":
        return float(value)
    return value if group["Type"] == "Integer" else str(value)
