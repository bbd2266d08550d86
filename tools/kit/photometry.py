"""Photometric laws: how brightness falls off towards limb and terminator.

With mu0 and mu the cosines of incidence and emission, a surface of the albedo A shows
I/F = A f(mu0, mu), as ISIS's photomet defines the models of those names:

    LAMBERT          f = mu0                                               (1)
    LOMMELSEELIGER   f = 2 mu0 / (mu0 + mu)                                (2)
    MINNAERT         f = mu0^K mu^(K - 1)                                  (3)
    LUNARLAMBERT     f = mu0 (1 - L + 2 L / (mu0 + mu))                    (4)

(1) is (3) with K = 1 and (4) with L = 0; (2) is (4) with L = 1.  f = 1 where mu0 = mu = 1.
"""

import numpy as np

from . import special


def lambert(mu0, mu):
    """Eq. (1)."""
    return mu0


def lommelseeliger(mu0, mu):
    """Eq. (2)."""
    return 2 * mu0 / (mu0 + mu)


def minnaert(mu0, mu, k=1.0):
    """Eq. (3)."""
    return mu0**k * mu ** (k - 1)


def lunarlambert(mu0, mu, l=0.0):  # noqa: E741 (the source's symbol)
    """Eq. (4)."""
    return mu0 * (1 - l + 2 * l / (mu0 + mu))


LAWS = {
    "LAMBERT": lambert,
    "LOMMELSEELIGER": lommelseeliger,
    "MINNAERT": minnaert,
    "LUNARLAMBERT": lunarlambert,
}


def corrected(v, mu0, mu, law, least):
    """Return samples v / f, as if lit and seen straight down; Null beyond the limits.

    v        samples, special pixels as NaN; within the limits they keep their kind
    mu0, mu  cosines of incidence and emission, the shape of v; NaN off the surface
    law      function of mu0 and mu, eqs. (1) to (4), in the precision of v
    least    (mu0, mu): where either is less, or not above 0, the result is Null
    """
    within = (mu0 >= least[0]) & (mu >= least[1]) & (mu0 > 0) & (mu > 0)
    f = law(*(np.where(within, c, 1).astype(v.dtype) for c in (mu0, mu)))
    return np.where(within, special.restore(v / f, v), special.NULL)
