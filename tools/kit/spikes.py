"""Hot pixels and particle hits: samples brighter than their surroundings can make them.

A hot pixel stands at the same place of the detector in every framelet, where the scene moves on:

    E(l, s) = median over f of  D - max(A, B)                                               (1)

D the DN of frame f, A and B medians of the samples 2 to 4 columns to the left and to the right.
An edge has no excess over its bright side, and only neighbours in the line count, since with
N TDI stages a hot pixel is a streak of N lines; E is taken in the median of up to N lines, which
leaves the ends of a streak in place.  A hit is seen in one framelet alone:

    X = (Laplacian of D, 2 x 2 subsampled, positive part) / (2 s),  less its 5 x 5 median     (2)
    X > k  and  Laplacian > c (M3 - M5(M3))                                                  (3)
    D - max(A, B) > k s  in three of four directions, A and B of the next three samples       (4)

(2) and (3) after van Dokkum 2001, PASP 113, 1420 (L.A.Cosmic): s the noise, M3 and M5 medians over
3 x 3 and 5 x 5 samples; (3) asks that it be sharper than the optics draw.  (4) is ours: on the
limb, as sharp here as a hit, a sample exceeds both sides along the limb at most; on a track of a
particle it does in all directions but the track's.
"""

import numpy as np

from . import radiometry

SHARP = 5.0  # c: of undersampled images, as the source advises
FEWEST = 5  # frames for (1)
ENOUGH = 1000  # samples for a median
LONGEST = 9  # lines of a streak taken together
FAINT = 0.02  # of the signal: no excess of a hot pixel below it is worth a sample


def scatter(frames):
    """Return the noise of the samples, DN, as large as frames: by level, from the image itself.

    frames  (f, lines, samples) DN, special pixels NaN

    Second differences along the lines, in octaves of DN; fine texture counts as noise, so that it
    is safe from (1) to (4).  At least eq. (7) of kit/radiometry.
    """
    middle = frames[..., 1:-1]
    mean = (frames[..., :-2] + middle + frames[..., 2:]) / 3
    change = np.abs(3 * (middle - mean)) / 2
    edges = 2.0 ** np.arange(13)
    level, sigma = [], []
    for low, high in zip(np.append(-np.inf, edges[:-1]), edges, strict=True):
        found = change[(mean >= low) & (mean < high)]
        if found.size >= ENOUGH:
            level.append(0.75 * high)
            sigma.append(1.4826 * np.median(found) / np.sqrt(1.5))
    least = radiometry.noise(frames)
    return np.maximum(least, np.interp(frames, level, sigma)) if level else least


def hot(frames, sigma, k, stages=1):
    """Return the pixels that are hot in the median of the frames, bool (lines, samples).

    frames  (f, lines, samples) DN, special pixels NaN;  sigma  their noise, DN
    k       how many sigma of the median E must exceed;  stages  N
    """
    if len(frames) < FEWEST:
        return np.zeros(frames.shape[1:], bool)
    floor = np.maximum(_beside(frames, -1), _beside(frames, 1))
    seen = np.isfinite(frames).sum(axis=0) >= FEWEST
    with np.errstate(invalid="ignore"):
        excess = np.nan_to_num(_median(frames - floor))
        error = 1.2533 * _median(sigma) / np.sqrt(len(frames))
        length = min(stages - 1 + stages % 2, LONGEST)  # odd
        if length > 1:
            from scipy.ndimage import median_filter

            excess = median_filter(excess, (length, 1), mode="nearest")
            error = error * 1.2533 / np.sqrt(length)
        return seen & (excess > np.maximum(k * error, FAINT * _median(floor)))


def hits(frame, sigma, k):
    """Return the samples that particles hit, bool (lines, samples), eqs. (2) and (3).

    frame  (lines, samples) DN, special pixels NaN;  sigma  its noise, DN;  k  threshold
    """
    import cv2

    special = ~np.isfinite(frame)
    clean, found = filled(frame), special.copy()
    near = cv2.dilate(special.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], np.float32)
    for _ in range(4):
        double = cv2.resize(clean, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        sharp = np.maximum(cv2.filter2D(double, -1, kernel, borderType=cv2.BORDER_REPLICATE), 0)
        sharp = cv2.resize(sharp, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        significance = sharp / (2 * sigma)
        significance -= cv2.medianBlur(significance, 5)
        small = cv2.medianBlur(clean, 3)
        fine = np.maximum(small - cv2.medianBlur(small, 5), sigma)
        new = (significance > k) & (sharp > SHARP * fine) & ~near & ~found
        new &= _ridges(clean, k * sigma) >= 3
        if not new.any():
            break
        found |= new
        clean = filled(np.where(found, np.nan, clean))
    return found & ~special


def _ridges(frame, least):
    """Return in how many of four directions samples exceed both sides by least, eq. (4)."""
    wide = np.pad(frame, 3, mode="edge")
    lines, samples = frame.shape
    count = np.zeros(frame.shape, np.uint8)
    for y, x in ((0, 1), (1, 0), (1, 1), (1, -1)):
        sides = []
        for sign in (-1, 1):
            beside = (
                wide[3 + sign * n * y : 3 + sign * n * y + lines, 3 + sign * n * x :][:, :samples]
                for n in (1, 2, 3)
            )
            sides.append(_middle(*beside))
        count += frame - np.maximum(*sides) > least
    return count


def filled(frames):
    """Return samples with each NaN interpolated in its line from the valid ones beside it."""
    flat = np.asarray(frames, np.float32).ravel()
    valid = np.isfinite(flat)
    if not valid.any():
        return np.zeros_like(frames)
    where = np.flatnonzero(~valid)
    out = flat.copy()
    out[where] = np.interp(where, np.flatnonzero(valid), flat[valid])
    return out.reshape(np.shape(frames))


def _beside(a, side):
    """Median of the three samples 2 to 4 columns beside each, NaN where one is."""
    return _middle(*(np.roll(a, -side * n, axis=-1) for n in (2, 3, 4)))


def _middle(x, y, z):
    return np.maximum(np.minimum(x, y), np.minimum(np.maximum(x, y), z))


def _median(a):
    """Median over the first axis, of what is valid."""
    if np.isfinite(a).all():
        return np.median(a, axis=0)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a pixel that is never valid
        return np.nanmedian(a, axis=0)
