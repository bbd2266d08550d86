"""Photometric laws: numbers by hand, limits, and what happens beyond them."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from perijove.kit import special
from perijove.kit.photometry import (
    LAWS,
    corrected,
    lambert,
    lommelseeliger,
    lunarlambert,
    minnaert,
)

MU0, MU = np.array([0.25, 0.5]), np.array([0.25, 1.0])


def test_laws_by_hand():
    assert lambert(0.5, 0.3) == 0.5
    assert_allclose(lommelseeliger(MU0, MU), [1, 2 / 3])
    assert_allclose(minnaert(MU0, MU, 0.5), [1, np.sqrt(0.5)])
    assert_allclose(minnaert(0.5, 0.25, 2), 0.0625)
    assert_allclose(lunarlambert(0.5, 0.5, 0.5), 0.75)
    assert_allclose(lunarlambert(0.6, 0.2, 0.25), 0.6 * (0.75 + 0.5 / 0.8))


@pytest.mark.parametrize("law", LAWS.values())
def test_straight_down_under_the_sun_nothing_changes(law):
    assert law(1.0, 1.0) == 1.0


def test_laws_meet_at_the_ends_of_their_parameters():
    rng = np.random.default_rng(1)
    mu0, mu = rng.uniform(0.1, 1, (2, 50))
    assert_allclose(minnaert(mu0, mu, 1.0), lambert(mu0, mu))
    assert_allclose(lunarlambert(mu0, mu, 0.0), lambert(mu0, mu))
    assert_allclose(lunarlambert(mu0, mu, 1.0), lommelseeliger(mu0, mu))
    assert_allclose(  # Helmholtz: light may run either way
        [mu0 * law(mu, mu0) for law in (lambert, functools.partial(minnaert, k=0.7))],
        [mu * law(mu0, mu) for law in (lambert, functools.partial(minnaert, k=0.7))],
    )


def test_beyond_the_limits_is_null_and_within_kinds_stay():
    v = np.array([1, 1, 1, 1, special.HIS, special.HIS, special.LRS, 1], np.float32)
    mu0 = np.array([0.5, 0.1, 0.5, -0.2, 0.5, 0.1, 0.5, np.nan])
    mu = np.array([0.5, 0.5, 0.1, 0.5, 0.5, 0.5, 0.5, np.nan])
    found = corrected(v, mu0, mu, lambert, (0.2, 0.2))
    assert found.dtype == np.float32 and found[0] == 2
    assert special.kinds(found).tolist() == [0, 1, 1, 1, 4, 1, 2, 1]
    grazing = corrected(v[:1], np.zeros(1), np.ones(1), minnaert, (0.0, 0.0))
    assert_array_equal(special.kinds(grazing), [1])  # 90 degrees: no light, no law
