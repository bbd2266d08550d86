"""stretch - map sample values by straight lines between pairs in:out.

    F = o_i + (o_{i+1} - o_i) (v - x_i) / (x_{i+1} - x_i),   x_i <= v <= x_{i+1}   (1)

F = o_1 below the first pair (x_1, o_1) and o_n above the last: values are clamped.  Special
pixels keep their kind, or become the value asked for.
"""

import numpy as np

from perijove.kit import cube, parm, picture, special, stream
from perijove.kit.error import Error


def stretch(v, x, o, values=None):
    """Return stretched samples, eq. (1), of the float type of v.

    v       samples of any shape, special pixels as NaN
    x, o    inputs, rising, and outputs of the pairs
    values  {kind 1..5: value} for special pixels that become numbers
    """
    out = special.restore(np.interp(v, x, o).astype(v.dtype), v)
    if values:
        kinds = special.kinds(v)
        for kind, value in values.items():
            out[kinds == kind] = value
    return out


def pairs(text):
    """Return inputs and outputs of the text "in:out in:out ..."."""
    words = text.replace(",", " ").split()
    try:
        x, o = zip(*([float(number) for number in word.split(":")] for word in words), strict=True)
    except ValueError:
        raise Error(f"PAIRS = {text}: expected pairs in:out of numbers, as 0:0 0.5:1") from None
    if len(x) < 2 or any(b <= a for a, b in zip(x, x[1:], strict=False)):
        raise Error(f"PAIRS = {text}: expected two or more pairs with rising inputs")
    return x, o


def percentages(x, planes):
    """Return the values at the percentages x of the valid samples of planes."""
    if x[0] < 0 or x[-1] > 100:
        raise Error(f"percentages {x[0]:g} to {x[-1]:g}: expected 0 to 100")
    found = picture.percentiles(planes, x)
    if found is None:
        raise Error("no valid sample: there are no percentages to take")
    if any(b <= a for a, b in zip(found, found[1:], strict=False)):
        raise Error(f"the values at {', '.join(f'{v:g}' for v in x)} % do not rise: {found}")
    return found


@parm.tool
def main(p):
    asked = enumerate((p.NULL, p.LRS, p.LIS, p.HIS, p.HRS), 1)
    values = {kind: value for kind, value in asked if value is not None}
    text = p.PAIRS or f"{p.MINPERCENT}:{p.OUTMIN} {p.MAXPERCENT}:{p.OUTMAX}"
    x, o = pairs(text)
    if p.PAIRS and not p.USEPERCENTAGES:
        return _streamed(p, x, o, values)
    image = cube.read(p.FROM)
    chosen = picture.images(image.band_names())
    core = image.core.copy()
    groups = [[b] for b in chosen] if p.PERBAND else [chosen]
    for bands in groups:
        inputs = percentages(x, [core[b] for b in bands])
        p.say("PAIRS = " + " ".join(f"{i:.6g}:{v:g}" for i, v in zip(inputs, o, strict=True)))
        for b in bands:
            core[b] = stretch(core[b], inputs, o, values)
    return cube.write(p.TO, image.replace(core=core), p)


def _streamed(p, x, o, values):
    """Stretch by pairs that are known beforehand, in constant memory."""
    chosen = []

    def edit(label):
        bands = label.object("IsisCube").object("Core").group("Dimensions").integer("Bands")
        chosen.extend(picture.images(cube.band_names(label, bands)))

    def func(block, band, line):
        return stretch(block, x, o, values) if band in chosen else block

    stream.run(p, edit, func, type="Real")
