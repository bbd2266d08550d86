"""Vidicon cameras of Voyager and Viking: which camera took a frame, and in which state.

The keywords are those that the ISIS 2 voycal manual reads, in Group = Instrument; its older names
(MISSION, SPACECRAFT_NO, FRAME_ID, CAMERA, SUN_VECTOR) and those of ISIS 3 (SpacecraftName,
FilterName in BandBin …) say the same.  Everything is known here by the name of the parameter of
voycal that takes a keyword's place.

Filters of Voyager: VICAR ficor77.f; of Viking: the ENGINEERING_TABLE of its PDS labels.  Serial
numbers of the cameras: VICAR ficor77.f, reslocvo.pdf.
"""

import dataclasses
import math
import re

from .error import Error
from .label import Node, Quantity
from .translate import absent

WHEELS = {  # (mission, instrument): filter names by number
    ("VOYAGER", "NA"): ("CLEAR", "VIOLET", "BLUE", "ORANGE", "CLEAR", "GREEN", "GREEN", "UV"),
    ("VOYAGER", "WA"): (
        *("CH4_JS", "BLUE", "CLEAR", "VIOLET"),
        *("SODIUM", "GREEN", "CH4_U", "ORANGE"),
    ),
    ("VIKING", "VISA"): (None, "BLUE", "MINUS_BLUE", "VIOLET", "CLEAR", "GREEN", "RED"),
    ("VIKING", "VISB"): (None, "BLUE", "MINUS_BLUE", "VIOLET", "CLEAR", "GREEN", "RED"),
}
OTHERS = {"ULTRAVIOLET": "UV", "ULTRA_VIOLET": "UV", "METHANE_JST": "CH4_JS", "METHANE_U": "CH4_U"}
CAMERAS = {  # (mission, instrument): first letters, letter and serial numbers by spacecraft
    ("VOYAGER", "NA"): ("NARROW", "B", (7, 5)),
    ("VOYAGER", "WA"): ("WIDE", "A", (6, 4)),
    ("VIKING", "VISA"): ("VISUAL_IMAGING_SUBSYSTEM_CAMERA_A", "A", (7, 8)),
    ("VIKING", "VISB"): ("VISUAL_IMAGING_SUBSYSTEM_CAMERA_B", "B", (4, 6)),
}
SYSTEMS = {"JUPITER": "J", "SATURN": "S", "URANUS": "U", "NEPTUNE": "N", "MARS": "M"}
SPACECRAFT = re.compile(r"(VOYAGER|VGR?|VIKING(?:[ _-]*ORBITER)?|VO)(?:[ _-]*(\d+))?\Z")
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
MODES = ("FloodModeId", "GainModeId", "OffsetModeId")  # of Viking: STATE1, STATE2, STATE3
SWITCH = {"ON": 1, "HIGH": 1, "OFF": 0, "LOW": 0}
GROUPS = ("Instrument", "ISIS_INSTRUMENT", "BandBin", "BAND_BIN", "Archive")
EXPECTED = "a frame of VOYAGER_1, VOYAGER_2, VIKING_ORBITER_1 or VIKING_ORBITER_2"


@dataclasses.dataclass(frozen=True)
class State:
    """Who took a frame and how; what is not known is None."""

    spacecraft: str | None = None  # VOYAGER_1 …
    inst: str | None = None  # NA, WA, VISA, VISB
    target: str | None = None  # J, S, U, N, M
    filter: int | None = None
    state1: int | str | None = None
    state2: int | str | None = None
    state3: int | str | None = None
    image_no: str | None = None  # with its digits
    exposure: float | None = None  # s

    @property
    def mission(self):
        """VOYAGER or VIKING."""
        return self.spacecraft and self.spacecraft.split("_")[0]

    def keys(self):
        """Return what a calibration table is searched for, {column: value}."""
        return {
            "SPACECRAFT": self.spacecraft,
            "INST": self.inst,
            "TARGET": self.target,
            "FILTER": self.filter,
            "STATE1": self.state1,
            "STATE2": self.state2,
            "STATE3": self.state3,
        }


