"""The label at the head of any file of perijove, and text for people: to a file or the terminal."""

import contextlib

from . import attributes, files, geotiff, label
from .error import Error, IoError


def read(path):
    """Return the root Node of a cube's, table's or parameter file's label ("-" is stdin)."""
    path, _ = attributes.split(path)
    with contextlib.closing(files.Reader(path)) as reader:
        geotiff.through(reader)
        try:
            return label.read(reader)[0]
        except (Error, IoError) as error:
            raise type(error)(f"{path}: {error}") from None


def say(text, path="-"):
    """Write text to standard output, also where that is the terminal, or to a file, atomically."""
    data = text.encode("latin-1", "replace")
    with files.output(path, text=True) as out:
        out.write(data)
