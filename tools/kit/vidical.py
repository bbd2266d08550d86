"""Vidicon frames to radiance factor: the equations of voycal.

    W1   = W0 (DIST0 / DIST1)^2                                                (1)
    A    = (LINORM - B) / LINORM                                               (2)
    L(X) = A X + B (X / LINORM)^K                                              (3)
    I/F  = G (GAIN L(DR + DC) + OFF) / (EXP W1)          linearised            (4)
    I/F  = G (GAIN DR + DC + OFF) / (EXP W1)             not linearised        (5)
    DI   = NORM I/F                                                            (6)

ISIS 2 voycal manual, EQUATIONS, with its dark current once and before the linearity; the
radiometry of the cameras: Klassen (in the journal Klaasen), Thorpe and Morabito 1977, Applied
Optics 16, 3158 (Viking); Danielson, Kupferman, Johnson and Soderblom 1981, J. Geophys. Res. 86,
8683 (Voyager).

DR raw and DI stored DN; DC (a dark frame with its sign turned) and OFF in DN; G and GAIN without
unit; EXP in s; W0, W1 in DN/s, the DN of a white screen facing the Sun, exposed 1 s at DIST0 and
at DIST1 from it, both in km.  The manual's factor of 10000 is NORM at 16 bit.
"""

import dataclasses

import numpy as np

from . import sink, special
from .error import Error
from .label import Quantity
from .units import AU, SUN

STANDARD = {  # AU by target: VICAR ficor77.f, to which W0 is reduced; Mars as vikcal's 243840000 km
    **{"J": 5.2, "S": 9.51, "U": 19.122, "N": 30.21},
    "M": 243840000.0 / AU,
}
GAINS = {  # DN of the high over those of the low gain state: VICAR ficor77.f
    ("VOYAGER_1", "NA"): 3.9240,
    ("VOYAGER_1", "WA"): 3.9424,
    ("VOYAGER_2", "NA"): 4.2531,
    ("VOYAGER_2", "WA"): 3.7642,
}
TYPES = {"1": "UnsignedByte", "2": "SignedWord", "3": "Real"}  # OTYPE
BITS = {8: "UnsignedByte", 16: "SignedWord", 32: "Real"}  # SampleBits
NORMS = {"UnsignedByte": 100.0, "Real": 1.0, "Double": 1.0}  # of any other pixel type 10000
UNITY = (0.0, 1.0)  # the manual's default of ORANGE, which leaves the scale to NORM
SATURATED = (254, 255)  # raw DN
FLAG = 32767  # stored DN of a saturated sample at 16 bit


def omega(w0, dist0, dist1):
    """Return W1, eq. (1), in the unit of W0; the distances in any one unit."""
    return w0 * (dist0 / dist1) ** 2


def linear(x, b, k, linorm):
    """Return L(X), eqs. (2), (3): 0 at 0 and LINORM at LINORM for any B and K.

    A negative X has no power of a K that is not whole: NaN.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return (linorm - b) / linorm * x + b * (x / linorm) ** k


def sun(value):
    """Return a distance from the Sun in km, and in words how it was understood.

    value  a Quantity in km; a bare number below 60 is AU, up to 1e5 millions of km, above it km
    """
    if isinstance(value, Quantity) or value > 1e5:
        distance, unit = (value.value if isinstance(value, Quantity) else value), "km"
    else:
        distance, unit = (value * AU, "AU") if value < 60 else (value * 1e6, "millions of km")
    if not SUN < distance < 1e12:
        raise Error(f"SUN = {distance:.10g} km: expected a distance outside the Sun")
    forms = {"km": f"{distance:.10g} km", "AU": f"{distance / AU:.6g} AU"}
    first = forms.pop(unit, None) or f"{value:.10g} {unit}"
    return distance, f"{first} ({', '.join(forms.values())})"


def span(text):
    """Return the I/F of the lowest and of the highest DN, written (min,max); None for UNITY."""
    try:
        low, high = map(float, text.strip().removeprefix("(").removesuffix(")").split(","))
    except ValueError:
        raise Error(f"ORANGE = {text}: expected two numbers, (min,max)") from None
    if not -1e30 < low < high < 1e30:
        raise Error(f"ORANGE = {text}: expected two numbers, the second above the first")
    return None if (low, high) == UNITY else (low, high)


def output_type(otype, bits, kind):
    """Return the pixel type that OTYPE asks for: NULL and -- are that of the input.

    bits, kind  SampleBits of the input, or None, and the type in which it is stored
    """
    found = TYPES.get(otype) or BITS.get(bits) or kind
    return "Real" if "Integer" in found else found


def saturated(dr, kind, base=0.0, multiplier=1.0):
    """Return where the raw DN of samples in memory are 254 or 255.

    kind, base, multiplier  how they are stored: in 8 bit 255 comes as Hrs
    """
    dr = np.asarray(dr, np.float32)
    marks = [np.float32(n * multiplier + base) for n in SATURATED]
    hit = (dr == marks[0]) | (dr == marks[1])
    return hit | (special.kinds(dr) == 5) if kind == "UnsignedByte" else hit


@dataclasses.dataclass(frozen=True)
class Stored:
    """How radiance factors are stored.

    type   pixel type
    norm   NORM, eq. (6)
    range  I/F of the lowest and of the highest valid DN, in place of NORM; or None
    """

    type: str
    norm: float
    range: tuple | None = None

    @property
    def pixels(self):
        """Pixel type, Base and Multiplier: DN * Multiplier + Base is I/F."""
        if self.type in ("Real", "Double"):
            return self.type, 0.0, 1.0
        if self.range:
            return self.type, *sink.ranged(self.type, *self.range, "ORANGE")
        return self.type, 0.0, 1 / self.norm

    @property
    def flag(self):
        """What a saturated sample becomes."""
        return FLAG if self.type == "SignedWord" else special.HIS

    def dn(self, iof):
        """Return the DN to store for radiance factors, eq. (6), not yet rounded."""
        if not self.range:
            return special.restore(iof * self.norm, iof)
        _, base, multiplier = self.pixels
        return special.restore((iof - base) / multiplier, iof)


@dataclasses.dataclass(frozen=True)
class Frame:
    """What turns the raw DN of a frame into radiance factors."""

    exposure: float  # EXP, s
    w1: float  # DN/s
    gain: float = 1.0
    off: float = 0.0  # DN
    linearity: tuple | None = None  # B, K, LINORM
    g: np.ndarray | None = None  # (lines, samples); None is 1
    dc: np.ndarray | None = None  # (lines, samples), DN, to be added; None is 0

    @property
    def factor(self):
        """1 / (EXP W1), I/F of a DN."""
        return 1 / (self.exposure * self.w1)

    def iof(self, dr, line=0):
        """Return radiance factors, eqs. (4), (5), of raw DN (lines, samples) from a line on.

        What is no number there is Null where G or DC are special or (3) has no value; a special
        pixel of dr keeps its kind.
        """
        rows = slice(line, line + len(dr))
        x = np.asarray(dr, np.float64)
        if self.linearity is None:
            x = self.gain * x
        if self.dc is not None:
            x = x + self.dc[rows]
        if self.linearity is not None:
            x = self.gain * linear(x, *self.linearity)
        x = (x + self.off) * self.factor
        if self.g is not None:
            x = x * self.g[rows]
        return special.restore(np.where(np.isnan(x), np.float64(special.NULL), x), dr)
