"""A vidicon frame as one framelet: its camera in object space, and when it was exposed.

With S the time that the clock's count in the label stands for, T the label's StartTime, t the
exposure and e = 0, 1/2 or 1 the part of it asked for (shutter opens, middle, closes):

    Voyager   et = S - 2 s - (1 - e) t          S or T: the readout begins             (1)
    Viking    et = S + (7/8 + 1/64) 4.48 s + e t        for t <= 0.42 s                (2)
              et = S + (3/8 + 1/64) 4.48 s + e t        for longer exposures
              et = T + (e - 1/2) t                      T: the middle of the exposure

(1): VoyagerCamera.cpp; (2): VikingCamera.cpp, DOI-USGS/ISIS3, after NAIF's Viking Orbiter Time
Tag Analysis and Restoration (B. Semenov, C. Acton).  T is a whole second in most labels.
A Voyager count has 60ths of 48 s after the point, in which a frame is read at 1:1.  A wide-angle
frame shuttered with a narrow-angle one (BOTSIM, BSIMAN) is read after it, and its count is later
by the scan rate (vgrfixlabel, of which voy2isis tells).
"""

import contextlib

import numpy as np

from . import calfile, platforms, pointing, translate, vidicon, vidiconlabel
from .camera import Camera
from .coverage import KINDS, PLACES, missing, need, number, utc
from .error import Error

READOUT = 2.0  # s from the end of the exposure of Voyager to the readout
TICK = 4.48  # s, Viking's frame start count
SHORT = 0.420  # s: to that the exposure begins 7/8 of a tick after the count
NUMBERS = ("FOCAL", "SCALE", "LINE", "SAMPLE", "LINES", "SAMPLES")  # columns of camera.sav
PART = {"NONE": 0.0, "MID": 0.5, "END": 1.0}
APART = 60.0  # s between clock and StartTime that deserve a word


def planet(name):
    """The body that a label's TargetName stands for: the planet of rings, else as it is."""
    word = "".join(c for c in (name or "").upper() if c.isalpha())
    return vidicon.SYSTEMS.get(word[:1], name) if word.endswith(("RINGS", "RING")) else name


def seen(made, target, attitude, clock, part, p):
    """Platform, epoch (1,) s TDB and Camera of a frame from the loaded kernels, and words on them.

    target, attitude, clock, part  as spiceinit has them; p  its Parameters, where the table used
    is recorded
    """
    state = vidicon.state(vidiconlabel.found(made.label), made.source)
    platform = platforms.of(state.spacecraft, state.inst)
    need(KINDS[attitude], target, platform=platform)
    row = constants(state, p)
    words = []
    if attitude == "CK":
        words.append(check(made, state, row))
    et, apart = exposed(made, state, platform, clock, part)
    if attitude == "CK":
        words.append(f"the pointing is that of {pointing.nearest(platform, et[0])}")
    names = [name.upper() for name in made.band_names()]
    return platform, et, camera(row, names, platform), [w for w in (apart, *words) if w]


def constants(state, p=None):
    """The row of camera.sav for the camera of a vidicon.State."""
    table = calfile.read(f"{state.mission.lower()}/camera.sav", p)
    for column in NUMBERS:
        table.numbers(column)  # any other cell is an Error
    return calfile.match(table, {"SPACECRAFT": state.spacecraft, "INST": state.inst})


def check(made, state, row):
    """The words on a frame whose pixels are no object space; an Error where geometry needs it."""
    size, found = (int(row["LINES"]), int(row["SAMPLES"])), made.core.shape[1:]
    geometric = "Geoma" in made.isis
    if found != size or (state.mission == "VOYAGER" and not geometric):
        where = f"{found[0]} lines of {found[1]} samples{', Group Geoma' if geometric else ''}"
        if state.mission == "VOYAGER":
            expected = f"{size[0]} of {size[1]} in object space (Group = Geoma): run geoma"
        else:
            expected = f"{size[0]} of {size[1]}: a whole frame"
        raise Error(f"{made.source}: {where}, expected {expected}, or give ATTITUDE = NONE")
    if len(made.core) != 1:
        raise Error(f"{made.source}: {len(made.core)} bands, expected 1 of a frame")
    return "" if geometric else "the distortion of the vidicon is not removed: some pixels"


