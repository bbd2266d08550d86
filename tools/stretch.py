"""stretch - map sample values by straight lines between pairs in:out.

    F = o_i + (o_{i+1} - o_i) (v - x_i) / (x_{i+1} - x_i),   x_i <= v <= x_{i+1}   (1)

F = o_1 below the first pair (x_1, o_1) and o_n above the last: values are clamped.  Special
pixels keep their kind, or become the value asked for.
"""

import itertools

import numpy as np

from perijove.kit import cube, parm, picture, special, stream
from perijove.kit.error import Error


def stretch(v, x, o, values=None):
    """Return stretched samples, eq. (1), of the float type of v.

    v       samples of any shape, special pixels as NaN
    x, o    inputs, rising, and outputs of the pairs
    values  {kind 1..5: value} for special pixels that become numbers
    """
    out = (_single if _reach(x) + _reach(o) <= 5 else _double)(v, x, o)
    if values and np.isnan(np.min(v, initial=0)):
        kinds = special.kinds(v)
        for kind, value in values.items():
            out[kinds == kind] = value
    return out


def _reach(ends):
    """Return how large two values are, their distance being 1; infinite where they do not suit."""
    size, apart = max(map(abs, ends)), abs(ends[1] - ends[0])
    return size / apart if len(ends) == 2 and apart > 1e-30 and size < 1e30 else np.inf


def _single(v, x, o):
    """Return eq. (1) of one line, in the type of v: in float32 within 1e-6 of the range of outputs.

    Of its roundings, 6e-8 each, two are of the size of the inputs, two of that of the outputs, and
    six of their ranges.
    """
    (a, b), (low, high) = x, o
    out = np.clip(v, a, b)  # NaN go through all of this with their kind
    if a:
        out -= a
    out /= b - a
    if high - low != 1:
        out *= high - low
    if low:
        out += low
        out = np.clip(out, min(o), max(o), out=out)
    return out


def _double(v, x, o):
    """Return eq. (1) of any lines."""
    out = o[0]
    for (a, below), (b, above) in itertools.pairwise(zip(x, o, strict=True)):
        part = np.clip(v, a, b, dtype=np.float64)
        part -= a
        part *= (above - below) / (b - a)
        part += out
        out = part
    return out.astype(v.dtype)


def pairs(text):
    """Return inputs and outputs of the text "in:out in:out ..."."""
    words = text.replace(",", " ").split()
    try:
        x, o = zip(*([float(number) for number in word.split(":")] for word in words), strict=True)
    except ValueError:
        raise Error(f"PAIRS = {text}: expected pairs in:out of numbers, as 0:0 0.5:1") from None
    if len(x) < 2 or any(b <= a for a, b in itertools.pairwise(x)):
        raise Error(f"PAIRS = {text}: expected two or more pairs with rising inputs")
    return x, o


def percentages(x, samples):
    """Return the values at the percentages x of valid samples, a list of arrays (n,)."""
    if x[0] < 0 or x[-1] > 100:
        raise Error(f"percentages {x[0]:g} to {x[-1]:g}: expected 0 to 100")
    valid = np.concatenate(samples) if samples else np.empty(0)
    if not valid.size:
        raise Error("no valid sample: there are no percentages to take")
    found = np.percentile(valid, x).tolist()
    if any(b <= a for a, b in itertools.pairwise(found)):
        raise Error(f"the values at {', '.join(f'{v:g}' for v in x)} % do not rise: {found}")
    return found


@parm.tool
def main(p):
    asked = enumerate((p.NULL, p.LRS, p.LIS, p.HIS, p.HRS), 1)
    values = {kind: value for kind, value in asked if value is not None}
    x, o = pairs(p.PAIRS or f"{p.MINPERCENT}:{p.OUTMIN} {p.MAXPERCENT}:{p.OUTMAX}")
    inputs = {}  # of the bands that are images

    def edit(label):
        bands = label.object("IsisCube").object("Core").group("Dimensions").integer("Bands")
        inputs.update(dict.fromkeys(picture.images(cube.band_names(label, bands)), x))

    def look(samples):
        for bands in [[b] for b in inputs] if p.PERBAND else [list(inputs)]:
            found = percentages(x, [samples[b] for b in bands])
            p.say("PAIRS = " + " ".join(f"{i:.6g}:{v:g}" for i, v in zip(found, o, strict=True)))
            inputs.update(dict.fromkeys(bands, found))

    def drawn(v, band):
        return stretch(v, inputs[band], o, values) if band in inputs else v

    known = p.PAIRS and not p.USEPERCENTAGES
    stream.run(p, edit, type="Real", values=drawn, look=None if known else look)
