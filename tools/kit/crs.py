"""The names by which PROJ and GDAL know our map projections.

They count longitudes to the EAST and metres.  The codes that IAU_2015 has for planetographic maps
count x to the west, which GeoTIFF cannot say (GDAL drops it on writing); so SimpleCylindrical goes
by the codes of the sphere, as GDAL reads it from a cube.
"""

from .ellipsoid import west

SPHERES = {  # km and NAIF code: PROJ has IAU_2015:code10, code15 on these spheres (Archinal 2018)
    "JUPITER": (71492.0, 599),
    "IO": (1821.49, 501),
    "EUROPA": (1560.8, 502),
    "GANYMEDE": (2631.2, 503),
    "CALLISTO": (2410.3, 504),
    "SATURN": (60268.0, 699),
    "URANUS": (25559.0, 799),
    "NEPTUNE": (24764.0, 899),
    "MOON": (1737.4, 301),
}


PROJ = {
    "SimpleCylindrical": "+proj=eqc +R={a}",
    "PolarStereographic": "+proj=stere +lat_0={clat:+g} +k=1 +a={a} +b={c}",
    "Orthographic": "+proj=ortho +lat_0={clat!r} +R={a}",
}


def of(grid):
    """Return what PROJ, GDAL and rasterio take for a Grid's projection: a code or PROJ's words."""
    a, c = (1000 * grid.radii[i] for i in (0, 2))
    radius, naif = SPHERES.get(grid.target.upper(), (None, None))
    if grid.projection == "SimpleCylindrical" and radius == grid.radii[0]:
        if grid.clon in (0.0, 180.0):
            return f"IAU_2015:{naif}{'10' if grid.clon == 0 else '15'}"
    words = PROJ[grid.projection].format(a=a, c=c, clat=float(grid.clat))
    return f"{words} +lon_0={float(west(grid.clon))!r} +units=m +no_defs"
