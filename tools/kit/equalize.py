"""Gains and offsets that make maps alike where they overlap, by least squares.

Of two maps i, j with n_ij common valid cells of a band, means m_i, m_j and standard deviations
s_i, s_j there,

    OFFSET  minimise sum n_ij (o_i - o_j - (m_j - m_i))^2,              sum o_i = 0          (1)
    GAIN    minimise sum n_ij (ln g_i - ln g_j - ln(m_j / m_i))^2,      sum ln g_i = 0       (2)
    BOTH    (2) of the standard deviations, then (1) of the means g m                        (3)

and v' = g v + o.  The sums are held in each group of maps that overlaps connect.  ISIS's equalizer
solves the same (Soderblom and others, OverlapNormalization), gains about each image's mean.

n, m and s come from sums over units of lines, which are the same cells however the mosaic is cut,
added in the order of the units: they do not depend on it.
"""

from dataclasses import replace

import numpy as np

from . import mapwindow
from .error import Error
from .mosaicjob import loaded
from .stack import moments, overlapping, products, rows

CELLS = 1 << 17  # of a unit, about
ROUNDING = 1e-12  # of a mean square: a variance below that is none


def solve(run, kind, least, say):
    """Set gains and offsets (maps, bands) of a Job by the overlaps of its maps.

    run  a tiling.Runner;  kind, least  see Overlaps;  say  function of what is to be told
    """
    job = run.job
    found = Overlaps(job.bands, len(job.maps))
    lines = unit(job)
    whole, samples = job.grid.shape
    windows = [(i, min(lines, whole - i), 0, samples) for i in range(0, whole, lines)]
    for maps, part in run(sums, windows):
        found.add(maps, part)
    names = [m.name for m in job.maps]
    g, o = job.gains, job.offsets = found.solved(kind, least, names)
    groups = len(found.groups(least, names))
    if groups > 1:
        say(f"{groups} groups of maps do not overlap: equalized apart")
    say(f"gains {g.min():.3f} to {g.max():.3f}, offsets {o.min():.3g} to {o.max():.3g}")


