"""The label of a mosaic: what the labels of its maps share, and what it was made of."""

import os

import numpy as np

from . import table, translate
from .label import Node, Quantity

OF_ONE = ("Camera", "LimbFit", "Kernels")  # groups that tell of one image


def made(job, root, equalize, recipe, failed):
    """Complete the label that its maps have in common to that of a Job's mosaic; return it.

    equalize, recipe  what was asked for;  failed  paths of maps that were left out
    """
    isis = root.object("IsisCube")
    counts = job.priority in ("AVERAGE", "MEDIAN")
    extra = ["COUNT" if counts else "TRACK"] if job.track else []
    chosen(root, job.maps[0].bands, job.maps[0].names, extra)
    isis.delete("Mapping")
    isis.append(job.grid.mapping())
    group = isis.group("Mosaic")
    group.update(Priority=job.priority.capitalize(), Images=len(job.maps))
    if job.reach is not None:
        group.set("Feather", Quantity(float(job.feather), "degrees"))
    group.update(Equalize=equalize.capitalize(), Recipe=recipe.capitalize())
    if failed:
        group.set("Skipped", [os.path.basename(path) for path in failed])
    return root


def images(job):
    """Return the Table InputImages: number, name, ProductId, and gains and offsets if solved."""
    columns = {
        "Number": np.array([m.number for m in job.maps]),
        "Name": np.array([m.name.encode() for m in job.maps]),
        "ProductId": np.array([(m.product or "Null").encode() for m in job.maps]),
    }
    if job.gains is not None:
        columns |= {"Gain": job.gains, "Offset": job.offsets}
    return table.pack("InputImages", columns)


def common(shared, label):
    """Return what a label (of maps so far; None: of none) and that of one map more say alike.

    Of their groups only equal keywords stay, and the earlier StartTime; the first label gives the
    order and the BandBin.
    """
    if shared is None:
        return label.copy()
    isis, other, kept = shared.object("IsisCube"), label.object("IsisCube"), []
    for key, value in isis.items:
        if isinstance(value, Node) and value.kind == "Group":
            if value.name in OF_ONE:
                continue
            if value.name != "BandBin":
                _reduce(value, (other.nodes(value.name) or [Node()])[0])
            if not value.items:
                continue
        kept.append((key, value))
    isis.items = kept
    return shared


def _reduce(group, other):
    """Leave in a group what another says, too."""
    starts = [g.get("StartTime") for g in (group, other)]
    group.items = [(k, v) for k, v in group.items if k in other and v == other[k]]
    if all(starts):
        group.set("StartTime", min(starts, key=translate.when))


def chosen(label, bands, names, extra=()):
    """Cut BandBin of a label down to some bands, indices, and name bands behind them."""
    isis = label.object("IsisCube")
    bandbin = isis.group("BandBin")
    count = 1 + max(bands)
    for node in isis.nodes("Core"):
        count = node.group("Dimensions").integer("Bands")
    for key, value in list(bandbin.items):
        values, unit = value if hasattr(value, "unit") else (value, None)
        values = values if isinstance(values, list) else [values]
        if len(values) == count:
            more = list(extra) if key in ("FilterName", "Name") else [None] * len(extra)
            values = [values[b] for b in bands] + more
            values = values if len(values) > 1 else values[0]
            bandbin.set(key, type(value)(values, unit) if unit else values)
    if not bandbin.items and (extra or any(not name.isdigit() for name in names)):
        bandbin.set("FilterName", [*names, *extra])
