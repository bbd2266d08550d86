"""What the label of a cube of a vidicon camera says, by the names that voycal's parameters have.

The keywords are those that the ISIS 2 voycal manual reads, in Group = Instrument; its older names
(MISSION, SPACECRAFT_NO, FRAME_ID, CAMERA, SUN_VECTOR) and those of ISIS 3 (SpacecraftName,
FilterName in BandBin …) say the same.  What the words mean: kit/vidicon.
"""

import math

from . import vidicon
from .error import Error
from .label import Node, Quantity
from .translate import absent

KEYWORDS = {  # parameter: keywords that hold it, the first one found counts
    "IMAGE_NO": ("IMAGE_NUMBER", "FRAME_ID", "ImageNumber", "SpacecraftClockCount"),
    "INST_ID": ("INSTRUMENT_ID", "CAMERA", "InstrumentId", "INSTRUMENT_NAME"),
    "TAR_CODE": ("CAL_TARGET_CODE", "MissionPhaseName", "MissonPhaseName", "TargetName"),
    "FILTER": ("FILTER_NUMBER", "FILTER_NAME", "FilterNumber", "FilterId", "FilterName"),
    "STATE1": ("CAMERA_STATE_1", "CameraState1"),
    "STATE2": ("CAMERA_STATE_2", "CameraState2"),
    "STATE3": ("CAMERA_STATE_3", "CameraState3"),
    # what no parameter of voycal stands for:
    "STATES": ("NO_CAMERA_STATE",),
    "BITS": ("SampleBits", "SAMPLE_BITS"),
    "GAINMODE": ("GAIN_MODE_ID", "GainModeId"),
}
EXPOSURES = ("EXPOSURE_DURATION", "ExposureDuration")
VECTORS = ("SC_SUN_POSITION_VECTOR", "SUN_VECTOR")
GROUPS = ("Instrument", "ISIS_INSTRUMENT", "BandBin", "BAND_BIN", "Archive")


def found(root):
    """Return what the label of a cube says, {parameter of voycal: value}, None where nothing.

    EXP is in seconds; other values stand as in the label.  SPCRAFT comes without its number.
    """
    groups = _groups(root)
    words = {name: _first(groups, keys) for name, keys in KEYWORDS.items()}
    ours = _first(groups, ("SPACECRAFT_NAME", "MISSION"))
    name = _first(groups, ("SpacecraftName",)) if ours is None else ours
    words["SPCRAFT"], number = vidicon.parted(name)
    number = number or _first(groups, ("SPACECRAFT_NO", "SPACECRAFT_NUMBER"))
    words["SPNUM"] = int(number) if str(number).isdecimal() else None
    words["EXP"] = next((g.number(key, "s") for g, key in _there(groups, EXPOSURES)), None)
    if ours is None and name is not None:
        _of_isis3(groups, words)
    return words


def _groups(root):
    return [group for name in GROUPS for group in root.object("IsisCube").nodes(name)]


def _there(groups, keys):
    """Yield (group, key) of each value that is there, the keys in their order."""
    return ((group, key) for key in keys for group in groups if not absent(group.get(key)))


def _first(groups, keys):
    """Return the first value that is there, of the keys in their order."""
    for group, key in _there(groups, keys):
        value = group[key]
        value = value.value if isinstance(value, Quantity) else value
        if not isinstance(value, Node):
            return value[0] if isinstance(value, list) else value
    return None


def _of_isis3(groups, words):
    """Fill in the camera states from the modes that ISIS 3 keeps in their place."""
    modes = {key: _first(groups, (key,)) for key in vidicon.MODES}
    for n, state in enumerate(vidicon.states(words["SPCRAFT"], words["INST_ID"], modes), 1):
        if words[f"STATE{n}"] is None:
            words[f"STATE{n}"] = state


def identity(root, source="-"):
    """Return (spacecraft, instrument) of the label of a vidicon frame; any other is an Error."""
    words = found(root)
    for name, keyword in (("SPCRAFT", "SPACECRAFT_NAME"), ("INST_ID", "INSTRUMENT_ID")):
        if words[name] is None:
            raise Error(f"{source}: the label has no {keyword}: expected {vidicon.EXPECTED}")
    craft = vidicon.spacecraft(words["SPCRAFT"], words["SPNUM"], source)
    return craft, vidicon.instrument(words["INST_ID"], craft, source)


def number_of(name, words):
    """Return the spacecraft number of a label (words as found gives) for a typed name.

    None where the name has a number of its own, or is that of another mission.
    """
    (typed, number), (there, _) = vidicon.parted(name), vidicon.parted(words["SPCRAFT"])
    return words["SPNUM"] if typed == there and not number else None


def sun_distance(root):
    """Return the target's distance from the Sun, km, by SC_SUN_POSITION_VECTOR, or None."""
    there = _there(_groups(root), VECTORS)
    return next((math.hypot(*group.numbers(key, 3, "km")) for group, key in there), None)
