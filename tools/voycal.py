"""voycal - DN of a Voyager or Viking vidicon camera to radiance factor.

The equations are (1) to (6) of kit/vidical; the manual of ISIS 2's voycal is their source and
that of every parameter.  A value is the one typed, else that of the label, else that of the row
of TABLE or LINTABLE that fits the camera and its state; Group Radiometry tells each and whence it
came.  Samples stream; only the shading G and the dark current DC are held.
"""

import os

import numpy as np

from perijove.kit import attributes, parm, stream, vidical, vidicon, vidicontable
from perijove.kit.error import Error
from perijove.kit.label import Quantity
from perijove.kit.vidiframe import (
    Radiometry,
    current,
    fitting,
    identified,
    plane,
    refuse,
    strangers,
)

BLANK = ("EXP", "W0", "SUN", "LINORM", "K", "GAIN", "NORM", "SPNUM")  # a typed 0: not given
ASSUMED = {"GAIN": 1.0, "OFF": 0.0, "DEL_EXP": 0.0}  # where a typed W0 stands for the row
TYPES = {"1": "UnsignedByte", "2": "SignedWord", "3": "Real"}  # OTYPE
BITS = {8: "UnsignedByte", 16: "SignedWord", 32: "Real"}  # SampleBits
SIGNS = {"ADD": 1, "+1": 1, "1": 1, "SUBTRACT": -1, "-1": -1}  # DCSIGN


def unset(p):
    """Take back the values by which the manual says that none is given."""
    for name in BLANK:
        value = p.values[name]
        if p.given(name) and (value.value if isinstance(value, Quantity) else value) == 0:
            p.values[name], p.sources[name] = None, "Default"
    if p.DEL_EXP == 999:
        p.values["DEL_EXP"], p.sources["DEL_EXP"] = None, "Default"


def state(p, words, made):
    """Return the State of the frame by parameters, else label; what is missing is an Error."""
    number = vidicon.number_of(p.SPCRAFT, words) if p.given("SPCRAFT") else words["SPNUM"]
    found = {
        "SPCRAFT": p.resolve("SPCRAFT", label=words["SPCRAFT"]),
        "SPNUM": p.resolve("SPNUM", label=number),
        "IMAGE_NO": p.resolve("IMAGE_NO", label=words["IMAGE_NO"]),
        "INST_ID": p.resolve("INST_ID", label=words["INST_ID"]),
        "TAR_CODE": p.resolve("TAR_CODE", label=words["TAR_CODE"]),
        "FILTER": p.resolve("FILTER", label=words["FILTER"]),
        "STATE1": p.resolve("STATE1", label=words["STATE1"]),
        "STATE2": p.resolve("STATE2", label=words["STATE2"]),
        "STATE3": p.resolve("STATE3", label=words["STATE3"]),
        "EXP": p.resolve("EXP", label=words["EXP"]),
    }
    return identified(found, p.FROM, made)


def constants(p, words, known, made):
    """Return the table of W0, the row that fits (or None) and DIST0 in km (or None)."""
    table = vidicontable.read(p.TABLE or f"{known.mission.lower()}/voycal.sav", p, "voycal")
    row = fitting(table, known, needed=not p.given("W0"))
    of = row or {}
    assumed = []
    for name, key, unit, value in (
        ("W0", "OmegaNaught", "DN/s", p.resolve("W0", table=of.get("W0"))),
        ("GAIN", "GainCorrection", None, p.resolve("GAIN", table=of.get("GAIN"))),
        ("OFF", "OffsetCorrection", "DN", p.resolve("OFF", table=of.get("OFF"))),
        ("DEL_EXP", "DeltaExposureTime", "ms", p.resolve("DEL_EXP", table=of.get("DEL_EXP"))),
    ):
        if value is None:
            value = p.values[name] = ASSUMED[name]
            assumed.append(f"{name} = {value:g}")
        made.put(key, value, unit, name, row)
    dist0 = of.get("DIST0", vidical.STANDARD.get(known.target))
    made.put("SunDistance", dist0 and dist0 * vidical.AU, "km", "Table" if row else "Default", row)
    if row is None:
        told = [*assumed, f"DIST0 = {dist0:g} AU" if dist0 else "DIST0 = DIST1", "no shading"]
        name = os.path.basename(table.path)
        made.say(f"no row of {name} fits: W0 = {p.W0:g} as typed; assumed: {', '.join(told)}")
    ratio = vidical.GAINS.get((known.spacecraft, known.inst))
    if ratio and str(words["GAINMODE"]).upper() == "HIGH" and not p.given("GAIN"):
        made.say(f"high gain state, but GAIN = {p.GAIN:g}: give GAIN={1 / ratio:.5f}")
    return table, row, dist0 and dist0 * vidical.AU


