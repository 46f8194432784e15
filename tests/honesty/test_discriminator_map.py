from pathlib import Path

import numpy as np
import pytest

from enhance.errors import PhotoError
from enhance.honesty.discriminator_map import fit_to_patches, scored_enlargements
from enhance.photos.photo import read

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


def test_a_photograph_convinces_most_and_bicubic_least() -> None:
    found = {one.name: float(one.scores.mean()) for one in scored_enlargements(read(SAMPLE).rgb[10:106, 50:146])}
    assert found["photograph"] > found["GAN"] > found["pixel loss"] > found["bicubic"]


def test_there_is_a_verdict_for_every_patch() -> None:
    for one in scored_enlargements(read(SAMPLE).rgb[:200, :130]):
        height, width, _ = one.rgb.shape
        assert one.scores.shape == (height // 16, width // 16)
        assert (height, width) == (128, 80)
        assert 0 <= one.rgb.min() <= one.rgb.max() <= 1


def test_what_is_fitted_is_the_area_mean() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], (256, 256, 3))
    small = fit_to_patches(ramp)
    assert small.shape == (128, 128, 3)
    assert small[0, :, 0] == pytest.approx(ramp[0, :, 0].reshape(128, 2).mean(1), abs=1e-6)


def test_too_small_or_too_narrow() -> None:
    for shape in ((63, 100, 3), (400, 130, 3)):
        with pytest.raises(PhotoError, match="64 or more"):
            scored_enlargements(np.zeros(shape, np.float32))
