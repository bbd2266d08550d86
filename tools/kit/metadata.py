"""The -Metadata.json of a product of the JunoCam site: read as a label, found beside its image."""

import json
import pathlib

from . import files
from .error import Error, IoError
from .label import Node, Quantity

PATTERN = "*-Metadata.json"


def read(path):
    """Return a metadata file as a flat Node named after it; "3.2 <ms>" becomes a Quantity."""
    path = pathlib.Path(path)
    try:
        found = json.loads(path.read_text("utf-8-sig"))
        if not isinstance(found, dict):
            raise IoError(f"{path}: expected a JSON object with keywords")
        return Node("", path.name, _items(found, path))
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
    except (ValueError, RecursionError) as error:
        raise IoError(f"{path}: this is no JSON: {error}") from None


def _items(found, path):
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _items(value, path)
        elif isinstance(value, list) and any(isinstance(v, list | dict) for v in value):
            raise IoError(f"{path}: {key} is a list of lists or objects, expected one of values")
        else:
            yield key, _value(value)


def _value(value):
    number, _, unit = value.partition(" <") if isinstance(value, str) else ("", "", "")
    if unit.endswith(">"):
        try:
            return Quantity(float(number), unit.removesuffix(">"))
        except ValueError:
            pass  # text that only looks like a quantity
    return value


def find(image):
    """Return the path of the one metadata file that fits an image.

    It lies beside the image; or in the folder above, or in DataSet there, as the site's two
    archives unpack.  None, or several in one place, is an Error that names what was found.
    """
    image = pathlib.Path(image)
    folder = image.absolute().parent
    seen, broken = [], []
    for places in ([folder], [folder.parent, folder.parent / "DataSet"]):
        fitting = []
        for path in sorted(path for place in places for path in place.glob(PATTERN)):
            seen.append(path.name)
            try:
                fitting += [path] if fits(read(path), image.name) else []
            except IoError as error:
                broken.append(error)
        if len(fitting) == 1:
            return str(fitting[0])
        if fitting:
            names = ", ".join(path.name for path in fitting)
            raise Error(f"{image}: {len(fitting)} metadata files fit: {names}: choose with META")
    if broken:
        raise broken[0]
    found = f"these do not fit: {', '.join(seen)}" if seen else "there is none"
    raise Error(f"{image}: no {PATTERN} near it names it ({found}): give META")


def fits(source, name):
    """Return True where metadata name an image, by FILE_NAME or the PRODUCT_ID it begins with."""
    product = source.get("PRODUCT_ID")
    begins = isinstance(product, str) and product != "" and name.startswith(product)
    return source.get("FILE_NAME") == name or begins
