"""Gains and offsets that make maps alike where they overlap, by least squares.

Of two maps i, j with n_ij common valid cells of a band, means m_i, m_j and standard deviations
s_i, s_j there,

    OFFSET  minimise sum n_ij (o_i - o_j - (m_j - m_i))^2,              sum o_i = 0          (1)
    GAIN    minimise sum n_ij (ln g_i - ln g_j - ln(m_j / m_i))^2,      sum ln g_i = 0       (2)
    BOTH    (2) of the standard deviations, then (1) of the means g m                        (3)

and v' = g v + o.  The sums are held in each group of maps that overlaps connect.  ISIS's equalizer
solves the same (Soderblom and others, OverlapNormalization), gains about each image's mean.
"""

import numpy as np

from .error import Error

KINDS = ("NONE", "OFFSET", "GAIN", "BOTH")


def products(rows):
    """Return n, S, Q (maps, maps) float64 of one line of one band of maps (maps, samples).

    n[i, j]  cells valid in both;  S, Q  sums over them of v_i and of v_i^2

    What is valid throughout needs no product but a sum.
    """
    valid = ~np.isnan(rows)
    whole = valid.all(1)
    v = np.where(valid, rows, 0).astype(np.float64)
    q = v * v
    n = np.empty((len(rows), len(rows)))
    s, t = np.empty_like(n), np.empty_like(n)
    part = np.flatnonzero(~whole)
    if len(part):
        m = valid.astype(np.float64)
        there = np.ascontiguousarray(m[part].T)
        n[:, part], s[:, part], t[:, part] = m @ there, v @ there, q @ there
    for a, sums in ((n, valid.sum(1)), (s, v.sum(1)), (t, q.sum(1))):
        a[:, whole] = sums[:, None]
    return n, s, t


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
        n = np.where(self.count >= least, self.sums[0], 0.0)
        for a in n:
            np.fill_diagonal(a, 0.0)
        groups = self.groups(least, names)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.sums[1] / self.sums[0]
            scatter = np.sqrt(np.maximum(self.sums[2] / self.sums[0] - mean**2, 0))
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
