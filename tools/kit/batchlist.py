"""The list of -batchlist: one run a line, its columns in place of $1 to $9 of the command."""

import dataclasses
import os
import re

from . import attributes, files, parm
from .error import Error, IoError
from .saved import PATHS

LARGEST = 1 << 26  # bytes of a list
WORD = re.compile(r"[^ \t,]*")
GAP = re.compile(r"[ \t]*(?:,[ \t]*|[ \t]|\Z)")
COLUMN = re.compile(r"\$([1-9])")


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of the list: where it stands, as it stands, its columns, and the command it makes."""

    number: int
    text: str
    columns: tuple
    words: tuple

    def __str__(self):
        return f"line {self.number} ({self.columns[0]})"


def columns(text):
    """Return the columns of a line: blanks, tabs or a comma part them, quotes hold them.

    A quote that does not begin a column is part of it.
    """
    found, at, text = [], 0, text.strip(" \t")
    while True:
        quote = text[at : at + 1]
        if quote and quote in "\"'":
            end = text.find(quote, at + 1) + 1
            column = text[at + 1 : end - 1]
            if not end:
                raise Error(f"{text[at:]}: the quote is not closed")
        else:
            end = WORD.match(text, at).end()
            column = text[at:end]
        found.append(column)
        gap = GAP.match(text, end)
        if not gap:
            raise Error(f"{text[at:]}: a blank or a comma is missing after the quote")
        at = gap.end()
        if at == len(text) and not gap[0].rstrip(" \t"):
            return tuple(found)


def lines(path, pairs, flags=()):
    """Return the Lines of a list with the commands they make of (KEY, value) pairs and -flags.

    An empty line and one that begins with # make none; the others have equally many columns.
    """
    made = []
    for number, text in enumerate(_read(path).split("\n"), 1):
        row = text.removesuffix("\r")
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        try:
            found = columns(row)
        except Error as error:
            raise Error(f"{path}: line {number}: {error}") from None
        if made and len(found) != len(made[0].columns):
            raise Error(
                f"{path}: line {number} has {len(found)} columns, line {made[0].number} has "
                f"{len(made[0].columns)}: expected equally many"
            )
        words = [f"{key}={filled(value, found, path)}" for key, value in pairs]
        made.append(Line(number, text, found, (*words, *flags)))
    if not made:
        raise Error(f"{path}: the list holds no lines")
    return made


def _read(path):
    try:
        with open("/dev/stdin" if path == "-" else path, "rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
    if len(data) > LARGEST or b"\0" in data:
        raise Error(f"{path}: expected a list of words, one run a line")
    return os.fsdecode(data)


def filled(value, columns, path):
    """Return a value with its $1 to $9 replaced by the columns; any other $ stays."""
    last = max((int(n) for n in COLUMN.findall(value)), default=0)
    if last > len(columns):
        raise Error(f"{value}: the lines of {path} have {len(columns)} columns, none for ${last}")
    return COLUMN.sub(lambda match: columns[int(match[1]) - 1], value)


def check(declared, made, path, jobs, lenient, errors=None):
    """Refuse what cannot be run, or not with the same outcome whatever -jobs, before anything runs.

    lenient  a line whose words are wrong is left to fail by itself;  errors  path of -errlist
    """
    writes, reads = {}, []
    errors = errors and os.path.abspath(errors)
    for line in made:
        try:
            p = parm.parse(declared, line.words)
        except Error as error:
            if lenient:
                continue
            raise type(error)(f"{path}: {line}: {error}") from None
        for name, output, item in _paths(p):
            if item == "-":
                _shared(p, name, output)
                continue
            place = _place(p, name, item) if output else os.path.abspath(attributes.split(item)[0])
            if place == errors:
                raise Error(f"-errlist = {errors}: {line} has it as {name}: it would be replaced")
            if not output:
                reads.append((line, place, item))
            elif writes.setdefault(place, line) is not line:
                raise Error(f"{path}: {line} and {writes[place]} both write {name} = {item}")
    for line, place, item in reads if jobs > 1 else ():
        other = writes.get(place, line)
        if other is not line:
            raise Error(f"{path}: {line} reads {item}, which {other} writes: give -jobs=1")


def written(p):
    """Return the folders that a command writes into; devices and pipes have none."""
    found = [_place(p, name, item) for name, output, item in _paths(p) if output and item != "-"]
    return {os.path.dirname(place) for place in found if isinstance(place, str)}


def _paths(p):
    """Yield (name, whether it is written, path) of a command; a FROMLIST stands for FROM."""
    for name, group in p.groups.items():
        value = None if name == "FROM" and p.given("FROMLIST") else p.values[name]
        if group["Type"] in PATHS and value is not None:
            for item in value if isinstance(value, list) else [value]:
                yield name, group.get("Mode") == "Output", item


def _shared(p, name, output):
    if output and p.groups[name]["Type"] == "File":
        return  # text: printed one after the other
    stream = "output" if output else "input"
    raise Error(
        f"{name} = -: the runs of a list cannot share standard {stream}: give {name}='$1', "
        "in quotes, or the shell takes the $1 away"
    )


def _place(p, name, item):
    """Return where an output goes; a device or a pipe takes any number of them."""
    path = attributes.output(item).path if p.groups[name]["Type"] == "Cube" else item
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        return object()
    return os.path.abspath(path)
