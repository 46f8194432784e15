"""What is copied into a hole."""

import numpy as np
import pytest

from enhance.pixels import Array
from enhance.tasks.fill import copying, masks


def _noise(height: int, width: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def _filled(rgb: Array, hole: masks.Hole, seed: int = 0) -> Array:
    output = rgb.copy()
    output[hole] = 0
    copying.copy(output, hole, seed)
    return output


@pytest.mark.parametrize("shape", [(64, 64), (97, 131), (40, 300), (220, 230)])
def test_all_of_the_hole_is_of_the_rests_colours_and_no_other_pixel_changes(shape: tuple[int, int]) -> None:
    rgb = 0.3 + 0.4 * _noise(*shape)
    hole = masks.measured("boxes", *shape, 3) > 0
    output = _filled(rgb, hole)
    assert (output[~hole] == rgb[~hole]).all()
    assert output[hole].min() >= rgb[~hole].min()
    assert output[hole].max() <= rgb[~hole].max()


def test_where_neighbours_come_from_the_same_place_pixels_are_copied_as_they_are() -> None:
    rgb = np.tile(_noise(24, 24), (8, 8, 1))
    hole = np.zeros((192, 192), bool)
    hole[70:120, 60:130] = True
    known = {pixel.tobytes() for pixel in rgb[~hole]}
    assert np.mean([pixel.tobytes() in known for pixel in _filled(rgb, hole)[hole]]) > 0.4


def test_what_is_smooth_is_not_copied_into_what_is_rough() -> None:
    rgb = np.full((256, 256, 3), 0.5, np.float32)
    rgb[128:] += 0.6 * (_noise(128, 256)[..., :1] - 0.5)  # as bright, seen from afar
    hole = np.zeros((256, 256), bool)
    hole[170:210, 60:200] = True
    assert _filled(rgb, hole)[hole].std() > 0.8 * rgb[128:].std()


@pytest.mark.parametrize("period", [6, 10])
def test_stripes_go_on(period: int) -> None:
    rgb = np.zeros((192, 192, 3), np.float32)
    rgb[np.arange(192) % period < period // 2] = 1
    hole = np.zeros((192, 192), bool)
    hole[70:120, 60:130] = True
    assert np.abs(_filled(rgb, hole) - rgb)[hole].mean() < 0.05


def test_a_hole_at_the_edge_takes_nothing_from_what_is_under_it() -> None:
    rgb = np.full((128, 128, 3), 0.5, np.float32)
    hole = np.zeros((128, 128), bool)
    hole[:, 90:] = hole[100:] = True
    assert (_filled(rgb, hole) == 0.5).all()


def test_seeds_give_different_answers_and_each_is_the_same_again() -> None:
    rgb = _noise(96, 96)
    hole = masks.measured("boxes", 96, 96, 1) > 0
    one, again, other = (_filled(rgb, hole, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other)[hole].mean() > 0.1


def test_larger_pictures_are_copied_from_at_their_own_sharpness() -> None:
    rgb = np.zeros((600, 420, 3), np.float32)
    rgb[np.arange(600) % 6 < 3] = 1
    hole = masks.measured("strokes", 600, 420, 2) > 0
    steps = np.abs(np.diff(_filled(rgb, hole), axis=0))[hole[1:]]
    assert steps.mean() == pytest.approx(np.abs(np.diff(rgb, axis=0))[hole[1:]].mean(), rel=0.1)


def test_where_nothing_is_known_nothing_is_copied() -> None:
    hole = np.ones((64, 64), bool)
    hole[::5] = False
    assert not copying.offers_patches(hole)
    with pytest.raises(ValueError, match="copy"):
        copying.copy(_noise(64, 64), hole, 0)
    hole[:5] = False
    assert copying.offers_patches(hole)
    assert np.isfinite(_filled(_noise(64, 64), hole)).all()
