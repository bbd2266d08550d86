"""SPICE kernels: name what is missing, read a camera's geometry from those that are loaded.

spiceypy is imported inside the functions: only spiceinit and junosim need it.
"""

import numpy as np

from .attitude import quaternion, spin
from .camera import Camera
from .error import Error
from .frames import C, Geometry
from .kernelfiles import files, kind, loaded

__all__ = ["camera", "constant", "covers", "files", "kind", "loaded", "need", "place", "states"]

NAIF = "https://naif.jpl.nasa.gov/pub/naif"
PLACES = {  # kind: (what it holds, an example, where NAIF keeps it)
    "LSK": ("leap seconds", "naif0012.tls", "generic_kernels/lsk"),
    "PCK": ("radii and rotation of the target", "pck00010.tpc", "generic_kernels/pck"),
    "SPK": ("positions", "spk_rec_*.bsp", "JUNO/kernels/spk"),
    "CK": ("the spacecraft's attitude", "juno_sc_rec_*.bc", "JUNO/kernels/ck"),
    "SCLK": ("the spacecraft's clock", "JNO_SCLKSCET.*.tsc", "JUNO/kernels/sclk"),
    "FK": ("frames", "juno_v12.tf", "JUNO/kernels/fk"),
    "IK": ("the camera's constants", "juno_junocam_v03.ti", "JUNO/kernels/ik"),
}
MOONS = {4: "mar*.bsp", 5: "jup*.bsp", 6: "sat*.bsp", 7: "ura*.bsp", 8: "nep*.bsp"}  # by planet
RATE = 2 * 2 * np.pi / 60  # rad/s, the 2 rpm of Juno's science orbits
SPACECRAFT, BUS = "JUNO", -61000  # the frame JUNO_SPACECRAFT, which a CK holds


def need(kinds, target="JUPITER", instrument=-61500):
    """Error naming the first of these kinds that is not loaded and where NAIF keeps it.

    SPK and CK: those of the spacecraft; `covers` tells whether they reach far enough.
    """
    import spiceypy as sp

    def pool(key):
        return sp.expool(key)

    code = target_code(target) if "PCK" in kinds else 0
    there = {
        "LSK": lambda: pool("DELTET/DELTA_AT"),
        "PCK": lambda: pool(f"BODY{code}_RADII") and pool(f"BODY{code}_PM"),
        "SPK": lambda: len(_cover("SPK", _code(SPACECRAFT))),
        "CK": lambda: len(_cover("CK", BUS)),
        "SCLK": lambda: pool("SCLK_DATA_TYPE_61"),
        "FK": lambda: sp.namfrm("JUNO_JUNOCAM") != 0,
        "IK": lambda: pool(f"INS{instrument}_FOCAL_LENGTH"),
    }
    for name in ("LSK", "PCK", "FK", "IK", "SCLK", "SPK", "CK"):
        if name in kinds and not there[name]():
            what, example, place = PLACES[name]
            whose = f" for {target}" if name == "PCK" else ""
            raise _missing(name, what + whose, example, place)


def _missing(name, what, example, place):
    return Error(
        f"a kernel is missing: {name}, {what} (as {example}); NAIF keeps it in {NAIF}/{place}/"
    )


def target_code(target):
    """The NAIF code of a planet or moon by its name; anything else is an Error."""
    import spiceypy as sp

    code = _code(target)
    if sp.namfrm(f"IAU_{target.upper()}") == 0 or target.upper() == "SUN":
        raise Error(f"{target} is no planet or moon whose rotation SPICE knows: give TARGET")
    return code


def _code(name):
    import spiceypy as sp

    try:
        return sp.bodn2c(name)
    except sp.NotFoundError:
        raise Error(f"SPICE knows no body {name}: give TARGET, a planet or moon") from None


def _cover(name, code):
    """(n, 2) TDB s, what the loaded kernels of a kind, SPK or CK, cover of an object."""
    import spiceypy as sp

    window = sp.cell_double(20000)
    for i in range(sp.ktotal(name)):
        path = sp.kdata(i, name)[0]
        if name == "SPK":
            sp.spkcov(path, code, window)
        elif code in sp.ckobj(path):
            sp.ckcov(path, code, False, "INTERVAL", 0.0, "TDB", window)
    return np.array([sp.wnfetd(window, i) for i in range(sp.wncard(window))]).reshape(-1, 2)


def covers(name, code, what, et):
    """Error where the loaded kernels of a kind do not cover every epoch et, TDB s."""
    import spiceypy as sp

    spans = _cover(name, code)
    example, place = _keeps(code) if name == "SPK" else PLACES[name][1:]
    if not len(spans):
        raise _missing(name, f"{PLACES[name][0]} of {what}", example, place)
    inside = (spans[:, :1] <= et) & (et <= spans[:, 1:])
    outside = et[~inside.any(0)]
    if not outside.size:
        return

    def utc(t):
        return sp.et2utc(t, "ISOC", 3)

    near = spans[np.argsort(np.abs(spans - outside[0]).min(1))[:2]]
    said = " and ".join(f"{utc(a)} to {utc(b)}" for a, b in near)
    more = f" (and {len(spans) - 2} intervals more)" if len(spans) > 2 else ""
    raise Error(
        f"the {name} of {what} covers {said}{more}; needed: {utc(et.min())} to {utc(et.max())} "
        f"({NAIF}/{place}/)"
    )


