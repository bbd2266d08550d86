"""The values of parameters: from the words of a command to numbers in the declared unit."""

import re

from . import units
from .error import Error
from .label import Quantity, text_of

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
WHOLE = re.compile(r"[+-]?\d+\Z", re.A)
ITEM = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|((?:\\.|[^,()"'\\])*?))\s*(?:,|(\)\Z))""", re.S)


def near(word, names):
    """Return ", did you mean X?" where one name is close to a word."""
    import difflib

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


def pairs(words):
    """Yield (key, value) of KEY=value, KEY= value and KEY = value; (-name, None) of a bare flag."""
    words = list(words)
    while words:
        word = words.pop(0)
        if word.startswith("-") and word.strip("-"):
            name, mark, value = word.lstrip("-").partition("=")
            yield "-" + name, value if mark else None
            continue
        key, mark, value = word.partition("=")
        if not mark and words and words[0] == "=":
            words.pop(0)
            mark = "="
        if not mark or not key.strip():
            raise Error(f"{word or repr(word)} is no KEY=value; see -help")
        if not value and words and not re.match(r"-+[A-Za-z]|[^=]*=", words[0]):
            value = words.pop(0)
        yield key.strip(), value


def _array(text, name):
    """Return the items of (a,b,"c d") or of a bare value."""
    if not text.startswith("("):
        return [text[1:] if text.startswith("\\(") else text]
    items, at, match = [], 1, None
    while not (match and match[4]):
        match = ITEM.match(text, at)
        if not match:
            raise Error(f"{name} = {text}: a list is (a,b,...), quoted for the shell")
        double, single, bare, _ = match.groups()
        plain = re.sub(r"\\(.)", r"\1", bare or "")
        items.append(next((q for q in (double, single) if q is not None), plain))
        at = match.end()
    return items


def _cast(text, group):
    name, kind = group.name, group["Type"]
    expected = {"Integer": "an integer", "Real": "a number", "Logical": "YES or NO"}
    wanted = None
    try:
        if kind == "Logical":
            return LOGICAL[text.lower()]
        if kind == "Combo":
            return one_of(text, group.texts("Valid"), f"{name} =")
        words = group.texts("Words") if "Words" in group else ()
        if kind not in ("Integer", "Real") or text.upper() in words:
            return text.upper() if words else text
        unit = UNIT.match(text)
        if unit and unit[1].strip() and (unit[2] or unit[3]).lower() != "e":
            wanted = group.get("Unit")
            if "Units" in group:  # any of these may be typed, and the value keeps its own
                wanted = units.like(unit[2] or unit[3], group.texts("Units"))
            value = units.convert(float(unit[1]), unit[2] or unit[3], wanted, name)
            if wanted is None:
                raise Error(f"{name} = {text}: {name} takes no unit")
        elif kind == "Integer" and WHOLE.match(text):
            value = int(text)  # float would lose digits from 2^53 on
        elif "_" in text:  # a number to Python alone
            raise ValueError
        else:
            value = float(text)
        if not value - value == 0:
            raise ValueError
        if kind == "Integer":
            if value != int(value) or not -(2**63) <= value < 2**63:
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
    return Quantity(value, wanted) if wanted and "Units" in group else value


def value_of(text, group):
    """Return the value of a parameter from its text; an empty text is no value."""
    text = text.strip()
    if text == "":
        return None
    return cast([text] if group.get("Count", 1) == 1 else _array(text, group.name), group)


def cast(items, group):
    """Return the value of a parameter from the texts of its items."""
    count = group.get("Count", 1)
    if count != "*" and len(items) != count:
        given = f"({','.join(items)})"
        raise Error(f"{group.name} = {given}: {len(items)} values, expected {count}")
    values = [_cast(item.strip(), group) for item in items]
    return values[0] if count == 1 else values


def default_of(group):
    """Return the default of a parameter, None where it has none."""
    value = group.get("Default")
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    return cast([v if isinstance(v, str) else text_of(v) for v in items], group)
