"""The words by which PROJ and GDAL know our map projections, and the way back.

They count longitudes to the EAST and metres.  The codes that IAU_2015 has for planetographic maps
count x to the west, which GeoTIFF cannot say (GDAL drops it on writing); so the projections of a
sphere go by the codes of the sphere, as GDAL reads them from a cube.
"""

import re

import numpy as np

from . import proj
from .ellipsoid import west
from .error import Error

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
CODES = {"SimpleCylindrical": ("10", "15"), "Sinusoidal": ("20", "25")}  # centre at 0 and at 180

PROJ = {  # ISIS's name: PROJ's words; clat, the shape and what the Mapping group adds go in
    "SimpleCylindrical": "+proj=eqc +R={a}",
    "Equirectangular": "+proj=eqc +lat_ts={clat!r} +R={local!r}",
    "Sinusoidal": "+proj=sinu +R={a}",
    "Orthographic": "+proj=ortho +lat_0={clat!r} +R={a}",
    "PointPerspective": "+proj=nsper +lat_0={clat!r} +h={height!r} +R={a}",
    "PolarStereographic": "+proj=stere +lat_0={clat!r} +k=1 +a={a} +b={c}",
    "Mercator": "+proj=merc +lat_ts={clat!r} +a={a} +b={c}",
    "LambertAzimuthalEqualArea": "+proj=laea +lat_0={clat!r} +a={a} +b={c}",
    "TransverseMercator": "+proj=tmerc +lat_0={clat!r} +k={ScaleFactor!r} +a={a} +b={c}",
    "LambertConformal": "+proj=lcc +lat_0={clat!r} +lat_1={FirstStandardParallel!r}"
    " +lat_2={SecondStandardParallel!r} +a={a} +b={c}",
}
EXTRA = {  # what the Mapping group of a projection says besides: PROJ's word for it, and its value
    "PointPerspective": {"Distance": None},  # km from the centre of the target
    "TransverseMercator": {"ScaleFactor": 1.0},
    "LambertConformal": {"FirstStandardParallel": None, "SecondStandardParallel": None},
    "PROJ": {"ProjString": None},
}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
SHAPED = ("R", "a", "b", "rf", "f", "es", "e", "ellps", "datum")


def local_radius(radii, latitude):
    """Km from the centre of an ellipsoid to its surface at a (planetocentric) latitude."""
    a, c = radii[0], radii[2]
    cosine, sine = np.cos(np.radians(latitude)), np.sin(np.radians(latitude))
    return float(a * c / np.hypot(c * cosine, a * sine))


def words(name, radii, clat, clon, extra):
    """Return PROJ's words for a projection of ISIS about clat and the west longitude clon.

    extra  {keyword: value} as EXTRA has it
    """
    if name == "PROJ":
        return extra["ProjString"]
    a, c = (1000 * radii[i] for i in (0, 2))
    local = 1000 * local_radius(radii, clat)
    height = 1000 * extra.get("Distance", 0.0) - a
    text = PROJ[name].format(a=a, c=c, clat=float(clat), local=local, height=height, **extra)
    return f"{text} +lon_0={float(west(clon))!r} +units=m +no_defs"


def of(grid):
    """Return what PROJ, GDAL and rasterio take for a Grid's projection: a code or PROJ's words."""
    radius, naif = SPHERES.get(grid.target.upper(), (None, None))
    if radius == grid.radii[0] and grid.projection in CODES and grid.clon in (0.0, 180.0):
        return f"IAU_2015:{naif}{CODES[grid.projection][grid.clon == 180.0]}"
    return grid.words


def named(grid):
    """Return what `of` does, as WKT with the names of projection and target where it has none."""
    found = of(grid)
    if found.startswith("IAU"):
        return found
    target = grid.target or "unknown"
    names = {"PROJC(?:S|RS)": f"{grid.projection} {target}", "GEOGCS|BASEGEOGCRS": f"GCS_{target}",
             "DATUM": f"D_{target}", "SPHEROID|ELLIPSOID": target}  # fmt: skip
    wkt = proj.known(found)
    for word, name in names.items():
        wkt = re.sub(rf'\b({word})\["[^"]*"', rf'\1["{name}"', wkt, count=1)
    return wkt


