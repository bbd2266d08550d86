"""Robust data, firm priors."""

import numpy as np
from numpy.testing import assert_allclose

from perijove.kit import robust


def mean_of(values, prior=(0.0, np.inf), weight=1.0, outlier=100.0, group=None):
    values = np.asarray(values, float)
    each = np.ones(len(values))
    group = np.arange(len(values)) if group is None else group
    prior = (prior[0],), (prior[1],)
    return robust.solve(
        lambda x: x[0] - values, [0.0], [1.0], prior, weight * each, outlier * each, group
    )


def test_a_datum_and_a_prior_of_equal_weight_meet_halfway():
    x, sigma, r = mean_of([2.0], prior=(0.0, 1.0), outlier=1e6)
    assert_allclose(x, 1.0, rtol=1e-6)
    assert_allclose(r, -1.0, rtol=1e-6)
    assert_allclose(sigma, np.sqrt(0.5), rtol=1e-6)  # of two measurements of sigma 1


def test_an_outlier_does_not_pull_but_a_far_prior_does():
    values = [1.0, 1.1, 0.9, 1.0, 40.0]
    x, _, _ = mean_of(values, outlier=0.3)
    assert_allclose(x, 1.0, atol=0.02)
    x, _, _ = mean_of(values, prior=(500.0, 0.01), outlier=0.3)
    assert_allclose(x, 500.0, rtol=1e-3)  # a robust prior would have let go


def test_what_the_data_do_not_know_keeps_its_prior():
    values = np.linspace(-1, 1, 50)
    x, sigma, _ = robust.solve(
        lambda x: x[0] - values,
        [0.0, 0.0],
        [1.0, 10.0],
        ((0.0, 7.0), (np.inf, 3.0)),
        np.ones(50),
        np.full(50, 9.0),
        np.arange(50),
    )
    assert_allclose([x[1], sigma[1]], [7.0, 3.0], rtol=1e-6)
    assert abs(x[0]) < 1e-6


def test_data_that_err_together_count_once():
    """Ten groups of forty equal values: the error of the mean is that of ten, not of 400."""
    rng = np.random.default_rng(5)
    values = rng.standard_normal(10)
    _, alone, _ = mean_of(values, weight=0.1, outlier=1e3)
    group = np.repeat(np.arange(10), 40)
    _, together, _ = mean_of(np.repeat(values, 40), weight=0.1, outlier=1e3, group=group)
    assert_allclose(together, alone, rtol=1e-3)
    assert_allclose(alone, values.std(ddof=1) / np.sqrt(10), rtol=1e-3)


def test_spread_of_normal_residuals_with_outliers():
    r = np.random.default_rng(1).normal(0, 0.2, 20000)
    r[:400] = 50.0
    assert_allclose(robust.spread(r), 0.2, rtol=0.05)
    assert np.isnan(robust.spread(r[:0]))
