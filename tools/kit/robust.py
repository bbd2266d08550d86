"""Least squares with outliers in the data, quadratic priors, and errors shared within groups.

    x = argmin  sum_i rho(r_i(x)) / w_i^2  +  sum_j ((A x - m)_j / s_j)^2                   (1)
    rho(r) = c^2 log(1 + (r / c)^2)                                        (Cauchy)         (2)

Priors stay outside rho: a robust prior is one that gives way.  (1) falls with every step of the
least squares whose data are weighted by 1 / (1 + (r / c)^2), since rho is concave in r^2; the
steps are Levenberg and Marquardt's.  Data of one group (a stretch of limb) err together, so the
covariance is not that of independent data, H^-1, but

    H^-1 (sum_g d_g d_g^T n / (n - 1) + P) H^-1                                             (3)

H the curvature of half of (1), d_g the gradient of the data of group g, n the number of groups,
P the precision of the priors (the "sandwich" of clustered data: Liang and Zeger, Biometrika 73,
1986).  Where the data say nothing it is the priors' own covariance.  Few groups make (3) too small
by chance, so a sigma is the larger of those of (3) and H^-1.

Data come in blocks that know a few of the unknowns each, so that the fit of many images costs
no more than that of each.
"""

from dataclasses import dataclass

import numpy as np

STEPS, ENOUGH = 100, 1e-9  # most steps, and the fall of (1) that ends them, of its value


@dataclass(frozen=True)
class Block:
    """Data that depend on the unknowns of these columns.

    r (m,), weight w (m,), outlier c (m,)   in one unit
    group (m,)                              equal numbers for data that err together
    columns (k,), slopes (m, k)             dr/dx; slopes None where only r was asked for
    """

    r: np.ndarray
    weight: np.ndarray
    outlier: np.ndarray
    group: np.ndarray
    columns: np.ndarray
    slopes: np.ndarray = None

    @property
    def cost(self):
        """Its part of (1)."""
        c2 = (self.outlier / self.weight) ** 2
        return float((c2 * np.log1p((self.r / self.outlier) ** 2)).sum())

    @property
    def push(self):
        """(m,) weight of the data in the next step."""
        return 1 / ((1 + (self.r / self.outlier) ** 2) * self.weight**2)


def solve(model, start, priors):
    """Return x (n,), its sigmas (n,) and the Blocks at x, with slopes.

    model   function of x (n,) and a bool (are slopes wanted) -> list of Blocks
    start   (n,)
    priors  (A, m, s), (q, n), (q,), (q,); s inf: none
    """
    x = np.array(start, float)
    a, m, s = (np.asarray(v, float) for v in priors)
    told = s < np.inf
    a, m = a[told] / s[told, None], m[told] / s[told]

    def cost(blocks, x):
        return sum(b.cost for b in blocks) + float(((a @ x - m) ** 2).sum())

    blocks, damping = model(x, True), 1e-6
    now = cost(blocks, x)
    for _ in range(STEPS):
        curvature, gradient = a.T @ a, a.T @ (a @ x - m)
        for b in blocks:
            pushed = b.slopes * b.push[:, None]
            curvature[np.ix_(b.columns, b.columns)] += b.slopes.T @ pushed
            gradient[b.columns] += pushed.T @ b.r
        fall = -np.inf
        while fall < 0 and damping < 1e9:
            damped = curvature + np.diag(damping * np.diag(curvature))
            trial = x - _solved(damped, gradient)
            fall = now - cost(model(trial, False), trial)
            damping = max(damping / 10, 1e-9) if fall >= 0 else damping * 10
        if fall < 0:
            break
        x, blocks, now = trial, model(trial, True), now - fall
        if fall <= ENOUGH * now:
            break
    return x, _sigma(blocks, a), blocks


def spread(r):
    """Standard deviation of residuals about zero, by their median size; NaN of none."""
    return 1.4826 * np.median(np.abs(r)) if len(r) else np.nan


def _solved(matrix, right):
    """matrix^-1 right, scaled to a unit diagonal: unknowns have units from km to rpm."""
    size = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    return np.linalg.lstsq(matrix / np.outer(size, size), right / size, rcond=1e-15)[0] / size


def _sigma(blocks, a):
    """Sigmas (n,) by eq. (3)."""
    curvature, inner = a.T @ a, a.T @ a
    total = []
    for b in blocks:
        pushed = b.slopes * b.push[:, None]
        curvature[np.ix_(b.columns, b.columns)] += b.slopes.T @ pushed
        _, member = np.unique(b.group, return_inverse=True)
        each = np.zeros((member.max(initial=-1) + 1, len(curvature)))
        part = np.zeros((len(each), len(b.columns)))
        np.add.at(part, member, pushed * b.r[:, None])
        each[:, b.columns] = part
        total.append(each)
    total = np.concatenate(total)
    told = np.diag(curvature) > 0
    size = np.sqrt(np.where(told, np.diag(curvature), 1.0))
    inverse = np.linalg.pinv(curvature / np.outer(size, size), hermitian=True)
    inverse = inverse / np.outer(size, size)
    inner += total.T @ total * len(total) / max(len(total) - 1, 1)
    variance = np.maximum(np.diag(inverse @ inner @ inverse), np.diag(inverse))
    return np.sqrt(np.where(told, variance, np.inf))
