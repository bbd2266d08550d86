"""Reseau marks: where those of a camera nominally are, what a label or a file says, what is found.

A label keeps them as ISIS 3 does, in Group = Reseaus: Line, Sample, Type, Valid, Status.
"""

import dataclasses

import numpy as np

from . import calfile, ibis, marks, vidicon, vidiconlabel
from .error import Error
from .label import Node

RESLOC = 404, 409  # numbers in the one row of VICAR's RESLOC: 202 pairs, five of the frame before
INSIDE, OUTSIDE = 5, 0  # Type, as in labels of ISIS 3: a whole mark, none that can be seen


@dataclasses.dataclass(frozen=True)
class Reseaus:
    """Places of marks in a frame.

    place   (n, 2) line and sample, 1.0 at the centre of the first
    valid   (n,) True where the mark itself was found
    status  Nominal, Refined (found in the frame) or Given; a label of ISIS 3 may say Removed
    """

    place: np.ndarray
    valid: np.ndarray
    status: str

    def inside(self, shape):
        """Return where marks lie in a frame of (lines, samples)."""
        return ((self.place > 0.5) & (self.place < np.array(shape) + 0.5)).all(1)

    def group(self, shape):
        """Return Group = Reseaus as ISIS 3 writes it, of a frame of (lines, samples)."""
        kind = np.where(self.inside(shape), INSIDE, OUTSIDE)
        columns = {"Line": self.place[:, 0], "Sample": self.place[:, 1]}
        items = [(k, [round(float(v), 2) for v in column]) for k, column in columns.items()]
        items += [("Type", kind.tolist()), ("Valid", self.valid.astype(int).tolist())]
        return Node("Group", "Reseaus", [*items, ("Status", self.status)])


def of_label(isis, source="-"):
    """Return the Reseaus of a label, None where it has none."""
    groups = isis.nodes("Reseaus")
    if not groups:
        return None
    place = np.column_stack([groups[0].numbers(key) for key in _columns(groups[0], source)])
    if not (np.abs(place) < ibis.FARTHEST).all():
        raise Error(f"{source}: Group Reseaus: a Line or Sample is no number of pixels")
    valid = groups[0].numbers("Valid", len(place)) if "Valid" in groups[0] else [0] * len(place)
    return Reseaus(place, np.array(valid) == 1, groups[0].text("Status", "Nominal").capitalize())


def out(isis):
    """Return True where a label says that the marks are taken out, by our remrx or ISIS's."""
    return any("Removed" in g or g.get("Status") == "Removed" for g in isis.nodes("Reseaus"))


def _columns(group, source):
    count = {key: len(group.numbers(key)) for key in ("Line", "Sample")}
    if len(set(count.values())) > 1:
        raise Error(f"{source}: Group Reseaus has {count['Line']} lines, {count['Sample']} samples")
    return count


def drawn(cube, words):
    """Refuse, with words that say why, a cube that is no frame as the camera drew it."""
    for group in ("Geoma", "Mapping"):
        if group in cube.isis:
            raise Error(f"{cube.source}: Group {group}: {words}")


def given(path, shape):
    """Return the Reseaus that a file has of a frame of (lines, samples); see of_rows."""
    return of_rows(ibis.read(path), shape, path)


def of_rows(rows, shape, path):
    """Return the Reseaus in rows of a file: line and sample in each, or one of VICAR's RESLOC.

    rows  (n, 2) or (1, RESLOC), as ibis.read gives them
    """
    if len(rows) == 1 and rows.shape[1] in RESLOC:
        rows = rows[0, -404:].reshape(202, 2)
    if rows.shape[1] != 2:
        raise Error(
            f"{path}: rows of {rows.shape[1]} numbers: expected line and sample of a mark in each, "
            "or the 202 pairs of VICAR's RESLOC"
        )
    return _shown(Reseaus(rows, np.ones(len(rows), bool), "Given"), shape, path)


def _shown(known, shape, source):
    """Return Reseaus of which one at least lies in a frame of (lines, samples)."""
    if not known.inside(shape).any():
        raise Error(f"{source}: no mark lies in the frame of {shape[0]} lines, {shape[1]} samples")
    return known


def nominal(craft, inst, p=None):
    """Return the nominal Reseaus of a camera, and where its marks are in object space (n, 2).

    craft, inst  as kit/vidicon names them.  A camera without a table is an Error.
    """
    if not craft.startswith("VOYAGER"):
        raise Error(
            f"{craft} {inst}: the nominal places of its reseau marks are not known, and its label "
            "has no Group Reseaus: give them in a file"
        )
    table = calfile.read(f"voyager/reseau_vg{craft[-1]}{inst.lower()}.sav", p, ["ISISVOYDATA"])
    at = {
        space: np.column_stack([table.numbers(f"{space}{axis}") for axis in ("LINE", "SAMPLE")])
        for space in ("OBJECT", "IMAGE")
    }
    unseen = np.zeros(len(at["IMAGE"]), bool)
    return Reseaus(at["IMAGE"].astype(float), unseen, "Nominal"), at["OBJECT"].astype(float)


def of_cube(cube, p, find=True):
    """Return the Reseaus of a frame: those of its label, else the nominal ones of its camera.

    Nominal ones, of the label too, are looked for in the frame where find is True and where they
    are not taken out: what is left there tells wrong places.
    """
    camera = vidiconlabel.identity(cube.label, cube.source)
    shape, whole = cube.core.shape[1:], vidicon.FRAMES[camera[0].split("_")[0]]
    if shape != whole:
        raise Error(
            f"{cube.source}: {shape[0]} lines, {shape[1]} samples: reseau marks are known in whole "
            f"frames of {whole[0]} x {whole[1]}"
        )
    known = of_label(cube.isis, cube.source) or nominal(*camera, p)[0]
    known = _shown(known, shape, cube.source)
    if known.status != "Nominal" or not find or out(cube.isis):
        return known
    return refined(cube.core[0], known)


def refined(frame, known):
    """Return Reseaus as found in a frame (lines, samples); the same where too few are seen."""
    place, seen = marks.found(frame, known.place)
    return Reseaus(place, seen, "Refined") if seen.any() else known
