import numpy as np
import pytest

from enhance.evaluate.frechet import frechet


def test_stretching_and_moving_a_distribution_costs_what_the_formula_says() -> None:
    x = np.random.default_rng(0).normal(size=(300, 5))
    variances = np.cov(x, rowvar=False).trace()
    assert frechet(x, 2 * x)[0] == pytest.approx(variances + np.square(x.mean(axis=0)).sum())
    assert frechet(x, x + 3)[0] == pytest.approx(5 * 9)


def test_covariances_that_do_not_commute() -> None:
    """Two dimensions, by hand: the trace of a root is sqrt(trace + 2 sqrt(determinant))."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) @ [[1, 0.8], [0, 0.5]]
    one, other = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    product = one @ other
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = np.square(x.mean(axis=0) - y.mean(axis=0)).sum() + np.trace(one) + np.trace(other) - 2 * root
    assert frechet(x, y)[0] == pytest.approx(expected)
