"""Map projections of a sphere and of an ellipsoid, numpy only.

With phi the latitude, l the longitude east of the centre's, phi0 the latitude of the centre and e
the eccentricity of the target, all in radians, and lengths in equatorial radii (Snyder 1987, USGS
Professional Paper 1395; its equations in the second brackets):

    SimpleCylindrical    x = l,              y = phi                              (1)
    Equirectangular      x = r l cos phi0,   y = r phi                            (2)
                         r = sqrt((1 - e^2) / (1 - (e cos phi0)^2)), ISIS's local radius
    Sinusoidal           x = l cos phi,      y = phi                              (3) (30-1, 30-2)
    Orthographic         x = cos phi sin l,  y = cos phi0 sin phi
                                                 - sin phi0 cos phi cos l         (4) (20-3, 20-4)
    PointPerspective     (4) times (P - 1) / (P - cos c), P the viewer's distance from the
                         centre of the sphere, c the angle between phi0 and phi   (5) (23-3)
    PolarStereographic   x = r sin l,        y = -r cos l,  north                 (6) (21-30, 21-31)
                         r = 2 t / sqrt((1 + e)^(1 + e) (1 - e)^(1 - e))              (21-33)
                         t = tan(pi/4 - phi/2) ((1 + e sin phi) / (1 - e sin phi))^(e/2)
                                                                                  (7) (15-9)
    Mercator             x = k l,            y = -k ln t                          (8) (7-6, 7-7)
                         k = cos phi0 / sqrt(1 - (e sin phi0)^2): true to scale at phi0
    LambertAzimuthalEqualArea
                         x = B D cos b sin l                                      (9) (24-17)
                         y = B / D (cos b0 sin b - sin b0 cos b cos l)                (24-18)
                         B = R sqrt(2 / (1 + sin b0 sin b + cos b0 cos b cos l))      (24-19)
                         D = cos phi0 / (R cos b0 sqrt(1 - (e sin phi0)^2))           (24-20)
                         with b the authalic latitude, sin b = q / q(pi/2), R = sqrt(q(pi/2) / 2),
                         q = (1 - e^2) (s / (1 - (e s)^2) + artanh(e s) / e), s = sin phi
                                                                                 (10) (3-11, 3-12)

(1) to (5) are of a sphere, which ISIS and GDAL hold for any kind of latitude as it stands; the
others are of the ellipsoid, for planetographic latitudes.  South of the equator phi and y change
sign in (6).
"""

import numpy as np

TURNS = 30  # steps that invert (7); each gains a factor e^2, 0.13 for Jupiter
NEWTON = 8  # steps that invert (10); they square the error
POLE = 20.0  # radii to a point of a Mercator map that is nearly at the pole
EDGE = 1 + 1e-12  # what rounding may add to a pole or to half a turn


def _cylindrical(phi, east, phi0, e):
    return east, phi


def _from_cylindrical(x, y, phi0, e):
    return _within(y), x


def _within(phi, east=0.0):
    """phi, NaN where it lies beyond a pole or east beyond half a turn."""
    return np.where((abs(phi) <= EDGE * np.pi / 2) & (abs(east) <= EDGE * np.pi), phi, np.nan)


def _local(phi0, e):
    return np.sqrt((1 - e * e) / (1 - (e * np.cos(phi0)) ** 2))


def _equirectangular(phi, east, phi0, e):
    return _local(phi0, e) * np.cos(phi0) * east, _local(phi0, e) * phi


def _from_equirectangular(x, y, phi0, e):
    r = _local(phi0, e)
    return _within(y / r), x / (r * np.cos(phi0))


def _sinusoidal(phi, east, phi0, e):
    return east * np.cos(phi), phi


def _from_sinusoidal(x, y, phi0, e):
    with np.errstate(divide="ignore"):
        east = x / np.maximum(np.cos(y), 1e-300)
    return _within(y, east), east


def _seen(phi, east, phi0):
    """x, y of (4) and cos c, of both sides."""
    x = np.cos(phi) * np.sin(east)
    y = np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(east)
    return x, y, np.sin(phi0) * np.sin(phi) + np.cos(phi0) * np.cos(phi) * np.cos(east)


def _orthographic(phi, east, phi0, e):
    x, y, z = _seen(phi, east, phi0)
    return np.where(z >= 0, x, np.nan), np.where(z >= 0, y, np.nan)


def _from_orthographic(x, y, phi0, e):
    with np.errstate(invalid="ignore"):
        z = np.sqrt(1 - x * x - y * y)  # NaN beyond the disc
        phi = np.arcsin(np.clip(y * np.cos(phi0) + z * np.sin(phi0), -1, 1))
    return phi, np.arctan2(x, z * np.cos(phi0) - y * np.sin(phi0))


