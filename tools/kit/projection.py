"""Map grids: cells <-> latitude and longitude, and the Mapping group that says which.

North is up and x grows to the east, so west longitudes grow to the left; cell centres lie at
half steps.  Latitudes and longitudes are planetographic and positive west, in degrees; the
formulas are those of `snyder`, times the equatorial radius.
"""

from dataclasses import dataclass, replace

import numpy as np

from . import ellipsoid
from .error import Error
from .label import Node, Quantity
from .snyder import FORMULAS


@dataclass(frozen=True)
class Grid:
    """A map: lines x samples square cells on a projection plane.

    projection        a name of FORMULAS
    radii             (3,) km of the target
    clat, clon        centre of the projection, degrees
    scale             km per cell
    left, top         corner of the first cell on the plane, km
    minlat, maxlat, minlon, maxlon   what the map is meant to hold, degrees
    """

    projection: str
    target: str
    radii: tuple
    clat: float
    clon: float
    scale: float
    left: float
    top: float
    lines: int
    samples: int
    minlat: float
    maxlat: float
    minlon: float
    maxlon: float

    @property
    def shape(self):
        return self.lines, self.samples

    def latlon(self, line, sample):
        """Latitude and west longitude in [0, 360) of cells; NaN off the target.

        line, sample  0 at the centre of the first cell; fractions and arrays that broadcast
        """
        lat, east = self._angles(line, sample)
        return lat, ellipsoid.west(east)

    def points(self, line, sample):
        """Surface points (..., 3) km, NaN off the target, and True: for `mapping.resample`."""
        lat, east = self._angles(line, sample)
        return ellipsoid.surface(lat, -east, self.radii)[0], np.True_

    def pixel(self, latitude, longitude):
        """Line and sample (0: centre of the first cell) of points; NaN where they do not show."""
        east = np.mod(self.clon - np.asarray(longitude) + 180, 360) - 180
        if self.projection == "SimpleCylindrical":  # the turn of longitude that the map holds
            middle = np.degrees(self.left + self.scale * self.samples / 2) / self.radii[0]
            east = middle + np.mod(east - middle + 180, 360) - 180
        x, y = self._plane(latitude, east)
        return (self.top - y) / self.scale - 0.5, (x - self.left) / self.scale - 0.5

    def _plane(self, latitude, east):
        """x, y km of latitude and longitude east of the centre, degrees."""
        forward, _ = FORMULAS[self.projection]
        angles = np.radians(np.broadcast_arrays(latitude, east))
        return tuple(self.radii[0] * v for v in forward(*angles, np.radians(self.clat), self._e))

    def _angles(self, line, sample):
        _, inverse = FORMULAS[self.projection]
        line, sample = np.broadcast_arrays(line, sample)
        x = (self.left + (sample + 0.5) * self.scale) / self.radii[0]
        y = (self.top - (line + 0.5) * self.scale) / self.radii[0]
        lat, east = inverse(x, y, np.radians(self.clat), self._e)
        return np.degrees(lat), np.degrees(east) - self.clon

    @property
    def _e(self):
        return float(np.sqrt(1 - (self.radii[2] / self.radii[0]) ** 2))

    def _outline(self):
        """x, y km of points that span the map."""
        lat = np.linspace(self.minlat, self.maxlat, 181)
        lon = np.linspace(self.minlon, self.maxlon, 361)
        axes = self.clon + np.arange(-720.0, 721.0, 90.0)
        lon = np.r_[lon, axes[(axes >= self.minlon) & (axes <= self.maxlon)]]
        lat, lon = (v.ravel() for v in np.meshgrid(lat, lon))
        if self.projection == "Orthographic":  # and its limb, as far as it belongs to the map
            turn = np.radians(np.arange(0.0, 360.0, 0.25))
            x, y = (1 - 1e-9) * np.cos(turn), (1 - 1e-9) * np.sin(turn)
            _, inverse = FORMULAS[self.projection]
            phi, east = inverse(x, y, np.radians(self.clat), self._e)
            rim, west = np.degrees(phi), self.clon - np.degrees(east)
            west = self.minlon + np.mod(west - self.minlon, 360)
            held = (rim >= self.minlat) & (rim <= self.maxlat) & (west <= self.maxlon)
            lat, lon = np.r_[lat, rim[held]], np.r_[lon, west[held]]
        return self._plane(lat, self.clon - lon)

    def mapping(self):
        """The Group Mapping of ISIS.

        GDAL takes every CenterLongitude as east, whatever LongitudeDirection says.  It is right
        for 0 and 180 west; with another centre the group's longitudes are east.
        """
        west = self.clon in (0.0, 180.0)
        low, high = (self.minlon, self.maxlon) if west else (-self.maxlon, -self.minlon)
        if not west and low < 0 and high <= 0:
            low, high = low + 360, high + 360
        group = Node("Group", "Mapping", [("ProjectionName", self.projection)])
        group.set("CenterLongitude", self.clon if west else float(ellipsoid.west(self.clon)))
        if self.projection != "SimpleCylindrical":
            group.set("CenterLatitude", self.clat)
        group.update(
            TargetName=self.target,
            EquatorialRadius=_meters(self.radii[0]),
            PolarRadius=_meters(self.radii[2]),
            LatitudeType="Planetographic",
            LongitudeDirection="PositiveWest" if west else "PositiveEast",
            LongitudeDomain=180 if low < 0 else 360,
            MinimumLatitude=self.minlat,
            MaximumLatitude=self.maxlat,
            MinimumLongitude=low,
            MaximumLongitude=high,
            UpperLeftCornerX=_meters(self.left),
            UpperLeftCornerY=_meters(self.top),
            PixelResolution=_meters(self.scale, "meters/pixel"),
            Scale=Quantity(
                degree(self.projection, self.radii, self.clat) / self.scale, "pixels/degree"
            ),
        )
        return group

    def transform(self):
        """GDAL's geotransform: x and y in metres of the first cell's corner, and the steps."""
        s = 1000 * self.scale
        return 1000 * self.left, s, 0.0, 1000 * self.top, 0.0, -s


