"""What goes with a vidicon frame that is calibrated: rows and files that fit it, and the record."""

import numpy as np

from . import attributes, calfile, cube, vidicon, vidicontable
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
KEYWORDS = {"spacecraft": "SPACECRAFT_NAME", "inst": "INSTRUMENT_ID", "state1": "CAMERA_STATE_1"}


class Radiometry:
    """Group Radiometry while it grows: each value, its unit, and where it comes from.

    p      Parameters, which know their sources
    notes  what is to be said to the user once the frame is not refused
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


def refuse(label, words, path):
    """Refuse what is no raw frame; words are what vidicon.found tells of its label."""
    isis = label.object("IsisCube")
    if isis.nodes("Mapping"):
        raise Error(f"{path}: a map (Group = Mapping) cannot be calibrated: take the raw frame")
    if isis.nodes("Radiometry"):
        raise Error(f"{path}: already calibrated (the label has a Group = Radiometry)")
    bands = isis.object("Core").group("Dimensions").integer("Bands")
    if bands != 1:
        raise Error(f"{path}: {bands} bands, expected the one of a frame, as FROM=a.cub+1")
    if str(words["STATES"]) not in ("None", "3"):
        raise Error(f"{path}: NO_CAMERA_STATE = {words['STATES']}, expected 3")


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


def fitting(table, known, needed):
    """Return the Row of a table that fits a State; no row is None, or an Error where needed."""
    try:
        return vidicontable.row(table, known.keys(), known.image_no)
    except calfile.NoRow:
        if needed:
            raise
    return None


def plane(p, path, shape):
    """Return the Cube of a calibration file, as large as the frame; (lines, samples) are shape."""
    p.use(attributes.split(path)[0])
    found = cube.read(path)
    if found.core.shape != (1, *shape):
        sizes = [" x ".join(map(str, size)) for size in (found.core.shape, (1, *shape))]
        raise Error(f"{path}: {sizes[0]} bands, lines, samples, expected {sizes[1]}")
    return found


def current(found, sign, path):
    """Return DC, DN to be added, of the Cube of a dark current file, and its sign, 1 or -1.

    A dark frame (8 bit, or SampleBits = 8) is subtracted, real numbers are a correction and are
    added; of any other sign must tell.
    """
    kind = found.isis.object("Core").group("Pixels").text("Type")
    bits = vidicon.found(found.label)["BITS"]
    if sign is None:
        if bits == 8 or kind == "UnsignedByte":
            sign = -1
        elif kind in ("Real", "Double"):
            sign = 1
        else:
            raise Error(f"{path}: {kind} samples: to be added or to be subtracted? give DCSIGN")
    return sign * found.core[0].astype(np.float64), sign


def strangers(known, label, name):
    """Yield in words where a dark frame is of another camera or scan rate than a State."""
    try:
        other = vidicon.state(vidicon.found(label), name)
    except Error:
        return  # a correction file need not be a frame
    for field, keyword in KEYWORDS.items():
        mine, its = getattr(known, field), getattr(other, field)
        if its is not None and its != mine:
            yield f"{name}: {keyword} = {its}, that of the frame is {mine}"
