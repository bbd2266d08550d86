"""Map projections of a sphere and of an ellipsoid, numpy only.

On a unit sphere, with phi the planetographic latitude, l the longitude east of the centre's,
phi0 the latitude of the centre and e the eccentricity of the target, all in radians (Snyder 1987,
USGS Professional Paper 1395):

    SimpleCylindrical    x = l,              y = phi                              (1)
    Orthographic         x = cos phi sin l,  y = cos phi0 sin phi
                                                 - sin phi0 cos phi cos l         (2) (20-3, 20-4)
    PolarStereographic   x = r sin l,        y = -r cos l,  north                 (3) (21-30, 21-31)
                         r = 2 t / sqrt((1 + e)^(1 + e) (1 - e)^(1 - e))          (4) (21-33)
                         t = tan(pi/4 - phi/2) ((1 + e sin phi) / (1 - e sin phi))^(e/2)
                                                                                  (5) (15-9)

ISIS and GDAL hold (1) and (2) as they stand, a sphere, for planetographic latitudes; (3) is that
of the ellipsoid.  South of the equator phi and y change sign in (3) to (5).
"""

import numpy as np

TURNS = 30  # steps that invert (5); each gains a factor e^2, 0.13 for Jupiter


def _cylindrical(phi, east, phi0, e):
    return east, phi


def _from_cylindrical(x, y, phi0, e):
    return y, x


def _orthographic(phi, east, phi0, e):
    x = np.cos(phi) * np.sin(east)
    y = np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(east)
    front = np.sin(phi0) * np.sin(phi) + np.cos(phi0) * np.cos(phi) * np.cos(east) >= 0
    return np.where(front, x, np.nan), np.where(front, y, np.nan)


def _from_orthographic(x, y, phi0, e):
    with np.errstate(invalid="ignore"):
        z = np.sqrt(1 - x * x - y * y)  # NaN beyond the disc
        phi = np.arcsin(np.clip(y * np.cos(phi0) + z * np.sin(phi0), -1, 1))
    return phi, np.arctan2(x, z * np.cos(phi0) - y * np.sin(phi0))


def _stretch(e):
    return 2 / np.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e))


def _polar(phi, east, phi0, e):
    pole = np.sign(phi0)
    sine = e * np.sin(pole * phi)
    t = np.tan(np.pi / 4 - pole * phi / 2) * ((1 + sine) / (1 - sine)) ** (e / 2)
    return _stretch(e) * t * np.sin(east), -pole * _stretch(e) * t * np.cos(east)


def _from_polar(x, y, phi0, e):
    pole = np.sign(phi0)
    t = np.hypot(x, y) / _stretch(e)
    phi = np.pi / 2 - 2 * np.arctan(t)
    for _ in range(TURNS):
        sine = e * np.sin(phi)
        phi = np.pi / 2 - 2 * np.arctan(t * ((1 - sine) / (1 + sine)) ** (e / 2))
    return pole * phi, np.arctan2(x, -pole * y)


FORMULAS = {  # (phi, east, phi0, e) -> x, y and back, radians and radii
    "SimpleCylindrical": (_cylindrical, _from_cylindrical),
    "PolarStereographic": (_polar, _from_polar),
    "Orthographic": (_orthographic, _from_orthographic),
}
