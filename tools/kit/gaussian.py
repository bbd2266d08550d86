"""Low-pass filters that know about missing samples.

The mean of a plane v under a kernel g, with the mask m = 1 where v is valid and 0
where it is special, is the normalised convolution (Knutsson and Westin 1993)

    L(l, s) = (g * v m) / (g * m)                                       (1)

so nothing leaks in from Null samples, and a constant stays that constant up to the
edge of the data.  A wide Gaussian need not be computed on the fine grid: v m and m
are averaged over blocks of q x q samples, blurred there, divided, and expanded by 2
with Catmull-Rom's cubic and by q/2 linearly.  Averaging and linear expansion widen
the kernel by the variances (q^2 - 1)/12 and (q/2)^2/6, which the blur leaves out:

    sigma_q = sqrt(sigma^2 - (q^2 - 1)/12 - q^2/24) / q                 (2)
"""

import math

import numpy as np

REACH = 4.5  # sigmas; a Gaussian holds 7e-6 of its weight beyond
DIRECT = 16.0  # px; below this sigma the Gaussian runs on the fine grid
ROWS = 64  # lines reduced or expanded at a time: the strip stays in the cache


def gaussian(plane, sigma, wrap=False):
    """Return the masked Gaussian mean of a plane, eq. (1).

    plane  (lines, samples) float32, NaN where special
    sigma  px, > 0
    wrap   the last sample's right neighbour is the first of the line

    The result is float32 and defined within REACH sigmas of valid samples; it equals
    exact float64 convolution to 2e-3 of its own standard deviation.
    """
    q = block(sigma)
    kernel = _kernel(math.sqrt(sigma**2 - _widening(q)) / q)
    return _filtered(plane, kernel, q, wrap)


def box(plane, width, wrap=False):
    """Return the masked mean over width x width samples, eq. (1); width is odd, px."""
    import cv2

    reach = width // 2
    reference = _reference(plane)
    value = _padded(plane, reach, wrap) - reference
    mask = (~np.isnan(value)).astype(np.float32)
    cv2.patchNaNs(value, 0.0)
    total = {"ddepth": -1, "ksize": (width, width), "normalize": False}
    value = cv2.boxFilter(value, borderType=cv2.BORDER_CONSTANT, **total)
    mask = cv2.boxFilter(mask, borderType=cv2.BORDER_CONSTANT, **total)
    mean = _ratio(value, np.rint(mask)) + reference
    return mean[reach:-reach, reach:-reach] if reach else mean


def block(sigma):
    """Return the block size q for a Gaussian: even and near sigma/13, or 1 (fine grid)."""
    return 2 * max(1, round(sigma / 26)) if sigma >= DIRECT else 1


def _widening(q):
    """Return the variance that averaging and expanding by q add to a kernel, px^2."""
    return 0.0 if q == 1 else (q * q - 1) / 12 + q * q / 24


def _kernel(sigma):
    """Return a normalised Gaussian of odd length, float32."""
    reach = math.ceil(REACH * sigma)
    x = np.arange(-reach, reach + 1)
    weight = np.exp(-0.5 * (x / sigma) ** 2)
    return (weight / weight.sum()).astype(np.float32)


