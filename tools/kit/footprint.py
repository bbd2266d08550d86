"""A map flattened by its own luminance, within its footprint: as the SP-I2I paper's map code does.

    x = v / (max(B[l], f) k)    where the mean of (l > p) over a box is 0.95 or more        (1)

l is the luminance, p its 1st percentile, B a low pass, f 2 % of its maximum (the night stays dark)
and k the median of l / max(B[l], f), so that maps are alike.  The luminance is the mean of the
valid bands, each over its mean in all maps: a cell with a saturated band has one, by the others.
Outside the footprint all is Null.
"""

from dataclasses import dataclass

import numpy as np

from . import picture, special

FLOOR = 0.02  # of the largest low pass of the luminance
DARKEST = 1.0  # percentile of the luminance that is no longer lit
SHARE = 0.95  # of a box that is lit, in the footprint
THIN = 1 << 20  # cells that tell means and percentiles


@dataclass(frozen=True)
class Level:
    """What eq. (1) needs of a whole map: p, f and k."""

    dark: float = np.inf
    floor: float = 1.0
    middle: float = 1.0


def luminance(v, means):
    """Return l of bands (bands, lines, samples), Null where no band is valid."""
    total, count = np.zeros(v.shape[1:], np.float32), np.zeros(v.shape[1:], np.float32)
    for band, mean in zip(v, means, strict=True):
        valid = ~np.isnan(band)
        np.add(total, band / np.float32(mean), out=total, where=valid)
        count += valid
    out = np.full_like(total, special.NULL)
    return np.divide(total, count, out=out, where=count > 0)


def lit(v, means, dark, width, wrap):
    """Return where at least SHARE of the box of width x width cells around is brighter than dark.

    v  (bands, lines, samples); a saturated cell is bright, Null is dark; beyond the first and last
       line there is nothing
    """
    import cv2

    reach = width // 2
    bright = (luminance(v, means) > np.float32(dark)) | picture.saturated(v).any(0)
    wide = bright.astype(np.float32)
    wide = np.pad(wide, ((0, 0), (reach, reach)), mode="wrap" if wrap else "constant")
    box = {"normalize": False, "borderType": cv2.BORDER_CONSTANT}
    inside = cv2.boxFilter(wide, -1, (width, width), **box)[:, reach : wide.shape[1] - reach]
    there = cv2.boxFilter(np.ones((v.shape[1], 1), np.float32), -1, (1, width), **box) * width
    return (inside >= SHARE * there) & bright


def flat(v, low, lit, level):
    """Return x of eq. (1), (bands, lines, samples); special samples keep their kind.

    low, lit  (lines, samples)
    """
    low = np.maximum(low, np.float32(level.floor)) * np.float32(level.middle)
    out = v / low
    np.copyto(out, v, where=np.isnan(v))
    np.copyto(out, special.NULL, where=~lit)
    return out


def step(lines, samples):
    """Return the step of a lattice of THIN cells of a map of so many lines and samples."""
    return max(1, int(np.sqrt(lines * samples / THIN)))


def means(v):
    """Return the means of bands (bands, n) where all are valid, and of how many cells."""
    whole = ~np.isnan(v).any(0)
    return v[:, whole].sum(1, dtype=np.float64) / max(whole.sum(), 1), int(whole.sum())


def together(found):
    """Return the mean of each band over all maps, of their `means`; 1 where it is not above 0."""
    counts = np.array([count for _, count in found], float)
    total = counts @ np.array([mean for mean, _ in found]) / max(counts.sum(), 1)
    return tuple(float(m) if m > 0 else 1.0 for m in total)


def percentile(light):
    """Return p of luminances (n,); infinity where none is above 0."""
    above = light[light > 0]
    return float(np.percentile(above, DARKEST)) if above.size else np.inf


def middle(ratios):
    """Return k of ratios (n,)."""
    above = ratios[ratios > 0]
    return float(np.median(above)) if above.size else 1.0
