"""Seam-free mosaics: what is broad from a mosaic, what is fine from each map.

With B[x] the low pass of a picture x, M[x_m] the mosaic of maps x_m,

    DN = B[M[x_m]] + M[x_m - B[x_m]]                                            (1)

so a seam of M[x_m] is spread over the width of B.  NOSEAM is ISIS's noseam: x_m is the map, B the
mean over a box of SAMPLES x LINES, or a Gaussian.  PAPER is what the map code of the SP-I2I paper
does: M the median, x_m the map over its own luminance within its footprint (`footprint`).  Low
passes are over valid cells alone (`gaussian`), and go round the globe.
"""

import os

import numpy as np

from . import feather, footprint, gaussian, mapresampled, mapwindow, mosaicjob, special
from .error import Error

SIGMA = {"PAPER": 1.6, "NOSEAM": 4.0}  # degrees


def asked(kind, grid, sigma=None, light=None, cut=None, box=None):
    """Return what a Job needs of a recipe on a Grid, widths in cells; empty for NONE.

    sigma, light, cut  degrees;  box  samples and lines of NOSEAM's, None: a Gaussian
    """
    cells, most = grid.degree / grid.scale, max(grid.shape)
    if kind == "NONE":
        return {}
    if box:
        for name, n, end in zip(("SAMPLES", "LINES"), box, grid.shape[::-1], strict=True):
            if n is None or n % 2 == 0 or n > end:
                raise Error(f"RECIPE = NOSEAM: {name} = {n}: expected an odd number up to {end}")
        return {"kind": kind, "box": tuple(box)}
    made = {"kind": kind, "filter": (SIGMA[kind] if sigma is None else sigma) * cells}
    if kind == "PAPER":
        made |= {"light": light * cells, "cut": 2 * int(cut * cells / 2) + 1}
    for name, width in zip(("SIGMA", "LIGHT", "CUT"), list(made.values())[1:], strict=False):
        if not 0.1 <= width <= most:
            raise Error(f"{name}: {width:g} cells of this mosaic: expected 0.1 to {most}")
    return made


def appetite(job):
    """Return bytes of a task per cell of its tile: x_m and x_m - B[x_m] with what is around."""
    bands, recipe = job.bands, job.recipe
    far = 2 * mapwindow.cells(job.grid, job.reach) if job.reach else 0
    around = 1 + (max(recipe.get("box", (0, 0))[1], far) + recipe.get("cut", 0)) / job.unit
    held = len(job.maps) if job.priority == "MEDIAN" else 3
    return int(around * (4 * bands + 60) + 24 * bands + 2 * bands * (4 * held + 20) + 24)


def bytes_(job):
    """Return what the low passes of a map take at their making, bytes."""
    if "filter" not in job.recipe:
        return 0
    blocks = [gaussian.block(job.recipe[key]) for key in ("filter", "light") if key in job.recipe]
    plane = 4.0 * job.grid.lines * job.grid.samples / min(blocks) ** 2
    return (3 * job.bands + 5) * plane


