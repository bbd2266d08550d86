"""mosaic - many maps to one.

    AVERAGE   DN = sum w v / sum w                                              (1)
    MEDIAN    DN = median v                                                     (2)
    ONTOP, BENEATH, EMISSION   DN = v of one map, the last, the first, or the one that saw the cell
              most steeply                                                      (3)

over the maps valid in a cell, w falling to the edges of each map (kit/blend, kit/feather), v
equalized on their overlaps where that is asked for (kit/equalize), or what is fine of each with
what is broad of all (kit/recipe).  Maps are copied cell by cell where they lie on the mosaic's
lattice (kit/lattice), else resampled (kit/regrid).  The mosaic is made tile by tile; no map and no
mosaic is ever held (kit/mosaicjob).
"""

import contextlib
import os
import tempfile

import numpy as np

from perijove.kit import (
    canvas,
    equalize,
    farm,
    files,
    lattice,
    layout,
    mapregion,
    mapset,
    mosaicjob,
    mosaiclabel,
    parm,
    recipe,
    recipepasses,
    tiling,
)
from perijove.kit.error import Error


def refuse(p):
    """Error where parameters do not go together."""
    box = p.given("SAMPLES") or p.given("LINES")
    paper, sigma = p.given("LIGHT") or p.given("CUT"), p.SIGMA is not None
    for wrong, words in (
        (p.FROMLIST is not None and p.given("FROM"), "FROM and FROMLIST: give one of them"),
        (p.given("FEATHER") and p.PRIORITY != "AVERAGE", "FEATHER goes with PRIORITY = AVERAGE"),
        (p.given("MINCOUNT") and p.EQUALIZE == "NONE", "MINCOUNT goes with EQUALIZE"),
        (box and p.RECIPE != "NOSEAM", "SAMPLES and LINES are of RECIPE = NOSEAM"),
        (
            box and p.SIGMA is not None,
            "SIGMA is of a Gaussian, SAMPLES and LINES of a box: give one",
        ),
        (sigma and p.RECIPE == "NONE", "SIGMA is of a RECIPE"),
        (paper and p.RECIPE != "PAPER", "LIGHT and CUT are of RECIPE = PAPER"),
        (farm.shared(p) and p.TO == "-", "-cluster needs TO=file: tiles are left beside it"),
    ):
        if wrong:
            raise Error(words)


def opened(p, paths, pool):
    """MapFiles, the label they share, the Cube of the first without samples, what was left out."""
    failed, errors = [], p.reserved.get("errlist")
    for path in (p.FROMLIST, p.MAP, p.TO, *paths):
        if errors and path and os.path.abspath(path) == os.path.abspath(errors):
            raise Error(f"-errlist = {errors}: it would replace what is read or written")

    def leave(path, error):
        files.tell(f"**{error.kind}** {p.tool}: {error}: left out")
        failed.append(path)

    goes_on = p.reserved.get("onerror") == "CONTINUE"
    found = mapset.opened(p.progress(paths, "labels"), pool, leave if goes_on else None)
    if errors:
        with files.output(errors, text=True) as out:
            out.write("".join(f"{path}\n" for path in failed).encode())
    names = found[2].band_names()
    left = [names[b] for b in range(len(names)) if b not in found[0][0].bands]
    if left:
        p.say(f"bands that stay behind: {', '.join(left)}")
    return *found, failed


def grid_of(p, maps):
    """The Grid of the mosaic."""
    own = [m.grid for m in maps]
    if p.MAP is None:
        return lattice.union(own[0], own)
    middle = (own[0].minlat + own[0].maxlat) / 2, (own[0].minlon + own[0].maxlon) / 2, None
    return layout.wanted({}, own[0].target, own[0].radii, middle, p.use(p.MAP), own[0])


@parm.tool
def main(p):
    refuse(p)
    beside = os.path.dirname(os.path.abspath(p.TO)) if farm.shared(p) else None
    with (
        tempfile.TemporaryDirectory(dir=beside, prefix=".mosaic-") as folder,
        contextlib.closing(mapregion.Pool()) as pool,
    ):
        paths = mapset.listed(p.FROM, p.FROMLIST, folder)
        maps, label, first, failed = opened(p, paths, pool)
        grid = grid_of(p, maps)
        maps = tuple(mapset.placed(m, grid) for m in maps)
        if p.RECIPE == "PAPER" and not p.given("PRIORITY"):
            p.values["PRIORITY"] = "MEDIAN"
        job = mosaicjob.Job(maps, grid, p.PRIORITY, p.FEATHER, p.INTERP, p.TRACK, folder=folder)
        job.pool = pool
        box = (p.SAMPLES, p.LINES) if p.SAMPLES or p.LINES else None
        job.recipe = recipe.asked(p.RECIPE, grid, p.SIGMA, p.LIGHT, p.CUT, box)
        made(p, job, label, first, failed)


def made(p, job, label, first, failed):
    """Make the mosaic of a Job."""
    alone, equal = len(job.maps) == 1, p.EQUALIZE != "NONE" and len(job.maps) > 1
    more = equalize.bytes_(job) if equal else 0
    threads = 1 if farm.shared(p) else p.jobs  # of a worker each has MEMORY of its own
    lines, samples, threads = tiling.cut(job, 1e6 * p.MEMORY, threads, more)
    if not farm.shared(p):
        p.reserved["jobs"] = threads
    p.values["MEMORY"] = None  # left out of History: the mosaic is the same with any
    run = tiling.Runner(p, job)
    if equal:
        equalize.solve(run, p.EQUALIZE, p.MINCOUNT, p.say)
    root = mosaiclabel.made(job, label, p.EQUALIZE, p.RECIPE, failed)
    windows, task = tiling.windows(job, lines, samples), mosaicjob.tile
    if job.recipe:
        windows, task = recipepasses.windows(run, root)
    blobs = [*(first.blobs if alone else ()), mosaiclabel.images(job)]
    shape, seen = (job.bands + job.track, *job.grid.shape), 0
    with canvas.opened(p.TO, root, shape, p, blobs, first.history if alone else "") as out:
        for window, block in zip(windows, run.blocks(task, windows), strict=True):
            if block is not None:
                out.put(window[0], window[2], block)
                seen += int((~np.isnan(block[: job.bands])).any(0).sum())
    p.say(
        f"{job.grid.lines} lines, {job.grid.samples} samples of {len(job.maps)} "
        f"map{'s' * (not alone)}, {100 * seen / (job.grid.lines * job.grid.samples):.1f} % seen"
    )
