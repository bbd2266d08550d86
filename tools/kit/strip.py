"""Strips of a pushframe camera: bands of frames below each other, one framelet per frame."""

import dataclasses

from . import cube, radiometry
from .error import Error


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
