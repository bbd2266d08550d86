"""catlab - print the label of a cube, a calibration table or a parameter file.

What stands behind the samples of a cube - its tables, the original label, the history - is
printed after the label when asked for.
"""

from perijove.kit import anylabel, label, parm


def rows(blob):
    """Return a Table blob as text: the names of its columns, then a line per record, tabs between.

    A column of k values gives k columns name[0] ... name[k-1]; numbers are written to the last bit.
    """
    from perijove.kit import table

    columns = {}
    for name, values in table.unpack(blob).items():
        if values.ndim > 1:
            columns.update((f"{name}[{i}]", column) for i, column in enumerate(values.T))
        else:
            columns[name] = values
    records = zip(*(values.tolist() for values in columns.values()), strict=True)
    lines = ["\t".join(columns), *("\t".join(map(str, record)) for record in records)]
    return "\n".join(lines) + "\n"


def printed(root, blobs=(), history="", original=False, tables=False):
    """Return the text of a label, then of the blobs asked for, then the history."""
    parts = [label.dumps(root)]
    for blob in blobs:
        if original and blob.kind == "OriginalLabel":
            parts.append(blob.data.rstrip(b"\0").decode("latin-1").rstrip("\n") + "\n")
        if tables and blob.kind == "Table":
            parts.append(f"# Table {blob.name}\n{rows(blob)}")
    if history.strip():
        parts.append(history.strip("\n") + "\n")
    return "\n".join(parts)


@parm.tool
def main(p):
    if not (p.ORIGINAL or p.TABLES or p.HISTORY):
        return anylabel.say(printed(anylabel.read(p.FROM)), p.TO)
    from perijove.kit import cube

    with cube.opened(p.FROM) as source:
        blobs, history = source.read_blobs() if source.heads else ((), "")
        past = history if p.HISTORY else ""
        text = printed(source.label, blobs, past, p.ORIGINAL, p.TABLES)
    return anylabel.say(text, p.TO)
