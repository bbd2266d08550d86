"""MAP: the grid of another map, or what a map file of ISIS (PVL, Group = Mapping) asks for."""

from dataclasses import dataclass

from . import anylabel, mapgroup, projection
from .error import Error

SIZE = 1e-3  # relative: radii that differ more are of another body


@dataclass(frozen=True)
class Template:
    """What a file says of a map.

    grid   the Grid of a cube, None of a map file
    told   {field of Grid: value}; degrees are planetographic and west
    ppd    Scale in px/deg, None where it says none
    """

    grid: object = None
    told: dict = None
    ppd: float = None


def read(path, target, radii):
    """Return the Template of a cube or a map file; Error where it is one of another body.

    target, radii  name and (3,) km of the body that is to be mapped
    """
    label = anylabel.read(path)
    isis = label.object("IsisCube") if "IsisCube" in label else label
    if not isis.nodes("Mapping"):
        raise Error(f"{path}: no Group = Mapping: expected a map, or a map file of ISIS")
    group = isis.group("Mapping")
    try:
        told = mapgroup.told(group, radii)
        grid = None
        if isis is not label:
            size = isis.object("Core").group("Dimensions")
            grid = projection.read(group, size.integer("Lines"), size.integer("Samples"))
        ppd = group.number("Scale", default=None)
    except Error as error:
        raise Error(f"{path}: {error}") from None
    name = told.get("target", target)
    if target and name and name.upper() != target.upper():
        raise Error(f"{path}: a map of {name}, expected one of {target}")
    if any(abs(told["radii"][i] / radii[i] - 1) > SIZE for i in (0, 2)):
        words = "{:g} and {:g} km".format(*told["radii"][::2])
        raise Error(f"{path}: radii of {words}, expected {radii[0]:g} and {radii[2]:g} km")
    if ppd is not None and ppd <= 0:
        raise Error(f"{path}: Scale = {ppd:g}: expected > 0")
    return Template(grid, told, ppd)
