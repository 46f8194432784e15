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


def test_project_puts_back_what_the_input_says(lr: np.ndarray) -> None:
    drawn = np.random.default_rng(1).uniform(0.3, 0.7, (48, 36, 3)).astype(np.float32)
    assert consistency.lr_psnr(consistency.project(drawn, lr), lr) > 50


def test_project_keeps_detail_that_the_input_has_no_opinion_on(lr: np.ndarray) -> None:
    base = np.repeat(np.repeat(lr, 4, 0), 4, 1)
    detail = np.tile(np.array([[0.05, -0.05], [-0.05, 0.05]], np.float32), (24, 18))[..., None]
    assert np.allclose(consistency.project(base + detail, lr), base + detail, atol=1e-6)


def test_enlarge_reproduces_a_ramp_away_from_the_borders() -> None:
    ramp = np.broadcast_to(np.arange(8, dtype=np.float64)[None, :, None], (8, 8, 3))
    large = consistency.enlarge(ramp)
    assert np.allclose(large[:, 2:-2, 0], ((np.arange(32) + 0.5) / 4 - 0.5)[2:-2])
