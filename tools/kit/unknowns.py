"""What a fit of images solves: the unknowns of each image, shared within a pass or by all.

An image with an attitude (CK) has the offset of its start time; one without (SPIN) has the axis,
rate and phase of its spin.  Both have the twist of the camera, and for each band the height of
the limb and the shift of the optical axis.  Together they are the image's own vector,

    u = (TIME | EAST, NORTH, RATE, PHASE; TWIST; HEIGHT per band; OFFSET per band)          (1)

in ms | degrees, degrees, rpm, degrees; degrees; km; px.  SOLVE names what of it is solved, SHARE
what the images of a pass have in common.  x holds each unknown once.

The images of a pass were taken by one spacecraft that spins evenly; each start errs by some 40 ms,
and the rate within an image also by the rounding of INTERFRAME_DELAY (1 ms in 372).  With T the
rate between the images, dt from the middle of one to that of the next, k whole turns:

    PHASE_j - PHASE_i - 6 T dt - 360 k = 0 +- 6 T sqrt(2) JITTER,   T - RATE_i = 0 +- ROUNDING   (2)
"""

from dataclasses import dataclass

import numpy as np

from .error import Error
from .frames import Geometry
from .geometry import with_constants
from .spin import NOMINAL, Spin

OWN = {"CK": ("TIME",), "SPIN": ("EAST", "NORTH", "RATE", "PHASE")}
DEFAULT = {"CK": ("TIME", "HEIGHT"), "SPIN": ("AXIS", "RATE", "PHASE", "HEIGHT")}
TERM = {"EAST": "AXIS", "NORTH": "AXIS", "OFFSET": "LINEOFFSET"}  # of SOLVE, where not the place
SIGMA = {"EAST": 1.0, "NORTH": 1.0, "RATE": 0.02, "HEIGHT": 200.0, "OFFSET": 0.5}  # of priors
JITTER = 0.04  # s: how far a start errs; 61 ms between two images of perijove 43
ROUNDING = 0.003  # rpm: 0.5 ms of INTERFRAME_DELAY
APART = 12 * 3600.0  # s without an image between one pass and the next
LINKED = 1800.0  # s over which the whole turns can be counted
REFERENCE = "GREEN"  # the band that the others' line offsets are counted from


@dataclass(frozen=True)
class Image:
    """A strip of a fit.

    name      for people;  core  function giving (bands, frames x lines, samples)
    geometry  with the camera's constants
    summing   pixels summed to one: OFFSET is in pixels of the detector
    readout   True: the line of METHANE's optical axis is solved, whatever SOLVE says
    """

    name: str
    core: object
    geometry: Geometry
    summing: int = 1
    readout: bool = False

    @property
    def methane(self):
        """Its index among the bands, None where there is none."""
        names = list(self.geometry.camera.names)
        return names.index("METHANE") if "METHANE" in names else None

    @property
    def mid(self):
        """s TDB, where the phase is counted."""
        return 0.5 * (self.geometry.et[0] + self.geometry.et[-1])

    @property
    def places(self):
        """(name, band or None) of each place of u, eq. (1)."""
        names = self.geometry.camera.names
        own = [(k, None) for k in (*OWN[self.geometry.attitude], "TWIST")]
        return own + [(k, b) for k in ("HEIGHT", "OFFSET") for b in names]

    @property
    def held(self):
        """u before anything is solved."""
        g = self.geometry
        own = [0.0, 0.0, NOMINAL, 0.0] if g.attitude == "SPIN" else [0.0]
        heights = np.zeros(len(g.camera.cy))
        return np.array([*own, g.camera.twist, *heights, *(g.camera.offsets * self.summing)])

    def pose(self, u):
        """The Geometry of u."""
        g, n = self.geometry, len(OWN[self.geometry.attitude])
        offsets = u[n + 1 + len(g.camera.cy) :] / self.summing
        if u[n] != g.camera.twist or (offsets != g.camera.offsets).any():
            g = with_constants(g, u[n], offsets)
        return Spin(g).pose(*u[:4]) if n == 4 else g.shift(u[0] / 1e3)

    def heights(self, u):
        """(bands,) km."""
        n = len(OWN[self.geometry.attitude]) + 1
        return u[n : n + len(self.geometry.camera.cy)]


def passes(images):
    """A number for each image, the same for those of one pass: one target, no gap above APART."""
    found, last, number = [0] * len(images), (None, 0.0), -1
    for i in sorted(range(len(images)), key=lambda i: (images[i].geometry.target, images[i].mid)):
        target, mid = images[i].geometry.target, images[i].mid
        number += target != last[0] or mid - last[1] > APART
        found[i], last = number, (target, mid)
    return found


