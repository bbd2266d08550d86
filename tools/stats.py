"""stats - count, average and rank the samples of a cube, band by band.

Of the n valid samples v of a band

    Average = sum v / n,  Variance = sum (v - Average)^2 / (n - 1)              (1)
    Skew = 3 (Average - Median) / StandardDeviation                            (2)

and the percentile of q percent lies at the rank (n - 1) q / 100, between two samples in
proportion; Median is that of 50.  Names and definitions are those of ISIS's stats; that one
takes Median from a histogram, here it is exact (kit/census).
"""

import math
import os

from perijove.kit import anylabel, census, cube, parm, passes, results
from perijove.kit.error import Error
from perijove.kit.label import Node

KINDS = ("Null", "Lrs", "Lis", "His", "Hrs")


class Band:
    """What the passes over a band have told so far."""

    def __init__(self, percents, low, high):
        self.percents = percents
        self.tally, self.ranks = census.Tally(low, high), None

    def count(self, block, turn):
        """Count a block of samples in pass `turn`, from 0."""
        v = self.tally.within(block) if turn else self.tally.add(block)
        self.ranks = self.ranks or census.Ranks(block.dtype)
        self.ranks.count(v)
        if turn == 1 and v.size:
            self.mode.count(v)

    def end(self, turn):
        """End pass `turn`."""
        t = self.tally
        if t.n and turn:
            self.ranks.narrow()
        elif t.n:
            self.places = census.ranks_of((50.0, *self.percents), t.n)
            self.ranks.narrow({rank for place in self.places for rank in place[:2]})
            self.mode = census.Mode(t.least, t.most)

    def results(self):
        """Return eqs. (1), (2) and counts as a dict; None for what no sample tells."""
        t, n = self.tally, self.tally.n
        variance = t.squares / (n - 1) if n > 1 else None
        deviation = None if variance is None else math.sqrt(variance)
        median, *percentiles = self._percentiles()
        skew = 3 * (t.mean - median) / deviation if deviation else None if n < 2 else 0.0
        found = dict(
            Average=t.mean if n else None,
            StandardDeviation=deviation,
            Variance=variance,
            Median=median,
            Mode=self.mode.value() if n else None,
            Skew=skew,
            Minimum=float(t.least) if n else None,
            Maximum=float(t.most) if n else None,
            Sum=float(t.sum) if n else None,
            TotalPixels=t.total,
            ValidPixels=n,
            OverValidMaximumPixels=t.over,
            UnderValidMinimumPixels=t.under,
        )
        found.update((f"{k}Pixels", int(t.kinds[i])) for i, k in enumerate(KINDS, 1))
        if self.percents:
            found.update(Percent=list(self.percents), Percentile=percentiles)
        return found

    def _percentiles(self):
        if not self.tally.n:
            return [None] * (1 + len(self.percents))
        at = self.ranks.values()
        return [at[a] + (share * (at[b] - at[a]) if share else 0) for a, b, share in self.places]


def measured(again, bands, percents=(), low=-math.inf, high=math.inf):
    """Return the results of each band, eqs. (1) and (2), as dicts; None for what no sample tells.

    again      iterable of (band, block), the same at each turn; blocks in memory, bands from 0
    bands      their number
    percents   percentiles wanted, 0 to 100
    low, high  valid samples beyond are counted, and left out
    """
    found = [Band(percents, low, high) for _ in range(bands)]
    turn, turns = 0, 1
    while turn < turns:
        for band, block in again:
            found[band].count(block, turn)
        for band in found:
            band.end(turn)
        turn, turns = turn + 1, found[0].ranks.passes
    return [band.results() for band in found]


@parm.tool
def main(p):
    low = -math.inf if p.VALIDMIN is None else p.VALIDMIN
    high = math.inf if p.VALIDMAX is None else p.VALIDMAX
    if low > high:
        raise Error(f"VALIDMIN = {low:g} is above VALIDMAX = {high:g}")
    with passes.repeated(p.FROM) as again:
        source = again.source
        numbers = [b + 1 for b in source.chosen]
        names = cube.band_names(source.band_label(), len(numbers))
        found = measured(again, len(numbers), p.PERCENT or (), low, high)
    groups = []
    for number, name, values in zip(numbers, names, found, strict=True):
        group = Node("Group", "Results", [("From", os.path.basename(source.name))])
        group.update(Band=number, FilterName=name, **values)
        groups.append(group)
    anylabel.say(results.text(groups, p.FORMAT), p.TO)
