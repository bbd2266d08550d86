"""The field of view of a camera with all its strips: what it may see, without a lens.

In the camera's frame a direction d has the angles asin(d_x), asin(d_y) from the planes through
the boresight; over the detector they fill a range each.  What lies within r radians of d has
angles within r of d's, so a tile of that radius off the ranges by more than r is out of view.

Over a tile of the surface the normal turns by the tile's radius over that of the curvature, and
the line of sight by r: incidence and emission differ by no more from those of its centre.
"""

import numpy as np

from .ellipsoid import normal

MARGIN = 0.01  # rad: aberration, light time
BULGE = 1.2  # what a tile may reach beyond its corners
RIM = 2.0  # the same, where some of it is missing or sky: the corners may tell too little


class Field:
    """Ranges of the detector: x, y (px from the optical axis) and of the angles (rad)."""

    def __init__(self, geometry, limits=None):
        """limits  least mu0 and mu of what counts, or None."""
        camera, self.g = geometry.camera, geometry
        self.x = camera.first - camera.cx, camera.last - camera.cx
        self.y = -camera.cy.max(), camera.lines - camera.cy.min()
        x, y = np.meshgrid(np.linspace(*self.x, 9), np.linspace(*self.y, 9))
        rays = camera.rays(x + camera.cx, y + camera.cy[0], 0)
        angles = np.arcsin(rays[..., :2])
        self.low, self.high = angles.min((0, 1)), angles.max((0, 1))
        self.depth = np.arccos(rays[..., 2].min())  # from the boresight
        self.farthest = None if limits is None else np.arccos(limits)
        self.curvature = geometry.radii.min() ** 2 / geometry.radii.max()  # km, the least radius

    def near(self, tile, frame, p, surface, rim):
        """Which pairs of tile and frame (n,) may be in view, indices, and their angular radii, rad.

        p        (tiles, 5, 3) km body-fixed, corners of the tiles and, third, their centre
        surface  (tiles,) bool: all of the tile is surface
        rim      (tiles,) bool: some of it is missing or sky
        """
        beyond = np.where(rim, RIM, BULGE)
        found = np.flatnonzero(self._around(tile, frame, p, surface, beyond))
        tile, frame = tile[found], frame[found]
        d = np.matmul(p[tile] - self.g.o[frame][:, None], self.g.M[frame])
        d /= np.sqrt(np.einsum("nki,nki->nk", d, d))[..., None]
        centre = d[:, 2]
        width = np.arccos(np.clip(np.einsum("nki,ni->nk", d, centre).min(1), -1, 1))
        seen = self._inside(centre, width * beyond[tile] + MARGIN)
        return found[seen], width[seen]

    def _around(self, tile, frame, p, surface, beyond):
        """The same, (n,) bool, from the spheres around the tiles, and from the limits."""
        centre = p[:, 2]
        radius = np.sqrt(np.square(p - centre[:, None]).sum(2).max(1)) * beyond
        sight = centre[tile] - self.g.o[frame]
        away = np.sqrt(np.einsum("ni,ni->n", sight, sight))
        width = np.arcsin(np.minimum(radius[tile] / away, 1))
        d = np.matmul(sight[:, None], self.g.M[frame])[:, 0] / away[:, None]
        seen = self._inside(d, width + MARGIN)
        if self.farthest is None:
            return seen
        n, turn = normal(centre, self.g.radii), (radius / self.curvature)[tile] + MARGIN
        mu0 = np.einsum("ni,ni->n", n[tile], self.g.sunb[frame])
        mu = -np.einsum("ni,ni->n", n[tile], sight) / away
        incidence, emission = (np.arccos(np.clip(v, -1, 1)) for v in (mu0, mu))
        lit = incidence - turn < self.farthest[0]
        return seen & (lit & (emission - turn - width < self.farthest[1]) | ~surface[tile])

    def _inside(self, d, reach):
        """Which directions (n, 3), camera frame, lie within reach (n,) rad of the field."""
        angles, reach = np.arcsin(np.clip(d, -1, 1)), reach[:, None]
        seen = (angles[:, :2] > self.low - reach) & (angles[:, :2] < self.high + reach)
        deep = angles[:, 2:] > np.pi / 2 - self.depth - reach
        return (seen & deep).all(1)
