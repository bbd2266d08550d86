"""Where a frame camera pointed: the error of its scan platform, from the limb of one picture.

A frame has one epoch, and its camera stands on a platform whose attitude is known to some
hundredths of a degree.  The error is two angles, told as the pixels l, s by which the scene lies
at larger lines and samples than predicted: the attitude J2000 -> camera is turned by

    R = the turn about (-l, s, 0) by atan(sqrt(l^2 + s^2) / focal)                          (1)

which moves what was on the optical axis by (s, l).  It is found without a first guess: where the
limb predicted, its points x_k with outward normals n_k, is moved by d, the picture falls by

    S(d) = - sum_k n_k . G(x_k + d),   G = g min(1, c / |g|)                                (2)

across it, g the gradient of the picture, smoothed.  Its length is capped at c, that no ring, moon
or mark outweighs the limb.  All d at once are one correlation (by Fourier's transform).
"""

from dataclasses import replace

import numpy as np

from . import limb, special
from .attitude import matrix, quaternion, turn
from .gaussian import gaussian
from .limbstart import NoLimb

REACH = 300.0  # px: how far off the pointing is sought, in lines and in samples
HALF = 2  # px of the picture to one of the correlation
SMOOTH = 2.0  # px, sigma
LEAST = 75.0  # px of the predicted limb that the picture must show
CAP = 0.2  # c of eq. (2) is the gradient of a step of this part of the brightest
AGREE = 0.5  # of the fall of a whole limb: the least that is believed
BIAS = 0.1  # of it: what a shift by REACH must win, so that what the limb leaves open stays


def turned(g, line, sample):
    """The Geometry whose camera sees the scene line, sample px farther than g's, eq. (1)."""
    off = np.hypot(line, sample)
    if off == 0.0:
        return g
    angle = np.arctan(off / g.camera.focal)
    more = turn(np.array([-line, sample, 0.0]) * (angle / off))
    return replace(g, q=quaternion(more @ matrix(g.q)))


def pointing(core, g):
    """The offset (line, sample) px of the pointing of a frame, to 2 px; NoLimb where none fits.

    core  (1, lines, samples)
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    at, field = _around(g), gradient(core[0])
    known = np.isfinite(field[0])
    shape = tuple(next_fast_len(int(n + 2 * REACH / HALF) + 1, True) for n in known.shape)
    place = np.rint(np.stack([at.y, at.x]) / HALF - 0.5).astype(int) % np.array(shape)[:, None]
    place = np.ravel_multi_index(tuple(place), shape)

    def correlation(values, weights):
        there = np.bincount(place, weights, shape[0] * shape[1]).reshape(shape)
        return irfft2(rfft2(values, shape) * np.conj(rfft2(there)), shape)

    fall = -sum(
        correlation(np.nan_to_num(part), normal)
        for part, normal in zip(field, (at.ny, at.nx), strict=True)
    )
    seen = correlation(known.astype(float), np.ones(len(at)))
    steps = [np.fft.fftfreq(n, 1 / n) * HALF for n in shape]
    line, sample = np.meshgrid(*steps, indexing="ij")
    far = np.maximum(np.abs(line), np.abs(sample)) / REACH
    best = np.where(far <= 1, fall - BIAS * far**2 * seen, -np.inf).argmax()
    long = seen.flat[best] * HALF
    if long < LEAST:
        raise NoLimb(
            f"no sunlit limb: {long:.0f} pixels of it are in the frame, expected {LEAST:g}"
        )
    if (agreement := fall.flat[best] / seen.flat[best]) < AGREE:
        raise NoLimb(
            f"no sunlit limb: the best of all pointings within {REACH:g} pixels meets "
            f"{agreement:.2f} of the fall of a limb, expected {AGREE} at least"
        )
    return float(line.flat[best]), float(sample.flat[best])


def gradient(plane):
    """G of eq. (2), (2, lines / HALF, samples / HALF), for lines and samples; 1 is a limb's.

    Nothing leaks in from special pixels, where G is NaN; but saturated ones are bright.
    """
    kinds = special.kinds(plane)
    valid = plane[kinds == 0]
    if not valid.size:
        return np.full((2, *plane[::HALF, ::HALF].shape), np.nan)
    low, high = np.percentile(valid[::4], (0.5, 99.5))
    filled = np.where(kinds >= 4, np.float32(high), plane).astype(np.float32)
    smooth = gaussian(filled, SMOOTH)
    cap = max(CAP * (high - low), 1e-30) / (np.sqrt(2 * np.pi) * SMOOTH)
    with np.errstate(invalid="ignore", over="ignore"):  # of samples as large as floats can be
        g = np.stack(np.gradient(smooth)) / cap
        g /= np.maximum(np.hypot(*g), 1.0)
    return np.where(np.isnan(filled), np.nan, g)[:, ::HALF, ::HALF]


def _around(g):
    """limb.points of a frame and REACH around it, one to a pixel of the correlation."""
    c = g.camera
    wider = replace(c, first=c.first - REACH, last=c.last + REACH)
    return limb.points(replace(g, camera=wider), spacing=HALF, margin=REACH)


def outline(g, height):
    """Samples and lines (n,) px of the whole limb, lit or not, height km above the ellipsoid."""
    p = limb.curve(g.o, g.radii + height, 360)[0]
    x, y, _ = g.project(0, np.concatenate([p, p[:1]]))
    return x + g.camera.cx, y + g.camera.cy[0]
