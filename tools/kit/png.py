"""PNG images, read strictly: a short, damaged or padded file is an I/O ERROR, not half an image.

Decoders fill what a truncated file lacks with zeros and say nothing.  Every chunk is therefore
walked first (PNG specification, 5.3: length, type, data, CRC-32) and the compressed stream is
inflated to its end.
"""

import struct
import zlib

import numpy as np

from . import files
from .error import Error, IoError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type: samples per pixel
LARGEST = 1 << 28  # pixels, or bytes; a whole turn of JunoCam in four filters has 70 million


def read(path):
    """Return the bytes of a file; one that is too large for an image is an IoError."""
    try:
        with open(path, "rb") as stream:
            raw = stream.read(LARGEST + 1)
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
    if len(raw) > LARGEST:
        raise IoError(f"{path}: more than {LARGEST >> 20} MiB: this is no image of JunoCam")
    return raw


def check(raw, name):
    """Return (lines, samples) of the PNG in raw; an IoError says what is wrong with it."""
    if not raw.startswith(SIGNATURE):
        raise IoError(f"{name}: this is no PNG image")
    kind, at, packed, head = b"", len(SIGNATURE), [], None
    while kind != b"IEND":
        if at + 12 > len(raw):
            raise IoError(f"{name}: the PNG is cut off after {len(raw)} bytes")
        length, kind = struct.unpack_from(">I4s", raw, at)
        if at + 12 + length > len(raw):
            raise IoError(f"{name}: the PNG is cut off after {len(raw)} bytes")
        body = raw[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack_from(">I", raw, at + 8 + length)[0]:
            raise IoError(f"{name}: damaged PNG: checksum of chunk {kind.decode('latin-1')!r}")
        if kind == b"IHDR" and length == 13:
            head = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed.append(body)
        at += 12 + length
    if at != len(raw):
        raise IoError(f"{name}: {len(raw) - at} bytes of garbage follow the PNG")
    if head is None or head[3] not in CHANNELS:
        raise IoError(f"{name}: damaged PNG: no valid header")
    if head[0] * head[1] > LARGEST:
        raise IoError(f"{name}: the PNG claims {head[1]} lines of {head[0]}: damaged, or no image")
    return _inflate(packed, head, name)


def _inflate(packed, head, name):
    samples, lines, depth, colour, _, _, interlace = head
    expected = lines * (1 + (samples * CHANNELS[colour] * depth + 7) // 8)
    stream, size = zlib.decompressobj(), 0
    try:
        for part in packed:
            while part and size <= 2 * expected:  # interlaced images pack some more
                size += len(stream.decompress(part, 1 << 20))
                part = stream.unconsumed_tail
    except zlib.error:
        raise IoError(f"{name}: damaged PNG: the image data do not decompress") from None
    if not stream.eof or (not interlace and size != expected):
        raise IoError(f"{name}: damaged PNG: {size} bytes of image data, expected {expected}")
    return lines, samples


def grey(raw, name):
    """Return the samples of a PNG as uint8 (lines, samples); an IoError where it is damaged.

    An image of several channels is taken when they are equal (some sites store grey as RGB);
    anything deeper than 8 bits, coloured or transparent is an Error.
    """
    import cv2

    check(raw, name)
    with files.silence():
        image = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise IoError(f"{name}: the PNG cannot be decoded")
    if image.dtype != np.uint8:
        raise Error(f"{name}: {8 * image.itemsize} bits per sample, expected 8")
    if image.ndim == 2:
        return image
    if image.shape[2] == 4 and not (image[..., 3] == 255).all():
        raise Error(f"{name}: the image has transparent pixels, expected one grey channel")
    if not (image[..., :3] == image[..., :1]).all():
        raise Error(f"{name}: the channels differ, expected a grey image")
    return np.ascontiguousarray(image[..., 0])
