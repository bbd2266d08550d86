"""Radiometry of JunoCam: what joins codes, DN and I/F, for junocal and for its inverse, junosim.

    a(o) = AGE0 + AGE1 o                                                       (1)
    L    = DN / (t a R)                                                        (2)
    I/F  = pi L / (S w / d^2)                                                  (3)
    K    = t a R S w / (pi d^2)                      DN of a surface of I/F = 1   (4)
    r(l) = (r1(l) + r1(l - 1) + ... + r1(l - N + 1)) / N                          (5)
    e(l) = h(l) + h(l - 1) + ... + h(l - N + 1) + c(l)                            (6)
    s^2  = DN / g + q^2                                                           (7)

DN bias-free, 12-bit scale; t total exposure (s); o orbit; a throughput relative to launch; R
response (DN/s per W/m^2/sr in the band); L radiance; S solar irradiance at 1 AU (W/m^2/nm),
w effective width (nm), d distance from the Sun (AU).  R, AGE0, AGE1, S and w are columns
of calfiles/juno/bands.sav, which names their sources.  r is the relative response of line l with
N TDI stages, during which its charge stood on N lines; r1 that of one stage (blemishes.sav).
e is the DN that hot pixels add, h in each stage, and hot columns c once (hotpixels.sav); s is the
noise of a DN, g electrons per DN and q the read noise (MSSS-JUNOCAM-DOC-0102, 5.3).

The label's EXPOSURE_DURATION is the total exposure, TDI stages times 3.2 ms: surfaces seen with
6 stages (19.2 ms) and with 3 (9.6 ms) four minutes apart give DN in the ratio 2.0.
"""

import math

import numpy as np

from .error import Error

STAGE = 3.2  # ms of one TDI stage, a row of scene motion at 2 rpm (10.1007/s11214-014-0079-x)
FILTERS = "BLUE", "GREEN", "RED", "METHANE"
LINES, SAMPLES = 128, 1648  # of a framelet
PHOTOACTIVE = 23, 1631  # half open: 23 dark columns before, 17 dark and overscan columns behind
ELECTRONS, READ = 16.3, 1.02  # g, per DN; q, DN
LINEAR = (1, 2, 4, 8, 16)  # divisors of the linear companding modes (MSSS-JUNOCAM-DOC-0102, 3.3)
NUMBERS = ("CENTER", "WIDTH", "RESPONSE", "AGE0", "AGE1", "SOLAR", "BIAS", "ABSOLUTE", "RELATIVE")
MODES = ("SQROOT", *(f"LIN{n}" for n in LINEAR))


