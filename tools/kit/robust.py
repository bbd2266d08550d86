"""Least squares with outliers in the data, quadratic priors, and errors shared within groups.

    x = argmin  sum_i rho(r_i(x)) / w_i^2  +  sum_j ((x_j - m_j) / s_j)^2                   (1)
    rho(r) = c^2 log(1 + (r / c)^2)                                        (Cauchy)         (2)

Priors stay outside rho: a robust prior is one that gives way.  Data of one group (a stretch of
limb) err together, so the covariance is not that of independent data, H^-1, but

    H^-1 (sum_g d_g d_g^T n / (n - 1) + P) H^-1                                             (3)

H the curvature of half of (1), d_g the gradient of the data of group g, n the number of groups,
P the precision of the priors (the "sandwich" of clustered data: Liang and Zeger, Biometrika 73,
1986).  Where the data say nothing it is the priors' own covariance.  Few groups make (3) too small
by chance, so a sigma is the larger of those of (3) and H^-1.
"""

import numpy as np


def solve(residual, start, scale, prior, weight, outlier, group):
    """Return x (n,), its sigmas (n,) and the residuals (m,) at x.

    residual  function of x (n,) -> (m,)
    start     (n,)
    scale     (n,) size of a small change of x
    prior     (mean, sigma), each (n,); sigma inf: none
    weight    (m,) w;  outlier (m,) c, both in the unit of the residual
    group     (m,) equal numbers for data that err together
    """
    from scipy.optimize import least_squares

    scale = np.asarray(scale, float)
    mean, sigma = (np.asarray(a, float) for a in prior)
    m = len(weight)

    def rows(z):
        x = z * scale
        return np.concatenate([residual(x) / weight, (x - mean) / sigma])

    def loss(f2):
        c2 = (outlier / weight) ** 2
        u = 1 + f2[:m] / c2
        rho = np.stack([f2, np.ones_like(f2), np.zeros_like(f2)])
        rho[:, :m] = c2 * np.log(u), 1 / u, -1 / (c2 * u * u)
        return rho

    z = least_squares(rows, np.asarray(start, float) / scale, loss=loss, max_nfev=60).x
    f = rows(z)
    step = 1e-3 * np.eye(len(z))
    jacobian = np.stack([(rows(z + d) - rows(z - d)) / 2e-3 for d in step], 1)
    push = loss(f * f)[1]
    data, priors = jacobian[:m], jacobian[m:]
    curvature = np.linalg.inv(jacobian.T @ (push[:, None] * jacobian))
    _, member = np.unique(group, return_inverse=True)
    gradient = np.zeros((member.max() + 1, len(z)))
    np.add.at(gradient, member, data * (push[:m] * f[:m])[:, None])
    n = len(gradient)
    inner = gradient.T @ gradient * n / max(n - 1, 1) + priors.T @ priors
    covariance = curvature @ inner @ curvature
    variance = np.maximum(np.diag(covariance), np.diag(curvature))
    return z * scale, np.sqrt(variance) * scale, f[:m] * weight


def spread(r):
    """Standard deviation of residuals about zero, by their median size; NaN of none."""
    return 1.4826 * np.median(np.abs(r)) if len(r) else np.nan
