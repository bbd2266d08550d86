"""The passes of a `recipe` over the maps, each of tasks that know nothing of each other.

PAPER: levels of each map.  Then, by a Gaussian: low passes of each map.  Then tiles of M[x_m] and
M[x_m - B[x_m]], into a file; low passes of the former; their sum.
"""

import os

import numpy as np

from . import blend, canvas, footprint, picture, tiling
from .label import Node
from .mosaicjob import loaded, with_track
from .recipe import box, fine, frame, keep, low_pass, prepared, restored, strips


def windows(run, root):
    """Run all passes but the last; return the windows and the task that make the mosaic.

    run   a tiling.Runner;  root  label of the mosaic
    """
    job = run.job
    each = range(len(job.maps))
    if job.recipe["kind"] == "PAPER":
        job.recipe["means"] = footprint.together(list(run(means, each)))
        levels = list(run(level, each))
        job.recipe["level"] = {m.number: one for m, one in zip(job.maps, levels, strict=True)}
    if "filter" in job.recipe:
        list(run(broad, each))
    tiles = tiling.windows(job, job.unit)
    path = os.path.join(job.folder, "spool.cub")
    shape = 2 * job.bands + 1, *job.grid.shape
    with canvas.opened(path, Node(items=root.items), shape) as spool:
        for window, block in zip(tiles, run.blocks(twice, tiles), strict=True):
            spool.put(window[0], window[2], block)
    job.recipe["spool"] = path
    if "filter" in job.recipe:
        list(run(joined, range(job.bands)))
    return tiles, summed


def means(item):
    """Return the means of the bands of a map, and of how many cells."""
    job = loaded(item[0])
    thin, _ = thinned(job, job.maps[item[1]])
    return footprint.means(thin.reshape(job.bands, -1))


def thinned(job, m):
    """Return cells of a lattice of a map (bands, lines, samples), and its lines on the mosaic."""
    step = footprint.step(*job.grid.shape)
    lines = range(0, job.grid.lines, step)
    return np.stack([frame(job, m, line, 1)[:, 0, ::step] for line in lines], 1), lines


def level(item):
    """Keep the low pass of a map's luminance; return its footprint.Level."""
    job = loaded(item[0])
    m, means = job.maps[item[1]], job.recipe["means"]
    thin, lattice = thinned(job, m)
    light = footprint.luminance(thin, means)
    low = low_pass(job, job.recipe["light"])
    for line, lines in strips(job):
        low.add(line, footprint.luminance(frame(job, m, line, lines), means))
    low.done()
    keep(job, f"light-{m.number}", [low])
    floor = footprint.FLOOR * max(float(low.mean.max()), 1e-30)
    under = np.stack([low.strip(line, 1)[0, :: lattice.step] for line in lattice])
    ratios = light / np.maximum(under, np.float32(floor))
    return footprint.Level(footprint.percentile(light.ravel()), floor, footprint.middle(ratios))


def broad(item):
    """Keep the low passes B[x_m] of the bands of a map."""
    job = loaded(item[0])
    m = job.maps[item[1]]
    lows = [low_pass(job, job.recipe["filter"]) for _ in range(job.bands)]
    for line, lines in strips(job):
        for low, band in zip(lows, prepared(job, m, line, lines), strict=True):
            low.add(line, band)
    for low in lows:
        low.done()
    keep(job, f"broad-{m.number}", lows)


def twice(item):
    """Return M[x_m], M[x_m - B[x_m]] and counts or numbers in a window, (2 bands + 1, lines,
    samples)."""
    job, window = loaded(item[0]), item[1]
    line, lines, _, samples = window
    kind = {"AVERAGE": blend.Average, "MEDIAN": blend.Median}.get(job.priority, blend.Best)
    mix, steep = kind((2 * job.bands, lines, samples)), job.priority == "EMISSION"
    for i, m in job.ranked:
        both, w = fine(job, m, line, lines)
        if np.isnan(both).all() and not picture.saturated(both).any():
            continue
        if kind is not blend.Best:
            mix.add(both, w)
            continue
        e = np.full((lines, samples), i, np.float32)
        for part in job.parts(m, window, None, True) if steep else ():
            for to, at, n in part.places:
                rows = slice(part.line, part.line + part.v.shape[1])
                e[rows, to : to + n] = part.e[:, at : at + n]
        mix.add(both, e, m.number)
    return with_track(*mix.result())


def joined(item):
    """Keep the low pass of a band of M[x_m], by a Gaussian."""
    job, band = loaded(item[0]), item[1]
    low = low_pass(job, job.recipe["filter"])
    with job.pool.region(job.recipe["spool"]) as region:
        for line, lines in strips(job):
            low.add(line, region.read(line, lines, bands=[band])[0])
    low.done()
    keep(job, f"mosaic-{band}", [low])


def summed(item):
    """Return the sum, eq. (1) of `recipe`, in a window (bands, lines, samples)."""
    job, (line, lines, _, _) = loaded(item[0]), item[1]
    bands = list(range(job.bands))
    with job.pool.region(job.recipe["spool"]) as region:
        rest = [job.bands + b for b in bands] + [2 * job.bands] * job.track
        out = region.read(line, lines, bands=rest)
        if "box" in job.recipe:
            wide, tall = job.recipe["box"]
            first, last = max(line - tall // 2, 0), min(line + lines + tall // 2, job.grid.lines)
            v = region.read(first, last - first, bands=bands)
            low = [box(a, wide, tall, job.wraps)[line - first :][:lines] for a in v]
        else:
            width = job.recipe["filter"]
            low = [restored(job, f"mosaic-{b}", width)[0].strip(line, lines) for b in bands]
    for band, under in zip(out, low, strict=False):
        np.add(band, under, out=band, where=~np.isnan(band))
    return out