def twin(mission, inst, number):
    """Return the number of the other filter of a narrow-angle wheel that is the same, or None."""
    return {0: 4, 4: 0, 5: 6, 6: 5}.get(number) if (mission, inst) == ("VOYAGER", "NA") else None


def spacecraft(name, number=None, source="-"):
    """Return the canonical name of a spacecraft, its number in the name or beside it."""
    match = SPACECRAFT.match(str(name).strip().upper())
    if not match:
        raise Error(f"{source}: SPACECRAFT_NAME = {name}: expected {EXPECTED}")
    numbers = {int(n) for n in (match[2], number) if n is not None}
    if numbers not in ({1}, {2}):
        told = " and ".join(map(str, sorted(numbers))) or "missing"
        raise Error(f"{source}: number of {name} {told}: expected 1 or 2; give SPNUM")
    return f"{'VIKING_ORBITER' if _viking(match) else 'VOYAGER'}_{numbers.pop()}"


def _viking(match):
    return match[1] == "VO" or match[1].startswith("VIK")


def number_of(name, words):
    """Return the spacecraft number of a label (words as found gives) for a typed name.

    None where the name has a number of its own, or is that of another mission.
    """
    match, there = (SPACECRAFT.match(str(n).strip().upper()) for n in (name, words["SPCRAFT"]))
    same = match and there and _viking(match) == _viking(there)
    return words["SPNUM"] if same and not match[2] else None


def instrument(name, craft, source="-"):
    """Return the canonical name of a camera of a spacecraft, NA, WA, VISA or VISB."""
    mission, number = craft.split("_")[0], int(craft[-1])
    word = re.sub(r"[\s_-]+", "_", str(name).strip().upper())
    known = {inst: of for (where, inst), of in CAMERAS.items() if where == mission}
    for inst, (start, letter, serials) in known.items():
        names = (inst, letter, f"CAMERA_{letter}", str(serials[number - 1]))
        if word in names or word.startswith(start):
            return inst
    raise Error(f"{source}: INSTRUMENT_ID = {name}: the cameras of {craft} are {', '.join(known)}")


def filter_number(word, mission, inst, source="-"):
    """Return the number of a filter, given by number or by name, on the wheel of a camera."""
    wheel = WHEELS[mission, inst]
    name = re.sub(r"[\s_/-]+", "_", str(word).strip().upper())
    name = OTHERS.get(name, name)
    if name in wheel:
        return wheel.index(name)
    if name.isdecimal() and int(name) < len(wheel) and wheel[int(name)]:
        return int(name)
    there = ", ".join(f"{n} {of}" for n, of in enumerate(wheel) if of)
    raise Error(f"{source}: FILTER = {word}: the filters of {inst} are {there}")


def found(root):
    """Return what the label of a cube says, {parameter of voycal: value}, None where nothing.

    EXP is in seconds; other values stand as in the label.  SPCRAFT comes without its number.
    """
    groups = [g for name in GROUPS for g in root.object("IsisCube").nodes(name)]
    words = {name: _first(groups, keys) for name, keys in KEYWORDS.items()}
    name = _first(groups, ("SPACECRAFT_NAME", "MISSION", "SpacecraftName"))
    match = name is not None and SPACECRAFT.match(str(name).strip().upper())
    words["SPCRAFT"] = match[1] if match else name
    number = match[2] if match else None
    number = number or _first(groups, ("SPACECRAFT_NO", "SPACECRAFT_NUMBER"))
    words["SPNUM"] = int(number) if str(number).isdecimal() else None
    there = [
        group.number(key, "s")
        for group in groups
        for key in ("EXPOSURE_DURATION", "ExposureDuration")
        if not absent(group.get(key))
    ]
    words["EXP"] = there[0] if there else None
    ours = _first(groups, ("SPACECRAFT_NAME", "MISSION")) is not None
    if not ours and words["SPCRAFT"] is not None:
        _of_isis3(groups, words)
    return words


