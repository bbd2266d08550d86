"""voycal - DN of a Voyager or Viking vidicon camera to radiance factor.

The equations are (1) to (6) of kit/vidical; the manual of ISIS 2's voycal is their source and
that of every parameter.  A value is the one typed, else that of the label, else that of the row
of TABLE or LINTABLE that fits the camera and its state; Group Radiometry tells each and whence it
came.  Samples stream; only the shading G and the dark current DC are held.
"""

import os

from perijove.kit import attributes, parm, stream, vidical, vidiconlabel, vidicontable, vidiframe
from perijove.kit.error import Error
from perijove.kit.label import Quantity
from perijove.kit.units import AU

BLANK = ("EXP", "W0", "SUN", "LINORM", "K", "GAIN", "NORM", "SPNUM")  # a typed 0: not given
ASSUMED = {"GAIN": 1.0, "OFF": 0.0, "DEL_EXP": 0.0}  # where a typed W0 stands for the row
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
    number = vidiconlabel.number_of(p.SPCRAFT, words) if p.given("SPCRAFT") else words["SPNUM"]
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
    return vidiframe.identified(found, p.FROM, made)


def constants(p, known, made):
    """Return the table of W0, the row that fits (or None) and DIST0 in km (or None)."""
    table = vidicontable.read(p.TABLE or f"{known.mission.lower()}/voycal.sav", p, "voycal")
    typed = [name for name in ("W0", *ASSUMED) if p.given(name)]
    typed += ["DIST0"] if p.given("W0") else []  # that of the target does then
    row = vidiframe.fitting(table, known, not p.given("W0"), typed)
    of = row or {}
    dist0 = of.get("DIST0") or vidical.STANDARD.get(known.target)
    if row is None:
        assume(p, table, dist0, made)
    made.put("OmegaNaught", p.resolve("W0", table=of.get("W0")), "DN/s", "W0", row)
    made.put("GainCorrection", p.resolve("GAIN", table=of.get("GAIN")), None, "GAIN", row)
    made.put("OffsetCorrection", p.resolve("OFF", table=of.get("OFF")), "DN", "OFF", row)
    delay = p.resolve("DEL_EXP", table=of.get("DEL_EXP"))
    made.put("DeltaExposureTime", delay, "ms", "DEL_EXP", row)
    dist0 = dist0 and dist0 * AU
    made.put("SunDistance", dist0, "km", "Table" if row else "Default", row)
    return table, row, dist0


def assume(p, table, dist0, made):
    """Set what a typed W0 without a row leaves open, and say so; DIST0 in AU, or None."""
    open_ = [name for name in ASSUMED if not p.given(name)]
    p.values.update((name, ASSUMED[name]) for name in open_)
    told = [f"{name} = {ASSUMED[name]:g}" for name in open_]
    told += [f"DIST0 = {dist0:g} AU" if dist0 else "DIST0 = DIST1", "no shading"]
    name = os.path.basename(table.path)
    made.say(f"no row of {name} fits: W0 = {p.W0:g} as typed; assumed: {', '.join(told)}")


def exposure(p, made):
    """Return the exposure with DEL_EXP, s."""
    made.put("ExposureDuration", p.EXP, "s", "EXP")
    found = p.EXP + p.DEL_EXP / 1000
    if not min(p.EXP, found) > 0:
        told = f"EXP = {p.EXP:g} s, {found:g} s with DEL_EXP = {p.DEL_EXP:g} ms"
        raise Error(f"{p.FROM}: {told}: expected more than 0, both: give EXP")
    made.put("CalcExpoDuration", 1000 * found, "ms")
    return found


def distance(p, label, dist0, made):
    """Return DIST1, km: SUN, else the length of the label's vector, else DIST0 (None: unknown)."""
    vector = vidiconlabel.sun_distance(label)
    found, source = p.resolve("SUN", label=vector and Quantity(vector, "km")), "SUN"
    if found is not None:
        found, told = vidical.sun(found)
        if p.given("SUN"):
            made.say(f"SUN = {told}")
    elif dist0:
        made.say(f"no SUN and no SC_SUN_POSITION_VECTOR: DIST1 = DIST0 = {dist0 / AU:g} AU")
        found, source = dist0, "DIST0"
    made.put("CalcSunDistance", found, "km", source)
    return found


