"""A vidicon frame that is calibrated: what it needs, what goes with it, and the record of both."""

import os

import numpy as np

from . import attributes, calfile, cube, vidical, vidicon, vidiconlabel, vidicontable
from .error import Error
from .label import Node, Quantity

NEEDED = (  # parameter, the keyword that is missed, field of State, keyword of Radiometry
    ("SPCRAFT", "SPACECRAFT_NAME", "spacecraft", "SpacecraftName"),
    ("INST_ID", "INSTRUMENT_ID", "inst", "InstrumentId"),
    ("TAR_CODE", "CAL_TARGET_CODE", "target", "TargetCode"),
    ("FILTER", "FILTER_NUMBER nor FILTER_NAME", "filter", "FilterNumber"),
    ("STATE1", "CAMERA_STATE_1", "state1", "CameraState1"),
    ("STATE2", "CAMERA_STATE_2", "state2", "CameraState2"),
    ("STATE3", "CAMERA_STATE_3", "state3", "CameraState3"),
    ("EXP", "EXPOSURE_DURATION", "exposure", None),
)
OF_DARK = ("spacecraft", "inst", "state1")  # fields in which a dark frame is as the frame


class Radiometry:
    """Group Radiometry while it grows: each value, its unit, and where it comes from.

    What there is to say to the user waits until the frame is not refused.
    """

    def __init__(self, p):
        self.p, self.group = p, Node("Group", "Radiometry", [("Units", "I/F")])
        self.notes = []

    def say(self, words):
        """Keep words for the user."""
        self.notes.append(words)

    def put(self, key, value, unit=None, source=None, row=None):
        """Add a value that there is; source is the parameter that gave it, row what Table is."""
        if value is None:
            return
        self.group.set(key, Quantity(value, unit) if unit else value)
        source = self.p.sources.get(source, source)
        if source is not None:
            self.group.set(f"{key}Source", row.where if source == "Table" and row else source)

    def give(self, label):
        """Append the group to a label, and tell the user what was kept."""
        label.object("IsisCube").append(self.group)
        for words in self.notes:
            self.p.say(words)


def pixels(label):
    """Return how the samples of a cube are stored: pixel type, Base, Multiplier."""
    group = label.object("IsisCube").object("Core").group("Pixels")
    numbers = (group.number(key, default=n) for key, n in (("Base", 0.0), ("Multiplier", 1.0)))
    return group.text("Type"), *numbers


def raw(label, words, path):
    """Return (lines, samples) of a raw frame; any other label is refused.

    words  what vidiconlabel.found tells of the label
    """
    isis = label.object("IsisCube")
    if isis.nodes("Mapping"):
        raise Error(f"{path}: a map (Group = Mapping) cannot be calibrated: take the raw frame")
    if isis.nodes("Radiometry"):
        raise Error(f"{path}: already calibrated (the label has a Group = Radiometry)")
    size = isis.object("Core").group("Dimensions")
    if (bands := size.integer("Bands")) != 1:
        raise Error(f"{path}: {bands} bands, expected the one of a frame, as FROM=a.cub+1")
    if str(words["STATES"]) not in ("None", "3"):
        raise Error(f"{path}: NO_CAMERA_STATE = {words['STATES']}, expected 3")
    return size.integer("Lines"), size.integer("Samples")


def identified(words, path, made):
    """Return the State that words {parameter: value} name, kept in a Radiometry.

    Of what is missing, the Error names the keyword of the label and the parameter.
    """
    known = vidicon.state(words, path)
    for name, keyword, field, key in NEEDED:
        value = getattr(known, field)
        if value is None:
            raise Error(f"{path}: the label has no {keyword}: give {name}")
        if key:
            number = name == "SPCRAFT" and made.p.given("SPNUM")
            made.put(key, value, source="SPNUM" if number else name)
    made.put("ImageNumber", known.image_no, source="IMAGE_NO")
    return known


def fitting(table, known, needed, typed):
    """Return the Row of a table that fits a State; no row is None, or an Error where needed.

    typed  columns that need no value, since one is typed
    """
    try:
        return vidicontable.row(table, known.keys(), known.image_no, typed)
    except calfile.NoRow:
        if needed:
            raise
    return None


def doubt(made, words, known, stored):
    """Say where the frame, or what is to be stored of it, is not what the constants are for."""
    p = made.p
    if words["BITS"] not in (None, 8):
        made.say(f"{p.FROM}: SampleBits = {words['BITS']}: raw DN have 8")
    ratio = vidical.GAINS.get((known.spacecraft, known.inst))
    if ratio and str(words["GAINMODE"]).upper() == "HIGH" and not p.given("GAIN"):
        told = f"give GAIN={1 / ratio:.5f} and LINEAR=NO"
        made.say(f"high gain state, but GAIN = {p.GAIN:g}: {told}")
    if stored.range and stored.type in ("Real", "Double"):
        made.say(f"{stored.type} samples are I/F: a range does not change them")


def shading(made, table, row, shape):
    """Return G, (lines, samples), of the row of a table, or None."""
    if row is None or row["GAINFILE"] is None:
        return None
    found = _plane(made, table.beside(row["GAINFILE"]), shape)
    made.put("GainCorrectionFile", os.path.basename(found.source), None, "Table", row)
    return found.core[0].astype(np.float64)


def dark(made, path, sign, row, known, shape):
    """Return DC, (lines, samples), DN to be added, of a dark current file, or None.

    sign  1 or -1, or None, as current takes it
    """
    if path is None:
        made.say("no dark current is subtracted: give DCFILE, or NONE")
    if path is None or path.upper() == "NONE":
        return None
    found = _plane(made, path, shape)
    name = os.path.basename(found.source)
    for words in strangers(known, found.label, name):
        made.say(words)
    dc, sign = current(found, sign)
    made.put("OffsetCorrectionFile", name, None, "DCFILE", row)
    made.put("OffsetCorrectionSign", sign)
    return dc


def _plane(made, path, shape):
    """Return the Cube of a calibration file as large as the frame."""
    path = attributes.extended(path)
    made.p.use(attributes.split(path)[0])
    found = cube.read(path)
    if found.core.shape != (1, *shape):
        sizes = [" x ".join(map(str, size)) for size in (found.core.shape, (1, *shape))]
        raise Error(f"{path}: {sizes[0]} bands, lines, samples, expected {sizes[1]}")
    return found


def current(found, sign):
    """Return DC, DN to be added, of the Cube of a dark current file, and its sign, 1 or -1.

    A dark frame (8 bit, or SampleBits = 8) is subtracted, real numbers are a correction and are
    added; of any other sign must tell.
    """
    kind, *_ = pixels(found.label)
    bits = vidiconlabel.found(found.label)["BITS"]
    if sign is None:
        if bits == 8 or kind == "UnsignedByte":
            sign = -1
        elif kind in ("Real", "Double"):
            sign = 1
        else:
            raise Error(f"{found.source}: {kind} samples: added or subtracted? give DCSIGN")
    return sign * found.core[0].astype(np.float64), sign


def strangers(known, label, name):
    """Yield in words where a dark frame is of another camera or scan rate than a State."""
    try:
        other = vidicon.state(vidiconlabel.found(label), name)
    except Error:
        return  # a correction file need not be a frame
    for keyword, field in ((k, f) for _, k, f, _ in NEEDED if f in OF_DARK):
        mine, its = getattr(known, field), getattr(other, field)
        if its is not None and its != mine:
            yield f"{name}: {keyword} = {its}, that of the frame is {mine}"
