"""A mosaic cut into tiles that fit a stated memory, and its tasks run by threads or workers."""

import os
import pickle
import tempfile

import numpy as np

from . import farm, mapresampled, mapwindow, mosaicjob, recipe
from .error import Error

CELLS = 1 << 17  # of a tile: its sums stay in the cache
TALL = 16  # reaches: a lower tile reads much around itself
NARROWEST = 4 * mapresampled.BLOCK  # samples of a tile
AHEAD = 3  # tiles to a thread that are done and not yet written (farm.AHEAD), and one that is


def windows(job, lines, samples=None):
    """Return the windows (line, lines, sample, samples) of tiles, in order."""
    samples = samples or job.grid.samples
    return [
        (i, min(lines, job.grid.lines - i), j, min(samples, job.grid.samples - j))
        for i in range(0, job.grid.lines, lines)
        for j in range(0, job.grid.samples, samples)
    ]


def appetite(job):
    """Return bytes of a task per cell of its tile, and per sample of the lines around that it
    reads."""
    bands, maps = job.bands, len(job.maps)
    result = AHEAD * 4 * (bands + job.track)
    if job.recipe:
        return recipe.appetite(job) + 2 * result, 0
    if job.priority == "MEDIAN":
        return 4 * bands * (maps + 3) + result + 24, 0
    if job.priority == "AVERAGE":
        return 30 * bands + 40 + result, 14 * bands * 2 * _around(job)
    return 40 * bands + 40 + result, 0


def _around(job):
    """Lines above a tile that are read for the weights."""
    return int(np.ceil(mapwindow.cells(job.grid, job.feather))) if job.feather else 0


def cut(job, memory, threads, more=0):
    """Return lines and samples of a tile, and threads, so that all fits memory (bytes).

    more  bytes of another task;  the number of threads falls before a tile gets narrower than the
    mosaic; what does not even fit then is an Error that says what is needed.
    """
    each, around = appetite(job)
    across, unit = job.grid.samples, job.unit
    whole = [recipe.bytes_(job) if job.recipe else 0, more]
    if job.recipe:
        whole.append(each * unit * across)

    def lines(threads, across):
        return int((memory / threads / across - around) / each) // unit * unit

    if max(whole) > memory or (job.recipe and lines(1, across) < unit):
        _too_small(memory, max(whole))
    while threads > 1 and (lines(threads, across) < unit or threads * max(whole) > memory):
        threads -= 1
    while lines(threads, across) < unit and across > NARROWEST:
        across = -(-(across // 2) // mapresampled.BLOCK) * mapresampled.BLOCK
    if lines(threads, across) < unit:
        _too_small(memory, (each * unit + around) * across)
    wanted = unit
    if not job.recipe:
        wanted = max(CELLS // across, 1)
        wanted = max(wanted, TALL * _around(job)) if job.priority == "AVERAGE" else wanted
        wanted = -(-wanted // unit) * unit
    return min(lines(threads, across), wanted), across, threads


def _too_small(memory, least):
    raise Error(f"MEMORY = {memory / 1e6:g} MB: this mosaic needs {np.ceil(least / 1e6):g} MB")


class Runner:
    """Runs tasks of a Job through the farm: by threads here, or on the workers of a cluster.

    A task is a function of (Job, or the path where it was kept; what it is to do).
    """

    def __init__(self, p, job):
        self.p, self.job, self.sent = p, job, 0

    def __call__(self, task, items):
        """Return an iterator of the results of a task over items, in their order."""
        job = self._ready()
        return farm.spread(self.p, task, [(job, item) for item in items])

    def blocks(self, task, items):
        """As a call, of a task that returns samples: on a cluster they come by files."""
        if not farm.shared(self.p):
            return self(task, items)
        job = self._ready()
        return map(_taken, farm.spread(self.p, filed, [(job, item, task) for item in items]))

    def _ready(self):
        """The Job, or on a cluster the path where it is kept as it is now."""
        if not farm.shared(self.p):
            return self.job
        path = os.path.join(self.job.folder, f"job-{self.sent}")
        self.sent += 1
        with open(path, "wb") as stream:
            pickle.dump(self.job, stream)
        return path


def filed(item):
    """Run a task that returns samples into a file beside the Job's; return its path."""
    path, work, task = item
    block = task((path, work))
    if block is None:
        return None
    folder = os.path.dirname(path)
    handle, part = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as stream:
        mosaicjob.store(stream, block)
    name = os.path.join(folder, f"{task.__name__}-{'-'.join(map(str, work))}.npy")
    os.replace(part, name)  # the same again, where a worker was lost and another made it
    return name


def _taken(path):
    """Return the samples of such a file, which is deleted; None for none."""
    if path is None:
        return None
    block = np.load(path)
    os.unlink(path)
    return block
