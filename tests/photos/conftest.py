import numpy as np
import pytest


@pytest.fixture
def pixels() -> np.ndarray:
    y, x = np.mgrid[:24, :32]
    return np.stack([x * 8, y * 8, 255 - x * 4], -1).astype(np.uint8)
