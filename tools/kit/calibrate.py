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

    def calibrate(self, dn, band, line=0):
        """Return I/F, float32, of whole lines dn (lines, samples) of a band, the first being line.

        Special pixels keep their kind; saturated samples are His, dark and bad ones Null.
        """
        return self.scaled(self.unbiased(dn, band, line), dn, band, line)

    def unbiased(self, dn, band, line=0):
        """Return the DN of eq. (1) before C, F and K_b; special pixels are NaN."""
        out = np.interp(dn, *self.bins).astype(np.float32) if self.bins else dn.copy()
        out -= self.bias[band, self._rows(dn, line)]
        return out

    def scaled(self, out, dn, band, line=0):
        """Return I/F from bias-free DN, changed in place, with the special pixels of dn."""
        rows = self._rows(dn, line)
        if self.flat is not None:
            out /= self.flat[band, rows]
        out /= self.k[band]
        out[dn >= self.saturation] = special.HIS
        if self.flat is not None:
            out[np.isnan(self.flat[band, rows])] = special.NULL
        out = special.restore(out, dn)
        if self.mask is not None:
            out[self.mask[band, rows]] = special.NULL
        out[:, : self.layout.first] = out[:, self.layout.last :] = special.NULL
        return out

    def searched(self, dn, band, search):
        """Return I/F of a whole band of DN, and what a Search found in it, {keyword: number}."""
        name, h = self.layout.names[band], self.layout.lines
        out = np.where(dn >= self.saturation, special.HIS, self.unbiased(dn, band))
        out = special.restore(out, dn).reshape(-1, h, self.layout.samples)
        out, found = search.clean(out, self.layout, name, self.stages)
        return self.scaled(out.reshape(dn.shape), dn, band), found

    def _rows(self, dn, line):
        return np.arange(line, line + len(dn)) % self.layout.lines
