"""VICAR files: labels of words, a binary header, records of samples with a binary prefix.

    LBLSIZE=L  FORMAT='BYTE' … NL=800  NS=800  NB=1  NBB=224  NLB=2  EOL=1 …     (text, L bytes)
    NLB records of binary header
    NL x NB records: NBB bytes of binary prefix, then the samples of a line
    LBLSIZE=M  …                              (where EOL is 1: the rest of the label, M bytes)

Where a file does not say how its numbers are stored, it comes from a VAX: integers LOW, reals VAX
(VICAR File Format, R. Deen, JPL).  The 77-column label of older systems stands in the words LABnn.
"""

import dataclasses
import re

import numpy as np

from . import files
from .error import Error, IoError
from .label import Node
from .node import word_of

ITEM = re.compile(
    r"""\s*(?P<key>[A-Za-z][^\s=']*)\s*=\s*
    (?:\((?P<list>(?:'(?:[^']|'')*+'|[^()'])*+)\)|'(?P<text>(?:[^']|'')*+)'|(?P<word>[^\s'()]+))""",
    re.X,
)
PART = re.compile(r"'((?:[^']|'')*)'|([^\s,']+)")  # of a list
HEAD = re.compile(rb"LBLSIZE\s*=\s*(\d{1,9})\s")
LINE = re.compile(r"LAB(\d{2,3})\Z")
BYTES = {"BYTE": 1, "HALF": 2, "WORD": 2, "FULL": 4, "LONG": 4, "REAL": 4, "DOUB": 8}
INTEGERS = {"HALF": "i2", "WORD": "i2", "FULL": "i4", "LONG": "i4"}
ORDERS = {"LOW": "<", "HIGH": ">"}
REALS = {"IEEE": ">", "RIEEE": "<", "VAX": None}
AXES = {"BSQ": (0, 1, 2), "BIL": (1, 0, 2), "BIP": (2, 0, 1)}  # of the file: band, line, sample
LARGEST = 1 << 29  # bytes of a file


@dataclasses.dataclass(frozen=True)
class Vicar:
    """A VICAR file in memory.

    label    Node of the system items; its groups are the properties, its objects the tasks
    words    the texts LAB01, LAB02 … in their order, "" where one is missing
    core     samples (bands, lines, samples) in the machine's numbers; no line where NL is 0
    prefix   (records, NBB) uint8, what stands before the samples of each record
    header   bytes of the NLB records of binary header
    text     both parts of the label as they stand
    """

    label: Node
    words: list
    core: np.ndarray
    prefix: np.ndarray
    header: bytes
    text: str


def is_one(head):
    """Return True where a file's first bytes (64 of them will do) are those of a VICAR label."""
    return bool(HEAD.match(head))


def read(path):
    """Return the Vicar of a file; IoError where it is shorter than its label says."""
    return parse(files.whole(path, LARGEST), path)


def parse(data, path="-"):
    """Return the Vicar of the bytes of a file, whose name stands in messages."""
    first, size = _part(data, 0, path)
    system = _items(first, path)[0]
    bands, lines, samples = (system.integer(key, 1) for key in ("NB", "NL", "NS"))
    before, headers, record = (system.integer(key, 0) for key in ("NBB", "NLB", "RECSIZE"))
    if min(bands, samples, record) < 1 or min(lines, before, headers) < 0:
        raise Error(f"{path}: NL, NS, NB, NBB, NLB, RECSIZE: one is out of range")
    order, form = system.text("ORG", "BSQ"), system.text("FORMAT", "BYTE")
    if order not in AXES or form not in BYTES:
        expected = f"expected {', '.join(AXES)} and {', '.join(BYTES)}"
        raise Error(f"{path}: ORG = {order}, FORMAT = {form}: {expected}")
    if system.text("COMPRESS", "NONE") not in ("NONE", ""):
        raise Error(f"{path}: COMPRESS = {system['COMPRESS']}: packed samples are not read")
    shape = [(bands, lines, samples)[axis] for axis in _back(AXES[order])]
    count, width = shape[0] * shape[1], before + shape[2] * BYTES[form]
    if record != width and lines:
        raise Error(f"{path}: RECSIZE = {record}, expected {width} of NBB and samples")
    start = size + headers * record
    end = start + count * record
    if len(data) < end:
        raise IoError(f"{path}: truncated: {len(data)} bytes, its label says {end}")
    text = first
    if system.integer("EOL", 0):
        text += _part(data, end, path)[0].partition("=")[2].lstrip().lstrip("0123456789")
    root, words = _items(text, path)
    rows = np.frombuffer(data, np.uint8, count * record, start).reshape(count, record)
    kinds = system.text("INTFMT", "LOW"), system.text("REALFMT", "VAX")
    core = numbers(rows[:, before:].tobytes(), form, *kinds) if lines else np.zeros(0, np.uint8)
    core = np.ascontiguousarray(core.reshape(shape).transpose(AXES[order]))
    return Vicar(root, words, core, rows[:, :before].copy(), data[size:start], text)


