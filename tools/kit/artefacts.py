"""What a whole band shows of its own defects: background, hot pixels, hits, stray light.

The band is held, since each of them is told by comparing framelets.
"""

import dataclasses

import numpy as np

from . import background, radiometry, special, spikes, stray
from .error import Error


@dataclasses.dataclass(frozen=True)
class Search:
    """What to look for.

    background  NONE, COLUMNS or SKY;  hot  NONE, NULL or REPLACE;  sigma  threshold of hot
    stray       share of the DN that stray light may have, or None;  filters  where it is sought
    """

    background: str
    hot: str
    sigma: float
    stray: float
    filters: list

    def __bool__(self):
        return (self.background, self.hot, self.stray) != ("NONE", "NONE", None)

    def clean(self, frames, layout, name, stages):
        """Return the DN of a band without its defects, and what was found, {keyword: number}.

        frames  (f, lines, samples) bias-free DN of filter name, all columns, special pixels NaN
        layout  Layout of the strip;  stages  of time-delayed integration

        Keywords: Background (DN, median over the framelets), BackgroundRange (DN); HotPixels
        (of the detector), Hits (samples); StrayLight (DN, the most), StrayMisfit (DN, 1 sigma),
        StrayPixels (samples).  DN are float, counts int; what was not looked for has none.
        """
        frames, found = frames.copy(), {}
        seen = frames[..., layout.first : layout.last]  # a view: what light falls on
        try:
            if self.background != "NONE":
                level = background.columns(frames, radiometry.SAMPLES // layout.samples)
                if self.background == "SKY":
                    level += background.sky(seen - level[:, None, None])
                frames -= level[:, None, None]
                found.update(
                    Background=_four(np.median(level)), BackgroundRange=_four(np.ptp(level))
                )
            if self.hot != "NONE":
                fixed, hit = self._spikes(seen, stages)
                bad = (fixed | hit) & np.isfinite(seen)
                filled = spikes.filled(np.where(bad, np.nan, seen))
                seen[bad] = filled[bad] if self.hot == "REPLACE" else special.NULL
                found.update(HotPixels=int(fixed.sum()), Hits=int((bad & ~fixed).sum()))
            if self.stray is not None and name.upper() in self.filters:
                light, misfit = stray.profile(seen)
                lost = stray.flagged(seen, light, self.stray) & np.isfinite(seen)
                seen[lost] = special.NULL
                found.update(StrayLight=_four(light.max()), StrayMisfit=_four(misfit))
                found["StrayPixels"] = int(lost.sum())
        except Error as error:
            raise Error(f"{name}: {error}") from None
        return frames, found

    def _spikes(self, seen, stages):
        """Hot pixels (lines, samples) and samples hit by particles (f, lines, samples)."""
        sigma = spikes.scatter(seen).astype(np.float32)
        fixed = spikes.hot(seen, sigma, self.sigma, stages)
        calm = np.where(fixed, spikes.filled(np.where(fixed, np.nan, seen)), seen)
        return fixed, np.array(
            [spikes.hits(*of, self.sigma) for of in zip(calm, sigma, strict=True)]
        )


def _four(dn):
    return float(f"{dn:.4g}")
