"""Stray light of the methane band: columns lit by what the visible filters see.

Methane is exposed for a tenth of a second, long enough for the bright planet in the visible
filters to leak along the columns of the CCD, all lines of a framelet alike:

    D(f, l, s) = signal + S(f, s)                                                           (1)
    S(f, s) = sum over k of w_k P(f + k, s),    w_k >= 0,  k = -REACH .. REACH, not 0         (2)

D the DN of frame f, line l and sample s; P the mean over the lines of the planet in frame f + k,
which stands in front of the other filters some frames before or after methane's.  S is measured
where a column shows sky; there w is found (non-negative least squares), and (2) tells S where
the planet fills the column.
"""

import numpy as np

from .error import Error

GROUP, PARTS, REACH = 8, 4, 6  # columns taken together; parts of a column compared; frames
FLAT = 0.45  # DN by which the parts of a column of sky may differ
FAINT = 0.5  # DN below which stray light is not told from the sky


def profile(frames):
    """Return S (f, samples), DN, and by how much eq. (2) misses it on the sky, DN, 1 sigma.

    frames  (f, lines, samples) DN, bias-free, photoactive columns, special pixels NaN

    A band with hardly any sky is an Error.
    """
    level = _levels(frames)  # (f, parts, groups)
    dark = level.min(axis=1)
    sky = np.ptp(level, axis=1) < FLAT + 0.1 * np.maximum(dark, 0)
    sky &= dark < 0.25 * np.percentile(level, 99.5) + FAINT
    wide = np.pad(sky, ((0, 0), (1, 1)), mode="edge")
    sky = wide[:, :-2] & sky & wide[:, 2:]  # a limb along the lines is flat as well
    if len(frames) < 3 or sky.mean() < 0.1:
        raise Error("STRAY: the band shows too little sky to measure stray light")
    mean = level.mean(axis=1)
    unlit = np.sort(np.where(sky, mean, np.inf), axis=0)[1]  # the second lowest frame
    mean -= np.where(np.isfinite(unlit), unlit, np.median(unlit[np.isfinite(unlit)]))
    predicted, sky, sigma = _predict(mean, sky)
    found = np.repeat(np.where(sky, mean, predicted), GROUP, axis=1)
    short = frames.shape[2] - found.shape[1]
    return np.pad(found, ((0, 0), (0, short)), mode="edge").astype(np.float32), sigma


def flagged(frames, stray, share):
    """Return where S (f, samples) is more than a share of the DN (f, lines, samples)."""
    import cv2

    around = np.stack([cv2.medianBlur(np.nan_to_num(f, nan=np.inf), 5) for f in frames])
    return (stray[:, None] > FAINT) & (stray[:, None] > share * around)


def _levels(frames):
    """Mean of each part of each group of columns, spikes left out, (f, parts, groups)."""
    nf, lines, samples = frames.shape
    core = frames[:, : lines - lines % PARTS, : samples - samples % GROUP]
    core = core.reshape(nf, PARTS, lines // PARTS, samples // GROUP, GROUP).swapaxes(2, 3)
    core = core.reshape(nf, PARTS, samples // GROUP, -1)
    middle = np.median(np.nan_to_num(core), axis=-1, keepdims=True)
    near = np.abs(core - middle) <= 4 + 0.5 * np.abs(middle)  # False where special
    return np.where(near, core, 0).sum(axis=-1) / np.maximum(near.sum(axis=-1), 1)


def _predict(mean, sky):
    """S by eq. (2), (f, groups), where it is right on the sky, and its scatter there, DN.

    A terminator that runs along the columns is as flat as sky, but (2) cannot explain it.
    """
    from scipy.optimize import nnls

    planet = np.where(sky, 0, np.maximum(mean, 0))
    wide = np.pad(planet, ((REACH, REACH), (0, 0)))
    lags = [wide[REACH + k :][: len(mean)] for k in range(-REACH, REACH + 1) if k]
    seen, right = np.stack(lags, axis=-1), sky
    for _ in range(5):
        weights, _ = nnls(seen[right], np.maximum(mean, 0)[right])
        predicted = seen @ weights
        left = np.abs(mean - predicted)
        shone = right & (np.maximum(mean, predicted) > FAINT)
        sigma = 1.4826 * float(np.median(left[shone])) if shone.any() else 0.0
        right = sky & (left <= max(FAINT, 3 * sigma))
    return predicted, right, sigma