def numbers(raw, format, intfmt="LOW", realfmt="VAX"):
    """Return stored numbers as an array in the machine's own: uint8, int16, int32, float32/64.

    raw      bytes
    format   BYTE, HALF, FULL, REAL or DOUB (WORD and LONG are older names)
    intfmt   LOW or HIGH, which byte of an integer comes first
    realfmt  VAX, IEEE (most significant byte first) or RIEEE
    """
    if format not in BYTES or intfmt not in ORDERS or realfmt not in REALS:
        found = f"FORMAT = {format}, INTFMT = {intfmt}, REALFMT = {realfmt}"
        lists = "; ".join(", ".join(known) for known in (BYTES, ORDERS, REALS))
        raise Error(f"{found}: expected {lists}")
    if format == "BYTE":
        return np.frombuffer(raw, np.uint8)
    if format in INTEGERS:
        kind = INTEGERS[format]
        return np.frombuffer(raw, ORDERS[intfmt] + kind).astype(kind)
    kind = f"f{BYTES[format]}"
    if realfmt == "VAX":
        return _vax(raw, BYTES[format]).astype(kind)
    return np.frombuffer(raw, REALS[realfmt] + kind).astype(kind)


def _vax(raw, size):
    """Return VAX F_floating (4 bytes) or D_floating (8) as float64; a reserved one is NaN.

    Words of 16 bits with the low byte first, the most significant word first: sign s, 8 bits of
    exponent e, fraction f; the value is (-1)^s 0.1f 2^(e - 128) in binary, 0 where e = s = 0
    (VAX Architecture Reference Manual, 1987).
    """
    words = np.frombuffer(raw, "<u2").reshape(-1, size // 2).astype(np.int64)
    head, fraction = words[:, 0], words[:, 0] & 0x7F | 0x80
    for column in words.T[1:]:
        fraction = fraction << 16 | column
    sign, exponent = head >> 15, head >> 7 & 0xFF
    bits = 8 * (size - 1)
    value = np.ldexp(fraction.astype(float), (exponent - 128 - bits).astype(np.int32))
    value = np.where(exponent == 0, 0.0, value)
    return np.where((exponent == 0) & (sign == 1), np.nan, np.where(sign == 1, -value, value))


def _back(axes):
    return sorted(range(3), key=axes.__getitem__)


def _part(data, at, path):
    """Return the text of the part of a label at an offset, and its length."""
    found = HEAD.match(data, at)
    if not found:
        what = "the end of the label is missing" if at else "this is no VICAR file"
        raise IoError(f"{path}: {what}: no LBLSIZE= at byte {at + 1}")
    size = int(found[1])
    if len(data) < at + size:
        raise IoError(f"{path}: truncated: the label ends after {len(data) - at} of {size} bytes")
    return data[at : at + size].split(b"\0", 1)[0].decode("latin-1"), size


def _items(text, path):
    """Return the Node of a label's text, and its words LABnn."""
    root = node = Node("", str(path))
    words, at, text = {}, 0, text.rstrip()
    while at < len(text):
        found = ITEM.match(text, at)
        if not found:
            raise Error(f"{path}: the label cannot be read at {text[at : at + 40].strip()!r}")
        key, value, at = found["key"], _value(found), found.end()
        line = LINE.match(key)
        if key in ("PROPERTY", "TASK"):
            node = root.append(Node("Group" if key == "PROPERTY" else "Object", str(value)))
        elif line:
            words[int(line[1])] = str(value)
        else:
            node.items.append((key, value))
    return root, [words.get(n + 1, "") for n in range(max(words, default=0))]


def _value(found):
    if found["word"] is not None:
        return word_of(found["word"].replace("D", "E") if "." in found["word"] else found["word"])
    if found["text"] is not None:
        return found["text"].replace("''", "'")
    parts = PART.findall(found["list"])
    return [word_of(word) if word else text.replace("''", "'") for text, word in parts]
