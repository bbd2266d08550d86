"""What a push-frame camera sees of a scene: I/F of framelets, for the simulator.

    I/F = A mu0^k mu^(k-1)                                                     (1)

A the normal albedo of the scene, mu0 and mu the cosines of incidence and emission, k Minnaert's
exponent (k = 1: Lambert).  Away from the limb the surface points of the pixels are smooth over
a tile and come from K x K exact ones, `mapping` eq. (1); tiles that the limb may cross are
computed pixel by pixel, and pixels on the limb from FINE x FINE points each.  A tile is within
0.01 px of exact rays from 5,600 to 300,000 km up.
"""

import cv2
import numpy as np

from perijove.kit import scene
from perijove.kit.tiles import expansion, nodes

RIM = 4  # px rendered around a framelet: light from there is blurred into it
TILE = 34, 101  # px: 4 x 16 tiles fill a framelet with its rim
K = 6
FLAT = 0.12  # emission cosine above which a tile is smooth enough for K nodes
GRAZING = 0.02  # emission cosine below which eq. (1) is held: mu^(k-1) has no limit for k < 1
FINE = 6


def radiance(g, frame, band, texture, k, psf=0.0, smear=0.0):
    """I/F (lines, last - first) float32 of the photoactive pixels of a framelet, eq. (1); 0: sky.

    g        Geometry;  frame, band  indices
    texture  one band of the scene, as `scene.padded` gives it
    k        Minnaert's exponent
    psf      sigma of the point spread, px
    smear    px in y over which a point moves while it is exposed
    """
    camera = g.camera
    lines, samples = camera.lines + 2 * RIM, camera.last - camera.first + 2 * RIM
    y, x = -RIM + 0.5 + np.arange(lines), camera.first - RIM + 0.5 + np.arange(samples)
    out, planet = np.zeros((lines, samples), np.float32), np.zeros((lines, samples), np.uint8)
    for rows, columns, values in _tiles(g, frame, band, texture, k, y, x):
        out[rows, columns], planet[rows, columns] = np.nan_to_num(values), ~np.isnan(values)

    square = np.ones((3, 3), np.uint8)
    line, sample = np.nonzero(cv2.dilate(planet, square) != cv2.erode(planet, square))
    if len(line):
        part = (np.arange(FINE) + 0.5) / FINE - 0.5
        fine = _exact(g, frame, band, x[sample][:, None] + part, y[line][:, None] + part)
        out[line, sample] = np.nan_to_num(_shade(g, texture, k, *fine)).mean((1, 2))
    if psf or smear:
        down = np.hypot(psf, smear / np.sqrt(12.0))  # a box has the variance of length^2 / 12
        out = cv2.GaussianBlur(out, (0, 0), sigmaX=max(psf, 1e-3), sigmaY=max(down, 1e-3))
    return out[RIM:-RIM, RIM:-RIM]


def minnaert(mu0, mu, k):
    """I/F of normal albedo 1 by eq. (1); 0 where the Sun is down, NaN where mu0 is."""
    lit = np.maximum(mu0, 0.0)
    return lit if k == 1.0 else lit**k * np.maximum(mu, GRAZING) ** (k - 1.0)


def _tiles(g, frame, band, texture, k, y, x):
    """Yield (lines, samples, I/F) of the tiles that the planet touches; NaN: sky.

    y, x  lines and samples of the pixel centres, in whole tiles
    """
    ends_y, ends_x = y.reshape(-1, TILE[0])[:, [0, -1]], x.reshape(-1, TILE[1])[:, [0, -1]]
    at, _ = nodes(K)
    ny = ends_y.mean(1)[:, None] + at * np.ptp(ends_y, 1)[:, None] / 2  # (tiles down, K)
    nx = ends_x.mean(1)[:, None] + at * np.ptp(ends_x, 1)[:, None] / 2
    p, mu0, mu = _exact(g, frame, band, nx[None], ny[:, None])
    met = ~np.isnan(mu).reshape(len(ny), len(nx), -1)
    flat = (np.nan_to_num(mu) > FLAT).all((2, 3))
    near = cv2.dilate(met.any(2).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0

    down, across = (expansion(K, np.linspace(-1, 1, n)) for n in TILE)
    fields = np.stack([*np.moveaxis(p, -1, 0), mu0, mu])
    for i, j in np.argwhere(near):
        rows = np.s_[i * TILE[0] : (i + 1) * TILE[0]]
        columns = np.s_[j * TILE[1] : (j + 1) * TILE[1]]
        if flat[i, j]:
            smooth = (down @ fields[:, i, j] @ across.T).astype(np.float32)
            values = np.moveaxis(smooth[:3], 0, -1), smooth[3], smooth[4]
        else:
            values = _exact(g, frame, band, x[columns], y[rows])
        yield rows, columns, _shade(g, texture, k, *values)


def _exact(g, frame, band, x, y):
    """Surface points and the cosines mu0, mu on samples x (..., n) by lines y (..., m)."""
    x, y = np.broadcast_arrays(x[..., None, :], y[..., :, None])
    p = g.hit(frame, g.look(frame, x, y, band))
    return p, *g.angles(frame, p)


def _shade(g, texture, k, p, mu0, mu):
    """I/F, float32, of surface points (..., 3) km with their cosines, eq. (1)."""
    shape, p = mu0.shape, p.reshape(-1, mu0.shape[-1], 3)
    stretch = np.square(g.radii[0] / g.radii[2])
    latitude = np.degrees(np.arctan2(stretch * p[..., 2], np.hypot(p[..., 0], p[..., 1])))
    longitude = np.degrees(np.arctan2(-p[..., 1], p[..., 0]))  # positive west
    albedo = scene.sample(texture, latitude.astype(np.float32), longitude.astype(np.float32))
    return albedo.reshape(shape) * minnaert(mu0, mu, k)
