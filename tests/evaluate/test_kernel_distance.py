import numpy as np
import pytest

from enhance.evaluate.kernel_distance import class_scores, features, kernel_distance, unpaired_kernel_distance

from .conftest import waves


def test_equal_sets_have_no_distance() -> None:
    x = np.random.default_rng(0).normal(size=(50, 8))
    assert kernel_distance(x, x) == (0, 0)


def test_agrees_with_the_definition() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(7, 4)), rng.normal(1, 2, size=(7, 4))

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / 4 + 1) ** 3)

    def estimate(rows: list[int]) -> float:
        terms = [
            kernel(x[i], x[j]) + kernel(y[i], y[j]) - kernel(x[i], y[j]) - kernel(x[j], y[i])
            for i in rows
            for j in rows
            if i != j
        ]
        return float(np.mean(terms))

    distance, error = kernel_distance(x, y)
    left_out = [estimate([i for i in range(7) if i != out]) for out in range(7)]
    assert distance == pytest.approx(estimate(list(range(7))))
    assert error == pytest.approx(np.sqrt(6 / 7 * np.square(left_out - np.mean(left_out)).sum()))


def test_sets_of_one_distribution_are_apart_by_nothing_on_average_and_others_by_more() -> None:
    rng = np.random.default_rng(2)
    alike = [kernel_distance(rng.normal(size=(60, 6)), rng.normal(size=(60, 6)))[0] for _ in range(200)]
    assert abs(np.mean(alike)) < 4 * np.std(alike) / np.sqrt(200)
    assert kernel_distance(rng.normal(size=(60, 6)), rng.normal(0.7, 1, size=(60, 6)))[0] > 4 * np.std(alike)


def test_features_agree_with_the_weights_own_code() -> None:
    """Computed once by efficientnet_lite_pytorch 0.1.0, extract_features of (255 x - 127) / 128, averaged."""
    _, wave = waves(224)
    found = features(wave)
    assert found.shape == (1, 1280)
    assert found[0, [949, 71, 897, 403]] == pytest.approx([3.8545575, 3.6435688, 3.4914775, 3.1413147], abs=1e-4)
    assert found.sum() == pytest.approx(199.98878, abs=1e-2)


def test_the_unpaired_distance_agrees_with_the_definition() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(6, 4)), rng.normal(1, 2, size=(9, 4))

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / 4 + 1) ** 3

    def estimate(a: np.ndarray) -> float:
        within = (kernel(a, a).sum() - np.trace(kernel(a, a))) / (len(a) * (len(a) - 1))
        beyond = (kernel(y, y).sum() - np.trace(kernel(y, y))) / (9 * 8)
        return float(within + beyond - 2 * kernel(a, y).mean())

    distance, error = unpaired_kernel_distance(x, y)
    left_out = np.array([estimate(np.delete(x, row, 0)) for row in range(6)])
    assert distance == pytest.approx(estimate(x))
    assert error == pytest.approx(np.sqrt(5 / 6 * np.square(left_out - left_out.mean()).sum()))
    assert np.isnan(unpaired_kernel_distance(x[:2], y)[1])


def test_every_picture_has_a_score_for_each_class() -> None:
    ramp, wave = waves(64)
    scores = class_scores(np.concatenate([ramp, wave]))
    assert scores.shape == (2, 1000)
    assert scores[0].argmax() != scores[1].argmax()
