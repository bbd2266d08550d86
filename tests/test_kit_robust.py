"""Robust data, firm priors."""

import numpy as np
from numpy.testing import assert_allclose

from perijove.kit import robust


def line_of(design, values, priors, weight=1.0, outlier=1e6, group=None):
    """Fit design @ x to values, as one Block."""
    design, values = np.asarray(design, float), np.asarray(values, float)
    each, columns = np.ones(len(values)), np.arange(design.shape[1])
    group = np.arange(len(values)) if group is None else group

    def model(x, slopes):
        r = design @ x - values
        return [robust.Block(r, weight * each, outlier * each, group, columns, design)]

    x, sigma, blocks = robust.solve(model, np.zeros(design.shape[1]), priors)
    return x, sigma, blocks[0].r


def mean_of(values, prior=(0.0, np.inf), **kw):
    priors = [[1.0]], [prior[0]], [prior[1]]
    return line_of(np.ones((len(values), 1)), values, priors, **kw)


def test_a_datum_and_a_prior_of_equal_weight_meet_halfway():
    x, sigma, r = mean_of([2.0], prior=(0.0, 1.0))
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
    design = np.stack([np.ones(50), np.zeros(50)], 1)
    x, sigma, _ = line_of(design, values, (np.eye(2), (0.0, 7.0), (np.inf, 3.0)))
    assert_allclose([x[1], sigma[1]], [7.0, 3.0], rtol=1e-6)
    assert abs(x[0]) < 1e-6


def test_what_nothing_tells_has_no_sigma():
    x, sigma, _ = line_of([[1.0, 0.0]] * 3, [1.0, 2.0, 3.0], (np.eye(2), (0, 5), (np.inf, np.inf)))
    assert_allclose(x, [2.0, 0.0])  # stays where it started
    assert sigma[1] == np.inf and 0 < sigma[0] < 1


def test_a_prior_ties_two_unknowns():
    """a measured as 10, b as 0, b - a = 1 +- 0.01: they meet at 4.5 and 5.5."""
    x, _, _ = line_of(np.eye(2), [10.0, 0.0], ([[-1.0, 1.0]], [1.0], [0.01]))
    assert_allclose(x, [4.5, 5.5], atol=1e-3)


def test_blocks_add_up():
    """Two blocks that share an unknown are the one block of all data."""
    rng = np.random.default_rng(3)
    design, values = rng.standard_normal((60, 3)), rng.standard_normal(60)
    design[:30, 2] = design[30:, 0] = 0.0
    each = np.ones(30)

    def model(x, slopes):
        parts = ((np.s_[:30], [0, 1]), (np.s_[30:], [1, 2]))
        return [
            robust.Block(
                *(design[s] @ x - values[s], 0.5 * each, 2 * each, np.arange(30), np.array(c)),
                design[s][:, c],
            )
            for s, c in parts
        ]

    priors = np.eye(3), np.zeros(3), np.full(3, 5.0)
    x, sigma, _ = robust.solve(model, np.ones(3), priors)
    x1, sigma1, _ = line_of(design, values, priors, weight=0.5, outlier=2.0)
    assert_allclose(x, x1, atol=1e-4)
    assert_allclose(sigma, sigma1, rtol=1e-3)


def test_a_curved_model_is_solved_as_scipy_solves_it():
    from scipy.optimize import least_squares

    t = np.linspace(0, 4, 80)
    values = 3.0 * np.exp(-0.7 * t) + np.random.default_rng(2).normal(0, 0.05, 80)
    values[::9] += 2.0

    def curve(x):
        return x[0] * np.exp(-x[1] * t)

    def model(x, slopes):
        each = np.ones(80)
        jacobian = np.stack([np.exp(-x[1] * t), -x[0] * t * np.exp(-x[1] * t)], 1)
        r = curve(x) - values
        return [robust.Block(r, each, 0.1 * each, np.arange(80), np.arange(2), jacobian)]

    x, _, _ = robust.solve(model, [1.0, 0.2], (np.zeros((0, 2)), np.zeros(0), np.zeros(0)))
    best = least_squares(lambda x: curve(x) - values, [1.0, 0.2], loss="cauchy", f_scale=0.1)
    assert_allclose(x, best.x, rtol=1e-3)


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
