"""An attitude without a C-kernel: a spacecraft that turns evenly about a fixed axis.

Juno spins about its antenna's axis, which points to the Earth or, far from conjunction, towards
the Sun.  Four numbers say the attitude of a whole image:

    axis   offset (east, north) of the spin axis from the Earth's direction, degrees,
           tangents in the plane square to it: growing right ascension, growing declination
    rate   rpm, right-handed about the axis
    phase  degrees at the middle of the image, where it is independent of the rate

The phase is found without a first guess: cells of the image that are lit are correlated with
the lit disc each phase predicts, for either sense of spin and with the axis at Earth or Sun.
"""

from dataclasses import dataclass

import numpy as np

from . import attitude, picture
from .error import Error

RPM = 2 * np.pi / 60  # rad/s
NOMINAL = 2.0  # rpm
CELL = (16, 24)  # lines, samples of a cell of the lit mask
DARK = 0.12  # of the brightest: the level that parts the lit from the dark
SHALLOW = 0.15  # incidence cosine at which a cell counts as fully lit
STEP = 4.0  # degrees of phase


@dataclass(frozen=True)
class Spin:
    """Even spin of the spacecraft of a Geometry that knows its mount, Earth and Sun."""

    geometry: object

    def __post_init__(self):
        g = self.geometry
        if g.mount is None or g.earth is None or g.sunward is None:
            raise Error("the geometry has no mount, Earth or Sun direction (run spiceinit again)")

    def axis(self, east, north):
        """Unit vector (3,) J2000 at these offsets (degrees) from the Earth's direction."""
        e, n = self._plane()
        x, y = np.tan(np.radians([east, north]))
        v = self.geometry.earth + x * e + y * n
        return v / np.linalg.norm(v)

    def offset(self, direction):
        """East and north offsets, degrees, of a direction (3,) from the Earth's."""
        v = np.asarray(direction) / (direction @ self.geometry.earth)
        return tuple(np.degrees(np.arctan([v @ w for w in self._plane()])))

    def pose(self, east, north, rate, phase):
        """The Geometry with this attitude: degrees, degrees, rpm, degrees at mid-time."""
        g = self.geometry
        t = g.et - 0.5 * (g.et[0] + g.et[-1])
        axis = self.axis(east, north)
        return g.with_attitude(
            *attitude.spin(axis, rate * RPM, np.radians(phase), t, g.mount), solved=True
        )

    def _plane(self):
        east = np.cross([0.0, 0.0, 1.0], self.geometry.earth)
        east /= np.linalg.norm(east)
        return east, np.cross(self.geometry.earth, east)


def search(core, spin):
    """First attitude from the lit part of the image: ((east, north, rate, phase), reference, r).

    core  (bands, frames x lines, samples)

    reference is the offset (east, north) of the better of the Earth's and the Sun's direction,
    r the correlation of the observed with the predicted mask (1: all cells agree).
    """
    from scipy.optimize import minimize, minimize_scalar

    rays, observed = cells(core, spin.geometry)
    coarse = rays[::2], observed[:, ::2]

    def miss(east, north, sense, phase, mask=(rays, observed)):
        return -_agreement(spin.pose(east, north, sense * NOMINAL, phase), *mask)

    def best(axis, sense):
        first = min(np.arange(0, 360, STEP), key=lambda phase: miss(*axis, sense, phase, coarse))
        span = first - STEP, first + STEP
        options = dict(xatol=0.1)
        found = minimize_scalar(
            lambda phase: miss(*axis, sense, phase), bounds=span, method="bounded", options=options
        )
        return found.fun, axis, sense, found.x

    axes = (0.0, 0.0), spin.offset(spin.geometry.sunward)
    # what one frame leaves open is as expected: right-handed, about the Earth's direction
    tried = [best(axis, sense) for axis in axes for sense in (1, -1)]
    _, reference, sense, phase = min(tried, key=lambda found: found[0])
    start = np.array([*reference, phase])
    simplex = np.vstack([start, start + 2.0 * np.eye(3)])
    options = dict(initial_simplex=simplex, maxfev=160, xatol=0.02, fatol=1e-4)
    found = minimize(
        lambda x: miss(x[0], x[1], sense, x[2]), start, method="Nelder-Mead", options=options
    )
    east, north, phase = found.x
    return (east, north, sense * NOMINAL, phase % 360.0), reference, -found.fun


def cells(core, geometry):
    """Camera rays (k, 3) of the cells of a frame, all bands, and the lit part (frames, k) of each.

    Saturated pixels are lit; a cell without a valid pixel is NaN.
    """
    cam = geometry.camera
    rows, columns = CELL
    tall, wide = cam.lines // rows, (cam.last - cam.first) // columns
    y, x = np.mgrid[0:tall, 0:wide]
    x, y = cam.first + columns * (x.ravel() + 0.5), rows * (y.ravel() + 0.5)
    rays, lit = [], []

    def counted(which):
        """How many are true in each cell (frames, cells)."""
        lines = which.view(np.uint8).reshape(-1, tall, rows, wide * columns)
        each = lines.sum(2, dtype=np.uint8).reshape(-1, tall * wide, columns)
        return each.sum(2, dtype=np.int64)

    for band, image in enumerate(core):
        strip = image.reshape(-1, cam.lines, cam.samples)
        strip = strip[:, : tall * rows, cam.first : cam.first + wide * columns]
        saturated = picture.saturated(strip)
        few = strip[:, ::4, ::4]
        few = few[np.isfinite(few)]
        bright = np.percentile(few, 99.5) if few.size else 0.0
        with np.errstate(invalid="ignore"):
            on = (strip > DARK * bright) | saturated
        count = counted(np.isfinite(strip) | saturated)
        rays.append(cam.rays(x, y, band))
        lit.append(counted(on) / np.where(count, count, np.nan))
    return np.concatenate(rays), np.concatenate(lit, 1)


def _agreement(geometry, rays, observed):
    """Correlation of the observed with the predicted lit cells; 0 where one of them is uniform."""
    predicted = disc(geometry, rays)
    known = np.isfinite(observed)
    a, b = predicted[known], observed[known]
    a, b = a - a.mean(), b - b.mean()
    power = (a @ a) * (b @ b)
    return float(a @ b / np.sqrt(power)) if power > 1e-9 else 0.0


def disc(geometry, rays):
    """How lit (frames, k), 0 to 1, the body is where camera rays (k, 3) meet it; 0 off the body.

    Good to the cell of the mask: no aberration, no light time.
    """
    g = geometry
    o = g.o / g.radii
    d = (g.M / g.radii[:, None]) @ rays.T  # (frames, 3, k): there the body is the unit sphere
    vectors = np.stack([o, o / g.radii**2, g.sunb / g.radii], 1)
    b, slant, along = np.moveaxis(vectors @ d, 1, 0)
    a = (d * d).sum(1)
    q = b * b - a * ((o * o).sum(-1) - 1)[:, None]
    t = np.where((q > 0) & (b < 0), (-b - np.sqrt(np.maximum(q, 0))) / a, np.nan)
    d /= g.radii[:, None]
    o /= g.radii  # the normal n is along o + t d, now
    mu0 = (o * g.sunb).sum(-1)[:, None] + t * along
    mu0 /= np.sqrt((o * o).sum(-1)[:, None] + t * (2 * slant + t * (d * d).sum(1)))
    return np.nan_to_num(np.clip(mu0 / SHALLOW, 0, 1))
