"""spiceinit - attach to a cube all that SPICE knows about where its camera looks.

The kernels are read once; every later tool finds in the cube a Table Geometry, one row per
frame, and a Group Camera, and needs no kernel.  A vidicon frame of Voyager or Viking is one row
(its epoch: kit/framecamera).  All filters of a frame of JunoCam share the epoch

    et(f) = START + START_TIME_BIAS + f (INTERFRAME_DELAY + INTERFRAME_DELTA) + e     (1)

with START and INTERFRAME_DELAY of the label, START_TIME_BIAS (61.88 ms) and INTERFRAME_DELTA
(1 ms) of the instrument kernel (juno_junocam_v03.ti, Timing), and e = 0, half or all of the
exposure.  The position of the spacecraft is read at et + TIMEOFFSET.
"""

import os

import numpy as np

from perijove.kit import (
    coverage,
    cube,
    framecamera,
    geometry,
    parm,
    platforms,
    strip,
    track,
    translate,
    vidiconlabel,
)
from perijove.kit.error import Error
from perijove.kit.label import Quantity
from perijove.kit.radiometry import PHOTOACTIVE, SAMPLES
from perijove.kit.sink import pixel_type

CODES = {"BLUE": -61501, "GREEN": -61502, "RED": -61503, "METHANE": -61504}  # of NAIF
LINES = 128  # of a full resolution framelet
NAMED = 5  # files that are no kernels: so many are named


def epochs(start, frames, delay, exposure, bias, delta, term):
    """Epochs (frames,) in TDB s, eq. (1).

    start     s TDB            delay     INTERFRAME_DELAY, s      exposure  s
    bias      START_TIME_BIAS, s         delta  INTERFRAME_DELTA, s
    term      NONE, MID or END: the part of the exposure that is added
    """
    part = {"NONE": 0.0, "MID": 0.5, "END": 1.0}[term]
    return start + bias + np.arange(frames) * (delay + delta) + part * exposure


def filters(made, source):
    """Filter names of a JunoCam strip, None of a cube of another camera; an Error for a part."""
    instrument = made.group("Instrument")
    names = [instrument.text(k, default="") for k in ("SpacecraftName", "InstrumentId")]
    if " ".join(names).upper() != "JUNO JNC":
        return None
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


def identify(made, source):
    """Error for a cube that is no vidicon frame either."""
    try:
        vidiconlabel.identity(made.label, source)
    except Error as error:
        raise Error(f"{error}, or a strip of JunoCam (JUNO JNC)") from None


def of_strip(made, names, target, p):
    """Platform, start s TDB, epochs (n,) s TDB and Camera of a JunoCam strip."""
    import spiceypy as sp

    from perijove.kit import kernels

    instrument = made.group("Instrument")
    summing = strip.factor(instrument)
    codes = [CODES[name] for name in names]
    clock = {"SCLK"} if p.CLOCK == "SCLK" else set()
    coverage.need(coverage.KINDS[p.ATTITUDE] | clock | {"IK"}, target, codes[0])

    if p.CLOCK == "SCLK":
        start = sp.scs2e(platforms.JUNO.counter, instrument.text("SpacecraftClockStartCount"))
    else:
        start = sp.str2et(translate.value(instrument, "StartTime", "Time").rstrip("Zz"))
    et = epochs(
        start,
        instrument.integer("NumberFramelets"),
        instrument.number("InterFrameDelay", unit="s"),
        instrument.number("ExposureDuration", unit="ms") / 1000.0,
        kernels.constant(codes[0], "START_TIME_BIAS"),
        kernels.constant(codes[0], "INTERFRAME_DELTA"),
        p.EPOCH or "NONE",
    )
    line = instrument.number("MethaneLine", unit="pixels", default=None)
    camera = kernels.camera(codes, names, (LINES, SAMPLES), PHOTOACTIVE, line)
    if line is not None and "METHANE" in names:
        p.say(f"METHANE: the label puts the optical axis at line {line:g}")
    if summing > 1:
        camera = camera.summed(summing)
    return platforms.JUNO, start, et, camera


def read(made, names, p):
    """The Geometry of the cube from the loaded kernels, and the time offset of its positions, s."""
    from perijove.kit import kernels

    instrument = made.group("Instrument")
    stated = framecamera.planet(instrument.text("TargetName", default=None))
    target = framecamera.planet(p.resolve("TARGET", label=stated))
    if target is None:
        raise Error(f"{p.FROM}: TargetName is missing: give TARGET")
    target = target.upper()
    if names:
        platform, start, et, camera = of_strip(made, names, target, p)
        said = []
    else:
        platform, et, camera, said = framecamera.seen(
            made, target, p.ATTITUDE, p.CLOCK, p.EPOCH or "MID", p
        )
        start = et[0]
    if p.TIMEOFFSET == "LABEL" or target == (stated or "").upper():
        offset, words = track.offset(
            instrument, lambda dt: kernels.place(target, start + dt, platform), p.TIMEOFFSET
        )
        said.append(words)
    else:
        offset = p.TIMEOFFSET
    found = kernels.states(et, target.title(), camera, p.ATTITUDE, offset, platform)
    for words in filter(None, said):
        p.say(words)
    return found, offset


def passed(odd):
    """The words on files that are no kernels, the first few of them by name."""
    names = [os.path.basename(path) for path in odd[:NAMED]]
    more = [f"{len(odd) - NAMED} more"] if len(odd) > NAMED else []
    return f"no kernel, passed over: {', '.join(names + more)}"


def attach(made, found, offset):
    """The cube with the geometry, and with target, Sun and time offset in Group Instrument."""
    made = geometry.attach(made, found)
    made.isis.delete("LimbFit")  # of an attitude that is replaced
    return sunlit(made, found, offset)


def sunlit(made, found, offset):
    """The cube with target, Sun and time offset of a Geometry in Group Instrument."""
    made = made.replace()
    sun = found.sun[len(found) // 2]
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
    names = filters(made, p.FROM)
    if names is None:
        identify(made, p.FROM)
        if p.ATTITUDE == "SPIN":
            raise Error(f"{p.FROM}: a vidicon frame does not spin: ATTITUDE is CK or NONE")
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
        if names is None and p.ATTITUDE == "NONE":
            made = sunlit(made, found, offset)
        else:
            made = attach(made, found, offset)
    elif p.ATTITUDE == "NONE":
        p.say("no KERNELS are given: nothing is attached")
    else:
        raise Error(f"KERNELS must be given for ATTITUDE = {p.ATTITUDE}")
    cube.write(p.TO, made, p, type=pixel_type(made))
