import numpy as np
import pytest

from enhance.tasks.translate.overview import overview


@pytest.mark.parametrize(
    ("size", "seen"),
    [((600, 300), (256, 128)), ((256, 192), (256, 192)), ((40, 90), (80, 180)), ((1, 900), (2, 256)), ((1, 1), (2, 2))],
)
def test_a_photo_is_made_small_or_enlarged_twice_at_most(size: tuple[int, int], seen: tuple[int, int]) -> None:
    small = overview(np.full((*size, 3), 51, np.uint8), 256)
    assert small.shape == (*seen, 3)
    assert small.dtype == np.float32
    assert np.allclose(small, 0.2)
