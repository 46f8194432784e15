from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from enhance.errors import DataError
from enhance.tasks.upscale import data
from enhance.tasks.upscale.networks.generator import place
from enhance.tasks.upscale.networks.recogniser import shows_face


def test_shelves_know_their_place_in_the_frame(faces: Path) -> None:
    loaded = data.load([faces], note=lambda _: None)
    assert {(shelf.pixels.shape[1], shelf.frame, shelf.left, shelf.top) for shelf in loaded.training} == {
        (64, 64.0, 0.0, 0.0),
        (96, 96.0, 0.0, 0.0),
        (128, 128.0, 0.0, 0.0),
        (64, 64 / 0.75, 64 / 0.75 * 0.125, 64 / 0.75 * 24 / 128),
        (72, 96.0, 12.0, 18.0),
        (96, 128.0, 16.0, 24.0),
    }
    assert loaded.pictures == 80


def test_a_batch_is_the_same_for_the_same_step_and_another_for_the_next(faces: Path) -> None:
    shelves = data.load([faces], note=lambda _: None).training

    def at(step: int) -> data.Batch:
        return data.batch(shelves, data.Sizes(), size=8, seed=3, step=step)

    assert torch.equal(at(5).hr, at(5).hr)
    assert not torch.equal(at(5).hr, at(6).hr)
    assert at(5).hr.shape == (8, 3, 64, 64)
    assert at(5).place.shape == (8, 3, 16, 16)


def test_some_batches_hold_fewer_but_whole_faces(faces: Path) -> None:
    shelves = data.load([faces]).training
    batches = [data.batch(shelves, data.Sizes(), size=8, seed=0, step=n, wholes=0.5, misled=0) for n in range(40)]
    whole = [batch for batch in batches if batch.hr.shape[2:] == (128, 128)]
    assert 10 < len(whole) < 30
    assert sum(batch.hr.shape == (8, 3, 64, 64) for batch in batches) == 40 - len(whole)
    for batch in whole:
        assert len(batch.hr) == 2
        assert shows_face(batch.place).all()
        assert torch.allclose(batch.place.abs(), place(torch.zeros(2, 3, 32, 32)).abs(), atol=1e-6)


def test_whole_faces_are_drawn_as_often_as_their_sizes_are() -> None:
    shelves = [data.Shelf(np.zeros((8, side, side, 3), np.uint8), float(side), 0.0, 0.0) for side in (64, 128, 256)]
    sizes = data.Sizes(small=0.5, middle=0.4, fine=0.1)
    sides = [data.batch(shelves, sizes, size=16, seed=0, step=n, wholes=1.0).hr.shape[3] for n in range(60)]
    assert set(sides) == {128, 256}
    assert 40 < sides.count(128) < 56
    without = data.batch(shelves, data.Sizes(small=1.0, middle=0.0, fine=0.0), size=16, seed=0, step=0, wholes=1.0)
    assert without.hr.shape[3] == 64


def test_the_place_of_a_whole_small_face_is_what_the_exported_graph_works_out() -> None:
    pixels = np.zeros((3, 64, 64, 3), np.uint8)
    shelves = [data.Shelf(pixels, 64.0, 0.0, 0.0)]
    expected = place(torch.zeros(1, 3, 16, 16))[0]
    for step in range(8):
        batch = data.batch(shelves, data.Sizes(), size=1, seed=0, step=step, misled=0)
        assert torch.allclose(batch.place[0], expected)


def test_a_window_is_found_where_its_place_says() -> None:
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (256, 256, 3))
    shelves = [data.Shelf(ramp[None], 256.0, 0.0, 0.0)]
    for step in range(20):
        batch = data.batch(shelves, data.Sizes(), size=1, seed=1, step=step, misled=0)
        seen = torch.nn.functional.avg_pool2d(batch.hr, 4)[0, 0, 0] * 255
        x = (batch.place[0, 0, 0] + 1) / 2 * 256 - 0.5
        mirrored = 255 - x
        assert torch.allclose(seen, x, atol=0.01) or torch.allclose(seen, mirrored, atol=0.01)


@pytest.mark.parametrize("angle", [-40.0, 25.0])
def test_a_turned_face_lies_where_its_place_says(angle: float) -> None:
    y, x = np.mgrid[:256, :256].astype(np.uint8)
    small = data.shrink(data.turned(np.stack([x, y, x], -1), angle), 128)
    shelves = [data.Shelf(small[None], 128.0, 0.0, 0.0, np.array([angle]))]
    for step in range(6):
        batch = data.batch(shelves, data.Sizes(), size=1, seed=1, step=step, misled=0)
        seen = torch.nn.functional.avg_pool2d(batch.hr, 4)[0] * 255
        x_there, y_there = (batch.place[0, :2] + 1) / 2 * 256 - 0.5
        kept = batch.place[0, :2].square().sum(0) < 0.5
        right, down = (seen[0] - x_there)[kept].abs().max(), (seen[1] - y_there)[kept].abs().max()
        mirrored = (255 - seen[0] - x_there)[kept].abs().max()
        assert min(right, mirrored) < 2
        assert down < 2


