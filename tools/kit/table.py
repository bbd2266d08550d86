"""Binary tables attached to a cube, as ISIS keeps them."""

import numpy as np

from .error import Error, IoError
from .label import Node

TYPES = {"Integer": "i4", "Double": "f8", "Real": "f4"}


def pack(name, columns, **keywords):
    """Return a Table blob of columns {field: array (n,) or (n, k)}, with keywords in its label."""
    from .cube import Blob

    arrays = {field: np.asarray(values) for field, values in columns.items()}
    records = {len(a) for a in arrays.values()}
    if len(records) != 1:
        raise ValueError(f"table {name}: columns of {sorted(records)} rows")
    head, layout = Node("Object", "Table"), []
    head.update(Name=name, StartByte=0, Bytes=0, Records=records.pop(), ByteOrder="Lsb", **keywords)
    for field, a in arrays.items():
        text = a.dtype.kind in "SU"
        kind = "Text" if text else "Integer" if a.dtype.kind in "iu" else "Double"
        size = a.astype("S").dtype.itemsize if text else int(np.prod(a.shape[1:]))
        layout.append(
            (field, f"S{size}" if text else f"<{TYPES[kind]}", () if text else a.shape[1:])
        )
        head.append(Node("Group", "Field", [("Name", field), ("Type", kind), ("Size", size)]))
    rows = np.zeros(head["Records"], dtype=layout)
    for field, a in arrays.items():
        rows[field] = a
    return Blob("Table", name, head, rows.tobytes())


def unpack(blob):
    """Return {field: array (n,) or (n, size)} of a Table blob."""
    order = "<" if str(blob.head.get("ByteOrder", "Lsb")).lower() == "lsb" else ">"
    layout = []
    for field in blob.head.nodes("Field"):
        kind, size = field.text("Type"), field.integer("Size")
        if kind == "Text":
            layout.append((field.text("Name"), f"S{size}"))
        elif kind in TYPES:
            layout.append((field.text("Name"), order + TYPES[kind], () if size == 1 else (size,)))
        else:
            raise Error(
                f"table {blob.name}: field type {kind} is none of Integer, Real, Double, Text"
            )
    try:
        layout = np.dtype(layout)
    except (ValueError, TypeError, OverflowError) as error:  # names twice, sizes that are none
        raise IoError(f"table {blob.name}: its fields are damaged: {error}") from None
    records = blob.head.integer("Records")
    if records < 0 or records * layout.itemsize > len(blob.data):
        raise IoError(
            f"table {blob.name}: {len(blob.data)} bytes, expected {records * layout.itemsize}"
        )
    rows = np.frombuffer(blob.data, layout, records)
    return {
        name: np.char.decode(rows[name], "latin-1")
        if rows.dtype[name].kind == "S"
        else rows[name].astype(rows[name].dtype.newbyteorder("="))
        for name in rows.dtype.names
    }
