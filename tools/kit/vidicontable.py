"""Tables of the vidicon cameras: voycal.sav and voylin.sav, and what other programs call so.

A frame's keys SPACECRAFT, INST, TARGET, FILTER, STATE1 to STATE3 choose a row; in voycal.sav it
says W0, DIST0, GAIN, OFF, DEL_EXP, GAINFILE and DCFILE, in voylin.sav B, K and LINORM.  Optional
columns FIRST and LAST narrow a row to image numbers.  Units stand in the label.  Tables without a
label and those of ISIS 3: kit/foreigntable.
"""

import contextlib

from . import calfile, foreigntable, vidicon
from .error import Error
from .foreigntable import COLUMNS, KEYS
from .units import AU, convert

PARAMETERS = ("SPCRAFT", "INST_ID", "TAR_CODE", "FILTER", "STATE1", "STATE2", "STATE3")  # for KEYS
RANGE = ("FIRST", "LAST")
UNITS = {"W0": "DN/s", "DIST0": "AU", "DEL_EXP": "ms"}  # in memory
RESPONSE = {"dn/s": 1.0, "dn/ms": 1000.0}
FILES = ("GAINFILE", "DCFILE")
LIMITS = {  # column: between what its numbers lie, and how that is said
    "W0": (0, calfile.MOST, "a number above 0"),
    "DIST0": (0.1, 100, "a distance of 0.1 to 100 AU"),
    "GAIN": (0, calfile.MOST, "a number above 0"),
    "OFF": (-calfile.MOST, calfile.MOST, "a number"),
    "DEL_EXP": (-1e5, 1e5, "a time of less than 1e5 ms"),
    "B": (-calfile.MOST, calfile.MOST, "a number"),
    "K": (0, calfile.MOST, "a number above 0"),
    "LINORM": (0, calfile.MOST, "a number above 0"),
}
SHIPPED = ("voyager/voycal.sav", "voyager/voylin.sav", "viking/voycal.sav", "viking/voylin.sav")


def read(name, p, kind):
    """Return the table of a name, with COLUMNS[kind] in UNITS and canonical names in its cells.

    kind  "voycal" or "voylin"

    It is sought as calfile.find does, in $ISISVOYDATA before the package, the package's own there
    without a folder.  A column that is missing, or a cell that cannot be, is an Error.
    """
    table = load(name, p)
    found = kind_of(table)
    if found != kind:
        raise Error(f"{table.path}: a table of {found or 'other columns'}, expected one of {kind}")
    if lost := missing(table):
        names = ", ".join(COLUMNS[kind])
        raise Error(f"{table.path}: no column {', '.join(lost)}; there are to be {names}")
    for where, words in faults(table):
        raise Error(f"{table.beside(where)}: {words}")
    return table


def load(name, p=None):
    """Return a table as read does, of any columns, whatever its cells hold."""
    env, plain = ((), ("ISISVOYDATA",)) if name in SHIPPED else (("ISISVOYDATA",), ())
    path, data = calfile.contents(name, p, env, plain)
    readers = {"nested": foreigntable.nested, "unlabelled": foreigntable.unlabelled}
    table = readers.get(foreigntable.form(data), calfile.loads)(path, data)
    if kind_of(table) and "Form" not in table.label:
        _convert(table)
    for row in table.rows if kind_of(table) else ():
        _name(row)
    return table


def kind_of(table):
    """Return "voycal" or "voylin" by the columns of a table; None for any other."""
    return "voylin" if "LINORM" in table.columns else "voycal" if "W0" in table.columns else None


def missing(table):
    """Return the columns that a table of its kind should have and has not."""
    return [column for column in COLUMNS[kind_of(table)] if column not in table.columns]


def _convert(table):
    """Bring the numbers of a table to UNITS; without Units in the label they are so."""
    units = table.label.texts("Units") if "Units" in table.label else [""] * len(table.columns)
    if len(units) != len(table.columns):
        raise Error(f"{table.path}: {len(units)} Units, expected {len(table.columns)}")
    for column, unit in zip(table.columns, units, strict=True):
        if column not in UNITS or not unit:
            continue
        if column == "W0" and unit.lower() not in RESPONSE:
            raise Error(f"{table.path}: W0 in {unit}: expected DN/s or DN/ms")
        size = RESPONSE.get(unit.lower())
        size = size or convert(1.0, unit, UNITS[column], f"{table.path}: {column}")
        for row in table.rows if size != 1 else ():
            row[column] = row[column] * size if calfile.number(row[column]) else row[column]


