"""At which size the detail of a face lives, and how surely."""

import cv2
import numpy as np
import pytest

from enhance.faces.resolution import drawn_share, effective_reduction
from tests.faces.scenes import turned

SIDE = 256


def natural(blur: float = 0.0, grain: float = 0.0) -> np.ndarray:
    """A picture with as much detail at each size, as natural ones have, blurred, and then with grain."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(rng.standard_normal((SIDE, SIDE))) / frequency
    spectrum[0, 0] = 0
    plane = np.fft.ifft2(spectrum).real
    plane = 0.5 + 0.15 * plane / plane.std()
    plane = cv2.GaussianBlur(plane, (0, 0), blur) if blur else plane
    plane = plane + grain * rng.standard_normal(plane.shape)
    return np.repeat(plane[..., None], 3, 2).astype(np.float32)


LANDMARKS = turned(0, 200, (SIDE / 2, SIDE / 2))


@pytest.mark.parametrize(("blur", "reductions"), [(0, (1, 1)), (3, (2, 5))])
def test_what_is_blurred_can_be_smaller_without_losing_detail(blur: float, reductions: tuple[int, int]) -> None:
    assert reductions[0] <= effective_reduction(natural(blur), LANDMARKS) <= reductions[1]


def test_the_more_is_lost_the_more_is_drawn_and_never_suddenly() -> None:
    shares = [drawn_share(natural(blur), LANDMARKS) for blur in np.linspace(0.3, 2, 35)]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert np.diff(shares).min() >= 0
    assert np.diff(shares).max() < 0.45


def test_grain_is_no_detail_where_it_is_known() -> None:
    grainy = natural(3, 0.03)
    assert effective_reduction(grainy, LANDMARKS) == 1
    assert effective_reduction(grainy, LANDMARKS, grain=0.03) > 1
    assert drawn_share(grainy, LANDMARKS, grain=0.03) > drawn_share(grainy, LANDMARKS)
