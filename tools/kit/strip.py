"""Strips of a pushframe camera: bands of frames below each other, one framelet per frame."""

import dataclasses
import re

import numpy as np

from . import cube, radiometry, special
from .error import Error

WIDE = 16  # px: of a multiple of it are images wide (DATA_SET_DESC, JUNO-J-JUNOCAM-2-EDR-L0-V1.0)
ROWS = 1214  # of the detector, KAI-2020: no optical axis is farther from a strip
SHIFTED = re.compile(r"INS-61504_DISTORTION_Y\s*=\s*\(?\s*([-+]?\d+\.?\d*)", re.I)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the framelets of a whole JunoCam strip lie.

    names           filters, one per band
    lines, samples  size of a framelet
    first, last     photoactive samples, half open
    """

    names: list
    lines: int
    samples: int
    first: int
    last: int


def factor(instrument):
    """Return how many samples and lines of a Group Instrument were summed; 1 where it says none."""
    found = instrument.integer("SummingMode", default=1)
    if found < 1:
        raise Error(f"{instrument}: SummingMode = {found}, expected 1 or more")
    return found


def widths(summing):
    """Return how many samples a strip may have: the whole width, or the multiple of 16 in it."""
    whole = radiometry.SAMPLES // summing
    return whole, whole // WIDE * WIDE


def widened(bands, summing):
    """Return bands (nb, lines, samples) of the whole width: what they lack at the end is Null.

    A summed strip may end with sample 816 of 824; what it lacks then are columns without light.
    """
    lacking = widths(summing)[0] - bands.shape[2]
    if lacking == 0:
        return bands
    sides = (0, 0), (0, 0), (0, lacking)
    return np.pad(bands.astype(np.float32), sides, constant_values=special.NULL)


def methane_line(rationale):
    """Return the line of the optical axis that a label states for METHANE, px; else None.

    Some methane images were read out through a shifted window, and only the free text of
    RATIONALE_DESC says so: INS-61504_DISTORTION_Y = 405.48, in place of the instrument kernel's.
    """
    found = SHIFTED.search(rationale)
    line = float(found[1]) if found else None
    return line if line is not None and abs(line) <= ROWS else None


def whole(label, source="-"):
    """Return the Layout of a strip by its label; one that was cropped is an Error."""
    instrument = cube.group(label, "Instrument", source)
    names = cube.group(label, "BandBin", source).texts("FilterName")
    summing = factor(instrument)
    lines, frames = (instrument.integer(key) for key in ("FrameletLines", "NumberFramelets"))
    samples = radiometry.SAMPLES // summing
    size = label.object("IsisCube").object("Core").group("Dimensions")
    found = tuple(size.integer(key) for key in ("Bands", "Lines", "Samples"))
    expected = len(names), frames * lines, samples
    if found != expected:
        raise Error(
            f"{source}: {found[0]} bands of {found[1]} x {found[2]} samples, expected the whole "
            f"strip, {expected[0]} of {expected[1]} x {expected[2]}: crop afterwards"
        )
    return Layout(names, lines, samples, *radiometry.photoactive(summing))
