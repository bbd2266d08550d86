"""cub2std - a cube as a picture: PNG, or GeoTIFF that keeps the map; as FITS, its values.

    P = clip((v - lo_b) / (hi_b - lo_b), 0, 1)^(1/GAMMA)                       (1)

lo_b, hi_b are percentiles of the valid samples of the bands drawn: the same for all, which
keeps colours in balance, or each band's own.  A cell that lacks a band, be it saturated or
Null, has no colour; it is drawn in the grey that is the mean of P over its valid bands (G below).
Towards a saturated region colour fades, as in an overexposed photograph, so that no patch shows:

    P_b := P_b + W (G - P_b),  G = sum_b (1 - w_b) P_b / sum_b (1 - w_b),  W = max w_b  (2)

w_b falls from 1 to 0 over FADE pixels from the nearest cell where band b is saturated.
"""

import os

import numpy as np

from perijove.kit import cube, files, fits, parm, picture, raster
from perijove.kit.error import Error

FADE = 48  # pixels, eq. (2)
LEAST = np.float32(1e-3)  # weight of a band next to its own saturation
FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".fits": "FITS", ".fit": "FITS"}
BITS = {"PNG": (8, 16), "TIFF": (8, 16, 32), "COG": (8, 16, 32), "FITS": (32,)}
STRIP = 32  # lines drawn at a time: they stay in the cache


def draw(core, limits, gamma=1.0, blacken=False, near=None):
    """Return the picture of bands, eq. (1), and where it shows something.

    core     (bands, lines, samples), special pixels as NaN
    limits   (lo, hi) per band; values beyond are clipped
    blacken  True: a cell with a saturated band is left empty, not grey
    near     w of eq. (2), from nearness(); None: colour does not fade

    Picture (bands, lines, samples) float32 0..1, 0 where empty; mask (lines, samples).
    Lrs and Lis are 0; where no band is valid but one is saturated the cell is white.
    """
    lo, hi = (np.array(v, np.float32)[:, None, None] for v in zip(*limits, strict=True))
    flat = np.where(hi > lo, hi - lo, 1)  # a constant picture is mid-grey
    out = np.clip((core - lo) / flat + np.where(hi > lo, 0, np.float32(0.5)), 0, 1)
    full, empty = picture.saturated(core).any(0), np.isnan(core)
    if empty.any():
        low = picture.undershot(core)
        out[low], empty = 0, empty & ~low
    if empty.any() or near is not None:
        out = greyed(out, empty, full, near)
    shown = ~empty.all(0) | full
    if blacken:
        shown &= ~full
        out[:, full] = 0
    out = out.astype(np.float32, copy=False)
    return out if gamma == 1 else out ** np.float32(1 / gamma), shown


def nearness(core):
    """Return w of eq. (2), (bands, lines, samples) 0..1; None where nothing is saturated."""
    import cv2

    saturated = picture.saturated(core)
    if not saturated.any():
        return None
    w = np.zeros(core.shape, np.float32)
    for band in np.flatnonzero(saturated.any((1, 2))):
        distance = cv2.distanceTransform((~saturated[band]).astype(np.uint8), cv2.DIST_L2, 5)
        w[band] = np.maximum(1 - distance / np.float32(FADE), 0)
    return w * w * (3 - 2 * w)  # level at both ends


def greyed(out, empty, full, near):
    """Return a picture whose cells lack colour where a band is empty, and fade near there, eq. (2).

    full  where a band is saturated: without any valid band such a cell is white
    near  w, or None
    """
    far = np.where(empty, 0, 1 if near is None else np.maximum(1 - near, LEAST))
    known = far.sum(0)
    grey = (far * np.where(empty, 0, out)).sum(0) / np.maximum(known, LEAST)
    grey = np.where(known > 0, grey, full)
    if near is not None:
        out = out + near.max(0) * (grey - out)
    return np.where(empty.any(0), grey, out)


def limits(core, percents, perband=False, minimum=None, maximum=None):
    """Return (lo, hi) per band, from percentiles of valid samples unless they are given."""
    if minimum is not None and maximum is not None and minimum >= maximum:
        raise Error(f"MINIMUM = {minimum:g} is not below MAXIMUM = {maximum:g}")
    groups = [[plane] for plane in core] if perband else [list(core)]
    found = []
    for planes in groups:
        known = minimum is not None and maximum is not None
        lo, hi = (0.0, 1.0) if known else picture.percentiles(planes, percents) or (0.0, 1.0)
        lo = lo if minimum is None else minimum
        hi = max(lo, hi) if maximum is None else maximum
        found += [(min(lo, hi), hi)] * len(planes)
    return found


