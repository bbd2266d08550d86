"""The limb that an image shows: brightness profiles across it, and their edges.

A body that reflects as Lambert's law, I = A mu0, and whose albedo changes along the surface as
1 + b mu, shows across its limb, s px outward of it, the profile

    I(s) = a T1(s - e) + b T2(s - e) + sky,   T1 = G * mu0,  T2 = G * (mu0 mu)              (1)

G the point spread, of the width that leaves least of the profiles of a band, e the place of the
limb, mu by `limb` eq. (3), and the incidence that of a normal which leans from the limb's towards
the observer:

    mu0 = mu0_limb sqrt(1 - mu^2) + mu cos(phase)                                           (2)

Near the limb mu changes by tenths within a few pixels, and belts with it; without T2 they would
draw the limb by 0.1 px.  A profile is first placed by its 50 % crossing, then by eq. (1).  In a
noisy band, whose noise eq. (1) would amplify, profiles are averaged along the limb and keep the
crossing.
"""

import numpy as np

from . import limb

STEP = 0.25  # px between the samples of a profile
CLEAN = 8.0  # px inside the limb that must hold no special pixel: saturation blooms outward
NEAR, FAR = (2.0, 5.0), (3.0, 7.0)  # px inside and outside the limb where its levels are read
FIT = 4.0  # px on either side of the limb to which eq. (1) is fitted
PSF = 0.75  # px, sigma with pixel and interpolation, to begin with
PSFS = np.arange(0.4, 2.45, 0.2)  # px, tried
LEAST = 1e-12  # determinant of eq. (1): functions that can be told apart have 1e-6 or more
FEW = 60  # profiles that tell the point spread
QUIET, MOST = 0.02, 8  # noise over brightness that does no harm; most neighbours averaged
PIECE = 4.0  # px from one limb point to the next of the same piece
CACHED = 1 << 15  # samples worked on at a time
CONTRAST = 0.04  # of the brightest in the band: the least step that is a limb


