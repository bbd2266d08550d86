"""Calibration tables of ISIS, as rows of voycal.sav and voylin.sav.

vikcal.sav (15 words a line) and viklin.sav (10), the order in which ISIS's vikcal reads them
(CalParameters.cpp), W0 in DN/ms, distances in km:

    MISSION SPNUM CAM WAVEL CS1 CS2 CS3 CS4  W0 DIST0 GAIN OFF DEL_EXP GAINFILE OFFSETFILE
    MISSION SPNUM CAM WAVEL CS1 CS2 CS3  B K LINORM

ISIS 3's voycal.pvl and voylin.pvl: objects in objects, SpacecraftName / InstrumentId /
ShutterMode0 / MissionPhaseName / ScanRate1 / CLEAR_0.  A keyword counts for all that lies below,
a deeper one replaces it, and the walk ends at the first level that is missing (ISIS's voycal,
main.cpp).  Each object is a row here, * for the levels below it: the most specific row is then
where that walk ends.
"""

import os
import re

from . import calfile, vidicon
from . import label as labels
from .error import Error, IoError
from .label import Node, Quantity
from .units import AU

KEYS = ("SPACECRAFT", "INST", "TARGET", "FILTER", "STATE1", "STATE2", "STATE3")
COLUMNS = {
    "voycal": (*KEYS, "W0", "DIST0", "GAIN", "OFF", "DEL_EXP", "GAINFILE", "DCFILE"),
    "voylin": (*KEYS, "B", "K", "LINORM"),
}
CAMERA = ("MISSION", "SPNUM", "CAM", "WAVEL", "CS1", "CS2", "CS3")
ORDER = {  # number of words: the kind of table, what they are
    15: ("voycal", (*CAMERA, "CS4", *COLUMNS["voycal"][7:])),
    10: ("voylin", (*CAMERA, *COLUMNS["voylin"][7:])),
}
MOVED = 44800000  # clock of Viking Orbiter 1 after which the dust of camera 4 lies elsewhere (CS4)
LEVELS = (  # column, name of the object
    ("SPACECRAFT", re.compile(r"(.+)")),
    ("INST", re.compile(r"(.+)")),
    ("STATE2", re.compile(r"ShutterMode(\d+)\Z", re.I)),
    ("TARGET", re.compile(r"(.+)")),
    ("STATE1", re.compile(r"ScanRate(\d+)\Z", re.I)),
    ("FILTER", re.compile(r".*_(\d+)\Z")),
)
WORDS = {  # keyword of ISIS 3: column, its size in our unit
    "OmegaNaught": ("W0", 1.0),
    "SunDistance": ("DIST0", 1 / AU),
    "GainCorrection": ("GAIN", 1.0),
    "OffsetCorrection": ("OFF", 1.0),
    "DeltaExposureTime": ("DEL_EXP", 1.0),
    "GainCorrectionFile": ("GAINFILE", None),
    "OffsetCorrectionFile": ("DCFILE", None),
    "B_HighEndNon-LinearityCorrection": ("B", 1.0),
    "K_PowerOfNon-Linearity": ("K", 1.0),
    "NormalizingPower": ("LINORM", 1.0),
}


def form(data):
    """Return how the bytes of a table are laid out: "labelled", "nested" or "unlabelled"."""
    lines = (line.strip() for line in data.splitlines())
    first = next((line for line in lines if line and not line.startswith((b"#", b"/*"))), b"")
    if b"=" not in first:
        return "unlabelled"
    head = data[: end.end()] if (end := labels.END.search(data)) else data
    return "labelled" if re.search(rb"(?i)(?:\A|\s)columns\s*=", head) else "nested"


def _table(path, form, kind, rows, columns=()):
    columns = [*COLUMNS[kind], *columns]
    return calfile.CalFile(Node(items=[("Columns", columns), ("Form", form)]), rows, path)


def unlabelled(path, data):
    """Return the table in a file without a label: vikcal.sav, viklin.sav or alike."""
    rows, kinds = [], set()
    for n, line in enumerate(_text(path, data).splitlines(), 1):
        found = calfile.words(line)
        if not found:
            continue
        kind, names = ORDER.get(len(found), (None, ()))
        cells = dict(zip(names, found, strict=False))
        if not kind or not calfile.number(cells["SPNUM"]) or kinds - {kind}:
            raise Error(f"{path}: line {n} {_lost(found)}")
        kinds.add(kind)
        rows.append(calfile.Row(_of_vikcal(cells, f"{path}: line {n}"), _where(path, n)))
    if not rows:
        raise IoError(f"{path}: the table is empty")
    return _table(path, "unlabelled", kind, rows, ("FIRST", "LAST") if kind == "voycal" else ())


