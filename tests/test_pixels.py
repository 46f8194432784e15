import io

import numpy as np
import pytest
from PIL import Image

from enhance import pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_survive_the_way_to_floats_and_back(dtype: type) -> None:
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    floats = pixels.to_float(values)
    assert floats.dtype == np.float32
    assert (floats.min(), floats.max()) == (0, 1)
    assert np.array_equal(pixels.to_integers(floats, dtype), values)


def test_floats_are_clipped_and_rounded_to_the_nearest() -> None:
    floats = np.array([-0.1, 0, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1, 1.1], np.float32)
    assert pixels.to_uint8(floats).tolist() == [0, 0, 0, 1, 255, 255, 255]
    assert np.array_equal(pixels.eight_bit(floats) * 255, pixels.to_uint8(floats))


def test_white_is_as_bright_as_each_colour_and_green_is_the_brightest() -> None:
    colours = np.array([(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)], np.float32)
    white, red, green, blue = pixels.luma(colours)
    assert white == pytest.approx(1)
    assert green > red > blue > 0
    assert pixels.luma(colours).dtype == np.float32
    assert pixels.luma(colours.astype(np.float64)).dtype == np.float64


def test_a_picture_is_resized_plane_by_plane_as_pillow_does() -> None:
    picture = np.random.default_rng(0).random((7, 11, 3)).astype(np.float32)
    resized = pixels.resize(picture, (22, 5))
    assert resized.shape == (5, 22, 3)
    assert np.array_equal(resized[..., 1], pixels.resize(picture[..., 1], (22, 5)))
    assert np.array_equal(resized[..., 1], np.asarray(Image.fromarray(picture[..., 1]).resize((22, 5), 3)))
    assert np.array_equal(pixels.resize(picture, (11, 7)), picture)


def test_a_box_of_a_picture_is_what_the_whole_shows_there() -> None:
    picture = np.random.default_rng(0).random((16, 16, 3)).astype(np.float32)
    whole = pixels.rescale(picture, 2)
    assert np.allclose(pixels.resize(picture, (8, 8), (4, 6, 8, 10)), whole[12:20, 8:16], atol=1e-6)


def test_nothing_is_scaled_away() -> None:
    assert pixels.rescale(np.zeros((3, 200), np.float32), 0.1).shape == (1, 20)


def test_area_means_are_means_of_blocks() -> None:
    picture = np.arange(48, dtype=np.float32).reshape(4, 4, 3)
    means = pixels.area_mean(picture, 2)
    assert means.shape == (2, 2, 3)
    assert means[0, 1, 2] == picture[:2, 2:, 2].mean()


def test_a_png_holds_what_was_given() -> None:
    picture = np.random.default_rng(0).random((5, 6, 3)).astype(np.float32)
    image = Image.open(io.BytesIO(pixels.png_bytes(picture)))
    assert image.format == "PNG"
    assert np.array_equal(np.asarray(image), pixels.to_uint8(picture))
