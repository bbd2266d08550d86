"""Where a TIFF ends, since GDAL stops at its directory: what follows may be a second one.

TIFF 6.0, section 2 (header, directories, entries), and BigTIFF, which has 8 bytes for each 4.
"""

import os
import struct

import numpy as np

KINDS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8}  # bytes
BLOCKS = {273: 279, 324: 325}  # tags of the offsets of strips and tiles, of their sizes
LATER = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"Obje", b"CCSD")  # how a cube begins


def another(stream):
    """Return True where another cube follows the TIFF in a binary stream that can seek."""
    try:
        end = _end(stream)
    except (struct.error, KeyError, ValueError, OverflowError):  # damaged: GDAL will tell
        return False
    stream.seek(end)
    return stream.read(4) in LATER


def _end(stream):
    """Return the offset behind all that the directories of a TIFF tell of."""
    whole, seen = stream.seek(0, os.SEEK_END), set()
    stream.seek(0)
    head = stream.read(16)
    order, big = {b"II": "<", b"MM": ">"}[head[:2]], head[2:4] in (b"+\0", b"\0+")
    few, word, entry, at = ("Q", "Q", 20, 8) if big else ("H", "I", 12, 4)
    few, word = struct.Struct(order + few), struct.Struct(order + word)
    end, (at,) = 0, word.unpack_from(head, at)
    while at and at not in seen:
        seen.add(at)
        stream.seek(at)
        (count,) = few.unpack(stream.read(few.size))
        table = stream.read(min(count * entry, whole))
        (after,) = word.unpack(stream.read(word.size))
        end, found = max(end, stream.tell()), {}
        for n in range(count):
            tag, kind, many = struct.unpack_from(order + "HH" + word.format[1:], table, n * entry)
            size, place = KINDS[kind] * many, at + few.size + (n + 1) * entry - word.size
            if size > word.size:
                (place,) = word.unpack_from(table, (n + 1) * entry - word.size)
                end = max(end, place + size)
            if tag in (*BLOCKS, *BLOCKS.values()):
                stream.seek(place)
                read = stream.read(min(size, whole))
                found[tag] = np.frombuffer(read, f"{order}u{KINDS[kind]}").astype(np.int64)
        for offsets, sizes in BLOCKS.items():
            if offsets in found:
                end = max(end, int((found[offsets] + found[sizes]).max(initial=0)))
        at = after
    return end