def _text(path, data):
    if b"\0" in data:
        raise IoError(f"{path}: no text: expected a calibration table")
    return data.decode("latin-1")


def _lost(found):
    """Return what is to be done about a line of words that no label names."""
    kind = "voycal" if len(found) > 11 else "voylin"
    units = ", W0 in DN/s, DIST0 in AU, DEL_EXP in ms" if kind == "voycal" else ""
    return (
        f"has {len(found)} words ({' '.join(map(str, found[:3]))} ...) and no label names them: "
        "expected MISSION SPNUM CAM ... in the order of vikcal.sav (15) or viklin.sav (10). "
        f"For another order write two lines on top, Name = {kind} Columns = "
        f"({', '.join(COLUMNS[kind])}) and End{units}"
    )


def _where(path, place):
    return f"{os.path.basename(path)}:{place}"


def _of_vikcal(cells, where):
    """Return the cells of a row in the order of vikcal.sav or viklin.sav under our names."""
    craft = vidicon.spacecraft(cells["MISSION"], cells["SPNUM"], where)
    row = {
        "SPACECRAFT": craft,
        "INST": cells["CAM"],
        "TARGET": calfile.ANY,
        "FILTER": cells["WAVEL"],
        **{f"STATE{n}": cells[f"CS{n}"] for n in (1, 2, 3)},
    }
    if cells["CAM"] != calfile.ANY:
        row["INST"] = vidicon.instrument(cells["CAM"], craft, where)
    if "LINORM" in cells:
        return row | {name: cells[name] for name in COLUMNS["voylin"][7:]}
    for name, size in (("W0", 1000.0), ("DIST0", 1 / AU), ("GAIN", 1), ("OFF", 1), ("DEL_EXP", 1)):
        row[name] = cells[name] * size if calfile.number(cells[name]) else cells[name]
    for name in ("GAINFILE", "DCFILE"):
        file = cells[name]
        row[name] = f"{file}.cub" if isinstance(file, str) and "." not in file else file
    dusty = (craft, row["INST"]) == ("VIKING_ORBITER_1", "VISB")
    ranges = {0: (calfile.ANY, MOVED), 1: (MOVED + 1, calfile.ANY)} if dusty else {1: (1, 0)}
    row["FIRST"], row["LAST"] = ranges.get(cells["CS4"], (calfile.ANY, calfile.ANY))
    return row


def nested(path, data):
    """Return the table in a file of ISIS 3, a row for each object that says something."""
    try:
        root = labels.loads(_text(path, data))
    except Error as error:
        raise type(error)(f"{path}: {error}") from None
    rows, stray = [], []
    _walk(root, {}, [], rows, stray, path)
    known = {column for row in rows for column in row} - set(KEYS)
    kind = "voylin" if "LINORM" in known or "B" in known else "voycal"
    if not known:
        raise Error(f"{path}: neither Columns nor OmegaNaught: this is no calibration table")
    for row in rows:
        for column in COLUMNS[kind]:
            row.setdefault(column, None)
    table = _table(path, "nested", kind, rows)
    table.label.set("Stray", stray)
    return table


def _walk(node, above, levels, rows, stray, path):
    """Add the rows of an object and of those below it.

    above   what the objects above say
    levels  the values of LEVELS down to this one, and the names of the objects
    """
    cells = dict(above)
    for key, value in node.items:
        column, size = next((w for k, w in WORDS.items() if k.lower() == key.lower()), (None, None))
        if column:
            value = value.value if isinstance(value, Quantity) else value
            cells[column] = value * size if size and calfile.number(value) else value
    if levels or cells:
        keys = dict.fromkeys(KEYS, calfile.ANY)
        keys.update((LEVELS[n][0], value) for n, (value, _) in enumerate(levels))
        where = "/".join(name for _, name in levels) or "top"
        rows.append(calfile.Row({**keys, **cells}, _where(path, where)))
    seen = set()
    for child in node.nodes():
        match = len(levels) < len(LEVELS) and LEVELS[len(levels)][1].match(child.name)
        if child.kind.lower() != "object" or not match or child.name.lower() in seen:
            stray.append("/".join([*(name for _, name in levels), child.name]))
            continue
        seen.add(child.name.lower())
        value = calfile.value_of(match[1])
        _walk(child, cells, [*levels, (value, child.name)], rows, stray, path)
