"""Calibration tables (.sav): a label that names the columns, End, then rows of words.

    Name = companding   Columns = (DN8, DN12)   …   End
    # a comment
    0  0
    "two words"  *      # * matches anything, - means none

File names in a row are absolute, or relative to the table.
"""

import os
import re

from . import files
from . import label as labels
from .error import Error, IoError

WORD = re.compile(r'"([^"]*)"|\'([^\']*)\'|(\S+)')
ANY, NONE = "*", "-"
MOST = 1e30  # no number of a table is as large


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
            if not (isinstance(value, int | float) and abs(value) < MOST):
                raise Error(f"{self.path}: {column} = {value} in row {n}: expected a number")
        return self[column]

    def beside(self, name):
        """Return the path of a file named in a row."""
        return os.path.join(os.path.dirname(self.path), os.path.expandvars(name))


def find(name, env=()):
    """Return the path of a table: as given, else in $PERIJOVE_DATA, in env, in the package."""
    from perijove import calfiles

    name = os.path.expandvars(os.path.expanduser(name))
    if os.path.exists(name):
        return name
    places = [
        p for v in ("PERIJOVE_DATA", *env) for p in os.environ.get(v, "").split(os.pathsep) if p
    ]
    places.append(os.path.dirname(calfiles.__file__))
    for place in places:
        if os.path.isfile(os.path.join(place, name)):
            return os.path.join(place, name)
    searched = ", ".join([*places[:-1], "the package"])
    raise IoError(f"calibration table {name} was not found here nor in {searched}")


def _value(word):
    if word == NONE:
        return None
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        return word


def _row(line, columns, where):
    words = []
    for double, single, bare in WORD.findall(line):
        if bare.startswith("#"):
            break
        words.append(_value(bare) if bare else double or single)
    if words and len(words) != len(columns):
        raise Error(f"{where}: {len(words)} values, expected {len(columns)}: {', '.join(columns)}")
    return dict(zip(columns, words, strict=True)) if words else None


def read(name, p=None, env=()):
    """Return the table of a name (see find); with p it is recorded in the History."""
    path = find(name, env)
    if p is not None:
        p.use(path)
    reader = files.Reader(path)
    try:
        label, rest = labels.read(reader)
        text = (rest + reader.read()).decode("utf-8")
    except (Error, IoError) as error:
        raise type(error)(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise IoError(f"{path}: the rows are no text") from None
    finally:
        reader.close()
    columns = label.texts("Columns")
    if len(set(columns)) != len(columns):
        raise Error(f"{path}: Columns = {', '.join(columns)}: one is named twice")
    lines = enumerate(text.splitlines(), 1)
    rows = [_row(line, columns, f"{path}: row {n} after End") for n, line in lines]
    return CalFile(label, [row for row in rows if row], path)


def _same(cell, wanted):
    if isinstance(cell, str) or isinstance(wanted, str):
        return str(cell).lower() == str(wanted).lower()
    return cell == wanted


def match(table, keys):
    """Return the row that fits the keys {column: value} most specifically.

    A row fits where each key's cell equals the value or is *; the row with the fewest *
    wins.  No row, or a tie, is an Error that shows what was looked for.
    """
    for column in keys:
        table[column]  # an unknown column is an Error
    fits = [r for r in table.rows if all(r[c] == ANY or _same(r[c], v) for c, v in keys.items())]
    wanted = ", ".join(f"{c} = {v}" for c, v in keys.items())
    if not fits:

        def distance(row):
            return sum(not (row[c] == ANY or _same(row[c], v)) for c, v in keys.items())

        near = sorted(table.rows, key=distance)[:3]
        shown = "; ".join(" ".join(str(r[c]) for c in keys) for r in near)
        raise Error(f"{table.path}: no row for {wanted}; the nearest are: {shown}")
    stars = [sum(r[c] == ANY for c in keys) for r in fits]
    best = [r for r, n in zip(fits, stars, strict=True) if n == min(stars)]
    if len(best) > 1:
        raise Error(f"{table.path}: {len(best)} rows fit {wanted} equally well")
    return best[0]
