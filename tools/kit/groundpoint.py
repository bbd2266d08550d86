"""What is to be said of a surface point: where it lies, who sees it, how it is lit, when.

Keywords and meanings are those of ISIS's campt, with these rulings.  Latitudes and longitudes
that do not say what they are (SubSpacecraft..., SubSolar...) are planetographic and positive west,
as they are in the label of the same cube.  Azimuths in the image run from the direction of
growing samples towards that of growing lines, azimuths on the ground from north to east, both
along the ellipsoid:

    t = q - p - n (n . (q - p))                                                (1)

is the direction from p, with the normal n, to a point q.  With r and v the target's position
and velocity about the Sun, k its pole and s the direction to the Sun, as SPICE's lspcn has it,

    z = r x v, y = k - z (z . k), x = y x z (all normalised),  tan(SolarLongitude) = s.y / s.x   (2)

v is taken from the solar system's barycentre, which the Sun circles at 0.02 km/s.
"""

import functools

import numpy as np

from . import backplanes, ellipsoid
from .units import AU
from .utc import utc

STEP = 1e-3  # px: where an azimuth is looked up
PLANETS = ("MERCURY", "VENUS", "EARTH", "MARS", "JUPITER", "SATURN", "URANUS", "NEPTUNE")


def facts(where, band, f, p):
    """Return {keyword: (values, unit)} of surface points; NaN or None: not to be had.

    where  Places;  band  of its camera
    f      (m,) frames;  p  (m, 3) km body-fixed

    Values are (m,), or (m, 3) for a vector, or a list of text; the unit is None of text.
    """
    radii = where.radii
    found = _place(p, radii)
    if where.grid is not None:
        found |= _cell(where, p)
    if where.g is None:
        return found
    g, n = where.g, ellipsoid.normal(p, radii)
    angles = backplanes.planes(["PHASE", "INCIDENCE", "EMISSION", "RANGE", "RESOLUTION"], g, f, p)
    phase, incidence, emission, far, size = angles
    if where.grid is None:
        found |= dict(SampleResolution=(1000 * size, "meters/pixel"))
        found |= dict(LineResolution=(1000 * size, "meters/pixel"))
    o, sun = g.o[f], g.sunk[f]
    (below, height), (noon, _) = ellipsoid.below(o, radii), ellipsoid.below(sun, radii)
    (lat, lon), (sunlat, sunlon) = ellipsoid.latlon(below, radii), ellipsoid.latlon(noon, radii)
    north = _along(n, np.array([0.0, 0.0, 1.0]))
    to_craft, to_sun = _along(n, below - p), _along(n, noon - p)
    turn = functools.partial(_azimuth, where, f, band, p, STEP * size)
    hour = np.mod(12 + (sunlon - ellipsoid.latlon(p, radii)[1]) / 15, 24)
    return (
        found
        | {
            "SpacecraftPosition": (o, "km"),
            "SpacecraftAzimuth": (turn(to_craft), "degrees"),
            "SlantDistance": (far, "km"),
            "TargetCenterDistance": (np.linalg.norm(o, axis=-1), "km"),
            "SubSpacecraftLatitude": (lat, "degrees"),
            "SubSpacecraftLongitude": (lon, "degrees"),
            "SpacecraftAltitude": (height, "km"),
            "OffNadirAngle": (_between(o, o - p), "degrees"),
            "SubSpacecraftGroundAzimuth": (_ground_azimuth(n, north, to_craft), "degrees"),
            "SunPosition": (sun, "km"),
            "SubSolarAzimuth": (turn(to_sun), "degrees"),
            "SolarDistance": (np.linalg.norm(sun, axis=-1) / AU, "AU"),
            "SubSolarLatitude": (sunlat, "degrees"),
            "SubSolarLongitude": (sunlon, "degrees"),
            "SubSolarGroundAzimuth": (_ground_azimuth(n, north, to_sun), "degrees"),
            "Phase": (phase, "degrees"),
            "Incidence": (incidence, "degrees"),
            "Emission": (emission, "degrees"),
            "NorthAzimuth": (turn(north), "degrees"),
            "EphemerisTime": (g.et[f], "seconds"),
            "UTC": ([utc(et) for et in g.et[f]], None),
            "LocalSolarTime": (hour, "hour"),
        }
        | ({"SolarLongitude": (_season(g)[f], "degrees")} if g.target.upper() in PLANETS else {})
    )


def _place(p, radii):
    latitude, west = ellipsoid.latlon(p, radii)
    east, radius = ellipsoid.west(west), np.linalg.norm(p, axis=-1)
    centric = np.degrees(np.arcsin(p[..., 2] / radius))
    return {
        "PlanetocentricLatitude": (centric, "degrees"),
        "PlanetographicLatitude": (latitude, "degrees"),
        "PositiveEast360Longitude": (east, "degrees"),
        "PositiveEast180Longitude": (_around_0(east), "degrees"),
        "PositiveWest360Longitude": (west, "degrees"),
        "PositiveWest180Longitude": (_around_0(west), "degrees"),
        "BodyFixedCoordinate": (p, "km"),
        "LocalRadius": (1000 * radius, "meters"),
    }


def _around_0(longitude):
    return np.where(longitude > 180, longitude - 360, longitude)


def _cell(where, p):
    """What the cell of a map spans on the ground at a point."""
    line, sample, _ = where.pixel(np.zeros(len(p), int), 0, p)
    ends = ((line, sample - 0.5), (line, sample + 0.5), (line - 0.5, sample), (line + 0.5, sample))
    a, b, c, d = (where.grid.points(*end)[0] for end in ends)
    across, down = (1000 * np.linalg.norm(v, axis=-1) for v in (b - a, d - c))
    unit = "meters/pixel"
    return {"SampleResolution": (across, unit), "LineResolution": (down, unit)}


def _unit(v):
    with np.errstate(invalid="ignore"):  # of no direction at all
        return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _along(n, d):
    """Unit directions along the surface with normals n (m, 3), eq. (1); NaN where d is upright."""
    return _unit(d - n * (n * d).sum(-1, keepdims=True))


def _between(a, b):
    """Angles between vectors, degrees."""
    return np.degrees(np.arccos(np.clip((_unit(a) * _unit(b)).sum(-1), -1, 1)))


def _ground_azimuth(n, north, t):
    east = np.cross(north, n)
    return np.mod(np.degrees(np.arctan2((t * east).sum(-1), (t * north).sum(-1))), 360)


def _azimuth(where, f, band, p, step, t):
    """Azimuths in the image of directions t (m, 3), from where a step (m,) of km leads."""
    (y0, x0, _), (y1, x1, _) = (where.pixel(f, band, q) for q in (p, p + step[:, None] * t))
    return np.mod(np.degrees(np.arctan2(y1 - y0, x1 - x0)), 360)


def _season(g):
    """SolarLongitude of each frame, degrees, eq. (2)."""
    pole = g.body[:, 2]
    z = _unit(np.cross(-g.sun, g.vt))
    y = _along(z, pole)
    x = np.cross(y, z)
    return np.mod(np.degrees(np.arctan2((g.sun * y).sum(-1), (g.sun * x).sum(-1))), 360)