def wanted(terms, images):
    """SOLVE as a set, checked against what the images have; None: what their attitude needs."""
    attitudes = sorted({image.geometry.attitude for image in images})
    bands = {name for image in images for name in image.geometry.camera.names}
    if terms is None:
        return {term for attitude in attitudes for term in DEFAULT[attitude]}
    for attitude in attitudes:
        others = {term for needed in DEFAULT.values() for term in needed}
        for term in [t for t in terms if t in others - set(DEFAULT[attitude])]:
            has = ", ".join(DEFAULT[attitude])
            raise Error(f"SOLVE = {term}: ATTITUDE = {attitude} has no {term}, it has {has}")
    if "SPIN" in attitudes and "PHASE" not in terms:
        raise Error("SOLVE: PHASE must be among it with ATTITUDE = SPIN: nothing else knows it")
    if "METHANE" in terms and "METHANE" not in bands:
        raise Error(f"SOLVE = METHANE: the bands are {', '.join(sorted(bands))}")
    if "LINEOFFSET" in terms and not bands - {REFERENCE, "METHANE"}:
        found = ", ".join(sorted(bands))
        raise Error(f"SOLVE = LINEOFFSET: BLUE and RED have one, the bands are {found}")
    return set(terms)


@dataclass(frozen=True)
class Unknowns:
    """Which unknown stands at each place of each image's u, with first values and priors.

    keys    what each of the n unknowns is
    start   (n,) first values
    index   per image, the unknown at each place of u; -1: held
    held    per image, u with the values of what is held
    priors  as `robust.solve` takes them
    """

    keys: tuple
    start: np.ndarray
    index: tuple
    held: tuple
    priors: tuple

    def local(self, x, i):
        """u of image i."""
        return np.where(self.index[i] >= 0, x[self.index[i]], self.held[i])


def arranged(images, first, about, terms, share=(), twist_sigma=np.inf):
    """The Unknowns of images.

    first        per image, u of the first values, and of what is held
    about        per image, u about which the priors stand
    terms        what is solved;  share  what of AXIS, RATE and HEIGHT the images of a pass share
    twist_sigma  degrees, of the prior of the twist
    """
    series, known, index = passes(images), {}, []  # known: key -> mean, sigma, first values
    for i, image in enumerate(images):
        row = []
        for place, value, mean in zip(image.places, first[i], about[i], strict=True):
            key, sigma = _key(place, image, i, series[i], terms, share)
            if key is None:
                row.append(-1)
                continue
            sigma = twist_sigma if place[0] == "TWIST" else sigma
            row.append(list(known).index(key) if key in known else len(known))
            known.setdefault(key, (mean, sigma, []))[2].append(value)
        index.append(np.array(row))
    start = [float(np.mean(values)) for _, _, values in known.values()]
    rows = [({n: 1.0}, mean, sigma) for n, (mean, sigma, _) in enumerate(known.values())]
    for number in sorted(set(series)):
        spun = [
            i
            for i, s in enumerate(series)
            if s == number and len(index[i]) and images[i].geometry.attitude == "SPIN"
        ]
        spun.sort(key=lambda i: images[i].mid)
        links = _links(
            [images[i].mid for i in spun], [index[i] for i in spun], [first[i] for i in spun], start
        )
        if links:
            known["TURN", None, number] = None
            start.append(float(np.mean([first[i][2] for i in spun])))
            rows += links
    matrix = np.zeros((len(rows), len(start)))
    for n, (factors, _, _) in enumerate(rows):
        matrix[n, list(factors)] = list(factors.values())
    means, sigmas = (np.array([row[k] for row in rows]) for k in (1, 2))
    return Unknowns(
        tuple(known), np.array(start), tuple(index), tuple(first), (matrix, means, sigmas)
    )


def _key(place, image, i, number, terms, share):
    """The unknown at a place of u of image i, None where it is held, and its prior's sigma."""
    name, band = place
    methane = name == "OFFSET" and band == "METHANE"
    term = "METHANE" if methane else TERM.get(name, name)
    terms = terms | {"METHANE"} if image.readout else terms
    if term not in terms or (name, band) == ("OFFSET", REFERENCE):
        return None, None
    if methane:
        return (name, band, i), np.inf
    if name in ("TWIST", "OFFSET"):
        return (name, band, "all"), SIGMA.get(name)
    if name == "TIME" and "METHANE" in terms and image.methane is not None:
        return (name, band, i), 1e3 * JITTER  # a shift on the detector is much like one in time
    return (name, band, ("pass", number) if term in share else i), SIGMA.get(name, np.inf)


def _links(mid, index, first, start):
    """Rows ({unknown: factor}, mean, sigma) of eq. (2) for the images of a pass, in their order.

    T is the unknown that follows those of start.
    """
    turn, rows = len(start), []
    rate = float(np.mean([u[2] for u in first])) if len(first) else 0.0
    for i, dt in enumerate(np.diff(mid)):
        a, b = index[i][3], index[i + 1][3]
        if dt < LINKED:
            whole = np.round((start[b] - start[a] - 6.0 * rate * dt) / 360.0)
            sigma = 6.0 * abs(rate) * np.sqrt(2.0) * JITTER
            rows.append(({b: 1.0, a: -1.0, turn: -6.0 * dt}, 360.0 * whole, sigma))
    within = {n[2]: u[2] for n, u in zip(index, first, strict=True)} if rows else {}
    for n, held in within.items():
        rows.append(
            ({turn: 1.0, n: -1.0}, 0.0, ROUNDING) if n >= 0 else ({turn: 1.0}, held, ROUNDING)
        )
    return rows
