import numpy as np
import pytest

from enhance.photos.statistics import STATISTIC_COUNT, statistics


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (24, 24), (33, 257)])
def test_a_picture_of_any_size_has_as_many_statistics(shape: tuple[int, int]) -> None:
    found = statistics(np.random.default_rng(0).random((*shape, 3), np.float32))
    assert found.shape == (STATISTIC_COUNT,)
    assert np.isfinite(found).all()


def test_energies_are_those_of_the_noise() -> None:
    """The filters keep the variance of white noise."""
    noise = np.random.default_rng(0).normal(0, 8 / 255, (256, 256, 1)).astype(np.float32)
    found = statistics(np.clip(0.5 + np.repeat(noise, 3, 2), 0, 1))
    medians = found[:54].reshape(6, 9)[2:4, :3].mean(0)  # the finest scale, brightness
    assert medians == pytest.approx([np.log2(64)] * 3, abs=0.35)


def test_blocks_are_seen_at_every_offset() -> None:
    blocks = np.kron(np.random.default_rng(0).normal(0.5, 0.05, (20, 20)), np.ones((8, 8)))[..., None]
    picture = np.repeat(blocks, 3, 2).astype(np.float32)
    calm = np.full((160, 160, 3), 0.5, np.float32)
    plain = statistics(calm + np.random.default_rng(1).normal(0, 0.005, calm.shape).astype(np.float32))
    for offset in (0, 3):
        seen = statistics(picture[offset:, offset:])
        assert (seen - plain).max() > 4
