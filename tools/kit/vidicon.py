"""Vidicon cameras of Voyager and Viking: their names, and who took a frame in which state.

Everything is known here by the name of the parameter of voycal that takes a keyword's place; what
the keywords are, kit/vidiconlabel knows.

Filters of Voyager: VICAR ficor77.f; of Viking: the ENGINEERING_TABLE of its PDS labels.  Serial
numbers of the cameras: VICAR ficor77.f, reslocvo.pdf.
"""

import dataclasses
import re

from .error import Error

WHEELS = {  # (mission, instrument): filter names by number
    ("VOYAGER", "NA"): ("CLEAR", "VIOLET", "BLUE", "ORANGE", "CLEAR", "GREEN", "GREEN", "UV"),
    ("VOYAGER", "WA"): (
        *("CH4_JS", "BLUE", "CLEAR", "VIOLET"),
        *("SODIUM", "GREEN", "CH4_U", "ORANGE"),
    ),
    ("VIKING", "VISA"): (None, "BLUE", "MINUS_BLUE", "VIOLET", "CLEAR", "GREEN", "RED"),
    ("VIKING", "VISB"): (None, "BLUE", "MINUS_BLUE", "VIOLET", "CLEAR", "GREEN", "RED"),
}
FRAMES = {"VOYAGER": (800, 800), "VIKING": (1056, 1204)}  # lines, samples of a raw frame
OTHERS = {"ULTRAVIOLET": "UV", "ULTRA_VIOLET": "UV", "METHANE_JST": "CH4_JS", "METHANE_U": "CH4_U"}
CAMERAS = {  # (mission, instrument): first letters, letter and serial numbers by spacecraft
    ("VOYAGER", "NA"): ("NARROW", "B", (7, 5)),
    ("VOYAGER", "WA"): ("WIDE", "A", (6, 4)),
    ("VIKING", "VISA"): ("VISUAL_IMAGING_SUBSYSTEM_CAMERA_A", "A", (7, 8)),
    ("VIKING", "VISB"): ("VISUAL_IMAGING_SUBSYSTEM_CAMERA_B", "B", (4, 6)),
}
SYSTEMS = {"J": "JUPITER", "S": "SATURN", "U": "URANUS", "N": "NEPTUNE", "M": "MARS"}
SPACECRAFT = re.compile(r"(VOYAGER|VGR?|VIKING(?:[ _-]*ORBITER)?|VO)(?:[ _-]*(\d+))?\Z")
SIMULTANEOUS = ("BOTSIM", "BSIMAN")  # modes in which the wide angle camera waits for the other
MODES = ("ScanModeId", "ShutterModeId", "FloodModeId", "GainModeId", "OffsetModeId")
SWITCH = {"ON": 1, "HIGH": 1, "OFF": 0, "LOW": 0}
CRAFT = ("VOYAGER_1", "VOYAGER_2", "VIKING_ORBITER_1", "VIKING_ORBITER_2")
EXPECTED = f"a frame of {', '.join(CRAFT[:-1])} or {CRAFT[-1]}"


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


def parted(name):
    """Return the mission and the number that are in the name of a spacecraft, each None if not.

    VGR-1 is ("VOYAGER", "1"); a name of another mission comes back as it is.
    """
    match = SPACECRAFT.match(str(name).strip().upper())
    if not match:
        return name, None
    viking = match[1] == "VO" or match[1].startswith("VIK")
    return "VIKING_ORBITER" if viking else "VOYAGER", match[2]


def spacecraft(name, number=None, source="-"):
    """Return the canonical name of a spacecraft, its number in the name or beside it."""
    mission, inside = parted(name)
    if mission not in ("VOYAGER", "VIKING_ORBITER"):
        raise Error(f"{source}: SPACECRAFT_NAME = {name}: expected {EXPECTED}")
    numbers = {int(n) for n in (inside, number) if n is not None}
    if len(numbers) == 2:
        raise Error(f"{source}: SPACECRAFT_NAME = {name} and number {number}: expected one of them")
    if numbers not in ({1}, {2}):
        told = "".join(map(str, numbers)) or "missing"
        raise Error(f"{source}: number of {name} {told}: expected 1 or 2; give SPNUM")
    return f"{mission}_{numbers.pop()}"


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


def states(mission, inst, modes):
    """Return STATE1, STATE2 and STATE3 of a frame, each None where its modes do not tell.

    mission  VOYAGER …, else Viking is meant;  inst  any name of the camera, a wide one with W
    modes    {keyword of MODES: word, or None}, or a Node

    Voyager: N of the scan rate N:1; 1 for the wide angle camera in SIMULTANEOUS modes, else 0;
    always 1 (ISIS 2 voycal manual).  Viking: flood, gain and offset, 1 for ON and HIGH.
    """
    if not str(mission).upper().startswith("VOYAGER"):
        return [SWITCH.get(str(modes.get(key)).strip().upper()) for key in MODES[2:]]
    scan, shutter = (modes.get(key) for key in MODES[:2])
    rate = str(scan).partition(":")[0].strip()
    wide = str(inst).upper().startswith("W")
    both = int(wide and str(shutter).upper() in SIMULTANEOUS)
    return [int(rate) if rate.isdecimal() else None, both if shutter or not wide else None, 1]


def state(words, source="-"):
    """Return the State that words {parameter of voycal: value} name; see vidiconlabel.found.

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
    return next((code for code, name in SYSTEMS.items() if word.startswith(name)), word)


def _switch(word):
    if word is None:
        return None
    word = str(word).strip().upper()
    return SWITCH.get(word, int(word) if word.isdecimal() else word)
