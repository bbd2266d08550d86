"""Pictures for people and GIS: PNG and TIFF bytes that say where they come from."""

import struct
import warnings
import zlib

import numpy as np

from . import crs, label, picture, projection, sink
from .error import Error
from .label import Node

CREDIT = "Image data: "
TIFF_TAGS = {  # ours: the TIFF tag that readers show
    "Title": "TIFFTAG_DOCUMENTNAME",
    "Credit": "TIFFTAG_ARTIST",
    "License": "TIFFTAG_COPYRIGHT",
    "Software": "TIFFTAG_SOFTWARE",
}


def texts(cube, entry):
    """Return what a picture says of itself: title, credit, licence, software, history.

    entry  the History entry of the tool that draws it
    """
    archive = (cube.isis.nodes("Archive") or [Node()])[0]
    title, credit, terms = (_words(archive.get(k)) for k in ("ProductId", "Credit", "License"))
    found = {
        "Title": title,
        "Credit": credit if credit.startswith(CREDIT) or not credit else CREDIT + credit,
        "License": terms,
        "Software": f"perijove {entry.name} {entry['Version']}",
        "History": cube.history + label.dumps(Node(items=[(entry.name, entry)]), end=False),
    }
    return {key: text for key, text in found.items() if text}


def _words(value):
    """Return a keyword's value as text, "" for none."""
    if value is None or isinstance(value, str):
        return value or ""
    return ", ".join(map(_words, value)) if isinstance(value, list) else label.text_of(value)


def png(image, texts):
    """Return the bytes of a PNG: image (bands, lines, samples) uint8 or uint16.

    One band is grey, three are red, green and blue; one more is alpha.  texts {keyword: text}
    become iTXt chunks before the samples (PNG specification, 11.3.4.5).
    """
    import cv2

    # OpenCV has blue first, and no grey with alpha
    order = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[len(image)]
    pixels = np.ascontiguousarray(image[order].transpose(1, 2, 0))
    _, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    data, head = data.tobytes(), 8 + 25  # signature and IHDR
    return data[:head] + b"".join(_itxt(k, v) for k, v in texts.items()) + data[head:]


def _itxt(keyword, text):
    body = keyword.encode("latin-1") + b"\0\1\0\0\0" + zlib.compress(text.encode())
    body = b"iTXt" + body
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def georeference(cube):
    """Return {crs, transform} of a map for GDAL, {} for no map.

    A projection of ISIS that mapproj does not make is GDAL's to read from the cube's own label.
    """
    from rasterio.crs import CRS
    from rasterio.errors import CRSError
    from rasterio.io import MemoryFile

    if picture.mapping(cube) is None:
        return {}
    head = sink.compose(cube.label, (1, 1, 1), ("Real", "Lsb", 0.0, 1.0), (), b"") + b"\0\0\0\0"
    try:
        known = CRS.from_user_input(crs.named(projection.of_cube(cube)))
    except Error:
        known = None
    with MemoryFile(head, ext=".cub") as memory, memory.open() as dataset:
        try:
            return {"crs": known or dataset.crs, "transform": dataset.transform}
        except CRSError:
            raise Error(f"{cube.source}: GDAL makes no map of its Group Mapping") from None


def located(data):
    """Return True where a TIFF (bytes) has a coordinate system: GeoTIFF has no words for some."""
    from rasterio.io import MemoryFile

    with warnings.catch_warnings(), MemoryFile(data) as memory:
        warnings.simplefilter("ignore")
        with memory.open() as dataset:
            return dataset.crs is not None


def tiff(image, texts, names, nodata=None, alpha=False, place=None, cog=False):
    """Return the bytes of a GeoTIFF, or of a cloud-optimised one: image (bands, lines, samples).

    texts   {keyword: text} for tags            names  descriptions of the bands
    nodata  value of empty samples, or None     alpha  the last band is alpha
    place   {crs, transform} of georeference()
    """
    import rasterio.shutil
    from rasterio.enums import ColorInterp
    from rasterio.io import MemoryFile

    bands, lines, samples = image.shape
    shape = {"count": bands, "height": lines, "width": samples, "dtype": image.dtype.name}
    colour = bands - alpha == 3 and image.dtype.kind == "u"
    packed = {"compress": "deflate", "zlevel": 1, "predictor": 3 if image.dtype.kind == "f" else 2}
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256, "bigtiff": "if_safer"}
    if colour:
        packed["photometric"] = "RGB"
    with warnings.catch_warnings(), MemoryFile() as memory, MemoryFile() as other:
        warnings.simplefilter("ignore")  # a picture without a map is what it is
        whole = {"driver": "GTiff", "nodata": nodata, **shape, **packed, **tiled, **(place or {})}
        with memory.open(**whole) as dataset:
            dataset.write(image)
            dataset.descriptions = names
            if alpha:
                dataset.colorinterp = [*dataset.colorinterp[: bands - 1], ColorInterp.alpha]
            dataset.update_tags(**{TIFF_TAGS.get(k, k.upper()): v for k, v in texts.items()})
        if not cog:
            return memory.read()
        rasterio.shutil.copy(memory.name, other.name, driver="COG", compress="deflate")
        return other.read()
