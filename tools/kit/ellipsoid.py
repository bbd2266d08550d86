"""The reference ellipsoid: latitudes, longitudes, normals, surface points.

Body-fixed rectangular coordinates in km, +z along the north pole.  Angles in degrees.
Latitude is planetographic (of the outward normal) unless a name says planetocentric;
longitude is positive WEST, 0 <= longitude < 360 (System III for Jupiter).

    n = p / radii^2 normalised                                             (1)
    tan(planetographic) = (a / c)^2 tan(planetocentric)                    (2)
    p = n radii^2 / |n radii|                                              (3)

For a triaxial body (1) and (3) stay exact inverses, with the longitude of the normal;
(2) takes the first radius as the equatorial one.
"""

import numpy as np


def normal(p, radii):
    """Outward unit normal (..., 3) at the surface points p (..., 3) km, eq. (1)."""
    n = np.asarray(p) / np.square(radii)
    return n / np.sqrt((n * n).sum(-1, keepdims=True))


def surface(latitude, longitude, radii):
    """Surface points (..., 3) km and outward unit normals (..., 3), eq. (3).

    latitude   planetographic, degrees, any shape
    longitude  positive west, degrees, broadcast against latitude
    """
    lat, lon = np.broadcast_arrays(np.radians(latitude), -np.radians(longitude))
    n = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    radii = np.asarray(radii, float)
    stretched = n * radii
    return stretched * radii / np.sqrt((stretched * stretched).sum(-1, keepdims=True)), n


def latlon(p, radii):
    """Planetographic latitude and west longitude in [0, 360), degrees, of surface points (..., 3).

    Of a point above the surface take the point `below` it.
    """
    n = np.asarray(p) / np.square(radii)
    latitude = np.degrees(np.arctan2(n[..., 2], np.hypot(n[..., 0], n[..., 1])))
    return latitude, west(np.degrees(np.arctan2(n[..., 1], n[..., 0])))


def below(p, radii):
    """The surface point (..., 3) km nearest to a point p (..., 3) above it, and the height, km.

    The foot is q = p r^2 / (r^2 + t) with t >= 0 such that it lies on the ellipsoid; Newton's
    steps from the left of that root never pass it, for the sum of squares is convex in t.
    """
    p, r2 = np.asarray(p, float), np.square(np.asarray(radii, float))
    squares = p * p * r2
    t = (np.abs(p) * np.sqrt(r2) - r2).max(-1, keepdims=True)
    for _ in range(30):
        excess = (squares / (r2 + t) ** 2).sum(-1, keepdims=True) - 1
        t = t + excess / (2 * squares / (r2 + t) ** 3).sum(-1, keepdims=True)
    foot = p * r2 / (r2 + t)
    return foot, np.sqrt(((p - foot) ** 2).sum(-1))


def west(east):
    """West longitude in 0 <= lon < 360 of an east longitude, degrees (and the reverse)."""
    turned = np.mod(-np.asarray(east), 360.0)
    return np.where(turned >= 360.0, 0.0, turned)[()]  # mod(-1e-15, 360) rounds up to 360


def planetographic(planetocentric, radii):
    """Planetographic latitude of a planetocentric one, degrees, eq. (2)."""
    return _stretch(planetocentric, (radii[0] / radii[2]) ** 2)


def planetocentric(planetographic, radii):
    """Planetocentric latitude of a planetographic one, degrees, eq. (2)."""
    return _stretch(planetographic, (radii[2] / radii[0]) ** 2)


def _stretch(latitude, factor):
    lat = np.radians(latitude)
    return np.degrees(np.arctan2(factor * np.sin(lat), np.cos(lat)))