def _keeps(code):
    """An SPK with the positions of a body and where NAIF keeps it."""
    if code < 0:
        return PLACES["SPK"][1:]
    if code // 100 in MOONS:
        return MOONS[code // 100], "generic_kernels/spk/satellites"
    return "de440s.bsp", "generic_kernels/spk/planets"


def constant(code, key):
    """A number of the instrument kernel, INS<code>_<key>."""
    import spiceypy as sp

    try:
        return float(sp.gdpool(f"INS{code}_{key}", 0, 1)[0])
    except (sp.SpiceyError, sp.NotFoundError):
        raise Error(f"the IK has no INS{code}_{key}") from None


def camera(codes, names, size, active, methane=None):
    """The Camera of filters, from the instrument kernel; pixels as NAIF counts them.

    codes, names  NAIF codes and names of the filters
    size          (lines, samples) of a framelet; active (first, last) photoactive samples
    methane       line of the optical axis of METHANE where its readout window was shifted, so
                  that the kernel's does not hold; the camera's offsets tell by how much
    """
    code = codes[0]
    length, pitch = (constant(code, key) for key in ("FOCAL_LENGTH", "PIXEL_SIZE"))
    if min(length, pitch) <= 0:
        raise Error(f"the IK has a focal length of {length:g}, pixels of {pitch:g}, expected more")
    cy = np.array([constant(c, "DISTORTION_Y") for c in codes])
    axes = cy.copy()
    if methane is not None:
        axes[[name == "METHANE" for name in names]] = methane
    return Camera(
        focal=length / pitch,
        cx=constant(code, "DISTORTION_X"),
        cy=axes,
        offsets=axes - cy,
        k1=constant(code, "DISTORTION_K1"),
        k2=constant(code, "DISTORTION_K2"),
        lines=size[0],
        samples=size[1],
        first=active[0],
        last=active[1],
        names=names,
    )


def states(et, target, cam, attitude="CK", offset=0.0):
    """The Geometry of Juno's camera at epochs et (n,) TDB s from the loaded kernels.

    The position of the spacecraft against the target is read at et + offset; the rotation of
    the target, the Sun and the attitude stay at et.
    attitude  "CK"; "SPIN": 2 rpm about the Earth's direction, phase 0 at the mean epoch, not
              solved; "NONE": no pointing
    """
    import spiceypy as sp

    body, frame = _code(target), f"IAU_{target.upper()}"
    craft = _code(SPACECRAFT)
    needed = np.array([et.min(), et.max()]) + offset
    covers("SPK", craft, SPACECRAFT, needed)
    covers("SPK", body, target, needed)
    distance = sp.vnorm(sp.spkpos(target, needed[0], "J2000", "NONE", SPACECRAFT)[0])
    covers("SPK", body, target, needed - [distance / C, 0.0])
    sc, lt = sp.spkpos(target, et + offset, "J2000", "CN", SPACECRAFT)
    sun = sp.spkpos("SUN", et - lt, "J2000", "CN+S", target)[0]
    spin_of_body = np.array([sp.sxform("J2000", frame, t) for t in et - lt])
    rates = np.array([sp.xf2rav(x)[1] for x in spin_of_body])
    matrices, av, mount = _attitude(et, attitude)
    return Geometry(
        et=et,
        lt=np.asarray(lt),
        sc=-np.asarray(sc),
        vsc=np.array([sp.spkssb(craft, t, "J2000")[3:] for t in et + offset]),
        vt=np.array([sp.spkssb(body, t, "J2000")[3:] for t in et + offset - lt]),
        q=quaternion(matrices),
        av=av,
        qb=quaternion(spin_of_body[:, :3, :3]),
        sun=np.asarray(sun),
        w=float((rates * spin_of_body[:, 2, :3]).sum(-1).mean()),
        radii=np.asarray(sp.bodvcd(body, "RADII", 3)[1]),
        camera=cam,
        target=target,
        frame=frame,
        attitude=attitude,
        solved=attitude == "CK",
        mount=mount,
        earth=_towards("EARTH", et.mean(), optional=attitude != "SPIN"),
        sunward=_towards("SUN", et.mean()),
    )


def place(target, et):
    """Where the spacecraft is at et, as labels state it, without light time.

    Height above the target's ellipsoid km, planetographic latitude degrees, and distance from the
    centre km; a ValueError where the SPK does not reach.
    """
    import spiceypy as sp

    radii = sp.bodvcd(_code(target), "RADII", 3)[1]
    try:
        position = sp.spkpos(SPACECRAFT, et, f"IAU_{target.upper()}", "NONE", target)[0]
    except sp.SpiceyError:
        raise ValueError("the SPK does not reach as far") from None
    point, height = sp.nearpt(position, *radii)
    return height, np.degrees(np.arcsin(sp.surfnm(*radii, point)[2])), np.linalg.norm(position)


def _attitude(et, attitude):
    """Matrices J2000 -> camera, their rates, and the mount camera -> spacecraft."""
    import spiceypy as sp

    if attitude == "NONE":
        return np.broadcast_to(np.eye(3), (len(et), 3, 3)), np.zeros((len(et), 3)), None
    mount = sp.pxform("JUNO_JUNOCAM", "JUNO_SPACECRAFT", et[0])
    if attitude == "SPIN":
        return *spin(_towards("EARTH", et.mean()), RATE, 0.0, et - et.mean(), mount), mount
    covers("CK", BUS, "JUNO_SPACECRAFT", et)
    turns = [sp.xf2rav(sp.sxform("J2000", "JUNO_JUNOCAM", t)) for t in et]
    return np.array([m for m, _ in turns]), np.array([av for _, av in turns]), mount


def _towards(body, et, optional=False):
    """Apparent direction of a body from the spacecraft, unit J2000; None where no SPK has it."""
    import spiceypy as sp

    try:
        return sp.vhat(sp.spkpos(body, et, "J2000", "LT+S", SPACECRAFT)[0])
    except sp.SpiceyError:
        if optional:
            return None
        what = f"positions of the {body.title()}"
        raise _missing("SPK", what, *_keeps(_code(body))) from None
