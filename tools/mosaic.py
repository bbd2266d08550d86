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
    cubestream,
    equalize,
    farm,
    files,
    lattice,
    layout,
    mapset,
    mosaicjob,
    mosaiclabel,
    overlap,
    parm,
    recipepasses,
    tiling,
)
from perijove.kit.error import Error


def refuse(p):
    """Error where parameters do not go together."""
    paper, seams = p.RECIPE == "PAPER", p.RECIPE == "NOSEAM"
    box = p.given("SAMPLES") or p.given("LINES")
    for wrong, words in (
        (p.FROMLIST is not None and p.given("FROM"), "FROM and FROMLIST: give one of them"),
        (p.given("FEATHER") and p.PRIORITY != "AVERAGE", "FEATHER goes with PRIORITY = AVERAGE"),
        (p.given("MINCOUNT") and p.EQUALIZE == "NONE", "MINCOUNT goes with EQUALIZE"),
        (box and not seams, "SAMPLES and LINES are of RECIPE = NOSEAM"),
        (
            box and p.SIGMA is not None,
            "SIGMA is of a Gaussian, SAMPLES and LINES of a box: give one",
        ),
        (p.SIGMA is not None and p.RECIPE == "NONE", "SIGMA is of a RECIPE"),
        ((p.given("LIGHT") or p.given("CUT")) and not paper, "LIGHT and CUT are of RECIPE = PAPER"),
        (
            farm.shared(p) and p.TO == "-",
            "-cluster needs TO=file: tasks leave their tiles beside it",
        ),
    ):
        if wrong:
            raise Error(words)


def listed(p, folder):
    """The paths of the maps."""
    if p.FROMLIST is None:
        return cubestream.spooled("-", folder) if p.FROM == "-" else [p.FROM]
    paths = [row for row in files.rows(p.FROMLIST, "a list of maps, one path per line") if row]
    if not paths:
        raise Error(f"{p.FROMLIST}: no map is named: expected one path per line")
    return paths


def opened(p, paths):
    """MapFiles, the label they share, the Cube of the first without samples, what was left out."""
    failed = []

    def leave(path, error):
        files.tell(f"**{error.kind}** {p.tool}: {error}: left out")
        failed.append(path)

    goes_on = p.reserved.get("onerror") == "CONTINUE"
    found = mapset.opened(p.progress(paths, "labels"), leave if goes_on else None)
    if "errlist" in p.reserved:
        with files.output(p.reserved["errlist"], text=True) as out:
            out.write("".join(f"{path}\n" for path in failed).encode())
    left = found[2].band_names()
    left = [left[b] for b in range(len(left)) if b not in found[0][0].bands]
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


def widths(p, job):
    """What kit/recipe needs of the parameters; widths in cells."""
    if p.RECIPE == "NONE":
        return {}
    per_degree = job.grid.degree / job.grid.scale
    made = {"kind": p.RECIPE}
    if p.RECIPE == "PAPER":
        made["light"] = p.LIGHT * per_degree
        made["cut"] = 2 * int(p.CUT * per_degree / 2) + 1
    if p.RECIPE == "NOSEAM" and p.SIGMA is None:
        size = [p.SAMPLES, p.LINES]
        for name, n, most in zip(("SAMPLES", "LINES"), size, job.grid.shape[::-1], strict=True):
            if n is None or n % 2 == 0 or n > most:
                expected = f"an odd number up to {most}, or SIGMA"
                raise Error(f"RECIPE = NOSEAM: {name} = {n}: expected {expected}")
        return made | {"box": tuple(size)}
    made["filter"] = (p.SIGMA or 1.6) * per_degree
    for name, width in made.items():
        if name in ("light", "filter", "cut") and not 0.1 <= width <= max(job.grid.shape):
            raise Error(f"{name}: {width:g} cells: expected 0.1 to {max(job.grid.shape)}")
    return made


def equalized(p, run):
    """Solve gains and offsets (maps, bands) of the Job's maps by their overlaps."""
    job = run.job
    found = equalize.Overlaps(job.bands, len(job.maps))
    for maps, sums in run(overlap.sums, tiling.windows(job, overlap.unit(job))):
        found.add(maps, sums)
    names = [m.name for m in job.maps]
    job.gains, job.offsets = found.solved(p.EQUALIZE, p.MINCOUNT, names)
    groups = len(found.groups(p.MINCOUNT, names))
    if groups > 1:
        p.say(f"{groups} groups of maps do not overlap: equalized apart")
    p.say(
        f"gains {job.gains.min():.3f} to {job.gains.max():.3f}, "
        f"offsets {job.offsets.min():.3g} to {job.offsets.max():.3g}"
    )


@parm.tool
def main(p):
    refuse(p)
    beside = os.path.dirname(os.path.abspath(p.TO)) if farm.shared(p) else None
    with tempfile.TemporaryDirectory(dir=beside, prefix=".mosaic-") as folder:
        maps, label, first, failed = opened(p, listed(p, folder))
        grid = grid_of(p, maps)
        maps = tuple(mapset.placed(m, grid) for m in maps)
        if p.RECIPE == "PAPER" and not p.given("PRIORITY"):
            p.values["PRIORITY"] = "MEDIAN"
        job = mosaicjob.Job(maps, grid, p.PRIORITY, p.FEATHER, p.INTERP, p.TRACK, folder=folder)
        job.recipe = widths(p, job)
        with contextlib.closing(job.pool):
            made(p, job, label, first, failed)


def made(p, job, label, first, failed):
    """Make the mosaic of a Job."""
    alone, equal = len(job.maps) == 1, p.EQUALIZE != "NONE" and len(job.maps) > 1
    threads = 1 if farm.shared(p) else p.jobs
    lines, samples, p.reserved["jobs"] = tiling.cut(job, 1e6 * p.MEMORY, threads, equal)
    p.values["MEMORY"] = None  # left out of History: the mosaic is the same with any
    run = tiling.Runner(p, job)
    if equal:
        equalized(p, run)
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
