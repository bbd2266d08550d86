"""caltab - which row of a calibration table a frame gets, and what is wrong with the table.

A row fits a frame where each key's cell equals the frame's value, is its twin (Voyager's narrow
angle: filter 4 is 0, 6 is 5) or is *.  Of the rows that fit, wins the least of

    (number of *, number of twins)                                             (1)

and two that are least are an error.  The matcher is that of voycal (kit/vidicontable).
"""

import os

from perijove.kit import (
    anylabel,
    calfile,
    parm,
    results,
    tablelint,
    vidicon,
    vidiconlabel,
    vidicontable,
)
from perijove.kit.error import Error
from perijove.kit.label import Node, Quantity

UNITS = {**vidicontable.UNITS, "OFF": "DN", "B": "DN", "LINORM": "DN"}
NEAREST = 10  # rows that do not fit and are told


def explained(table, keys, image=None):
    """Return the groups that tell which row fits the keys {column: value}, eq. (1), and which not.

    No row, or a tie, is an Error.
    """
    won = vidicontable.row(table, keys, image)
    wanted = vidicontable.sought(table, keys, image)
    found = calfile.graded(table, wanted, vidicontable.grades(wanted))
    of = found[0][1]
    group = Node("Group", "Results", [("Table", os.path.basename(table.path)), ("Row", won.where)])
    group.update(**wanted)
    for name, grade in (("Exact", "EXACT"), ("Any", "EITHER"), ("Twin", "TWIN")):
        group.set(name, [c for c in wanted if of[c] == getattr(calfile, grade)] or None)
    for column in (c for c in won if c not in (*vidicontable.KEYS, "IMAGE_NO")):
        unit, value = UNITS.get(column), won[column]
        group.set(column, Quantity(value, unit) if unit and value is not None else value)
    fits = [pair for pair in found[1:] if calfile.DIFFERS not in pair[1].values()]
    others = [pair for pair in found[1:] if calfile.DIFFERS in pair[1].values()]
    group.set("OtherRows", len(found) - 1)
    told = [
        Node("Group", "Lost", [("Row", row.where), ("Reason", lost(of, row, grades, wanted))])
        for row, grades in [*fits, *others[:NEAREST]]
    ]
    return [group, *told]


def lost(won, row, grades, wanted):
    """Return why a row lost against one whose cells fit as in won."""
    differ = [c for c in grades if grades[c] == calfile.DIFFERS]
    if differ:
        return ", ".join(f"{c} is {_shown(row[c])}, not {_shown(wanted[c])}" for c in differ)
    more = [list(g.values()).count(calfile.EITHER) for g in (grades, won)]
    if more[0] != more[1]:
        return f"fits, with {more[0]} * against {more[1]}"
    return f"fits, by the twin filter {_shown(row['FILTER'])}"


def _shown(value):
    return "unknown" if value is None else value


def state(p):
    """Return the vidicon.State of FROM and the keys typed, None where there is neither."""
    typed = {
        **dict(SPCRAFT=p.SPACECRAFT, INST_ID=p.INST, TAR_CODE=p.TARGET, FILTER=p.FILTER),
        **dict(STATE1=p.STATE1, STATE2=p.STATE2, STATE3=p.STATE3, IMAGE_NO=p.IMAGE_NO),
    }
    typed = {name: value for name, value in typed.items() if value is not None}
    if p.FROM is None and not typed:
        return None
    words = {} if p.FROM is None else vidiconlabel.found(anylabel.read(p.FROM))
    return vidicon.state({**words, **typed}, p.FROM or "caltab")


@parm.tool
def main(p):
    known = state(p)
    if p.TABLE is None and not (known and known.mission):
        if p.FROM is not None:
            raise Error(f"{p.FROM}: the label has no SPACECRAFT_NAME: expected {vidicon.EXPECTED}")
        raise Error("TABLE must be given, the table to check, or FROM, the frame that gets a row")
    table = vidicontable.load(p.TABLE or f"{known.mission.lower()}/voycal.sav", p)
    kind = vidicontable.kind_of(table)
    if known is None:
        odd = [
            Node("Group", "Finding", [("Row", where), ("Text", words)])
            for where, words in tablelint.findings(table)
        ]
        head = [("Table", os.path.basename(table.path)), ("Kind", kind or table.label.get("Name"))]
        head += [("Rows", len(table.rows)), ("Findings", len(odd))]
        groups = [Node("Group", "Results", head), *odd]
    elif kind is None:
        raise Error(f"{table.path}: no SPACECRAFT, INST and W0 or LINORM: frames find no row here")
    else:
        table = vidicontable.read(table.path, p, kind)  # its faults are errors now
        groups = explained(table, known.keys(), known.image_no)
    anylabel.say(results.text(groups, p.FORMAT), p.TO)
