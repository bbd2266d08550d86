"""denoise - take noise, stripes and hot pixels out of an image, and leave its detail.

    v1 = v - r(l) - c(s)                          offsets of lines and columns               (1)
    v2 = v1 - h(l, s); impulses of v2 are left out and continued from their neighbours       (2)
    v3 = v2 without noise of sigma(v2)                                                       (3)

r, c, h and impulses by kit/defects, sigma(v) and (3) by kit/shrink.  A framelet is a picture of
its own, since its neighbours in the strip are no neighbours in the scene; pixels of the detector
and columns are those of all framelets.  Special samples are continued from valid ones before (2)
and (3), have no part in what is measured, and come out as they went in.
"""

import numpy as np

from perijove.kit import cube, defects, parm, picture, shrink, special
from perijove.kit.error import Error


def denoise(stack, strength, sigma=None, impulse="KEEP", pattern="NONE"):
    """Return pictures of one band without noise, eqs. (1) to (3), and what was found.

    stack     (n, lines, samples) float32, special pixels NaN: the framelets, or one picture
    strength  s of kit/shrink, 0 or more; 0 leaves (3) out
    sigma     noise, in the unit of the stack; None: measured by level
    impulse   KEEP, REPLACE or NULL;  pattern  NONE, ROWS, COLUMNS or BOTH

    Found is {keyword: number}: Noise (median sigma), RowOffset and ColumnOffset (standard
    deviations), HotPixels (of the detector), Impulses (samples).
    """
    valid = ~np.isnan(stack)
    out, found = stack, {}
    _, tail = deviations(filled(out), valid, sigma)
    clean = out
    if pattern != "NONE" and impulse != "KEEP":  # a streak is no column
        clean = np.where(defects.hot(out, tail) != 0, special.NULL, out)
    for axis, word, keyword in ((2, "COLUMNS", "ColumnOffset"), (1, "ROWS", "RowOffset")):
        if pattern in (word, "BOTH"):
            offset = defects.offsets(clean, axis)
            out, clean = out - offset, clean - offset
            found[keyword] = float(offset.std())
    spikes = np.zeros_like(valid)
    if impulse != "KEEP":
        hot = defects.hot(out, tail)
        out = out - hot
        spikes = defects.impulses(out, tail)
        found.update(HotPixels=int(np.count_nonzero(hot)), Impulses=int(spikes.sum()))
        out = np.where(spikes, special.NULL, out)
        if impulse == "NULL":
            spikes = spikes | ((hot != 0) & valid)
    out = filled(out)
    deviation, _ = deviations(out, valid, sigma)
    found["Noise"] = float(np.median(deviation[valid])) if valid.any() else 0.0
    if strength > 0:
        known = valid & ~spikes
        for k, plane in enumerate(out):
            out[k] = shrink.shrunk(plane, deviation[k] ** 2, known[k], strength)
    if impulse == "NULL":
        out[spikes] = special.NULL
    return special.restore(out, stack), found


def filled(stack):
    """Return pictures with their NaN continued from the valid samples of each."""
    return np.stack([shrink.filled(plane) for plane in stack])


def deviations(stack, valid, sigma=None):
    """Return the noise of each sample of filled pictures, and what no impulse may be below.

    sigma  given, not measured
    """
    level = shrink.mean(stack)
    curve = shrink.noise(stack, level, valid) if sigma is None else ([0.0], [sigma], [sigma])
    return [np.interp(level, curve[0], values).astype(np.float32) for values in curve[1:]]


def recorded(label, names, found, strength):
    """Put Group Denoise into a label: what was found in the bands that are images."""
    group = label.object("IsisCube").group("Denoise")
    group.items = [("Bands", names), ("Strength", strength)]
    for key in found[0] if found else ():
        values = [of[key] for of in found]
        group.set(key, [v if isinstance(v, int) else float(f"{v:.4g}") for v in values])


@parm.tool
def main(p):
    image = cube.read(p.FROM)
    strip = picture.framelets(image)
    impulse = p.resolve("IMPULSE", label="REPLACE" if strip else "KEEP")
    pattern = p.resolve("PATTERN", label="BOTH" if strip else "NONE")
    names = image.band_names()
    chosen = picture.images(names)
    sigma = p.SIGMA or [None]
    sigma = sigma * len(chosen) if len(sigma) == 1 else sigma
    if len(sigma) != len(chosen):
        raise Error(f"SIGMA has {len(sigma)} values, expected one or {len(chosen)}, one per image")
    core = image.core.astype(np.float32)
    lines, samples = core.shape[1:]
    frames = strip or (1, lines)

    found = []
    for band, given in p.progress(list(zip(chosen, sigma, strict=True))):
        stack = core[band].reshape(*frames, samples)
        clean, seen = denoise(stack, p.STRENGTH, given, impulse, pattern)
        core[band] = clean.reshape(lines, samples)
        found.append(seen)
        p.say(f"{names[band]}: " + ", ".join(f"{key} {v:.4g}" for key, v in seen.items()))

    out = image.replace(core=core)
    recorded(out.label, [names[band] for band in chosen], found, p.STRENGTH)
    cube.write(p.TO, out, p)
