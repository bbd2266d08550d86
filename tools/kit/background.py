"""The additive level of an image, where the camera did not take it off.

The camera subtracts its bias and clips, so that dark columns of undamaged images are DN 0, and
what stands below 0 is lost.  After radiation damage a background of tens of DN stays, in the dark
columns as in the sky.
"""

import numpy as np

from .error import Error

# Clean dark columns, half open: those beside the photoactive ones catch light, the first four
# and the last of the line show the start and end of the read-out (products 43C00078, 44C00029).
DARK = (4, 16), (1633, 1647)
BLOCK = 16  # px, side of the blocks that may be sky
SHARE = 0.03  # of the blocks must be sky


def level(dn):
    """Return the median of DN, interpolated within its step; the lowest step is taken as it is.

    DN come in steps of companding, and half of them may be equal: the median then lies within
    its step by how many are below and above.  What is below the lowest DN was clipped.
    """
    values, counts = np.unique(dn[np.isfinite(dn)], return_counts=True)
    if not len(values):
        return np.nan
    below = np.cumsum(counts) - counts
    half = counts.sum() / 2
    k = int(np.searchsorted(below, half)) - 1
    if k < 1:
        return float(values[0])
    low = (values[k - 1] + values[k]) / 2
    high = (values[k] + values[k + 1]) / 2 if k + 1 < len(values) else 2 * values[k] - low
    return float(low + (high - low) * (half - below[k]) / counts[k])


def columns(frames, summing=1):
    """Return the level of the dark columns of each framelet, (frames,) DN.

    frames  (frames, lines, samples) DN, all columns; summing mode of the samples
    """
    which = np.concatenate([np.arange(-(-a // summing), b // summing) for a, b in DARK])
    found = [level(frame) for frame in frames[..., which]]
    if not np.isfinite(found).all():
        raise Error("a framelet has no valid sample in its dark columns")
    return np.array(found, np.float32)


def sky(frames):
    """Return the level of the unlit part of a band, the sky and the night side, DN.

    frames  (frames, lines, samples) DN, photoactive columns only, all of one level

    The medians of 16 x 16 blocks pile up where nothing shines.  As many as SHARE of them must lie
    as close to the darkest level as the noise of a block lets them, else it is an Error.
    """
    nf, lines, samples = (n - n % BLOCK if k else n for k, n in enumerate(frames.shape))
    core = frames[:, :lines, :samples].reshape(nf, lines // BLOCK, BLOCK, samples // BLOCK, BLOCK)
    core = core.swapaxes(2, 3).reshape(-1, BLOCK * BLOCK)
    core = core[np.isfinite(core).all(axis=1)]
    if not len(core):
        raise Error(f"BACKGROUND = SKY: no {BLOCK} x {BLOCK} block is without special pixels")
    medians = np.median(core, axis=1)
    dark = np.percentile(medians, 100 * SHARE)
    core_dark = core[medians <= dark]
    noise = 1.4826 * np.median(np.abs(core_dark - np.median(core_dark, axis=1, keepdims=True)))
    width = max(1.0, 4 * 1.2533 * float(noise) / BLOCK)  # 4 sigma of a block's median, or a step
    for _ in range(3):
        pile = np.abs(medians - dark) <= width
        dark = np.median(medians[pile])
    if pile.mean() < SHARE:
        raise Error(
            f"BACKGROUND = SKY: no sky is seen: {100 * pile.mean():.1f} % of the blocks lie "
            f"within {width:.1f} DN of the darkest level, {dark:.1f} DN"
        )
    return level(core[pile])
