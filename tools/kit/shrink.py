"""Noise of an image, and its removal by a local Wiener filter in blocks of cosines.

The noise is read off where an optics of some width draws nothing, near half a cycle per sample in
both directions, with the operator of Immerkaer 1996 (Comput. Vis. Image Underst. 64, 300),

    N = [1 -2 1]^T [1 -2 1] / 6,     sigma(v) = spread of N * v where the mean is v            (1)

by level v: shot noise, read-out and companding together, whatever their law.  A block of 8 x 8
samples with the cosine coefficients Y(u), whose noise is sigma, becomes

    G(u) = P(u) / (P(u) + s) Y(u),     P = max(a S(u), Y^2(u) / sigma^2 - CLEAR^2)            (2)
    S(u) = <Y^2(u) / sigma^2 - 1>_Ru - sqrt(2 / n)   or 0 where that is negative              (3)
    a    = <(Y^2 / sigma^2 - 1) S w>_r / <S^2 w>_r,     w = 1 / (1 + S)^2                     (4)

P is the power of the scene over that of the noise: its distribution over the frequencies u is that
of the region, means over (2 R + 1)^2 blocks and the frequencies beside u, less the standard error
of n blocks (those that hold few special samples), its strength that of the nearest (2 r + 1)^2
blocks and all u.  The limb has frequencies that the clouds around it have not: what exceeds CLEAR
sigma stands for itself.  s = 1 is Wiener's filter, of least mean square error; a smaller s gives
up less of the scene for each part of the noise that stays.  The mean of a block, u = 0, is left
alone.  Blocks begin at every STEP-th line and sample, and each sample is the mean of its blocks,
weighted by 1 / (sigma^2 sum of the squared gains).
"""

import numpy as np

N, STEP = 8, 2  # px: side of a block, from one block to the next
REGION, NEAR = 8, 1  # R, r, blocks of side N
CLEAR = 4.0  # sigmas: one coefficient of noise in 16,000
FULL = 0.9  # of its samples a block must have to be counted
LINES = 512  # of a picture that are filtered together
LEVELS, ENOUGH = 24, 500  # of sigma(v); samples each
WIDEST = 3.0  # standard deviations of N * v that are still noise
AROUND = (0, 1), (1, 0), (1, 1), (1, -1)  # lines, samples: a neighbour, its opposite turned
CLIPPED = 0.9733  # variance of a normal deviate of which no more than these are seen


def filled(plane):
    """Return a plane (lines, samples) float32 with its NaN continued from the valid samples."""
    import cv2

    hole = np.isnan(plane)
    if not hole.any():
        return plane
    if hole.all():
        return np.zeros_like(plane)
    out = _bridged(plane, hole)
    if not np.isnan(out).any():
        return out
    value, mask = np.where(hole, np.float32(0), plane), (~hole).astype(np.float32)
    lines, samples = plane.shape
    size = (samples + 1) // 2, (lines + 1) // 2
    value, mask = (cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (value, mask))
    with np.errstate(invalid="ignore"):
        coarse = filled(np.where(mask > 0, value / mask, np.nan).astype(np.float32))
    wide = cv2.resize(coarse, (samples, lines), interpolation=cv2.INTER_LINEAR)
    return np.where(np.isnan(out), wide, out)


def _bridged(plane, hole):
    """Return a plane with a NaN between two valid samples as their mean, of the most alike two."""
    line, sample = np.nonzero(hole)
    wide = np.pad(plane, 1, constant_values=np.nan)
    one, two = (
        np.stack([wide[line + 1 + k * y, sample + 1 + k * x] for y, x in AROUND]) for k in (1, -1)
    )
    apart = np.nan_to_num(np.abs(one - two), nan=np.inf)
    best = apart.argmin(0), np.arange(len(line))
    out = plane.copy()
    out[line, sample] = (one[best] + two[best]) / 2
    return out


def mean(stack):
    """Return the means over 5 x 5 samples of filled pictures (n, lines, samples)."""
    import cv2

    return np.stack([cv2.blur(plane, (5, 5), borderType=cv2.BORDER_REFLECT) for plane in stack])


def noise(stack, level, valid):
    """Return sigma(v) of pictures (n, lines, samples) as (levels, sigmas, tails), eq. (1).

    level  means of the pictures;  valid  what is no special sample

    Where the sky has but one or two DN, sigma is 0 or nearly; what one sample in a hundred
    exceeds is no exception there.  The tails are sigmas no lower than a third of that, or a
    quarter of their median.
    """
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    detail = np.stack([cv2.filter2D(plane, -1, kernel)[1:-1, 1:-1] for plane in stack])
    inner = np.s_[:, 1:-1, 1:-1]
    whole = np.stack([cv2.erode(v.astype(np.uint8), np.ones((3, 3), np.uint8)) for v in valid])
    use = whole[inner] > 0
    detail, level = detail[use], level[inner][use]
    if not detail.size:
        return (np.zeros(1),) * 3
    ends = np.unique(np.quantile(level, np.linspace(0, 1, LEVELS + 1)))
    bins = np.clip(np.searchsorted(ends, level, side="right") - 1, 0, max(len(ends) - 2, 0))
    found = []
    for k in range(bins.max() + 1):
        part = np.abs(detail[bins == k])
        if part.size < ENOUGH and len(ends) > 2:
            continue
        sigma = 1.4826 * np.median(part)
        for _ in range(4):  # the median of companded samples is coarse
            kept = part[part <= WIDEST * sigma]
            sigma = np.sqrt(np.mean(kept.astype(float) ** 2) / CLIPPED) if kept.size else 0.0
        tail = max(sigma, np.quantile(part, 0.99) / 3)
        found.append((np.median(level[bins == k]), sigma, tail))
    if not found:
        return (np.zeros(1),) * 3
    levels, sigmas, tails = np.array(found).T
    return levels, sigmas, np.maximum(tails, np.median(tails) / 4)


