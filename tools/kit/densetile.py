"""The mean of maps where all of them are valid: at the speed of the memory.

Where no map has a hole or an edge as far as weights reach, all weigh the same (`feather`), and the
mean needs no weights: a few lines of one band of one map after the other pass through the cache.
"""

import numpy as np

from . import mapwindow
from .mapregion import MOST

CELLS = 1 << 17  # looked at together: they and their sums stay in the cache


def made(job, window):
    """Return a window (bands, lines, samples) of a Job's mean; None where it is not dense."""
    line, lines, sample, samples = window
    reach = int(np.ceil(mapwindow.cells(job.grid, job.feather))) if job.feather else 0
    if samples != job.grid.samples or len(job.maps) > MOST:
        return None
    if not all(_covers(m, line, lines, samples, reach) for m in job.maps):
        return None
    step = max(1, CELLS // samples)
    out, total = np.empty((job.bands, lines, samples), np.float32), np.empty((step, samples))
    for top, bottom, inside in _rows(lines, reach, step):
        for band in range(job.bands):
            if not _added(job, line + top, line + bottom, band, total if inside else None):
                return None
            if inside:
                sums = total[: bottom - top]
                np.divide(sums, len(job.maps), out=out[band, top:bottom], casting="same_kind")
    return out


def _covers(m, line, lines, samples, reach):
    """Whether a map has whole lines of a window and no edge near; what is read tells the rest."""
    if not m.place or m.place[1] or samples != m.grid.samples or (reach and not m.whole):
        return False
    above, below = (reach if edge else 0 for edge in m.ends)
    first, last = m.place[0], m.place[0] + m.grid.lines
    return first <= line - above and line + lines + below <= last


def _rows(lines, reach, step):
    """Yield (line, line after the last, whether they belong to the window), those around first."""
    for low, high in ((-reach, 0), (lines, lines + reach), (0, lines)):
        for top in range(low, high, step):
            yield top, min(top + step, high), high == lines


def _added(job, top, bottom, band, total):
    """Whether all maps are valid in some lines of a band; total (lines, samples): their sum."""
    import cv2

    samples = job.grid.samples
    if total is not None:
        total[...] = 0
    for m in job.maps:
        start, stop = max(top - m.place[0], 0), min(bottom - m.place[0], m.grid.lines)
        if start >= stop:  # beyond a pole
            continue
        with job.pool.region(m.path) as region:
            bands = m.bands[band : band + 1]
            v = region.floats(start, stop - start, 0, samples, bands)
        if (total is None or m is job.maps[0]) and np.isnan(v.max()):
            return False
        if total is not None:
            job.adjust(v, m, [band])
            cv2.accumulate(v[0], total[: stop - start])
    return total is None or not np.isnan(total.max())  # one NaN makes a sum one
