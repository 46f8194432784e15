import numpy as np
import pytest

from enhance.evaluate.st_lpips import st_lpips, st_lpips_among

from .conftest import waves


@pytest.mark.parametrize(("width", "expected"), [(48, 1.1632966995), (64, 1.0601019859), (96, 0.8978505135)])
def test_agrees_with_its_authors_code(width: int, expected: float) -> None:
    """Computed once by stlpips_pytorch 0.0.2: LPIPS(net="alex", variant="shift_tolerant"), normalize=True."""
    ramp, wave = waves(width)
    assert st_lpips(wave, ramp) == pytest.approx([expected], abs=1e-4)


def test_models_broadcast_and_batches_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    original = rng.random((9, 3, 32, 32), dtype=np.float32)
    outputs = np.stack([original, original[::-1]])
    distances = st_lpips(outputs, original)
    assert distances[0] == pytest.approx(np.zeros(9), abs=1e-6)
    assert distances[1, 8] == pytest.approx(st_lpips(original[:1], original[8:])[0], abs=1e-5)


def test_distances_among_pictures_are_those_of_each_pair() -> None:
    pictures = np.random.default_rng(0).random((4, 3, 48, 48), dtype=np.float32)
    distances = st_lpips_among(pictures)
    for n in range(4):
        pairs = st_lpips(np.broadcast_to(pictures[n], pictures.shape).copy(), pictures)
        assert distances[n] == pytest.approx(pairs, abs=1e-6)
