from pathlib import Path

import numpy as np
import pytest

from enhance.errors import DataError
from enhance.tasks.imagine import bank, data
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.layouts import POINTS
from enhance.tasks.imagine.words import LENGTH, read


def test_batches_repeat_and_differ_by_step_and_process(birds: Path) -> None:
    found = data.load([birds], data.Sampling(batch=6))
    first, again = found.batch(3), found.batch(3)
    assert all(bool((first[name] == again[name]).all()) for name in first)
    assert not bool((first["image"] == found.batch(4)["image"]).all())
    assert not bool((first["image"] == found.batch(3, rank=1)["image"]).all())
    assert {len(value) for value in first.values()} == {6}


def test_val_is_never_read_and_all_face_right(birds: Path) -> None:
    found = data.load([birds], data.Sampling())
    assert len(found.pixels) == 40
    beaks, tails = (found.points[:, POINTS.index(name), 0] for name in ("beak", "tail"))
    assert (beaks > tails).all()
    assert not set(found.held) & set(found.training)
    # The head's colour lies where the crown is said to lie, in pictures that were turned as well.
    crowns = (found.points[:, POINTS.index("crown")] * data.KEPT).astype(int)
    heads = np.stack([picture[y + 2, x] for picture, (x, y) in zip(found.pixels, crowns, strict=True)])
    redness = heads[:, 0].astype(int) - heads[:, 2]
    red_heads = [any("red head" in caption for caption in bird.captions) for bird in data.listed(birds)]
    assert (redness[red_heads] > 100).all()


def test_points_move_with_the_window() -> None:
    points = np.array([[[0.5, 0.5], [-1, -1], [0.99, 0.5]]], np.float32)
    found = data.moved(points, np.array([4]), np.array([0]))
    assert found[0].tolist() == [[0.5, 0.5625], [-1, -1], [-1, -1]]


@pytest.mark.parametrize("captions", [None, "file\tcaption\nno tab here\n"])
def test_a_folder_that_cannot_be_used_is_named(captions: str | None, tmp_path: Path) -> None:
    if captions:
        (tmp_path / "pictures.tsv").write_text("file\n")
        (tmp_path / "captions.tsv").write_text(captions)
    with pytest.raises(DataError, match=tmp_path.name):
        data.load([tmp_path], data.Sampling())


def test_a_bank_comes_back_and_suits_the_words(birds: Path, tmp_path: Path) -> None:
    layouts, said = data.bank_of(data.load([birds], data.Sampling()), points=8)
    assert len(layouts) == 40
    np.savez_compressed(tmp_path / bank.FILE, **bank.packed(layouts, said))
    found = Bank.load(tmp_path)
    assert found.said.shape == (40, LENGTH)
    assert np.abs(found.layouts.points - layouts.points).max() < 0.003
    reading = read("a blue bird with a red head")
    random = np.random.default_rng(0)
    chosen = {found.choose(reading, random) for _ in range(20)}
    asked = np.flatnonzero(reading.vector())
    assert found.said[list(chosen)][:, asked].mean() > 2 * found.said[:, asked].mean()
