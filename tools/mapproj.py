"""mapproj - map a strip: every cell from all framelets that saw it.

For each cell the surface point p at its centre is projected into each frame f,

    (x, y) = project(f, p)                                                     (1)

with the spacecraft where it was at that frame (parallax), light time, aberration and distortion
(kit/geometry), and the map is the mean over those framelets b, f of the DN interpolated there,

    DN(b, cell) = sum_f w v(b, f, x, y + cy_b) / sum_f w                       (2)

with w the distance to the framelet's edge (kit/mapping).  The grid: kit/projection, kit/snyder.
"""

import numpy as np

from perijove.kit import cube, ellipsoid, mapping, parm, projection
from perijove.kit.error import Error

CAP = 50.0  # degrees: a polar map reaches down to here


def centre(name, clat, clon, below, source):
    """Latitude and west longitude (None: the map's own choice) of the projection's centre.

    clat, clon  degrees as typed, None where not
    below       latitude and west longitude below the spacecraft at mid-time
    """
    if name == "SimpleCylindrical":
        if clat:
            raise Error(f"{source}: CLAT = {clat:g}: SimpleCylindrical has its centre at 0")
        return 0.0, clon
    if name == "PolarStereographic":
        clat = np.copysign(90.0, below[0]) if clat is None else clat
        if abs(clat) != 90.0:
            raise Error(f"{source}: CLAT = {clat:g}: PolarStereographic needs 90 or -90")
        return float(clat), 0.0 if clon is None else clon
    return tuple(
        float(round(b)) if a is None else a for a, b in zip((clat, clon), below, strict=True)
    )


def limits(name, clat, clon, typed, source):
    """The range (minlat, maxlat, minlon, maxlon) in degrees, with defaults for None in `typed`."""
    low, high = -90.0, 90.0
    if name == "PolarStereographic":
        low, high = (CAP, 90.0) if clat > 0 else (-90.0, -CAP)
    turn = clon - 180.0 if name == "SimpleCylindrical" and clon is not None else 0.0
    default = low, high, turn, turn + 360.0
    minlat, maxlat, *around = (d if v is None else v for v, d in zip(typed, default, strict=True))
    if minlat >= maxlat:
        raise Error(f"{source}: MINLAT = {minlat:g} is not below MAXLAT = {maxlat:g}")
    if name == "PolarStereographic" and np.sign(clat) * (minlat if clat > 0 else maxlat) < -60:
        raise Error(f"{source}: latitudes {minlat:g} to {maxlat:g}: too far from the pole {clat:g}")
    return minlat, maxlat, *projection.longitudes(*around, source)


def middle(minlon, maxlon):
    """Centre of a cylindrical map: 180 or 0, which GDAL reads right, where the range allows it."""
    if minlon >= 0:
        return 180.0
    return 0.0 if minlon >= -180 and maxlon <= 180 else (minlon + maxlon) / 2


def layout(p, g):
    """The Grid that the parameters ask for."""
    name, mid = p.PROJECTION, g.mid()
    below = ellipsoid.latlon(ellipsoid.below(mid.o[0], g.radii)[0], g.radii)
    clat, clon = centre(name, p.CLAT, p.CLON, below, p.FROM)
    ranges = limits(name, clat, clon, (p.MINLAT, p.MAXLAT, p.MINLON, p.MAXLON), p.FROM)
    if clon is None:
        clon = middle(*ranges[2:])
    scale = p.RESOLUTION
    if p.PIXRES == "PPD":
        scale = projection.degree(name, g.radii, clat) / p.RESOLUTION
    elif not p.given("RESOLUTION"):
        raise Error("PIXRES = KM needs a RESOLUTION, in kilometres per cell")
    return projection.grid(name, g.target, g.radii, scale, ranges, clat, ellipsoid.west(-clon))


@parm.tool
def main(p):
    strip = cube.read(p.FROM)
    g = mapping.solved(strip)
    grid = layout(p, g)

    core = mapping.resample(
        strip.core, g, grid.points, grid.shape, p.INTERP, p.FEATHER, p.MAXEMISSION, p.MAXINCIDENCE
    )

    label = strip.label.copy()
    label.object("IsisCube").append(grid.mapping())
    p.say(f"{grid.lines} lines, {grid.samples} samples, {mapping.share(core):.1f} % seen")
    cube.write(p.TO, strip.replace(core=core, label=label), p)
