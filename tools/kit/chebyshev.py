"""Smooth functions held by their values at Chebyshev-Lobatto nodes.

    x_j = -cos(pi j / (k - 1))                                                  (1)
    f(x) = sum_j w_j f_j / (x - x_j) / sum_j w_j / (x - x_j)                    (2)

with w_j = (-1)^j, halved at both ends (Berrut and Trefethen 2004, SIAM Review 46, eqs. 4.2, 5.4).
"""

import numpy as np


def nodes(k):
    """Chebyshev-Lobatto nodes in [-1, 1] eq. (1), and their barycentric weights, (k,) each."""
    weights = (-1.0) ** np.arange(k)
    weights[[0, -1]] /= 2
    return -np.cos(np.pi * np.arange(k) / (k - 1)), weights


def expansion(k, x):
    """Matrix (len(x), k) from values at the nodes to values at x in [-1, 1], eq. (2)."""
    at, weights = nodes(k)
    distance = np.asarray(x)[:, None] - at
    on = np.abs(distance) < 1e-14
    matrix = weights / np.where(on, 1.0, distance)
    matrix /= matrix.sum(1, keepdims=True)
    at_node = on.any(1)
    matrix[at_node] = on[at_node]
    return matrix
