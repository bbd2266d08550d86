"""A GeoTIFF of ours being read (geotiff.py): the cube that it holds, its samples by windows."""

import base64
import binascii
import contextlib
import io
import math
import os
import threading
import zlib

import numpy as np

from . import label, quiet, special, tiffend
from .error import Error, IoError
from .geotiff import DOMAIN, TYPES, blocks, null, place

LARGEST = 1 << 28  # bytes of labels and tables that a TIFF may unfold to
CACHE = 1 << 26  # bytes of tiles that GDAL keeps unfolded
OPENING = threading.Lock()  # stderr and its warnings are the whole process's
SPARE = threading.Semaphore(32)  # datasets kept open beside the first of each file


def through(reader):
    """Let a files.Reader go on with the cube that its TIFF holds; return the Windows of it.

    A TIFF of others is an Error.
    """
    data = None if reader.size is not None and reader.path != "-" else reader.read()
    windows = Windows(reader.path, data)
    with io.BytesIO(data) if data is not None else open(reader.path, "rb") as stream:
        if tiffend.another(stream):
            windows.close()
            raise IoError(f"{reader.path}: a second cube follows the TIFF: expected one")
    reader.become(io.BufferedReader(Unrolled(windows)), windows.size)
    return windows


class Windows:
    """The samples of a TIFF as on disk, by windows, from any thread.

    head, tail  bytes of the cube before and after its samples;  block  lines, samples of a tile
    """

    def __init__(self, path, data=None):
        """data  the bytes of the TIFF, None: they are in the file."""
        self.path, self.memory, self.name = path, None, os.path.abspath(path)
        self.idle = []  # datasets open: GDAL wants one for each thread
        self.lock = threading.Lock()
        if data is not None:
            self.memory = _memory(data)
            self.name = self.memory.name
        with self._dataset() as dataset:
            whole = dataset.tags(ns=DOMAIN).get("CUBE")
            if whole is None:
                raise Error(f"{path}: a TIFF that holds no cube of ours: import it by std2cub")
            self.head, self.tail, root = _head(whole, path)
            self.dtype, self.null = _checked(dataset, root, path)
            self.shape = dataset.count, dataset.height, dataset.width
            self.block = dataset.block_shapes[0]
            size = (-(-n // b) for n, b in zip(self.shape[1:], self.block, strict=True))
            self.there = np.zeros((self.shape[0], *size), bool)  # which tiles the file has
            for band, y, x, *_ in blocks(dataset):
                self.there[band, y, x] = True
            _same_place(root, dataset.transform, path)
        self.size = len(self.head) + math.prod(self.shape) * self.dtype.itemsize + len(self.tail)

    @contextlib.contextmanager
    def _dataset(self):
        with quiet.told(self.path, "a TIFF") as rasterio:
            # no files beside it, which could say otherwise; no more memory than we ask for
            with rasterio.Env(GDAL_CACHEMAX=CACHE, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
                found = self._taken()
                if found is None:
                    with OPENING, quiet.reading(self.path, "a TIFF"):
                        found = rasterio.open(self.name, driver="GTiff")
                yield found
                self._kept(found)

    def _taken(self):
        """Return a dataset that is open and idle, None where there is none."""
        with self.lock:
            if len(self.idle) > 1:
                SPARE.release()
            return self.idle.pop() if self.idle else None

    def _kept(self, dataset):
        """Keep a dataset for later, or close it: files are many, and threads, too."""
        with self.lock:
            if not self.idle or SPARE.acquire(blocking=False):
                return self.idle.append(dataset)
        dataset.close()

    def read(self, out, band, line, sample):
        """Fill out (lines, samples) with raw samples of a band; those of absent tiles are Null."""
        tl, ts = self.block
        rows = np.arange(line // tl, -(-(line + out.shape[0]) // tl))
        cols = np.arange(sample // ts, -(-(sample + out.shape[1]) // ts))
        here = self.there[band, rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        if not here.all():
            out[...] = self.null
        if not here.any():
            return
        rows, cols = rows[here.any(1)], cols[here.any(0)]
        top, low = max(line, rows[0] * tl), min(line + out.shape[0], (rows[-1] + 1) * tl)
        left, right = max(sample, cols[0] * ts), min(sample + out.shape[1], (cols[-1] + 1) * ts)
        window = (int(top), int(low)), (int(left), int(right))
        with self._dataset() as dataset:
            found = dataset.read(band + 1, window=window)
        out[top - line : low - line, left - sample : right - sample] = found

    def close(self):
        """Close what is open."""
        while found := self._taken():
            found.close()
        if self.memory is not None:
            self.memory.close()


class Unrolled(io.RawIOBase):
    """The bytes of the cube that a TIFF holds, its samples read as they are wanted."""

    def __init__(self, windows):
        self.windows, self.at = windows, 0
        self.strip, self.raw = None, None  # the row of tiles that was read last

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.at}.get(whence, self.windows.size)
        return self.at

    def readinto(self, buffer):
        piece = self._piece()[: len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)

    def _piece(self):
        """Return some of the bytes from here on, none at the end."""
        w, at = self.windows, self.at
        if at < len(w.head):
            return memoryview(w.head)[at:]
        at -= len(w.head)
        (bands, lines, samples), size = w.shape, w.dtype.itemsize
        row, skip = divmod(at, samples * size)
        band, line = divmod(row, lines)
        if band >= bands:
            return memoryview(w.tail)[at - bands * lines * samples * size :]
        top = line - line % w.block[0]
        if self.strip != (band, top):
            self.raw = np.empty((min(w.block[0], lines - top), samples), w.dtype)
            w.read(self.raw, band, top, 0)
            self.strip = band, top
        return memoryview(self.raw).cast("B")[(line - top) * samples * size + skip :]

    def close(self):
        self.windows.close()
        super().close()


def _memory(data):
    from rasterio import MemoryFile

    return MemoryFile(data)


def _head(whole, path):
    """Return label and tail bytes, and the root Node, of the item CUBE."""
    try:
        unfold = zlib.decompressobj()
        text = unfold.decompress(base64.b64decode(whole, validate=True), LARGEST)
        if not unfold.eof:
            raise zlib.error("it does not end")
    except (zlib.error, binascii.Error, ValueError) as error:
        raise IoError(f"{path}: its item CUBE is damaged: {error}") from None
    text, _, tail = text.partition(b"\0")
    root = label.loads(text.decode("latin-1"))
    room = root.object("Label").integer("Bytes")
    if not len(text) < room <= LARGEST:
        raise IoError(f"{path}: its item CUBE is damaged: a label of {room} bytes")
    return text.ljust(room, b"\0"), tail, root


def _checked(dataset, root, path):
    """Return dtype and Null of the samples of a TIFF that are what its label tells."""
    core = root.object("IsisCube").object("Core")
    size, pixels = core.group("Dimensions"), core.group("Pixels")
    expected = tuple(size.integer(k) for k in ("Bands", "Lines", "Samples"))
    kind, order = pixels.text("Type"), pixels.text("ByteOrder")
    found = dataset.count, dataset.height, dataset.width
    same = kind in TYPES and set(dataset.dtypes) == {special.dtype(kind).newbyteorder("=").name}
    if found != expected or not same or order not in special.ORDER:
        raise Error(
            f"{path}: {found} bands, lines, samples of {dataset.dtypes[0]}, its label says "
            f"{expected} of {kind}: another program changed it; import it by std2cub"
        )
    return special.dtype(kind, order), null(kind)


def _same_place(root, found, path):
    """Refuse a TIFF that lies elsewhere than its label's Group Mapping."""
    if not root.object("IsisCube").nodes("Mapping"):
        return
    expected = place(root, path).get("transform")
    if expected is not None and not expected.almost_equals(found, 1e-6):
        raise Error(
            f"{path}: its corner or resolution is no longer that of its Group Mapping: another "
            "program changed it; import it by std2cub"
        )
