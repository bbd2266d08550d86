"""The motion of a simulated perijove passage, in closed form.

Two-body polar orbit from north to south, and a spacecraft that turns evenly about its +Z axis,
which points to within a degree of the Earth.  The attitude belongs to the passage and not to an
image: the camera sees Jupiter once a turn, and images are taken when it does.
`simkernels.write` makes a Flyby and the kernels that say the same.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import spiceypy as sp

from perijove.kit import attitude
from perijove.kit.error import Error

GM = 126686534.911  # km3/s2, Jupiter system (pck00010 generation)
RADII = (71492.0, 71492.0, 66854.0)  # km
RADIUS_PERIJOVE, ECCENTRICITY = 75500.0, 0.981  # km
LATITUDE_PERIJOVE, LONGITUDE_PERIJOVE = 34.0, 277.0  # deg planetocentric, deg System III west
HOURS = 4.0  # covered before and after perijove
NAMES = tuple(f"sim.{kind}" for kind in ("tls", "tpc", "tsc", "tf", "ti", "bsp", "bc"))
ALTITUDE = 60000.0  # km, outbound: there the boresight meets the nadir, by choice of spin phase

# Azimuth about +Z of the optical axis in JUNO_SPACECRAFT, from the frames kernel.
BORESIGHT = np.arctan2(-0.0125, -0.9999)


@dataclass(frozen=True)
class Flyby:
    """A passage and its kernels.

    folder    holds the kernels named NAMES and sim.tm
    perijove  s TDB
    spin      rad/s about `axis`
    axis      (3,) unit J2000, spin axis and +Z of the spacecraft
    basis     (3, 3) J2000 columns: equatorial direction below perijove's meridian, the equatorial
              direction 90 deg east of it, the pole; the orbit lies in the plane of first and
              third, and Earth and Sun stand EARTH_AZIMUTH, SUN_AZIMUTH from the second towards
              the first
    earth, sun  (3,) km J2000, from Jupiter at perijove
    """

    folder: Path
    perijove: float
    spin: float
    axis: np.ndarray
    basis: np.ndarray
    earth: np.ndarray
    sun: np.ndarray

    @property
    def kernels(self):
        """Paths to load in this order, as text."""
        return [str(self.folder / name) for name in NAMES]

    def states(self, et):
        """Juno from Jupiter's centre at et (n,) s TDB -> (n, 6) km, km/s J2000; two-body motion."""
        # Perijove north of the equator, then southwards: argument of perijove 180 - latitude.
        turn = np.radians([90.0, 180.0, 180.0 - LATITUDE_PERIJOVE])
        elements = [RADIUS_PERIJOVE, ECCENTRICITY, *turn, 0.0, self.perijove, GM]
        local = np.array([sp.conics(elements, t) for t in np.atleast_1d(et)])
        return np.hstack([local[:, :3] @ self.basis.T, local[:, 3:] @ self.basis.T])

    def altitude(self, et):
        """Height above the ellipsoid at et (s TDB) in km, along the normal."""
        position = self.states(et)[0, :3] @ self.basis  # pole as third axis, longitude immaterial
        return sp.recgeo(position, RADII[0], (RADII[0] - RADII[2]) / RADII[0])[2]

    def rotation(self, et):
        """J2000 -> JUNO_SPACECRAFT at et (n,) s TDB, (n, 3, 3): even spin about +Z."""
        since = np.atleast_1d(et) - self.perijove
        return attitude.spin(self.axis, self.spin, self._phase, since, np.eye(3))[0]

    def outbound(self, altitude):
        """Epoch (s TDB) at which Juno, past perijove, is `altitude` km high."""
        low, high = self.perijove, self.perijove + (HOURS - 0.1) * 3600.0
        lowest, highest = self.altitude(low), self.altitude(high)
        if not lowest <= altitude <= highest:
            raise Error(f"ALTITUDE = {altitude:g}, expected {lowest:.0f} to {highest:.0f} km")
        while high - low > 1e-3:  # the altitude only grows after perijove
            middle = 0.5 * (low + high)
            if self.altitude(middle) > altitude:
                high = middle
            else:
                low = middle
        return low

    def pass_over(self, et):
        """The time nearest et (s TDB) at which the boresight passes closest to the nadir."""
        for _ in range(3):  # the nadir moves by 1e-3 of the spin rate
            et = et - self._lead(et) / self.spin
        return et

    def _lead(self, et):
        """Angle about the spin axis (rad, -pi..pi) by which the boresight is past the nadir."""
        nadir = -self.states(et)[0, :3]
        x, y, _ = self.rotation(et)[0] @ nadir
        return (BORESIGHT - np.arctan2(y, x) + np.pi) % (2 * np.pi) - np.pi

    @cached_property
    def _phase(self):
        """Spin angle at perijove that lets the boresight meet the nadir at ALTITUDE."""
        et = self.outbound(ALTITUDE)
        still = attitude.spin(self.axis, 0.0, 0.0, 0.0, np.eye(3))[0][0]
        x, y, _ = still @ -self.states(et)[0, :3]
        return np.arctan2(y, x) - BORESIGHT - self.spin * (et - self.perijove)


def offset_axis(direction, offset):
    """Turn a unit vector (3,) J2000 by offset (2,) deg: growing right ascension, declination."""
    east = np.cross([0.0, 0.0, 1.0], direction)
    east /= np.linalg.norm(east)
    x, y = np.tan(np.radians(offset))
    turned = direction + x * east + y * np.cross(direction, east)
    return turned / np.linalg.norm(turned)
