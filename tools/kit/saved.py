"""Commands that are kept: -save and -restore, and the last ones of each tool for -last.

Such a file holds up to KEPT Group = UserParameters, the latest last; a value that was not
given is not there.  The commands of a tool are remembered in NAME.par of the folder
$PERIJOVE_HISTORY, else $XDG_STATE_HOME/perijove, else ~/.local/state/perijove.
"""

import contextlib
import os

from . import files, label
from .error import Error, IoError
from .label import Node, Quantity, text_of

KEPT = 10
LARGEST = 1 << 20  # bytes of a file of kept commands
PATHS = ("Cube", "File", "Table")


def command(p):
    """Return the Group of what was typed or restored; a stream is not kept."""
    group = Node("Group", "UserParameters")
    for name, value in p.values.items():
        declared = p.groups[name]
        if p.given(name) and not (declared["Type"] in PATHS and value == "-"):
            unit = declared.get("Unit")
            bare = isinstance(value, str | Quantity)  # a word, or a value with a unit of its own
            group.set(name, Quantity(value, unit) if unit and not bare else value)
    return group


def typed(group):
    """Return the words of a kept command, quoted for a shell."""
    import shlex

    words = []
    for name, value in group.items:
        text = text_of(value) if isinstance(value, list | Quantity) else str(value)
        words.append(shlex.quote(f"{name}={text}"))
    return " ".join(words)


def kept(path):
    """Return the Groups of a file of kept commands, the latest last."""
    reader = files.Reader(path)
    try:
        root = label.read(reader, LARGEST)[0]
    except (Error, IoError) as error:
        raise type(error)(f"{path}: {error}") from None
    finally:
        reader.close()
    groups = root.nodes("UserParameters")
    if not groups:
        raise Error(f"{path}: no Group = UserParameters: nothing was saved here")
    return groups


def restored(path):
    """Yield (key, texts of the items) of the last command of a file."""
    for key, value in kept(path)[-1].items:
        unit = None
        if isinstance(value, Quantity):
            value, unit = value
        items = value if isinstance(value, list) else [value]
        odd = (Node, list, Quantity, type(None)) if items is value else (Node, Quantity)
        if any(isinstance(item, odd) for item in items):
            raise Error(f"{path}: {key}: expected a value, or a list of values")
        if value is not None:
            yield key, [_text(item) + (f"<{unit}>" if unit else "") for item in items]


def _text(item):
    """Return an item as it was typed: _bytes wrote paths as the system spells them."""
    return os.fsdecode(item.encode("latin-1")) if isinstance(item, str) else text_of(item)


def _bytes(group):
    for name, value in group.items:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and ("\n" in item or ('"' in item and "'" in item)):
                raise Error(f"{name} = {item}: a label has no way to write this: it is not saved")
    return os.fsencode(label.dumps(Node(items=[(group.name, group)]), end=False))


def _write(path, old, group):
    blocks = [label.dumps(Node(items=[(g.name, g)]), end=False).encode("latin-1") for g in old]
    data = b"\n".join([*blocks[1 - KEPT :], _bytes(group)]) + b"End\n"
    with files.output(path) as out:
        out.write(data)


def add(path, group):
    """Append a command to those of a file, which is made where it is not there."""
    _write(path, kept(path) if os.path.isfile(path) and os.path.getsize(path) else [], group)


def history(tool):
    """Return the file that remembers the commands of a tool; None where nothing is to be."""
    folder, home = os.environ.get("PERIJOVE_HISTORY"), os.environ.get("HOME", "")
    if folder is None:
        state = os.environ.get("XDG_STATE_HOME", "")
        state = state if os.path.isabs(state) else os.path.join(home, ".local", "state")
        folder = os.path.join(state, "perijove") if os.path.isabs(state) else ""
    return None if folder.lower() in ("", "none") else os.path.join(folder, f"{tool}.par")


def remember(p):
    """Keep a command for -last; a home that cannot be written to stops no tool."""
    path, group = history(p.tool), command(p)
    if path is None:
        return
    with contextlib.suppress(Error, OSError, ValueError):
        old = []
        with contextlib.suppress(Error):  # a damaged file is begun anew
            old = kept(path) if os.path.isfile(path) else []
        if old[-1:] != [group]:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            _write(path, old, group)


def last(tool):
    """Return the file whose last command -last takes."""
    path = history(tool)
    if path is None:
        raise Error("-last: no command is remembered: PERIJOVE_HISTORY is off, or there is no HOME")
    if not os.path.isfile(path):
        raise Error(f"-last: no command of {tool} is remembered: there is no {path}")
    return path
