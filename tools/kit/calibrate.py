"""DN of a pushframe strip to I/F.

    I/F = (DN12 - (s - 1)/2 - B - E - C) / (F K_b)                                (1)

DN12  decompanded sample;  s  width of its companding bin, whose top (SQROOT) it is, so that this
is the middle of the bin (kit/radiometry, centres);  B  bias left by the camera, DN;  E  excess
of known hot pixels (HOTLIST), kit/radiometry eq. (6);  C  BACKGROUND, kit/background;  F  flat
field, median 1 over the photoactive columns, or the response of the pixels in BLEMISHES;
K_b  DN of a surface of I/F = 1 in band b, kit/radiometry eq. (4): exposure, throughput,
response, solar irradiance and distance.

DN12 at or above the saturation level is His before anything is subtracted.
"""

import dataclasses
import functools

import numpy as np

from . import special
from .strip import Layout


@dataclasses.dataclass
class Strip:
    """What eq. (1) needs of a strip of nb bands with framelets of h lines and n samples (layout).

    k           (nb,) DN of I/F = 1
    bias        (nb, h, n) DN: B + E; 0 in dark columns where it is not a dark frame's
    flat, mask  (nb, h, n) or None: relative response, and True where a pixel is bad
    bins        DN12 of a companding table and the middles of its bins, or None
    stages      of time-delayed integration
    saturation  DN12 from which on a sample is His
    """

    k: np.ndarray
    bias: np.ndarray
    layout: Layout
    saturation: float = np.inf
    stages: int = 1
    bins: tuple = None
    flat: np.ndarray = None
    mask: np.ndarray = None
    known: dict = dataclasses.field(default_factory=dict, repr=False)  # what `spots` found

    def calibrate(self, dn, band, line=0):
        """Return I/F, float32, of whole lines dn (lines, samples) of a band, the first being line.

        Special pixels keep their kind; saturated samples are His, dark and bad ones Null.
        """
        return self.placed(self.middle(dn), band, line)

    def middle(self, dn):
        """Return the middles of the bins of DN, float32, saturated ones as His: eq. (1) to - B."""
        out = (np.interp(dn, *self.bins) if self.bins else np.array(dn)).astype(np.float32)
        out[dn >= self.saturation] = special.HIS
        return special.restore(out, dn)

    def placed(self, v, band, line=0):
        """Return I/F of middles v of whole lines, changed in place: the rest of eq. (1)."""
        return self.scaled(self.unbiased(v, band, line), band, line)

    def unbiased(self, v, band, line=0):
        """Return v less B, in place."""
        for part, rows in self._framelets(v, line):
            part -= self.bias[band, rows]
        return v

    def scaled(self, v, band, line=0):
        """Return I/F from bias-free DN, in place."""
        for part, rows in self._framelets(v, line):
            part /= self.unit[band, rows]
            if self.bad is not None:
                part[self.bad[band, rows]] = special.NULL
        v[:, : self.layout.first] = v[:, self.layout.last :] = special.NULL
        return v

    @functools.cached_property
    def unit(self):
        """(nb, h, n) DN of I/F = 1 of each pixel, F K_b."""
        shape = len(self.k), self.layout.lines, self.layout.samples
        flat = np.ones(shape, np.float32) if self.flat is None else self.flat
        return (flat * self.k[:, None, None]).astype(np.float32)

    @functools.cached_property
    def bad(self):
        """(nb, h, n) True where a pixel is bad or has no response; None: nowhere."""
        bad = np.isnan(self.unit)
        bad = bad if self.mask is None else bad | self.mask
        return bad if bad.any() else None

    @functools.cached_property
    def usual(self):
        """Two of (nb,): bias and unit of most of the pixels that see light."""
        columns = slice(self.layout.first, self.layout.last, 16)
        return [np.median(a[:, ::8, columns], axis=(1, 2)) for a in (self.bias, self.unit)]

    @functools.cached_property
    def odd(self):
        """(nb, h, n) True where a pixel that sees light is bad, or its bias or unit not usual."""
        bias, unit = (a[:, None, None] for a in self.usual)
        odd = (self.bias != bias) | (self.unit != unit)
        odd |= False if self.bad is None else self.bad
        odd[..., : self.layout.first] = odd[..., self.layout.last :] = False
        return odd

    def most(self, v, band):
        """Return I/F of middles v where bias and unit are the usual ones: the rest of eq. (1)."""
        bias, unit = (a[band] for a in self.usual)
        return (v - bias) / unit

    def spots(self, band, line, lines):
        """Return where `most` does not hold within lines of a band: [(index, func of middles)].

        index  of samples of (lines, samples);  func  gives their I/F; None: they are Null
        """
        key = band, line % self.layout.lines, lines
        if key not in self.known:
            self.known[key] = list(self._spots(*key))
        return self.known[key]

    def _spots(self, band, line, lines):
        rows = np.arange(line, line + lines) % self.layout.lines
        odd = self.odd[band, rows]
        at = odd.nonzero()
        if len(at[0]):
            bias, unit = (a[band, rows[at[0]], at[1]] for a in (self.bias, self.unit))
            yield at, lambda v: (v - bias) / unit
        if self.bad is not None:
            yield (odd & self.bad[band, rows]).nonzero(), None
        yield np.s_[:, : self.layout.first], None
        yield np.s_[:, self.layout.last :], None

    def searched(self, dn, band, search):
        """Return I/F of a whole band of DN, and what a Search found in it, {keyword: number}."""
        name, h = self.layout.names[band], self.layout.lines
        out = self.unbiased(self.middle(dn), band).reshape(-1, h, self.layout.samples)
        out, found = search.clean(out, self.layout, name, self.stages)
        return self.scaled(out.reshape(dn.shape), band), found

    def _framelets(self, v, line):
        """Yield the parts of whole lines v that lie in one framelet, and their rows in it."""
        start, h = 0, self.layout.lines
        while start < len(v):
            row = (line + start) % h
            count = min(h - row, len(v) - start)
            yield v[start : start + count], slice(row, row + count)
            start += count
