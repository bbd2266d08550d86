"""A cube as a GeoTIFF: TO=x.tif, for maps that are mostly empty and for GIS.

The samples are those of the cube, raw as on disk and compressed, in tiles of 256 x 256 of which
those that are all Null take no room; Null is the nodata value.  Base and Multiplier are scale and
offset.
The metadata domain PERIJOVE holds the label for people (LABEL) and everything of the cube but its
samples (CUBE: zlib, base64), so that a tool reads from x.tif what it would read from x.cub.
Written here and read (geotiffin.py) by rows of tiles, never held whole.
"""

import base64
import contextlib
import itertools
import os
import stat
import zlib

import numpy as np

from . import files, label, quiet, special
from .error import Error, IoError

DOMAIN = "PERIJOVE"
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # classic and BigTIFF, either byte order
TILE = 256
TYPES = ("UnsignedByte", "SignedWord", "UnsignedWord", "Real", "Double")


def named(path):
    """Return True for a name that asks for a TIFF."""
    return str(path).lower().endswith((".tif", ".tiff"))


def through(reader):
    """Let a files.Reader that begins with a TIFF go on with the cube that it holds.

    Return its geotiffin.Windows, None where it is no TIFF.
    """
    first = reader.read(4)
    reader.unread(first)
    if first not in MAGIC:
        return None
    from . import geotiffin

    return geotiffin.through(reader)


def null(kind):
    """Return the value of Null of a pixel type on disk, as a number of Python."""
    found = special.TYPES[kind][1][0]
    return float(found.view(f"f{found.itemsize}")) if kind in ("Real", "Double") else found


def pack(stream, head, pixels, shape, raws, tail, place, path, threads=1):
    """Write a GeoTIFF to a binary stream; return True where GDAL knows its coordinates.

    head    bytes of the cube's label;  tail()  those that follow its samples
    pixels  type, byte order, Base, Multiplier;  shape  (bands, lines, samples)
    raws    samples as on disk (lines, samples), band by band from the top
    place   {crs, transform} of raster.georeference
    """
    kind = pixels[0]
    if kind not in TYPES:
        raise Error(f"{path}: {kind} samples do not go into a TIFF: expected {', '.join(TYPES)}")
    bands, lines, samples = shape
    options = {
        "driver": "GTiff",
        "count": bands,
        "height": lines,
        "width": samples,
        "dtype": special.dtype(kind).newbyteorder("=").name,
        "nodata": null(kind),
        "compress": "zstd",  # as small as deflate, in half the time
        "zstd_level": 1,
        "predictor": 3 if special.dtype(kind).kind == "f" else 2,
        "num_threads": threads,  # the same bytes for any number
        "tiled": True,
        "blockxsize": TILE,
        "blockysize": TILE,
        "bigtiff": "if_safer",
        "sparse_ok": True,
        "interleave": "band",
        **place,
    }
    with quiet.writing(path) as rasterio, _target(stream, rasterio) as name:
        dataset = rasterio.open(name, "w", **options)
        try:
            wrote = _fill(dataset, head, pixels, raws, tail)
        finally:
            with files.silence():
                dataset.close()
        with rasterio.open(name) as dataset:
            if not _whole(dataset, *wrote):  # GDAL does not tell of a disk that fills at the end
                raise IoError(f"{path}: cannot be written, is the disk full?")
            return dataset.crs is not None


@contextlib.contextmanager
def _target(stream, rasterio):
    """Yield the name under which GDAL writes what is to go to a stream: its own for a file."""
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        yield stream.name
        return
    with rasterio.MemoryFile() as memory:
        yield memory.name
        stream.write(memory.read())


def _fill(dataset, head, pixels, raws, tail):
    """Write samples and metadata, as for pack; return the count of tiles and the item CUBE."""
    kind, _, base, multiplier = pixels
    bands, lines, samples = dataset.count, dataset.height, dataset.width
    count, empty = 0, null(kind)
    for band, line, raw in rows(raws, (bands, lines, samples), TILE):
        there = (raw != empty).any(0)
        with files.silence():  # libtiff prints what GDAL raises
            for s in range(0, samples, TILE):
                if there[s : s + TILE].any():
                    tile = raw[:, s : s + TILE]
                    window = (line, line + len(tile)), (s, s + tile.shape[1])
                    dataset.write(tile, band + 1, window=window)
                    count += 1
    text = head.rstrip(b"\0")
    whole = base64.b64encode(zlib.compress(text + b"\0" + tail())).decode()
    dataset.descriptions = _names(label.loads(text.decode("latin-1")), bands)
    dataset.scales, dataset.offsets = (multiplier,) * bands, (base,) * bands
    people = text.decode("latin-1").encode("ascii", "replace").decode()
    dataset.update_tags(ns=DOMAIN, LABEL=people, CUBE=whole)
    return count, whole


def blocks(dataset):
    """Yield band, y, x of the blocks that a dataset's file has, their offsets and sizes."""
    shape = dataset.height, dataset.width
    down, across = (-(-n // b) for n, b in zip(shape, dataset.block_shapes[0], strict=True))
    for band, y, x in np.ndindex(dataset.count, down, across):
        at, size = (
            dataset.get_tag_item(f"BLOCK_{what}_{x}_{y}", "TIFF", bidx=band + 1)
            for what in ("OFFSET", "SIZE")
        )
        if at is not None:
            yield band, y, x, int(at), int(size)


def _whole(dataset, count, whole):
    """Return True where a TIFF has so many tiles, each to itself, and the item CUBE."""
    found = [(at, size) for *_, at, size in blocks(dataset)]
    directory = int(dataset.get_tag_item("IFD_OFFSET", "TIFF", bidx=1)), 0
    ends = sorted([*found, directory])
    apart = all(a + size <= b for (a, size), (b, _) in itertools.pairwise(ends))
    return apart and len(found) == count and dataset.tags(ns=DOMAIN).get("CUBE") == whole


def rows(raws, shape, height):
    """Yield band, first line and samples of one row of tiles after the other, height lines each."""
    bands, lines, samples = shape
    raws = iter(raws)
    rest = np.empty((0, samples))
    for band, line in itertools.product(range(bands), range(0, lines, height)):
        row, held = None, 0
        full = min(height, lines - line)
        while held < full:
            rest = rest if len(rest) else next(raws).reshape(-1, samples)
            part, rest = rest[: full - held], rest[full - held :]
            if len(part) < full:  # a copy: who made it may use its room again
                row = np.empty((full, samples), part.dtype) if row is None else row
                row[held : held + len(part)] = part
            held += len(part)
        yield band, line, part if row is None else row


def _names(root, bands):
    from .cube import band_names

    return band_names(root, bands)


def place(root, path):
    """Return {crs, transform} of the map that a label tells of, {} of any other cube."""
    from . import raster
    from .cube import Cube

    return raster.georeference(Cube(root, np.empty((0, 0, 0), np.float32), source=path))
