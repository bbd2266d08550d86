"""The cube of a vidicon frame: groups by a table of labels/, samples, its label as it came."""

import contextlib
import re

from . import cube, objectspace, translate, vidicon
from .error import Error
from .label import Node, Quantity

TOOLS = {"VOY": "voy2cub", "VIK": "vik2cub"}
ANGLE = re.compile(r"(NARROW|WIDE|ISSN|ISSW)", re.I)  # of INSTRUMENT_NAME or INSTRUMENT_ID
ORDER = (  # of the keywords of the voycal manual
    *("SPACECRAFT_NAME", "INSTRUMENT_ID", "IMAGE_NUMBER", "CAL_TARGET_CODE", "EXPOSURE_DURATION"),
    *("FILTER_NAME", "FILTER_NUMBER", "NO_CAMERA_STATE"),
    *("CAMERA_STATE_1", "CAMERA_STATE_2", "CAMERA_STATE_3"),
)
LOWEST = -32752  # of SignedWord; what lies below stands for no value
CALIBRATED = "CALIBRATED_IMAGE", "GEOMETRICALLY_CORRECTED_IMAGE"  # PRODUCT_TYPE in the archive


def groups(frame, table, mission):
    """Return our groups of a frame, {name: Node}, by a table of labels/, and what is odd in them.

    mission  VOYAGER or VIKING; a frame of the other one is an Error that names the tool for it
    """
    rules = translate.table(table)
    filters, codes = rules.object("Filters"), rules.object("Frames")
    rules.delete("Filters")
    rules.delete("Frames")
    source = frame.source
    made = translate.groups(source, rules)
    said, band = made["Instrument"], Node("Group", "BandBin")
    craft = vidicon.spacecraft(said["SPACECRAFT_NAME"], None, source)
    if not craft.startswith(mission):
        raise Error(f"{source}: a frame of {craft}: {TOOLS[craft[:3]]} reads it")
    name = said["INSTRUMENT_ID"]
    angle = ANGLE.search(name) if mission == "VOYAGER" else None
    inst = vidicon.instrument(_camera(angle[1]) if angle else name, craft, source)
    notes = _filter(said, mission, inst, source)
    said.update(SPACECRAFT_NAME=craft, INSTRUMENT_ID=inst, NO_CAMERA_STATE=3)
    for n, state in enumerate(vidicon.states(craft, inst, said), 1):
        if state is not None:
            said.set(f"CAMERA_STATE_{n}", state)
    if "FILTER_NUMBER" in said:
        figures = filters.group(inst).numbers(vidicon.WHEELS[mission, inst][said["FILTER_NUMBER"]])
        band.update(FilterName=said["FILTER_NAME"], FilterNumber=said["FILTER_NUMBER"])
        for key, value in zip(("Center", "Width"), figures, strict=True):
            band.set(key, Quantity(value, "micrometers"))
    for node, key in ((said, "StartTime"), (made["Archive"], "EarthReceivedTime")):
        if key in node:
            node.set(key, translate.when(node[key]).isoformat())
    made["BandBin"] = band
    made["Kernels"] = Node("Group", "Kernels", [("NaifFrameCode", codes.group(craft)[inst])])
    return made, notes


def _camera(word):
    return "WA" if word.upper() in ("WIDE", "ISSW") else "NA"


def _filter(said, mission, inst, source):
    """Complete name and number of the filter; return what is odd: the number counts."""
    word = said.get("FILTER_NUMBER", said.get("FILTER_NAME"))
    if word is None:
        return []
    wheel, given = vidicon.WHEELS[mission, inst], said.get("FILTER_NAME", word)
    number = vidicon.filter_number(word, mission, inst, source)
    said.update(FILTER_NAME=wheel[number], FILTER_NUMBER=number)
    with contextlib.suppress(Error):  # a name that no wheel has
        if wheel[vidicon.filter_number(given, mission, inst)] == wheel[number]:
            return []
    return [f"filter {number} of {inst} is {wheel[number]}, FILTER_NAME = {given}: ignored"]


def made(frame, groups):
    """Return the cube of a frame, the type of its samples, and what is odd in them.

    groups  {name: Node}; Group Geoma is added to an image in object space
    """
    core, said, notes = frame.core, groups["Instrument"], []
    bits = 8 * core.itemsize
    said.set("SampleBits", min(bits, 32))
    said.items.sort(key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER))
    if _in_object_space(frame, said["SPACECRAFT_NAME"].split("_")[0]):
        groups = {**groups, "Geoma": Node("Group", "Geoma", [("Space", "Object")])}
        if "GEOMA" in frame.programs:
            groups["Geoma"].set("Source", "GEOMA")
        else:
            notes.append("taken to be in object space because of its size; no task is GEOMA")
    if _calibrated(frame, groups):
        units = [("CalibratedBy", "FICOR77")]
        groups = {**groups, "Radiometry": Node("Group", "Radiometry", units)}
        notes.append("calibrated by FICOR77: its samples are no raw DN")
    word = bits == 8 or (core.dtype.kind == "i" and bits == 16 and core.min() >= LOWEST)
    groups = {name: dict(node.items) for name, node in groups.items() if node.items}
    label = Node("Object", "OriginalLabel", [("Name", "IsisCube")])
    text = frame.text.encode("latin-1", "replace")
    blob = cube.Blob("OriginalLabel", "IsisCube", label, text)
    image = cube.new(core[None], **groups).with_blob(blob)
    return image, "SignedWord" if word else "Real", notes


def _in_object_space(frame, mission):
    """Return True of an image of Voyager in object space, False of a raw frame, by their sizes."""
    found, raw = frame.core.shape, vidicon.FRAMES[mission]
    made = (objectspace.LINES, objectspace.SAMPLES) if mission == "VOYAGER" else raw
    if found not in (raw, made):
        also = f", in object space {made[0]} of {made[1]}" if made != raw else ""
        told = f"{found[0]} lines of {found[1]} samples, expected {raw[0]} of {raw[1]}"
        raise Error(f"{frame.source}: {told}{also}")
    return found != raw


def _calibrated(frame, groups):
    return "FICOR77" in frame.programs or groups["Archive"].get("ProductType") in CALIBRATED


def record(p, frame, notes):
    """Tell the user what is odd in a frame, and the History of a label that lay beside it."""
    if frame.beside:
        p.use(frame.beside)
    for words in notes:
        p.say(f"{p.FROM}: {words}")
