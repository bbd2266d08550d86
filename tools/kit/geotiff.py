"""A cube as a GeoTIFF: TO=x.tif, for maps that are mostly empty and for GIS.

The samples are those of the cube, raw as on disk and deflated, in tiles of 256 x 256 of which those
that are all Null take no room; Null is the nodata value.  Base and Multiplier are scale and offset.
The metadata domain PERIJOVE holds the label for people (LABEL) and everything of the cube but its
samples (CUBE: zlib, base64), so that a tool reads from x.tif what it would read from x.cub.
"""

import base64
import binascii
import warnings
import zlib

import numpy as np

from . import label, quiet, special
from .error import Error, IoError

DOMAIN = "PERIJOVE"
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # classic and BigTIFF, either byte order
TILE = 256
LARGEST = 1 << 28  # bytes of labels and tables that a TIFF may unfold to
TYPES = ("UnsignedByte", "SignedWord", "UnsignedWord", "Real", "Double")


def named(path):
    """Return True for a name that asks for a TIFF."""
    return str(path).lower().endswith((".tif", ".tiff"))


def through(reader):
    """Let a files.Reader that begins with a TIFF go on with the cube that it holds."""
    first = reader.read(4)
    reader.unread(first)
    if first in MAGIC:
        reader.become(unpack(reader.read(), reader.path))


def pack(head, pixels, raw, tail, place, path):
    """Return the bytes of a GeoTIFF.

    head    bytes of the cube's label;  tail  those that follow its samples
    pixels  type, byte order, Base, Multiplier;  raw (bands, lines, samples) as on disk
    place   {crs, transform} of raster.georeference
    """
    from rasterio import Env
    from rasterio.io import MemoryFile

    kind, _, base, multiplier = pixels
    if kind not in TYPES:
        raise Error(f"{path}: {kind} samples do not go into a TIFF: expected {', '.join(TYPES)}")
    bands, lines, samples = raw.shape
    text = head.rstrip(b"\0")
    whole = base64.b64encode(zlib.compress(text + b"\0" + tail)).decode()
    null = special.TYPES[kind][1][0]
    null = float(null.view(f"f{null.itemsize}")) if kind in ("Real", "Double") else null
    options = {
        "driver": "GTiff",
        "count": bands,
        "height": lines,
        "width": samples,
        "dtype": raw.dtype.newbyteorder("=").name,
        "nodata": null,
        "compress": "deflate",
        "predictor": 3 if raw.dtype.kind == "f" else 2,
        "tiled": True,
        "blockxsize": TILE,
        "blockysize": TILE,
        "bigtiff": "if_safer",
        "sparse_ok": True,
        "interleave": "band",
        **place,
    }
    with warnings.catch_warnings(), Env(), MemoryFile() as memory:  # Env: GDAL keeps quiet
        warnings.simplefilter("ignore")  # a cube without a map is what it is
        with memory.open(**options) as dataset:
            dataset.write(raw)
            dataset.descriptions = _names(label.loads(text.decode("latin-1")), bands)
            dataset.scales, dataset.offsets = (multiplier,) * bands, (base,) * bands
            people = text.decode("latin-1").encode("ascii", "replace").decode()
            dataset.update_tags(ns=DOMAIN, LABEL=people, CUBE=whole)
        return memory.read()


def _names(root, bands):
    from .cube import band_names

    return band_names(root, bands)


def unpack(data, path):
    """Return the bytes of the cube that a TIFF of ours holds; a TIFF of others is an Error."""
    try:
        with quiet.reading(path, "a TIFF") as rasterio, rasterio.MemoryFile(data) as memory:
            with memory.open(driver="GTiff") as dataset:
                whole = dataset.tags(ns=DOMAIN).get("CUBE")
                if whole is None:
                    raise Error(f"{path}: a TIFF that holds no cube of ours: import it by std2cub")
                place = dataset.transform
                head, tail, root = _head(whole, path)
                raw = _checked(dataset, root, path)
    except MemoryError:
        raise IoError(f"{path}: claims more samples than the memory holds: damaged?") from None
    _same_place(root, place, path)
    return head + raw.tobytes() + tail


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
    """Return the raw samples of a TIFF, in the byte order that its label tells."""
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
    return dataset.read().astype(special.dtype(kind, order), copy=False)


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


def place(root, path):
    """Return {crs, transform} of the map that a label tells of, {} of any other cube."""
    from . import raster
    from .cube import Cube

    return raster.georeference(Cube(root, np.empty((0, 0, 0), np.float32), source=path))
