from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import ModelError
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.painter import Painter


@pytest.fixture
def painter(shipped_weights: Path) -> Painter:  # noqa: ARG001
    return Painter.load("photo_fill")


def test_any_size_is_filled_and_the_rest_stays(painter: Painter, picture: Callable[..., np.ndarray]) -> None:
    for height, width in ((37, 90), (128, 128), (1, 1), (200, 40)):
        rgb = picture(height, width).astype(np.float32) / 255
        mask = np.zeros((height, width), np.float32)
        mask[: -(-height // 2), : -(-width // 3)] = 1
        made = painter(rgb, mask, painter.noise(0, height, width))
        assert made.shape == rgb.shape
        assert (made[mask == 0] == rgb[mask == 0]).all()


def test_small_holes_take_no_coarse_picture_and_large_ones_do() -> None:
    hole = np.zeros((600, 600), bool)
    hole[:, 300:330] = True
    assert painting.levels(hole) == 0
    hole[100:500, 100:500] = True
    assert painting.levels(hole) == 3
    hole[...] = True
    hole[0] = False
    assert painting.levels(hole) <= 5


def test_a_large_hole_is_filled_from_coarse_to_fine(painter: Painter, picture: Callable[..., np.ndarray]) -> None:
    rgb = picture(301, 257).astype(np.float32) / 255
    hole = np.zeros((301, 257), bool)
    hole[60:250, 30:220] = True
    before = rgb.copy()
    rgb[hole] = np.nan
    rgb[hole] = 7.0  # what is hidden must not matter
    painting.fill_by_network(painter, rgb, hole, seed=0)
    assert (rgb[~hole] == before[~hole]).all()
    assert 0 <= rgb[hole].min() <= rgb[hole].max() <= 1


def test_a_long_hole_is_filled_tile_by_tile_without_seams(painter: Painter, picture: Callable[..., np.ndarray]) -> None:
    rgb = picture(64, 900).astype(np.float32) / 255
    hole = np.zeros((64, 900), bool)
    hole[28:36, 10:890] = True
    painting.fill_by_network(painter, rgb, hole, seed=0)
    steps = np.abs(np.diff(rgb[28:36], axis=1)).mean((0, 2))
    seams = steps[[159, 319, 479, 639, 799]]
    assert seams.mean() < 3 * steps[20:880].mean() + 0.02


def test_the_seed_names_the_filling(painter: Painter, picture: Callable[..., np.ndarray]) -> None:
    hole = np.zeros((90, 90), bool)
    hole[30:60, 30:60] = True
    made = []
    for seed in (0, 0, 1):
        rgb = picture(90, 90).astype(np.float32) / 255
        painting.fill_by_network(painter, rgb, hole, seed)
        made.append(rgb)
    assert (made[0] == made[1]).all()
    assert (made[0] != made[2]).any()


def test_parts_that_are_far_apart_are_regions_of_their_own() -> None:
    hole = np.zeros((1000, 1000), bool)
    hole[10:20, 10:20] = hole[900:950, 900:990] = True
    found = painting.regions(hole)
    assert sorted(found) == [(0, 0, 84, 84), (836, 836, 1000, 1000)]
    many = np.zeros((2000, 2000), bool)
    many[::200, ::200] = True
    assert painting.regions(many) == [(0, 0, 2000, 2000)]


def test_halving_keeps_what_is_known_apart_from_the_hole() -> None:
    rgb = np.ones((5, 6, 3), np.float32)
    hole = np.zeros((5, 6), bool)
    hole[:2, :3] = True
    rgb[hole] = 100
    small, there = painting.halved(rgb, hole)
    assert small.shape == (3, 3, 3)
    assert (small[~there] == 1).all()
    assert there.tolist() == [[True, False, False], [False] * 3, [False] * 3]


def test_a_model_of_another_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such"):
        Painter.load(str(tmp_path / "none.onnx"))
    (tmp_path / "broken.onnx").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="cannot be read"):
        Painter.load(str(tmp_path / "broken.onnx"))


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_only_the_hole_is_put_whatever_the_order_in_memory(order: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    shape = np.array((20, 30, 3))
    rgb, drawn = (rng.random(shape[list(order)], np.float32).transpose(np.argsort(order)) for _ in range(2))
    hole = rng.random((20, 30)) < 0.3
    expected = np.where(hole[..., None], drawn, rgb)
    painting.put(drawn, hole, rgb)
    assert (rgb == expected).all()
    painting.put(1 - drawn[2:9], hole[2:9], rgb[2:9])
    assert (rgb[2:9][hole[2:9]] == 1 - drawn[2:9][hole[2:9]]).all()
