"""Results for people and scripts: groups of keywords, as a label or as a table."""

import csv
import io

from .label import Node, Quantity, dumps, text_of

AXES = ("Coordinate", "Position")  # what names of vectors end in: their columns are X, Y, Z


def text(groups, form="PVL"):
    """Return groups as text: "PVL" (up to End), or "FLAT", comma-separated values.

    A FLAT table has a line of names, those of all groups in the order they come, and a line per
    group; it has no units, and a list takes a column for each of its values.
    """
    if form == "PVL":
        return dumps(Node(items=[(group.name, group) for group in groups]))
    rows = [_cells(group) for group in groups]
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    table = csv.DictWriter(out, names, restval="Null", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def _cells(group):
    cells = {}
    for key, value in group.items:
        value = value.value if isinstance(value, Quantity) else value
        if isinstance(value, list):
            ends = "XYZ" if key.endswith(AXES) else range(1, len(value) + 1)
            cells.update((f"{key}{e}", _cell(v)) for e, v in zip(ends, value, strict=True))
        else:
            cells[key] = _cell(value)
    return cells


def _cell(value):
    return value if isinstance(value, str) else text_of(value)
