"""The grid that a user asks for: what was typed, else what MAP says, else what suits the image."""

import numpy as np

from . import crs, ellipsoid, mapfile, mapgroup, projection
from .error import Error
from .label import Quantity
from .values import one_of

CAP = 50.0  # degrees: a polar map reaches down to here
SAILED = 75.0  # degrees: a Mercator map to here
WEDGE = 45.0  # degrees to either side of a TransverseMercator's meridian
PPD = 10.0  # px/deg
FARTHEST = 1e12  # km
ON_EQUATOR = ("SimpleCylindrical", "Sinusoidal")  # have no other centre
AROUND = (*ON_EQUATOR, "Equirectangular", "Mercator", "PROJ")  # centred on the map's longitudes
SIZE = ("nlines", "nsamples")
RANGE = ("minlat", "maxlat", "minlon", "maxlon")


def wanted(typed, target, radii, below, path=None, own=None):
    """Return the Grid for what was typed.

    typed          {parameter of mapproj, in small letters: value}; None where it was not
    target, radii  name and (3,) km of the body
    below          latitude, west longitude and distance from the centre, km, of the spacecraft
    path           a map or a map file that says what was not typed
    own            the Grid of the map that is mapped anew
    """
    model = mapfile.read(path, target, radii) if path else mapfile.Template(told={})
    asked = {key: value for key, value in typed.items() if value is not None}
    if model.grid is not None and not asked:
        return model.grid
    told, form = model.told, asked.get("projection")
    name = _name(form) if form else told.get("projection", "SimpleCylindrical")
    alike = told.get("projection") in (None, name) and not (form and name == "PROJ")
    told = told if alike else {k: told[k] for k in (*RANGE, "scale") if k in told}
    model = model if alike else mapfile.Template(told=told)

    words = form or told.get("extra", {}).get("ProjString")
    if name == "PROJ":
        name, clat, clon, extra, ranges = _worded(words, asked, told, radii, own)
    else:
        clat, clon, extra, ranges = _named(name, asked, told, radii, below, own)
    centric = bool(told.get("centric"))
    counted = ellipsoid.planetocentric(clat, radii) if centric else clat
    one = projection.degree(name, radii, counted)
    cell = scale(asked, one, told.get("scale"), model.ppd, own)
    same = abs(cell / told.get("scale", np.inf) - 1) < 1e-9
    corner = (told.get("left", 0.0), told.get("top", 0.0)) if same else (0.0, 0.0)
    return projection.grid(
        name,
        target,
        told.get("radii", radii),
        cell,
        ranges,
        clat,
        float(ellipsoid.west(-clon)),
        centric,
        extra,
        corner,
        size(asked),
    )


def _name(form):
    """ISIS's name that a word begins, or PROJ for PROJ's words and codes."""
    if "=" in form or ":" in form:
        return "PROJ"
    return one_of(form, [name for name in mapgroup.NAMES if name != "PROJ"], "PROJECTION =")


def _worded(words, asked, told, radii, own):
    """Name, clat, clon, extra and range of a projection in PROJ's words, or by a code."""
    if "parallels" in asked or "distance" in asked:
        raise Error(f"PARALLELS, DISTANCE: {words} says such things itself")
    clat, clon = asked.get("clat"), asked.get("clon")
    name, at, lon, extra = crs.parsed(words, radii, clat, clon)
    said = clon is not None or "lon_0" in words or ":" in words or name not in AROUND
    ranges = limits(name, at, lon if said else None, _ends(asked, told), own)
    if not said:
        name, at, lon, extra = crs.parsed(words, radii, clat, middle(*ranges[2:]))
    return name, at, lon, extra, ranges


def _named(name, asked, told, radii, below, own):
    """Clat, clon, extra and range of a projection of ISIS."""
    extra = extras(name, asked, told, radii, below)
    clat, clon = (asked.get(key, told.get(key)) for key in ("clat", "clon"))
    clat, clon = centre(name, clat, clon, below, extra)
    ranges = limits(name, clat, clon, _ends(asked, told), own)
    return clat, middle(*ranges[2:]) if clon is None else clon, extra, ranges


def _ends(asked, told):
    return [asked.get(key, told.get(key)) for key in RANGE]


def extras(name, asked, told, radii, below):
    """What the Mapping group of a projection says besides."""
    said = told.get("extra", {})
    if name == "LambertConformal":
        found = asked.get("parallels") or list(said.values())
        if not found:
            raise Error("LambertConformal needs PARALLELS, two latitudes that are true to scale")
        if abs(sum(found)) < 1e-6:
            raise Error(f"PARALLELS = {found[0]:g}, {found[1]:g}: no cone lies between them")
        return dict(zip(crs.EXTRA[name], map(float, found), strict=True))
    if name == "PointPerspective":
        distance = asked.get("distance", said.get("Distance", below[2]))
        if not distance or not radii[0] < distance < FARTHEST:
            expected = f"a DISTANCE of more than {radii[0]:g} km, less than {FARTHEST:g}"
            raise Error(f"PointPerspective needs {expected}")
        return {"Distance": float(distance)}
    for word in ("parallels", "distance"):
        if word in asked:
            raise Error(f"{word.upper()}: {name} has none")
    return dict(said) or {k: v for k, v in crs.EXTRA.get(name, {}).items() if v is not None}


