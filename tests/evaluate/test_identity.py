import numpy as np
import pytest

from enhance.evaluate.identity import identity

from .conftest import waves


def test_a_picture_is_itself_and_models_broadcast() -> None:
    ramp, wave = waves(64)
    scores = identity(np.stack([ramp, wave]), ramp)
    assert scores.shape == (2, 1)
    assert scores[0] == pytest.approx([1])
    assert scores[1] < 0.99
