"""Special pixels: samples that are no measurement, and why.

On disk they are the reserved values of ISIS (ISIS3 SpecialPixel.h).  In memory each is a
NaN whose payload tells its kind, so arithmetic can make a NaN of a number but never a
number of a special pixel, and most of it carries the kind along.
"""

import functools

import numpy as np

from .blockwise import bits, blockwise, choose, sparsely

NAMES = ("Valid", "Null", "Lrs", "Lis", "His", "Hrs")
_QUIET = 0x7FC00000
FIVE = np.arange(_QUIET + 1, _QUIET + 6, dtype=np.uint32).view(np.float32)
NULL, LRS, LIS, HIS, HRS = FIVE
_LRS, _HRS = np.uint8(2), np.uint8(5)  # kinds

# type: numpy dtype, disk values of Null Lrs Lis His Hrs, first and last valid value
REAL = np.uint32(0xFF7FFFFB) + np.arange(5, dtype=np.uint32)
DOUBLE = np.uint64(0xFFEFFFFFFFFFFFFB) + np.arange(5, dtype=np.uint64)
TYPES = {
    "UnsignedByte": ("u1", (0, 0, 0, 255, 255), 1, 254),
    "SignedWord": ("i2", (-32768, -32767, -32766, -32765, -32764), -32752, 32767),
    "UnsignedWord": ("u2", (0, 1, 2, 65534, 65535), 3, 65522),
    "SignedInteger": ("i4", tuple(range(-(2**31), -(2**31) + 5)), -(2**31) + 16, 2**31 - 1),
    "UnsignedInteger": ("u4", (0, 1, 2, 2**32 - 2, 2**32 - 1), 3, 4294967282),
    "Real": ("f4", REAL, None, None),
    "Double": ("f8", DOUBLE, None, None),
}
ORDER = {"Lsb": "<", "Msb": ">"}


def dtype(name, order="Lsb"):
    """Return the numpy dtype of an ISIS pixel type."""
    return np.dtype(ORDER[order] + TYPES[name][0])


def memory(name):
    """Return the dtype in which samples of an ISIS pixel type are held."""
    return np.float64 if dtype(name).itemsize > 4 or "Integer" in name else np.float32


def kinds(a):
    """Return the kind of each sample: 0 valid, 1..5 Null Lrs Lis His Hrs; any other NaN is Null."""
    a = np.asarray(a)
    return blockwise(_kinds, a, np.uint8) if a.dtype.kind == "f" else np.zeros(a.shape, np.uint8)


def restore(a, like):
    """Return a, with the special pixels of like (same shape) put back by kind."""
    if not np.isnan(np.min(like, initial=0)):
        return a
    like = np.asarray(like, dtype=a.dtype)
    if a.shape != like.shape or a.dtype.kind != "f":
        return np.where(np.isnan(like), like, a)
    return blockwise(_restored, a, a.dtype, like)


def decode(raw, name, base=0.0, multiplier=1.0, out=None):
    """Return samples in memory from samples on disk: DN = raw * Multiplier + Base.

    out  where they go, if not to a new array; raw itself will do if it has the type of memory
    """
    func = functools.partial(_from_whole, name=name, base=base, multiplier=multiplier)
    if name in ("Real", "Double"):  # ISIS ignores Base and Multiplier of a Real cube on reading
        func = functools.partial(_from_real, first=TYPES[name][1][0])
    return blockwise(func, raw, memory(name), out=out)


def encode(a, name, base=0.0, multiplier=1.0, order="Lsb"):
    """Return samples on disk from samples in memory; what does not fit becomes Lrs or Hrs.

    The result may be a itself, where nothing is to be done.
    """
    func = functools.partial(_to_whole, name=name, base=base, multiplier=multiplier)
    if name in ("Real", "Double"):
        func = functools.partial(_to_real, name=name)
    out = blockwise(func, a, dtype(name).newbyteorder("="))
    return out.astype(dtype(name, order), copy=False)


def _marked(a, kind, values):
    """Return a, with one of five values where kind is 1 to 5."""
    table = np.array([0, *values], a.dtype)
    return choose(kind > 0, table.take(kind), a).view(a.dtype)


