"""What a fit of images solves: the unknowns of each image, shared within a pass or by all.

SOLVE names what of an image's own vector (`fitimage` eq. 1) is solved, SHARE what the images of a
pass have in common.  x holds each unknown once.

The images of a pass were taken by one spacecraft that spins evenly; each start errs by some 40 ms,
and the rate within an image also by the rounding of INTERFRAME_DELAY (1 ms in 372).  With T the
rate between the images, dt from the middle of one to that of the next, k whole turns:

    PHASE_j - PHASE_i - 6 T dt - 360 k = 0 +- 6 T sqrt(2) JITTER,   T - RATE_i = 0 +- ROUNDING   (1)
"""

from dataclasses import dataclass

import numpy as np

from .error import Error
from .fitimage import passes

DEFAULT = {
    "CK": ("TIME", "HEIGHT"),
    "SPIN": ("AXIS", "RATE", "PHASE", "HEIGHT"),
    "FRAME": ("POINTING", "HEIGHT"),
}
TERM = {  # of SOLVE, where it is not the place
    **dict.fromkeys(("EAST", "NORTH"), "AXIS"),
    **dict.fromkeys(("LINE", "SAMPLE"), "POINTING"),
    "OFFSET": "LINEOFFSET",
}
SIGMA = {"EAST": 1.0, "NORTH": 1.0, "RATE": 0.02, "HEIGHT": 200.0, "OFFSET": 0.5}  # of priors
OF_FRAME = {"LINE": 300.0, "SAMPLE": 300.0, "TWIST": 0.5}  # of priors: px, px, degrees
SCALE = 0.01  # of the radius: prior of a frame's HEIGHT, which takes up what its focal length lacks
JITTER = 0.04  # s: how far a start errs; 61 ms between two images of perijove 43
ROUNDING = 0.003  # rpm: 0.5 ms of INTERFRAME_DELAY
LINKED = 1800.0  # s over which the whole turns can be counted
REFERENCE = "GREEN"  # the band that the others' line offsets are counted from


def wanted(terms, images):
    """SOLVE as a set, checked against what the images have; None: what their kind needs."""
    kinds = sorted({image.kind for image in images})
    bands = {name for image in images for name in image.geometry.camera.names}
    if terms is None:
        return {term for kind in kinds for term in DEFAULT[kind]}
    for kind in kinds:
        others = {term for needed in DEFAULT.values() for term in needed} - set(DEFAULT[kind])
        others |= {"LINEOFFSET", "METHANE"} if kind == "FRAME" else set()
        for term in [t for t in terms if t in others]:
            has, whose = ", ".join(DEFAULT[kind]), f"ATTITUDE = {kind}"
            if kind == "FRAME":
                has, whose = f"{has}, TWIST", f"a frame, as {images[0].name},"
            raise Error(f"SOLVE = {term}: {whose} has no {term}, it has {has}")
    if "SPIN" in kinds and "PHASE" not in terms:
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
    twist_sigma  degrees, of the prior of the twist of the camera that strips share
    """
    series, known, index = passes(images), {}, []  # known: key -> mean, sigma, first values
    for i, image in enumerate(images):
        row = []
        for place, value, mean in zip(image.places, first[i], about[i], strict=True):
            key, sigma = _key(place, image, i, series[i], terms, share)
            if key is None:
                row.append(-1)
                continue
            sigma = twist_sigma if sigma is None else sigma
            row.append(list(known).index(key) if key in known else len(known))
            known.setdefault(key, (mean, sigma, []))[2].append(value)
        index.append(np.array(row))
    start = [float(np.mean(values)) for _, _, values in known.values()]
    rows = [({n: 1.0}, mean, sigma) for n, (mean, sigma, _) in enumerate(known.values())]
    for number in sorted(set(series)):
        spun = [
            i
            for i, s in enumerate(series)
            if s == number and len(index[i]) and images[i].kind == "SPIN"
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
    """The unknown at a place of u of image i, None where it is held, and its prior's sigma.

    sigma None: that of the TWIST which strips share
    """
    name, band = place
    if image.kind == "FRAME":
        return _key_of_frame(place, image, i, number, terms, share)
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


def _key_of_frame(place, image, i, number, terms, share):
    """`_key` of a frame: all but the height are its own, there are no line offsets."""
    name, band = place
    term = TERM.get(name, name)
    if term not in terms or name == "OFFSET":
        return None, None
    if name != "HEIGHT":
        return (name, band, i), OF_FRAME[name]
    owner = ("pass", number) if "HEIGHT" in share else i
    return (name, band, owner), SCALE * float(image.geometry.radii.max())


def _links(mid, index, first, start):
    """Rows ({unknown: factor}, mean, sigma) of eq. (1) for the images of a pass, in their order.

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
