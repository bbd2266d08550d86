"""An image of a fit to the limb: a strip or a frame, and the vector of what it may have unknown.

A strip with an attitude (CK) has the offset of its start time; one without (SPIN) has the axis,
rate and phase of its spin; a frame (FRAME) the offset of its pointing (`limbframe` eq. 1).  All
have the twist of the camera, and for each band the height of the limb and the shift of the optical
axis.  Together they are the image's own vector,

    u = (TIME | EAST, NORTH, RATE, PHASE | LINE, SAMPLE; TWIST; HEIGHT, OFFSET per band)    (1)

in ms | degrees, degrees, rpm, degrees | px, px; degrees; km, px.
"""

from dataclasses import dataclass

import numpy as np

from . import limb, limbframe
from .frames import Geometry
from .geometry import with_constants
from .spin import NOMINAL, Spin

OWN = {"CK": ("TIME",), "SPIN": ("EAST", "NORTH", "RATE", "PHASE"), "FRAME": ("LINE", "SAMPLE")}
APART = 12 * 3600.0  # s without an image between one pass and the next


@dataclass(frozen=True)
class Image:
    """A strip, or a frame, of a fit.

    name      for people;  core  function giving (bands, frames x lines, samples)
    geometry  with the camera's constants
    summing   pixels summed to one: OFFSET is in pixels of the detector
    readout   True: the line of METHANE's optical axis is solved, whatever SOLVE says
    """

    name: str
    core: object
    geometry: Geometry
    summing: int = 1
    readout: bool = False

    @property
    def kind(self):
        """CK, SPIN or FRAME: what it has of its own, OWN."""
        return "FRAME" if limb.staring(self.geometry) else self.geometry.attitude

    @property
    def methane(self):
        """Index of the band whose readout window may be shifted, None where there is none."""
        names = list(self.geometry.camera.names)
        there = "METHANE" in names and self.kind != "FRAME"
        return names.index("METHANE") if there else None

    @property
    def mid(self):
        """s TDB, where the phase is counted."""
        return 0.5 * (self.geometry.et[0] + self.geometry.et[-1])

    @property
    def places(self):
        """(name, band or None) of each place of u, eq. (1)."""
        names = self.geometry.camera.names
        own = [(k, None) for k in (*OWN[self.kind], "TWIST")]
        return own + [(k, b) for k in ("HEIGHT", "OFFSET") for b in names]

    @property
    def held(self):
        """u before anything is solved."""
        g = self.geometry
        own = [0.0, 0.0, NOMINAL, 0.0] if self.kind == "SPIN" else [0.0] * len(OWN[self.kind])
        heights = np.zeros(len(g.camera.cy))
        return np.array([*own, g.camera.twist, *heights, *(g.camera.offsets * self.summing)])

    def pose(self, u):
        """The Geometry of u."""
        g, n = self.geometry, len(OWN[self.kind])
        offsets = u[n + 1 + len(g.camera.cy) :] / self.summing
        if u[n] != g.camera.twist or (offsets != g.camera.offsets).any():
            g = with_constants(g, u[n], offsets)
        if self.kind == "FRAME":
            return limbframe.turned(g, *u[:2])
        return Spin(g).pose(*u[:4]) if n == 4 else g.shift(u[0] / 1e3)

    def heights(self, u):
        """(bands,) km."""
        n = len(OWN[self.kind]) + 1
        return u[n : n + len(self.geometry.camera.cy)]


def passes(images):
    """A number for each image, the same for those of one pass: one target, no gap above APART."""
    found, last, number = [0] * len(images), (None, 0.0), -1
    for i in sorted(range(len(images)), key=lambda i: (images[i].geometry.target, images[i].mid)):
        target, mid = images[i].geometry.target, images[i].mid
        number += target != last[0] or mid - last[1] > APART
        found[i], last = number, (target, mid)
    return found
