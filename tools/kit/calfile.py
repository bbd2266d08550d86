"""Calibration tables (.sav): a label that names the columns, End, then rows of words.

    Name = companding   Columns = (DN8, DN12)   …   End
    # a comment
    0  0
    "two words"  *      # * matches anything, - means none

File names in a row are absolute, or relative to the table.
"""

import contextlib
import io
import os
import re

from . import files
from . import label as labels
from .error import Error, IoError

WORD = re.compile(r'"([^"]*)"|\'([^\']*)\'|(\S+)')
ANY, NONE = "*", "-"
MOST = 1e30  # no number of a table is as large
EXACT, TWIN, EITHER, DIFFERS = "exact", "twin", "any", "differs"  # how a cell fits a key


class NoRow(Error):
    """No row of a table fits."""


class Row(dict):
    """A row as {column: value}, and where it stands, as in voycal.sav:25."""

    def __init__(self, values, where=""):
        super().__init__(values)
        self.where = where


class CalFile:
    """A table in memory: label, columns, and rows as {column: value}."""

    def __init__(self, label, rows, path):
        self.label, self.rows, self.path = label, rows, path
        self.columns = label.texts("Columns")

    def __getitem__(self, column):
        """Return a column as a list."""
        if column not in self.columns:
            raise Error(f"{self.path}: no column {column}; there are {', '.join(self.columns)}")
        return [row[column] for row in self.rows]

    def numbers(self, column):
        """Return a column as a list of numbers; any other cell is an Error that names it."""
        for n, value in enumerate(self[column], 1):
            if not number(value):
                raise Error(f"{self.path}: {column} = {value} in row {n}: expected a number")
        return self[column]

    def beside(self, name):
        """Return the path of a file named in a row."""
        return os.path.join(os.path.dirname(self.path), os.path.expandvars(name))


def number(value):
    """Return whether a cell holds a number."""
    return isinstance(value, int | float) and abs(value) < MOST


def find(name, env=(), plain=()):
    """Return the path of a table: as given, else in $PERIJOVE_DATA, in env, in the package.

    The folders of the variables in plain hold it without the folder that its name begins with.
    """
    from perijove import calfiles

    name = os.path.expandvars(os.path.expanduser(name))
    if os.path.exists(name):
        return name
    places = [
        (place, os.path.basename(name) if variable in plain else name)
        for variable in ("PERIJOVE_DATA", *env, *plain)
        for place in os.environ.get(variable, "").split(os.pathsep)
        if place
    ]
    for place, file in [*places, (os.path.dirname(calfiles.__file__), name)]:
        if os.path.isfile(os.path.join(place, file)):
            return os.path.join(place, file)
    searched = ", ".join([*(place for place, _ in places), "the package"])
    raise IoError(f"calibration table {name} was not found here nor in {searched}")


def value_of(word):
    """Return the value of an unquoted word of a row."""
    if word == NONE:
        return None
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(word)
    return word


def words(line):
    """Return the values of the words in a line, up to a comment."""
    found = []
    for double, single, bare in WORD.findall(line):
        if bare.startswith("#"):
            break
        found.append(value_of(bare) if bare else double or single)
    return found


def _row(line, columns, where):
    found = words(line)
    if found and len(found) != len(columns):
        raise Error(f"{where}: {len(found)} values, expected {len(columns)}: {', '.join(columns)}")
    return dict(zip(columns, found, strict=True)) if found else None


def contents(name, p=None, env=(), plain=()):
    """Return path and bytes of the table of a name (see find), recorded in the History of p."""
    path = find(name, env, plain)
    if p is not None:
        p.use(path)
    return path, files.whole(path)


def read(name, p=None, env=()):
    """Return the table of a name (see find); with p it is recorded in the History."""
    return loads(*contents(name, p, env))


def loads(path, data):
    """Return the table that the bytes of a file hold."""
    stream = io.BytesIO(data)
    try:
        label, rest = labels.read(stream)
        rest += stream.read()
        text = rest.decode("utf-8")
    except (Error, IoError) as error:
        raise type(error)(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise IoError(f"{path}: the rows are no text") from None
    columns = label.texts("Columns")
    if len(set(columns)) != len(columns):
        raise Error(f"{path}: Columns = {', '.join(columns)}: one is named twice")
    rows, above = [], data.count(b"\n") - rest.count(b"\n")  # lines above that of End
    for n, line in enumerate(text.splitlines(), 1):
        row = _row(line, columns, f"{path}: row {n} after End")
        if row:
            rows.append(Row(row, f"{os.path.basename(path)}:{above + n}"))
    return CalFile(label, rows, path)


def grade(row, column, wanted):
    """Return how a cell fits a value: EXACT, EITHER (it is *) or DIFFERS."""
    cell = row[column]
    if cell == ANY:
        return EITHER
    if isinstance(cell, str) or isinstance(wanted, str):
        return EXACT if str(cell).lower() == str(wanted).lower() else DIFFERS
    return EXACT if cell == wanted else DIFFERS


def rank(grades):
    """Return where a row of these grades stands: fewer DIFFERS, then fewer *, then fewer TWIN."""
    return tuple(list(grades).count(g) for g in (DIFFERS, EITHER, TWIN))


def graded(table, keys, judge=grade):
    """Return the rows of a table as [(row, {column: how its cell fits the key})], best first."""
    found = [(row, {c: judge(row, c, v) for c, v in keys.items()}) for row in table.rows]
    return sorted(found, key=lambda pair: rank(pair[1].values()))


def match(table, keys, judge=grade, hint=""):
    """Return the row that fits the keys {column: value} most specifically.

    A row fits where each key's cell equals the value or is *; the row with the fewest *
    wins.  No row (NoRow), or a tie, is an Error that shows what was looked for.

    judge  of a cell, as grade; between rows with as many *, the one with fewer TWIN wins
    hint   what to do where there is no row
    """
    if judge is grade:
        for column in keys:
            table[column]  # an unknown column is an Error
    found = graded(table, keys, judge)
    fits = [list(grades.values()) for _, grades in found if DIFFERS not in grades.values()]
    wanted = ", ".join(f"{c} = {v}" for c, v in keys.items())
    if not fits:
        shown = "; ".join(
            f"{row.where} ({', '.join(f'{c} = {row[c]}' for c in keys if grades[c] == DIFFERS)})"
            for row, grades in found[:3]
        )
        raise NoRow(f"{table.path}: no row for {wanted}; the nearest are: {shown}{hint}")
    best = [row.where for (row, _), f in zip(found, fits, strict=False) if rank(f) == rank(fits[0])]
    if len(best) > 1:
        rows = ", ".join(best)
        raise Error(f"{table.path}: {len(best)} rows fit {wanted} equally well: {rows}")
    return found[0][0]
