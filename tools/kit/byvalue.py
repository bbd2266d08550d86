"""Functions of a sample's value alone, wherever it stands: asked once of what comes often.

Samples of 8 and 16 bits are looked up in a table.  Of Real samples special pixels are: valid ones
are on disk as they are in memory.
"""

import numpy as np

from . import special
from .error import Error

FIRST = special.REAL[0].view(np.float32)  # of the five on disk, and the greatest


def stored(func, decode, dtype, encode=None):
    """Return a function of stored samples of a dtype, from func of samples in memory.

    encode  to samples as they are to be stored; None: the result is in memory
    func leaves its argument as it is.  It may be asked for numbers that are special pixels on disk:
    what it makes of those is not used.
    """

    def plain(raw):
        made = func(decode(raw))
        return encode(made) if encode else made

    if dtype.itemsize <= 2:
        return _Lookup(plain)
    if encode and dtype == np.dtype("<f4") == encode(special.FIVE).dtype:
        return _Apart(func, plain, encode)
    return plain


def _bits(raw):
    return raw.view(f"u{raw.dtype.itemsize}")


class _Lookup:
    """plain, by a table of all samples between the least and the greatest met."""

    def __init__(self, plain):
        self.plain, self.table = plain, None
        self.low, self.high = 1 << 16, -1 << 16

    def __call__(self, raw):
        low, high = int(raw.min()), int(raw.max())
        if low < self.low or high > self.high:
            try:
                self._fill(min(low, self.low), max(high, self.high), raw.dtype)
            except Error:  # of one between them, which need not be there
                return self.plain(raw)
        return self.table.take(_bits(raw), mode="clip")

    def _fill(self, low, high, dtype):
        samples = np.arange(low, high + 1).astype(dtype)
        found = self.plain(samples)
        table = np.empty(1 << 8 * dtype.itemsize, found.dtype)
        table[_bits(samples)] = found
        self.table, self.low, self.high = table, low, high


class _Apart:
    """plain, of Real samples: func is led past the special pixels, which are not decoded."""

    def __init__(self, func, plain, encode):
        self.func, self.plain = func, plain
        self.ends = encode(func(special.FIVE.copy()))
        self.kept = (_bits(self.ends) == special.REAL).all()

    def __call__(self, raw):
        if not np.isfinite(raw).all():  # infinities and NaN of other programs
            return self.plain(raw)
        odd = raw <= FIRST
        with np.errstate(over="ignore"):
            out = np.asarray(self.func(raw), np.float32)
        if self.kept:
            np.copyto(out, raw, where=odd)
        else:
            out[odd] = self.ends.take(_bits(raw[odd]) - special.REAL[0])
        return out if np.isfinite(out).all() else self.plain(raw)