def exposure(p, made):
    """Return the exposure with DEL_EXP, s."""
    made.put("ExposureDuration", p.EXP, "s", "EXP")
    found = p.EXP + p.DEL_EXP / 1000
    if not min(p.EXP, found) > 0:
        told = f"EXP = {p.EXP:g} s, with DEL_EXP {found:g} s"
        raise Error(f"{p.FROM}: {told}: expected more than 0: give EXP")
    made.put("CalcExpoDuration", 1000 * found, "ms")
    return found


def distance(p, label, dist0, made):
    """Return DIST1, km: SUN, else the length of the label's vector, else DIST0 (None: unknown)."""
    vector = vidicon.sun_distance(label)
    found, source = p.resolve("SUN", label=vector and Quantity(vector, "km")), "SUN"
    if found is not None:
        found, told = vidical.sun(found)
        if p.given("SUN"):
            made.say(f"SUN = {told}")
    elif dist0:
        made.say(f"no SUN and no SC_SUN_POSITION_VECTOR: DIST1 = DIST0 = {dist0 / vidical.AU:g} AU")
        found, source = dist0, "DIST0"
    made.put("CalcSunDistance", found, "km", source)
    return found


def linearity(p, known, made):
    """Return B, K, LINORM, or None where the DN are not linearised."""
    typed = [name for name in ("B", "K", "LINORM") if p.given(name)]
    row = None
    if p.LINEAR and len(typed) < 3:
        table = vidicontable.read(p.LINTABLE, p, "voylin")
        row = fitting(table, known, needed=typed or p.given("LINEAR"))
    elif typed and not p.LINEAR:
        made.say(f"LINEAR = NO: {', '.join(typed)} not used")
    applied = p.LINEAR and (row is not None or len(typed) == 3)
    made.put("LinearityCorrection", applied, source="LINEAR")
    if not applied:
        if p.LINEAR and known.mission == "VOYAGER":
            made.say(f"no row of {os.path.basename(p.LINTABLE)} fits: DN are not linearised")
        return None
    of = row or {}
    b = p.resolve("B", table=of.get("B"))
    k = p.resolve("K", table=of.get("K"))
    linorm = p.resolve("LINORM", table=of.get("LINORM"))
    if not (k > 0 and linorm > 0):
        raise Error(f"K = {k:g}, LINORM = {linorm:g}: expected more than 0")
    made.put("ACoefficient", (linorm - b) / linorm)
    made.put("B_HighEndNon-LinearityCorrection", b, None, "B", row)
    made.put("K_PowerOfNon-Linearity", k, None, "K", row)
    made.put("NormalizingPower", linorm, "DN", "LINORM", row)
    return b, k, linorm


def shading(p, table, row, shape, made):
    """Return G, (lines, samples), or None."""
    if row is None or row["GAINFILE"] is None:
        return None
    path = attributes.extended(table.beside(row["GAINFILE"]))
    made.put("GainCorrectionFile", os.path.basename(path), None, "Table", row)
    return plane(p, path, shape).core[0].astype(np.float64)


