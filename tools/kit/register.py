"""Registration of two pictures of one scene, tile by tile, to a fraction of a pixel.

Of each picture only the detail is kept that lies between two masked Gaussian means (`gaussian`),
SMOOTH and sigma pixels wide: noise and shading are no features.  Over the pixels x of a tile where
both are valid their normalised correlation is

    c(d) = sum a(x) b(x + d) / sqrt(sum a(x)^2 sum b(x + d)^2)                  (1)

and the shift is where c peaks.  c is as smooth as the pictures, so the polynomial through its 7 x 7
values about the greatest follows it between whole pixels; a parabola, or pictures interpolated to
be compared, draw the peak towards whole pixels or away from them.  With H the second derivatives
of c at the peak and n = pixels / (4 pi SMOOTH^2), as many as the smoothing leaves independent,

    covariance of d = (1 - c^2) / (n c) (-H)^-1                                 (2)

by least squares: d is moved by the part of b that a does not explain.
"""

from dataclasses import dataclass, fields

import numpy as np

from .gaussian import gaussian

SMOOTH = 1.0  # px
VALID = 0.9  # of a tile's pixels, in both pictures
HALF = 3  # values of c on each side of the greatest that the peak is found from
STEPS = 8  # of Newton's method
NODES = np.arange(-HALF, HALF + 1)
POWERS = np.linalg.inv(np.vander(NODES.astype(float), increasing=True))  # values -> coefficients


@dataclass(frozen=True)
class Shifts:
    """Tiles that were found again, one per entry of each array (m,).

    line, sample  centre of the tile in the first picture, px (0: centre of the first cell)
    dy, dx        how far its features lie from there in the second picture, px
    corr          c at the peak, eq. (1)
    sigma         px, of the shift along its less certain direction, eq. (2)
    """

    line: np.ndarray
    sample: np.ndarray
    dy: np.ndarray
    dx: np.ndarray
    corr: np.ndarray
    sigma: np.ndarray

    def __len__(self):
        return len(self.line)

    def __getitem__(self, which):
        return Shifts(*(getattr(self, f.name)[which] for f in fields(self)))


def register(a, b, tile=64, step=32, least=0.35, sigma=12.0, reach=8):
    """The Shifts of b against a, two pictures (lines, samples) float32, NaN where special.

    tile, step  px: size of the tiles and distance of their centres
    least       correlation of a tile that counts as found
    sigma       px, of the Gaussian mean that is taken off
    reach       px, the longest shift along either axis that is looked for
    """
    return shifts(detail(a, sigma), detail(b, sigma), tile, step, least, reach)


def detail(picture, sigma):
    """What a picture (lines, samples) shows between SMOOTH and sigma px; NaN where special."""
    picture = np.asarray(picture, np.float32)
    fine = gaussian(picture, SMOOTH) - gaussian(picture, sigma)
    return np.where(np.isnan(picture), np.float32(np.nan), fine)


def shifts(a, b, tile=64, step=32, least=0.35, reach=8):
    """As `register`, of pictures that `detail` has been through."""
    margin, found = reach + HALF, []
    known = ~np.isnan(a) & ~np.isnan(b)
    pictures = [np.nan_to_num(a), np.nan_to_num(b)]
    (first, second), masks = pictures, [(~np.isnan(v)).astype(np.float32) for v in (a, b)]
    second, mask = (np.pad(v, margin) for v in (second, masks[1]))
    lines, samples = a.shape
    for i in range(0, lines - tile + 1, step):
        for j in range(0, samples - tile + 1, step):
            here = np.s_[i : i + tile, j : j + tile]
            if known[here].mean() < VALID:
                continue
            there = np.s_[i : i + tile + 2 * margin, j : j + tile + 2 * margin]
            c, pixels = correlation(first[here], masks[0][here], second[there], mask[there])
            peak = summit(c, pixels)
            if peak is not None and peak[2] >= least:
                centre = i + (tile - 1) / 2, j + (tile - 1) / 2
                found.append((*centre, peak[0] - margin, peak[1] - margin, *peak[2:]))
    return Shifts(*np.array(found, float).reshape(-1, 6).T)


def correlation(a, known_a, b, known_b):
    """c of eq. (1) for all places of a within b, and the number of pixels valid in both there.

    a, b  0 where not known;  known_a, known_b  1 where known, else 0; all float32

    c is 0 where fewer than half of the pixels are valid.
    """
    import cv2

    def slid(small, large):
        return cv2.matchTemplate(large, small, cv2.TM_CCORR).astype(float)

    pixels = slid(known_a, known_b)
    power = slid(a * a, known_b) * slid(known_a, b * b)
    enough = (pixels > a.size / 2) & (power > 0)
    c = np.divide(slid(a, b), np.sqrt(np.maximum(power, 0)), where=enough, out=np.zeros_like(power))
    return c, pixels


def summit(c, pixels):
    """Line and sample of the peak of c, c there and the sigma of the place; None without a peak."""
    i, j = np.unravel_index(c.argmax(), c.shape)
    inside = HALF <= i < c.shape[0] - HALF and HALF <= j < c.shape[1] - HALF
    if not inside or c[i, j] <= 0:
        return None
    k = POWERS @ c[i + NODES[:, None], j + NODES] @ POWERS.T  # c = sum k_pq y^p x^q
    y = x = 0.0
    for _ in range(STEPS):
        down, along = _powers(y), _powers(x)
        slope = np.array([down[1] @ k @ along[0], down[0] @ k @ along[1]])
        mixed = down[1] @ k @ along[1]
        bend = np.array([[down[2] @ k @ along[0], mixed], [mixed, down[0] @ k @ along[2]]])
        if np.linalg.eigvalsh(bend)[1] >= 0:
            return None
        y, x = np.array([y, x]) - np.linalg.solve(bend, slope)
        if max(abs(y), abs(x)) > 1:
            return None
    peak = min(float(_powers(y)[0] @ k @ _powers(x)[0]), 1.0)
    n = pixels[i, j] / (4 * np.pi * SMOOTH**2)
    spread = np.sqrt((1 - peak**2) / (n * peak) / -np.linalg.eigvalsh(bend)[1])
    return i + y, j + x, peak, float(spread)


def _powers(t):
    """t^p, and its first and second derivatives, p = 0 .. 2 HALF: (3, 7)."""
    p = np.arange(2 * HALF + 1)
    power = t ** p.astype(float)
    first = np.r_[0, p[1:] * power[:-1]]
    return np.stack([power, first, np.r_[0, p[1:] * first[:-1]]])