def parsed(text, radii, clat=None, clon=None):
    """Return name, clat, clon and extra of a projection given in PROJ's words or by a code.

    radii       (3,) km of the target, whose shape it gets where the words say none
    clat, clon  its centre, where the words say none (west longitude)

    The name is ISIS's where ISIS has the projection, else PROJ, and extra holds the words.
    Error where PROJ does not know it, or it is one of a body of another size.
    """
    found = _told(text)
    if "step" in found or found.get("proj") in (None, "longlat", "latlong", "lonlat", "latlon"):
        raise Error(f"{text}: expected a projection, such as +proj=moll")
    for key, value in found.items():
        if value[:1] in ("+", "-", ".", *"0123456789") and not NUMBER.fullmatch(value):
            raise Error(f"{text}: {key}={value}: expected a number")
    for key, value, name in (("lat_0", clat, "CLAT"), ("lon_0", clon, "CLON")):
        if value is not None and key in found:
            raise Error(f"{name} = {value:g}: {text} says +{key} itself")
    if not set(SHAPED) & set(found):
        found.update(a=repr(1000 * float(radii[0])), b=repr(1000 * float(radii[2])))
    if clat is not None:
        found["lat_0"] = repr(float(clat))
    if clon is not None:
        found["lon_0"] = repr(float(west(clon)))
    wkt = proj.known(_line(found))
    a, b = shape(wkt)
    if abs(a / (1000 * radii[0]) - 1) > 0.1:
        raise Error(f"{text}: of a body of {a / 1000:g} km, expected one of {radii[0]:g} km")
    found = {k: v for k, v in found.items() if k not in SHAPED}
    found |= {"R": repr(a)} if a == b else {"a": repr(a), "b": repr(b)}
    line = _line(found)
    clat, lon = (float(found.get(key, 0.0)) for key in ("lat_0", "lon_0"))
    named = _named(line, radii, found)
    return named or ("PROJ", clat, float(west(lon)), {"ProjString": line})


def _line(found):
    words = (f"+{key}={value}" if value else f"+{key}" for key, value in found.items())
    return " ".join(words) + " +units=m +no_defs"


def shape(wkt):
    """Return equatorial and polar radius in metres of the ellipsoid of a WKT."""
    found = re.search(r'(?:SPHEROID|ELLIPSOID)\["[^"]*",\s*([\d.eE+-]+),\s*([\d.eE+-]+)', wkt)
    if not found:
        raise Error("the coordinate system has no ellipsoid")
    a, inverse = float(found[1]), float(found[2])
    return a, float(f"{a * (1 - 1 / inverse):.12g}") if inverse else a


def _told(text):
    """The words {key: value} of a PROJ string, or of the code of a coordinate system."""
    if "+proj=" not in text.replace(" ", ""):
        from rasterio.crs import CRS

        wkt = proj.known(text)
        if "Ocentric" in wkt and np.ptp(shape(wkt)):
            raise Error(f"{text}: of planetocentric latitudes: take the code that is 1 or 2 less")
        text = CRS.from_wkt(wkt).to_proj4()
    pairs = (w.lstrip("+").partition("=") for w in text.split())
    drop = ("no_defs", "type", "units", "to_meter", "axis")
    found = {k: v for k, _, v in pairs if k not in drop and k}
    if found.get("proj") == "stere" and found.get("lat_ts") == found.get("lat_0"):
        found.pop("lat_ts", None)  # GDAL says twice that a polar map is true to scale at the pole
    return {k: v for k, v in found.items() if k not in ("x_0", "y_0") or float(v)}


def _named(line, radii, found):
    """ISIS's name, clat, clon and extra of words that say what one of PROJ says; else None."""
    from rasterio.crs import CRS

    told = CRS.from_user_input(line).to_dict()
    number = {k: float(v) for k, v in found.items() if NUMBER.fullmatch(v)}
    clon = float(west(number.get("lon_0", 0.0)))
    extra = {
        "Distance": (number.get("h", 0.0) + 1000 * radii[0]) / 1000,
        "ScaleFactor": number.get("k", number.get("k_0", 1.0)),
        "FirstStandardParallel": number.get("lat_1"),
        "SecondStandardParallel": number.get("lat_2", number.get("lat_1")),
    }
    for name, form in PROJ.items():
        if not form.startswith(f"+proj={found['proj']} "):
            continue
        clat = number.get("lat_ts" if "+lat_ts" in form else "lat_0", 0.0)
        mine = {key: extra[key] for key in EXTRA.get(name, ())}
        polar = name != "PolarStereographic" or abs(clat) == 90.0
        if polar and None not in mine.values():
            other = words(name, radii, clat, clon, mine)
            proj.known(other)  # or an Error
            if _same(told, CRS.from_user_input(other).to_dict()):
                return name, clat, clon, mine
    return None


def _same(one, other):
    plain = {"k": 1.0, "k_0": 1.0}  # and 0 for the rest
    for key in set(one) | set(other):
        a, b = (words.get(key, plain.get(key, 0.0)) for words in (one, other))
        if isinstance(a, str) or isinstance(b, str):
            if a != b:
                return False
        elif abs(a - b) > 1e-9 * max(1.0, abs(a)):
            return False
    return True
