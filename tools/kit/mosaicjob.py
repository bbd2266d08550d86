"""What a mosaic is made of, and how a window of it is made.

A Job holds file names and numbers, no samples and no open file, so a window can be made by any
thread or worker: a task reads its windows of the maps and returns its part of the mosaic.  Nothing
that is computed depends on how the mosaic is cut: sums are exact (`blend`), distances are known far
enough (`feather`), and what depends on a lattice of cells (`regrid`, boxes) keeps to units of lines
from the first one.
"""

import os
import pickle
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from . import blend, densetile, files, lattice, mapresampled, mapwindow, special
from .error import IoError
from .mapregion import Pool

UNIT = {"copied": 1, "recipe": 64, "resampled": mapresampled.BLOCK}  # lines


@dataclass
class Job:
    """A mosaic to be made.

    maps      MapFiles, in the order of the list;  grid  of the mosaic
    priority  AVERAGE, MEDIAN, ONTOP, BENEATH or EMISSION
    feather   degrees;  interp  for maps that are resampled;  track  a band more
    gains, offsets  (maps, bands), None: as they are
    recipe    what `recipe` needs, empty without one
    folder    of files that tasks leave for each other
    """

    maps: tuple
    grid: object
    priority: str = "AVERAGE"
    feather: float = 0.0
    interp: str = "BILINEAR"
    track: bool = False
    gains: np.ndarray = None
    offsets: np.ndarray = None
    recipe: dict = field(default_factory=dict)
    folder: str = None
    pool: Pool = field(default_factory=Pool, repr=False)

    def __post_init__(self):
        self.turn = lattice.period(self.grid)

    def __getstate__(self):
        return self.__dict__ | {"pool": None}

    def __setstate__(self, state):
        self.__dict__ = state | {"pool": Pool()}

    @property
    def bands(self):
        return len(self.maps[0].names)

    @property
    def wraps(self):
        """True where the mosaic's last sample meets its first."""
        return self.turn == self.grid.samples

    @property
    def unit(self):
        """Lines that windows begin at multiples of."""
        if any(m.place is None for m in self.maps):
            return UNIT["resampled"]
        return UNIT["recipe"] if self.recipe else UNIT["copied"]

    @property
    def reach(self):
        """Degrees over which weights fade; None where there are no weights."""
        return self.feather if self.priority == "AVERAGE" else None

    @property
    def ranked(self):
        """The maps, and e of eq. (3) of `blend` where it is one for all cells of a map."""
        maps = self.maps[::-1] if self.priority == "ONTOP" else self.maps
        return list(enumerate(maps))

    def parts(self, m, window, reach=None, emission=False):
        """Yield the Parts of a map in a window, equalized; see mapwindow."""
        where = self.pool, m, self.grid, self.turn, window
        for part in mapwindow.parts(*where, reach, emission, self.interp):
            self.adjust(part.v, m, range(self.bands))
            yield part

    def adjust(self, v, m, bands):
        """Equalize bands (n, lines, samples) of a map in place; special samples stay."""
        if self.gains is None:
            return
        at = m.number - 1, bands
        for band, g, o in zip(v, self.gains[at], self.offsets[at], strict=True):
            if g != 1:
                np.multiply(band, np.float32(g), out=band)
            if o != 0:
                np.add(band, np.float32(o), out=band)


def loaded(job):
    """Return a Job, given one or the path where it was kept."""
    return job if isinstance(job, Job) else _unpickled(job, os.stat(job).st_mtime_ns)


@lru_cache(maxsize=2)
def _unpickled(path, _):
    with open(path, "rb") as stream:
        return pickle.load(stream)


def tile(item):
    """Return a window of the mosaic (bands, lines, samples), None where it is all Null.

    item  (Job, or the path where it was kept, window);  window  line, lines, sample, samples
    """
    job, window = loaded(item[0]), item[1]
    made = mixed(job, window)
    if made is None:
        return None
    core, counted = made
    return with_track(core, counted) if job.track else core


def with_track(core, counted):
    """Return bands with one more: counts or numbers of maps, Null for 0."""
    counted = np.where(counted > 0, counted, special.NULL).astype(np.float32)
    return np.concatenate([core, counted[None]])


def mixed(job, window):
    """Return DN (bands, lines, samples) and counts or numbers of maps (lines, samples) of a
    window; None where no map has anything."""
    shape = job.bands, window[1], window[3]
    if job.priority not in ("AVERAGE", "MEDIAN"):
        return _best(job, window, shape)
    made = densetile.made(job, window) if job.priority == "AVERAGE" else None
    if made is not None:
        return made, np.full(shape[1:], len(job.maps), np.float32)
    kind, mix = {"AVERAGE": blend.Average, "MEDIAN": blend.Median}[job.priority], None
    for m in job.maps:
        for part in job.parts(m, window, job.reach):
            mix = mix or kind(shape)
            for to, at, n in part.places:
                w = None if part.w is None else part.w[:, at : at + n]
                mix.add(part.v[:, :, at : at + n], w, part.line, to)
    return mix and mix.result()


def _best(job, window, shape):
    """As `mixed`, of one map for each cell: the last, the first, or that seen most steeply."""
    mix, steep = None, job.priority == "EMISSION"
    for i, m in job.ranked:
        for part in job.parts(m, window, None, steep):
            mix = mix or blend.Best(shape)
            for to, at, n in part.places:
                e = part.e[:, at : at + n] if steep else i
                mix.add(part.v[:, :, at : at + n], e, m.number, part.line, to)
        if mix and not steep and mix.full:
            break
    return mix and mix.result()


def store(stream, array):
    """Write an array for other tasks; a full disk, of which numpy has no number, is an IoError."""
    try:
        np.save(stream, array)
    except OSError as error:
        raise IoError(f"{stream.name}: cannot be written: {files.reason(error)}") from None
