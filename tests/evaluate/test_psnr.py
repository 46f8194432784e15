import numpy as np
import pytest

from enhance.evaluate.psnr import CEILING, psnr


def test_a_known_error_gives_its_decibels() -> None:
    original = np.full((2, 3, 8, 8), 0.5, np.float32)
    output = original.copy()
    output[0] += 0.1
    output[1, 0] += 0.1  # one channel in three: a third of the squared error
    assert psnr(output, original) == pytest.approx([20, 20 + 10 * np.log10(3)], abs=1e-4)


def test_equal_pictures_stay_finite() -> None:
    original = np.zeros((1, 3, 4, 4), np.float32)
    assert psnr(original, original) == [CEILING]


def test_models_broadcast_over_faces() -> None:
    rng = np.random.default_rng(0)
    outputs = rng.random((2, 5, 3, 8, 8), dtype=np.float32)
    original = rng.random((5, 3, 8, 8), dtype=np.float32)
    assert psnr(outputs, original)[1] == pytest.approx(psnr(outputs[1], original))