def frame(job, m, line, lines):
    """Return lines of a map as they lie on the mosaic (bands, lines, samples), Null where it has
    nothing; None where it has nothing at all; lines above and below the mosaic are left out."""
    top, bottom = max(line, 0), min(line + lines, job.grid.lines)
    unit, v = 1 if m.place else mapresampled.BLOCK, None
    start, stop = top - top % unit, min(-(-bottom // unit) * unit, job.grid.lines)
    for part in job.parts(m, (start, stop - start, 0, job.grid.samples)):
        above = start + part.line
        first, last = max(above, top), min(above + part.v.shape[1], bottom)
        if v is None:
            v = np.full((job.bands, bottom - top, job.grid.samples), special.NULL, np.float32)
        for to, at, n in part.places if first < last else ():
            rows = part.v[:, first - above : last - above, at : at + n]
            v[:, first - top : last - top, to : to + n] = rows
    return v


def prepared(job, m, line, lines):
    """Return x_m of eq. (1) in lines of the mosaic (bands, lines, samples), as `frame` does."""
    if job.recipe["kind"] == "NOSEAM":
        return frame(job, m, line, lines)
    top, bottom = max(line, 0), min(line + lines, job.grid.lines)
    reach, level = job.recipe["cut"] // 2, job.recipe["level"][m.number]
    v = frame(job, m, top - reach, bottom - top + 2 * reach)
    if v is None:
        return None
    inner = slice(min(reach, top), min(reach, top) + bottom - top)
    lit = footprint.lit(v, job.recipe["means"], level.dark, job.recipe["cut"], job.wraps)[inner]
    if not lit.any():
        return None
    low = restored(job, f"light-{m.number}", job.recipe["light"])[0].strip(top, bottom - top)
    return footprint.flat(v[:, inner], low, lit, level)


def low_pass(job, width):
    """Return an empty LowPass of the mosaic; width cells, sigma."""
    return gaussian.LowPass(job.grid.lines, job.grid.samples, width, job.wraps)


def keep(job, name, lows):
    """Keep the means of LowPasses for other tasks: written beside and renamed."""
    path = os.path.join(job.folder, name + ".npy")
    part = f"{path}.{os.urandom(4).hex()}"
    with open(part, "wb") as stream:
        mosaicjob.store(stream, np.stack([low.mean for low in lows]))
    os.replace(part, path)


def restored(job, name, width):
    """Return the LowPasses, one per band, whose means a task has kept."""
    means = np.load(os.path.join(job.folder, name + ".npy"), mmap_mode="r")
    shape = job.grid.lines, job.grid.samples, width, job.wraps
    return [gaussian.LowPass.restored(*shape, mean) for mean in means]


def strips(job):
    """Yield line and lines of the units of the mosaic."""
    for line in range(0, job.grid.lines, job.unit):
        yield line, min(job.unit, job.grid.lines - line)


def fine(job, m, line, lines):
    """Return x_m and x_m - B[x_m] in lines of the mosaic, (2 bands, lines, samples), and weights
    (lines, samples) by the distance to where x_m ends; None where there is nothing."""
    wide, tall = job.recipe.get("box", (1, 1))
    far = mapwindow.cells(job.grid, job.reach) if job.reach else 0
    reach = max(tall // 2, int(np.ceil(far)))
    v, first = prepared(job, m, line - reach, lines + 2 * reach), min(reach, line)
    rows = slice(first, first + lines)
    if v is None or mapwindow.empty(v[:, rows]):
        return None
    if "box" in job.recipe:
        low = np.stack([box(band, wide, tall, job.wraps)[rows] for band in v])
    else:
        lows = restored(job, f"broad-{m.number}", job.recipe["filter"])
        low = np.stack([one.strip(line, lines) for one in lows])
    w = np.ones(low.shape[1:], np.float32)
    if far:  # what ends with the mosaic leaves no seam
        sides = feather.Sides(job.wraps, False, False, False, False)
        w = sides.weights(~np.isnan(v).any(0), far, rows)
    v = v[:, rows]
    np.subtract(v, low, out=low)
    np.copyto(low, v, where=np.isnan(v))
    return np.concatenate([v, low]), w


def box(plane, wide, tall, wrap):
    """Return the mean of the valid cells among wide x tall of a plane (lines, samples), NaN: none.

    wide, tall  cells, odd;  wrap  the last sample meets the first
    """
    import cv2

    valid, sums, reach = ~np.isnan(plane), [], wide // 2
    for a in (np.where(valid, plane, 0).astype(np.float64), valid.astype(np.float64)):
        a = np.pad(a, ((0, 0), (reach, reach)), mode="wrap" if wrap else "constant")
        size = {"ksize": (wide, tall), "normalize": False, "borderType": cv2.BORDER_CONSTANT}
        sums.append(cv2.boxFilter(a, -1, **size)[:, reach : a.shape[1] - reach])
    total, count = sums[0], np.rint(sums[1])
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean.astype(np.float32)
