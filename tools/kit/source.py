"""Cubes being read: from files and pipes, in order, with exact byte counts."""

import contextlib
import dataclasses
import os

import numpy as np

from . import attributes, files, geotiff, isis2, label, special
from .error import Error, IoError
from .label import Node

BLOBS = ("Table", "History", "OriginalLabel", "Polygon")
STRIPE = 1 << 18  # bytes of a block of samples: fits the cache, and a widened pipe
LARGEST = 1 << 31  # bytes of a blob that comes through a pipe


@dataclasses.dataclass(frozen=True)
class Blob:
    """Bytes after the samples: a table, the original label, a history."""

    kind: str
    name: str
    head: Node
    data: bytes


class Source:
    """A cube being read: its label at once, samples and blobs when asked for."""

    def __init__(self, path):
        self.path = path
        self.name, words = attributes.split(path)
        self.reader = files.Reader(self.name)
        try:
            self._open(words)
        except Exception:
            self.reader.close()
            raise

    def _open(self, words):
        geotiff.through(self.reader)
        try:
            self.label, rest = label.read(self.reader)
        except (Error, IoError) as error:
            raise type(error)(f"{self.name}: {error}") from None
        self.reader.unread(rest)
        if isis2.is_one(self.label):
            self.label = isis2.convert(self.label, self.name)
        if "IsisCube" not in self.label or not self.label.object("IsisCube").nodes("Core"):
            raise Error(f"{self.name}: not a cube: the label has no Object = IsisCube with a Core")
        core = self.core = self.label.object("IsisCube").object("Core")
        size, pixels = core.group("Dimensions"), core.group("Pixels")
        self.shape = tuple(size.integer(k) for k in ("Bands", "Lines", "Samples"))
        self.type, self.order = pixels.text("Type"), pixels.text("ByteOrder", "Lsb").capitalize()
        self.base, self.multiplier = (
            pixels.number("Base", default=0.0),
            pixels.number("Multiplier", default=1.0),
        )
        if self.type not in special.TYPES or self.order not in special.ORDER or min(self.shape) < 1:
            raise Error(
                f"{self.name}: {self.shape} samples of {self.type} {self.order}: no known cube"
            )
        self.dtype = special.dtype(self.type, self.order)
        self.tile = None
        if core.text("Format") == "Tile":
            self.tile = core.integer("TileLines"), core.integer("TileSamples")
            if min(self.tile) < 1:
                raise Error(f"{self.name}: tiles of {self.tile} lines, samples: expected 1 or more")
        elif core.text("Format") != "BandSequential":
            raise Error(
                f"{self.name}: Format = {core.text('Format')}, expected Tile or BandSequential"
            )
        self.chosen = attributes.bands(words, self.shape[0], self.name)
        self.all_bands = self.chosen == range(self.shape[0])
        self.heads = [n for n in self.label.nodes() if n.name in BLOBS and "StartByte" in n]
        self.heads.sort(key=lambda n: n.integer("StartByte"))
        start, attached = core.integer("StartByte", 1) - 1, "^Core" not in core
        end = start + self._bytes()
        after = all(n.integer("StartByte") > end for n in self.heads)
        self.ordered = attached and after and not any(map(_pointer, self.heads))
        if not self.ordered and (self.name == "-" or self.reader.size is None):
            self.reader.spool()
        for head in self.heads:
            self._check(head, (start, end) if attached else (0, 0))

    def _check(self, head, core):
        """Refuse a blob whose bytes cannot be where its label puts them, before room is made."""
        start, count = head.integer("StartByte") - 1, head.integer("Bytes")
        here = not _pointer(head)
        size = self.reader.size if here else None
        most = LARGEST if size is None else size - start
        if start < 0 or not 0 <= count <= most or (here and core[0] - count < start < core[1]):
            raise IoError(
                f"{self.name}: {head} of {count} bytes from byte {start + 1} on: beyond the end or "
                "over the samples; the file is truncated or its label damaged"
            )

    @property
    def streams(self):
        """True where the samples can be passed on in the order they come."""
        return self.tile is None and self.all_bands and self.ordered

    def _bytes(self):
        bands, lines, samples = self.shape
        if self.tile:
            lines, samples = (
                -(-n // t) * t for n, t in zip((lines, samples), self.tile, strict=True)
            )
        return bands * lines * samples * self.dtype.itemsize

    def _core_reader(self):
        if "^Core" not in self.core:
            self._goto(self.core.integer("StartByte", 1) - 1, "label")
            return self.reader
        reader = files.Reader(_beside(self.name, self.core.text("^Core")))
        reader.skip_to(self.core.integer("StartByte", 1) - 1, "core")
        return reader

    def _goto(self, offset, what):
        if self.ordered:
            self.reader.skip_to(offset, what)
        else:
            self.reader.seek(offset, what)

    def _room(self, shape):
        """Return an empty array for raw samples; one that does not fit the memory is an Error."""
        try:
            return np.empty(shape, self.dtype)
        except (MemoryError, ValueError, OverflowError):
            raise Error(
                f"{self.name}: {self.shape} bands, lines, samples of {self.type}: more than the "
                "memory holds; is the label damaged?"
            ) from None

    def decode(self, raw):
        """Return samples on disk as samples in memory."""
        return special.decode(raw, self.type, self.base, self.multiplier)

    def blocks(self):
        """Yield (band, first line, raw samples (lines, samples)) of a band sequential cube."""
        bands, lines, samples = self.shape
        reader = self._core_reader()
        step = max(1, STRIPE // (samples * 4))
        reader.promise(self._bytes(), "the core")
        buffer = self._room((step, samples))
        for band in range(bands):
            for line in range(0, lines, step):
                block = buffer[: min(step, lines - line)]
                reader.into(block, f"band {band + 1}")
                yield band, line, block

    def read_core(self):
        """Return the samples, in memory, of the chosen bands."""
        reader = self._core_reader()
        bands, lines, samples = self.shape
        reader.promise(self._bytes(), "the core")
        raw = self._room(self._bytes() // self.dtype.itemsize)
        reader.into(raw, "the core")
        if reader is not self.reader:
            reader.close()
        if self.tile:
            tl, ts = self.tile
            raw = raw.reshape(bands, -(-lines // tl), -(-samples // ts), tl, ts).swapaxes(2, 3)
            raw = raw.reshape(bands, -(-lines // tl) * tl, -1)[:, :lines, :samples]
        raw = raw.reshape(bands, lines, samples)
        return self.decode(raw if self.all_bands else raw[list(self.chosen)])

    def read_blobs(self):
        """Return the blobs, and the history's text; call it after the samples."""
        blobs, history = [], ""
        for head in self.heads:
            name, count = head.text("Name", "IsisCube"), head.integer("Bytes")
            pointer = _pointer(head)
            if pointer:
                with contextlib.closing(files.Reader(_beside(self.name, pointer))) as reader:
                    reader.skip_to(head.integer("StartByte") - 1, head.name)
                    data = reader.exactly(count, f"{head.name} {name}")
            else:
                self._goto(head.integer("StartByte") - 1, f"{head.name} {name}")
                data = self.reader.exactly(count, f"{head.name} {name}")
            if head.name == "History":
                history += data.rstrip(b"\0").decode("latin-1")
            else:
                blobs.append(Blob(head.name, name, head.copy(), data))
        if self.ordered and self.reader.read(1):
            raise IoError(
                f"{self.name}: bytes follow the end of the cube (byte {self.reader.at - 1}): "
                "the file is damaged, or a second cube came down the pipe"
            )
        return tuple(blobs), history

    def band_label(self):
        """Return the label with BandBin cut down to the chosen bands."""
        if self.all_bands:
            return self.label
        root = self.label.copy()
        core = root.object("IsisCube").object("Core")
        core.group("Dimensions").set("Bands", len(self.chosen))
        bandbin = root.object("IsisCube").group("BandBin")
        for key, value in bandbin.items:
            values, unit = value if isinstance(value, label.Quantity) else (value, None)
            if isinstance(values, list) and len(values) == self.shape[0]:
                kept = [values[b] for b in self.chosen]
                bandbin.set(key, label.Quantity(kept, unit) if unit else kept)
        return root

    def close(self):
        self.reader.close()


def _pointer(head):
    return head.text(f"^{head.name}", None)


def _beside(path, name):
    return os.path.join(os.path.dirname(path), os.path.basename(name))


@contextlib.contextmanager
def opened(path):
    """Yield the Source of a cube."""
    source = Source(path)
    try:
        yield source
    finally:
        source.close()