def shrunk(picture, variance, valid, strength):
    """Return a filled picture (lines, samples) float32 without its noise, eqs. (2) to (4).

    variance  sigma^2 of each sample;  valid  what is no special sample;  strength  s, 0 or more
    """
    lines = len(picture)
    halo = N * (REGION + NEAR + 2)
    out = np.empty_like(picture)
    for top in range(0, lines, LINES):
        first, last = max(0, top - halo), min(lines, top + LINES + halo)
        part = (np.ascontiguousarray(a[first:last]) for a in (picture, variance, valid))
        made = _shrunk(*part, strength)
        out[top : top + LINES] = made[top - first : top - first + LINES]
    return out


def _shrunk(picture, variance, valid, strength):
    shape = picture.shape
    size = [-(-n // N) * N + N for n in shape]  # whole blocks, from any beginning
    pad = [(N, s - n) for s, n in zip(size, shape, strict=True)]
    picture, variance = (np.pad(a, pad, mode="symmetric") for a in (picture, variance))
    valid = np.pad(valid.astype(np.float32), pad, mode="symmetric")
    total, weight = np.zeros_like(picture), np.zeros_like(picture)
    cosines = _cosines()
    for y in range(0, N, STEP):
        for x in range(0, N, STEP):
            window = np.s_[y : size[0] + y, x : size[1] + x]
            sigma2 = _blocks(variance[window]).mean(-1, keepdims=True)
            sigma2 = np.maximum(sigma2, np.finfo(np.float32).tiny * 1e8)
            full = _blocks(valid[window]).mean(-1, keepdims=True)
            y2 = _blocks(picture[window]) @ cosines.T
            gain = gains(np.minimum(y2 * y2 / sigma2, np.float32(1e8)), full, strength)
            share = 1 / (sigma2 * np.square(gain).sum(-1, keepdims=True))
            total[window] += _whole((y2 * gain) @ cosines * share)
            weight[window] += _whole(np.broadcast_to(share, y2.shape))
    inner = np.s_[N : N + shape[0], N : N + shape[1]]
    return total[inner] / weight[inner]


def gains(power, full, strength):
    """Return the gains of the coefficients of a grid of blocks, (rows, columns, N * N).

    power     Y^2 / sigma^2;  full  (rows, columns, 1) share of valid samples
    strength  s
    """
    import cv2

    def near(a, r):
        side = 2 * r + 1
        a = cv2.blur(a, (side, side), borderType=cv2.BORDER_REFLECT)
        return a.reshape(*a.shape[:2], -1)

    counted = np.where(full > FULL, full, np.float32(1e-3) * full + np.float32(1e-9))
    number = near(counted, REGION)
    excess = (power - 1) * counted
    shape = near(excess, REGION) / number @ _beside().T
    shape -= np.sqrt(2 / (number * (2 * REGION + 1) ** 2))
    np.maximum(shape, 0, out=shape)
    shape[..., 0] = 0  # the mean is no part of the detail
    by = shape / np.square(1 + shape)
    strong = near(counted * (shape * by).sum(-1, keepdims=True), NEAR)
    scale = near((excess * by).sum(-1, keepdims=True), NEAR) / np.maximum(strong, 1e-20)
    shape *= np.maximum(scale, 0)
    np.maximum(shape, power - CLEAR**2, out=shape)
    gain = shape / np.maximum(shape + np.float32(strength), 1e-20)
    gain[..., 0] = 1
    return gain


def _cosines():
    """Return the cosines of blocks in rows, (N * N, N * N) float32, orthonormal; the mean first."""
    k, x = np.ogrid[:N, :N]
    one = np.sqrt(np.where(k > 0, 2, 1) / N) * np.cos(np.pi * k * (x + 0.5) / N)
    return np.kron(one, one).astype(np.float32)


def _beside():
    """Return the weights (u, v) of frequencies v in the mean at u, 1/2 for each step away."""
    step = np.abs(np.subtract.outer(np.arange(N), np.arange(N)))
    one = np.where(step < 2, 0.5**step, 0)
    weight = np.kron(one, one)
    weight[:, 0] = 0
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def _blocks(a):
    """Return the blocks of a plane, (rows, columns, N * N)."""
    rows, columns = (n // N for n in a.shape)
    a = a.reshape(rows, N, columns, N).swapaxes(1, 2)
    return np.ascontiguousarray(a).reshape(rows, columns, N * N)


def _whole(blocks):
    """Return the plane of `_blocks`."""
    rows, columns = blocks.shape[:2]
    return blocks.reshape(rows, columns, N, N).swapaxes(1, 2).reshape(rows * N, columns * N)
