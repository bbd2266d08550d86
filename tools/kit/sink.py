"""Cubes being written: every offset is known before the first sample, so a pipe will do."""

import numpy as np

from . import attributes, geotiff, label, special
from .error import Error
from .label import Node
from .source import BLOBS

LABEL_BYTES = 65536  # the room ISIS leaves for an attached label


def compose(root, shape, pixels, blobs, history, fmt="BandSequential", tile=None):
    """Return the bytes of an attached label with every offset filled in.

    pixels  (type, byte order, base, multiplier);  blobs  [(head, bytes)];  history  text
    """
    core = Node("Object", "Core", [("StartByte", 0), ("Format", fmt)])
    if tile:
        core.update(TileSamples=tile[1], TileLines=tile[0])
    bands, lines, samples = shape
    size = Node("Group", "Dimensions", [("Samples", samples), ("Lines", lines), ("Bands", bands)])
    core.append(size)
    names = ("Type", "ByteOrder", "Base", "Multiplier")
    core.append(Node("Group", "Pixels", zip(names, pixels, strict=True)))
    isis = Node("Object", "IsisCube")
    isis.append(core)
    isis.items += [(k, v) for k, v in root.object("IsisCube").items if k != "Core"]
    if tile:
        lines, samples = (-(-n // t) * t for n, t in zip((lines, samples), tile, strict=True))
    count = bands * lines * samples * special.dtype(pixels[0]).itemsize
    out = Node()
    out.append(isis)
    room = out.object("Label")
    tail = []
    for head, nbytes in blobs:
        head = out.append(head.copy())
        head.delete(f"^{head.name}")
        tail.append((head, nbytes))
    if history:
        tail.append((out.append(Node("Object", "History", [("Name", "IsisCube")])), len(history)))
    out.items += [(k, v) for k, v in root.items if not isinstance(v, Node)]
    keep = [n for n in root.nodes() if n.name not in (*BLOBS, "IsisCube", "Label")]
    out.items += [(n.name, n) for n in keep]
    space = LABEL_BYTES
    while True:
        room.set("Bytes", space)
        core.set("StartByte", space + 1)
        at = space + 1 + count
        for head, nbytes in tail:
            head.update(StartByte=at, Bytes=nbytes)
            at += nbytes
        text = label.dumps(out).encode("latin-1", "replace")
        if len(text) < space:
            return text.ljust(space, b"\0")
        space *= 2


def ranged(name, low, high, what):
    """Return base and multiplier that map low and high to the valid ends of a pixel type."""
    if not low < high:
        raise Error(f"{what}: the range {low}:{high} is empty")
    _, _, first, last = special.TYPES[name]
    multiplier = (high - low) / (last - first)
    return low - multiplier * first, multiplier


def _scale(to, own):
    """Return base and multiplier of an output: a range maps to the valid values of the type."""
    wanted = to.type or own
    if wanted in ("Real", "Double"):
        return 0.0, 1.0
    if to.range is None:
        if wanted != own:
            raise Error(f"{to.path}: +{wanted} needs the range of values too, as +{wanted}+0:1")
        return 0.0, 1.0
    return ranged(wanted, *to.range, to.path)


def _tile_axis(n, limit):
    """Return the tile size ISIS gives an axis: whole where it fits, else a divisor, else 128."""
    return n if n <= limit else next((d for d in range(limit, 128, -1) if n % d == 0), 128)


def _tiled(raws, shape, tile):
    """Yield samples tile by tile, from samples line by line; zero fills up the last ones."""
    (tl, ts), samples = tile, shape[2]
    for _, _, raw in geotiff.rows(raws, shape, tl):
        full = np.zeros((tl, -(-samples // ts), ts), raw.dtype)
        full.reshape(tl, -1)[: len(raw), :samples] = raw
        yield full.swapaxes(0, 1)


class Sink:
    """A cube being written: the label first, then raw samples in order, then the blobs.

    scale  (Base, Multiplier) where the samples come as they are to be stored; None: as DN
    """

    def __init__(self, path, root, shape, pixel_type, blobs, history, p=None, scale=None):
        self.to = attributes.output(path)
        wanted = self.to.type or pixel_type
        self.stored = scale is not None
        self.pixels = (wanted, self.to.order, *(scale or _scale(self.to, pixel_type)))
        self.shape, self.blobs, self.tile = shape, blobs, None
        self.p, self.tiff = p, geotiff.named(self.to.path)
        self.root = root
        if self.tiff and (self.to.format, self.to.order) != ("BandSequential", "Lsb"):
            raise Error(
                f"{self.to.path}: +Tile and +Msb are for cubes: a TIFF has tiles of its own"
            )
        if self.to.format == "Tile":
            limit = 512 * 4 // special.dtype(wanted).itemsize
            self.tile = _tile_axis(shape[1], limit), _tile_axis(shape[2], limit)
        text = history if history.endswith("\n") or not history else history + "\n"
        if p is not None:
            entry = p.history()
            text += label.dumps(Node(items=[(entry.name, entry)]), end=False)
        self.history = text.encode("latin-1", "replace")
        self.head = compose(
            root, shape, self.pixels, blobs, self.history, self.to.format, self.tile
        )

    def encode(self, block):
        """Return samples as bytes on disk."""
        kind, order, *scale = self.pixels
        return special.encode(block, kind, *((0.0, 1.0) if self.stored else scale), order)

    def write(self, stream, blocks, tail):
        """Write everything: blocks yield samples in memory; tail() gives the blobs' bytes."""
        self.pour(stream, (self.encode(b) for b in blocks), tail)

    def pour(self, stream, raws, tail):
        """Write everything: raws yield samples as they are on disk."""
        if self.tiff:
            return self._tiff(stream, raws, tail)
        stream.write(self.head)
        for raw in _tiled(raws, self.shape, self.tile) if self.tile else raws:
            stream.write(memoryview(np.ascontiguousarray(raw)).cast("B"))
        for data in tail():
            stream.write(data)
        stream.write(self.history)

    def _tiff(self, stream, raws, tail):
        where = geotiff.place(self.root, self.to.path)
        known = geotiff.pack(
            stream,
            self.head,
            self.pixels,
            self.shape,
            raws,
            lambda: b"".join([*tail(), self.history]),
            where,
            self.to.path,
            self.p.jobs if self.p is not None else 1,
        )
        if self.p is not None and where and not known:
            self.p.say("GeoTIFF has no words for the projection: only perijove knows it")


def pixel_type(cube):
    """Return the pixel type a cube was read from, for tools that leave its samples as they are."""
    core = next(iter(cube.isis.nodes("Core")), None)
    pixels = core.group("Pixels") if core else Node()
    whole = (pixels.get("Base", 0.0), pixels.get("Multiplier", 1.0)) == (0.0, 1.0)
    return pixels.text("Type", "Real") if whole else "Real"
