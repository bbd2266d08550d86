"""A framing camera with radial distortion, one optical axis and one line offset per band.

With v a direction in the camera frame (+z the boresight, +x samples, +y lines) and u the
ideal, c the distorted offset from the optical axis in pixels:

    u = focal (v_x / v_z, v_y / v_z)                                       (1)
    c = u (1 + k1 |u|^2 + k2 |u|^4)                                        (2)
    sample = cx + c_x,   line = cy[band] + c_y                             (3)

as NAIF's instrument kernel of JunoCam (juno_junocam_v03.ti) states it.  The centre of pixel
(i, j), counted from 0, lies at sample i + 0.5, line j + 0.5: with that, and only with it, the
kernel's own corner vectors come out.  A filter is a strip of one detector: its lines count
from the first line of the framelet, so cy differs by band and may lie outside the strip.
"""

from dataclasses import dataclass, replace

import numpy as np

from .label import Quantity

NEWTON = 4  # steps; the JunoCam lens (26 px at the corner) is inverted below 1e-12 px


@dataclass(frozen=True)
class Camera:
    """Constants of a camera; lengths in pixels.

    focal          focal length
    cx             sample of the optical axis
    cy             (bands,) line of the optical axis, from the first line of the framelet
    k1, k2         radial distortion, px^-2 and px^-4
    lines, samples size of a framelet
    first, last    photoactive samples, half open
    names          (bands,) filter names
    twist          rotation about the boresight already in the attitude, degrees
    offsets        (bands,) in-flight line offsets already in cy
    """

    focal: float
    cx: float
    cy: np.ndarray
    k1: float
    k2: float
    lines: int
    samples: int
    first: int
    last: int
    names: tuple
    twist: float = 0.0
    offsets: np.ndarray = None

    def __post_init__(self):
        cy = np.array(self.cy, float).reshape(-1)
        offsets = np.zeros(len(cy)) if self.offsets is None else np.array(self.offsets, float)
        object.__setattr__(self, "cy", cy)
        object.__setattr__(self, "offsets", offsets.reshape(-1))
        object.__setattr__(self, "names", tuple(self.names))

    def __eq__(self, other):
        return isinstance(other, Camera) and all(
            np.array_equal(a, getattr(other, k)) for k, a in vars(self).items()
        )

    def distort(self, ux, uy):
        """Distorted offsets from the optical axis, px, of ideal ones, eq. (2)."""
        r2 = ux * ux + uy * uy
        scale = 1 + r2 * (self.k1 + self.k2 * r2)
        return ux * scale, uy * scale

    def undistort(self, x, y):
        """Ideal offsets from the optical axis, px, of distorted ones: eq. (2) by Newton's steps."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        if self.k1 == 0 == self.k2:
            return x, y
        rd2 = x * x + y * y
        scale = np.ones_like(rd2)  # s = |u| / |c| solves s (1 + k1 s^2 rd2 + k2 s^4 rd2^2) = 1
        for _ in range(NEWTON):
            a, b = self.k1 * rd2 * scale**2, self.k2 * (rd2 * scale**2) ** 2
            scale = scale - (scale * (1 + a + b) - 1) / (1 + 3 * a + 5 * b)
        return x * scale, y * scale

    def rays(self, x, y, band):
        """Unit directions (..., 3) in the camera frame of sample x, line y of a band, px."""
        y = np.asarray(y, float) - self.cy[band]
        ux, uy = self.undistort(np.asarray(x, float) - self.cx, y)
        v = np.stack(np.broadcast_arrays(ux, uy, self.focal), -1)
        return v / np.sqrt((v * v).sum(-1, keepdims=True))

    def image(self, vx, vy, vz):
        """Offsets x, y from the optical axis, px, of a direction; meaningful only where vz > 0."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = self.focal / vz
            return self.distort(vx * scale, vy * scale)

    def select(self, bands):
        """The camera with the bands of these indices, in this order."""
        bands = list(bands)
        return replace(
            self,
            cy=self.cy[bands],
            offsets=self.offsets[bands],
            names=[self.names[b] for b in bands],
        )

    def summed(self, factor):
        """The camera whose pixels are factor x factor of this one's (SummingMode)."""
        return replace(
            self,
            focal=self.focal / factor,
            cx=self.cx / factor,
            cy=self.cy / factor,
            k1=self.k1 * factor**2,
            k2=self.k2 * factor**4,
            lines=self.lines // factor,
            samples=self.samples // factor,
            first=-(-self.first // factor),
            last=self.last // factor,
            offsets=self.offsets / factor,
        )

    def write(self, group):
        """Put the constants into a Group Camera."""
        group.update(
            FocalLength=Quantity(float(self.focal), "pixels"),
            OpticalAxisSample=float(self.cx),
            OpticalAxisLine=[float(y) for y in self.cy],
            Distortion=[float(self.k1), float(self.k2)],
            FrameletLines=int(self.lines),
            FrameletSamples=int(self.samples),
            PhotoactiveSamples=[int(self.first), int(self.last)],
            FilterName=list(self.names),
            Twist=Quantity(float(self.twist), "degrees"),
            LineOffset=[float(y) for y in self.offsets],
        )

    @classmethod
    def read(cls, group):
        """The camera of a Group Camera, exactly as written."""
        k1, k2 = group.numbers("Distortion", 2)
        first, last = group.numbers("PhotoactiveSamples", 2)
        return cls(
            focal=group.number("FocalLength", unit="pixels"),
            cx=group.number("OpticalAxisSample"),
            cy=group.numbers("OpticalAxisLine"),
            k1=k1,
            k2=k2,
            lines=group.integer("FrameletLines"),
            samples=group.integer("FrameletSamples"),
            first=int(first),
            last=int(last),
            names=group.texts("FilterName"),
            twist=group.number("Twist", unit="degrees"),
            offsets=group.numbers("LineOffset"),
        )