def test_places_are_wrong_by_as_much_as_a_detector_errs() -> None:
    expected = place(torch.zeros(1, 3, 16, 16))[0, :2]
    shelves = [data.Shelf(np.zeros((3, 64, 64, 3), np.uint8), 64.0, 0.0, 0.0)]
    places = torch.stack([data.batch(shelves, data.Sizes(), size=8, seed=0, step=n).place[:, :2] for n in range(20)])
    wrong = (places - expected) * 8  # in pixels
    in_the_middle = wrong[..., 7:9, 7:9]
    assert in_the_middle.std() == pytest.approx(data.MISLED, rel=0.25)
    assert wrong.std() > in_the_middle.std()
    assert wrong.abs().max() < 8 * data.MISLED


def test_small_faces_are_also_seen_turned_and_held_out_ones_never(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "is_held_out", lambda name: name.endswith("_007.png"))
    loaded = data.load([faces], note=lambda _: None)
    assert any(shelf.angles is not None for shelf in loaded.training)
    assert all(shelf.angles is None for shelf in loaded.held_out)


def test_held_out_faces_are_never_trained_on(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "is_held_out", lambda name: name.endswith("_007.png"))
    loaded = data.load([faces], note=lambda _: None)
    assert {len(shelf.pixels) for shelf in loaded.training} == {39}
    assert {len(shelf.pixels) for shelf in loaded.held_out} == {1}
    held = {shelf.pixels.tobytes() for shelf in loaded.held_out if shelf.frame == 64}
    trained = {picture.tobytes() for shelf in loaded.training if shelf.frame == 64 for picture in shelf.pixels}
    assert not held & trained


def test_about_one_name_in_a_hundred_is_held_out() -> None:
    held = sum(data.is_held_out(f"face_{n}.webp") for n in range(20_000))
    assert 140 < held < 260


def test_celeba_in_its_official_layout(tmp_path: Path) -> None:
    (tmp_path / "img_align_celeba").mkdir()
    for n in range(4):
        pixels = np.zeros((218, 178, 3), np.uint8)
        pixels[60:188, 25:153] = 50 * n
        Image.fromarray(pixels).save(tmp_path / "img_align_celeba" / f"{n:06d}.png")
    (tmp_path / "list_eval_partition.txt").write_text("000000.png 0\n000001.png 1\n000002.png 2\n000003.png 0\n")
    found = data.sources(tmp_path)
    assert [source.path.stem for source in found] == ["000000", "000003"]
    assert [source.path.stem for source in data.sources(tmp_path, "test")] == ["000002"]
    assert data.read(found[1]).shape == (128, 128, 3)
    assert (data.read(found[1]) == 150).all()


@pytest.mark.parametrize("make", ["missing", "empty", "text", "oblong", "small"])
def test_bad_data_is_one_clear_line(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "faces"
    if make != "missing":
        folder.mkdir()
    if make == "text":
        (folder / "a.jpg").write_text("not a picture")
    if make == "oblong":
        Image.new("RGB", (128, 100)).save(folder / "a.png")
    if make == "small":
        Image.new("RGB", (32, 32)).save(folder / "a.png")
    with pytest.raises(DataError) as caught:
        data.load([folder], note=lambda _: None)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_age_is_drawn_equally_often_and_every_source_as_often_as_it_has_pictures() -> None:
    names = [f"utk_25_f_white_{n}" for n in range(8)] + ["utk_70_m_white_0", "utk_71_f_black_1"]
    chances = data.balanced([*names, *(f"lfw_Somebody_{n}" for n in range(10))])
    assert chances.sum() == pytest.approx(1)
    assert chances[:8].sum() == pytest.approx(0.25)
    assert chances[8:10].sum() == pytest.approx(0.25)
    assert chances[10:] == pytest.approx(1 / 20)
    assert np.allclose(data.balanced(["somebody", "else"]), 0.5)


def test_a_shelf_is_drawn_from_by_its_chances() -> None:
    pixels = np.zeros((3, 64, 64, 3), np.uint8)
    shelf = data.Shelf(pixels, 64.0, 0.0, 0.0, cumulative=np.array([0.2, 0.2, 1.0]))
    rng = np.random.default_rng(0)
    counted = np.bincount([data.drawn(shelf, rng) for _ in range(2000)], minlength=3)
    assert counted[1] == 0
    assert counted[0] == pytest.approx(400, rel=0.15)
