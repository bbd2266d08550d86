"""Pixel <-> surface point, for each frame of an image, without a kernel.

From the state of a frame this gives what CSPICE's sincpt gives with the aberration correction
CN+S (light time of each surface point, stellar aberration), to 1e-4 px.

Vectors are kept in the target's body-fixed frame at et - lt, lt the light time of its centre.
With v the observer's and u the target's velocity, o the observer from the target's centre,
W the spin of the target, R(a) the turn by a about its pole:

    d = (l - v/c) normalised        l the apparent, d the true direction                   (1)
    tau = lt - t/c                  how much later than the centre's, the light of a
                                    surface point at the distance t leaves                 (2)
    s = R(W tau) p + u tau - o      the line of sight to the surface point p               (3)
    l = d sqrt(1 - |b|^2) + b       d = s/|s|, b the part of v/c across it, as SPICE's
                                    STELAB has it; and through the camera: x, y            (4)

(1) is the exact inverse of (4): a turn towards v by phi with sin(phi) = (v/c) sin(theta), theta
before it, is one by tan(phi) = (v/c) sin(theta') / (1 - (v/c) cos(theta')) backwards.  A pinhole
does not see how long l is, so that

    l ~ s + f v/c,   f = |s| / (sqrt(1 - |v/c|^2 + c^2) - c),   c = d . v/c                (5)

Vectors come and go as (..., 3); in between their components are the first axis, (3, ...), which
leaves numpy long loops.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from . import ellipsoid
from .attitude import about_pole, dot, length, matrix, quaternion, times, turn, turned
from .camera import Camera
from .error import Error

C = 299792.458  # speed of light, km/s
PER_FRAME = ("et", "lt", "sc", "vsc", "vt", "q", "av", "qb", "sun")


@dataclass(frozen=True)
class Geometry:
    """State of n frames.  J2000 components unless said otherwise; equations in the module.

    et (n,) s TDB    lt (n,) s    sc (n, 3) km, target's centre at et - lt -> observer at et
    vsc, vt (n, 3) km/s from the solar system's barycentre: observer at et, target at et - lt
    q (n, 4) J2000 -> camera    av (n, 3) rad/s angular velocity of the camera
    qb (n, 4) J2000 -> body-fixed at et - lt    w rad/s rotation of the body about its +z
    sun (n, 3) km target -> Sun    radii (3,) km
    attitude "CK", "SPIN" or "NONE" (positions only: what needs a pointing is an Error)
    solved False while the attitude is a first guess
    mount (3, 3) camera -> spacecraft; earth, sunward (3,) unit, seen from the observer;
    None where unknown
    """

    et: np.ndarray
    lt: np.ndarray
    sc: np.ndarray
    vsc: np.ndarray
    vt: np.ndarray
    q: np.ndarray
    av: np.ndarray
    qb: np.ndarray
    sun: np.ndarray
    w: float
    radii: np.ndarray
    camera: Camera
    target: str = "Jupiter"
    frame: str = "IAU_JUPITER"
    attitude: str = "CK"
    solved: bool = True
    mount: np.ndarray = None
    earth: np.ndarray = None
    sunward: np.ndarray = None

    def __len__(self):
        return len(self.et)

    @cached_property
    def body(self):
        """(n, 3, 3) J2000 -> body-fixed."""
        return matrix(self.qb)

    @cached_property
    def o(self):
        """(n, 3) km, the observer, body-fixed."""
        return turned(self.body, self.sc)

    @cached_property
    def vtb(self):
        """(n, 3) km/s, the target's velocity, body-fixed."""
        return turned(self.body, self.vt)

    @cached_property
    def M(self):
        """(n, 3, 3): a row vector, body-fixed, times M[f] is in the camera's frame."""
        if self.attitude == "NONE":
            raise Error("the geometry has no pointing (spiceinit ran with ATTITUDE=NONE)")
        return self.body @ np.swapaxes(matrix(self.q), -1, -2)

    @cached_property
    def va(self):
        """(n, 3) the observer's velocity over c, camera frame."""
        return turned(matrix(self.q), self.vsc) / C

    @cached_property
    def sunk(self):
        """(n, 3) km, target -> Sun, body-fixed."""
        return turned(self.body, self.sun)

    @cached_property
    def sunb(self):
        """(n, 3) unit, target -> Sun, body-fixed."""
        return self.sunk / np.linalg.norm(self.sunk, axis=-1, keepdims=True)

    def project(self, f, p):
        """Pixels of surface points, eqs. (2) to (4).

        f  frames, integers of shape F        p  (*F, ..., 3) km body-fixed

        Returns x, y (*F, ...) px, distorted, from the optical axis (sample - cx, line - cy[band])
        and z, the cosine from the boresight; x and y mean something only where z > 0.
        """
        p, rows = _parts(f, p)
        sight, _, _ = self._sight(rows, p)
        t = length(sight)
        v, va = times(sight, self.M[f]), rows(self.va)
        c = dot(v, va) / t
        v = v + va * (t / (np.sqrt(1 - dot(va, va) + c * c) - c))
        x, y = self.camera.image(*v)
        return x, y, v[2] / t

    def look(self, f, x, y, band):
        """True unit directions (..., 3), body-fixed, of sample x, line y (px) of a band, eq. (1).

        f  a frame, or one per pixel (the shape of x and y)
        """
        ray = self.camera.rays(x, y, band) - self.va[f]
        ray = ray / np.sqrt(np.einsum("...i,...i", ray, ray))[..., None]
        return turned(self.M[f], ray) if np.ndim(f) else ray @ self.M[f].T

    def hit(self, f, d):
        """Surface points (*F, ..., 3) km on the lines of sight d (*F, ..., 3); NaN: they miss."""
        return self._meet(f, d, self._held, self._near)

    def tangent(self, f, d):
        """Points (*F, ..., 3) km of the lines of sight d nearest the ellipsoid, in the space
        where the ellipsoid is a sphere; NaN: behind the observer.  They map the sky beyond
        the limb; where a line of sight meets the body they lie inside it."""
        return self._meet(f, d, self._closest, self._closest)

    def angles(self, f, p):
        """Cosines mu0, mu of incidence and emission at surface points p (*F, ..., 3) km."""
        n, sun, sight = self._lines(f, p)
        return dot(n, sun) / length(sun), -dot(n, sight) / length(sight)

    def lines(self, f, p):
        """The outward normal (unit) at surface points p (*F, ..., 3) km, and the lines point ->
        Sun and observer -> point, km, when the light left: three arrays (*F, ..., 3)."""
        return tuple(_whole(v) for v in self._lines(f, p))

    def shift(self, dt):
        """The geometry dt seconds later (a number, or one per frame), from rates and velocities.

        The spacecraft moves straight: 1 s near perijove costs 10 m, that is 0.01 px.
        """
        dt = np.broadcast_to(np.asarray(dt, float), self.et.shape)
        u = self.sc / np.linalg.norm(self.sc, axis=-1, keepdims=True)
        closing = ((self.vsc - self.vt) * u).sum(-1)
        rate = closing / (C - (self.vt * u).sum(-1))  # d lt / d et, from lt = |sc| / c
        speed = self.vsc - self.vt * (1 - rate[:, None])
        pole = np.zeros((len(self), 3))
        pole[:, 2] = -self.w * (1 - rate) * dt
        return replace(
            self,
            et=self.et + dt,
            lt=self.lt + rate * dt,
            sc=self.sc + speed * dt[:, None],
            q=quaternion(matrix(self.q) @ turn(-self.av * dt[:, None])),
            qb=quaternion(turn(pole) @ self.body),
        )

    def mid(self):
        """The geometry of one frame at the mean epoch, from the frame nearest to it."""
        mean = self.et.mean()
        near = int(np.abs(self.et - mean).argmin())
        return self.select([near]).shift(mean - self.et[near])

    def select(self, frames):
        """The geometry of the frames of these indices, in this order."""
        return replace(self, **{k: getattr(self, k)[frames] for k in PER_FRAME})

    def with_attitude(self, matrices, av, solved=True):
        """The geometry with attitudes J2000 -> camera (n, 3, 3) and rates (n, 3) or (3,) rad/s."""
        av = np.broadcast_to(np.asarray(av, float), self.av.shape).copy()
        return replace(self, q=quaternion(matrices), av=av, solved=solved)

    def _sight(self, rows, p):
        """Lines of sight (3), the points turned to et - lt, and the angle W tau, rad."""
        o = rows(self.o)
        tau = rows(self.lt) - length(p - o) / C
        a = self.w * tau
        point = about_pole(p, a)
        return point + tau * rows(self.vtb) - o, point, a

    def _lines(self, f, p):
        """The components, (3, *F, ...) each, of `lines`."""
        p, rows = _parts(f, p)
        sight, point, a = self._sight(rows, p)
        normal = np.moveaxis(ellipsoid.normal(np.moveaxis(p, 0, -1), self.radii), -1, 0)
        return about_pole(normal, a), rows(self.sunk) - point, sight

    def _meet(self, f, d, guess, solve):
        """o + t d, t = solve(o, d), both turned and moved to when the light left, eqs. (2), (3).

        That time is sought by t = guess(o, d). Two steps: near the limb, where t is sensitive,
        one leaves 1e-3 px.
        """
        d, rows = _parts(f, d)
        start, u, lt = rows(self.o), rows(self.vtb), rows(self.lt)
        o, ray = start, d
        for _ in range(2):
            tau = lt - guess(o, ray) / C
            a = -self.w * tau
            o, ray = about_pole(start - tau * u, a), about_pole(d, a)
        return _whole(o + solve(o, ray) * ray)

    def _scaled(self, o, d):
        """a, b, c of a t^2 + 2 b t + c = 0, the quadratic of o + t d on the ellipsoid."""
        radii = np.reshape(self.radii, (3, *[1] * (o.ndim - 1)))
        o, d = o / radii, d / radii
        return dot(d, d), dot(o, d), dot(o, o) - 1

    def _near(self, o, d):
        a, b, c = self._scaled(o, d)
        with np.errstate(invalid="ignore"):
            t = c / (np.sqrt(b * b - a * c) - b)  # the nearer root, without cancellation
            return np.where(t > 0, t, np.nan)

    def _held(self, o, d):
        """_near, and where the line of sight misses, about as far: it may hit a moment earlier."""
        a, b, c = self._scaled(o, d)
        return c / (np.sqrt(np.maximum(b * b - a * c, 0)) - b)

    def _closest(self, o, d):
        a, b, _ = self._scaled(o, d)
        return np.where(b < 0, -b / a, np.nan)


def _parts(f, p):
    """Components (3, *F, ...) of vectors p (*F, ..., 3), and the function that spreads the
    numbers or vectors of each frame over them."""
    f, p = np.asarray(f), np.moveaxis(np.asarray(p, float), -1, 0)
    spread = (..., *[None] * (p.ndim - 1 - f.ndim))

    def rows(values):
        chosen = values[f]
        return (chosen if chosen.ndim == f.ndim else np.moveaxis(chosen, -1, 0))[spread]

    return np.ascontiguousarray(p), rows


def _whole(v):
    """Vectors (..., 3) of components (3, ...)."""
    return np.ascontiguousarray(np.moveaxis(v, 0, -1))
