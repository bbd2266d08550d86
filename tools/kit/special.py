"""Special pixels: samples that are no measurement, and why.

On disk they are the reserved values of ISIS (ISIS3 SpecialPixel.h).  In memory each is a
NaN whose payload tells its kind, so arithmetic can make a NaN of a number but never a
number of a special pixel, and most of it carries the kind along.
"""

import numpy as np

NAMES = ("Valid", "Null", "Lrs", "Lis", "His", "Hrs")
_QUIET = 0x7FC00000
NULL, LRS, LIS, HIS, HRS = np.arange(_QUIET + 1, _QUIET + 6, dtype=np.uint32).view(np.float32)

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
    found = np.zeros(a.shape, np.uint8)
    if a.dtype.kind != "f":
        return found
    special = np.isnan(a)
    if special.any():
        bits = a[special].astype(np.float32).view(np.uint32) & 7
        found[special] = np.where((bits >= 1) & (bits <= 5), bits, 1)
    return found


def restore(a, like):
    """Return a, with the special pixels of like (same shape) put back by kind."""
    special = np.isnan(like)
    return np.where(special, np.asarray(like, dtype=a.dtype), a) if special.any() else a


def decode(raw, name, base=0.0, multiplier=1.0):
    """Return samples in memory from samples on disk: DN = raw * Multiplier + Base."""
    _, values, first, last = TYPES[name]
    raw = np.asarray(raw)
    if name in ("Real", "Double"):
        bits = raw.astype(raw.dtype.newbyteorder("="), copy=False).view(values.dtype)
        out = raw.astype(memory(name))  # ISIS ignores Base and Multiplier of a Real cube on reading
        if (bits >= values[0]).any() or not np.isfinite(raw).all():
            for k, value in enumerate(values):
                out[bits == value] = (NULL, LRS, LIS, HIS, HRS)[k]
            out[np.isnan(raw)] = NULL
            out[raw == np.inf], out[raw == -np.inf] = HRS, LRS
        return out
    out = raw.astype(memory(name))
    if (base, multiplier) != (0.0, 1.0):
        out = (out * multiplier + base).astype(out.dtype)
    if raw.size and (raw.min() < first or raw.max() > last):
        out[(raw < first)] = LRS  # ISIS: what lies below the valid range and is none of the five
        out[(raw > last)] = HRS
        for k, value in reversed(list(enumerate(values))):  # 8 bit: 0 is Null, 255 is Hrs
            if k != 3 or values[3] != values[4]:
                out[raw == value] = (NULL, LRS, LIS, HIS, HRS)[k]
    return out


def encode(a, name, base=0.0, multiplier=1.0, order="Lsb"):
    """Return samples on disk from samples in memory; what does not fit becomes Lrs or Hrs."""
    _, values, first, last = TYPES[name]
    a = np.asarray(a)
    kind = kinds(a)
    if name in ("Real", "Double"):
        native = dtype(name).newbyteorder("=")
        with np.errstate(over="ignore"):
            out = a.astype(native)
        bits = out.view(values.dtype)
        high, low = (out == np.inf), (out == -np.inf)
        if high.any() or low.any():
            bits[high], bits[low] = values[4], values[1]
    else:
        native = dtype(name).newbyteorder("=")
        x = a if (base, multiplier) == (0.0, 1.0) else (a.astype(np.float64) - base) / multiplier
        rounded = np.rint(x)
        with np.errstate(invalid="ignore"):  # of infinities
            half = np.abs(x - rounded) == 0.5
        if half.any():  # away from zero, as ISIS rounds
            rounded[half] = np.trunc(x[half]) + np.copysign(1, x[half])
        if kind.any():
            rounded[kind > 0] = first
        low, high = rounded < first, rounded > last
        out = np.clip(rounded, first, last).astype(native)
        out[low], out[high] = values[1], values[4]
        bits = out
    if kind.any():
        for k, value in enumerate(values):
            bits[kind == k + 1] = value
    return out.astype(dtype(name, order), copy=False)
