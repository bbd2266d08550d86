"""Images of Voyager and Viking as files of several kinds.

Known by their first bytes are VICAR files (`vicar`), compressed PDS images (`imq`) and PDS3 images
with their label attached; else the label lies beside the image (`pds3`), which may be a VICAR
file.  All of them end in the same keywords, those of the PDS labels.
"""

import dataclasses
import pathlib

import numpy as np

from . import files, imq, pds3, translate, vgrlabel, vicar
from .error import Error, IoError
from .label import Node

GZIP = b"\x1f\x8b"
ALIKE = {  # keyword: what other labels say in its place
    "SPACECRAFT_NAME": ("INSTRUMENT_HOST_NAME", "INSTRUMENT_HOST_ID"),
    "INSTRUMENT_NAME": ("INSTRUMENT_ID",),
    "IMAGE_NUMBER": ("SPACECRAFT_CLOCK_START_COUNT",),
    "IMAGE_TIME": ("START_TIME",),
    "IMAGE_ID": ("PRODUCT_ID",),
}


@dataclasses.dataclass(frozen=True)
class Frame:
    """An image as read.

    core      samples (lines, samples), uint8, int16, int32 or floats
    source    flat Node of its keywords, in the words of PDS labels
    text      of its label
    programs  names of the VICAR programs that made it
    beside    path of a label of its own, None where it is in the file
    """

    core: np.ndarray
    source: Node
    text: str
    programs: frozenset = frozenset()
    beside: str | None = None


def read(path, words):
    """Return the Frame of a file; anything else is an Error, a damaged file an IoError.

    words  how the label of a VICAR file becomes keywords: vgrlabel.voyager or vgrlabel.viking
    """
    path = pathlib.Path(path)
    data = _bytes(path)
    if vicar.is_one(data):
        image = vicar.parse(data, path)
        programs = vgrlabel.programs(image)
        return _frame(_single(image, path), words(image, path.name), image.text, programs)
    if imq.is_one(data):
        core, root, text = imq.parse(data, path)
        return _frame(core, pds3.flat(root, path.name), text)
    if not (pds3.is_pds(path) or pds3.attached(data)):
        raise Error(f"{path}: no VICAR file, no PDS3 image or label, no .imq")
    return _pds(path, data)


def _pds(path, data):
    """Return the Frame of an image with its label attached, or of a label or image of a pair."""
    if str(path) == "-":
        raise Error("-: a PDS3 image comes from a file, not down a pipe: give FROM=file")
    at, own = path, pds3.attached(data)
    if not own:
        at = pds3.beside(path, [pds3.stem(path) + ".LBL"], "its label")
        data = _bytes(at)
    text = pds3.text_of(data, at)
    root = pds3.loads(text, at.name)
    source = pds3.flat(root, at.name)
    if source.text("ENCODING_TYPE", "N/A").startswith("HUFFMAN"):
        raise Error(f"{at}: a coded image whose VAX records are lost: transfer it as binary")
    file, offset = pds3.pointer(source)
    image = path
    if own and file is not None:
        names = [file, pds3.stem(path) + ".IMG"]
        image = pds3.beside(path, names, "the image that ^IMAGE names")
    beside = None if image == at else str(at)
    content = _bytes(image)
    if not vicar.is_one(content):
        core = pds3.samples(root, source, image, offset)
        imq.verify(core, source, None, image)
        return _frame(core, source, text, beside=beside)
    made = vicar.parse(content, image)
    core, size = _single(made, image), (source.integer("LINES"), source.integer("LINE_SAMPLES"))
    if core.shape != size:
        sizes = [f"{lines} lines of {samples}" for lines, samples in (core.shape, size)]
        raise Error(f"{image}: {sizes[0]} samples, {source} says {sizes[1]}")
    return _frame(core, source, text, vgrlabel.programs(made), beside)


def _single(image, path):
    if image.core.shape[0] != 1 or not image.core.size:
        found = f"{image.core.shape[0]} bands of {image.core.shape[1]} lines"
        raise Error(f"{path}: {found}: expected an image of one band")
    return image.core[0]


def _bytes(path):
    data = files.whole(str(path), vicar.LARGEST)
    if not data:
        raise IoError(f"{path}: the input is empty")
    if data.startswith(GZIP):
        raise Error(f"{path}: packed by gzip, expected the file itself: unpack it (gunzip)")
    return data


def _frame(core, source, text, programs=frozenset(), beside=None):
    """Return a Frame whose keywords are spelt in one way; those of a filter stand as they are."""
    for key, others in ALIKE.items():
        there = [source[other] for other in others if not translate.absent(source.get(other))]
        if translate.absent(source.get(key)) and there:
            source.set(key, there[0])
    return Frame(core, source, text, programs, beside)
