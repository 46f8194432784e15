"""benchmarks/article.py: what its drawing of edges says is computed, and true."""

import numpy as np
import pytest

article = pytest.importorskip("article")


def test_a_sharp_edge_aside_is_punished_twice_and_the_mean_of_all_least() -> None:
    places = np.arange(32)
    true, aside = (places >= 16).astype(float), (places >= 18).astype(float)
    assert article.mean_error(true, true) == 0
    assert article.mean_error(true, aside) == pytest.approx(2 / 32)
    truths = [(places >= 16 + shift).astype(float) for shift in range(-6, 7)]
    mean = np.mean(truths, axis=0)
    others = [article.mean_of(truths, one) for one in truths]
    assert article.mean_of(truths, mean) < min(others)


def test_the_picture_of_edges_is_drawn() -> None:
    picture = np.asarray(article.edges())
    assert picture.shape[1] > 900
    red = (np.abs(picture.astype(int) - (192, 57, 43)).sum(-1) < 30).mean()
    assert red > 0.02