def linearity(p, known, made):
    """Return B, K, LINORM, or None where the DN are not linearised."""
    typed = [name for name in ("B", "K", "LINORM") if p.given(name)]
    row = None
    if p.LINEAR and len(typed) < 3:
        table = vidicontable.read(p.LINTABLE, p, "voylin")
        row = vidiframe.fitting(table, known, typed or p.given("LINEAR"), typed)
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
    made.put("ACoefficient", (linorm - b) / linorm)
    made.put("B_HighEndNon-LinearityCorrection", b, None, "B", row)
    made.put("K_PowerOfNon-Linearity", k, None, "K", row)
    made.put("NormalizingPower", linorm, "DN", "LINORM", row)
    return b, k, linorm


def dark(p, table, row):
    """Return the path of the dark current file, or None."""
    path = p.resolve("DCFILE", table=row and row["DCFILE"])
    return path if path is None or p.given("DCFILE") else table.beside(path)


def storage(p, bits, kind):
    """Return how radiance factors are stored; bits is SampleBits, kind the input's pixel type."""
    to = attributes.output(p.TO)
    if p.given("OTYPE") and to.type:
        raise Error(f"OTYPE = {p.OTYPE} and TO = {p.TO}: give the pixel type once")
    span = vidical.span(p.ORANGE)
    if span and to.range:
        raise Error(f"ORANGE = {p.ORANGE} and TO = {p.TO}: give the range once")
    if (span or to.range) and p.given("NORM"):
        raise Error("NORM and a range (ORANGE) exclude each other")
    kind = to.type or vidical.output_type(p.OTYPE, bits, kind)
    return vidical.Stored(kind, p.NORM or vidical.NORMS.get(kind, 10000.0), span or to.range)


def frame(p, label, kind):
    """Return the Frame and the Stored of a cube; its label gets Group Radiometry."""
    words = vidiconlabel.found(label)
    shape = vidiframe.raw(label, words, p.FROM)
    made = vidiframe.Radiometry(p)
    known = state(p, words, made)
    stored = storage(p, words["BITS"], kind)
    table, row, dist0 = constants(p, known, made)
    vidiframe.doubt(made, words, known, stored)
    seconds = exposure(p, made)
    dist1 = distance(p, label, dist0, made)
    w1 = vidical.omega(p.W0, dist0, dist1) if dist0 else p.W0
    found = vidical.Frame(
        exposure=seconds,
        w1=w1,
        gain=p.GAIN,
        off=p.OFF,
        linearity=linearity(p, known, made),
        g=vidiframe.shading(made, table, row, shape),
        dc=vidiframe.dark(made, dark(p, table, row), SIGNS.get(p.DCSIGN), row, known, shape),
    )
    made.put("Omega_W1", w1, "DN/s")
    made.put("XMLT", found.factor, "1/DN")
    made.put("Norm", stored.norm if not stored.range else None, "DN", "NORM")
    made.put("OutputRange", stored.range and list(stored.range), None, "ORANGE")
    made.put("SaturationFlag", p.SAT_FLAG, None, "SAT_FLAG")
    made.put("UserNote", p.USERNOTE)
    made.give(label)
    return found, stored


@parm.tool
def main(p):
    unset(p)
    made, marked = [], []

    def edit(label):
        scale = vidiframe.pixels(label)
        made.extend((*frame(p, label, scale[0]), scale))
        return made[1].pixels

    def calibrate(block, band, line):
        found, stored, scale = made
        out = stored.dn(found.iof(block, line))
        if p.SAT_FLAG:
            hit = vidical.saturated(block, *scale)
            marked.append(int(hit.sum()))
            out[hit] = stored.flag
        return out

    stream.run(p, edit, calibrate)
    if p.SAT_FLAG:
        p.say(f"saturated: {sum(marked)} samples marked")
