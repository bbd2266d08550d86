"""A raw image of the JunoCam site: a PNG by itself, in a folder, or in the zip it came in.

Beside the raw strip (-raw.png; in some old sets without -raw) a set holds renderings for people.
"""

import pathlib
import re

from . import metadata, png, zips
from .error import Error

RENDERED = re.compile(r"-(red|green|blue|methane|mapprojected)\.png\Z", re.I)
LISTED = 6  # images that a message names


def read(path, wanted=None, meta=None):
    """Return a raw strip (lines, samples) uint8, its metadata and the file these stand in.

    path    PNG, zip, or folder; wanted  part of the name of the image in a zip or folder
    meta    metadata file, or zip that holds it; None: the one that fits
    """
    path = pathlib.Path(path)
    if zips.is_zip(path):
        name = choose(zips.names(path), wanted, path)
        image, raw = path.parent / zips.base(name), zips.read(path, name)
        meta = meta or metadata.find(image, path)
    else:
        image = _in_folder(path, wanted) if path.is_dir() else path
        raw = png.read(image)
        meta = meta or metadata.find(image)
    return png.grey(raw, image), metadata.read(meta, image.name), meta


def _in_folder(folder, wanted):
    """Return the path of the raw image in a folder, or in ImageSet there, as the zip unpacks."""
    found = [f for d in (folder, folder / "ImageSet") for f in d.glob("*") if f.name[0] != "."]
    names = sorted(str(f.relative_to(folder)) for f in found if f.is_file())
    return folder / choose(names, wanted, folder)


def choose(names, wanted, place):
    """Return the one name of a raw image among names; none, or several, is an Error with a list.

    wanted  part of the name of the image; None: whatever is the only one
    """
    pictures = [name for name in names if name.lower().endswith(".png")]
    found = [name for name in pictures if not RENDERED.search(name)]
    if wanted:
        found = [name for name in found if wanted in zips.base(name)]
    marked = [name for name in found if name.lower().endswith("-raw.png")]
    found = marked or found
    if len(found) == 1:
        return found[0]
    listed = [zips.base(name) for name in found or pictures]
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    listed = ", ".join(listed[:LISTED]) + more
    if found:
        raise Error(f"{place}: holds {len(found)} raw images: {listed}: choose with IMAGE")
    named = f" with {wanted} in its name" if wanted else ""
    raise Error(f"{place}: holds no raw image{named} ({listed or 'no PNG'})")
