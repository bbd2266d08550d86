"""Cubes: an attached label of fixed length, samples band by band, then tables and history.

What this module writes is an ISIS3 cube (GDAL and ISIS open it).  It reads what ISIS wrote:
tiled, Msb, detached, 8, 16 and 32 bit, Base and Multiplier, and ISIS2 cubes.
"""

import dataclasses

import numpy as np

from . import files
from .error import Error
from .label import Node
from .sink import Sink
from .source import STRIPE, Blob, opened

__all__ = ["Blob", "Cube", "band_names", "group", "new", "opened", "read", "write"]


@dataclasses.dataclass(frozen=True)
class Cube:
    """A cube in memory: core is (bands, lines, samples), special pixels as NaN with a kind."""

    label: Node
    core: np.ndarray
    blobs: tuple = ()
    history: str = ""
    source: str = "-"

    @property
    def isis(self):
        return self.label.object("IsisCube")

    def group(self, name):
        """Return a group of the label; a missing one is an Error that names it."""
        return group(self.label, name, self.source)

    def band_names(self):
        """Return the names of the bands, "1", "2" … where the label has none."""
        return band_names(self.label, len(self.core))

    def blob(self, kind, name):
        """Return a blob, None where there is none."""
        return next((b for b in self.blobs if (b.kind, b.name) == (kind, name)), None)

    def with_blob(self, blob):
        """Return the cube with a blob in place of one of the same kind and name."""
        rest = [b for b in self.blobs if (b.kind, b.name) != (blob.kind, blob.name)]
        return dataclasses.replace(self, blobs=(*rest, blob))

    def replace(self, **changes):
        """Return the cube with another core, label …; the label is a copy of its own."""
        changes.setdefault("label", self.label.copy())
        return dataclasses.replace(self, **changes)


def new(core, **groups):
    """Return a cube of samples and groups given as {keyword: value}."""
    root = Node()
    isis = root.object("IsisCube")
    for name, values in groups.items():
        isis.append(Node("Group", name, values.items()))
    return Cube(root, np.asarray(core))


def group(root, name, source="-"):
    """Return a group of IsisCube; a missing one is an Error."""
    found = root.object("IsisCube").nodes(name)
    if not found:
        raise Error(f"{source}: the label has no Group = {name}")
    return found[0]


def band_names(root, count):
    """Return the names of count bands by BandBin/FilterName or Name."""
    bandbin = root.object("IsisCube").group("BandBin") if "IsisCube" in root else Node()
    for key in ("FilterName", "Name"):
        if key in bandbin and len(bandbin.texts(key)) == count:
            return bandbin.texts(key)
    return [str(b + 1) for b in range(count)]


def read(path):
    """Return a cube, from a file or from standard input ("-")."""
    with opened(path) as source:
        core = source.read_core()
        blobs, history = source.read_blobs()
        return Cube(source.band_label(), core, blobs, history, source.name)


def write(path, cube, p=None, type="Real"):
    """Write a cube to a file or to standard output ("-"), with the tool's entry in its History."""
    heads = [(b.head, len(b.data)) for b in cube.blobs]
    sink = Sink(path, cube.label, cube.core.shape, type, heads, cube.history, p)
    step = max(1, STRIPE // (4 * max(1, cube.core.shape[2])))

    def blocks():
        for band in cube.core:
            for line in range(0, len(band), step):
                yield band[line : line + step]

    with files.output(sink.to.path) as stream:
        sink.write(stream, blocks(), lambda: (b.data for b in cube.blobs))