def camera(row, names, platform):
    """The Camera of a row of camera.sav; kernels that are loaded go before it."""
    focal, scale = row["FOCAL"] * 1.0, row["SCALE"] * 1.0
    focal = number(f"INS{platform.code}_FOCAL_LENGTH", focal)
    scale = number(f"INS{platform.code}_ITRANSS", scale, 1)
    if min(focal, scale) <= 0:
        raise Error(f"a focal length of {focal:g} mm, {scale:g} pixels/mm: expected more than 0")
    samples = int(row["SAMPLES"])
    return Camera(
        focal=focal * scale,
        cx=row["SAMPLE"] - 0.5,
        cy=[row["LINE"] - 0.5] * len(names),
        k1=0.0,
        k2=0.0,
        lines=int(row["LINES"]),
        samples=samples,
        first=0,
        last=samples,
        names=names,
    )


def exposed(made, state, platform, clock=None, part="MID"):
    """The epoch (1,), s TDB, at which a frame was exposed, eqs. (1), (2), and words on it.

    clock  "SCLK", "UTC", or None: the clock's count, where label and kernels have it
    part   NONE, MID or END of the exposure: the shutter opens, the middle, it closes
    """
    if state.exposure is None or state.exposure < 0:
        raise Error(f"{made.source}: EXPOSURE_DURATION = {state.exposure}: expected seconds")
    start = _stated(made)
    if clock == "UTC" and start is None:
        raise Error(f"{made.source}: the label has no StartTime: CLOCK = SCLK takes IMAGE_NUMBER")
    asked = clock == "SCLK" or start is None
    count = None if clock == "UTC" else _counted(state, platform, start, asked, made.source)
    times = [
        opened(state.mission, time, state.exposure, PART[part], counted)
        for time, counted in ((count, True), (start, False))
        if time is not None
    ]
    words, off = "", times[0] - times[-1]
    if abs(off) > APART:
        words = f"IMAGE_NUMBER {state.image_no} is {utc(times[0])}, {off:+.0f} s from StartTime"
    return np.array(times[:1]), words


def _stated(made):
    """The label's StartTime, s TDB, or None."""
    import spiceypy as sp

    instrument = made.group("Instrument")
    if translate.absent(instrument.get("StartTime")):
        return None
    return sp.str2et(translate.value(instrument, "StartTime", "Time").rstrip("Zz"))


def opened(mission, time, exposure, part, counted=True):
    """The epoch of a part (0 to 1) of the exposure, s, eqs. (1), (2), from S or T, s."""
    if mission == "VOYAGER":
        return time - READOUT - (1 - part) * exposure
    if not counted:
        return time + (part - 0.5) * exposure
    return time + ((7 if exposure <= SHORT else 3) / 8 + 1 / 64) * TICK + part * exposure


def count(state, source="-"):
    """The count of a frame as its clock writes it: 34403:46 of Voyager, 25973540 of Viking."""
    text, bare = state.image_no.strip(), f"{source}: IMAGE_NUMBER = {state.image_no}"
    if state.mission == "VIKING":
        if not text.isdecimal():
            raise Error(f"{bare}: expected a whole number")
        return text
    high, point, low = text.replace(":", ".").partition(".")
    if not point:  # ISIS 3 leaves out the point
        high, low = text[:-2], text[-2:]
    low = low.ljust(2, "0")  # a number in a label loses its last 0
    if not (high.isdecimal() and low.isdecimal() and len(low) == 2 and int(low) < 60):
        raise Error(f"{bare}: expected a count as 34403.46")
    ticks = 60 * int(high) + int(low)
    if state.inst == "WA" and str(state.state2) == "1":
        if not isinstance(state.state1, int | None):
            raise Error(f"{source}: CAMERA_STATE_1 = {state.state1}: expected N of a scan rate N:1")
        ticks -= state.state1 or 0
    return f"{ticks // 60:05d}:{ticks % 60:02d}"


def _counted(state, platform, start, asked, source):
    """The time of the count, s TDB; None where it cannot be had, an Error where it is asked for.

    Of the clock's partitions that counts which comes nearest to the label's start, if known.
    """
    import spiceypy as sp

    there = sp.expool(f"SCLK_DATA_TYPE_{-platform.counter}")
    if state.image_no is None or not there:
        if asked and state.image_no is None:
            raise Error(f"{source}: the label has no IMAGE_NUMBER for the clock to tell the time")
        if asked:
            raise missing("SCLK", PLACES["SCLK"], *platform.places["SCLK"])
        return None
    word, times = count(state, source), []
    for partition in range(1, len(sp.scpart(platform.counter)[0]) + 1):
        with contextlib.suppress(sp.SpiceyError):
            times.append(sp.scs2e(platform.counter, f"{partition}/{word}"))
    if not times:
        raise Error(f"{source}: IMAGE_NUMBER = {state.image_no}: no count of the loaded SCLK")
    return times[0] if start is None else min(times, key=lambda t: abs(t - start))
