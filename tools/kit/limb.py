"""The limb of an ellipsoid: where it should be in each framelet, and how far from it a ray passes.

Points on the limb are those whose normal is square to the line of sight.  In space scaled by
the radii the body is the unit sphere and they lie on a circle: with O = o / radii the observer,

    p = radii (O / |O|^2 + sqrt(1 - 1 / |O|^2) (cos t e1 + sin t e2))                       (1)

e1, e2 unit, square to O and to each other.  A line of sight whose point nearest the body, in
that space, is c has the height

    H = (|C| - 1) / |C / (|C| radii)|,  C = c / radii                                       (2)

in km above the surface, to first order in H / radius; on the limb H = 0.  At a depth z below the
limb the line of sight meets the surface with the emission cosine mu,

    mu^2 = 2 kappa z,  kappa = |d / radii|^2 / |p / radii^2|                                (3)

kappa the curvature of the surface along the line of sight d.

The limb of a body seen from afar has mu0 = sin(phase) cos(chi), chi the angle in the picture
between its normal and the Sun.  A strip, taken from near, uses what is well lit.  A frame may be
taken at so small a phase that nothing of the limb is; there the sunlit half counts, without the
ends that are the darker the greater the phase:

    cos(chi) > SUNLIT sin(phase),  that is  mu0 > SUNLIT sin^2(phase)                       (4)

The other half is the terminator or, at a small phase, a limb a few pixels behind it: used, it
moves the centre by pixels.

Positions are pixels: sample x and line y inside a framelet, pixel i centred on i + 0.5.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from . import ellipsoid

SUNLIT = 0.25  # incidence cosine of a limb that is brighter than the terminator's neighbourhood


def staring(geometry):
    """True of a frame camera's picture: one epoch, the camera at rest, its attitude known."""
    return len(geometry) == 1 and geometry.attitude == "CK" and not geometry.av.any()


@dataclass(frozen=True)
class Points:
    """Limb points, one per entry of each array (m,).

    frame, band  indices
    x, y         sample and line inside the framelet, px
    nx, ny       outward normal of the limb in the image, unit
    gain         px along the normal per km of height
    mu0          incidence cosine at the limb
    bend         kappa / gain of eq. (3), 1/px: mu^2 = 2 bend z with z in px
    phase        cosine of the phase angle
    """

    frame: np.ndarray
    band: np.ndarray
    x: np.ndarray
    y: np.ndarray
    nx: np.ndarray
    ny: np.ndarray
    gain: np.ndarray
    mu0: np.ndarray
    bend: np.ndarray
    phase: np.ndarray

    def __len__(self):
        return len(self.x)

    def __getitem__(self, which):
        return Points(*(getattr(self, f.name)[which] for f in fields(self)))

    def moved(self, s):
        """The points moved outward by s px."""
        return replace(self, x=self.x + s * self.nx, y=self.y + s * self.ny)


def joined(several):
    """One Points of several."""
    names = [f.name for f in fields(Points)]
    return Points(*(np.concatenate([getattr(p, name) for p in several]) for name in names))


def curve(o, radii, n):
    """n limb points (frames, n, 3) km body-fixed, eq. (1), for observers o (frames, 3) km."""
    scaled = np.asarray(o) / radii
    r2 = (scaled * scaled).sum(-1, keepdims=True)
    u = scaled / np.sqrt(r2)
    e1 = np.cross(u, np.eye(3)[np.abs(u).argmin(-1)])
    e1 /= np.sqrt((e1 * e1).sum(-1, keepdims=True))
    e2 = np.cross(u, e1)
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)[:, None]
    circle = np.cos(t) * e1[:, None] + np.sin(t) * e2[:, None]
    return radii * ((scaled / r2)[:, None] + np.sqrt(1 - 1 / r2)[:, None] * circle)


def points(geometry, spacing=1.5, margin=0.0):
    """Sunlit limb Points of every frame and band, about spacing px apart.

    margin  px by which a point may lie above or below its framelet

    Sunlit is mu0 > SUNLIT in a strip, eq. (4) in a frame.
    """
    g, camera = geometry, geometry.camera
    tangent = (np.sqrt((g.o * g.o).sum(-1)).min() / g.radii.max()) ** 2 - 1
    around = 2 * np.pi * camera.focal / np.sqrt(max(tangent, 1e-2))  # px of limb
    p = curve(g.o, g.radii, max(64, int(around / spacing)))
    x, y, z = g.project(np.arange(len(p)), p)
    tx, ty = (np.roll(a, -1, 1) - np.roll(a, 1, 1) for a in (x, y))

    def within(x, y, lowest, highest):
        """Where lines y + cy, cy from lowest to highest, are those of a framelet."""
        inside = (x + camera.cx > camera.first) & (x + camera.cx < camera.last)
        return inside & (y + highest > -margin) & (y + lowest < camera.lines + margin)

    with np.errstate(invalid="ignore"):
        f, k = np.nonzero((z > 0.3) & within(x, y, camera.cy.min(), camera.cy.max()))
    p, x, y, tx, ty = (a[f, k] for a in (p, x, y, tx, ty))
    normal = ellipsoid.normal(p, g.radii)
    mu0 = (normal * g.sunb[f]).sum(-1)
    x1, y1, _ = g.project(f, p + 100.0 * normal)
    d = p - g.o[f]
    d /= np.sqrt((d * d).sum(-1, keepdims=True))
    kappa = ((d / g.radii) ** 2).sum(-1) / np.sqrt(((p / g.radii**2) ** 2).sum(-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        along = np.hypot(tx, ty)
        nx, ny = ty / along, -tx / along
        gain = (nx * (x1 - x) + ny * (y1 - y)) / 100.0
        out = np.sign(gain)
        phase = -(d * g.sunb[f]).sum(-1)
        each = [nx * out, ny * out, gain * out, mu0, kappa / (gain * out), phase]
    least = SUNLIT * (1 - phase * phase) if staring(g) else SUNLIT
    seen = (mu0 > least) & np.isfinite(each[4])
    found = []
    for band, cy in enumerate(camera.cy):
        mine = np.flatnonzero(seen & within(x, y, cy, cy))
        columns = [f, np.full(len(f), band), x + camera.cx, y + cy, *each]
        found.append([a[mine] for a in columns])
    return Points(*(np.concatenate(column) for column in zip(*found, strict=True)))


def heights(geometry, at):
    """Height (m,) km, eq. (2), above the ellipsoid of the lines of sight through Points."""
    p = geometry.tangent(at.frame, geometry.look(at.frame, at.x, at.y, at.band))
    scaled = p / geometry.radii
    r = np.sqrt((scaled * scaled).sum(-1))
    return (r - 1) * r / np.sqrt(((scaled / geometry.radii) ** 2).sum(-1))
