"""What was found of an image, as its label and a fit table tell it, and what its neighbours say.

The spin is even, so between images a and b of a pass, k whole turns apart, and beyond the last one,

    phase(t) = phase_a + (phase_b + 360 k - phase_a) (t - t_a) / (t_b - t_a)                (1)
    phase(t) = phase_a + 6 rate (t - t_a)                                                   (2)

in degrees and rpm; axis, rate, start-time offset and limb heights are interpolated in time, and
those of the nearest image hold beyond the last.
"""

from dataclasses import dataclass, replace

import numpy as np

from .fitimage import APART, OWN
from .label import Node, Quantity
from .unknowns import LINKED

VALUES = {  # keyword: unit, places of u (`fitimage` eq. 1)
    "TimeOffset": ("ms", ("TIME",)),
    "SpinRate": ("rpm", ("RATE",)),
    "SpinPhase": ("degrees", ("PHASE",)),
    "AxisOffset": ("degrees", ("EAST", "NORTH")),
    "Twist": ("degrees", ("TWIST",)),
    "LimbHeight": ("km", ("HEIGHT",)),
    "LineOffset": ("pixels", ("OFFSET",)),
    "PointingOffset": ("pixels", ("LINE", "SAMPLE")),
}
OVER_TIME = ("TIME", "EAST", "NORTH", "RATE", "HEIGHT")  # places of u that neighbours tell


@dataclass(frozen=True)
class Solution:
    """What is known of an image: {place: value} of u and of its sigmas; what is absent, is not.

    name, target; attitude as the label has it, or FRAME; mid s TDB
    rms px and points of the limb, ties and their tie_rms px (None: none)
    readout   (line, sigma) px of the optical axis of METHANE, where it was solved
    method    Limb, Grid, Table, Neighbour, None
    """

    name: str
    target: str
    attitude: str
    mid: float
    values: dict
    sigmas: dict
    method: str
    rms: float = None
    points: int = 0
    ties: int = 0
    tie_rms: float = None
    readout: tuple = (None, None)


def empty(image, twist_sigma=None):
    """The Solution of an Image of which nothing was found but the constants it has."""
    held, frame = dict(zip(image.places, image.held.tolist(), strict=True)), image.kind == "FRAME"
    constants = ("TWIST",) if frame else ("TWIST", "OFFSET")
    values = {place: v for place, v in held.items() if place[0] in constants}
    sigmas = {} if frame else {("TWIST", None): twist_sigma}
    target = image.geometry.target
    return Solution(image.name, target, image.kind, image.mid, values, sigmas, "None")


def found(fit, twist_sigma=None):
    """The Solution of a `bundle.Fit`."""
    image = fit.image
    bare = empty(image, twist_sigma)
    solved = np.isfinite(fit.sigma)
    always = {*OWN["SPIN"], *OWN["FRAME"], *(name for name, _ in bare.values)}  # held, they count
    values, sigmas = {}, dict(bare.sigmas)
    for place, u, sigma, known in zip(image.places, fit.u, fit.sigma, solved, strict=True):
        if known or place[0] in always:
            values[place] = float(u)
        if known:
            sigmas[place] = float(sigma)
    readout, sigma = (None, None), sigmas.get(("OFFSET", "METHANE"))
    if sigma is not None:
        camera = fit.geometry.camera
        readout = float(camera.cy[camera.names.index("METHANE")] * image.summing), sigma
    tied = fit.bound is not None
    return Solution(
        *(bare.name, bare.target, bare.attitude, bare.mid, values, sigmas, "Limb"),
        rms=fit.rms,
        points=int(fit.kept.sum()),
        ties=len(fit.bound) if tied else 0,
        tie_rms=float(np.sqrt((fit.bound**2).mean())) if tied and len(fit.bound) else None,
        readout=readout,
    )


def places(key, bands):
    """The places of u that a keyword of VALUES holds; those of a band in the order of bands."""
    names = VALUES[key][1]
    return [(n, b) for n in names for b in (bands if n in ("HEIGHT", "OFFSET") else (None,))]


def timed(image, ms, sigma, distances, twist_sigma=None):
    """The Solution of an offset of the start time, ms, that lies the distances (m,) px off."""
    bare = empty(image, twist_sigma)
    values, sigmas = {**bare.values, ("TIME", None): ms}, {**bare.sigmas, ("TIME", None): sigma}
    rms = float(np.sqrt((distances**2).mean()))
    return replace(
        bare, values=values, sigmas=sigmas, method="Grid", rms=rms, points=len(distances)
    )


def borrowed(solution):
    """A Solution as it stands in a table: nothing of the image at hand was measured."""
    method = solution.method if solution.method == "Neighbour" else "Table"
    return replace(solution, method=method, rms=None, points=0, ties=0, tie_rms=None)


