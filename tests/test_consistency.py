import numpy as np
import pytest

from enhance import consistency


@pytest.fixture
def lr() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 0.8, (12, 9, 3)).astype(np.float32)


def test_downscale_is_the_mean_of_blocks() -> None:
    hr = np.arange(4 * 8 * 3, dtype=np.float64).reshape(4, 8, 3)
    assert consistency.downscale(hr, 4)[0, 1, 2] == pytest.approx(hr[:, 4:, 2].mean())


def test_lr_psnr_of_a_known_error(lr: np.ndarray) -> None:
    hr = np.repeat(np.repeat(lr, 4, 0), 4, 1) + np.float32(0.01)
    assert consistency.lr_psnr(hr, lr) == pytest.approx(40, abs=0.01)
    assert consistency.lr_psnr(np.ones((8, 8, 3)), np.ones((2, 2, 3))) == float("inf")


def test_back_projection_puts_back_what_the_input_says(lr: np.ndarray) -> None:
    drawn = np.random.default_rng(1).uniform(0.3, 0.7, (48, 36, 3)).astype(np.float32)
    projected = consistency.back_project(drawn, lr)
    assert consistency.lr_psnr(drawn, lr) < 20
    assert consistency.lr_psnr(projected, lr) > 50
    assert 0 <= projected.min() <= projected.max() <= 1


def test_back_projection_leaves_a_consistent_picture_alone(lr: np.ndarray) -> None:
    base = np.repeat(np.repeat(lr, 4, 0), 4, 1)
    detail = np.tile(np.array([[0.05, -0.05], [-0.05, 0.05]], np.float32), (24, 18))[..., None]
    assert np.array_equal(consistency.back_project(base + detail, lr), base + detail)


@pytest.mark.parametrize("scale", [0.5, 2, 4])
def test_resize_keeps_the_mean_and_the_proportions(lr: np.ndarray, scale: float) -> None:
    resized = consistency.resize(lr, scale)
    assert resized.shape == (round(12 * scale), round(9 * scale), 3)
    assert resized.mean() == pytest.approx(lr.mean(), abs=0.02)
