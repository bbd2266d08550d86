"""Units of labels and parameters, and the way from one to another."""

from .error import Error

AU = 149597870.7  # km, IAU 2012 resolution B2
SUN = 695700.0  # km, its radius: IAU 2015 resolution B3
# unit: (what it measures, size in the first unit of that kind)
UNITS = {
    "s": ("time", 1.0),
    "sec": ("time", 1.0),
    "second": ("time", 1.0),
    "seconds": ("time", 1.0),
    "ms": ("time", 1e-3),
    "msec": ("time", 1e-3),
    "millisecond": ("time", 1e-3),
    "milliseconds": ("time", 1e-3),
    "us": ("time", 1e-6),
    "min": ("time", 60.0),
    "km": ("length", 1.0),
    "kilometers": ("length", 1.0),
    "m": ("length", 1e-3),
    "meters": ("length", 1e-3),
    "au": ("length", AU),
    "nm": ("wavelength", 1.0),
    "um": ("wavelength", 1e3),
    "micrometers": ("wavelength", 1e3),
    "deg": ("angle", 1.0),
    "degree": ("angle", 1.0),
    "degrees": ("angle", 1.0),
    "rad": ("angle", 57.29577951308232),
    "radians": ("angle", 57.29577951308232),
    "px": ("pixels", 1.0),
    "pixel": ("pixels", 1.0),
    "pixels": ("pixels", 1.0),
    "k": ("temperature", 1.0),
    "rpm": ("rotation", 1.0),
    "deg/s": ("rotation", 1.0 / 6.0),
    "dn": ("signal", 1.0),
    "mb": ("memory", 1.0),
    "gb": ("memory", 1e3),
    "px/deg": ("resolution", 1.0),
    "pixels/degree": ("resolution", 1.0),
    "ppd": ("resolution", 1.0),
}


def convert(value, found, wanted, what="value"):
    """Return a value of unit found in unit wanted; Error where they measure different things."""
    if found is None or wanted is None or found.lower() == wanted.lower():
        return value
    a, b = UNITS.get(found.lower()), UNITS.get(wanted.lower())
    if a is None or b is None or a[0] != b[0]:
        raise Error(f"{what} = {value} <{found}>: expected a value in <{wanted}>")
    return value * (a[1] / b[1])


def like(found, names):
    """Return the first unit of names that measures what the unit found does, else the first."""
    kind = UNITS.get(found.lower(), (None,))[0]
    return next((name for name in names if UNITS[name.lower()][0] == kind), names[0])
