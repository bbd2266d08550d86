"""Statistics of samples that come in blocks, again and again, in constant memory.

Of n samples in two parts, a and b, mean and sum of squared deviations M are those of the parts,

    mean = mean_a + (mean_b - mean_a) n_b / n                                    (1)
    M = M_a + M_b + (mean_b - mean_a)^2 n_a n_b / n                              (2)

which loses no digits where the mean is large against the scatter (Chan, Golub and LeVeque 1983,
The American Statistician 37, eq. 2.1).  Percentiles are exact: the bits of a float, turned so that
they rise with it, are a number whose digits of 16 bits are found one after the other, each by a
pass over the samples that counts them by their next digit - two passes for 32 bits, four for 64.
"""

import numpy as np

from . import special

DIGIT = 16  # bits found per pass
LEVELS = 1 << 16  # of Mode


class Tally:
    """Counts and moments of the samples added.

    total     samples;  kinds  (6,) of them valid, Null, Lrs, Lis, His, Hrs (special.NAMES)
    under, over   valid ones below and above the range, left out of all that follows
    n, mean, squares, sum, least, most   number, mean, M of eq. (2), sum, minimum and maximum
    """

    def __init__(self, low=-np.inf, high=np.inf):
        self.low, self.high = low, high
        self.kinds = np.zeros(6, np.int64)
        self.under = self.over = self.n = 0
        self.mean = self.squares = self.sum = 0.0
        self.least, self.most = np.inf, -np.inf

    @property
    def total(self):
        return int(self.kinds.sum())

    def within(self, block):
        """Return the valid samples of a block that lie in the range, (n,)."""
        return block[(block >= self.low) & (block <= self.high)]

    def add(self, block):
        """Count a block of samples, special pixels as NaN; return those of `within`."""
        self.kinds += np.bincount(special.kinds(block).reshape(-1), minlength=6)
        self.under += int(np.count_nonzero(block < self.low))
        self.over += int(np.count_nonzero(block > self.high))
        v = self.within(block)
        if not v.size:
            return v
        wide = v.astype(np.float64)
        mean, n = wide.mean(), self.n + v.size
        apart = mean - self.mean
        with np.errstate(over="ignore"):  # of samples near the greatest double
            self.squares += ((wide - mean) ** 2).sum() + apart**2 * self.n * v.size / n
        self.mean += apart * v.size / n
        self.n, self.sum = n, self.sum + wide.sum()
        self.least, self.most = min(self.least, wide.min()), max(self.most, wide.max())
        return v


class Ranks:
    """The samples of some ranks among those of a sequence of passes, each the same samples.

    Count every block of a pass, then `narrow` it; `passes` of them give `values`.
    """

    def __init__(self, dtype):
        self.unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
        self.float = np.dtype(dtype)
        self.shift = 8 * self.unsigned.itemsize
        self.passes = self.shift // DIGIT
        self.found = {}  # rank: what is known of its number, and its rank among those alike
        self.counts = {0: np.zeros(1 << DIGIT, np.int64)}

    def count(self, v):
        """Count valid samples (n,) by their next digit."""
        keys = _rising(v.astype(self.float, copy=False).view(self.unsigned))
        for known, counts in self.counts.items():
            alike = keys
            if self.shift < 8 * self.unsigned.itemsize:
                alike = keys[(keys >> self.unsigned.type(self.shift)) == known]
            digits = (alike >> self.unsigned.type(self.shift - DIGIT)).astype(np.uint16)
            counts += np.bincount(digits, minlength=1 << DIGIT)

    def narrow(self, ranks=None):
        """End a pass; after the first one, name the ranks wanted (0: the least)."""
        if ranks is not None:
            self.found = {rank: (0, rank) for rank in ranks}
        for rank, (known, left) in self.found.items():
            sums = np.cumsum(self.counts[known])
            digit = int(np.searchsorted(sums, left, side="right"))
            left -= int(sums[digit - 1]) if digit else 0
            self.found[rank] = ((known << DIGIT) + digit, left)
        self.shift -= DIGIT
        known = {number for number, _ in self.found.values()}
        self.counts = {number: np.zeros(1 << DIGIT, np.int64) for number in sorted(known)}

    def values(self):
        """Return {rank: sample} once all passes are done."""
        keys = np.array([number for number, _ in self.found.values()], self.unsigned)
        values = _falling(keys).view(self.float)
        return dict(zip(self.found, values.astype(float).tolist(), strict=True))


def _rising(bits):
    """Bits of floats as unsigned integers that rise with them."""
    top = bits.dtype.type(1 << (8 * bits.dtype.itemsize - 1))
    return np.where(bits & top, ~bits, bits | top)


def _falling(keys):
    """The inverse of _rising."""
    top = keys.dtype.type(1 << (8 * keys.dtype.itemsize - 1))
    return np.where(keys & top, keys ^ top, ~keys)


def ranks_of(percents, n):
    """Return the ranks that percentiles of n samples lie between: (below, above, share) each."""
    found = []
    for percent in percents:
        at = (n - 1) * percent / 100
        below = int(at)
        found.append((below, min(below + 1, n - 1), at - below))
    return found


class Mode:
    """The fullest of LEVELS equal steps from the least sample to the greatest."""

    def __init__(self, least, most):
        self.least, self.width = least, (most - least) / (LEVELS - 1) or 1.0
        self.counts = np.zeros(LEVELS, np.int64)
        self.totals = np.zeros(LEVELS)

    def count(self, v):
        """Count valid samples (n,)."""
        wide = v.astype(np.float64)
        at = np.rint((wide - self.least) / self.width).astype(np.intp)
        self.counts += np.bincount(at, minlength=LEVELS)
        self.totals += np.bincount(at, wide, minlength=LEVELS)

    def value(self):
        """Return the mean of the samples in the fullest step, the least step of several."""
        at = int(self.counts.argmax())
        return float(self.totals[at] / self.counts[at])
