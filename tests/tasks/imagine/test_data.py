from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import DataError
from enhance.tasks.imagine import bank, data
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.layouts import POINTS
from enhance.tasks.imagine.words import LENGTH, read_sentence


def test_batches_repeat_and_differ_by_step_and_process(birds: Path) -> None:
    found = data.load_birds([birds], data.Sampling(batch=6))
    first, again = found.batch(3), found.batch(3)
    assert all(bool((first[name] == again[name]).all()) for name in first)
    assert not bool((first["image"] == found.batch(4)["image"]).all())
    assert not bool((first["image"] == found.batch(3, rank=1)["image"]).all())
    assert {len(value) for value in first.values()} == {6}


def test_val_is_never_read_and_all_face_right(birds: Path) -> None:
    found = data.load_birds([birds], data.Sampling())
    assert len(found.pixels) == 40
    beaks, tails = (found.points[:, POINTS.index(name), 0] for name in ("beak", "tail"))
    assert (beaks > tails).all()
    assert not set(found.held) & set(found.training)
    # The head's colour lies where the crown is said to lie, in pictures that were turned as well.
    crowns = (found.points[:, POINTS.index("crown")] * data.KEPT).astype(int)
    heads = np.stack([picture[y + 2, x] for picture, (x, y) in zip(found.pixels, crowns, strict=True)])
    redness = heads[:, 0].astype(int) - heads[:, 2]
    red_heads = [any("red head" in caption for caption in bird.captions) for bird in data.list_birds(birds)]
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
        data.load_birds([tmp_path], data.Sampling())


def test_a_bank_comes_back_and_suits_the_words(birds: Path, tmp_path: Path) -> None:
    layouts, said = data.candidates(data.load_birds([birds], data.Sampling()), points=8)
    assert len(layouts) == 40
    np.savez_compressed(tmp_path / bank.BANK_FILE, **bank.packed_layouts(layouts, said))
    found = Bank.load(tmp_path)
    assert found.word_shares.shape == (40, LENGTH)
    assert np.abs(found.layouts.points - layouts.points).max() < 0.003
    reading = read_sentence("a blue bird with a red head")
    random = np.random.default_rng(0)
    chosen = {found.choose(reading, random) for _ in range(20)}
    asked = np.flatnonzero(reading.vector())
    assert found.word_shares[list(chosen)][:, asked].mean() > 2 * found.word_shares[:, asked].mean()


def test_cub_as_published_is_read(birds: Path, tmp_path: Path) -> None:
    rows = [line.split("\t") for line in (birds / "pictures.tsv").read_text().splitlines()[1:]]
    tables: dict[str, list[str]] = {
        name: [] for name in ("images", "bounding_boxes", "train_test_split", "parts/part_locs")
    }
    for n, row in enumerate(rows, 1):
        name = f"001.Bird/{Path(row[0]).stem}"
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "text_c10" / name).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(birds / row[1] / row[0]) as picture:
            picture.save(tmp_path / "images" / f"{name}.jpg")
        (tmp_path / "text_c10" / f"{name}.txt").write_text("a red bird\n\na small bird\n")
        tables["images"].append(f"{n} {name}.jpg")
        tables["bounding_boxes"].append(f"{n} 4.0 4.0 136.0 130.0")
        tables["train_test_split"].append(f"{n} {int(row[1] == 'train')}")
        for part, spot in enumerate(row[4:], 1):
            x, y = spot.split(",") if spot else ("0.0", "0.0")
            tables["parts/part_locs"].append(f"{n} {part} {x} {y} {int(bool(spot))}")
    (tmp_path / "parts").mkdir()
    for name, lines in tables.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    ours, theirs = data.list_birds(birds), data.list_birds(tmp_path)
    assert len(theirs) == 40
    assert [bird.faces_left for bird in theirs] == [bird.faces_left for bird in ours]
    assert theirs[0].captions == ("a red bird", "a small bird")
    assert np.abs(np.array([bird.points for bird in theirs]) - [bird.points for bird in ours]).max() < 0.08
    assert data.load_birds([tmp_path], data.Sampling(batch=2)).batch(0)["image"].shape == (2, 3, 64, 64)


@pytest.mark.parametrize(
    ("box", "size", "found"),
    [
        ((40, 40, 20, 20), (100, 100), (39, 39, 61, 61)),
        ((10, 40, 80, 20), (100, 100), (6, 15, 94, 85)),
        ((0, 0, 100, 20), (100, 50), (0, 0, 100, 50)),
    ],
)
def test_a_bird_is_framed_within_its_picture(
    box: tuple[float, ...], size: tuple[int, int], found: tuple[int, ...]
) -> None:
    assert data.framed(box, size) == found
