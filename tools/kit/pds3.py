"""PDS3 images of unsigned integers: a label, attached or in a file of its own, and the samples.

The label points to the samples with ^IMAGE: a file, a place in it counted from 1 in records or
bytes, or both (PDS Standards Reference 3.8, chapter 14).  In a line LINE_PREFIX_BYTES and
LINE_SUFFIX_BYTES surround the samples; the first byte is the most significant unless SAMPLE_TYPE
says otherwise (Appendix C there).
"""

import contextlib
import gzip
import hashlib
import pathlib
import re
import zlib

import numpy as np

from . import files, label, translate
from .error import Error, IoError
from .label import Quantity

ATTACHED = b"PDS_VERSION_ID", b"CCSD", b"NJPL", b"ODL_VERSION_ID"  # how a file with a label begins
ORDERS = {"": ">", "MSB": ">", "SUN": ">", "MAC": ">", "LSB": "<", "PC": "<", "VAX": "<"}
OPEN = re.compile(r"/\*(?![^\n]*\*/)[^\n]*")  # a comment that old labels forget to close
BEGIN = r"\nCCSD\w+\s*=\s*SFDU_LABEL"  # of the label of a structure
INSIDE = re.compile(BEGIN + r".*?\n\s*END\s*(?=\n)", re.S)
LARGEST = 1 << 29  # bytes; a whole turn of JunoCam in four filters has 140 MB of 16 bits


def is_pds(path):
    """Return True where a path ends as those of PDS labels and images do."""
    return pathlib.Path(str(path).lower().removesuffix(".gz")).suffix in (".lbl", ".img")


def read(path, given=None):
    """Return the samples (lines, samples) uint8 or uint16, the flat label, the label's path.

    path   label or image; the other one lies beside it, in any case, the image perhaps with .gz
    given  the label of an image; None: the one beside it
    """
    path = pathlib.Path(path)
    is_label = path.suffix.lower() == ".lbl"
    own = path if is_label or attached(_head(path)) else None
    at = pathlib.Path(given or own or beside(path, [stem(path) + ".LBL"], "its label"))
    root = _label(at)
    source = flat(root, at.name)
    file, offset = pointer(source)
    if file is None:
        image = at
    elif is_label:
        names = [file, file + ".gz", stem(path) + ".IMG", stem(path) + ".IMG.gz"]
        image = beside(path, names, "the image that ^IMAGE names")
    else:
        image = path
    return samples(root, source, image, offset), source, str(at)


def loads(text, name):
    """Return the root Node of the text of a label, of the 1980s too; its name is for messages.

    Those leave comments open, and may hold the labels of structures, each with an END of its own.
    """
    try:
        return label.loads(OPEN.sub("", INSIDE.sub("", text.replace("\r", ""))))
    except Error as error:
        raise type(error)(f"{name}: {error}") from None


def attached(data):
    """Return True where the first bytes of a file (64 of them will do) begin a label."""
    return data[:64].lstrip().startswith(ATTACHED)


def text_of(data, name):
    """Return the text of the label that some bytes begin with, labels of structures included."""
    for number, end in enumerate(label.END.finditer(data)):
        if len(re.findall(BEGIN.encode(), data[1 : end.start()])) == number:
            return data[: end.end()].decode("latin-1")
    raise IoError(f"{name}: no End line was found: this is no label")


def stem(path):
    """Return the name of a label or image without its endings."""
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return pathlib.Path(name).stem


def beside(path, names, what):
    """Return the first file of these names, in any case, in the folder of a path."""
    try:
        there = sorted(path.parent.iterdir())
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
    for name in names:
        fitting = [f for f in there if f.name.lower() == name.lower()]
        exact = [f for f in fitting if f.name == name]
        if fitting:
            return (exact or fitting)[0]
    raise IoError(f"{path}: {what} ({names[0]}) is not beside it")


