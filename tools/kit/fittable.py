"""A table of what was fitted to images: a row per product, which `jitter FIT=` applies."""

from . import calfile, label, solution
from .error import Error
from .label import Node
from .solution import VALUES, Solution, places

NOTE = (
    "One row per image. TimeOffset is added to the start time; AxisOffset is counted from the "
    "direction of the Earth, towards growing right ascension (East) and declination (North); "
    "SpinPhase is that at MidTime, s TDB; LineOffset and MethaneLine are in pixels of the "
    "detector; PointingOffset, of frames, is where the scene lies from where the attitude puts it. "
    "Each X has its XSigma: - is what was not solved, or does not exist. Method = None: "
    "the image shows no limb; Neighbour: what images of the same pass tell of it."
)
HEAD = ("ProductId", "Target", "Attitude", "MidTime", "Method", "Points", "ResidualRms")
TAIL = ("MethaneLine", "MethaneLineSigma", "Ties", "TieRms")
UNITS = {"MidTime": "s", "ResidualRms": "pixels", "TieRms": "pixels"} | dict.fromkeys(
    TAIL[:2], "pixels"
)
SHOWN = 6  # products of a table that a refusal names
BANDS = ("BLUE", "GREEN", "RED", "METHANE")  # of the columns
OF_FRAMES = ("PointingOffset", "Twist", "LimbHeight")  # what a table of frames tells
HEIGHT = "LimbHeight_"


def columns(bands=None):
    """{column: (place of u, unit)} of strips, or of frames with these bands."""
    found = {}
    for key, (unit, names) in VALUES.items():
        if key not in OF_FRAMES if bands is not None else key == "PointingOffset":
            continue
        for name, band in places(key, BANDS if bands is None else bands):
            suffix = f"_{band}" if band else name.title() if len(names) > 1 else ""
            found[key + suffix] = (name, band), unit
    return found


def text(solutions, **about):
    """The table of Solutions, bytes; about goes into its label."""
    frames = any(s.attitude == "FRAME" for s in solutions)
    bands = sorted({band for s in solutions for _, band in s.values if band})
    known = columns(bands if frames else None)
    names = _names(known, frames)
    units = UNITS | {c + s: unit for c, (_, unit) in known.items() for s in ("", "Sigma")}
    root = Node()
    root.update(
        Name="Images fitted to the limb",
        Columns=names,
        Units=[units.get(name, "") for name in names],
        **about,
        Note=NOTE,
    )
    rows = [[_word(cell) for cell in _row(s, known)][: len(names)] for s in solutions]
    rows.insert(0, [f"# {names[0]}", *names[1:]])
    widths = [max(len(word) for word in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(word.ljust(n) for word, n in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return (label.dumps(root) + "\n".join(lines) + "\n").encode()


def read(path, p=None):
    """The Solutions of a table, by ProductId."""
    table = calfile.read(path, p)
    frames = any(name.startswith("PointingOffset") for name in table.columns)
    heights = [c for c in table.columns if c.startswith(HEIGHT) and not c.endswith("Sigma")]
    known = columns([c.removeprefix(HEIGHT) for c in heights] if frames else None)
    lost = [name for name in _names(known, frames) if name not in table.columns]
    if lost:
        raise Error(f"{path}: no column {lost[0]}: expected a table that jitter FROMLIST= wrote")
    found = {}
    for row in table.rows:
        made = _solution(row, known, path)
        if made.name in found:
            raise Error(f"{path}: {made.name} has two rows")
        found[made.name] = made
    return found


def of(image, path, known, nolimb, twist_sigma=None):
    """The Solution of an Image by a table.

    known   {ProductId: Solution} of the table at path
    nolimb  what becomes of a row without one: NULL, NEIGHBOUR (of a missing row too) or ERROR
    """
    row = known.get(image.name)
    if row is None and nolimb != "NEIGHBOUR":
        names = [*list(known)[:SHOWN], *(["..."] if len(known) > SHOWN else [])]
        raise Error(f"{path}: no row for {image.name}; there are {', '.join(names) or 'none'}")
    for key, expected in (("attitude", image.kind), ("target", image.geometry.target)):
        found = getattr(row, key, expected)
        if found != expected:
            raise Error(
                f"{path}: {row.name}: {key.title()} = {found}, that of the cube is {expected}"
            )
    if row is not None and solution.complete(row):
        return solution.borrowed(row)
    if nolimb == "ERROR":
        raise Error(f"{path}: {image.name}: Method = None: the image shows no limb")
    if nolimb == "NULL":
        return solution.empty(image, twist_sigma)
    found = solution.neighbour(image, known.values())
    if found is None:
        raise Error(f"{path}: no row of the pass and ATTITUDE of {image.name} has a limb")
    return found


def _solution(row, known, path):
    name = str(row["ProductId"])
    for column, cell in row.items():
        if column in ("ProductId", "Target", "Attitude", "Method") or cell is None:
            continue
        if isinstance(cell, str) or not abs(cell) < calfile.MOST:
            raise Error(f"{path}: {name}: {column} = {cell}: expected a number or -")
    for column in ("Target", "Attitude", "MidTime", "Method"):
        if row[column] is None:
            raise Error(f"{path}: {name}: {column} = -: expected a value")
    values, sigmas = (
        {place: float(row[c + s]) for c, (place, _) in known.items() if row[c + s] is not None}
        for s in ("", "Sigma")
    )
    return Solution(
        *(name, str(row["Target"]), str(row["Attitude"]), float(row["MidTime"])),
        *(values, sigmas, str(row["Method"])),
        rms=row["ResidualRms"],
        points=row["Points"] or 0,
        ties=row.get("Ties") or 0,
        tie_rms=row.get("TieRms"),
        readout=(row.get("MethaneLine"), row.get("MethaneLineSigma")),
    )


def _names(known, frames):
    """The columns of a table; one of frames has no TAIL."""
    return [*HEAD, *(c + s for c in known for s in ("", "Sigma")), *(() if frames else TAIL)]


def _row(s, known):
    yield from (s.name, s.target, s.attitude, f"{s.mid:.6f}", s.method, s.points, s.rms)
    for place, _ in known.values():
        yield from (s.values.get(place), s.sigmas.get(place))
    yield from (*s.readout, s.ties, s.tie_rms)


def _word(cell):
    if cell is None:
        return calfile.NONE
    words = f"{cell:.9g}" if isinstance(cell, float) else str(cell)
    return f'"{words}"' if " " in words or not words else words
