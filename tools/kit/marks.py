"""Reseau marks found in a frame: dark crosses on the face plate of a vidicon.

A mark is a dark spot some 3 pixels wide.  Its place is where the frame, over WINDOW x WINDOW
pixels, looks most like

    T(y, x) = -exp(-(y^2 + x^2) / (2 SIGMA^2))                                          (1)

by the correlation coefficient of the two, and more than LIKE; a parabola through the peak and its
neighbours gives parts of a pixel.  The beam that reads a tube is bent by the charge it reads and by
fields around it, so marks move together: their displacements from the nominal places are
polynomials of degree 3 of line and sample, with priors on the coefficients so that they go on
mildly where no mark is seen,

    d = sum_ij c_ij u^i v^j,   c_ij ~ N(0, PRIOR[i + j]),   u, v = -1 .. 1                (2)

What lies farther than FAR from (2) is no mark but something dark in the scene.
"""

import numpy as np

WINDOW, SIGMA = 11, 1.2  # px
LIKE = 0.65  # of 1; noise alone comes up to 0.45 within SEARCH of a place
SEARCH, AGAIN = 12, 4  # px around the nominal place, and around that of (2)
TOGETHER = 3.0  # px: displacements that agree
FAR = 2.5  # px; at the limb of a bright disc marks stand up to 2.4 off (2)
EDGE = 2  # px, of the frame: of what stands there too little can be seen
FEWEST = 10  # marks that say where the others are
ERROR = 1.0  # px, of what (2) does not describe
PRIOR = 10.0, 2.0, 1.0, 1.0  # px, of the coefficients of each degree


def found(frame, place):
    """Return where marks stand in a frame (n, 2), and which were seen (n,).

    frame  (lines, samples), special samples NaN
    place  (n, 2) nominal line and sample, 1.0 at the centre of the first

    A mark that is not seen stands where (2) puts it; where too few are, all stay in place.
    """
    like = _likeness(frame)
    at, seen = _peaks(like, place, SEARCH)
    seen &= _agreeing(at - place, seen)
    for limit in (2 * FAR, FAR):
        if seen.sum() < FEWEST:
            break
        moved = place + _smooth(place, at - place, seen, frame.shape)
        at, seen = _peaks(like, moved, AGAIN)
        seen &= np.hypot(*(at - moved).T) < limit
    if seen.sum() < FEWEST:
        return place, np.zeros(len(place), bool)
    moved = place + _smooth(place, at - place, seen, frame.shape)
    return np.where(seen[:, None], at, moved), seen


def _likeness(frame):
    """Return the correlation of each window with (1), (lines, samples); 0 near special samples."""
    import cv2

    bad = np.isnan(frame)
    if bad.all():
        return np.zeros(frame.shape, np.float32)
    middle = float(np.median(frame[~bad]))
    scale = float(np.abs(frame[~bad] - middle).max()) or 1.0
    a = np.where(bad, 0, (frame - middle) / scale).astype(np.float32)
    half = WINDOW // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    mark = -np.exp(-(y**2 + x**2) / (2 * SIGMA**2)).astype(np.float32)
    wide = cv2.copyMakeBorder(a, *[half] * 4, cv2.BORDER_REFLECT_101)
    like = np.nan_to_num(cv2.matchTemplate(wide, mark, cv2.TM_CCOEFF_NORMED), posinf=0, neginf=0)
    if bad.any():
        like[cv2.dilate(bad.astype(np.uint8), np.ones((WINDOW, WINDOW), np.uint8)) > 0] = 0
    return like


def _peaks(like, place, reach):
    """Return the best places (n, 2) within reach of places, and where they are marks (n,)."""
    at, seen = place.copy(), np.zeros(len(place), bool)
    last = np.array(like.shape) - EDGE - 1
    for n, near in enumerate(np.rint(place).astype(int) - 1):
        low, high = np.maximum(near - reach, EDGE), np.minimum(near + reach, last)
        if (high < low).any():
            continue
        part = like[low[0] : high[0] + 1, low[1] : high[1] + 1]
        i, j = top = np.unravel_index(part.argmax(), part.shape) + low
        seen[n] = like[i, j] > LIKE and (top > EDGE).all() and (top < last).all()
        at[n] = i + 1 + _top(like[i - 1 : i + 2, j]), j + 1 + _top(like[i, j - 1 : j + 2])
    return at, seen


def _top(three):
    """Return where a parabola through three values, the middle one largest, has its top."""
    bend = float(three[0] - 2 * three[1] + three[2])
    return np.clip(0.5 * float(three[0] - three[2]) / bend, -0.5, 0.5) if bend < 0 else 0.0


def _agreeing(shift, seen):
    """Return which displacements (n, 2) are near the one that most of the seen ones are near."""
    if not seen.any():
        return seen
    near = np.hypot(*(shift[seen][:, None] - shift[seen]).transpose(2, 0, 1)) < TOGETHER
    most = shift[seen][near.sum(1).argmax()]
    return np.hypot(*(shift - most).T) < 3 * TOGETHER


def _smooth(place, shift, seen, shape):
    """Return (2) at places (n, 2), from the displacements (n, 2) of those seen."""
    middle = (np.array(shape) + 1) / 2
    u, v = ((place - middle) / middle).T
    powers = [(i, j) for i in range(len(PRIOR)) for j in range(len(PRIOR) - i)]
    terms = np.stack([u**i * v**j for i, j in powers], axis=1)
    prior = np.diag([ERROR / PRIOR[i + j] for i, j in powers])
    left = np.concatenate([terms[seen], prior])
    right = np.concatenate([shift[seen], np.zeros((len(powers), 2))])
    return terms @ np.linalg.lstsq(left, right, rcond=None)[0]
