"""Any raster that GDAL reads, as samples, names and a map's grid; FITS by `fits`."""

import dataclasses
import os
import re

import numpy as np

from . import crs, files, fits, geotiff, mapping, proj, quiet, special
from .error import Error, IoError
from .grid import Grid
from .layout import middle

BODIES = (*crs.SPHERES, "MERCURY", "VENUS", "EARTH", "MARS", "CERES", "VESTA", "PLUTO", "CHARON",
          "TITAN", "ENCELADUS", "TRITON")  # fmt: skip
COLOURS = {"red": "RED", "green": "GREEN", "blue": "BLUE"}
SQUARE = 1e-6  # relative: sides of a cell that differ more make no map of ours
TAGS = {  # of PNG and of TIFF: keyword of Group Archive
    "Title": "ProductId",
    "Credit": "Credit",
    "License": "License",
    "TIFFTAG_DOCUMENTNAME": "ProductId",
    "TIFFTAG_ARTIST": "Credit",
    "TIFFTAG_COPYRIGHT": "License",
}


@dataclasses.dataclass(frozen=True)
class Raster:
    """A picture: core (bands, lines, samples) with Null where there is nothing.

    type   of the cube's samples that hold it
    names  of the bands, None where it has none
    grid   Grid of a map, None for no map
    tags   {keyword of Group Archive: text}
    notes  what a user should hear
    """

    core: np.ndarray
    type: str
    names: list | None = None
    grid: Grid | None = None
    tags: dict = dataclasses.field(default_factory=dict)
    notes: tuple = ()


def read(path, target=None):
    """Return the Raster of a file ("-": standard input).

    target  name of the body that a map is of, where the file does not tell
    """
    if path != "-" and not os.path.exists(path):  # it may be a name of GDAL's
        return _gdal(path, None, target)
    reader = files.Reader(path)
    try:
        head = reader.read(len(fits.MAGIC))
        reader.unread(head)
        if head == fits.MAGIC:
            return _fits(reader.read(), path, target)
        if not head:
            raise IoError(f"{path}: the input is empty")
        data = reader.read() if path == "-" else None
    finally:
        reader.close()
    return _gdal(path, data, target)


def _fits(data, path, target):
    core, empty, header = fits.read(data, path)
    if target:
        header["OBJECT"] = target
    name = str(header.get("OBJECT", "")).upper()
    grid = fits.place(header, *core.shape[1:], radii_of(name) if name in crs.SPHERES else None)
    words = "its coordinates are of no simple cylindrical map: left out"
    notes = (words,) if grid is None and "CTYPE1" in header else ()
    names = [header.get(f"BAND{i + 1}") for i in range(len(core))]
    names = names if all(isinstance(name, str) for name in names) else None
    return Raster(*held(core, empty), names, grid, notes=notes)


def _gdal(path, data, target):
    with quiet.reading(os.path.basename(path)) as rasterio:
        if data is None:
            with rasterio.open(path) as dataset:
                return _dataset(dataset, path, target)
        with rasterio.MemoryFile(data) as memory, memory.open() as dataset:
            return _dataset(dataset, path, target)


def _dataset(dataset, path, target):
    if dataset.driver in ("ISIS3", "ISIS2") or dataset.tags(ns=geotiff.DOMAIN):
        raise Error(f"{path}: is a cube already, every tool reads it")
    if any(kind.startswith("complex") for kind in dataset.dtypes):
        raise Error(f"{path}: samples are complex numbers: expected real ones")
    if not dataset.count:
        raise Error(f"{path}: holds several images: name one of {', '.join(dataset.subdatasets)}")
    each = 2 * np.dtype(dataset.dtypes[0]).itemsize + 6  # as read, as held, and two masks
    size = dataset.count, dataset.height, dataset.width
    mapping.affordable(*size, each, f"cut {os.path.basename(path)} into parts")
    colours = [c.name for c in dataset.colorinterp]
    bands = [i + 1 for i, name in enumerate(colours) if name != "alpha"]
    core, empty = dataset.read(bands), dataset.read_masks(bands) == 0
    if "alpha" in colours:
        empty |= dataset.read(colours.index("alpha") + 1) == 0
    names = [dataset.descriptions[b - 1] for b in bands]
    if colours[0] == "palette" and len(bands) == 1:
        core, empty = _looked_up(core[0], empty[0], dataset.colormap(1))
        names = list(COLOURS.values())
    elif {colours[b - 1] for b in bands} == set(COLOURS):
        names = [a or COLOURS[colours[b - 1]] for a, b in zip(names, bands, strict=True)]
    ends = np.array([dataset.scales, dataset.offsets])[:, np.array(bands) - 1]
    if (ends != [[1], [0]]).any() and len(core) == len(bands):
        scale, offset = ends[:, :, None, None]
        core = core * scale + offset
    grid, note = place(dataset, target)
    tags = {ours: dataset.tags()[key] for key, ours in TAGS.items() if dataset.tags().get(key)}
    names = names if all(names) else None
    return Raster(*held(core, empty), names, grid, tags, (note,) if note else ())


