"""From object space to the image: where a vidicon drew what a camera without distortion sees.

Object space has LINES x SAMPLES pixels; ties say of some of its places o where they are in the
image, i(o), a line and a sample.  Between ties

    i(o) = sum_jk c_jk u^j v^k + sum_n w_n K(|o - o_n|),     u, v = (o - 500) / 500       (1)
    K(r) = S^2 (1 + r/R) exp(-r/R)                                                        (2)

a polynomial of DEGREE plus a random field of covariance K, by least squares with errors e_n of the
ties (universal kriging: Matheron 1969; the covariance: Matern 1960, smoothness 3/2):

    (K + diag(e^2)) w + P c = i_n,     P^T w = 0                                          (3)

What (1) says of a tie that is left out of (3) is wrong by w_n / (M^-1)_nn, M the matrix of (3)
(Dubrule 1983).  Of the reseau marks of Voyager its median is half of that of triangles.

A picture is drawn by cubic splines through (1) on a lattice of STEP pixels: within STEP x STEP
pixels they are polynomials, which `regrid` takes as they are.
"""

import dataclasses

import numpy as np

from .error import Error

LINES = SAMPLES = 1000
DEGREE, FEWEST, MOST = 5, 3, 3000  # of the polynomial; ties
S, R = 1.0, 150.0  # px, of (2): least left-out errors of real frames
SURE, LOOSE, GUESSED = 0.15, 1.0, 2.0  # px, e: of a mark that was seen, was not, lies outside
STEP = 32  # px, a tile of `regrid`


@dataclasses.dataclass(frozen=True)
class Warp:
    """The places in the image of those in object space.

    error    (n, 2) px, of (1) at each tie if that one is left out of (3); NaN where the others
             would be too few
    lattice  (2, m, m) coefficients of the B-splines of line and of sample
    """

    error: np.ndarray
    lattice: np.ndarray

    def pixel(self, line, sample):
        """Return line and sample of the image, (…, k, m), 0 at the centre of the first of each.

        line (…, k, 1), sample (…, 1, m) of object space, counted likewise
        """
        down, across = _splines(line[..., 0]), _splines(sample[..., 0, :])
        return tuple(down @ plane @ np.swapaxes(across, -1, -2) for plane in self.lattice)


def errors(reseaus, shape):
    """Return e (n,) of the marks of a frame of (lines, samples)."""
    seen = reseaus.valid | (reseaus.status == "Given")
    return np.where(reseaus.inside(shape), np.where(seen, SURE, LOOSE), GUESSED)


def fit(ties, places, e, source="-"):
    """Return the Warp of ties (n, 2) in object space and their places (n, 2) in the image.

    Lines and samples are 1.0 at the centre of the first.  e  (n,) or one, px, as in (3)
    """
    if not FEWEST <= len(ties) <= MOST:
        raise Error(f"{source}: {len(ties)} ties: expected {FEWEST} to {MOST}")
    powers = _powers(len(ties))
    terms = _terms(ties, powers)
    if np.linalg.matrix_rank(terms) < len(powers):
        powers = powers[:FEWEST]
        terms = _terms(ties, powers)
    if np.linalg.matrix_rank(terms) < FEWEST:
        raise Error(f"{source}: the {len(ties)} ties lie on one line: they span no plane")
    n, m = terms.shape
    matrix = np.zeros((n + m, n + m))
    matrix[:n, :n] = _covariance(ties, ties) + np.diag(np.broadcast_to(e, n) ** 2)
    matrix[:n, n:], matrix[n:, :n] = terms, terms.T
    inverse = np.linalg.inv(matrix)[:, :n]
    solved = inverse @ places
    own = np.diag(inverse)[:, None]
    error = np.full((n, 2), np.nan)
    np.divide(solved[:n], own, out=error, where=own > 1e-9)
    knots = np.arange(-(-LINES // STEP) + 1) * STEP + 0.5  # line or sample of object space
    lattice = np.stack(np.meshgrid(knots, knots, indexing="ij"), axis=-1)
    drawn = _covariance(lattice, ties) @ solved[:n] + _terms(lattice, powers) @ solved[n:]
    smooth, planes = _through(len(knots)), np.moveaxis(drawn - 1, 2, 0)
    return Warp(error, np.stack([smooth @ plane @ smooth.T for plane in planes]))


def _powers(count):
    """Return the powers (j, k) of (1), lowest degree first, that so many ties determine."""
    degrees = [d for d in range(1, DEGREE + 1) if (d + 1) * (d + 2) <= count] or [1]
    return [(d - k, k) for d in range(degrees[-1] + 1) for k in range(d + 1)]


def _terms(at, powers):
    u, v = np.moveaxis(at / 500 - 1, -1, 0)
    return np.stack([u**j * v**k for j, k in powers], axis=-1)


def _covariance(at, ties):
    """Return (2) between places (…, 2) and ties (n, 2), (…, n)."""
    r = np.hypot(*(np.subtract(at[..., None, k], ties[:, k]) for k in (0, 1))) / R
    return S**2 * (1 + r) * np.exp(-r)


def _through(count):
    """Return the matrix (count + 2, count) of values at knots to coefficients of B-splines.

    The second derivative is 0 at both ends.
    """
    matrix = np.zeros((count + 2, count + 2))
    for row in range(count):
        matrix[row + 1, row : row + 3] = 1 / 6, 4 / 6, 1 / 6
    matrix[0, :3] = matrix[-1, -3:] = 1, -2, 1
    return np.linalg.inv(matrix)[:, 1:-1]


def _splines(at):
    """Return the B-splines (…, knots + 2) at lines or samples (…) of object space from 0."""
    count = -(-LINES // STEP) + 3
    x = np.abs((np.asarray(at, float) + 0.5)[..., None] / STEP + 1 - np.arange(count))
    near, far = 2 / 3 - x**2 + x**3 / 2, np.maximum(2 - x, 0) ** 3 / 6
    return np.where(x < 1, near, far)
