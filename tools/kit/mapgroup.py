"""The Group Mapping of ISIS: what a label says of a map's grid.

Its latitudes may be planetographic or planetocentric, its longitudes east or west.  Projections
of a sphere take latitudes as they are told, those of an ellipsoid planetographic ones, whatever
the group tells (ISIS3, the SetGround of each projection).
"""

from . import crs, ellipsoid
from .error import Error
from .label import Node, Quantity
from .snyder import FORMULAS, SPHERICAL

LATITUDES = {"minlat": "MinimumLatitude", "maxlat": "MaximumLatitude", "clat": "CenterLatitude"}
NAMES = (*FORMULAS, *(name for name in crs.PROJ if name not in FORMULAS), "PROJ")


def name_of(group):
    """Return the ProjectionName of a group in our spelling; Error for one that is not NAMES'."""
    found = group.text("ProjectionName")
    name = next((n for n in NAMES if n.upper() == found.upper()), None)
    if name is None:
        raise Error(f"{group}: ProjectionName = {found}, expected {', '.join(NAMES)}")
    if group.number("Rotation", default=0.0):
        raise Error(f"{group}: Rotation = {group['Rotation']}: only maps without are read")
    return name


def told(group, radii=None):
    """Return what a group tells, {field of Grid: value}; what it does not tell is left out.

    radii  (3,) km, where the group has none
    """
    found = {}
    a, c = (group.number(f"{k}Radius", "meters", default=None) for k in ("Equatorial", "Polar"))
    if a is not None and c is not None:
        radii = (a / 1000, a / 1000, c / 1000)
    if radii is not None:
        if not 0 < radii[2] <= radii[0] < 1e7:
            words = f"{radii[0]:g} and {radii[2]:g} km, expected those of a flattened body"
            raise Error(f"{group}: radii of {words}")
        found["radii"] = tuple(map(float, radii))
    if "TargetName" in group:
        found["target"] = group.text("TargetName")
    found |= _latitudes(group, radii) | _longitudes(group)
    if "ProjectionName" in group:
        found |= _projection(group, radii)
    if "PixelResolution" in group:
        found["scale"] = group.number("PixelResolution", "meters/pixel") / 1000
        if found["scale"] <= 0:
            raise Error(f"{group}: PixelResolution = {1000 * found['scale']:g}: expected > 0")
    for field, key in (("left", "UpperLeftCornerX"), ("top", "UpperLeftCornerY")):
        if key in group:
            found[field] = group.number(key, "meters") / 1000
    return found


def _projection(group, radii):
    name = name_of(group)
    if name == "PROJ":
        keys = "projection", "clat", "clon", "extra"
        text = group.text("ProjString")
        return dict(zip(keys, crs.parsed(text, radii), strict=True)) | {"centric": False}
    extra = {}
    for key, default in crs.EXTRA.get(name, {}).items():
        extra[key] = group.number(key, "km" if key == "Distance" else None, default=default)
        if extra[key] is None:
            raise Error(f"{group}: keyword {key} is missing")
    return {"projection": name, "extra": extra, "centric": name in SPHERICAL and _centric(group)}


def _centric(group):
    word = group.text("LatitudeType", "Planetocentric").upper()
    if word not in ("PLANETOCENTRIC", "PLANETOGRAPHIC"):
        expected = "Planetocentric or Planetographic"
        raise Error(f"{group}: LatitudeType = {group['LatitudeType']}, expected {expected}")
    return word == "PLANETOCENTRIC"


def _latitudes(group, radii):
    found, centric = {}, _centric(group)
    for field, key in LATITUDES.items():
        if key in group:
            lat = group.number(key)
            if abs(lat) > 90:
                raise Error(f"{group}: {key} = {lat:g}, expected -90 to 90")
            found[field] = float(ellipsoid.planetographic(lat, radii)) if centric else lat
    return found


def _longitudes(group):
    found, east = {}, group.text("LongitudeDirection", "PositiveEast").upper() != "POSITIVEWEST"
    if "CenterLongitude" in group:
        clon = group.number("CenterLongitude")
        found["clon"] = float(ellipsoid.west(clon)) if east else clon
    if "MinimumLongitude" in group and "MaximumLongitude" in group:
        low, high = group.number("MinimumLongitude"), group.number("MaximumLongitude")
        if east:
            low, high = -high, -low
            low, high = (low + 360, high + 360) if high <= 0 else (low, high)
        found |= {"minlon": low, "maxlon": high}
    return found


def group(grid):
    """Return the Group Mapping of a Grid.

    GDAL takes every CenterLongitude as east, whatever LongitudeDirection says.  It is right
    for 0 and 180 west; with another centre the group's longitudes are east.
    """
    west = grid.clon in (0.0, 180.0)
    low, high = (grid.minlon, grid.maxlon) if west else (-grid.maxlon, -grid.minlon)
    if not west and low < 0 and high <= 0:
        low, high = low + 360, high + 360
    latitudes = {key: _latitude(grid, getattr(grid, field)) for field, key in LATITUDES.items()}
    centre = latitudes.pop("CenterLatitude")
    group = Node("Group", "Mapping", [("ProjectionName", grid.projection)])
    for key, value in grid.extra.items():
        group.set(key, Quantity(value, "km") if key == "Distance" else value)
    group.set("CenterLongitude", grid.clon if west else float(ellipsoid.west(grid.clon)))
    if grid.projection not in ("SimpleCylindrical", "Sinusoidal", "PROJ"):
        group.set("CenterLatitude", centre)
    group.update(
        TargetName=grid.target,
        EquatorialRadius=_meters(grid.radii[0]),
        PolarRadius=_meters(grid.radii[2]),
        LatitudeType="Planetocentric" if grid.centric else "Planetographic",
        LongitudeDirection="PositiveWest" if west else "PositiveEast",
        LongitudeDomain=180 if low < 0 else 360,
        **latitudes,
        MinimumLongitude=low,
        MaximumLongitude=high,
        UpperLeftCornerX=_meters(grid.left),
        UpperLeftCornerY=_meters(grid.top),
        PixelResolution=_meters(grid.scale, "meters/pixel"),
        Scale=Quantity(float(f"{grid.degree / grid.scale:.12g}"), "pixels/degree"),
    )
    return group


def _latitude(grid, lat):
    """A planetographic latitude as the group counts it."""
    return round(float(ellipsoid.planetocentric(lat, grid.radii)), 12) if grid.centric else lat


def _meters(km, unit="meters"):
    return Quantity(float(f"{1000 * km:.15g}"), unit)
