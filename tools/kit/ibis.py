"""Tables of numbers in files of other makers: VICAR's IBIS tables, one-line images, plain text.

An IBIS table lies in the binary header of a VICAR file without lines: NR rows of NC numbers, a
row every SEGMENT bytes, each column in FMT_DEFAULT unless a keyword FMT_FULL = (1, 2 …) names it
(IBIS-2 Subroutine Library Programmer's Guide, JPL D-73624, and real files).  VICAR's RESLOC, and
older programs, also write such tables as an image of one line.
"""

import numpy as np

from . import files, vicar
from .error import Error, IoError

WIDTH = 64  # bytes that tell a VICAR label
MOST = 1 << 20  # rows, columns
FARTHEST = 1e9  # of any value, in pixels or other counts


def read(path):
    """Return the rows (n, m) float64 of a table in a file of one of these kinds."""
    data = files.whole(path)
    rows = _stored(data, path) if vicar.is_one(data[:WIDTH]) else _text(data, path)
    if not (np.abs(rows) < FARTHEST).all():
        raise Error(f"{path}: a value is no number of pixels")
    return rows


def _stored(data, path):
    """Return the rows of the table in the bytes of a VICAR file."""
    found = vicar.parse(data, path)
    tables = found.label.nodes("IBIS")
    if tables:
        return _rows(found, tables[0], path)
    if found.core.shape[:2] == (1, 1):
        return found.core[0].astype(float)
    raise Error(f"{path}: a VICAR image: expected a table (an IBIS file, or an image of one line)")


def _rows(found, table, path):
    """Return the rows of the IBIS table whose property label is given."""
    rows, columns = table.integer("NR"), table.integer("NC")
    if not (1 <= rows <= MOST and 1 <= columns <= MOST):
        raise Error(f"{path}: NR = {rows}, NC = {columns}: no table is like that")
    if table.text("ORG", "COLUMN") != "ROW":
        raise Error(f"{path}: an IBIS table stored column by column is not read: expected ORG=ROW")
    kinds = [table.text("FMT_DEFAULT", "REAL")] * columns
    for key, _ in table.items:
        if key.startswith("FMT_") and key[4:] in vicar.BYTES:
            for column in table.numbers(key):
                if not 1 <= column <= columns:
                    raise Error(f"{path}: {key} names column {column:g} of {columns}")
                kinds[int(column) - 1] = key[4:]
    if not set(kinds) <= set(vicar.BYTES):
        raise Error(f"{path}: columns of format {set(kinds) - set(vicar.BYTES)}: expected numbers")
    ends = np.cumsum([vicar.BYTES[kind] for kind in kinds])
    step = max(table.integer("SEGMENT", 0), int(ends[-1]))
    if len(found.header) < (rows - 1) * step + ends[-1]:
        raise IoError(f"{path}: truncated: {rows} rows of {step} bytes, found {len(found.header)}")
    raw = np.frombuffer(found.header.ljust(rows * step, b"\0")[: rows * step], np.uint8)
    stored = found.label.text("BINTFMT", "LOW"), found.label.text("BREALFMT", "VAX")
    out = np.empty((rows, columns))
    for column, (kind, end) in enumerate(zip(kinds, ends, strict=True)):
        cells = raw.reshape(rows, step)[:, end - vicar.BYTES[kind] : end]
        out[:, column] = vicar.numbers(cells.tobytes(), kind, *stored)
    return out


def _text(data, path):
    """Return the rows of a text: numbers divided by blanks or commas, # starts a comment."""
    try:
        lines = data.decode("utf-8-sig").replace(",", " ").splitlines()
    except UnicodeDecodeError:
        raise IoError(f"{path}: neither a VICAR file nor a text") from None
    words = [(n, line.partition("#")[0].split()) for n, line in enumerate(lines, 1)]
    words = [(n, row) for n, row in words if row]
    if not words:
        raise IoError(f"{path}: there are no numbers in it")
    width = len(words[0][1])
    for n, row in words:
        if len(row) != width:
            raise Error(f"{path}: line {n} has {len(row)} values, expected {width} as before")
    return np.array([[_number(word, f"{path}: line {n}") for word in row] for n, row in words])


def _number(word, where):
    try:
        return float(word)
    except ValueError:
        raise Error(f"{where}: {word} is no number") from None
