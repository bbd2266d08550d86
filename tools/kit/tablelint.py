"""What is odd in a calibration table: rows that tie, that no frame gets, that cannot be meant."""

import contextlib
import itertools
import os
from collections import defaultdict

from . import calfile, vidicon, vidicontable
from .error import Error

ORBITS = {  # AU: where the planets are
    **{"J": (4.9, 5.5), "S": (8.9, 10.2), "U": (18.2, 20.2)},
    **{"N": (29.7, 30.5), "M": (1.38, 1.67)},
}


def findings(table):
    """Yield (where, words) for all that is odd in a table, of voycal or of any other kind."""
    kind = vidicontable.kind_of(table)
    yield from _units(table, kind)
    yield from _repeated(table, kind)
    yield from _files(table)
    if kind is None:
        return
    absent = vidicontable.missing(table)
    if absent:
        yield "label", f"no column {', '.join(absent)}"
    if set(absent).isdisjoint(vidicontable.KEYS):
        yield from _keys(table)
        yield from _ties(table)
    if not absent:
        yield from vidicontable.faults(table)
        yield from _values(table)
    for name in table.label.get("Stray") or ():
        yield name, "no frame's walk comes here: not a level that ISIS 3 knows"


def _units(table, kind):
    if table.label.get("Form"):  # not one of ours: the program it is of knows the units
        return
    if "Units" not in table.label:
        if kind:
            known = ", ".join(f"{c} in {u}" for c, u in vidicontable.UNITS.items())
            yield "label", f"no Units: {known} are assumed"
        return
    units = table.label.texts("Units")
    if len(units) != len(table.columns):
        yield "label", f"{len(units)} Units for {len(table.columns)} columns"
        return
    for column, unit in zip(table.columns, units, strict=True):
        if kind and column in vidicontable.UNITS and not unit:
            yield "label", f"no unit of {column}: {vidicontable.UNITS[column]} is assumed"


def _repeated(table, kind):
    """Tell rows of the same keys; in a table of unknown columns: of the same cells."""
    keys = (*vidicontable.KEYS, *vidicontable.RANGE) if kind else table.columns
    first = {}
    for row in table.rows:
        cells = tuple(str(row.get(c)) for c in keys)
        if cells in first:
            tie = "the same keys as {}: frames that fit both are refused" if kind else "repeats {}"
            yield row.where, tie.format(first[cells])
        first.setdefault(cells, row.where)


def _files(table):
    for column in (c for c in table.columns if c.upper().endswith("FILE")):
        for row in table.rows:
            name = row[column]
            if isinstance(name, str) and name != calfile.ANY:
                path = table.beside(name)
                if not os.path.isfile(path):
                    yield row.where, f"{column} = {name}: no such file"


def _keys(table):
    """Tell rows that no frame can get."""
    taken = {tuple(row[c] for c in vidicontable.KEYS) for row in table.rows}
    for row in table.rows:
        cameras = [of for of in vidicon.WHEELS if _of(row, *of)]
        if row["FILTER"] == calfile.ANY and len(cameras) == 1:
            filters = [n for n, name in enumerate(vidicon.WHEELS[cameras[0]]) if name]
            if all(_with(row, n) in taken for n in filters):
                yield row.where, "no frame gets this row: each filter has a row of its own"
        elif row["FILTER"] != calfile.ANY and cameras:
            if all(_number(row["FILTER"], *of) is None for of in cameras):
                yield row.where, f"FILTER = {row['FILTER']} is not on the wheel of {row['INST']}"
        first, last = (row.get(c, calfile.ANY) for c in vidicontable.RANGE)
        if calfile.number(first) and calfile.number(last) and first > last:
            yield row.where, f"no frame gets this row: FIRST = {first} is above LAST = {last}"


def _number(name, mission, inst):
    """Return the number of a filter, None where the camera has it not."""
    with contextlib.suppress(Error, KeyError):
        return vidicon.filter_number(name, mission, inst)


def _of(row, mission, inst):
    crafts = row["SPACECRAFT"] == calfile.ANY or str(row["SPACECRAFT"]).startswith(mission)
    return crafts and row["INST"] in (inst, calfile.ANY)


def _with(row, number):
    return tuple(number if c == "FILTER" else row[c] for c in vidicontable.KEYS)


def _ties(table):
    """Tell pairs of rows with as many * in other places: a frame may fit both.

    A pair is no tie where a third row fits all that fits both, with fewer *.
    """
    ranges, rows = vidicontable.RANGE, defaultdict(dict)  # columns without *: {cells: row}
    for row in table.rows:
        columns = tuple(c for c in vidicontable.KEYS if row[c] != calfile.ANY)
        if all(row.get(c, calfile.ANY) == calfile.ANY for c in ranges):
            rows[columns].setdefault(tuple(row[c] for c in columns), row)
    for one, other in _pairs(rows):
        pairs = ((c, other[c] if one[c] == calfile.ANY else one[c]) for c in vidicontable.KEYS)
        both = {c: cell for c, cell in pairs if cell != calfile.ANY}
        camera = str(both.get("SPACECRAFT")).split("_")[0], both.get("INST")
        if camera in vidicon.WHEELS and "FILTER" in both:
            both["FILTER"] = _number(both["FILTER"], *camera)
        exact = sum(one[c] != calfile.ANY for c in vidicontable.KEYS)
        settled = (
            len(columns) > exact
            and both.keys() >= set(columns)
            and tuple(both[c] for c in columns) in found
            for columns, found in rows.items()
        )
        real = camera in vidicon.WHEELS or not both.keys() >= {"SPACECRAFT", "INST"}
        if real and None not in both.values() and not any(settled):
            told = ", ".join(f"{c} = {v}" for c, v in both.items())
            yield other.where, f"ties with {one.where} for a frame of {told}"


def _pairs(rows):
    """Yield rows of other columns, as many, that agree in the columns that they share."""
    for a, b in itertools.combinations(rows, 2):
        shared, at = [c for c in a if c in b], defaultdict(list)
        for row in rows[a].values() if len(a) == len(b) else ():
            at[tuple(row[c] for c in shared)].append(row)
        for other in rows[b].values() if at else ():
            yield from ((one, other) for one in at[tuple(other[c] for c in shared)])


def _values(table):
    """Tell numbers that can be, but hardly are."""
    for row in table.rows:
        low, high = ORBITS.get(row["TARGET"], (0, calfile.MOST))
        distance = row.get("DIST0")
        if calfile.number(distance) and not low <= distance <= high:
            planet = f"{row['TARGET']} is {low} to {high} AU from the Sun"
            yield row.where, f"DIST0 = {distance:g} AU: {planet}"
        lost = [c for c in vidicontable.LIMITS if c in row and row[c] is None]
        if lost and table.label.get("Form") == "nested":
            yield row.where, f"no {', '.join(lost)} here or above: frames that end here are refused"
