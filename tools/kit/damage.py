"""What a CCD after years of radiation adds to an image: assumed figures, no measurements.

The camera's team tells in words what the images of perijove 56 show: a smaller dynamic range,
more background and more noise (JunoCam gallery page).  No number is published with them.  What
is added here to the DN of line l and sample s of a band's framelet in frame f is

    D = B + w(f) + r(f, l) + c(s) + sum of h(l - k, s) over k = 0 .. N - 1 + t(f, l, s)       (1)

B the background and w its wander from frame to frame; r and c offsets of rows and columns, as a
failing voltage regulator and bright pixels of the read-out registers make them; h what a hot
pixel adds during one of N stages of time-delayed integration, so that it leaves a streak of N
lines; t the tracks of particles.  c and h belong to the detector and are the same in all images.
Pixels pile up at FULL, and READ is the noise of the read-out.
"""

import numpy as np

BACKGROUND, WANDER = 60.0, 4.0  # DN: mean of all frames, and standard deviation
ROWS, COLUMNS = 3.0, 1.5  # DN, standard deviations
BRIGHT = 0.01, 15.0  # share of the columns that are bright, and by how many DN in the mean
HOT = 0.005, 60.0  # share of the pixels that are hot, and DN per stage in the mean
TRACKS = 20, 8, 150.0  # per framelet; longest, px; DN of a pixel in the mean
READ = 8.0  # DN, standard deviation
FULL = 1600.0  # DN, the background with it
DETECTOR = 56  # seed of what belongs to the detector


def dark(frames, shape, stages, seed):
    """What the damaged detector adds, (frames, bands, lines, samples) float32 DN, eq. (1).

    shape   (bands, lines, samples) of a frame;  stages  N;  seed  of the image
    """
    bands, lines, samples = shape
    fixed, passing = (np.random.default_rng((DETECTOR, *of)) for of in ((), (seed,)))
    column = fixed.normal(0, COLUMNS, (bands, 1, samples))
    column += _some(fixed, column.shape, *BRIGHT)
    hot = _some(fixed, shape, *HOT)
    streak = np.zeros(shape)
    for k in range(min(stages, lines)):
        streak[:, k:] += hot[:, : lines - k]
    wander = passing.normal(BACKGROUND, WANDER, (frames, 1, 1, 1))
    row = passing.normal(0, ROWS, (frames, bands, lines, 1))
    out = (column + streak + wander + row).astype(np.float32)
    number, longest, level = TRACKS
    for framelet in out.reshape(-1, lines, samples):
        along = np.arange(longest)[:, None]
        length = passing.integers(1, longest + 1, number)
        angle = passing.uniform(0, np.pi, number)
        y = np.rint(passing.uniform(0, lines, number) + along * np.sin(angle)).astype(int)
        x = np.rint(passing.uniform(0, samples, number) + along * np.cos(angle)).astype(int)
        energy = passing.exponential(level, (longest, number))
        hit = (along < length) & (y < lines) & (x >= 0) & (x < samples)
        np.add.at(framelet, (y[hit], x[hit]), energy[hit])
    return out


def _some(rng, shape, share, mean):
    """Exponential deviates at a share of the places, else 0."""
    level = rng.exponential(mean, shape)
    return np.where(rng.random(shape) < share, level, 0.0)
