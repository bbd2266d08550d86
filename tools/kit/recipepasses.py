"""The passes of a `recipe` over the maps, each of tasks that know nothing of each other.

PAPER: levels of each map.  Then, by a Gaussian: low passes of each map.  Then tiles of M[x_m] and
M[x_m - B[x_m]], into a file; low passes of the former; their sum.
"""

import os

import numpy as np

from . import blend, canvas, footprint, mapwindow, special, tiling
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
            if block is not None:
                spool.put(window[0], window[2], block)
    job.recipe["spool"] = path
    if "filter" in job.recipe:
        list(run(joined, range(job.bands)))
    return tiles, summed


def means(item):
    """Return the means of the bands of a map, and of how many cells."""
    job = loaded(item[0])
    found = [np.empty((job.bands, 0), np.float32)]
    for line, _, v in _strips(job, job.maps[item[1]], frame):
        found.append(v[(slice(None), *_thin(job, line))].reshape(job.bands, -1))
    return footprint.means(np.concatenate(found, 1))


def _strips(job, m, made):
    """Yield line, lines and (bands, lines, samples) of a map where it has something."""
    for line, lines in strips(job):
        v = made(job, m, line, lines)
        if v is not None:
            yield line, lines, v


def _thin(job, line):
    """Return the lines and samples, slices, of a lattice of cells, in lines from one on."""
    step = footprint.step(*job.grid.shape)
    return slice(-line % step, None, step), slice(None, None, step)


def level(item):
    """Keep the low pass of a map's luminance; return its footprint.Level."""
    job = loaded(item[0])
    m, means = job.maps[item[1]], job.recipe["means"]
    low, found = low_pass(job, job.recipe["light"]), []
    for line, lines, v in _strips(job, m, frame):
        light = footprint.luminance(v, means)
        _fed(job, [low], line, [light])
        found.append((line, lines, light[_thin(job, line)]))
    _done(job, [low])
    keep(job, f"light-{m.number}", [low])
    floor = footprint.FLOOR * max(float(low.mean.max()), 1e-30)
    ratios = [np.zeros(0)]
    for line, lines, light in found:
        under = low.strip(line, lines)[_thin(job, line)]
        ratios.append((light / np.maximum(under, np.float32(floor))).ravel())
    light = np.concatenate([np.zeros(0), *(light.ravel() for *_, light in found)])
    middle = footprint.middle(np.concatenate(ratios))
    return footprint.Level(footprint.percentile(light), floor, middle)


def broad(item):
    """Keep the low passes B[x_m] of the bands of a map."""
    job = loaded(item[0])
    m = job.maps[item[1]]
    lows = [low_pass(job, job.recipe["filter"]) for _ in range(job.bands)]
    for line, _, v in _strips(job, m, prepared):
        _fed(job, lows, line, v)
    _done(job, lows)
    keep(job, f"broad-{m.number}", lows)


def _fed(job, lows, line, bands):
    """Give lines of bands to their LowPasses, and Null for those before that were left out."""
    empty = np.full((job.unit, job.grid.samples), special.NULL, np.float32)
    for low, band in zip(lows, bands, strict=True):
        while low.at < line:
            low.add(low.at, empty[: line - low.at])
        low.add(line, band)


def _done(job, lows):
    """Blur LowPasses of which the last lines may have been left out."""
    _fed(job, lows, job.grid.lines, [np.empty((0, job.grid.samples), np.float32)] * len(lows))
    for low in lows:
        low.done()


def twice(item):
    """Return M[x_m], M[x_m - B[x_m]] and counts or numbers in a window, (2 bands + 1, lines,
    samples); None where there is nothing."""
    job, window = loaded(item[0]), item[1]
    line, lines, _, samples = window
    kind = {"AVERAGE": blend.Average, "MEDIAN": blend.Median}.get(job.priority, blend.Best)
    mix, steep = None, job.priority == "EMISSION"
    for i, m in job.ranked:
        made = fine(job, m, line, lines)
        if made is None:
            continue
        both, w = made
        mix = mix or kind((2 * job.bands, lines, samples))
        if kind is not blend.Best:
            mix.add(both, w)
            continue
        e = np.full((lines, samples), i, np.float32)
        for part in job.parts(m, window, None, True) if steep else ():
            for to, at, n in part.places:
                rows = slice(part.line, part.line + part.v.shape[1])
                e[rows, to : to + n] = part.e[:, at : at + n]
        mix.add(both, e, m.number)
    return mix and with_track(*mix.result())


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
    """Return the sum, eq. (1) of `recipe`, in a window (bands, lines, samples); None where there is
    nothing."""
    job, (line, lines, _, _) = loaded(item[0]), item[1]
    bands = list(range(job.bands))
    with job.pool.region(job.recipe["spool"]) as region:
        rest = [job.bands + b for b in bands] + [2 * job.bands] * job.track
        out = region.read(line, lines, bands=rest)
        if mapwindow.empty(out):
            return None
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