def _perspective(phi, east, phi0, e, distance):
    x, y, z = _seen(phi, east, phi0)
    k = np.where(z * distance >= 1, (distance - 1) / (distance - z), np.nan)
    return k * x, k * y


def _from_perspective(x, y, phi0, e, distance):
    u = (x * x + y * y) / (distance - 1) ** 2  # where the line of sight meets the unit sphere
    with np.errstate(invalid="ignore"):
        k = (distance - np.sqrt(1 - u * (distance * distance - 1))) / (1 + u) / (distance - 1)
    return _from_orthographic(k * x, k * y, phi0, e)


def _stretch(e):
    return 2 / np.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e))


def _t(phi, e):
    sine = e * np.sin(phi)
    return np.tan(np.pi / 4 - phi / 2) * ((1 + sine) / (1 - sine)) ** (e / 2)


def _from_t(t, e):
    phi = np.pi / 2 - 2 * np.arctan(t)
    for _ in range(TURNS if e else 0):
        sine = e * np.sin(phi)
        phi = np.pi / 2 - 2 * np.arctan(t * ((1 - sine) / (1 + sine)) ** (e / 2))
    return phi


def _polar(phi, east, phi0, e):
    pole = np.sign(phi0)
    r = _stretch(e) * _t(pole * phi, e)
    return r * np.sin(east), -pole * r * np.cos(east)


def _from_polar(x, y, phi0, e):
    pole = np.sign(phi0)
    return pole * _from_t(np.hypot(x, y) / _stretch(e), e), np.arctan2(x, -pole * y)


def _true(phi0, e):
    return np.cos(phi0) / np.sqrt(1 - (e * np.sin(phi0)) ** 2)


def _mercator(phi, east, phi0, e):
    k = _true(phi0, e)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = -np.log(_t(phi, e))
    return k * east, k * np.where(abs(y) < POLE, y, np.nan)


def _from_mercator(x, y, phi0, e):
    k = _true(phi0, e)
    return _from_t(np.exp(-y / k), e), x / k


def _q(s, e):
    return (1 - e * e) * (s / (1 - (e * s) ** 2) + (np.arctanh(e * s) / e if e else s))


def _authalic(phi0, e):
    """q(pi/2), R, D and sine and cosine of b0, of (9)."""
    full = _q(1.0, e)
    r = np.sqrt(full / 2)
    sine = np.clip(_q(np.sin(phi0), e) / full, -1, 1)
    cosine = np.sqrt(1 - sine * sine)
    pole = abs(phi0) > np.pi / 2 - 1e-9
    return full, r, 1.0 if pole else _true(phi0, e) / (r * cosine), sine, cosine


def _lambert(phi, east, phi0, e):
    full, r, d, sine0, cosine0 = _authalic(phi0, e)
    sine = np.clip(_q(np.sin(phi), e) / full, -1, 1)
    cosine = np.sqrt(1 - sine * sine)
    fall = 1 + sine0 * sine + cosine0 * cosine * np.cos(east)
    b = r * np.sqrt(2 / np.where(fall > 1e-14, fall, np.nan))  # not the antipode: it is a circle
    y = cosine0 * sine - sine0 * cosine * np.cos(east)
    return b * d * cosine * np.sin(east), b / d * y


def _from_lambert(x, y, phi0, e):
    full, r, d, sine0, cosine0 = _authalic(phi0, e)
    x, y = x / d, y * d
    half = (x * x + y * y) / (4 * r * r)  # the square of sin c/2
    half = np.where(half <= 1, half, np.nan)
    cosine, k = 1 - 2 * half, np.sqrt(1 - half) / r  # sin c over the distance
    q = full * np.clip(cosine * sine0 + y * k * cosine0, -1, 1)
    s = q / full
    for _ in range(NEWTON):
        s = s - (_q(s, e) - q) * (1 - (e * s) ** 2) ** 2 / (2 * (1 - e * e))
        s = np.clip(s, -1, 1)
    return np.arcsin(s), np.arctan2(x * k, cosine0 * cosine - y * sine0 * k)


FORMULAS = {  # (phi, east, phi0, e) -> x, y and back, radians and radii
    "SimpleCylindrical": (_cylindrical, _from_cylindrical),
    "Equirectangular": (_equirectangular, _from_equirectangular),
    "Sinusoidal": (_sinusoidal, _from_sinusoidal),
    "Orthographic": (_orthographic, _from_orthographic),
    "PointPerspective": (_perspective, _from_perspective),  # and the distance
    "PolarStereographic": (_polar, _from_polar),
    "Mercator": (_mercator, _from_mercator),
    "LambertAzimuthalEqualArea": (_lambert, _from_lambert),
}
SPHERICAL = ("SimpleCylindrical", "Equirectangular", "Sinusoidal", "Orthographic",
             "PointPerspective")  # fmt: skip
