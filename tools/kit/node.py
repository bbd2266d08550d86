"""What a label is in memory: groups and objects of keywords, and how values are written."""

import math
import re
from collections import namedtuple

from .error import Error
from .units import convert

INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,999})\Z")  # longer ones stay text
REAL = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?\Z")
BASED = re.compile(r"([+-]?)(\d+)#([+-]?[0-9a-zA-Z]+)#\Z")
NAMED = {"null": None, "true": True, "false": False}
PLAIN = re.compile(r"[A-Za-z0-9_./:+$*^|@%&~?!\[\]\\-]+\Z")
REQUIRED = object()


Quantity = namedtuple("Quantity", ("value", "unit"))
Quantity.__doc__ = "A value and its unit, as in 3.2 <ms>."


def word_of(word):
    """Return the value of an unquoted word; times, and integers with leading zeros, stay text."""
    if INTEGER.match(word):
        return int(word)
    if REAL.match(word):
        return float(word)
    based = BASED.match(word)
    if based:
        try:
            return int(based[1] + based[3], int(based[2]))
        except ValueError:  # a digit that the base has not, or no base: text
            return word
    return NAMED.get(word.lower(), word)


def text_of(value):
    """Return a value as it stands in a label."""
    if isinstance(value, Quantity):
        return f"{text_of(value.value)} <{value.unit}>"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(text_of(v) for v in value) + ")"
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(float(value)) if value - value == 0 else "Null"
    if hasattr(value, "item"):  # a numpy scalar
        return text_of(value.item())
    word = " ".join(str(value).split()) if "\n" in str(value) else str(value)
    bare = PLAIN.match(word) and word_of(word) is word and word[-1] != "-"
    if bare and not word.lower().startswith(("end", "/*")) and "/*" not in word:
        return word
    return f"'{word}'" if '"' in word and "'" not in word else '"' + word.replace('"', "'") + '"'


class Node:
    """A group, an object or the root of a label: ordered, repeated keys allowed, case ignored."""

    def __init__(self, kind="", name="", items=()):
        self.kind, self.name, self.items = kind, name, list(items)

    def __contains__(self, key):
        return any(k.lower() == key.lower() for k, _ in self.items)

    def __getitem__(self, key):
        value = self.get(key, REQUIRED)
        if value is REQUIRED:
            raise Error(f"{self}: keyword {key} is missing")
        return value

    def __eq__(self, other):
        return isinstance(other, Node) and (self.kind, self.name, self.items) == (
            other.kind,
            other.name,
            other.items,
        )

    def __str__(self):
        return f"{self.kind} {self.name}".strip() or "label"

    def get(self, key, default=None):
        """Return the first value of a key."""
        return next((v for k, v in self.items if k.lower() == key.lower()), default)

    def set(self, key, value):
        """Replace the first value of a key, else append it."""
        for i, (k, _) in enumerate(self.items):
            if k.lower() == key.lower():
                self.items[i] = (k, value)
                return
        self.items.append((key, value))

    def update(self, **values):
        """Set several keywords."""
        for key, value in values.items():
            self.set(key, value)

    def delete(self, key):
        """Remove every value of a key; no error where there is none."""
        self.items = [(k, v) for k, v in self.items if k.lower() != key.lower()]

    def nodes(self, name=None):
        """Return the child groups and objects, or those of one name."""
        nodes = (v for _, v in self.items if isinstance(v, Node))
        return [n for n in nodes if name is None or n.name.lower() == name.lower()]

    def _child(self, kind, name):
        found = self.nodes(name)
        if not found:
            self.append(Node(kind, name))
            found = self.nodes(name)
        return found[0]

    def group(self, name):
        """Return the child group of a name, made where there is none."""
        return self._child("Group", name)

    def object(self, name):
        """Return the child object of a name, made where there is none."""
        return self._child("Object", name)

    def append(self, node):
        """Add a child node after the others and return it."""
        self.items.append((node.name, node))
        return node

    def find(self, key, default=None):
        """Return the first value of a keyword here or in the nodes below, depth first."""
        for k, v in self.items:
            if isinstance(v, Node):
                found = v.find(key, REQUIRED)
                if found is not REQUIRED:
                    return found
            elif k.lower() == key.lower():
                return v
        return default

    def copy(self):
        """Return a deep copy."""

        def of(value):
            if isinstance(value, Node):
                return value.copy()
            return list(value) if isinstance(value, list) else value

        return Node(self.kind, self.name, [(k, of(v)) for k, v in self.items])

    def number(self, key, unit=None, default=REQUIRED):
        """Return a keyword as a float in a unit; a bare number is taken to be in that unit."""
        value = self.get(key) if key in self or default is not REQUIRED else self[key]
        if value is None and default is not REQUIRED:
            return default
        return self._number(key, value, unit)

    def _number(self, key, value, unit=None):
        found = None
        if isinstance(value, Quantity):
            value, found = value
        if isinstance(value, str):  # some labels quote their numbers
            quoted = re.match(r"\s*([+-]?[\d.][\d.eE+-]*)\s*(?:<([^>]*)>)?\s*\Z", value)
            if quoted:
                value, found = quoted[1], quoted[2]
        try:
            if isinstance(value, bool) or not math.isfinite(float(value)):
                raise ValueError
            return convert(float(value), found, unit, f"{self}: {key}")
        except (TypeError, ValueError, OverflowError):
            raise Error(f"{self}: {key} = {text_of(value)}: expected a number") from None

    def numbers(self, key, count=None, unit=None):
        """Return a keyword as a list of floats."""
        value = self[key]
        if isinstance(value, Quantity) and isinstance(value.value, list):
            value = [Quantity(v, value.unit) for v in value.value]
        values = value if isinstance(value, list) else [value]
        if count is not None and len(values) != count:
            raise Error(f"{self}: {key} has {len(values)} values, expected {count}")
        return [self._number(key, v, unit) for v in values]

    def integer(self, key, default=REQUIRED):
        """Return a keyword as an int."""
        value = self.number(key, default=default)
        if value is default or value == int(value):
            return value if value is default else int(value)
        raise Error(f"{self}: {key} = {value}: expected an integer")

    def text(self, key, default=REQUIRED):
        """Return a keyword as text."""
        value = self.get(key, default) if default is not REQUIRED else self[key]
        if value is default:
            return default
        if value is None or isinstance(value, Node | list):
            raise Error(f"{self}: {key} = {text_of(value)}: expected text")
        return value if isinstance(value, str) else text_of(value)

    def texts(self, key):
        """Return a keyword as a list of text; a scalar gives one."""
        value = self[key]
        return [
            v if isinstance(v, str) else text_of(v)
            for v in (value if isinstance(value, list) else [value])
        ]
