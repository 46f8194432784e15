import numpy as np
import pytest

from enhance.tasks.upscale.bad_photos import UNITS, BadPhoto, coded, correlated, defocused, shaken


def picture() -> np.ndarray:
    """Smooth shading with an edge."""
    y, x = np.mgrid[:128, :128] / 128
    plane = 0.3 + 0.3 * x + 0.2 * (y > 0.5)
    return np.stack([plane, plane * 0.9, plane * 0.8], -1).astype(np.float32)


def test_the_same_chance_makes_the_same_bad_photo_and_another_makes_another() -> None:
    first, again, other = (BadPhoto(clean=0)(picture(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_bad_photos_are_pictures_in_steps_of_eight_bits() -> None:
    for seed in range(12):
        bad, measures = BadPhoto()(picture(), np.random.default_rng(seed))
        assert bad.shape == (128, 128, 3)
        assert bad.min() >= 0
        assert bad.max() <= 1
        assert np.abs(bad * 255 - np.rint(bad * 255)).max() < 1e-3 or not measures.any()
        assert measures.shape == (4,)
        assert (measures >= 0).all()


def test_nothing_happens_to_some() -> None:
    bad, measures = BadPhoto(clean=1)(picture(), np.random.default_rng(0))
    assert np.array_equal(bad, picture())
    assert not measures.any()


def test_most_are_mild_and_a_few_are_terrible() -> None:
    clean = picture()
    errors = [np.abs(BadPhoto()(clean, np.random.default_rng(seed))[0] - clean).mean() * 255 for seed in range(80)]
    assert np.median(errors) < 5
    assert max(errors) > 8


def test_the_noise_that_is_named_is_the_noise_that_was_added() -> None:
    mild = BadPhoto(clean=0, passed_on=0, worst_quality=97)
    for seed in range(40):
        bad, measures = mild(picture(), np.random.default_rng(seed))
        luma = (bad[16:48, 16:112] - picture()[16:48, 16:112]) @ np.array([0.299, 0.587, 0.114])
        residual = (luma - luma.mean(1, keepdims=True)).std() * 255
        if measures[3] == 0 and measures[0] * UNITS[0] > 3:
            assert residual == pytest.approx(measures[0] * UNITS[0], rel=0.45)


def test_some_are_blurred_and_hardly_anything_else() -> None:
    for seed in range(20):
        noise, colour_noise, _, blur = BadPhoto(clean=0, blurred=1)(picture(), np.random.default_rng(seed))[1] * UNITS
        assert 0.2 < blur < 3.2
        assert max(noise, colour_noise) < 3


@pytest.mark.parametrize("size", [0.0, 1.0, 2.5])
def test_correlated_noise_has_unit_variance(size: float) -> None:
    noise = correlated((128, 128, 3), size, np.random.default_rng(0))
    assert noise.std() == pytest.approx(1, abs=0.02)
    neighbours = (noise[:, 1:] * noise[:, :-1]).mean()
    assert neighbours < 0.1 if size == 0 else neighbours > 0.6


def test_blurs_keep_what_is_flat() -> None:
    flat = np.full((32, 32, 3), 0.4, np.float32)
    for blurred in (defocused(flat, 1.7), shaken(flat, 5, 30)):
        assert np.allclose(blurred, flat, atol=1e-5)


def test_a_moved_grid_of_blocks_gives_back_a_picture_of_the_same_size() -> None:
    for kind in ("JPEG", "WEBP"):
        back = coded(picture(), 60, kind, 2, (3, 5))
        assert back.shape == picture().shape
        assert np.abs(back - picture()).mean() < 0.02
