"""The maps of a mosaic: what is known of each before a sample is read.

A MapFile is small and knows no open file, so that it travels to any worker.
"""

import os
from dataclasses import dataclass, replace

import numpy as np

from . import cubestream, files, lattice, mosaiclabel, picture, projection
from .cube import Cube
from .error import Error, IoError

SIZE = 1e-6  # relative: radii that differ more are others


@dataclass(frozen=True)
class MapFile:
    """A map: where it is and where it lies.

    path      as given, with +bands;  number  in the list, from 1
    name      without folders;  product  its ProductId, "" without one
    names     of its image bands, in capitals;  bands  their indices in the file
    emission  index of its band EMISSION, None without one
    grid      Grid of its own
    place     line and sample on the mosaic where its first cell lies; None: it is resampled
    whole     its last sample meets its first;  ends  its first, its last line is an edge (no pole)
    """

    path: str
    number: int
    name: str
    product: str
    names: tuple
    bands: tuple
    emission: int
    grid: projection.Grid
    whole: bool
    ends: tuple
    place: tuple = None


def described(path, number, region):
    """Return the MapFile of a path and its Region."""
    if "Mapping" not in region.isis:
        raise Error(f"{path}: no map (no Group = Mapping): run mapproj first")
    try:
        grid = projection.read(region.group("Mapping"), *region.shape[1:])
    except Error as error:
        raise Error(f"{path}: {error}") from None
    names = [name.upper() for name in region.band_names()]
    images = picture.images(names)
    if not images:
        raise Error(f"{path}: no image bands, only {', '.join(names)}")
    angle = [i for i, name in enumerate(names) if name.split()[0] == "EMISSION"]
    archive = region.isis.nodes("Archive")
    product = archive[0].get("ProductId") if archive else None
    return MapFile(
        path,
        number,
        region.name.rpartition("/")[2],
        product if isinstance(product, str) else "",
        tuple(names[i] for i in images),
        tuple(images),
        angle[0] if angle else None,
        grid,
        lattice.period(grid) == grid.samples,
        lattice.ends(grid),
    )


def alike(found, first):
    """Return a MapFile with its bands in the order of the first map's; Error where it lacks one,
    or is a map of another body."""
    a, b = found.grid, first.grid
    if a.target.upper() != b.target.upper():
        raise Error(f"{found.path}: a map of {a.target}, {first.name} is one of {b.target}")
    if not np.allclose(a.radii, b.radii, rtol=SIZE):
        words = ("{:g} and {:g} km".format(*g.radii[::2]) for g in (a, b))
        raise Error(f"{found.path}: radii of {next(words)}, {first.name} has {next(words)}")
    if not set(first.names) <= set(found.names):
        raise Error(
            f"{found.path}: bands {', '.join(found.names)}, expected those of {first.name}: "
            f"{', '.join(first.names)}"
        )
    bands = tuple(found.bands[found.names.index(name)] for name in first.names)
    return replace(found, names=first.names, bands=bands)


def placed(found, grid):
    """Return a MapFile with its place on the mosaic."""
    return replace(found, place=lattice.offset(found.grid, grid))


def shell(region):
    """Return the Cube of a Region with its blobs but without its samples."""
    core = np.empty((region.shape[0], 0, 0), np.float32)
    return Cube(region.label, core, tuple(region.blobs), region.history, region.name)


def listed(path, names, folder):
    """Return the paths of maps: those in a list, those on standard input (path -), or the path.

    names  path of a list, None without one;  folder  for the cubes of a stream
    """
    if names is None:
        return cubestream.spooled("-", folder) if path == "-" else [path]
    paths = [row for row in files.rows(names, "a list of maps, one path per line") if row]
    if not paths:
        raise Error(f"{names}: no map is named: expected one path per line")
    return paths


def opened(paths, pool, failed=None):
    """Return MapFiles, what their labels share, and the Cube of the first without its samples.

    pool    of files that may stay open
    failed  function of a path and the Error of a map that cannot be used, which is left out then;
            None: the Error is raised
    """
    maps, label, first = [], None, None
    for path in paths:
        try:
            with pool.region(os.path.abspath(path)) as region:
                found = described(os.path.abspath(path), len(maps) + 1, region)
                found = alike(found, maps[0]) if maps else found
                first = first or shell(region)
        except Error as error:
            if failed is None:
                raise
            failed(path, error)
            continue
        maps.append(found)
        label = mosaiclabel.common(label, region.label)
    if not maps:
        raise IoError("none of the maps can be read")
    return maps, label, first
