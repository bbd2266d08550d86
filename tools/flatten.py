"""flatten - Gaussian high pass that leaves out special pixels.

    SUBTRACT  F(b, l, s) = v(b, l, s) - L_b(l, s)                              (1)
    DIVIDE    F(b, l, s) = v(b, l, s) / max(L_b(l, s), FLOOR max L_b)          (2)

v is the cube and L_b the low pass of band b over valid samples alone (kit/gaussian, eq. 1).
Beyond the terminator, where L_b falls to the noise, (2) goes to zero with v instead of off to
infinity.

A saturated sample has no value but is surely bright: left out, it would lower L_b around the
saturated region and paint its rim in the colour of band b.  For the low pass it is taken from
the band g that has most valid samples there, in the ratio of the two bands nearby,

    v_b := v_g L(v_b | both valid) / L(v_g | both valid)                       (3)

and it stays saturated in the result.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from perijove.kit import cube, farm, gaussian, parm, picture, special
from perijove.kit.error import Error

SIGMA = {"DEGREES": 3.2, "KM": 4000.0, "PIXELS": 80.0}  # px: 3.2 degrees at 25 px/degree
FLOOR = 0.02
STRIP = 1 << 20  # samples worked on at a time


def flatten(core, lowpass, mode="SUBTRACT", bands=None, threads=1):
    """Take their low passes off image bands, in place, eqs. (1) to (3).

    core     (bands, lines, samples) float32, bands alike in unit; special pixels are NaN and,
             as arithmetic passes a NaN on, keep their kind
    lowpass  function giving a new gaussian.LowPass of the size of a band
    mode     SUBTRACT or DIVIDE
    bands    indices of the image bands, None for all; the others stay
    threads  workers: any number gives the same
    """
    bands = list(range(len(core)) if bands is None else bands)

    def prepared(band):
        low = _of(filled(core, band, bands, lowpass), lowpass)
        return low, _floor(core[band], low) if mode == "DIVIDE" else None

    def work(job):
        (low, least), line, v = job
        if mode == "DIVIDE":
            np.divide(v, np.maximum(low.strip(line, len(v)), least), out=v)
        else:
            np.subtract(v, low.strip(line, len(v)), out=v)

    with farm.opencv_alone(), ThreadPoolExecutor(threads) as pool:
        lows = list(pool.map(prepared, bands))  # all of them, before a band changes
        jobs = zip(bands, lows, strict=True)
        list(pool.map(work, ((low, *part) for band, low in jobs for part in _strips(core[band]))))


def filled(core, band, bands, lowpass):
    """Yield first line and samples of strips of a band, the saturated ones taken from another of
    the bands by eq. (3)."""
    plane, guide = core[band], _guide(core, band, bands)
    if guide is None:
        yield from _strips(plane)
        return

    def valid(which):
        """Strips of which, where both have a value."""
        for line, v in _strips(which):
            at = slice(line, line + len(v))
            yield line, np.where(np.isnan(plane[at]) | np.isnan(guide[at]), special.NULL, v)

    near, guiding = (_of(valid(which), lowpass) for which in (plane, guide))
    for line, v in _strips(plane):
        full = picture.saturated(v)
        if full.any():
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = near.strip(line, len(v)) / guiding.strip(line, len(v))
                taken = guide[line : line + len(v)] * ratio
            v = np.where(full & np.isfinite(taken), taken, v)
        yield line, v


def _guide(core, band, bands):
    """Return the plane that has most values where a band is saturated, None where none has any."""
    counts = np.zeros(len(bands), int)
    for line, v in _strips(core[band]):
        full = picture.saturated(v)
        if full.any():
            others = (core[b, line : line + len(v)] for b in bands)
            counts += [np.count_nonzero(full & ~np.isnan(other)) for other in others]
    return core[bands[counts.argmax()]] if counts.any() else None


def _floor(plane, low):
    """Return the least low pass to divide by, eq. (2)."""
    brightest = -np.inf
    for line, v in _strips(plane):
        mean = low.strip(line, len(v))
        if mean.max() > brightest:
            brightest = max(brightest, np.max(mean, where=~np.isnan(v), initial=-np.inf))
    if brightest == -np.inf:
        return np.float32(1)  # no valid sample: nothing is divided
    if brightest <= 0:
        raise Error(f"MODE = DIVIDE: the low pass of a band is {brightest:g}, expected more than 0")
    return np.float32(FLOOR * brightest)


def _of(strips, lowpass):
    """Return the low pass of a plane that comes by strips."""
    low = lowpass()
    for line, strip in strips:
        low.add(line, strip)
    low.done()
    return low


def _strips(plane):
    """Yield first line and samples of the strips of a plane."""
    step = max(1, STRIP // plane.shape[1])
    for line in range(0, len(plane), step):
        yield line, plane[line : line + step]


def pixels(mapping, sigma, units, source):
    """Return SIGMA in pixels."""
    if units == "PIXELS":
        return sigma
    if mapping is None:
        raise Error(f"{source}: no map (no Group = Mapping): give SIGMA in UNITS = PIXELS")
    per_degree, km = picture.scale(mapping)
    return sigma * per_degree if units == "DEGREES" else sigma / km


def smoother(kind, width, shape, wrap):
    """Return the function giving a low pass of planes of a shape by FILTER and SIGMA in pixels."""
    if not 0.1 <= width <= max(shape):
        raise Error(f"SIGMA is {width:.6g} pixels, expected 0.1 to {max(shape)}, the longer side")
    if kind == "GAUSSIAN":
        return lambda: gaussian.LowPass(*shape, width, wrap)
    odd = 2 * int(width // 2) + 1
    return lambda: gaussian.Box(*shape, odd, wrap)


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    group = picture.mapping(image)
    if picture.framelets(image):
        raise Error(
            f"{image.source}: a strip of framelets, whose neighbouring lines are no neighbours "
            "on the planet: run mapproj or midplane first"
        )
    units = p.resolve("UNITS", label="PIXELS" if group is None else "DEGREES")
    sigma = p.resolve("SIGMA", label=SIGMA[units])
    width = pixels(group, sigma, units, image.source)
    lowpass = smoother(p.FILTER, width, image.core.shape[1:], picture.wraps(image))

    chosen = picture.images(image.band_names())
    core = image.core.astype(np.float32, copy=False)

    flatten(core, lowpass, p.MODE, chosen, p.jobs)

    flat = image.replace(core=core)
    for group in flat.isis.nodes("Radiometry") if p.MODE == "DIVIDE" else ():
        group.set("Units", "relative")
    cube.write(p.TO, flat, p)