def _first(groups, keys):
    """Return the first value that is there, of the keys in their order."""
    for key in keys:
        for group in groups:
            value = group.get(key)
            value = value.value if isinstance(value, Quantity) else value
            if not absent(value) and not isinstance(value, Node):
                return value[0] if isinstance(value, list) else value
    return None


def _of_isis3(groups, words):
    """Fill in the camera states from the modes that ISIS 3 keeps in their place."""
    modes = [_first(groups, (key,)) for key in MODES]
    if str(words["SPCRAFT"]).upper().startswith("VOYAGER"):
        scan, shutter = _first(groups, ("ScanModeId",)), _first(groups, ("ShutterModeId",))
        wide = str(words["INST_ID"]).upper().startswith("W")
        both = str(shutter).upper() in ("BOTSIM", "BSIMAN")
        # the third is always 1, says the manual
        modes = [scan and str(scan).partition(":")[0], shutter and int(wide and both), 1]
    for n, mode in enumerate(modes, 1):
        if words[f"STATE{n}"] is None:
            words[f"STATE{n}"] = mode


def state(words, source="-"):
    """Return the State that words {parameter of voycal: value} name; see found.

    An unknown spacecraft, camera or filter is an Error; what is missing stays None.
    """
    craft = inst = number = None
    if words.get("SPCRAFT") is not None:
        craft = spacecraft(words["SPCRAFT"], words.get("SPNUM"), source)
    if craft and words.get("INST_ID") is not None:
        inst = instrument(words["INST_ID"], craft, source)
    if inst and words.get("FILTER") is not None:
        number = filter_number(words["FILTER"], craft.split("_")[0], inst, source)
    image = words.get("IMAGE_NO")
    if craft and craft.startswith("VOYAGER"):
        if isinstance(image, float):
            image = f"{image:.2f}"
        elif re.match(r"\d{6,7}\Z", str(image)):  # ISIS 3 leaves the dot of an FDS count out
            image = f"{str(image)[:-2]}.{str(image)[-2:]}"
    return State(
        craft,
        inst,
        _target(words.get("TAR_CODE"), craft),
        number,
        *(_switch(words.get(f"STATE{n}")) for n in (1, 2, 3)),
        None if image is None else str(image),
        words.get("EXP"),
    )


def _target(word, craft):
    if word is None:
        return "M" if craft and craft.startswith("VIKING") else None
    word = str(word).strip().upper()
    if word in ("PHOBOS", "DEIMOS") or (craft and craft.startswith("VIKING") and len(word) > 1):
        return "M"  # Viking's mission phases name no planet
    return next((code for name, code in SYSTEMS.items() if word.startswith(name)), word)


def _switch(word):
    if word is None:
        return None
    word = str(word).strip().upper()
    return SWITCH.get(word, int(word) if word.isdecimal() else word)


def identity(root, source="-"):
    """Return (spacecraft, instrument) of the label of a vidicon frame; any other is an Error."""
    words = found(root)
    for name, keyword in (("SPCRAFT", "SPACECRAFT_NAME"), ("INST_ID", "INSTRUMENT_ID")):
        if words[name] is None:
            raise Error(f"{source}: the label has no {keyword}: expected {EXPECTED}")
    craft = spacecraft(words["SPCRAFT"], words["SPNUM"], source)
    return craft, instrument(words["INST_ID"], craft, source)


def sun_distance(root):
    """Return the target's distance from the Sun, km, by SC_SUN_POSITION_VECTOR, or None."""
    for group in root.object("IsisCube").nodes("Instrument"):
        for key in ("SC_SUN_POSITION_VECTOR", "SUN_VECTOR"):
            if not absent(group.get(key)):
                return math.hypot(*group.numbers(key, 3, "km"))
    return None
