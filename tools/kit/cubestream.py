"""Several cubes one after the other on a stream, as `cat` makes of files: each into a file."""

import os

from . import files, geotiff, label, special
from .error import Error, IoError
from .source import BLOBS

PIECE = 1 << 20  # bytes copied at a time


def spooled(path, folder):
    """Return the paths of the cubes of a stream, files in a folder; none at all is an Error.

    The cubes are attached, their samples in the order that we and ISIS write them.
    """
    reader = files.Reader(path)
    paths = []
    try:
        while True:
            first = reader.read(4)
            if not first:
                break
            reader.unread(first)
            if first in geotiff.MAGIC and paths:
                raise Error("a TIFF does not come as one of several cubes: give FROMLIST")
            if first in geotiff.MAGIC:
                return [_all(reader, os.path.join(folder, "1.tif"))]
            paths.append(os.path.join(folder, f"{len(paths) + 1}.cub"))
            with open(paths[-1], "wb") as out:
                _copy(
                    reader, out, f"cube {len(paths)} of {'standard input' if path == '-' else path}"
                )
    except OSError as error:
        raise IoError(
            f"{folder}: cannot be written: {files.reason(error)}: set TMPDIR to a larger disk"
        ) from None
    finally:
        reader.close()
    if not paths:
        raise IoError("the input is empty: expected cubes, one after the other")
    return paths


def _all(reader, path):
    """Copy what is left of a stream into a file; return its path."""
    with open(path, "wb") as out:
        while piece := reader.read(PIECE):
            out.write(piece)
    return path


def _copy(reader, out, name):
    """Copy the bytes of one cube."""
    start, held = reader.at, _Kept(reader)
    try:
        root, rest = label.read(held)
    except Error as error:
        raise type(error)(f"{name}: {error}") from None
    reader.unread(held.last[len(held.last) - len(rest) :] if rest else b"")
    out.write(held.data[: len(held.data) - len(rest)])
    end = start + _length(root, name)
    while reader.at < end:
        out.write(reader.exactly(min(PIECE, end - reader.at), name))


class _Kept:
    """A Reader that keeps what it read."""

    def __init__(self, reader):
        self.reader, self.data, self.last = reader, bytearray(), b""

    def read(self, count):
        self.last = self.reader.read(count)
        self.data += self.last
        return self.last


def _length(root, name):
    """Bytes of a cube, by its label."""
    isis = root.object("IsisCube") if "IsisCube" in root else None
    if isis is None or not isis.nodes("Core") or "^Core" in isis.object("Core"):
        raise Error(f"{name}: no cube with its samples attached: give FROMLIST")
    core = isis.object("Core")
    size, pixels = core.group("Dimensions"), core.group("Pixels")
    bands, lines, samples = (size.integer(k) for k in ("Bands", "Lines", "Samples"))
    if core.text("Format") == "Tile":
        lines, samples = (
            -(-n // t) * t
            for n, t in zip(
                (lines, samples),
                (core.integer("TileLines"), core.integer("TileSamples")),
                strict=True,
            )
        )
    kind = pixels.text("Type")
    if kind not in special.TYPES or min(bands, lines, samples) < 1:
        raise Error(f"{name}: samples of {kind}: no known cube")
    ends = [
        core.integer("StartByte", 1) - 1 + bands * lines * samples * special.dtype(kind).itemsize
    ]
    for node in root.nodes():
        if node.name in BLOBS and "StartByte" in node:
            ends.append(node.integer("StartByte") - 1 + node.integer("Bytes"))
    return max(ends)