def grid(projection, target, radii, scale, ranges, clat=0.0, clon=180.0):
    """Return the Grid that holds a range of latitudes and west longitudes.

    scale   km per cell;  ranges  (minlat, maxlat, minlon, maxlon) degrees

    Corners fall on whole cells from the centre of the projection, so that maps of one scale
    register; they are within half a cell of the range.
    """
    minlat, maxlat, minlon, maxlon = map(float, ranges)
    turns = 360.0 * round((clon - (minlon + maxlon) / 2) / 360.0)  # the range around the centre
    minlon, maxlon = minlon + turns, maxlon + turns
    seed = Grid(
        projection,
        target,
        radii=tuple(map(float, radii)),
        clat=float(clat),
        clon=float(clon),
        scale=float(scale),
        left=0.0,
        top=0.0,
        lines=1,
        samples=1,
        minlat=minlat,
        maxlat=maxlat,
        minlon=minlon,
        maxlon=maxlon,
    )
    x, y = seed._outline()
    if not np.isfinite(x).any():
        raise Error(f"{projection} about {clat:g} N, {clon:g} W shows nothing of the map's range")
    edges = np.nanmin(x), np.nanmax(x), -np.nanmax(y), -np.nanmin(y)
    first, last, top, bottom = (round(v / scale) for v in edges)
    return replace(
        seed,
        left=first * seed.scale,
        top=-top * seed.scale,
        lines=max(bottom - top, 1),
        samples=max(last - first, 1),
    )


def degree(projection, radii, clat=0.0):
    """Km of one degree where the projection is true to scale, by ISIS's local radius there."""
    a, c = radii[0], radii[2]
    lat = {"SimpleCylindrical": 0.0, "PolarStereographic": 90.0}.get(projection, clat)
    cosine, sine = np.cos(np.radians(lat)), np.sin(np.radians(lat))
    return float(np.radians(a * c / np.hypot(c * cosine, a * sine)))


def longitudes(minlon, maxlon, source="the map"):
    """West longitudes in a row, at most one turn; Error otherwise: 350 to 20 becomes -10 to 20."""
    if minlon >= maxlon:
        minlon -= 360.0
    turns = -360.0 if maxlon > 360.0 else 360.0 if maxlon <= 0.0 else 0.0
    if not maxlon - 360.0 <= minlon < maxlon:
        raise Error(f"{source}: longitudes {minlon:g} to {maxlon:g}: expected at most one turn")
    return minlon + turns, maxlon + turns


def read(group, lines, samples):
    """Return the Grid of a Group Mapping, of a map with so many lines and samples."""
    name = group.text("ProjectionName")
    if name not in FORMULAS:
        raise Error(f"{group}: ProjectionName = {name}, expected {', '.join(FORMULAS)}")
    if group.text("LatitudeType", "Planetocentric") != "Planetographic":
        raise Error(f"{group}: LatitudeType = {group.get('LatitudeType')}, expected Planetographic")
    low, high = group.number("MinimumLongitude"), group.number("MaximumLongitude")
    clon = group.number("CenterLongitude")
    if group.text("LongitudeDirection", "PositiveEast") != "PositiveWest":
        low, high, clon = -high, -low, float(ellipsoid.west(clon))
        low, high = (low + 360, high + 360) if high <= 0 else (low, high)
    a, c = (group.number(key, "km") for key in ("EquatorialRadius", "PolarRadius"))
    if not 0 < c <= a < 1e7:
        raise Error(f"{group}: radii of {a:g} and {c:g} km, expected those of a flattened body")
    if group.number("PixelResolution") <= 0:
        raise Error(f"{group}: PixelResolution = {group.number('PixelResolution')}: expected > 0")
    return Grid(
        projection=name,
        target=group.text("TargetName"),
        radii=(a, a, c),
        clat=group.number("CenterLatitude", default=0.0),
        clon=clon,
        scale=group.number("PixelResolution", "meters/pixel") / 1000,
        left=group.number("UpperLeftCornerX", "km"),
        top=group.number("UpperLeftCornerY", "km"),
        lines=lines,
        samples=samples,
        minlat=group.number("MinimumLatitude"),
        maxlat=group.number("MaximumLatitude"),
        minlon=low,
        maxlon=high,
    )


def of_cube(cube):
    """Return the Grid of a map; a cube that is none is an Error."""
    return read(cube.group("Mapping"), *cube.core.shape[1:])


def _meters(km, unit="meters"):
    return Quantity(round(1000 * km, 9), unit)