def pointer(source):
    """Return (file name or None, offset in bytes from 0) that ^IMAGE of a label gives."""
    value = source["^IMAGE"]
    parts = value if isinstance(value, list) else [value]
    names = [v for v in parts if isinstance(v, str)]
    places = [v for v in parts if not isinstance(v, str)]
    if len(names) > 1 or len(places) > 1 or not parts:
        raise _odd(source, value)
    place = places[0] if places else Quantity(1, "BYTES")
    number, unit = place if isinstance(place, Quantity) else (place, "RECORDS")
    if type(number) is not int or number < 1 or unit.upper() not in ("BYTES", "RECORDS"):
        raise _odd(source, value)
    size = source.integer("RECORD_BYTES") if unit.upper() == "RECORDS" else 1
    return (names[0] if names else None), (number - 1) * size


def _odd(source, value):
    expected = "a file, a record or <BYTES> from 1, or (file, record)"
    return Error(f"{source}: ^IMAGE = {label.text_of(value)}: expected {expected}")


def samples(root, source, path, offset):
    """Return the samples of the object IMAGE of a label, whose bytes begin at an offset of a file.

    A file that is short or goes on, and a wrong MD5_CHECKSUM, are an IoError.
    """
    if not root.nodes("IMAGE"):
        raise Error(f"{source}: the label has no OBJECT = IMAGE")
    image = flat(root.nodes("IMAGE")[0], source.name)
    lines, width, bits = (image.integer(key) for key in ("LINES", "LINE_SAMPLES", "SAMPLE_BITS"))
    before, after = (image.integer(f"LINE_{key}_BYTES", 0) for key in ("PREFIX", "SUFFIX"))
    order, kind, rest = image.text("SAMPLE_TYPE").upper().rpartition("UNSIGNED_INTEGER")
    if not kind or rest or order.rstrip("_") not in ORDERS:
        raise Error(f"{source}: SAMPLE_TYPE = {image['SAMPLE_TYPE']}: expected UNSIGNED_INTEGER")
    if bits not in (8, 16):
        raise Error(f"{source}: SAMPLE_BITS = {bits}, expected 8 or 16")
    if image.integer("BANDS", 1) != 1:
        raise Error(f"{source}: BANDS = {image['BANDS']}, expected 1")
    line = before + width * bits // 8 + after
    if min(lines, width) < 1 or min(before, after) < 0 or offset + lines * line > LARGEST:
        raise Error(f"{source}: LINES = {lines}, LINE_SAMPLES = {width}: no image is so large")
    data = _bytes(path, offset, lines * line, source)
    stated = image.get("MD5_CHECKSUM", source.get("MD5_CHECKSUM"))
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if not translate.absent(stated) and str(stated).strip().lower() != found:
        raise IoError(f"{path}: damaged: its MD5 is {found}, {source} says {stated}")
    rows = np.frombuffer(data, np.uint8).reshape(lines, line)[:, before : line - after]
    byte_order = ORDERS[order.rstrip("_")]
    return np.ascontiguousarray(rows).view(f"{byte_order}u{bits // 8}").astype(f"u{bits // 8}")


def _bytes(path, offset, size, source):
    """Return size bytes of a file from an offset; after them at most a record is filled up."""
    record = max(source.integer("RECORD_BYTES", default=1), 1)
    with _opened(path) as stream:
        data = stream.read(min(offset + size + record, LARGEST + 1))
    if len(data) < offset + size:
        raise IoError(f"{path}: truncated: {len(data)} bytes, {source} says {offset + size}")
    if len(data) >= offset + size + record:
        raise IoError(f"{path}: more bytes than the {offset + size} that {source} says")
    return data[offset : offset + size]


def _label(path):
    with _opened(path) as stream:
        try:
            return label.read(stream)[0]
        except Error as error:
            raise type(error)(f"{path}: {error}") from None


def flat(node, name):
    """Return the keywords of a label and its objects as one Node whose name is for messages."""
    made = translate.flat(node)
    made.kind, made.name = "", name
    return made


def _head(path):
    with _opened(path) as stream:
        return stream.read(64)


@contextlib.contextmanager
def _opened(path):
    try:
        with (gzip.open if str(path).lower().endswith(".gz") else open)(path, "rb") as stream:
            yield stream
    except EOFError:
        raise IoError(f"{path}: truncated: the packed data end too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise IoError(f"{path}: this is no whole gzip file: {error}") from None
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
