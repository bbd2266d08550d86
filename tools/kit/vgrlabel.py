"""The text labels of Voyager and Viking VICAR images, said in the keywords of their PDS labels.

A Voyager image carries the lines of its telemetry record as LAB02, LAB03 …:

    VGR-1   FDS 16368.32   PICNO 0548J1-001   SCET 79.063 19:23:00
    NA CAMERA  EXP 00360.0 MSEC  FILT 0(CLEAR )  LO GAIN  SCAN RATE  1:1
    ERT 79.063 20:00:36   1/ 1 FULL    RES   VIDICON TEMP  -81.00 DEG C
    IN/112350/ 0 OUT/xxxxxx/xx     SATURN      DSS #43   BIT SNR   13.367
    NA OPCAL … OPERATIONAL MODE 4(BOTALT)

Asterisks, crosses and zeros stand for what is not known.  A Viking image has the words VO75,
FILTER, EXP (ms), FGD (flood, gain and offset as 0 or 1), FSC, OET-GMT and PICNO somewhere in its
lines (VICAR subroutine volabv2).
"""

import re

from .error import Error
from .label import Node, Quantity

LINES = (  # number of the line, keywords, how they stand there
    (2, ("SPACECRAFT_NAME",), r"VGR-(\d)"),
    (2, ("IMAGE_NUMBER",), r"FDS\s+(\d+\.\d+)"),
    (2, ("IMAGE_ID",), r"PICNO\s+(\d{4}[A-Z]\d[+-]\d{3})"),
    (2, ("IMAGE_TIME",), r"SCET\s+(\d\d\.(?!000)\d{3}\s+\d\d:\d\d:\d\d)"),
    (3, ("INSTRUMENT_NAME",), r"([NW]A) CAMERA"),
    (3, ("EXPOSURE_DURATION",), r"EXP\s*(\d+\.?\d*)\s*MSEC"),
    (3, ("FILTER_NUMBER", "FILTER_NAME"), r"FILT\s+(\d)\(\s*([\w/-]+)"),
    (3, ("GAIN_MODE_ID",), r"(LO|HI) GAIN"),
    (3, ("SCAN_MODE_ID",), r"SCAN RATE\s+(\d+:1)"),
    (4, ("EARTH_RECEIVED_TIME",), r"ERT\s+(\d\d\.(?!000)\d{3}\s+\d\d:\d\d:\d\d)"),
    (4, ("EDIT_MODE_ID",), r"\d\d:\d\d:\d\d\s+(\d+/\s*\d+)"),
    (4, ("INSTRUMENT_TEMPERATURE",), r"VIDICON TEMP\s+(-?\d+\.?\d*)"),
    (5, ("TARGET_NAME",), r"OUT/\S+?/\s*\S+\s+(\S+)\s+DSS"),
    (7, ("SHUTTER_MODE_ID",), r"OPERATIONAL MODE\s+\d\((\w+)\)"),
)
CAMERAS = {"NA": "NARROW_ANGLE_CAMERA", "WA": "WIDE_ANGLE_CAMERA"}
VIKING = (
    (("SPACECRAFT_NAME", "INSTRUMENT_NAME"), r"\bVO75\s+([12])([AB])"),
    (("FILTER_NUMBER",), r"\bFILTER\s*(\d)"),
    (("EXPOSURE_DURATION",), r"\bEXP\s*(\d+\.?\d*)"),
    (("FLOOD_MODE_ID", "GAIN_MODE_ID", "OFFSET_MODE_ID"), r"\bFGD ([01])([01])([01])"),
    (("IMAGE_NUMBER",), r"\bFSC\s*(\d+)"),
    (("IMAGE_TIME",), r"\bOET-GMT\s*(\d+\D+\d+\D+\d+\D+\d+\D+\d+)"),
    (("IMAGE_ID",), r"\bPICNO\s+(\w+)"),
)


def voyager(image, name):
    """Return the keywords of the Vicar of a Voyager image as a flat Node; any other is an Error."""
    if viking_words(image):
        raise Error(f"{name}: a frame of a Viking Orbiter: vik2cub reads it")
    if len(image.words) < 3 or "CAMERA" not in image.words[2]:
        raise Error(f"{name}: its label has no LAB03 that names a camera: no frame of Voyager")
    made = Node("", name)
    for number, keys, pattern in LINES:
        found = len(image.words) >= number and re.search(pattern, image.words[number - 1])
        for key, text in zip(keys, found.groups() if found else (), strict=False):
            made.set(key, _said(key, text))
    if "IMAGE_TIME" not in made:  # recovered frames have it as a property
        items = (item for group in image.label.nodes() for item in group.items)
        times = [text for key, text in items if key.startswith("CHRONOS_SCET")]
        if times:
            made.set("IMAGE_TIME", _time(str(times[0])))
    return made


def viking(image, name):
    """Return the keywords of the Vicar of a Viking image as a flat Node; any other is an Error."""
    text = viking_words(image)
    if len(image.words) > 1 and "VGR-" in image.words[1]:
        raise Error(f"{name}: a frame of Voyager: voy2cub reads it")
    if not text:
        raise Error(f"{name}: its label has no word VO75: no frame of a Viking Orbiter")
    made = Node("", name)
    for keys, pattern in VIKING:
        found = re.search(pattern, text)
        for key, word in zip(keys, found.groups() if found else (), strict=False):
            made.set(key, _of_viking(key, word))
    return made


def viking_words(image):
    """Return the text of a Viking Orbiter's label, empty where it is none."""
    text = " ".join(image.words) if image.words else image.text
    return text if re.search(VIKING[0][1], text) else ""


def programs(image):
    """Return the names of the programs that made a VICAR image: its tasks and its old labels."""
    tasks = {node.name for node in image.label.nodes() if node.kind == "Object"}
    return frozenset(tasks.union(re.findall(r"[A-Z][A-Z0-9]{3,}", " ".join(image.words[10:]))))


def _said(key, text):
    """Return the value of a keyword of Voyager's lines as a PDS label has it."""
    if key == "SPACECRAFT_NAME":
        return f"VOYAGER_{text}"
    if key == "INSTRUMENT_NAME":
        return CAMERAS[text]
    if key == "GAIN_MODE_ID":
        return {"LO": "LOW", "HI": "HIGH"}[text]
    if key == "EXPOSURE_DURATION":
        return Quantity(float(text), "ms")
    if key == "INSTRUMENT_TEMPERATURE":
        return float(text)
    if key == "EDIT_MODE_ID":
        return re.sub(r"/\s*", ":", text)
    return _time(text) if key.endswith("_TIME") else text


def _of_viking(key, text):
    if key == "SPACECRAFT_NAME":
        return f"VIKING_ORBITER_{text}"
    if key == "INSTRUMENT_NAME":
        return f"VISUAL_IMAGING_SUBSYSTEM_CAMERA_{text}"
    if key == "GAIN_MODE_ID":
        return "HIGH" if text == "1" else "LOW"
    if key in ("FLOOD_MODE_ID", "OFFSET_MODE_ID"):
        return "ON" if text == "1" else "OFF"
    if key == "EXPOSURE_DURATION":
        return Quantity(float(text), "ms")
    return _time(text) if key == "IMAGE_TIME" else text


def _time(text):
    """Return year, day of the year and time of day as ISO 8601; of two digits a year is 19.."""
    year, day, *clock = re.findall(r"\d+", text)
    return f"{int(year) + 1900 * (len(year) < 4)}-{day:0>3}T" + ":".join(f"{n:0>2}" for n in clock)
