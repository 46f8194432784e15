import numpy as np
import pytest

from enhance.evaluate.ssim import LUMA, ssim

from .conftest import waves


def test_agrees_with_scikit_image() -> None:
    """Computed once by skimage.metrics.structural_similarity 0.26 with gaussian_weights, sigma 1.5, data_range 1 and
    population covariance, on luma."""
    ramp, wave = waves(48)
    assert ssim(wave, ramp) == pytest.approx([0.04951611606674725], abs=1e-6)


def test_agrees_with_scikit_image_where_it_is_installed() -> None:
    metrics = pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    ramp, _ = waves(40)
    noisy = np.clip(ramp + np.random.default_rng(0).normal(0, 0.1, ramp.shape), 0, 1).astype(np.float32)
    one, other = (np.tensordot(LUMA, picture[0].astype(np.float64), (0, 0)) for picture in (noisy, ramp))
    expected = metrics.structural_similarity(
        one, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0
    )
    assert ssim(noisy, ramp) == pytest.approx([expected], abs=1e-6)


def test_equal_pictures_score_one_and_models_broadcast() -> None:
    ramp, wave = waves(32)
    scores = ssim(np.stack([ramp, wave]), ramp)
    assert scores.shape == (2, 1)
    assert scores[0] == pytest.approx([1])
    assert scores[1] == pytest.approx(ssim(wave, ramp))
