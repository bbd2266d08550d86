"""flatten against a copy of the cube and against scipy, and how exact its low pass is.

python bench/flatten.py
"""

import numpy as np
from measure import alone, least

from perijove.flatten import flatten
from perijove.kit import gaussian, special

SHAPE, SIGMA = (3, 4500, 9000), 80.0
PART = 1000, 2000  # lines and samples given to scipy, which needs a minute for a band of SHAPE


def scene(shape):
    """Planes of clouds of all sizes with a night, a hole and an edge of Null samples."""
    import cv2

    rng, (lines, samples) = np.random.default_rng(1), shape[-2:]
    core = np.empty(shape, np.float32)
    for plane in core:
        plane[...] = 10
        for size in (2, 8, 32, 128, 512):
            rough = rng.standard_normal((lines // size + 2, samples // size + 2), np.float32)
            plane += cv2.resize(rough, (samples, lines), interpolation=cv2.INTER_CUBIC)
    core[:, : lines // 4] = special.NULL
    core[:, lines // 2 : lines // 2 + 150, samples // 3 : samples // 2] = special.NULL
    core[:, np.arange(lines) % 600 > 400, -samples // 5 :] = special.NULL
    return core


def flattened(core, *how):
    """CPU seconds of flatten, in place, and of a copy of the cube."""
    work = core.copy()

    def both():
        work[...] = core
        flatten(work, lambda: gaussian.LowPass(*core.shape[1:], SIGMA, True), *how)

    copy = least(lambda: work.__setitem__(..., core), 5)
    return least(both) - copy, copy


def lowpass(plane):
    """CPU seconds of scipy's two Gaussians and of our low pass, and the error and the scatter of
    that, by the normalised convolution in float64."""
    from scipy.ndimage import gaussian_filter

    valid = ~np.isnan(plane)
    how = {"sigma": SIGMA, "mode": ("constant", "wrap"), "truncate": gaussian.REACH}
    value, mask = np.where(valid, plane, 0), valid.astype(np.float32)
    theirs = least(lambda: [gaussian_filter(v, **how) for v in (value, mask)], 1)
    ours = least(lambda: gaussian.gaussian(plane, SIGMA, True))

    how["truncate"] = 6
    over, under = (gaussian_filter(v.astype(float), **how) for v in (value, mask))
    exact = over[valid] / under[valid]
    error = gaussian.gaussian(plane, SIGMA, True)[valid] - exact
    return theirs, ours, np.sqrt((error**2).mean()), exact.std()


def ratios(folder):
    """List of (name, value, reference, unit): each value over its reference is to be told."""
    core = scene(SHAPE)
    small = np.ascontiguousarray(core[:, ::2, ::2])
    bright = core.copy()
    bright[0][core[0] > 13] = special.HIS
    theirs, ours, error, scatter = lowpass(scene((1, *PART))[0])
    size, part = "9000x4500x3", "x".join(map(str, PART[::-1]))
    return [
        (f"flatten {size}, {SIGMA:g} px, mask and wrap", *flattened(core), "copy"),
        ("flatten 4500x2250x3", *flattened(small), "copy"),
        (f"flatten {size}, MODE=DIVIDE", *flattened(core, "DIVIDE"), "copy"),
        (f"flatten {size}, a band saturated", *flattened(bright), "copy"),
        (f"scipy's gaussian_filter of v and mask, {part}", theirs, ours, "our low pass"),
        (f"error of the low pass, rms, {part}", error, scatter, "its std"),
    ]


if __name__ == "__main__":
    alone(ratios)
