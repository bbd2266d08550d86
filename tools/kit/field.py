"""The field of view of a camera with all its strips: what it may see, without a lens.

In the camera's frame a direction d has the angles asin(d_x), asin(d_y) from the planes through
the boresight; over the detector they fill a range each.  What lies within r radians of d has
angles within r of d's, so a tile of that radius off the ranges by more than r is out of view.
"""

import numpy as np

MARGIN = 0.01  # rad: aberration, light time


class Field:
    """Ranges of the detector: x, y (px from the optical axis) and of the angles (rad)."""

    def __init__(self, geometry):
        camera, self.g = geometry.camera, geometry
        self.x = camera.first - camera.cx, camera.last - camera.cx
        self.y = -camera.cy.max(), camera.lines - camera.cy.min()
        x, y = np.meshgrid(np.linspace(*self.x, 9), np.linspace(*self.y, 9))
        rays = camera.rays(x + camera.cx, y + camera.cy[0], 0)
        angles = np.arcsin(rays[..., :2])
        self.low, self.high = angles.min((0, 1)), angles.max((0, 1))
        self.depth = np.arccos(rays[..., 2].min())  # from the boresight

    def near(self, frame, p, rim):
        """Which tiles may be in view of which frames: (n,) bool, and their angular radii (n,) rad.

        frame  (n,)
        p      (n, 5, 3) km body-fixed, corners of the tiles and, third, their centre
        rim    (n,) bool: some of the tile is missing or sky, so the corners may tell too little
        """
        d = np.matmul(p - self.g.o[frame][:, None], self.g.M[frame])
        d /= np.sqrt((d * d).sum(-1, keepdims=True))
        centre = d[:, 2]
        width = np.arccos(np.clip((d * centre[:, None]).sum(-1).min(1), -1, 1))
        reach = (width * np.where(rim, 2.0, 1.2) + MARGIN)[:, None]
        angles = np.arcsin(np.clip(centre, -1, 1))
        seen = (angles[:, :2] > self.low - reach) & (angles[:, :2] < self.high + reach)
        deep = angles[:, 2:] > np.pi / 2 - self.depth - reach
        return (seen & deep).all(1), width