def quantised(out, shown, bits, first=0):
    """Return a picture as unsigned integers: first..2^bits - 1, and 0 where nothing shows."""
    top = (1 << bits) - 1
    levels = np.rint(out * np.float32(top - first)) + first
    return np.where(shown, levels, 0).astype(np.uint8 if bits == 8 else np.uint16)


def rendered(core, ends, gamma=1.0, blacken=False, bits=8, first=0, alpha=False):
    """Return draw() as quantised() integers, alpha last where asked for, a few lines at a time."""
    kind = np.uint8 if bits == 8 else np.uint16
    out = np.zeros((len(core) + alpha, *core.shape[1:]), kind)
    near = None if blacken or len(core) == 1 else nearness(core)
    for top in range(0, core.shape[1], STRIP):
        part = core[:, top : top + STRIP]
        if picture.empty(part):
            continue
        w = None if near is None else near[:, top : top + STRIP]
        drawn, shown = draw(part, ends, gamma, blacken, w)
        out[: len(core), top : top + STRIP] = quantised(drawn, shown, bits, first)
        if alpha:
            out[-1, top : top + STRIP] = quantised(shown, shown, bits)
    return out


def chosen(names, words, p):
    """Return the indices of the bands to draw: BANDS, or RED, GREEN, BLUE, or one image band."""
    if words:
        bands = [picture.index(word, names) for word in words]
        if len(bands) not in (1, 3) and p.BITS != 32:
            raise Error(f"BANDS = {', '.join(words)}: expected one, or three: red, green, blue")
        return bands
    if p.BITS == 32:
        return list(range(len(names)))
    images = picture.images(names) or [0]
    bands = picture.colours(names) or images[:1]
    if len(bands) == 1 and len(images) > 1:
        p.say(f"band {names[bands[0]]} of {', '.join(names)} is drawn; BANDS chooses others")
    return bands


def kind(p):
    """Return PNG, TIFF or COG, from FORMAT or the extension of TO."""
    extension = os.path.splitext(p.TO)[1].lower()
    if p.FORMAT is None and p.TO != "-" and extension not in FORMATS:
        raise Error(f"TO = {p.TO}: expected .png, .tif, .tiff or .fits, or give FORMAT")
    form = p.resolve("FORMAT", label=FORMATS.get(extension, "PNG"))
    bits = p.resolve("BITS", label=32 if form == "FITS" else 8)
    if bits not in BITS[form]:
        expected = " or ".join(map(str, BITS[form]))
        raise Error(f"BITS = {bits}: expected {expected} for {form}")
    if p.MINPERCENT >= p.MAXPERCENT:
        raise Error(f"MINPERCENT = {p.MINPERCENT:g} is not below MAXPERCENT = {p.MAXPERCENT:g}")
    return form


@parm.tool
def main(p):
    form = kind(p)
    image = cube.read(p.FROM)
    names = image.band_names()
    bands = chosen(names, p.BANDS, p)
    whole = bands == list(range(len(names)))
    core, names = image.core if whole else image.core[bands], [names[b] for b in bands]
    said = raster.texts(image, p.history())

    nodata, alpha = None if p.ALPHA else 0, p.ALPHA
    if p.BITS == 32:
        pixels, nodata, alpha = core.astype(np.float32), np.nan, False
        pixels[np.isnan(pixels)] = np.nan
    else:
        ends = limits(core, (p.MINPERCENT, p.MAXPERCENT), p.PERBAND, p.MINIMUM, p.MAXIMUM)
        first = 0 if form == "PNG" or alpha else 1  # of a TIFF 0 is the nodata value
        blacken = p.SATURATED == "NULL"
        pixels = rendered(core, ends, p.GAMMA, blacken, p.BITS, first, alpha)
        names = [*names, "ALPHA"][: len(pixels)]
    if form == "PNG":
        data = raster.png(pixels, said)
    elif form == "FITS":
        data = fits.of_cube(image.replace(core=pixels), names, said)
    else:
        place = raster.georeference(image)
        data = raster.tiff(pixels, said, names, nodata, alpha, place, cog=form == "COG")
        if place and not raster.located(data):
            p.say("GeoTIFF has no words for the projection: it keeps the grid alone")
    with files.output(p.TO) as out:
        out.write(data)
