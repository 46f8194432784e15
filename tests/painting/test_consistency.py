from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.painting import consistency
from enhance.painting.consistency import lr_psnr
from enhance.pixels import rescale

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture
def lr() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 0.8, (12, 9, 3)).astype(np.float32)


def test_downscale_is_the_mean_of_blocks() -> None:
    hr = np.arange(4 * 8 * 3, dtype=np.float64).reshape(4, 8, 3)
    assert consistency.downscale(hr, 4)[0, 1, 2] == pytest.approx(hr[:, 4:, 2].mean())


def test_lr_psnr_of_a_known_error(lr: np.ndarray) -> None:
    hr = np.repeat(np.repeat(lr, 4, 0), 4, 1) + np.float32(0.01)
    assert consistency.lr_psnr(hr, lr) == pytest.approx(40, abs=0.01)
    assert consistency.lr_psnr(np.ones((8, 8, 3)), np.ones((2, 2, 3))) == float("inf")


def test_back_projection_puts_back_what_the_input_says(lr: np.ndarray) -> None:
    drawn = np.random.default_rng(1).uniform(0.3, 0.7, (48, 36, 3)).astype(np.float32)
    projected = consistency.back_project(drawn, lr)
    assert consistency.lr_psnr(drawn, lr) < 20
    assert consistency.lr_psnr(projected, lr) > 50
    assert 0 <= projected.min() <= projected.max() <= 1


def test_back_projection_leaves_a_consistent_picture_alone(lr: np.ndarray) -> None:
    base = np.repeat(np.repeat(lr, 4, 0), 4, 1)
    detail = np.tile(np.array([[0.05, -0.05], [-0.05, 0.05]], np.float32), (24, 18))[..., None]
    assert np.array_equal(consistency.back_project(base + detail, lr), base + detail)


@pytest.mark.parametrize("scale", [0.5, 2, 4])
def test_resize_keeps_the_mean_and_the_proportions(lr: np.ndarray, scale: float) -> None:
    resized = rescale(lr, scale)
    assert resized.shape == (round(12 * scale), round(9 * scale), 3)
    assert resized.mean() == pytest.approx(lr.mean(), abs=0.02)


@pytest.mark.parametrize("hr", [(48, 36), (18, 14), (31, 22)])
def test_what_is_cut_out_is_what_the_whole_would_show(lr: np.ndarray, hr: tuple[int, int]) -> None:
    pair = consistency.ScaledPair((12, 9), hr)
    whole = pair.larger(lr, 0, (0, hr[0]))
    assert whole.shape == (*hr, 3)
    rows = pair.inner_rows((4, 8))
    assert np.allclose(pair.larger(lr[2:10], 2, rows), whole[rows[0] : rows[1]], atol=1e-6)
    small = pair.smaller(whole, 0, (0, 12))
    first, last = pair.inner_rows((3, 9))
    assert np.allclose(pair.smaller(whole[first:last], first, (4, 8)), small[4:8], atol=1e-6)


def test_the_downscale_operator_is_the_mean_of_blocks_where_blocks_fit() -> None:
    hr = np.random.default_rng(1).uniform(0, 1, (48, 36, 3)).astype(np.float32)
    small = consistency.ScaledPair((12, 9), (48, 36)).smaller(hr, 0, (0, 12))
    assert np.allclose(small, consistency.downscale(hr), atol=1e-6)


def test_adjoining_rows_of_the_photo_have_adjoining_rows_in_the_enlargement() -> None:
    pair = consistency.ScaledPair((12, 9), (31, 22))
    assert [pair.rows(span) for span in ((0, 5), (5, 6), (6, 12))] == [(0, 13), (13, 16), (16, 31)]


def test_corrections_are_those_of_back_projection(lr: np.ndarray) -> None:
    drawn = np.random.default_rng(1).uniform(0.3, 0.7, (48, 36, 3)).astype(np.float32)
    pair = consistency.ScaledPair((12, 9), (48, 36))
    twice = pair.corrected(drawn.copy(), 0, lr, (0, 12), 2)
    assert np.allclose(twice, consistency.back_project(drawn, lr, goal=1000, most=2), atol=1e-5)
    assert pair.error(twice, 0, lr, (0, 12)) == pytest.approx(
        np.sum((consistency.downscale(twice).astype(np.float64) - lr) ** 2), rel=1e-3
    )


def scenes() -> dict[str, np.ndarray]:
    """Pictures of many kinds, small: the sample and its dark, bright, grey and saturated kin, and drawn ones."""
    from PIL import ImageDraw

    with Image.open(Path(__file__).parents[2] / "samples" / "astronaut.jpg") as image:
        photo = np.asarray(image.convert("RGB").crop((30, 0, 160, 130)), np.float32) / np.float32(255)
    drawn = Image.new("RGB", (96, 64), (215, 210, 200))
    ImageDraw.Draw(drawn).text((4, 4), "dark on light\nand small", (50, 50, 60))
    ImageDraw.Draw(drawn).ellipse((30, 34, 80, 60), (200, 60, 60), (60, 60, 190))
    ramp = np.linspace(0, 1, 80, dtype=np.float32)
    return {
        "photo": photo,
        "dark": photo * np.float32(0.1),
        "bright": 1 - (1 - photo) * np.float32(0.2),
        "grey": np.repeat(photo.mean(-1, keepdims=True), 3, -1),
        "saturated": np.clip(photo * 1.4 - 0.2, 0, 1),
        "text": np.asarray(drawn, np.float32) / np.float32(255),
        "ramp": np.stack([np.tile(ramp, (40, 1))] * 3, -1),
        "stripes": np.repeat(0.2 + 0.6 * (np.indices((48, 48)).sum(0) // 4 % 2)[..., None], 3, 2).astype(np.float32),
    }


@pytest.mark.parametrize("name", list(scenes()))
def test_what_is_written_keeps_fifty_decibels(name: str) -> None:
    from enhance.photos.photo import read
    from enhance.tasks.upscale.enhance import enhance_photo
    from enhance.tasks.upscale.options import UpscaleOptions

    photo = read(np.round(scenes()[name] * 255).astype(np.uint8))
    assert lr_psnr(enhance_photo(photo, UpscaleOptions(consistent=True)).rgb, photo.rgb) >= 50
    result = enhance_photo(photo, UpscaleOptions(consistent=True, background="bicubic"), look=lambda _: [])
    assert lr_psnr(result.rgb, photo.rgb) >= 50
    # Nothing rings: no pixel lies far outside what its neighbourhood had. (Thin lines and lights rightly do.)
    reach = np.stack([np.roll(photo.rgb, (dy, dx), (0, 1)) for dy in (-2, -1, 0, 1, 2) for dx in (-2, -1, 0, 1, 2)])
    low, high = (np.kron(edge, np.ones((4, 4, 1))) for edge in (reach.min(0), reach.max(0)))
    assert np.maximum(low - result.rgb, result.rgb - high)[12:-12, 12:-12].max() < 0.25


def test_a_grainy_photo_is_kept_only_when_asked() -> None:
    from enhance.photos.photo import read
    from enhance.tasks.upscale.enhance import enhance_photo
    from enhance.tasks.upscale.options import UpscaleOptions

    photo = scenes()["photo"]
    noise = np.random.default_rng(0).normal(0, 0.1, photo.shape)
    photo = read(np.round(np.clip(photo + noise, 0, 1) * 255).astype(np.uint8))
    chosen = enhance_photo(photo)
    assert any("grainy" in note for note in chosen.notes)
    assert chosen.lr_psnr < 45
    assert enhance_photo(photo, UpscaleOptions(consistent=True)).lr_psnr >= 50
