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
ROUNDING = 1e-12  # of the sum over a picture: what a sum over a box may be off
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
    margin = reach + HALF
    known = ~np.isnan(a) & ~np.isnan(b)
    first, mask_a, second, mask_b = (
        v for x in (a, b) for v in (np.nan_to_num(x), (~np.isnan(x)).astype(np.float32))
    )
    second, mask_b = (np.pad(v, margin) for v in (second, mask_b))
    boxes = Boxes(second, mask_b, tile, 2 * margin + 1)
    lines, samples = a.shape
    centres, planes = [], []
    for i in range(0, lines - tile + 1, step):
        for j in range(0, samples - tile + 1, step):
            here = np.s_[i : i + tile, j : j + tile]
            if known[here].mean() < VALID:
                continue
            there = np.s_[i : i + tile + 2 * margin, j : j + tile + 2 * margin]
            if known[here].all() and boxes.whole(i, j):
                planes.append(boxes.correlation(first[here], second[there], i, j))
            else:
                planes.append(correlation(first[here], mask_a[here], second[there], mask_b[there]))
            centres.append((i + (tile - 1) / 2, j + (tile - 1) / 2))
    if not planes:
        return Shifts(*np.empty((6, 0)))
    y, x, peak, sigma = summits(*map(np.stack, zip(*planes, strict=True)))
    found = np.stack([*np.transpose(centres), y - margin, x - margin, peak, sigma])
    return Shifts(*found[:, peak >= least])


def correlation(a, known_a, b, known_b):
    """c of eq. (1) for all places of a within b, and the number of pixels valid in both there.

    a, b  0 where not known;  known_a, known_b  1 where known, else 0; all float32

    c is 0 where fewer than half of the pixels are valid.
    """
    pixels = _slid(known_a, known_b)
    power = _slid(a * a, known_b) * _slid(known_a, b * b)
    enough = (pixels > a.size / 2) & (power > 0)
    c = np.divide(
        _slid(a, b), np.sqrt(np.maximum(power, 0)), where=enough, out=np.zeros_like(power)
    )
    return c, pixels


class Boxes:
    """`correlation` where every pixel is known, from sums over all boxes of tile x tile pixels.

    b, known  a picture and its mask, as there;  n  places of a tile along either axis
    """

    def __init__(self, b, known, tile, n):
        import cv2

        self.tile, self.n = tile, n
        self.squares, self.count = (cv2.integral(v, sdepth=cv2.CV_64F) for v in (b * b, known))

    def _sums(self, total, i, j):
        t, part = self.tile, total[i : i + self.n + self.tile, j : j + self.n + self.tile]
        return part[t:, t:] - part[:-t, t:] - part[t:, :-t] + part[:-t, :-t]

    def whole(self, i, j):
        """True where all that tiles from i, j on cover is known."""
        return self._sums(self.count, i, j).min() == self.tile**2

    def correlation(self, a, b, i, j):
        """As `correlation`, for a tile a and the part of the picture from i, j on."""
        power = self._sums(self.squares, i, j)
        power[power < ROUNDING * self.squares[-1, -1]] = 0
        power *= np.square(a, dtype=float).sum()
        c = np.divide(_slid(a, b), np.sqrt(power), where=power > 0, out=np.zeros_like(power))
        return c, np.full_like(power, a.size)


def _slid(small, large):
    import cv2

    return cv2.matchTemplate(large, small, cv2.TM_CCORR).astype(float)


def summits(c, pixels):
    """Line and sample of the peak of each c (m, n, n), c there, and the sigma of the place: (m,)
    each, NaN without a peak."""
    each, size = np.arange(len(c)), c.shape[1:]
    i, j = np.unravel_index(c.reshape(len(c), -1).argmax(1), size)
    good = (np.minimum(i, j) >= HALF) & (i < size[0] - HALF) & (j < size[1] - HALF)
    good &= c[each, i, j] > 0
    i, j = np.where(good, i, HALF), np.where(good, j, HALF)
    near = i[:, None, None] + NODES[:, None], j[:, None, None] + NODES
    k = POWERS @ c[each[:, None, None], *near] @ POWERS.T  # c = sum k_pq y^p x^q

    def derivatives(y, x):
        """Of c by y (0 to 2 times) and x, (3, 3, m)."""
        return np.moveaxis(_powers(y) @ k @ np.swapaxes(_powers(x), 1, 2), 0, -1)

    y = x = np.zeros(len(c))
    for _ in range(STEPS):
        d = derivatives(y, x)
        half, mixed = (d[2, 0] + d[0, 2]) / 2, d[1, 1]
        apart = np.hypot((d[2, 0] - d[0, 2]) / 2, mixed)
        good &= half + apart < 0  # the greater of the second derivatives along any direction
        power = np.where(good, (half + apart) * (half - apart), np.inf)
        y = y - (d[0, 2] * d[1, 0] - mixed * d[0, 1]) / power
        x = x - (d[2, 0] * d[0, 1] - mixed * d[1, 0]) / power
        good &= (abs(y) <= 1) & (abs(x) <= 1)
        y, x = np.where(good, y, 0.0), np.where(good, x, 0.0)
    peak = np.where(good, np.minimum(derivatives(y, x)[0, 0], 1.0), np.nan)
    n = pixels[each, i, j] / (4 * np.pi * SMOOTH**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt((1 - peak**2) / (n * peak) / -(half + apart))
    return i + y, j + x, peak, spread


def _powers(t):
    """t^p, and its first and second derivatives, p = 0 .. 2 HALF, of each t (m,): (m, 3, 7)."""
    p = np.arange(2 * HALF + 1)
    power = t[:, None] ** p
    first, second = np.zeros_like(power), np.zeros_like(power)
    first[:, 1:] = p[1:] * power[:, :-1]
    second[:, 2:] = p[2:] * first[:, 1:-1]
    return np.stack([power, first, second], 1)
