"""mapproj - map a strip or another map: every cell from all framelets that saw it.

For each cell the surface point p at its centre is projected into each frame f,

    (x, y) = project(f, p)                                                     (1)

with the spacecraft where it was at that frame (parallax), light time, aberration and distortion
(kit/geometry), and the map is the mean over those framelets b, f of the DN interpolated there,

    DN(b, cell) = sum_f w v(b, f, x, y + cy_b) / sum_f w                       (2)

with w the distance to the framelet's edge (kit/mapping).  A map is mapped anew from its own cells
(kit/regrid).  The grid: kit/layout, kit/grid, kit/snyder.
"""

import numpy as np

from perijove.kit import (
    backplanes,
    cube,
    ellipsoid,
    geometry,
    layout,
    mapping,
    parm,
    picture,
    projection,
    regrid,
)
from perijove.kit.error import Error
from perijove.kit.values import one_of


def below(g):
    """Latitude and west longitude below the spacecraft at mid-time, and its distance, km."""
    place = g.mid().o[0]
    foot = ellipsoid.below(place, g.radii)[0]
    return *ellipsoid.latlon(foot, g.radii), float(np.linalg.norm(place))


def seen(p, image):
    """Return the Geometry of an image, what lies below, and the Grid it has; None for none."""
    if picture.mapping(image) is None:
        g = mapping.solved(image)
        return g, below(g), None
    own = projection.of_cube(image)
    for name in ("FEATHER", "MAXEMISSION", "MAXINCIDENCE"):
        if p.given(name):
            raise Error(f"{name}: {p.FROM} is a map, which has no framelets")
    middle = (own.minlat + own.maxlat) / 2, (own.minlon + own.maxlon) / 2, None
    attached = image.blob("Table", "Geometry") is not None
    return geometry.from_cube(image) if attached else None, middle, own


def again(core, names, own, grid, interp, threads):
    """Return the bands (bands, lines, samples) of a map, its Grid own, on another Grid.

    Longitudes are taken from the nearest cell: 0 and 360 have no mean.
    """

    def pixel(line, sample):
        return own.pixel(*grid.latlon(line, sample))

    whole = [i for i, name in enumerate(names) if name.upper().startswith("LONGITUDE")]
    out = regrid.resample(core, pixel, grid.shape, interp, own.turn, threads)
    if whole:
        near = regrid.resample(core[whole], pixel, grid.shape, "NEAREST", own.turn, threads)
        out[whole] = near
    return out


def planes(p, g, grid, names):
    """Return the backplanes that are asked for, {name: (lines, samples)}, at mid-time."""
    asked = [one_of(word, list(backplanes.UNITS), "BACKPLANES =") for word in p.BACKPLANES or ()]
    if not asked:
        return {}
    if g is None:
        raise Error(f"{p.FROM}: BACKPLANES: no geometry is attached (run spiceinit)")
    for name in asked:
        if name in names or asked.count(name) > 1:
            raise Error(f"BACKPLANES = {name}: the map has this band already")
    made = backplanes.of_grid(asked, g.mid(), grid.points, grid.shape)
    return dict(zip(asked, made, strict=True))


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    g, under, own = seen(p, image)
    typed = dict(
        projection=p.PROJECTION,
        resolution=p.RESOLUTION,
        pixres=p.PIXRES,
        minlat=p.MINLAT,
        maxlat=p.MAXLAT,
        minlon=p.MINLON,
        maxlon=p.MAXLON,
        clat=p.CLAT,
        clon=p.CLON,
        nlines=p.NLINES,
        nsamples=p.NSAMPLES,
        parallels=p.PARALLELS,
        distance=p.DISTANCE,
    )
    target, radii = (g.target, g.radii) if own is None else (own.target, own.radii)
    grid = layout.wanted(typed, target, radii, under, p.MAP and p.use(p.MAP), own)
    names = image.band_names()

    if own is None:
        limits = p.MAXEMISSION, p.MAXINCIDENCE
        core = mapping.resample(
            image.core, g, grid.points, grid.shape, p.INTERP, p.FEATHER, *limits, threads=p.jobs
        )
    else:
        core = again(image.core, names, own, grid, p.INTERP, p.jobs)
    extra = planes(p, g, grid, [name.upper() for name in names])

    label = image.label.copy()
    isis = label.object("IsisCube")
    isis.delete("Mapping")
    isis.append(grid.mapping())
    p.say(f"{grid.lines} lines, {grid.samples} samples, {mapping.share(core):.1f} % seen")
    made = image.replace(core=core, label=label)
    cube.write(p.TO, backplanes.add(made, extra) if extra else made, p)