def _name(row):
    """Bring the names in the keys of a row to those of kit/vidicon; unknown ones stay."""
    if not set(RANGE).isdisjoint(row):
        row["IMAGE_NO"] = " to ".join(str(row.get(end, calfile.ANY)) for end in RANGE)
    cells = {key: row.get(key) for key in KEYS if row.get(key) not in (calfile.ANY, None)}
    words = {name: cells.get(key) for name, key in zip(PARAMETERS, KEYS, strict=True)}
    if words["SPCRAFT"] is None:  # any: then the camera tells the mission
        vis = str(words["INST_ID"]).upper().startswith("VIS")
        words["SPCRAFT"] = "VIKING_ORBITER_1" if vis else "VOYAGER_1"
    for told in (words, {**words, "FILTER": None}):
        with contextlib.suppress(Error):  # a filter that the camera has not, or no camera
            known = vidicon.state(told).keys()
            row.update((key, known[key]) for key in cells if known[key] is not None)
            return


def camera(row):
    """Return whether the camera of a row is one of its spacecraft."""
    craft, inst = row["SPACECRAFT"], row["INST"]
    missions = {of for of, name in vidicon.WHEELS if inst in (name, calfile.ANY)}
    return any(craft == calfile.ANY or str(craft).startswith(of) for of in missions)


def faults(table):
    """Yield (where, words) for each cell of a table that cannot be."""
    form = table.label.get("Form")
    for row in table.rows:
        craft = row["SPACECRAFT"]
        if craft not in (calfile.ANY, *vidicon.CRAFT):
            yield row.where, f"SPACECRAFT = {craft}: expected {', '.join(vidicon.CRAFT)} or *"
        elif not camera(row):
            yield row.where, f"INST = {row['INST']}: no camera of {craft}"
        for column in (c for c in (*COLUMNS[kind_of(table)], *RANGE) if c in row):
            cell = row[column]
            if column in FILES:
                good, wanted = cell is None or isinstance(cell, str), "a file name or -"
            elif column in RANGE:
                good, wanted = cell == calfile.ANY or calfile.number(cell), "an image number or *"
            elif column in KEYS:
                good, wanted = cell is not None, "a key or *"
            else:
                low, high, wanted = LIMITS[column]
                passed = cell is None and form == "nested"  # only a walk that ends here misses it
                good = passed or (calfile.number(cell) and low < cell < high)
            if not good:
                far = column == "DIST0" and form == "unlabelled" and calfile.number(cell)
                told = f"{cell * AU:g} km" if far else "-" if cell is None else cell
                yield row.where, f"{column} = {told}: expected {wanted}"


def grades(keys):
    """Return the judge of cells (see calfile.match) for a frame's keys.

    A filter may be a name; those of a narrow-angle wheel that are the same fit as TWIN.
    """
    wheel = str(keys.get("SPACECRAFT")).split("_")[0], keys.get("INST")

    def grade(row, column, wanted):
        if column == "IMAGE_NO":
            return _between(row, wanted)
        found = calfile.grade(row, column, wanted)
        if column != "FILTER" or found != calfile.DIFFERS or wheel not in vidicon.WHEELS:
            return found
        try:
            number = vidicon.filter_number(row[column], *wheel)
        except Error:
            return found
        if number == wanted:
            return calfile.EXACT
        same = wanted is not None and vidicon.twin(*wheel, number) == wanted
        return calfile.TWIN if same else found

    return grade


def _between(row, image):
    first, last = (row.get(column, calfile.ANY) for column in RANGE)
    if first == last == calfile.ANY:
        return calfile.EITHER
    late = image is not None and (first == calfile.ANY or first <= image)
    early = image is not None and (last == calfile.ANY or image <= last)
    return calfile.EXACT if late and early else calfile.DIFFERS


def sought(table, keys, image=None):
    """Return the keys that a table is searched for: KEYS, and IMAGE_NO where it has ranges."""
    found = {column: keys.get(column) for column in KEYS}
    if set(RANGE).isdisjoint(table.columns):
        return found
    try:
        return {**found, "IMAGE_NO": None if image is None else float(image)}
    except ValueError:
        raise Error(f"image number {image}: {table.path} asks for a number (IMAGE_NO)") from None


def row(table, keys, image=None, typed=()):
    """Return the calfile.Row that fits a frame's keys (State.keys()) most specifically.

    image  its image number, which counts where the table has FIRST and LAST
    typed  columns that need no value, since one is typed

    The fewest * win, then the fewest twins.  No row is a calfile.NoRow, a tie an Error.
    """
    kind = kind_of(table)
    hint = "; W0 typed replaces the row" if kind == "voycal" else "; give all of B, K and LINORM"
    found = calfile.match(table, sought(table, keys, image), grades(keys), hint)
    needed = [column for column in COLUMNS[kind] if column in LIMITS and column not in typed]
    lost = [column for column in needed if found[column] is None]
    if lost:
        told = ", ".join(lost)
        hint = f": give {told}" if "W0" in typed else hint
        raise Error(f"{table.beside(found.where)}: no {told} here or above{hint}")
    return found
