from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from enhance.errors import DataError
from enhance.tasks.translate import data
from enhance.tasks.translate.data import AnimalCrops, AnimalViews, Crops, Views


def test_the_same_step_is_the_same_batch_and_other_ranks_have_others(folders: Sequence[Path]) -> None:
    for source in (AnimalCrops(folders, Crops(batch=2), 0), AnimalViews(folders, Views(batch=2, pasted=1.0), 0)):
        first, again, other = source.batch(3), source.batch(3), source.batch(3, rank=1, world=2)
        name = next(iter(first))
        assert all(torch.equal(first[key], again[key]) for key in first)
        assert not torch.equal(first[name], other[name])


def test_crops_show_the_animal(folders: Sequence[Path]) -> None:
    batch = AnimalCrops(folders, Crops(batch=6, light=0.0), 0).batch(0)
    assert batch["a"].shape == (6, 3, 128, 128)
    assert (batch["mask_a"].mean((1, 2, 3)) > 0.2).all()
    inside = batch["mask_a"] > 0.9
    brown = (batch["a"] * inside).sum((0, 2, 3)) / inside.sum()
    assert brown[0] > brown[1] > brown[2]


def test_a_view_says_which_kind_is_where(folders: Sequence[Path]) -> None:
    batch = AnimalViews(folders, Views(batch=3, pasted=0.5), 0).batch(0)
    assert batch["image"].shape == (6, 3, 160, 160)
    assert batch["where"].shape == (6, 2, 80, 80)
    assert batch["where"][:3, 1].max() == 0 == batch["where"][3:, 0].max()
    assert batch["where"][:3, 0].amax((1, 2)).min() > 0.9
    # A photo of zebras may hold more of them than its mask has, but no horses.
    assert batch["known"][3:, :, 0, 0].tolist() == [[1, 0]] * 3


def test_held_out_photos_are_not_trained_on(folders: Sequence[Path]) -> None:
    source = AnimalCrops(folders, Crops(), 0)
    for training, held in zip(source.training, source.held, strict=True):
        assert len(training.pixels) + len(held.pixels) == 12
        assert len(held.pixels) >= 1
        assert not any((photo == other).all() for photo in held.pixels for other in training.pixels)


def test_one_folder_with_both_is_enough(folders: Sequence[Path]) -> None:
    assert AnimalCrops([folders[0].parent], Crops(), 0).digest == AnimalCrops(folders, Crops(), 0).digest


def test_what_cannot_be_used_is_named(folders: Sequence[Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two folders"):
        AnimalCrops(folders[:1], Crops(), 0)
    (tmp_path / "trainA").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "trainA" / "one.png")
    with pytest.raises(DataError, match="masksA"):
        AnimalCrops([tmp_path / "trainA", folders[1]], Crops(), 0)
    (tmp_path / "masksA").mkdir()
    Image.new("L", (64, 64)).save(tmp_path / "masksA" / "two.png")
    with pytest.raises(DataError, match=r"one.png: has no mask"):
        AnimalCrops([tmp_path / "trainA", folders[1]], Crops(), 0)


def test_a_square_stays_in_the_picture_where_it_can() -> None:
    assert data.exact_square((0, 0, 10, 20), 1.5, 100, 200) == (0, 0, 30)
    assert data.exact_square((190, 40, 200, 60), 2.0, 100, 200) == (160, 30, 40)
    left, top, side = data.exact_square((10, 10, 190, 90), 1.5, 100, 200)
    assert (left, side) == (0, 200)
    assert top == -50


def test_a_cut_lies_where_it_is_said_to() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:32, 16:32] = 255
    small = data.rotated_crop(picture, 16, 16, 16, 8)
    assert small.min() > 100
    assert data.rotated_crop(picture, 0, 0, 64, 64).tolist() == picture.tolist()
    large = data.rotated_crop(picture, 8, 8, 32, 128)
    assert large[33:95, 33:95].min() > 200
    assert large[:30].max() < 50


def test_a_cut_is_turned_about_its_middle() -> None:
    picture = np.zeros((64, 64), np.uint8)
    picture[28:36, 40:56] = 255  # right of the middle
    turned = data.rotated_crop(picture, 0, 0, 64, 64, 90)
    assert turned[8:24, 28:36].min() > 200 or turned[40:56, 28:36].min() > 200
    assert turned[28:36, 40:56].max() < 50
    assert (data.rotated_crop(picture, 0, 0, 64, 64, 0.0) == picture).all()


def test_photos_of_neither_kind_are_learnt_from_too(folders: Sequence[Path], tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (0, 0, 255)).save(tmp_path / "sea.png")
    for given in ([*folders, tmp_path], [folders[0].parent, tmp_path]):
        batch = AnimalViews(given, Views(batch=1, others=2), 0).batch(0)
        assert len(batch["image"]) == 4
        assert batch["where"][2:].max() == 0
        assert batch["known"][2:].min() == 1
        assert (batch["image"][2:, 2] > batch["image"][2:, 0]).all()
