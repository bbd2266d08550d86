"""The -Metadata.json of a product of the JunoCam site: read as a label, found beside its image.

It lies in a folder, or in the -Data.zip that the site gives with each -ImageSet.zip.
"""

import json
import pathlib

from . import files, zips
from .error import Error, IoError
from .label import Node, Quantity

PATTERNS = "*-Metadata.json", "*-Data.zip"  # those of the first go before those of the second
LARGEST = 1 << 20  # bytes; real ones have 2 kB


def read(path, image=None):
    """Return a metadata file as a flat Node named after it; "3.2 <ms>" becomes a Quantity.

    path   -Metadata.json, or a zip that holds one; of several the one that fits the image
    image  name of the image
    """
    if not zips.is_zip(path):
        try:
            return _node(pathlib.Path(path).read_bytes(), path)
        except OSError as error:
            raise IoError(f"{path}: cannot be read: {files.reason(error)}") from None
    found = _packed(path)
    fitting = found if len(found) == 1 else [source for source in found if fits(source, image)]
    if len(fitting) != 1:
        count = f"{len(found)} {PATTERNS[0]}, {len(fitting)} of them of {image}"
        raise Error(f"{path}: holds {count}: expected one")
    return fitting[0]


def _packed(path):
    """Return the metadata in a zip, [Node]."""
    ending = PATTERNS[0].removeprefix("*")
    found = [name for name in zips.names(path) if name.endswith(ending)]
    return [_node(zips.read(path, name, LARGEST), f"{path}/{zips.base(name)}") for name in found]


def _node(text, path):
    try:
        found = json.loads(text.decode("utf-8-sig"))
        if not isinstance(found, dict):
            raise IoError(f"{path}: expected a JSON object with keywords")
        return Node("", pathlib.Path(path).name, _items(found, path))
    except (ValueError, RecursionError) as error:
        raise IoError(f"{path}: this is no JSON: {error}") from None


def _items(found, path):
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _items(value, path)
        elif isinstance(value, list) and any(isinstance(v, list | dict) for v in value):
            raise IoError(f"{path}: {key} is a list of lists or objects, expected one of values")
        else:
            yield key, quantity(value)


def quantity(value):
    """Return a text like "3.2 <ms>" as a Quantity, any other value as it is."""
    number, _, unit = value.partition(" <") if isinstance(value, str) else ("", "", "")
    if unit.endswith(">"):
        try:
            return Quantity(float(number), unit.removesuffix(">"))
        except ValueError:
            pass  # text that only looks like a quantity
    return value


def find(image, inside=None):
    """Return the path of the one metadata file, or zip that holds it, which fits an image.

    It lies beside the image; or in the folder above, or in DataSet there, as the site's two
    archives unpack.  None, or several in one place, is an Error that names what was found.
    inside  a zip that holds the image, looked into first: some pack it all together
    """
    image = pathlib.Path(image)
    folder = image.absolute().parent
    near, above = [folder], [folder.parent, folder.parent / "DataSet"]
    there = [[inside]] if inside else []
    for places in (near, above):
        there += [sorted(f for d in places for f in d.glob(pattern)) for pattern in PATTERNS]
    seen, broken = [], []
    for paths in there:
        fitting = []
        for path in paths:
            try:
                sources = _packed(path) if zips.is_zip(path) else [read(path)]
            except IoError as error:
                seen, broken = [*seen, path.name], [*broken, error]
                continue
            seen += [path.name] if sources else []
            fitting += [path] if any(fits(source, image.name) for source in sources) else []
        if len(fitting) == 1:
            return str(fitting[0])
        if fitting:
            names = ", ".join(path.name for path in fitting)
            raise Error(f"{image}: {len(fitting)} metadata files fit: {names}: choose with META")
    if broken:
        raise broken[0]
    found = f"these do not fit: {', '.join(seen)}" if seen else "there is none"
    raise Error(f"{image}: no {PATTERNS[0]} near it names it ({found}): give META")


def fits(source, name):
    """Return True where metadata name an image, by FILE_NAME or the PRODUCT_ID it begins with."""
    product = source.get("PRODUCT_ID")
    begins = isinstance(product, str) and product != "" and str(name).startswith(product)
    return source.get("FILE_NAME") == name or begins