def centre(name, clat, clon, below, extra=()):
    """Latitude and west longitude (None: the map's own choice) of the projection's centre.

    clat, clon  degrees as typed, None where not
    below       latitude and west longitude below the spacecraft at mid-time
    """
    if name in ON_EQUATOR:
        if clat:
            raise Error(f"CLAT = {clat:g}: {name} has its centre at 0")
        return 0.0, clon
    if name == "PolarStereographic":
        clat = np.copysign(90.0, below[0]) if clat is None else clat
        if abs(clat) != 90.0:
            raise Error(f"CLAT = {clat:g}: PolarStereographic needs 90 or -90")
        return float(clat), 0.0 if clon is None else clon
    if name in AROUND:
        if clat and abs(clat) > 89:
            raise Error(f"CLAT = {clat:g}: {name} is true to scale between -89 and 89 degrees")
        return clat or 0.0, clon
    if name == "LambertConformal" and clat is None:
        clat = sum(extra.values()) / 2
    both = zip((clat, clon), below[:2], strict=True)
    return tuple(float(round(b)) if a is None else a for a, b in both)


def limits(name, clat, clon, typed, own=None):
    """The range (minlat, maxlat, minlon, maxlon) in degrees, with defaults for None in `typed`."""
    low, high = -90.0, 90.0
    if name == "PolarStereographic":
        low, high = (CAP, 90.0) if clat > 0 else (-90.0, -CAP)
    elif name == "LambertConformal":
        low, high = (0.0, 90.0) if clat > 0 else (-90.0, 0.0)
    elif name == "Mercator":
        low, high = -SAILED, SAILED
    turn = clon - 180.0 if name in AROUND and clon is not None else 0.0
    default = low, high, turn, turn + 360.0
    if name == "TransverseMercator":
        default = low, high, clon - WEDGE, clon + WEDGE
    elif own is not None:
        whole = own.maxlon - own.minlon > 359.9
        around = default[2:] if whole else (own.minlon, own.maxlon)
        default = max(low, own.minlat), min(high, own.maxlat), *around
    minlat, maxlat, *around = (d if v is None else v for v, d in zip(typed, default, strict=True))
    if minlat >= maxlat:
        raise Error(f"MINLAT = {minlat:g} is not below MAXLAT = {maxlat:g}")
    if name == "Mercator" and max(abs(minlat), abs(maxlat)) > 89:
        raise Error(f"latitudes {minlat:g} to {maxlat:g}: a Mercator map ends before 89 degrees")
    if name == "PolarStereographic" and np.sign(clat) * (minlat if clat > 0 else maxlat) < -60:
        raise Error(f"latitudes {minlat:g} to {maxlat:g}: too far from the pole {clat:g}")
    return minlat, maxlat, *projection.longitudes(*around)


def middle(minlon, maxlon):
    """Centre of a cylindrical map: 180 or 0, which GDAL reads right, where the range allows it."""
    if minlon >= 0:
        return 180.0
    return 0.0 if minlon >= -180 and maxlon <= 180 else (minlon + maxlon) / 2


def scale(asked, degree, km=None, ppd=None, own=None):
    """Km per cell.

    degree   km of a degree of the map
    km, ppd  of a template;  own  the Grid of the map that is mapped anew
    """
    typed, unit = asked.get("resolution"), asked.get("pixres")
    if isinstance(typed, Quantity):
        typed, found = typed.value, "KM" if typed.unit == "km" else "PPD"
        if unit not in (None, found):
            raise Error(f"PIXRES = {unit}, but RESOLUTION is typed with another unit")
        unit = found
    if unit == "KM" and typed is None:
        raise Error("PIXRES = KM needs a RESOLUTION, in kilometres per cell")
    if typed is None and unit is None and (km or ppd or own is not None):
        return km or (degree / ppd if ppd else own.scale)
    return typed if unit == "KM" else degree / (typed or PPD)


def size(asked):
    """Lines and samples of the map, None where none were typed; a map of one of them is square."""
    found = [asked.get(key) for key in SIZE]
    if found == [None, None]:
        return None
    for key in RANGE:
        if key in asked:
            raise Error(f"{key.upper()}: NLINES and NSAMPLES say what the map holds already")
    return tuple(n or max(filter(None, found)) for n in found)
