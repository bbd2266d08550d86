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

import numpy as np

from perijove.kit import cube, gaussian, parm, picture, special
from perijove.kit.error import Error

SIGMA = {"DEGREES": 3.2, "KM": 4000.0, "PIXELS": 80.0}  # px: 3.2 degrees at 25 px/degree
FLOOR = 0.02


def flatten(core, lowpass, mode="SUBTRACT", bands=None):
    """Return the high pass of image bands, eqs. (1) to (3); special pixels keep their kind.

    core     (bands, lines, samples) float32, bands alike in unit, special pixels as NaN
    lowpass  function: a plane (lines, samples) to its masked mean
    mode     SUBTRACT or DIVIDE
    bands    indices of the image bands, None for all; the others are copied
    """
    bands = range(len(core)) if bands is None else bands
    out = np.empty_like(core)
    for band, plane in enumerate(core):
        if band not in bands:
            out[band] = plane
            continue
        low = lowpass(filled(core, band, bands, lowpass))
        if mode == "DIVIDE":
            np.maximum(low, _floor(plane, low), out=low)
            np.divide(plane, low, out=out[band])
        else:
            np.subtract(plane, low, out=out[band])
        np.copyto(out[band], plane, where=np.isnan(plane))
    return out


def filled(core, band, bands, lowpass):
    """Return a band with its saturated samples taken from another of the bands, eq. (3)."""
    plane = core[band]
    full = picture.saturated(plane)
    if not full.any():
        return plane
    guide = max((core[b] for b in bands), key=lambda v: np.count_nonzero(full & ~np.isnan(v)))
    both = ~np.isnan(plane) & ~np.isnan(guide)
    if not both.any():
        return plane
    near, guiding = (lowpass(np.where(both, v, special.NULL)) for v in (plane, guide))
    with np.errstate(divide="ignore", invalid="ignore"):
        taken = guide * (near / guiding)
    return np.where(full & np.isfinite(taken), taken, plane)


def _floor(plane, low):
    """Return the least low pass to divide by, eq. (2)."""
    brightest = np.max(low, where=~np.isnan(plane), initial=-np.inf)
    if not np.isfinite(brightest):
        return np.float32(1)  # no valid sample: nothing is divided
    if brightest <= 0:
        raise Error(f"MODE = DIVIDE: the low pass of a band is {brightest:g}, expected more than 0")
    return np.float32(FLOOR * brightest)


def pixels(mapping, sigma, units, source):
    """Return SIGMA in pixels."""
    if units == "PIXELS":
        return sigma
    if mapping is None:
        raise Error(f"{source}: no map (no Group = Mapping): give SIGMA in UNITS = PIXELS")
    per_degree, km = picture.scale(mapping)
    return sigma * per_degree if units == "DEGREES" else sigma / km


def smoother(kind, width, shape, wrap):
    """Return the function of planes of a shape that FILTER and SIGMA in pixels ask for."""
    if not 0.1 <= width <= max(shape):
        raise Error(f"SIGMA is {width:.6g} pixels, expected 0.1 to {max(shape)}, the longer side")
    if kind == "GAUSSIAN":
        return lambda plane: gaussian.gaussian(plane, width, wrap)
    odd = 2 * int(width // 2) + 1
    return lambda plane: gaussian.box(plane, odd, wrap)


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    mapping = picture.mapping(image)
    if picture.framelets(image):
        raise Error(
            f"{image.source}: a strip of framelets, whose neighbouring lines are no neighbours "
            "on the planet: run mapproj or midplane first"
        )
    units = p.resolve("UNITS", label="PIXELS" if mapping is None else "DEGREES")
    sigma = p.resolve("SIGMA", label=SIGMA[units])
    width = pixels(mapping, sigma, units, image.source)
    lowpass = smoother(p.FILTER, width, image.core.shape[1:], picture.wraps(image))

    chosen = picture.images(image.band_names())
    core = image.core.astype(np.float32, copy=False)

    flat = image.replace(core=flatten(core, lowpass, p.MODE, chosen))
    for group in flat.isis.nodes("Radiometry") if p.MODE == "DIVIDE" else ():
        group.set("Units", "relative")
    cube.write(p.TO, flat, p)
