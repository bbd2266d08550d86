"""A map flattened by its own luminance, within its footprint: as the SP-I2I paper's map code does.

    x = v / (max(B[l], f) k)    where l > p in half of the map's cells within a disc        (1)

l is the luminance, p its 1st percentile, B a low pass, f 2 % of its maximum (the night stays dark)
and k the median of l / max(B[l], f), so that maps are alike.  The luminance is the mean of the
valid bands, each over its mean in all maps: a cell with a saturated band has one, by the others.
What lies beyond the edge of the map is not counted, so that only the dark bounds it.  Outside the
footprint all is Null.
"""

from dataclasses import dataclass

import numpy as np

from . import picture, special

FLOOR = 0.02  # of the largest low pass of the luminance
DARKEST = 1.0  # percentile of the luminance that is no longer lit
SHARE = 0.5  # of a disc that is lit, in the footprint
THIN = 1 << 17  # cells that tell means and percentiles


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
    """Return the cells of a map of which at least SHARE of those within a disc are bright.

    v  (bands, lines, samples); a saturated cell is bright, one that is Null in all bands is none;
       beyond the first and last line there is nothing
    dark  l above which a cell is bright;  width  of the disc, cells, odd
    """
    import cv2

    reach = width // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = (np.hypot(x, y) <= width / 2).astype(np.float32)
    there = (v.view(np.uint32) != special.NULL.view(np.uint32)).any(0)
    bright = (luminance(v, means) > np.float32(dark)) | picture.saturated(v).any(0)
    counts = []
    for a in (bright, there):
        a = np.pad(a, ((0, 0), (reach, reach)), mode="wrap" if wrap else "constant")
        a = cv2.filter2D(a.astype(np.float32), -1, disc, borderType=cv2.BORDER_CONSTANT)
        counts.append(np.rint(a[:, reach : a.shape[1] - reach]))
    return (counts[0] >= np.float32(SHARE) * counts[1]) & there


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