def sample(core, lines, at, s):
    """Profiles (m, len(s)) of a strip along the normals of Points, at s px outward; bilinear.

    core   (bands, frames x lines, samples)
    lines  of a framelet

    NaN where one of the four pixels is special or outside the framelet.
    """
    out = np.empty((len(at), len(s)))
    for part in np.array_split(np.arange(len(at)), 1 + out.size // CACHED):
        out[part] = _sample(core, lines, at[part], s)
    return out


def _sample(core, lines, at, s):
    x = at.x[:, None] + at.nx[:, None] * s - 0.5
    y = at.y[:, None] + at.ny[:, None] * s - 0.5
    j, i = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (j >= 0) & (j < core.shape[2] - 1) & (i >= 0) & (i < lines - 1)
    j, i = np.clip(j, 0, core.shape[2] - 2), np.clip(i, 0, lines - 2)
    fx, fy = x - j, y - i
    flat, wide = core.reshape(-1), core.shape[2]
    first = (at.band[:, None] * core.shape[1] + at.frame[:, None] * lines + i) * wide + j
    top = flat.take(first) * (1 - fx) + flat.take(first + 1) * fx
    first += wide
    low = flat.take(first) * (1 - fx) + flat.take(first + 1) * fx
    return np.where(inside, top * (1 - fy) + low * fy, np.nan)


def summed(profile):
    """Sums (m, n + 1) of each profile (m, n) up to each of its samples, and of its NaN."""
    sums = np.zeros((2, len(profile), profile.shape[1] + 1))
    for each, total in zip((np.nan_to_num(profile), np.isnan(profile)), sums, strict=True):
        np.cumsum(each, axis=1, out=total[:, 1:])
    return sums


def level(total, near, far, i):
    """Mean of each profile between near and far px from its samples i, by its sums (m, n + 1).

    i  (k,) the same of all, or (m, k)
    """
    lo, hi = (np.clip(i + int(round(a / STEP)), 0, total.shape[1] - 1) for a in (near, far))
    if i.ndim == 1:
        return (total[:, hi] - total[:, lo]) / np.maximum(hi - lo, 1)
    sums = np.take_along_axis(total, hi, 1) - np.take_along_axis(total, lo, 1)
    return sums / np.maximum(hi - lo, 1)


def falls(sums, i):
    """Fall of each profile across its samples i (k,), 3 px to 3 px; 0 at special pixels."""
    total, holes = sums
    fall = level(total, -3, 0, i) - level(total, 0, 3, i)
    return np.where(level(holes, -3, 3, i) > 0, 0.0, fall)


def edges(s, profile, half, contrast):
    """Where each profile falls steepest and crosses half height: (m,) px, NaN where not cleanly.

    s         (n,) px, in steps of STEP, reaching CLEAN + 1 beyond half on both sides
    profile   (m, n)
    half      px: the fall is sought at |s| <= half
    contrast  (m,) least height of the fall

    Not clean is: a special pixel between CLEAN px inside and FAR px outside, a sky more than
    half as bright as the limb, half height crossed more than once within 3 px.
    """
    total, holes = sums = summed(profile)
    reach = (s - CLEAN >= s[0]) & (s + FAR[1] <= s[-1]) & (np.abs(s) <= half)
    sought = np.flatnonzero(reach)
    best = sought[falls(sums, sought).argmax(1)][:, None]

    inner = level(total, -NEAR[1], -NEAR[0], best)
    outer = level(total, *FAR, best)
    width = int(round(3 / STEP))
    near = np.clip(best + np.arange(-width, width + 1), 0, len(s) - 1)
    window, middle = np.take_along_axis(np.nan_to_num(profile), near, 1), 0.5 * (inner + outer)
    crosses = (window[:, :-1] >= middle) & (window[:, 1:] < middle)
    at = crosses.argmax(1)[:, None]
    high, low = (np.take_along_axis(window, n, 1) for n in (at, at + 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        place = s[np.take_along_axis(near, at, 1)] + STEP * (high - middle) / (high - low)
    clean = (inner - outer >= contrast[:, None]) & (outer < 0.5 * inner)
    clean &= level(holes, -CLEAN, FAR[1], best) == 0
    return np.where(clean & (crosses.sum(1, keepdims=True) == 1), place, np.nan)[:, 0]


def templates(at, s, psf=PSF):
    """T1 and T2 of eq. (1), each (m, len(s)), and dT1/ds, for e = 0; s in steps of STEP."""
    fine = STEP / 2  # bins, so that the limb lies between two of them and s on their borders
    reach = int(np.ceil(4 * psf / fine))
    depth = (np.arange(int(round(-s[0] / fine)) + reach) + 0.5) * fine
    mu = np.sqrt(np.minimum(2 * at.bend[:, None] * depth, 1.0))
    mu0 = at.mu0[:, None] * np.sqrt(1 - mu * mu) + at.phase[:, None] * mu
    sharp = np.maximum(mu0, 0.0)  # beyond the limb it is 0

    bins = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (bins * fine / psf) ** 2)
    away = np.round((depth[:, None] + s) / fine + 0.5).astype(int)  # bins, of that just outside s
    inner, outer = (
        np.where(np.abs(n) <= reach, kernel[np.clip(n + reach, 0, 2 * reach)], 0.0) / kernel.sum()
        for n in (away - 1, away)
    )
    mean, slope = 0.5 * (inner + outer), (outer - inner) / fine
    return sharp @ mean, (sharp * mu) @ mean, sharp @ slope


def widths(profile, at, s):
    """(m,) neighbours on either side with which profiles (m, n) of one band are averaged.

    So many that noise falls to QUIET of the brightness inside the limb; none in a bright image,
    and fewer towards the ends of a piece of limb.
    """
    m = len(at)
    inside = profile[:, (s >= -CLEAN) & (s <= -NEAR[0])][:, :: int(1 / STEP)]
    near = (np.diff(at.frame) == 0) & (np.hypot(np.diff(at.x), np.diff(at.y)) < PIECE)
    change = np.abs(np.diff(inside, axis=0)[near])
    if np.isfinite(change).sum() < 100:
        return np.zeros(m, int)
    noise = 1.4826 / np.sqrt(2) * np.nanmedian(change) / np.nanmedian(inside)
    wanted = min(int(0.5 * (noise / QUIET) ** 2), MOST) if noise > 0 else 0
    ends = np.flatnonzero(np.concatenate([[True], ~near, [True]]))  # where pieces begin
    length = np.diff(ends)
    first, last = ends[:-1].repeat(length), (ends[1:] - 1).repeat(length)
    each = np.arange(m)
    return np.clip(np.minimum(each - first, last - each), 0, wanted)


def together(profile, width):
    """Means of profiles (m, n) over the rows i - width[i] to i + width[i]; NaN are left out.

    NaN where at most half of the rows are known.
    """
    if not width.any():
        return profile
    m, known = len(profile), np.isfinite(profile)
    total, count = np.zeros((2, m + 1, profile.shape[1]))
    np.cumsum(np.where(known, profile, 0.0), axis=0, out=total[1:])
    np.cumsum(known, axis=0, out=count[1:])
    lo, hi = np.arange(m) - width, np.arange(m) + width + 1
    count = count[hi] - count[lo]
    mean = (total[hi] - total[lo]) / np.maximum(count, 1)
    return np.where(2 * count > (hi - lo)[:, None], mean, np.nan)


def basis(at, s, psf):
    """The functions of s of which eq. (1) is the sum, for small e: (m, len(s), 4).

    The last is that of -a e: the limb moves by its share of the first.
    """
    t1, t2, slope = templates(at, s, psf)
    return np.stack([t1, t2, np.ones_like(t1), slope], -1)


def placed(core, lines, at, psf):
    """Points, known to a pixel or so, moved to the limb by eq. (1); those without one dropped."""
    s = np.arange(-FIT, FIT + STEP / 2, STEP)
    functions = basis(at, s, psf)
    size = np.sqrt((functions * functions).sum(1))
    functions = functions / size[:, None]
    normal = np.einsum("msi,msj->mij", functions, functions)
    # of the functions' lengths 1: so little is left where they are the same, as on a needle
    apart = np.abs(np.linalg.det(normal)) > LEAST
    at, size, functions, normal = (a[apart] for a in (at, size, functions, normal))
    total = np.zeros(len(at))
    for _ in range(2):
        profile = sample(core, lines, at.moved(total), s)
        x = np.linalg.solve(normal, np.einsum("msi,ms->mi", functions, profile)[..., None])[..., 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            e = -(x[:, 3] / size[:, 3]) / (x[:, 0] / size[:, 0])
        kept = np.abs(e) < 2  # and no NaN, as where the profile has one
        at, total, e, size, functions, normal = (
            a[kept] for a in (at, total + e, e, size, functions, normal)
        )
    kept = np.abs(e) < 0.5
    return at[kept].moved(total[kept])


def spread(core, lines, at):
    """The sigma, px, of the point spread that leaves least of the profiles at Points of a band."""
    at = at[:: max(1, len(at) // FEW)]
    s = np.arange(-FIT, FIT + STEP / 2, STEP)
    profile = sample(core, lines, at, s)
    kept = np.isfinite(profile).all(1)
    at, profile = at[kept], profile[kept]
    if len(at) < FEW / 4:
        return PSF
    left = []
    for psf in PSFS:
        q, _ = np.linalg.qr(basis(at, s, psf))
        rest = profile - (q @ (np.swapaxes(q, 1, 2) @ profile[..., None]))[..., 0]
        left.append(np.median((rest * rest).sum(1) / (profile * profile).sum(1)))
    i = int(np.clip(np.argmin(left), 1, len(PSFS) - 2))
    curve = np.polyfit(PSFS[i - 1 : i + 2], left[i - 1 : i + 2], 2)
    if curve[0] <= 0:
        return PSFS[int(np.argmin(left))]
    return float(np.clip(-curve[1] / (2 * curve[0]), PSFS[0], PSFS[-1]))


def refined(core, lines, at):
    """Points, known to a pixel or so, moved to the limb by eq. (1), its point spread measured."""
    return placed(core, lines, at, spread(core, lines, at)) if len(at) else at


def measure(core, geometry, height, half):
    """Limb Points where the image shows them, and how many were looked for.

    core    (bands, frames x lines, samples)
    height  (bands,) km: the limb is sought within half px of the ellipsoid raised by it
    """
    lines = geometry.camera.lines
    reach = half + CLEAN + 1
    s = np.arange(-reach, reach + STEP / 2, STEP)
    at = limb.points(geometry)
    at = at.moved(at.gain * height[at.band])
    least, found = CONTRAST * brightest(core), []
    for band in range(len(core)):  # one by one: the profiles are many
        mine = at[at.band == band]
        profile = sample(core, lines, mine, s)
        width = widths(profile, mine, s)
        place = edges(s, together(profile, width), half, np.full(len(mine), least[band]))
        known = np.isfinite(place)
        mine = mine[known].moved(place[known])
        found.append(mine if width.any() else refined(core, lines, mine))
    return limb.joined(found), len(at)


def brightest(core):
    """(bands,) 99.5th percentile of each band by every 16th sample; 0 where none is valid."""
    few = core[:, ::4, ::4]
    valid = [band[np.isfinite(band)] for band in few]
    return np.array([np.percentile(v, 99.5) if v.size else 0.0 for v in valid])
