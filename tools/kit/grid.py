"""Map grids: cells <-> latitude and longitude.

North is up and x grows to the east, so west longitudes grow to the left; cell centres lie at
half steps.  Latitudes and longitudes are planetographic and positive west, in degrees, whatever
the label says (`mapgroup` translates); the formulas are those of `snyder`, times the equatorial
radius, or PROJ's.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from . import crs, ellipsoid, mapgroup, proj
from .error import Error
from .snyder import FORMULAS

LINEAR = ("SimpleCylindrical", "Equirectangular", "Mercator")  # in longitude, without an end
EQUATOR = ("SimpleCylindrical", "Sinusoidal")  # true to scale there
TURN = 180 - 1e-9  # degrees from the centre to the edge of a map


@dataclass(frozen=True)
class Grid:
    """A map: lines x samples square cells on a projection plane.

    projection        a name of mapgroup.NAMES
    radii             (3,) km of the target
    clat, clon        centre of the projection, degrees
    scale             km per cell
    left, top         corner of the first cell on the plane, km
    minlat, maxlat, minlon, maxlon   what the map is meant to hold, degrees
    centric           the latitudes of formula and label are planetocentric
    extra             {keyword: value} that the Mapping group has besides (crs.EXTRA)
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
    centric: bool = False
    extra: dict = field(default_factory=dict)

    @property
    def shape(self):
        return self.lines, self.samples

    @property
    def words(self):
        """PROJ's words for the projection."""
        clat = self._counted(self.clat)
        return crs.words(self.projection, self.radii, clat, self.clon, self.extra)

    @property
    def degree(self):
        """Km of one degree where the projection is true to scale."""
        return degree(self.projection, self.radii, self._counted(self.clat))

    @property
    def turn(self):
        """Samples of a whole turn of longitude, where the map's last sample meets its first."""
        if self.projection not in LINEAR:
            return None
        _, (left, right) = self._from_plane(np.array([0.0, self.scale]), 0.0)
        turn = 360.0 / (right - left)
        return float(turn) if abs(turn - self.samples) < 0.5 else None

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
        if self.projection in LINEAR:  # the turn of longitude that the map holds
            _, middle = self._from_plane(self.left + self.scale * self.samples / 2, 0.0)
            east = middle + np.mod(east - middle + 180, 360) - 180
        x, y = self._plane(latitude, east)
        return (self.top - y) / self.scale - 0.5, (x - self.left) / self.scale - 0.5

    def held(self):
        """The map, meant to hold the range of latitudes and longitudes that its cells show."""
        line, sample = (np.linspace(-0.5, n - 0.5, 257) for n in self.shape)
        lat, lon = self.latlon(line[:, None], sample)
        if np.isnan(lat).all():
            raise Error(f"{self.projection}: the map shows nothing of the target")
        south, north = (self._holds(pole, self.clon) for pole in (-90, 90))
        if self.projection in LINEAR:
            _, ends = self._from_plane(self.left + self.scale * np.array([self.samples, 0]), 0.0)
        elif south or north:
            ends = self.clon - np.array([0.0, 360.0])
        else:
            around = np.mod(self.clon - lon + 180, 360) - 180
            ends = np.array([np.nanmax(around), np.nanmin(around)])
        low, high = self.clon - ends
        return replace(
            self,
            minlat=-90.0 if south else float(np.nanmin(lat)),
            maxlat=90.0 if north else float(np.nanmax(lat)),
            minlon=round(float(low), 9),
            maxlon=round(float(min(high, low + 360)), 9),
        )

    def _holds(self, latitude, longitude):
        """True where a point shows on the map, or half a cell beyond its edge."""
        found = np.add(self.pixel(latitude, longitude), 0.5)
        return bool((abs(found - np.divide(self.shape, 2)) < np.divide(self.shape, 2) + 0.51).all())

    def _counted(self, latitude):
        """A latitude as formula and label count it."""
        return ellipsoid.planetocentric(latitude, self.radii) if self.centric else latitude

    def _plane(self, latitude, east):
        """x, y km of latitude and longitude east of the centre, degrees."""
        if self.projection not in LINEAR:
            east = np.where(abs(east) > 180, np.mod(east + 180, 360) - 180, east)
            east = np.clip(east, -TURN, TURN)
        if self.projection not in FORMULAS:
            x, y = proj.forward(self.words, latitude, east - self.clon)
            return x / 1000, y / 1000
        forward, _ = FORMULAS[self.projection]
        phi, east = np.radians(np.broadcast_arrays(self._counted(latitude), east))
        return tuple(self.radii[0] * v for v in forward(phi, east, *self._constants))

    def _angles(self, line, sample):
        line, sample = np.broadcast_arrays(line, sample)
        x, y = self.left + (sample + 0.5) * self.scale, self.top - (line + 0.5) * self.scale
        lat, east = self._from_plane(x, y)
        return lat, east - self.clon

    def _from_plane(self, x, y):
        """Latitude and longitude east of the centre, degrees, of x, y km."""
        if self.projection not in FORMULAS:
            lat, east = proj.inverse(self.words, 1000 * x, 1000 * y)
            return lat, east + self.clon
        _, inverse = FORMULAS[self.projection]
        lat, east = inverse(x / self.radii[0], y / self.radii[0], *self._constants)
        lat = np.degrees(lat)
        if self.centric:
            lat = ellipsoid.planetographic(lat, self.radii)
        return lat, np.degrees(east)

    @property
    def _constants(self):
        """phi0 and e of the formulas, and the distance of a PointPerspective, in radii."""
        e = float(np.sqrt(1 - (self.radii[2] / self.radii[0]) ** 2))
        more = [self.extra["Distance"] / self.radii[0]] if "Distance" in self.extra else []
        return np.radians(self._counted(self.clat)), e, *more

    def _outline(self):
        """x, y km of points that span the map."""
        lat = np.linspace(self.minlat, self.maxlat, 181)
        lon = np.linspace(self.minlon, self.maxlon, 361)
        axes = self.clon + np.arange(-720.0, 721.0, 90.0)
        axes = np.r_[axes, axes + 2 * (180 - TURN)]  # both sides of the map's edge
        lon = np.r_[lon, axes[(axes >= self.minlon) & (axes <= self.maxlon)]]
        lat, lon = (v.ravel() for v in np.meshgrid(lat, lon))
        if self.projection == "Orthographic":  # and its limb, as far as it belongs to the map
            turn = np.radians(np.arange(0.0, 360.0, 0.25))
            x, y = ((1 - 1e-9) * self.radii[0] * v for v in (np.cos(turn), np.sin(turn)))
            rim, west = self._from_plane(x, y)
            west = self.minlon + np.mod(self.clon - west - self.minlon, 360)
            held = (rim >= self.minlat) & (rim <= self.maxlat) & (west <= self.maxlon)
            lat, lon = np.r_[lat, rim[held]], np.r_[lon, west[held]]
        return self._plane(lat, self.clon - lon)

    def mapping(self):
        """The Group Mapping of ISIS."""
        return mapgroup.group(self)

    def transform(self):
        """GDAL's geotransform: x and y in metres of the first cell's corner, and the steps."""
        s = 1000 * self.scale
        return 1000 * self.left, s, 0.0, 1000 * self.top, 0.0, -s


def degree(projection, radii, clat=0.0):
    """Km of one degree where the projection is true to scale, by ISIS's local radius there."""
    lat = 90.0 if projection == "PolarStereographic" else 0.0 if projection in EQUATOR else clat
    return float(np.radians(crs.local_radius(radii, lat)))
