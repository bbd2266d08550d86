"""What a damaged detector leaves in an image: offsets of lines and samples, and impulses.

    d(l, s) = v(l, s) - mean of v(l', s), l' within REACH lines of l                          (1)
    o(l)    = D(l) + mean of D(l'),   D = <d(l, s)>_s,   taken by 1 - <e^2> / <D^2>           (2)

o is the offset of a line of a framelet, <>_s a mean over its samples that holds outliers at two
standard deviations, e its standard error, from the sums over SPAN samples, which may err together
(Liang and Zeger 1986): what is no larger than chance and the scene would make it is left.
Offsets of samples are those of the columns of all framelets.  An impulse stands out from both sides
and is sharper than an optics can draw it.  With

    A = (v(s - 3) + v(s - 2)) / 2,   B = (v(s + 2) + v(s + 3)) / 2,   b = max(A, B)           (3)
    v - b > IMPULSE sigma,   v - b > |A - B|,   max(v(s - 1), v(s + 1)) - b + sigma/2 < BLUR (v - b)
                                                                                              (4)

along the line or across it is one, and so is a dark one with signs turned; where one of these
samples is special or outside the picture there is none.  Of a point that a Gaussian of 0.7 px
blurs, the narrowest that JunoCam's images show, each neighbour has 0.36 of the peak.  A hot pixel
stands in the same place of all framelets, where the scene moves on: it is where the median of v - b
along the line over n of them exceeds RECURRING of its standard errors; what it adds is the median
of v - (A + B) / 2.
"""

import numpy as np

REACH, SPAN = 4, 64  # px
IMPULSE, BLUR = 5.0, 0.25
RECURRING = 5.0
MEDIAN = 1.2533  # standard error of a median over that of the mean
BESIDE = 1.22  # standard deviation of v - (A + B) / 2 over sigma
FEWEST = 5  # framelets that tell a hot pixel


def offsets(stack, axis):
    """Return the offsets of the lines (axis 1) or samples (axis 2) of pictures, eqs. (1) and (2).

    stack  (n, lines, samples) float32, special pixels NaN

    The offsets broadcast to the stack: (n, lines, 1), or (1, 1, samples).
    """
    over = (2,) if axis == 1 else (0, 1)
    d = _against(stack, axis)
    valid = ~np.isnan(d)
    np.nan_to_num(d, copy=False)
    number = valid.sum(over, keepdims=True)
    known = number > 0
    thin = np.abs(d[valid][:: max(1, d.size // 1_000_000)])
    if not thin.size:
        return np.zeros(number.shape, np.float32)
    sigma = 1.4826 * np.median(thin)
    sigma = max(sigma, np.minimum(thin, 5 * sigma if sigma else np.inf).mean())  # coarse steps
    profile = np.zeros(number.shape, np.float32)
    for _ in range(3):
        held = np.clip(d - profile, -2 * sigma, 2 * sigma) * valid
        profile += held.sum(over, keepdims=True) / np.maximum(number, 1)
    starts = np.arange(0, stack.shape[3 - axis], SPAN)
    spans = np.square(np.add.reduceat(held, starts, axis=3 - axis)).sum(over, keepdims=True)
    count = len(starts) * (len(stack) if axis == 2 else 1)
    if count < 2:
        return np.zeros_like(profile)
    chance = np.mean(spans[known] / number[known] ** 2) * count / (count - 1)
    profile = np.where(known, profile - np.median(profile[known]), np.nan)  # outliers are skew
    size = np.square(1.4826 * np.median(np.abs(profile[known])))
    offset = np.nan_to_num(2 * profile - _against(profile, axis))
    return offset * np.float32(max(0.0, 1 - chance / size) if size else 0.0)


def hot(stack, sigma):
    """Return what hot pixels add, (lines, samples) float32, 0 elsewhere.

    stack  (n, lines, samples) float32, special pixels NaN;  sigma  its noise
    """
    if len(stack) < FEWEST:
        return np.zeros(stack.shape[1:], np.float32)
    (left, right), _ = _beside(stack, 2)
    error = RECURRING * MEDIAN * BESIDE / np.sqrt(len(stack))
    with np.errstate(invalid="ignore", divide="ignore"):
        clear = (stack - np.maximum(left, right)) / sigma
    sure = np.median(np.nan_to_num(clear), axis=0) > error
    out = np.zeros(sure.shape, np.float32)
    out[sure] = np.nanmedian((stack - (left + right) / 2)[:, sure], axis=0)
    return out


def impulses(stack, sigma):
    """Return the samples that are sharper than an optics draws, (n, lines, samples), eq. (4).

    stack  (n, lines, samples) float32, special pixels NaN;  sigma  its noise
    """
    found = np.zeros(stack.shape, bool)
    for axis in (1, 2):
        far, near = _beside(stack, axis)
        for sign, most in ((1, np.maximum), (-1, np.minimum)):
            base = most(*far)
            excess, rest = sign * (stack - base), sign * (most(*near) - base)
            stands = (excess > IMPULSE * sigma) & (excess > np.abs(far[0] - far[1]))
            found |= stands & (rest + sigma / 2 < BLUR * excess)
    return found


def _beside(stack, axis):
    """Return A and B of eq. (3) along an axis, and the two nearest samples."""
    pad = [(3, 3) if k == axis else (0, 0) for k in range(3)]
    wide = np.moveaxis(np.pad(stack, pad, constant_values=np.nan), axis, 0)
    at = {step: wide[3 + step : len(wide) - 3 + step] for step in (-3, -2, -1, 1, 2, 3)}
    at = {step: np.moveaxis(plane, 0, axis) for step, plane in at.items()}
    return ((at[-3] + at[-2]) / 2, (at[2] + at[3]) / 2), (at[-1], at[1])


def _against(stack, axis):
    """Return d of eq. (1), NaN where a sample or all its neighbours are special."""
    import cv2

    side = (1, 2 * REACH + 1) if axis == 1 else (2 * REACH + 1, 1)
    out = np.empty_like(stack)
    for plane, d in zip(stack, out, strict=True):
        valid = (~np.isnan(plane)).astype(np.float32)
        value = np.nan_to_num(plane)
        box = {"ddepth": -1, "ksize": side, "normalize": False, "borderType": cv2.BORDER_CONSTANT}
        others, number = (cv2.boxFilter(a, **box).reshape(a.shape) - a for a in (value, valid))
        with np.errstate(invalid="ignore", divide="ignore"):
            d[...] = plane - np.where(number > 0.5, others / number, np.nan)
    return out