def _filtered(plane, kernel, q, wrap):
    """Return eq. (1) for a separable kernel given on the grid of q x q blocks."""
    import cv2

    lines, samples = plane.shape
    pad = q * (len(kernel) // 2 + 2)
    reference = _reference(plane)
    value, mask = _reduced(plane, q, pad, wrap, reference)
    zero = {"borderType": cv2.BORDER_CONSTANT}
    value = cv2.sepFilter2D(value, cv2.CV_32F, kernel, kernel, **zero)
    mask = cv2.sepFilter2D(mask, cv2.CV_32F, kernel, kernel, **zero)
    mean = _ratio(value, mask)
    if q == 1:
        return mean[pad : pad + lines, pad : pad + samples] + reference
    mean = _expanded(mean, q, pad, lines, samples)
    mean += reference
    return mean


def _reference(plane):
    """Return a typical value of a plane.

    Filtering v minus this value keeps float32 exact where it matters: a constant
    plane becomes zeros, and its mean exactly that constant.
    """
    thin = plane[:: max(1, plane.shape[0] // 64), :: max(1, plane.shape[1] // 64)]
    valid = thin[~np.isnan(thin)]
    if not valid.size:
        valid = plane[~np.isnan(plane)]
    return np.float32(np.median(valid)) if valid.size else np.float32(0)


def _padded(plane, pad, wrap):
    """Return a plane with pad samples of its other end, or of NaN, on each side."""
    mode = {"mode": "wrap"} if wrap else {"constant_values": np.nan}
    rows = np.pad(plane, ((0, 0), (pad, pad)), **mode)
    return np.pad(rows, ((pad, pad), (0, 0)), constant_values=np.nan)


def _reduced(plane, q, pad, wrap, reference):
    """Return block means of (v - reference) m and m of the plane padded on all sides."""
    import cv2

    lines, samples = plane.shape
    wide, step = -(-(samples + 2 * pad) // q), q * max(1, ROWS // q)
    value = np.zeros((-(-lines // q) + 2 * pad // q, wide), np.float32)
    mask = np.zeros_like(value)
    strip = np.full((step, wide * q), np.nan, np.float32)
    known = np.empty_like(strip)
    for top in range(0, lines, step):
        rows = plane[top : top + step]
        high = -(-len(rows) // q)
        part, there = strip[: high * q], known[: high * q]
        part[len(rows) :] = np.nan
        _lay(part[: len(rows)], rows, pad, wrap)
        np.subtract(1, np.isnan(part), out=there)
        part -= reference
        cv2.patchNaNs(part, 0.0)
        at = slice((pad + top) // q, (pad + top) // q + high)
        if q > 1:
            part, there = (_means(x, (wide, high)) for x in (part, there))
        value[at], mask[at] = part, there
    return value, mask


def _means(strip, size):
    """Return the means of blocks; size is (samples, lines) of the result."""
    import cv2

    return cv2.resize(strip, size, interpolation=cv2.INTER_AREA)


def _lay(strip, rows, pad, wrap):
    """Lay rows into the middle of a strip, and their other ends, or NaN, beside them."""
    end = pad + rows.shape[1]
    strip[:, pad:end] = rows
    if wrap:
        strip[:, :pad] = np.take(rows, range(-pad, 0), axis=1, mode="wrap")
        after = range(strip.shape[1] - end)
        strip[:, end:] = np.take(rows, after, axis=1, mode="wrap")
    else:
        strip[:, :pad] = strip[:, end:] = np.nan


def _ratio(value, mask):
    """Return value / mask, and 0 where no valid sample is near."""
    return np.divide(value, mask, out=np.zeros_like(value), where=mask > 0)


def _expanded(mean, q, pad, lines, samples):
    """Return the part (lines, samples) at pad of a plane given by its q x q blocks."""
    import cv2

    half = q // 2
    fine = _doubled(mean)
    out = np.empty((lines, samples), np.float32)
    rows = max(1, ROWS // half)  # of the grid of half blocks
    for top in range(0, -(-lines // half), rows):
        first = 2 * (pad // q) + top - 1  # one row more on each side to interpolate from
        part = np.ascontiguousarray(fine[first : first + rows + 2])
        size = part.shape[1] * half, part.shape[0] * half
        part = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
        target = out[top * half : (top + rows) * half]
        target[...] = part[half : half + len(target), pad : pad + samples]
    return out


def _doubled(a):
    """Return a plane on half its step, by Catmull-Rom's cubic a quarter before and after each."""
    import cv2

    after = np.array([0, -9, 111, 29, -3], np.float32) / 128
    out = np.empty((2 * a.shape[0], 2 * a.shape[1]), np.float32)
    for i, down in enumerate((after[::-1], after)):
        for j, along in enumerate((after[::-1], after)):
            edge = {"borderType": cv2.BORDER_REPLICATE}
            out[i::2, j::2] = cv2.sepFilter2D(a, cv2.CV_32F, along.copy(), down.copy(), **edge)
    return out