def dark(p, known, table, row, shape, made):
    """Return DC, (lines, samples), DN to be added, or None."""
    path = p.resolve("DCFILE", table=row and row["DCFILE"])
    if path is None:
        made.say("no dark current is subtracted: give DCFILE, or NONE")
    if path is None or path.upper() == "NONE":
        return None
    path = attributes.extended(path if p.given("DCFILE") else table.beside(path))
    found = plane(p, path, shape)
    for words in strangers(known, found.label, os.path.basename(path)):
        made.say(words)
    dc, sign = current(found, SIGNS.get(p.DCSIGN), path)
    made.put("OffsetCorrectionFile", os.path.basename(path), None, "DCFILE", row)
    made.put("OffsetCorrectionSign", sign)
    return dc


def storage(p, words, label, made):
    """Return how radiance factors are stored, by OTYPE, NORM, ORANGE and the attributes of TO."""
    to = attributes.output(p.TO)
    if p.given("OTYPE") and to.type:
        raise Error(f"OTYPE = {p.OTYPE} and TO = {p.TO}: give the pixel type once")
    pixels = label.object("IsisCube").object("Core").group("Pixels")
    kind = to.type or TYPES.get(p.OTYPE) or BITS.get(words["BITS"]) or pixels.text("Type")
    kind = kind if "Integer" not in kind else "Real"
    span = vidical.span(p.ORANGE)
    if to.range:
        if span:
            raise Error(f"ORANGE = {p.ORANGE} and TO = {p.TO}: give the range once")
        span = to.range
    if span and p.given("NORM"):
        raise Error("NORM and a range (ORANGE) exclude each other")
    if span and kind in ("Real", "Double"):
        made.say(f"{kind} samples are I/F: a range does not change them")
    return vidical.Stored(kind, p.NORM or vidical.NORMS.get(kind, 10000.0), span)


def frame(p, label):
    """Return the Frame and the Stored of a cube; its label gets Group Radiometry."""
    words = vidicon.found(label)
    refuse(label, words, p.FROM)
    made = Radiometry(p)
    known = state(p, words, made)
    stored = storage(p, words, label, made)
    table, row, dist0 = constants(p, words, known, made)
    if words["BITS"] not in (None, 8):
        made.say(f"{p.FROM}: SampleBits = {words['BITS']}: raw DN have 8")
    seconds = exposure(p, made)
    dist1 = distance(p, label, dist0, made)
    w1 = vidical.omega(p.W0, dist0, dist1) if dist0 else p.W0
    size = label.object("IsisCube").object("Core").group("Dimensions")
    shape = size.integer("Lines"), size.integer("Samples")
    found = vidical.Frame(
        exposure=seconds,
        w1=w1,
        gain=p.GAIN,
        off=p.OFF,
        linearity=linearity(p, known, made),
        g=shading(p, table, row, shape, made),
        dc=dark(p, known, table, row, shape, made),
    )
    made.put("Omega_W1", w1, "DN/s")
    made.put("XMLT", found.factor, "1/DN")
    made.put("Norm", stored.norm if not stored.range else None, "DN", "NORM")
    made.put("OutputRange", stored.range and list(stored.range), None, "ORANGE")
    made.put("SaturationFlag", p.SAT_FLAG, None, "SAT_FLAG")
    made.put("UserNote", p.USERNOTE)
    label.object("IsisCube").append(made.group)
    for words in made.notes:
        p.say(words)
    return found, stored


@parm.tool
def main(p):
    unset(p)
    made, marked = [], []

    def edit(label):
        made.extend(frame(p, label))
        raw = label.object("IsisCube").object("Core").group("Pixels")
        scale = (raw.number(key, default=n) for key, n in (("Base", 0.0), ("Multiplier", 1.0)))
        made.append((raw.text("Type"), *scale))
        return made[1].pixels

    def calibrate(block, band, line):
        found, stored, pixels = made
        out = stored.dn(found.iof(block, line))
        if p.SAT_FLAG:
            hit = vidical.saturated(block, *pixels)
            marked.append(int(hit.sum()))
            out[hit] = stored.flag
        return out

    stream.run(p, edit, calibrate)
    if p.SAT_FLAG:
        p.say(f"saturated: {sum(marked)} samples marked")