def unit(job):
    """Return the lines of a unit."""
    return max(job.unit, CELLS // job.grid.samples)


def bytes_(job):
    """Return what a task holds, bytes: one band of the maps in a unit, and their sums."""
    maps = len(job.maps)
    return 4 * maps * job.grid.samples * unit(job) + 24 * (job.bands + 1) * maps**2


def sums(item):
    """Return maps (k,), indices, and sums (3, bands, k, k) over a window of one unit.

    item  (Job, or the path where it was kept, window)
    """
    job, window = loaded(item[0]), item[1]
    found = [_of_band(job, window, band) for band in range(job.bands)]
    maps = np.flatnonzero(np.any([total[0].any(1) for total in found], 0))
    return maps, np.stack(found, 1)[(slice(None), slice(None), *np.ix_(maps, maps))]


def _of_band(job, window, band):
    """Sums (3, maps, maps) of a band."""
    held, total = [], np.zeros((3, len(job.maps), len(job.maps)))
    for i, m in enumerate(job.maps):
        one = replace(m, bands=m.bands[band : band + 1])
        for part in mapwindow.parts(job.pool, one, job.grid, job.turn, window, interp=job.interp):
            held += [(part.line, to, part.v[:, :, at : at + n], i) for to, at, n in part.places]
    for columns, there in overlapping(held):
        maps = np.array([i for *_, i in there])
        if len(maps) > 1:
            total[(slice(None), *np.ix_(maps, maps))] += _sums(there, columns, window[1::2])
    return total


def _sums(there, columns, shape):
    """Sums (3, k, k) of some columns of windows; shape (lines, samples)."""
    if all(v.shape[1] == shape[0] for _, _, v, _ in there):
        width = columns.stop - columns.start
        left = [(v[0], columns.start - sample) for _, sample, v, _ in there]
        found = moments([v[:, at : at + width] for v, at in left])
        if found is not None:
            return found
    total = np.zeros((3, len(there), len(there)))
    for _, _, stack in rows(there, columns, (1, *shape)):
        v = stack.reshape(len(there), -1)
        valid = v == v
        some, both = np.flatnonzero(valid.any(1)), valid.sum(0, dtype=np.int16) > 1
        if both.any():
            v = v if both.all() else v[:, both]
            at = np.ix_(some, some)
            total[(slice(None), *at)] += products(v if len(some) == len(v) else v[some])
    return total


class Overlaps:
    """Sums over the overlaps of all pairs: n, S, Q (bands, maps, maps); see `products`."""

    def __init__(self, bands, maps):
        self.sums = np.zeros((3, bands, maps, maps))

    def add(self, maps, sums):
        """Add sums (3, bands, k, k) of some maps (k,)."""
        self.sums[(slice(None), slice(None), *np.ix_(maps, maps))] += sums

    @property
    def count(self):
        """Common cells (maps, maps) in the band that has least of them."""
        return self.sums[0].min(0)

    def solved(self, kind, least, names):
        """Return gains and offsets (maps, bands), eqs. (1) to (3).

        least  common cells of a pair that counts;  names  of the maps, for errors
        """
        damaged = np.flatnonzero(~np.isfinite(np.einsum("kbii->i", self.sums)))
        if len(damaged):
            raise Error(f"{names[damaged[0]]}: samples too large to equalize: is it damaged?")
        n = np.where(self.count >= least, self.sums[0], 0.0)
        for a in n:
            np.fill_diagonal(a, 0.0)
        groups = self.groups(least, names)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.sums[1] / self.sums[0]
            square = self.sums[2] / self.sums[0]
            variance = square - mean**2
            scatter = np.sqrt(np.where(variance > ROUNDING * square, variance, 0))
        gains, offsets = np.ones(n.shape[:2]), np.zeros(n.shape[:2])
        for b in range(len(n)):
            if kind in ("GAIN", "BOTH"):
                of = mean[b] if kind == "GAIN" else scatter[b]
                _positive(of, n[b], names, "means" if kind == "GAIN" else "standard deviations")
                with np.errstate(divide="ignore", invalid="ignore"):
                    gains[b] = np.exp(least_squares(np.log(of), n[b], groups))
            if kind in ("OFFSET", "BOTH"):
                offsets[b] = least_squares(gains[b][:, None] * mean[b], n[b], groups)
        return gains.T, offsets.T

    def groups(self, least, names):
        """Return lists of maps that overlaps connect; one that is alone is an Error."""
        count = self.count.copy()
        np.fill_diagonal(count, -1.0)
        near, left, found = count >= least, set(range(len(count))), []
        for i in range(len(count)):
            if len(count) > 1 and not near[i].any():
                j = int(count[i].argmax())
                raise Error(
                    f"{names[i]}: no overlap of {least} common cells to equalize by, the largest "
                    f"is {count[i, j]:.0f} with {names[j]}: lower MINCOUNT, leave it out, or "
                    "EQUALIZE=NONE"
                )
        while left:
            group, todo = set(), [min(left)]
            while todo:
                i = todo.pop()
                if i not in group:
                    group.add(i)
                    todo += np.flatnonzero(near[i]).tolist()
            left -= group
            found.append(sorted(group))
        return found


def _positive(of, n, names, words):
    """Error where a gain has no logarithm."""
    i, j = np.nonzero((n > 0) & ~(of > 0))
    if len(i):
        raise Error(
            f"{names[i[0]]}: a gain needs {words} above 0, found {of[i[0], j[0]]:g} where it "
            f"overlaps {names[j[0]]}: EQUALIZE=OFFSET, or leave it out"
        )


def least_squares(x, n, groups):
    """Return what to add to x_i of each map, (maps,): eq. (1) with x[i, j] in place of m_i.

    n  (maps, maps) weights, 0 where a pair does not count;  groups  whose sums are held
    """
    found = np.zeros(len(n))
    difference = np.where(n > 0, x.T - x, 0.0)  # of o_i - o_j
    for group in groups:
        a = n[np.ix_(group, group)]
        right = (a * difference[np.ix_(group, group)]).sum(1)
        normal = np.diag(a.sum(1)) - a + a.mean()  # the mean holds the sum
        found[group] = np.linalg.solve(normal, right) if len(group) > 1 else 0.0
    return found