def photoactive(summing=1):
    """Return the columns that see light, (first, last + 1), at a summing mode."""
    first, last = PHOTOACTIVE
    return -(-first // summing), last // summing


def bands(table, names):
    """Return the rows of a band table (calfile) for filter names, in their order."""
    rows = dict(zip((str(f).upper() for f in table["FILTER"]), table.rows, strict=True))
    for name in names:
        if name.upper() not in rows:
            raise Error(f"no filter {name}: {table.label['Name']} are {', '.join(rows)}")
    for column in NUMBERS:
        table.numbers(column)
    for column in ("WIDTH", "RESPONSE", "SOLAR"):
        if min(table[column]) <= 0:
            raise Error(f"{table.path}: {column} = {min(table[column])}, expected more than 0")
    return [rows[name.upper()] for name in names]


def companding(table):
    """Return the 256 DN12 of a companding table (calfile), which never fall from code to code."""
    dn12 = table.numbers("DN12")
    if len(dn12) != 256:
        raise Error(f"{table.path}: {len(dn12)} rows, expected one for each of the 256 codes")
    if table["DN8"] != list(range(256)):
        raise Error(f"{table.path}: DN8 does not count from 0 to 255")
    if any(b < a for a, b in zip(dn12, dn12[1:], strict=False)):
        raise Error(f"{table.path}: DN12 falls from one code to the next, expected it to rise")
    return dn12


def responses(table, layout, stages):
    """Return the relative response of the pixels of a Layout, (bands, lines, samples), eq. (5).

    table   blemishes: FILTER, LINE, SAMPLE from 1, and the RESPONSE r1 of one TDI stage
    stages  N, how many lines a charge stood on

    It is 1 where the table has no row; a summed framelet has none of it.
    """
    out = np.ones((len(layout.names), layout.lines, layout.samples), np.float32)
    for (band, lines, sample), response in _spots(
        table, layout, ("LINE", "LINE", "SAMPLE"), ("RESPONSE",)
    ):
        if response <= 0:
            raise Error(f"{table.path}: RESPONSE = {response}, expected more than 0")
        out[band, lines.start : lines.start + stages, sample] -= (1 - response) / stages
    if (out <= 0).any():
        raise Error(f"{table.path}: the rows of a pixel leave it no response: is one given twice?")
    return out


def excess(table, layout, stages, orbit):
    """Return the DN that known hot pixels add to a Layout, (bands, lines, samples), eq. (6).

    table   hot pixels: FILTER, FIRST and LAST line and SAMPLE from 1, DN, and the ORBIT from
            which on a row holds, through the UntilOrbit of its label; rows of a pixel add up
    stages  N;  orbit  of the image

    It is 0 where the table has no row; a summed framelet has none of it.
    """
    out = np.zeros((len(layout.names), layout.lines, layout.samples), np.float32)
    until = table.label.integer("UntilOrbit")
    for (band, lines, sample), dn, since in _spots(
        table, layout, ("FIRST", "LAST", "SAMPLE"), ("DN", "ORBIT")
    ):
        if since <= orbit <= until:
            last = lines.stop if lines.stop - lines.start > 1 else lines.start + stages
            out[band, lines.start : last, sample] += dn
    return out


def _spots(table, layout, places, values):
    """Yield (index of a layout's pixels, *values) of the rows of a table of detector places."""
    names = [name.upper() for name in layout.names]
    columns = table["FILTER"], *map(table.numbers, (*places, *values))
    for name, first, last, sample, *found in zip(*columns, strict=True):
        if name not in FILTERS:
            raise Error(f"{table.path}: FILTER = {name}, expected one of {', '.join(FILTERS)}")
        whole = all(isinstance(value, int) for value in (first, last, sample))
        if not (whole and 1 <= first <= last <= LINES and 1 <= sample <= SAMPLES):
            raise Error(
                f"{table.path}: {', '.join(places)} = {first}, {last}, {sample}: "
                f"expected 1 to {LINES}, rising, and 1 to {SAMPLES}"
            )
        if layout.samples == SAMPLES and name in names:
            yield (names.index(name), slice(first - 1, last), sample - 1), *found


def quality(table, orbit):
    """Return what a table of epochs (columns ORBIT, the first of each, and QUALITY) says."""
    rows = sorted(zip(table.numbers("ORBIT"), table["QUALITY"], strict=True))
    return next((text for first, text in reversed(rows) if first <= orbit), "unknown")


def noise(dn, read=READ):
    """Return the noise of bias-free DN, DN, eq. (7); read is q."""
    return np.sqrt(np.maximum(dn, 0) / np.float32(ELECTRONS) + np.float32(read**2))


def ageing(band, orbit):
    """Return the throughput relative to launch, eq. (1); beyond the fit's zero it is an Error."""
    throughput = band["AGE0"] + band["AGE1"] * orbit
    if throughput <= 0:
        raise Error(
            f"orbit {orbit}: the ageing fit of {band['FILTER']} (through orbit 60) has run out"
        )
    return throughput


def dn_per_if(band, exposure, distance, orbit):
    """Return K, the DN of a surface of I/F = 1, eq. (4).

    band      row of bands.sav;  exposure  total, s;  distance  from the Sun, AU;  orbit  number
    """
    sun = band["SOLAR"] * band["WIDTH"] / distance**2
    return exposure * ageing(band, orbit) * band["RESPONSE"] * sun / math.pi


def sun_distance(instrument):
    """Return the target's distance from the Sun in km by Group Instrument, None where it has none.

    The length of spiceinit's SC_SUN_POSITION_VECTOR goes before the keyword SolarDistance.
    """
    if "SC_SUN_POSITION_VECTOR" in instrument:
        return math.hypot(*instrument.numbers("SC_SUN_POSITION_VECTOR", 3, "km"))
    return instrument.number("SolarDistance", "km", default=None)


def divisor(mode):
    """Return n of a linear companding mode LINn, None of SQROOT; an unknown mode is an Error."""
    if mode.upper() not in MODES:
        raise Error(f"SampleBitMode = {mode}: the known modes are {', '.join(MODES)}")
    return None if mode.upper() == "SQROOT" else int(mode[3:])


def decompanding(mode, sqroot):
    """Return the 12-bit DN of the codes 0..255 in a mode; sqroot is the table of mode SQROOT."""
    n = divisor(mode)
    return np.asarray(sqroot, np.float32) if n is None else np.arange(256, dtype=np.float32) * n


def centres(mode, dn12):
    """Return the middles of the bins that the DN of a table stand for.

    A step of s DN holds s integers.  The square-root table gives their highest, so the
    middle is (s - 1)/2 below; a linear mode drops the low bits, so its DN is their lowest.
    """
    n = divisor(mode)
    if n is not None:
        return dn12 + (n - 1) / 2
    return dn12 - (np.diff(dn12, prepend=-1) - 1) / 2


def compand(dn, dn12):
    """Return the 8-bit codes an instrument with the square-root table dn12 sends for DN.

    The inverse of the table: the code of the bin whose top is the first not below round(DN);
    what lies above the table gets its last code.
    """
    code = np.searchsorted(dn12, np.rint(dn), side="left")
    return np.minimum(code, len(dn12) - 1).astype(np.uint8)
