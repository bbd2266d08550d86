"""The limb that an image shows: brightness profiles across it, and their edges.

A body that reflects as Lambert's law, I = A mu0, and whose albedo changes along the surface as
1 + b mu, shows across its limb, s px outward of it, the profile

    I(s) = a T1(s - e) + b T2(s - e) + sky,   T1 = G * mu0,  T2 = G * (mu0 mu)              (1)

G the point spread, e the place of the limb, mu by `limb` eq. (3), and the incidence that of a
normal which leans from the limb's towards the observer:

    mu0 = mu0_limb sqrt(1 - mu^2) + mu cos(phase)                                           (2)

Near the limb mu changes by tenths within a few pixels, and belts with it; without T2 they would
draw the limb by 0.1 px.  A profile is first placed by its 50 % crossing, then by eq. (1).
"""

import numpy as np

from . import limb

STEP = 0.25  # px between the samples of a profile
CLEAN = 8.0  # px inside the limb that must hold no special pixel: saturation blooms outward
NEAR, FAR = (2.0, 5.0), (3.0, 7.0)  # px inside and outside the limb where its levels are read
FIT = 4.0  # px on either side of the limb to which eq. (1) is fitted
PSF = 0.75  # px, sigma with pixel and interpolation; JNCE_2022186_43C00080: 0.7 to 0.8
BATCH = 2000  # profiles held at a time
CONTRAST = 0.04  # of the brightest in the band: the least step that is a limb


def sample(core, lines, at, s):
    """Profiles (m, len(s)) of a strip along the normals of Points, at s px outward; bilinear.

    core   (bands, frames x lines, samples)
    lines  of a framelet

    NaN where one of the four pixels is special or outside the framelet.
    """
    x = at.x[:, None] + at.nx[:, None] * s - 0.5
    y = at.y[:, None] + at.ny[:, None] * s - 0.5
    j, i = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (j >= 0) & (j < core.shape[2] - 1) & (i >= 0) & (i < lines - 1)
    j, i = np.clip(j, 0, core.shape[2] - 2), np.clip(i, 0, lines - 2)
    fx, fy = x - j, y - i
    b, row = at.band[:, None], at.frame[:, None] * lines + i
    top = core[b, row, j] * (1 - fx) + core[b, row, j + 1] * fx
    low = core[b, row + 1, j] * (1 - fx) + core[b, row + 1, j + 1] * fx
    return np.where(inside, top * (1 - fy) + low * fy, np.nan)


def level(profile, near, far):
    """Mean of each profile (m, n) between near and far px from each of its samples (m, n)."""
    n = profile.shape[1]
    total = np.zeros((len(profile), n + 1))
    np.cumsum(profile, axis=1, out=total[:, 1:])
    lo, hi = (np.clip(np.arange(n) + int(round(a / STEP)), 0, n) for a in (near, far))
    return (total[:, hi] - total[:, lo]) / np.maximum(hi - lo, 1)


def falls(profile):
    """Fall of each profile (m, n) across each of its samples, 3 px to 3 px; 0 at special pixels."""
    known = np.nan_to_num(profile)
    fall = level(known, -3, 0) - level(known, 0, 3)
    return np.where(level(np.isnan(profile), -3, 3) > 0, 0.0, fall)


