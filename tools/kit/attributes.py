"""ISIS cube attributes: a.cub+2,1 selects bands, b.cub+8bit+0:1+Tile sets type, range, format."""

import dataclasses
import os
import re

from .error import Error

TYPES = {
    "8bit": "UnsignedByte",
    "8-bit": "UnsignedByte",
    "unsignedbyte": "UnsignedByte",
    "16bit": "SignedWord",
    "16-bit": "SignedWord",
    "signedword": "SignedWord",
    "unsignedword": "UnsignedWord",
    "32bit": "Real",
    "32-bit": "Real",
    "real": "Real",
}
FORMATS = {"tile": "Tile", "bsq": "BandSequential", "bandsequential": "BandSequential"}
RANGE = re.compile(r"([-+.\de]*):([-+.\de]*)\Z", re.I)


def split(path):
    """Return path (see extended) and attribute words; no + of a folder or a file begins any."""
    folder, name = os.path.split(path)
    if "+" not in name or os.path.exists(path):
        return extended(path), []
    name, *words = name.split("+")
    return extended(os.path.join(folder, name)), [w for w in words if w]


def extended(path):
    """Return a path, with .cub added where it has no extension and there is no such file."""
    bare = path != "-" and not os.path.splitext(path)[1] and not os.path.exists(path)
    return path + ".cub" if bare else path


def bands(words, count, path):
    """Return the indices (from 0) of the bands an input's attributes select: +1,3-5,9-7."""
    if not words:
        return range(count)
    if len(words) > 1 or not re.match(r"[\d,-]+\Z", words[0]):
        raise Error(f"{path}: +{'+'.join(words)} is no band list such as +1,3-5")
    chosen = []
    for item in words[0].split(","):
        ends = re.match(r"(\d+)(?:-(\d+))?\Z", item)
        if not ends:
            raise Error(f"{path}: +{words[0]} is no band list such as +1,3-5")
        a, b = int(ends[1]), int(ends[2] or ends[1])
        for band in (a, b):
            if not 1 <= band <= count:
                raise Error(f"{path}: band {band} does not exist: the cube has bands 1 to {count}")
        chosen += range(a - 1, b) if b >= a else range(a - 1, b - 2, -1)
    return range(count) if chosen == list(range(count)) else chosen


@dataclasses.dataclass
class Output:
    """What the attributes of an output name ask for; None is the tool's own choice."""

    path: str
    type: str | None = None
    range: tuple | None = None
    format: str = "BandSequential"
    order: str = "Lsb"


def output(path):
    """Return the Output of a TO value."""
    path, words = split(path)
    found = Output(path)
    for word in words:
        low, ends = word.lower(), RANGE.match(word)
        if low in TYPES:
            found.type = TYPES[low]
        elif low in FORMATS:
            found.format = FORMATS[low]
        elif low in ("lsb", "msb"):
            found.order = low.capitalize()
        elif ends:
            try:
                found.range = float(ends[1]), float(ends[2])
            except ValueError:
                raise Error(f"{path}: +{word}: a range is two numbers, as +0:1") from None
        elif low != "attached":
            known = "8bit, 16bit, UnsignedWord, 32bit, min:max, Tile, BSQ, Lsb, Msb, Attached"
            raise Error(f"{path}: attribute +{word} is not recognised; known: {known}")
    return found
