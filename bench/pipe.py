"""A pipe of radiometric tools against `cat | cat | cat`, and decompand against np.take.

python bench/pipe.py [FRAMES]

The cube that leaves the pipe (Real) has 1.5 GB, the one that enters it (SignedWord) half of that;
cat writes the same file, once with the bytes of the one and once of the other.  PAIRS lets stretch
pass on what it gets; by default it needs percentages first, and a temporary file.
"""

import sys

import numpy as np
from measure import alone, least, made, peak, shell, wall

from perijove.kit import calfile, cube, sink
from perijove.kit.label import Quantity

FRAMES = 593  # of 3 framelets of 128 x 1648 samples
CHAIN = "decompand FROM={0}/raw.cub -quiet | junocal HOTPIXELS=NONE -quiet | stretch {1} -quiet"
PAIRS = "PAIRS='0:0 0.5:1'"


def strip(path, frames):
    """Write a companded strip: a bright bow with noise, dark columns, a few saturated samples."""
    shape, block = (3, 128 * frames, 1648), 128 * 16
    groups = {
        "Instrument": {
            "SampleBits": 8,
            "SampleBitMode": "SQROOT",
            "TDICount": 2,
            "SummingMode": 1,
            "FrameletLines": 128,
            "NumberFramelets": frames,
            "ExposureDuration": Quantity(6.4, "ms"),
            "SolarDistance": Quantity(7.4e8, "km"),
        },
        "BandBin": {"FilterName": ["BLUE", "GREEN", "RED"]},
        "Archive": {"OrbitNumber": 43},
    }
    label = cube.new(np.zeros((1, 1, 1)), **groups).label
    rng = np.random.default_rng(5)
    bow = 90 + 60 * np.sin(np.arange(1648) / 200)
    codes = (bow + rng.normal(0, 6, (block, 1648))).clip(0, 235).astype("<i2")
    codes[rng.random(codes.shape) < 2e-4] = 250
    codes[:, :23] = codes[:, 1631:] = 0
    with open(path, "wb") as out:
        out.write(sink.compose(label, shape, ("SignedWord", "Lsb", 0.0, 1.0), (), b""))
        for line in range(0, shape[0] * shape[1], block):
            out.write(codes[: shape[0] * shape[1] - line].tobytes())


def lookup():
    """CPU seconds per sample of decompand and of np.take, in memory."""
    from perijove import decompand
    from perijove.kit import byvalue, special

    table = np.array(calfile.read("juno/compand.sav")["DN12"])
    raw = np.random.default_rng(1).integers(0, 256, (64, 39, 1648)).astype(np.int16)
    ours = byvalue.stored(
        lambda v: decompand.decompand(v, table),
        lambda v: special.decode(v, "SignedWord"),
        raw.dtype,
        lambda v: special.encode(v, "SignedWord"),
    )
    words = table.astype(np.int16)
    return least(lambda: [ours(b) for b in raw], 9), least(lambda: [words.take(b) for b in raw], 9)


def ratios(folder, frames=FRAMES):
    """Yield the ratios; rates are in wall clock time and in CPU time."""
    yield "decompand, samples in memory", *lookup(), "np.take"
    raw, out = f"{folder}/raw.cub", f"{folder}/out.cub"
    strip(raw, frames)
    piped = CHAIN.format(folder, PAIRS) + f" > {out}"
    by_rank = CHAIN.format(folder, "") + f" > {out}"
    one = f"cat {raw} | decompand | cat > {out}"
    size = f"{8 * 3 * 64 * 1648 * frames / 1e9:.2g} GB"
    made(f"{folder}/image.cub", piped.replace(out, f"{folder}/image.cub"))
    for clock, word in ((wall, "wall"), (least, "CPU")):
        plain = clock(lambda: shell(f"cat {folder}/image.cub | cat | cat > {out}"))
        half = clock(lambda: shell(f"cat {raw} | cat | cat > {out}"))
        ours = clock(lambda: shell(piped))
        yield f"pipe of three, {word}, by its last cube of {size}", plain, ours, "cat's rate"
        yield f"pipe of three, {word}, by its first cube, half of that", half, ours, "cat's rate"
        ranked = clock(lambda: shell(by_rank), 2)
        yield f"the same with percentages, {word}, by its last cube", plain, ranked, "cat's rate"
        yield f"decompand between two cats, {word}", clock(lambda: shell(one)), half, "cat"
    for name, line in (("", piped), (" with percentages", by_rank)):
        yield f"largest process of the pipe{name}", peak(line), 64e6, "64 MB"


if __name__ == "__main__":
    FRAMES = int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES
    alone(lambda folder: ratios(folder, FRAMES))