def edges(s, profile, half, contrast):
    """Where each profile falls steepest and crosses half height: (m,) px, NaN where not cleanly.

    s         (n,) px, in steps of STEP, reaching CLEAN + 1 beyond half on both sides
    profile   (m, n)
    half      px: the fall is sought at |s| <= half
    contrast  (m,) least height of the fall

    Not clean is: a special pixel between CLEAN px inside and FAR px outside, a sky more than
    half as bright as the limb, half height crossed more than once within 3 px.
    """
    known, holes = np.nan_to_num(profile), np.isnan(profile)
    reach = (s - CLEAN >= s[0]) & (s + FAR[1] <= s[-1]) & (np.abs(s) <= half)
    fall = np.where(reach, falls(profile), -np.inf)
    best = fall.argmax(1)[:, None]

    def take(a, at=best):
        return np.take_along_axis(a, at, 1)[:, 0]

    inner, outer = take(level(known, -NEAR[1], -NEAR[0])), take(level(known, *FAR))
    width = int(round(3 / STEP))
    near = np.clip(best + np.arange(-width, width + 1), 0, len(s) - 1)
    window, middle = np.take_along_axis(known, near, 1), 0.5 * (inner + outer)
    crosses = (window[:, :-1] >= middle[:, None]) & (window[:, 1:] < middle[:, None])
    at = crosses.argmax(1)[:, None]
    high, low = take(window, at), take(window, at + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        place = s[take(near, at)] + STEP * (high - middle) / (high - low)
    clean = (inner - outer >= contrast) & (outer < 0.5 * inner)
    clean &= take(level(holes, -CLEAN, FAR[1])) == 0
    return np.where(clean & (crosses.sum(1) == 1), place, np.nan)


def templates(at, s, psf=PSF):
    """T1 and T2 of eq. (1), each (m, len(s)), and dT1/ds, for e = 0; s in steps of STEP."""
    from scipy.ndimage import convolve1d

    fine = STEP / 2  # bins, so that the limb lies between two of them and s on their borders
    reach = int(np.ceil(4 * psf / fine))
    inside, outside = (int(round(a / fine)) + reach for a in (-s[0], s[-1]))
    depth = (np.arange(inside)[::-1] + 0.5) * fine
    mu = np.sqrt(np.minimum(2 * at.bend[:, None] * depth, 1.0))
    mu0 = at.mu0[:, None] * np.sqrt(1 - mu * mu) + at.phase[:, None] * mu
    sharp = np.zeros((2, len(at), inside + outside))
    sharp[0, :, :inside] = np.maximum(mu0, 0.0)
    sharp[1, :, :inside] = sharp[0, :, :inside] * mu
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * fine / psf) ** 2)
    smooth = convolve1d(sharp, kernel / kernel.sum(), axis=2, mode="nearest")
    i = np.round(s / fine).astype(int) + inside
    t1, t2 = 0.5 * (smooth[..., i - 1] + smooth[..., i])
    return t1, t2, (smooth[0][:, i] - smooth[0][:, i - 1]) / fine


def refined(core, lines, at):
    """Points, known to a pixel or so, moved to the limb by eq. (1); those without one dropped."""
    s = np.arange(-FIT, FIT + STEP / 2, STEP)
    t1, t2, slope = templates(at, s)
    basis = np.stack([t1, t2, np.ones_like(t1), slope], -1)  # the limb moves by -slope / t1
    size = np.sqrt((basis * basis).sum(1))
    basis = basis / size[:, None]
    normal = np.einsum("msi,msj->mij", basis, basis)
    total = np.zeros(len(at))
    for _ in range(2):
        profile = sample(core, lines, at.moved(total), s)
        x = np.linalg.solve(normal, np.einsum("msi,ms->mi", basis, profile)[..., None])[..., 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            e = -(x[:, 3] / size[:, 3]) / (x[:, 0] / size[:, 0])
        kept = np.abs(e) < 2  # and no NaN, as where the profile has one
        at, total, e, size, basis, normal = (
            a[kept] for a in (at, total + e, e, size, basis, normal)
        )
    kept = np.abs(e) < 0.5
    return at[kept].moved(total[kept])


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
    least = CONTRAST * brightest(core)[at.band]
    place = np.empty(len(at))
    for i in range(0, len(at), BATCH):
        part = np.s_[i : i + BATCH]
        place[part] = edges(s, sample(core, lines, at[part], s), half, least[part])
    found = np.isfinite(place)
    return refined(core, lines, at[found].moved(place[found])), len(at)


def brightest(core):
    """(bands,) 99.5th percentile of each band by every 16th sample; 0 where none is valid."""
    few = core[:, ::4, ::4]
    valid = [band[np.isfinite(band)] for band in few]
    return np.array([np.percentile(v, 99.5) if v.size else 0.0 for v in valid])