def complete(solution):
    """True where it says the attitude, or the time, of its image."""
    return all(solution.values.get((k, None)) is not None for k in OWN[solution.attitude])


def vector(solution, image):
    """u of an Image by a Solution; what that does not know is held."""
    known = solution.values
    return np.array([known.get(p, u) for p, u in zip(image.places, image.held, strict=True)])


def group(solution, bands):
    """Group LimbFit of an image with these bands; what is not known is Null."""
    made = Node("Group", "LimbFit")

    def told(key, value, unit):
        made.set(key, None if value is None else Quantity(value, unit))

    for key, (unit, names) in VALUES.items():
        if key == "PointingOffset" and solution.attitude != "FRAME":
            continue
        for suffix, known in (("", solution.values), ("Sigma", solution.sigmas)):
            each = [known.get(place) for place in places(key, bands)]
            many = len(names) > 1 or names[0] in ("HEIGHT", "OFFSET")
            none = all(v is None for v in each)
            told(f"{key}{suffix}", None if none else each if many else each[0], unit)
    for suffix, value in zip(("", "Sigma"), solution.readout, strict=True):
        told(f"MethaneLine{suffix}", value, "pixels")
    told("ResidualRms", solution.rms, "pixels")
    made.set("Points", solution.points)
    told("TieRms", solution.tie_rms, "pixels")
    made.set("Ties", solution.ties)
    made.set("Method", solution.method)
    return made


def neighbour(image, solutions):
    """The Solution of an Image by those of other images of its pass; None where none is known."""
    bare = empty(image)
    near = [
        s
        for s in solutions
        if (s.target, s.attitude) == (bare.target, bare.attitude)
        and s.method in ("Limb", "Grid")
        and complete(s)
        and abs(s.mid - image.mid) < APART
        and s.name != image.name
    ]
    if not near:
        return None
    near.sort(key=lambda s: s.mid)
    values = dict(bare.values)
    for place in image.places:
        known = [(s.mid, s.values[place]) for s in near if s.values.get(place) is not None]
        if place[0] in OVER_TIME and known:
            values[place] = float(np.interp(image.mid, *zip(*known, strict=True)))
    if bare.attitude == "SPIN":
        values["PHASE", None] = _phase(image.mid, near)
    return Solution(
        *(bare.name, bare.target, bare.attitude, bare.mid, values, bare.sigmas, "Neighbour")
    )


def _phase(t, near):
    """Degrees at t by eq. (1) or (2), from Solutions in the order of time."""
    mid = np.array([s.mid for s in near])
    phase, rate = (np.array([s.values[k, None] for s in near]) for k in ("PHASE", "RATE"))
    after = int(np.searchsorted(mid, t))
    if 0 < after < len(near) and mid[after] - mid[after - 1] < LINKED:
        a, b = after - 1, after
        gone = phase[b] - phase[a]
        dt = mid[b] - mid[a]
        gone += 360.0 * np.round((6.0 * 0.5 * (rate[a] + rate[b]) * dt - gone) / 360.0)
        return float((phase[a] + gone * (t - mid[a]) / dt) % 360.0)
    a = int(np.abs(mid - t).argmin())
    return float((phase[a] + 6.0 * rate[a] * (t - mid[a])) % 360.0)


def words(s, counts=None):
    """A Solution in one line; counts = (points rejected, limb points without a clean edge)."""

    def number(value, sigma, form):
        return format(value, form) + ("" if sigma is None else f" +- {sigma:{form.lstrip('+')}}")

    def solved(name, form):
        return number(s.values[name, None], s.sigmas.get((name, None)), form)

    if not complete(s):
        return "nothing is solved: Method = None"
    if s.attitude == "CK":
        line = f"start {solved('TIME', '+.2f')} ms"
    elif s.attitude == "FRAME":
        line = f"pointing {solved('LINE', '+.2f')} lines, {solved('SAMPLE', '+.2f')} samples"
    else:
        axis = ", ".join(f"{s.values[k, None]:+.2f}" for k in ("EAST", "NORTH"))
        line = f"{solved('RATE', '.4f')} rpm, axis {axis} degrees off the Earth"
    if s.readout[0] is not None:
        line += f"; METHANE read out at line {number(*s.readout, '.1f')}"
    if s.rms is None:
        return f"{line}; Method = {s.method}"
    line += f"; limb {s.rms:.3f} pixels rms of {s.points} points"
    line += ", {} rejected, {} without a clean edge".format(*counts) if counts else ""
    return line + (f"; {s.ties} ties, {s.tie_rms:.3f} pixels rms" if s.ties else "")
