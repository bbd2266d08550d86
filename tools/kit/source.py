"""Cubes being read: from files and pipes, in order, with exact byte counts."""

import contextlib
import dataclasses
import itertools
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
        self.tiff = geotiff.through(self.reader)  # None: no TIFF
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

    def core_reader(self):
        """Return a files.Reader at the first sample, which all are to come after."""
        start, reader = self.core.integer("StartByte", 1) - 1, self.reader
        if "^Core" in self.core:
            reader = files.Reader(_beside(self.name, self.core.text("^Core")))
            reader.skip_to(start, "core")
        else:
            self._goto(start, "label")
        reader.promise(self._bytes(), "the core")
        return reader

    def pass_core(self):
        """Return the files.Reader of the samples, and the offset of the first, going past them."""
        reader = self.core_reader()
        start = reader.at
        reader.skip_to(start + self._bytes(), "the end of the core")
        return reader, start

    def _goto(self, offset, what):
        if self.ordered:
            self.reader.skip_to(offset, what)
        else:
            self.reader.seek(offset, what)

    def _room(self, shape, dtype):
        """Return an empty array for samples; one that does not fit the memory is an Error."""
        try:
            return np.empty(shape, dtype)
        except (MemoryError, ValueError, OverflowError):
            raise Error(
                f"{self.name}: {self.shape} bands, lines, samples of {self.type}: more than the "
                "memory holds; is the label damaged?"
            ) from None

    def decode(self, raw, out=None):
        """Return samples on disk as samples in memory; out as for special.decode."""
        return special.decode(raw, self.type, self.base, self.multiplier, out)

    def blocks(self):
        """Yield (band, first line, raw samples (lines, samples)) of a band sequential cube."""
        bands, lines, samples = self.shape
        reader = self.core_reader()
        # a power of two, as are the framelets' lines: blocks come to begin at the same few of those
        step = 1 << max(1, STRIPE // (samples * max(2, self.dtype.itemsize))).bit_length() - 1
        buffer = self._room((step, samples), self.dtype)
        for band in range(bands):
            for line in range(0, lines, step):
                block = buffer[: min(step, lines - line)]
                reader.into(block, f"band {band + 1}")
                yield band, line, block

    def read_core(self):
        """Return the samples, in memory, of the chosen bands: held once, read strip by strip."""
        reader = self.core_reader()
        bands, lines, samples = self.shape
        out = self._room((len(self.chosen), lines, samples), special.memory(self.type))
        step, width = self.tile or (max(1, STRIPE // (samples * self.dtype.itemsize)), samples)
        room = self._room((-(-samples // width), step, width), self.dtype)
        for band, line in itertools.product(range(bands), range(0, lines, step)):
            count = min(step, lines - line)
            places = [out[i, line : line + count] for i, b in enumerate(self.chosen) if b == band]
            raw = room if self.tile else room[:, :count]
            if not places:
                reader.skip_to(reader.at + raw.nbytes, "the core")
                continue
            if not self.tile and self.dtype == out.dtype:
                raw = places[0]  # decoded in place
            reader.into(raw, "the core")
            if self.tile:
                raw = raw.swapaxes(0, 1).reshape(step, -1)[:count, :samples]
            for place in reversed(places):
                self.decode(raw.reshape(place.shape), place)
        if reader is not self.reader:
            reader.close()
        return out

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