def _looked_up(core, empty, palette):
    """Red, green, blue (3, lines, samples) of a picture with a palette, and where it is empty."""
    table = np.zeros((1 + int(max(core.max(), *palette)), 4), np.uint8)
    for i, colour in palette.items():
        table[i] = colour
    seen = table[core]
    empty = empty | (seen[..., 3] == 0)
    return np.moveaxis(seen[..., :3], -1, 0), np.broadcast_to(empty, (3, *empty.shape))


def held(core, empty):
    """Samples as a cube holds them in memory, Null where empty, and the cube's type.

    The type is the raster's where its special values are no samples, else a larger one.
    """
    found = core[~empty]
    low, high = (float(found.min()), float(found.max())) if found.size else (1.0, 1.0)
    name = "Double" if core.dtype == np.float64 or max(-low, high) > 1 << 24 else "Real"
    if core.dtype.kind in "iub" and core.dtype.itemsize <= 2:
        kinds = {"uint8": ("UnsignedByte", "SignedWord"), "uint16": ("UnsignedWord",)}
        for kind in kinds.get(core.dtype.name, ("SignedWord",)):
            _, _, first, last = special.TYPES[kind]
            if first <= low and high <= last:
                name = kind
                break
    if core.dtype == np.float32:
        name = "Real"
    out = core.astype(special.memory(name))
    out[empty | np.isnan(out)] = special.NULL
    return out, name


def radii_of(name):
    """(3,) km of a body of crs.SPHERES, as IAU_2015 has it; a sphere where it has no ellipsoid."""
    radius, naif = crs.SPHERES[name]
    try:
        a, c = crs.shape(proj.known(f"IAU_2015:{naif}01"))
    except Error:
        a = c = 1.0
    return radius, radius, float(f"{radius * c / a:.12g}")


def place(dataset, target=None):
    """Return the Grid of a dataset of rasterio, None where ours cannot say it, and why not."""
    t, system = dataset.transform, dataset.crs
    if system is None:
        return None, None if t.is_identity else "its grid is of no coordinate system: left out"
    square = abs(t.b) + abs(t.d) <= SQUARE * t.a and abs(t.e + t.a) <= SQUARE * t.a
    if not (square and 1e-12 < t.a < 1e12):
        return None, "its cells are not square with north up: the map is left out"
    wkt = system.to_wkt()
    if re.search(r'AXIS\["[^"]*",\s*"?WEST', wkt, re.I):
        return None, "its x grows to the west: the map is left out"
    try:
        a, c = (v / 1000 for v in crs.shape(wkt))
        target = target or _body(wkt, a)
        radii = (a, a, c)
        if target.upper() in crs.SPHERES and abs(a / crs.SPHERES[target.upper()][0] - 1) < 0.1:
            radii = radii_of(target.upper())
        if system.is_geographic:
            return _plate(dataset, target, radii), None
        name, clat, clon, extra = crs.parsed(system.to_proj4(), radii)
        km = system.linear_units_factor[1] / 1000
        return _grid(dataset, name, target, radii, clat, clon, extra, km), None
    except Error as error:
        return None, f"the map is left out: {error}"


def _body(wkt, a):
    """The body that a coordinate system names, else the one of its radius in km, else none."""
    words = set(re.findall(r"[A-Z]+", wkt.upper()))
    found = [name for name in BODIES if name in words]
    found += ["EARTH"] if abs(a - 6378) < 12 else []
    found += [name for name, (radius, _) in crs.SPHERES.items() if abs(a / radius - 1) < 1e-4]
    return found[0].title() if found else ""


def _plate(dataset, target, radii):
    """The Grid of cells in degrees of latitude and longitude."""
    left, right = dataset.transform.c, dataset.transform.c + dataset.transform.a * dataset.width
    clon = middle(-right, -left) if left < 0 else 180.0 if right > 180 else 0.0
    km = np.radians(radii[0])
    shift = (left + clon + 180.0) % 360.0 - 180.0 - left  # of x to the centre
    return _grid(dataset, "SimpleCylindrical", target, radii, 0.0, clon % 360.0, {}, km, shift)


def _grid(dataset, name, target, radii, clat, clon, extra, km, shift=0.0):
    t = dataset.transform
    return Grid(
        projection=name,
        target=target,
        radii=tuple(map(float, radii)),
        clat=clat,
        clon=clon,
        scale=float(t.a * km),
        left=float((t.c + shift) * km),
        top=float(t.f * km),
        lines=dataset.height,
        samples=dataset.width,
        minlat=-90.0,
        maxlat=90.0,
        minlon=0.0,
        maxlon=360.0,
        extra=extra,
    ).held()
