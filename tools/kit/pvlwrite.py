"""The label writer: PVL as ISIS lays it out."""

from .node import Node, Quantity, text_of

INDENT = "  "
WIDTH = 78


def _lines(node, depth):
    pad = INDENT * depth
    width = max((len(k) for k, v in node.items if not isinstance(v, Node)), default=0)
    after = False  # a blank line stands before a group that follows something
    for key, value in node.items:
        if isinstance(value, Node):
            if after:
                yield ""
            yield f"{pad}{value.kind} = {text_of(value.name)}"
            yield from _lines(value, depth + 1)
            yield f"{pad}End_{value.kind}"
        else:
            head = f"{pad}{key:<{width}} = "
            text = text_of(value)
            values, unit = value if isinstance(value, Quantity) else (value, None)
            if isinstance(values, list | tuple) and len(head) + len(text) > WIDTH:
                yield from _wrapped(head, values, f" <{unit}>" if unit else "")
            else:
                yield head + text
        after = True


def _wrapped(head, values, unit):
    line, pad = head + "(", " " * (len(head) + 1)
    for i, value in enumerate(values):
        word = text_of(value) + (", " if i + 1 < len(values) else ")")
        if len(line) + len(word.rstrip()) > WIDTH and line.strip() != "":
            yield line.rstrip()
            line = pad
        line += word
    yield line.rstrip() + unit


def dumps(node, end=True):
    """Return the text of a label as ISIS writes it, ended by an End line."""
    lines = list(_lines(node, 0)) + (["End"] if end else [])
    return "\n".join(lines) + "\n"
