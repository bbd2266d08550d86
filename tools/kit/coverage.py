"""What the loaded kernels hold and reach: name what is missing, and where NAIF keeps it.

spiceypy is imported inside the functions: only spiceinit and junosim need it.
"""

import contextlib

import numpy as np

from .error import Error
from .platforms import JUNO, NAIF

PLACES = {  # kind: what it holds
    "LSK": "leap seconds",
    "PCK": "radii and rotation of the target",
    "SPK": "positions",
    "CK": "the spacecraft's attitude",
    "SCLK": "the spacecraft's clock",
    "FK": "frames",
    "IK": "the camera's constants",
}
KINDS = {  # what each ATTITUDE of spiceinit takes from the kernels
    "CK": {"LSK", "PCK", "SPK", "FK", "SCLK", "CK"},
    "SPIN": {"LSK", "PCK", "SPK", "FK"},
    "NONE": {"LSK", "PCK", "SPK"},
}
MOONS = {4: "mar*.bsp", 5: "jup*.bsp", 6: "sat*.bsp", 7: "ura*.bsp", 8: "nep*.bsp"}  # by planet
MOST = 1 << 20  # ends of intervals: a CK of single instances has two for each image


def need(kinds, target="JUPITER", instrument=-61500, platform=JUNO):
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
        "SPK": lambda: len(cover("SPK", body(platform.craft))),
        "CK": lambda: any(len(cover("CK", code)) for code in platform.objects),
        "SCLK": lambda: pool(f"SCLK_DATA_TYPE_{-platform.clock}"),
        "FK": lambda: sp.namfrm(platform.frame) != 0,
        "IK": lambda: pool(f"INS{instrument}_FOCAL_LENGTH"),
    }
    for name in ("LSK", "PCK", "FK", "IK", "SCLK", "SPK", "CK"):
        if name in kinds and not there[name]():
            whose = f" for {target}" if name == "PCK" else ""
            raise missing(name, PLACES[name] + whose, *platform.places[name])


def number(key, default=None, index=0):
    """A number of the kernel pool; the default where no loaded kernel has it."""
    import spiceypy as sp

    with contextlib.suppress(sp.SpiceyError, sp.NotFoundError):
        return float(sp.gdpool(key, index, 1)[0])
    return default


def missing(name, what, example, place):
    """The Error that a kernel of a kind is missing."""
    return Error(
        f"a kernel is missing: {name}, {what} (as {example}); NAIF keeps it in {NAIF}/{place}/"
    )


def target_code(target):
    """The NAIF code of a planet or moon by its name; anything else is an Error."""
    import spiceypy as sp

    code = body(target)
    if sp.namfrm(f"IAU_{target.upper()}") == 0 or target.upper() == "SUN":
        raise Error(f"{target} is no planet or moon whose rotation SPICE knows: give TARGET")
    return code


def body(name):
    """The NAIF code of a body by its name."""
    import spiceypy as sp

    try:
        return sp.bodn2c(name)
    except sp.NotFoundError:
        raise Error(f"SPICE knows no body {name}: give TARGET, a planet or moon") from None


def cover(name, code):
    """(n, 2) TDB s, what the loaded kernels of a kind, SPK or CK, cover of an object."""
    import spiceypy as sp

    window = sp.cell_double(MOST)
    for i in range(sp.ktotal(name)):
        path = sp.kdata(i, name)[0]
        if name == "SPK":
            sp.spkcov(path, code, window)
        elif code in sp.ckobj(path):
            sp.ckcov(path, code, False, "INTERVAL", 0.0, "TDB", window)
    return np.array([sp.wnfetd(window, i) for i in range(sp.wncard(window))]).reshape(-1, 2)


def covers(name, code, what, et, platform=JUNO):
    """Error where the loaded kernels of a kind do not cover every epoch et, TDB s."""
    spans = cover(name, code)
    example, place = keeps(code, platform) if name == "SPK" else platform.places[name]
    if not len(spans):
        raise missing(name, f"{PLACES[name]} of {what}", example, place)
    inside = (spans[:, :1] <= et) & (et <= spans[:, 1:])
    outside = et[~inside.any(0)]
    if outside.size:
        needed = f"{utc(et.min())} to {utc(et.max())}"
        raise Error(
            f"the {name} of {what} covers {near(spans, outside[0])}; needed: {needed} "
            f"({NAIF}/{place}/)"
        )


def near(spans, et):
    """The words for spans (n, 2), s TDB: the two nearest an epoch, and how many more."""
    nearest = spans[np.argsort(np.abs(spans - et).min(1))[:2]]
    more = f" (and {len(spans) - 2} intervals more)" if len(spans) > 2 else ""
    return " and ".join(f"{utc(a)} to {utc(b)}" for a, b in nearest) + more


def utc(et):
    """UTC in words of an epoch, s TDB."""
    import spiceypy as sp

    return sp.et2utc(et, "ISOC", 3)


def keeps(code, platform=JUNO):
    """An SPK with the positions of a body and where NAIF keeps it."""
    if code < 0:
        return platform.places["SPK"]
    if code // 100 in MOONS:
        return MOONS[code // 100], "generic_kernels/spk/satellites"
    return "de440s.bsp", "generic_kernels/spk/planets"
