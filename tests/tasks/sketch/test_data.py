from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from enhance.errors import DataError
from enhance.tasks.sketch import data, look
from enhance.tasks.sketch.data import Bending, DrawnHeads, Sampling
from tests.tasks.sketch.conftest import POINTS, head


def test_a_batch_is_the_same_for_the_same_arguments_and_another_for_others(drawn: DrawnHeads) -> None:
    first, again, later, elsewhere = drawn.batch(3), drawn.batch(3), drawn.batch(4), drawn.batch(3, 1, 2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["edges"], later["edges"])
    assert not torch.equal(first["edges"], elsewhere["edges"])


def test_a_batch_has_the_shapes_and_ranges_that_it_says(drawn: DrawnHeads) -> None:
    batch = drawn.batch(0)
    assert batch["picture"].shape == (4, 3, 128, 128)
    assert batch["edges"].shape == (4, 1, 128, 128)
    assert batch["looseness"].shape == (4, 1)
    assert batch["look"].shape == (4, look.LOOK)
    for name in ("picture", "edges", "looseness"):
        assert 0 <= batch[name].min() <= batch[name].max() <= 1


def test_held_out_pictures_are_drawn_the_same_every_time(drawn: DrawnHeads) -> None:
    first, again = drawn.held_out(), drawn.held_out()
    assert sum(len(batch["picture"]) for batch in first) == 3
    assert all(torch.equal(a["edges"], b["edges"]) for a, b in zip(first, again, strict=True))


def test_unbent_a_picture_is_only_made_smaller() -> None:
    picture = head(np.random.default_rng(0))
    bent, points = data.bent(picture, POINTS, Bending(0, 0, 0, 0, 0, 0), np.random.default_rng(0))
    small = np.asarray(Image.fromarray(picture).resize((128, 128), Image.Resampling.BILINEAR))
    assert points == pytest.approx(POINTS)
    assert np.abs(bent.astype(float) - small).mean() < 3


def test_landmarks_go_where_the_picture_goes() -> None:
    picture = np.zeros((144, 144, 3), np.uint8)
    for x, y in POINTS:
        picture[int(y * 144) - 1 : int(y * 144) + 2, int(x * 144) - 1 : int(x * 144) + 2] = 255
    for seed in range(10):
        bent, points = data.bent(picture, POINTS, Bending(), np.random.default_rng(seed))
        inside = [p for p in points if (p > 0.03).all() and (p < 0.97).all()]
        assert len(inside) > 6
        for x, y in inside:
            around = bent[max(0, int(y * 128) - 3) : int(y * 128) + 4, max(0, int(x * 128) - 3) : int(x * 128) + 4]
            assert around.max() > 60


def test_a_mirrored_look_is_the_look_of_the_mirrored_picture() -> None:
    picture = head(np.random.default_rng(1))
    picture = np.ascontiguousarray(np.where(np.arange(144)[None, :, None] < 72, picture, picture // 2)).astype(np.uint8)
    mirrored = look.look_of(np.ascontiguousarray(picture[:, ::-1]), data.mirrored_points(POINTS))
    assert look.mirrored_look(look.look_of(picture, POINTS)) == pytest.approx(mirrored, abs=0.12)


def test_the_fur_of_a_look_is_the_colour_of_the_head() -> None:
    picture = np.full((144, 144, 3), 200, np.uint8)
    picture[20:130, 15:129] = (30, 120, 200)
    assert look.fur(look.look_of(picture, POINTS)) == pytest.approx(np.array([30, 120, 200]) / 127.5 - 1, abs=0.02)


def test_the_outline_is_found_of_what_is_in_the_middle() -> None:
    picture = np.full((72, 72, 3), 220, np.uint8)
    cv2.circle(picture, (36, 36), 20, (60, 90, 30), -1)
    picture = picture + np.random.default_rng(0).integers(0, 20, picture.shape, np.uint8)
    outline = data.outline_of(data.foreground(picture))
    assert (outline[0] == outline[-1]).all()
    assert np.abs(np.hypot(*(outline - 0.5).T) * 72 - 20).max() < 3


def test_a_folder_without_landmarks_is_read(folder: Path) -> None:
    drawn = data.load_pictures([folder], Sampling(batch=2), landmarked=False)
    assert len(drawn.training) + len(drawn.kept_back) == 12
    assert len(drawn.kept_back) >= 1
    assert drawn.batch(0)["edges"].max() > 0.2


def test_what_cannot_be_learnt_from_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        data.load_pictures([tmp_path / "none"], Sampling(), landmarked=False)
    Image.new("RGB", (50, 80)).save(tmp_path / "one.png")
    with pytest.raises(DataError, match="one picture"):
        data.load_pictures([tmp_path], Sampling(), landmarked=False)
    (tmp_path / "two.png").write_text("no picture")
    with pytest.raises(DataError, match=r"two\.png"):
        data.load_pictures([tmp_path], Sampling(), landmarked=False)
