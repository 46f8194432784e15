import numpy as np
import pytest

from enhance.errors import ModelError
from enhance.inference.facts import Facts
from enhance.inference.noise import noise_rng, tiled_noise, truncation


def test_a_pixel_gets_the_same_noise_in_every_part_and_another_with_another_seed() -> None:
    whole = tiled_noise(3, 2, (0, 0, 300, 200))
    assert whole.shape == (2, 200, 300)
    assert np.array_equal(tiled_noise(3, 2, (60, 64, 131, 199)), whole[:, 64:199, 60:131])
    assert abs(np.corrcoef(tiled_noise(4, 2, (0, 0, 300, 200)).ravel(), whole.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(whole[:, :64, :64].ravel(), whole[:, :64, 64:128].ravel())[0, 1]) < 0.05
    assert whole.std() == pytest.approx(1, abs=0.02)
    assert tiled_noise(0, 0, (5, 5, 9, 8)).shape == (0, 3, 4)


def test_only_the_first_result_is_kept_near_the_middle_and_only_where_the_frame_is_small() -> None:
    facts = Facts("face", "super_resolution", ("lr", "noise"), truncation=(0.5, 1.0))
    assert [truncation(facts, 0, fineness) for fineness in (-2, -1, -0.5, 0, 1)] == [0.5, 0.5, 0.75, 1, 1]
    assert truncation(facts, 1, -1) == 1
    louder = Facts("face", "super_resolution", ("lr", "noise"), truncation=(0.5, 1.0), noise_scale=(2.0, 1.0))
    assert [truncation(louder, seed, -1) for seed in (0, 1)] == [1.0, 2.0]
    assert truncation(louder, 1, -0.5) == 1.5
    assert truncation(Facts("any", "super_resolution", ("lr",), truncation=(0.6,)), 0, 1) == 0.6


def test_a_seed_below_zero_names_nothing() -> None:
    with pytest.raises(ModelError, match="from 0 on"):
        noise_rng(-1)