def _kinds(a):
    with np.errstate(all="ignore"):
        kind = bits(a.astype(np.float32, copy=False)).astype(np.uint8) & np.uint8(7)
    kind -= np.uint8(1)
    kind *= kind < 5  # any other is Null
    kind += np.uint8(1)
    kind *= np.isnan(a)
    return kind


def _restored(a, like):
    return choose(np.isnan(like), like, a).view(a.dtype)


def _within(a, first, last):
    """Return True where all samples are numbers of a range."""
    return bool(first <= a.min() and a.max() <= last)


def _from_real(raw, first):
    def decoded(raw):
        if raw.dtype == np.float32 and np.isfinite(raw).all():
            return _shifted(raw, REAL[:1], bits(FIVE[:1]))
        place = bits(raw) - first
        if place.max() < 5:
            return FIVE.astype(raw.dtype).take(place)
        kind = ((place + place.dtype.type(1)) * (place < 5)).astype(np.uint8)
        kind += np.isnan(raw) + _LRS * (raw == -np.inf) + _HRS * (raw == np.inf)
        return _marked(raw, kind, FIVE)

    odd = ~(raw > first.view(raw.dtype))  # the first of the five is the greatest
    return sparsely(decoded, raw, odd if raw.max() < np.inf else odd | (raw == np.inf))


def _to_real(a, name):
    if a.dtype != TYPES[name][0]:
        with np.errstate(all="ignore"):
            a = a.astype(TYPES[name][0])
    first, values = bits(FIVE[:1].astype(a.dtype)), TYPES[name][1].view(a.dtype)

    def encoded(a):
        if a.dtype == np.float32:
            made = _shifted(a, first, REAL[:1])
            if np.isfinite(made).all():
                return made
        place = bits(a) - first
        if place.max() < 5:
            return values.take(place)
        kind = _kinds(a) + _LRS * (a == -np.inf) + _HRS * (a == np.inf)
        return _marked(a, kind, values)

    return sparsely(encoded, a, ~np.isfinite(a))


def _shifted(a, first, to):
    """Return a, with the five bit patterns from first on moved to those from another on."""
    code = bits(a)
    return (code + (code - first < 5) * (to - first)).view(a.dtype)


def _from_whole(raw, name, base, multiplier):
    if raw.dtype.itemsize > 2 or _within(raw, *TYPES[name][2:]):
        return _decoded(raw, name, base, multiplier)
    return _table(raw.dtype, name, base, multiplier).take(bits(raw))


@functools.lru_cache(maxsize=4)
def _table(type, *words):
    """Return the samples in memory of all values of a type of 8 or 16 bits, by their bits."""
    size = type.itemsize
    return _decoded(np.arange(1 << 8 * size).astype(f"u{size}").view(type), *words)


def _decoded(raw, name, base, multiplier):
    _, values, first, last = TYPES[name]
    out = raw.astype(memory(name))
    if (base, multiplier) != (0.0, 1.0):
        out = (out * multiplier + base).astype(out.dtype)
    if not _within(raw, first, last):
        out[raw < first] = LRS  # ISIS: what lies below the valid range and is none of the five
        out[raw > last] = HRS
        for k, value in reversed(list(enumerate(values))):  # 8 bit: 0 is Null, 255 is Hrs
            if k != 3 or values[3] != values[4]:
                out[raw == value] = FIVE[k]
    return out


@np.errstate(invalid="ignore")  # of infinities, and of NaN that other programs made
def _to_whole(a, name, base, multiplier):
    native, values, first, last = TYPES[name]
    x = a if (base, multiplier) == (0.0, 1.0) else (a.astype(np.float64) - base) / multiplier
    x = x.astype(np.result_type(x, memory(name)), copy=False)
    rounded = np.rint(x)
    half = np.abs(x - rounded) == 0.5
    if half.any():  # away from zero, as ISIS rounds
        rounded = np.rint(x + half * np.copysign(x.dtype.type(0.5), x))
    if _within(rounded, first, last):
        return rounded.astype(native)
    kind = _kinds(a) + _LRS * (rounded < first) + _HRS * (rounded > last)
    return _marked(np.fmin(np.fmax(rounded, first), last).astype(native), kind, values)
