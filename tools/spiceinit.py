"""spiceinit - attach to a JunoCam cube all that SPICE knows about where it looks.

The kernels are read once; every later tool finds in the cube a Table Geometry, one row per
frame, and a Group Camera, and needs no kernel.  All filters of a frame share the epoch

    et(f) = START + START_TIME_BIAS + f (INTERFRAME_DELAY + INTERFRAME_DELTA) + e     (1)

with START and INTERFRAME_DELAY of the label, START_TIME_BIAS (61.88 ms) and INTERFRAME_DELTA
(1 ms) of the instrument kernel (juno_junocam_v03.ti, Timing), and e = 0, half or all of the
exposure.  The position of the spacecraft is read at et + TIMEOFFSET.
"""

import os

import numpy as np

from perijove.kit import cube, geometry, parm, strip, track, translate
from perijove.kit.error import Error
from perijove.kit.label import Quantity
from perijove.kit.radiometry import PHOTOACTIVE, SAMPLES
from perijove.kit.sink import pixel_type

CODES = {"BLUE": -61501, "GREEN": -61502, "RED": -61503, "METHANE": -61504}  # of NAIF
LINES = 128  # of a full resolution framelet
KINDS = {  # what each ATTITUDE takes from the kernels
    "CK": {"LSK", "PCK", "SPK", "FK", "IK", "SCLK", "CK"},
    "SPIN": {"LSK", "PCK", "SPK", "FK", "IK"},
    "NONE": {"LSK", "PCK", "SPK", "IK"},
}
NAMED = 5  # files that are no kernels: so many are named


def epochs(start, frames, delay, exposure, bias, delta, term):
    """Epochs (frames,) in TDB s, eq. (1).

    start     s TDB            delay     INTERFRAME_DELAY, s      exposure  s
    bias      START_TIME_BIAS, s         delta  INTERFRAME_DELTA, s
    term      NONE, MID or END: the part of the exposure that is added
    """
    part = {"NONE": 0.0, "MID": 0.5, "END": 1.0}[term]
    return start + bias + np.arange(frames) * (delay + delta) + part * exposure


def check(made, source):
    """Filter names of a JunoCam strip; any other cube is an Error."""
    instrument = made.group("Instrument")
    name = f"{instrument.text('SpacecraftName')} {instrument.text('InstrumentId')}"
    if name.upper() != "JUNO JNC":
        raise Error(f"{source}: {name}: only JunoCam (JUNO JNC) is known")
    names = [n.upper() for n in made.band_names()]
    strange = [n for n in names if n not in CODES]
    if strange:
        raise Error(f"{source}: band {strange[0]} is no filter of JunoCam ({', '.join(CODES)})")
    summing = strip.factor(instrument)
    lines = instrument.integer("FrameletLines", default=LINES // summing)
    size = instrument.integer("NumberFramelets") * lines, SAMPLES // summing
    if lines != LINES // summing or made.core.shape[1:] != size:
        found = "{} lines of {} samples".format(*made.core.shape[1:])
        raise Error(f"{source}: {found}, expected {size[0]} of {size[1]}: a whole strip")
    return names


def read(made, names, p):
    """The Geometry of the cube from the loaded kernels, and the time offset of its positions, s."""
    import spiceypy as sp

    from perijove.kit import kernels

    instrument = made.group("Instrument")
    stated = instrument.text("TargetName", default=None)
    target = p.resolve("TARGET", label=stated)
    if target is None:
        raise Error(f"{p.FROM}: TargetName is missing: give TARGET")
    target = target.upper()
    summing = strip.factor(instrument)
    codes = [CODES[name] for name in names]
    kernels.need(KINDS[p.ATTITUDE] | ({"SCLK"} if p.CLOCK == "SCLK" else set()), target, codes[0])

    if p.CLOCK == "SCLK":
        start = sp.scs2e(-61, instrument.text("SpacecraftClockStartCount"))
    else:
        start = sp.str2et(translate.value(instrument, "StartTime", "Time").rstrip("Zz"))
    et = epochs(
        start,
        instrument.integer("NumberFramelets"),
        instrument.number("InterFrameDelay", unit="s"),
        instrument.number("ExposureDuration", unit="ms") / 1000.0,
        kernels.constant(codes[0], "START_TIME_BIAS"),
        kernels.constant(codes[0], "INTERFRAME_DELTA"),
        p.EPOCH,
    )
    line = instrument.number("MethaneLine", unit="pixels", default=None)
    camera = kernels.camera(codes, names, (LINES, SAMPLES), PHOTOACTIVE, line)
    if line is not None and "METHANE" in names:
        p.say(f"METHANE: the label puts the optical axis at line {line:g}")
    if summing > 1:
        camera = camera.summed(summing)
    if p.TIMEOFFSET == "LABEL" or target == (stated or "").upper():
        offset, words = track.offset(
            instrument, lambda dt: kernels.place(target, start + dt), p.TIMEOFFSET
        )
        if words:
            p.say(words)
    else:
        offset = p.TIMEOFFSET
    return kernels.states(et, target.title(), camera, p.ATTITUDE, offset), offset


def passed(odd):
    """The words on files that are no kernels, the first few of them by name."""
    names = [os.path.basename(path) for path in odd[:NAMED]]
    more = [f"{len(odd) - NAMED} more"] if len(odd) > NAMED else []
    return f"no kernel, passed over: {', '.join(names + more)}"


def attach(made, found, offset):
    """The cube with the geometry, and with target, Sun and time offset in Group Instrument."""
    made = geometry.attach(made, found)
    sun = found.sun[len(found) // 2]
    made.isis.delete("LimbFit")  # of an attitude that is replaced
    instrument = made.group("Instrument")
    instrument.delete("PositionTimeOffset")
    if offset:
        instrument.set("PositionTimeOffset", Quantity(float(offset), "s"))
    instrument.update(
        TargetName=found.target,
        SolarDistance=Quantity(float(np.linalg.norm(sun)), "km"),
        SC_SUN_POSITION_VECTOR=Quantity([float(x) for x in sun], "km"),
    )
    return made


@parm.tool
def main(p):
    made = cube.read(p.FROM)
    names = check(made, p.FROM)
    if p.KERNELS:
        from perijove.kit import kernels

        paths, odd = kernels.files(p.KERNELS)
        try:
            with kernels.loaded(paths):
                found, offset = read(made, names, p)
        except Error as error:  # the kernel that is missing may be the one that was passed over
            raise type(error)(f"{error}; {passed(odd)}" if odd else str(error)) from None
        if odd:
            p.say(passed(odd))
        for path in paths:
            p.use(path)
        made = attach(made, found, offset)
    elif p.ATTITUDE == "NONE":
        p.say("no KERNELS are given: nothing is attached")
    else:
        raise Error(f"KERNELS must be given for ATTITUDE = {p.ATTITUDE}")
    cube.write(p.TO, made, p, type=pixel_type(made))
