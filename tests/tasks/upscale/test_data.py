from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from enhance.datasets import folders
from enhance.errors import DataError
from enhance.tasks.upscale import data
from enhance.tasks.upscale.data import FaceDataset, ImageGroup, Sampling, SizeMix
from enhance.tasks.upscale.degradation import AreaReduction, SecondOrderDegradation
from enhance.tasks.upscale.networks.generator import frame_coordinates
from enhance.tasks.upscale.networks.recogniser import shows_face

ONE_EXACT = Sampling(batch=1, landmark_noise=0)


def drawn(groups: list[ImageGroup], sampling: Sampling, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """hr and coordinates of a batch."""
    return data.windows(groups, sampling, np.random.default_rng((seed, step)))


def zeros(side: int, count: int = 3) -> ImageGroup:
    """Black whole faces."""
    return ImageGroup(np.zeros((count, side, side, 3), np.uint8), float(side), 0.0, 0.0)


def test_groups_know_where_in_the_frame_they_lie(faces: Path) -> None:
    listing = data.training_sources(faces)
    training, _ = data.load_groups(listing)
    assert {(group.pixels.shape[1], group.frame, group.left, group.top) for group in training} == {
        (64, 64.0, 0.0, 0.0),
        (96, 96.0, 0.0, 0.0),
        (128, 128.0, 0.0, 0.0),
        (64, 64 / 0.75, 64 / 0.75 * 0.125, 64 / 0.75 * 24 / 128),
        (72, 96.0, 12.0, 18.0),
        (96, 128.0, 16.0, 24.0),
    }
    assert len(listing) == 80


def test_a_batch_is_the_same_for_the_same_step_and_another_for_the_next(faces: Path) -> None:
    dataset = FaceDataset([faces], Sampling(batch=8), SecondOrderDegradation(), seed=3)
    first, again, next_one = (dataset.batch(step) for step in (5, 5, 6))
    assert first.keys() == {"hr", "lr", "place"}
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], next_one[name]) for name in first)
    assert first["hr"].shape == (8, 3, 64, 64)
    assert first["lr"].shape == first["place"].shape == (8, 3, 16, 16)


def test_processes_of_one_run_see_other_pictures(faces: Path) -> None:
    dataset = FaceDataset([faces], Sampling(batch=8), AreaReduction())
    first, other = (dataset.batch(5, rank, world=2) for rank in (0, 1))
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_the_small_picture_of_a_batch_is_its_large_one_degraded(faces: Path) -> None:
    batch = FaceDataset([faces], Sampling(batch=8), AreaReduction()).batch(0)
    assert torch.allclose(batch["lr"], torch.nn.functional.avg_pool2d(batch["hr"], 4))


def test_some_batches_hold_fewer_but_whole_faces(faces: Path) -> None:
    sampling = Sampling(batch=8, full_face_probability=0.5, landmark_noise=0)
    dataset = FaceDataset([faces], sampling, AreaReduction())
    batches = [dataset.batch(step) for step in range(40)]
    whole = [batch for batch in batches if batch["hr"].shape[2:] == (128, 128)]
    assert 10 < len(whole) < 30
    assert sum(batch["hr"].shape == (8, 3, 64, 64) for batch in batches) == 40 - len(whole)
    for batch in whole:
        assert len(batch["hr"]) == 2
        assert shows_face(batch["place"]).all()
        assert torch.allclose(batch["place"].abs(), frame_coordinates(torch.zeros(2, 3, 32, 32)).abs(), atol=1e-6)


def test_whole_faces_are_drawn_as_often_as_their_sizes_are() -> None:
    groups = [zeros(side, 8) for side in (64, 128, 256)]
    sampling = Sampling(16, SizeMix(small=0.5, middle=0.4, large=0.1), full_face_probability=1.0)
    sides = [drawn(groups, sampling, 0, step)[0].shape[3] for step in range(60)]
    assert set(sides) == {128, 256}
    assert 40 < sides.count(128) < 56
    small = Sampling(16, SizeMix(small=1.0, middle=0.0, large=0.0), full_face_probability=1.0)
    assert drawn(groups, small, 0, 0)[0].shape[3] == 64


def test_faces_smaller_than_a_window_are_seen_whole_or_not_at_all(faces: Path) -> None:
    sampling = Sampling(batch=8, full_face_probability=0.5, full_faces=(48, 64))
    dataset = FaceDataset([faces], sampling, AreaReduction())
    shapes = {tuple(dataset.batch(step)["hr"].shape) for step in range(40)}
    assert shapes == {(8, 3, 64, 64), (8 * 64**2 // 48**2, 3, 48, 48)}


def test_the_place_of_a_whole_small_face_is_what_the_exported_graph_works_out() -> None:
    expected = frame_coordinates(torch.zeros(1, 3, 16, 16))[0]
    for step in range(8):
        _, coordinates = drawn([zeros(64)], ONE_EXACT, 0, step)
        assert torch.allclose(coordinates[0], expected)


def test_a_window_is_found_where_its_place_says() -> None:
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (256, 256, 3))
    groups = [ImageGroup(ramp[None], 256.0, 0.0, 0.0)]
    for step in range(20):
        hr, coordinates = drawn(groups, ONE_EXACT, 1, step)
        seen = torch.nn.functional.avg_pool2d(hr, 4)[0, 0, 0] * 255
        x = (coordinates[0, 0, 0] + 1) / 2 * 256 - 0.5
        mirrored = 255 - x
        assert torch.allclose(seen, x, atol=0.01) or torch.allclose(seen, mirrored, atol=0.01)


@pytest.mark.parametrize("angle", [-40.0, 25.0])
def test_a_turned_face_lies_where_its_place_says(angle: float) -> None:
    y, x = np.mgrid[:256, :256].astype(np.uint8)
    small = data.area_resize(data.rotated(np.stack([x, y, x], -1), angle), 128)
    groups = [ImageGroup(small[None], 128.0, 0.0, 0.0, np.array([angle]))]
    for step in range(6):
        hr, coordinates = drawn(groups, ONE_EXACT, 1, step)
        seen = torch.nn.functional.avg_pool2d(hr, 4)[0] * 255
        x_there, y_there = (coordinates[0, :2] + 1) / 2 * 256 - 0.5
        kept = coordinates[0, :2].square().sum(0) < 0.5
        right, down = (seen[0] - x_there)[kept].abs().max(), (seen[1] - y_there)[kept].abs().max()
        mirrored = (255 - seen[0] - x_there)[kept].abs().max()
        assert min(right, mirrored) < 2
        assert down < 2


def test_places_are_wrong_by_as_much_as_a_detector_errs() -> None:
    expected = frame_coordinates(torch.zeros(1, 3, 16, 16))[0, :2]
    places = torch.stack([drawn([zeros(64)], Sampling(batch=8), 0, step)[1][:, :2] for step in range(20)])
    wrong = (places - expected) * 8  # in pixels
    in_the_middle = wrong[..., 7:9, 7:9]
    assert in_the_middle.std() == pytest.approx(data.LANDMARK_NOISE, rel=0.25)
    assert wrong.std() > in_the_middle.std()
    assert wrong.abs().max() < 8 * data.LANDMARK_NOISE


def test_small_faces_are_also_seen_turned_and_held_out_ones_never(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "is_held_out", lambda name: name.endswith("_007.png"))
    training, held_out = data.load_groups(data.training_sources(faces))
    assert any(group.angles is not None for group in training)
    assert held_out
    assert all(group.angles is None for group in held_out)


def test_held_out_faces_are_never_trained_on(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "is_held_out", lambda name: name.endswith("_007.png"))
    training, held_out = data.load_groups(data.training_sources(faces))
    assert {len(group.pixels) for group in training} == {39}
    assert {len(group.pixels) for group in held_out} == {1}
    held = {group.pixels.tobytes() for group in held_out if group.frame == 64}
    trained = {picture.tobytes() for group in training if group.frame == 64 for picture in group.pixels}
    assert held
    assert not held & trained


def test_held_out_batches_are_whole_faces_in_8_bits(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "is_held_out", lambda name: name.endswith("_007.png"))
    batches = FaceDataset([faces], Sampling(), AreaReduction()).held_out()
    assert [batch["hr"].shape for batch in batches] == [(1, 3, 64, 64), (1, 3, 128, 128)]
    for batch in batches:
        assert torch.equal(batch["place"], frame_coordinates(batch["lr"]))
        assert torch.allclose(batch["lr"] * 255, (batch["lr"] * 255).round(), atol=1e-4)
        assert (batch["lr"] - torch.nn.functional.avg_pool2d(batch["hr"], 4)).abs().max() < 0.51 / 255


def test_celeba_in_its_official_layout(tmp_path: Path) -> None:
    (tmp_path / "img_align_celeba").mkdir()
    for n in range(4):
        pixels = np.zeros((218, 178, 3), np.uint8)
        pixels[60:188, 25:153] = 50 * n
        Image.fromarray(pixels).save(tmp_path / "img_align_celeba" / f"{n:06d}.png")
    (tmp_path / "list_eval_partition.txt").write_text("000000.png 0\n000001.png 1\n000002.png 2\n000003.png 0\n")
    found = data.training_sources(tmp_path)
    assert [source.path.stem for source in found] == ["000000", "000003"]
    assert [source.path.stem for source in data.training_sources(tmp_path, "test")] == ["000002"]
    assert data.read_square(found[1]).shape == (128, 128, 3)
    assert (data.read_square(found[1]) == 150).all()


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
        FaceDataset([folder], Sampling(), AreaReduction())
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_age_is_drawn_equally_often_and_every_source_as_often_as_it_has_pictures() -> None:
    names = [f"utk_25_f_white_{n}" for n in range(8)] + ["utk_70_m_white_0", "utk_71_f_black_1"]
    chances = data.balanced_weights([*names, *(f"lfw_Somebody_{n}" for n in range(10))])
    assert chances.sum() == pytest.approx(1)
    assert chances[:8].sum() == pytest.approx(0.25)
    assert chances[8:10].sum() == pytest.approx(0.25)
    assert chances[10:] == pytest.approx(1 / 20)
    assert np.allclose(data.balanced_weights(["somebody", "else"]), 0.5)


def test_a_group_is_drawn_from_by_its_chances() -> None:
    pixels = np.zeros((3, 64, 64, 3), np.uint8)
    group = ImageGroup(pixels, 64.0, 0.0, 0.0, cumulative=np.array([0.2, 0.2, 1.0]))
    rng = np.random.default_rng(0)
    counted = np.bincount([data.sample_index(group, rng) for _ in range(2000)], minlength=3)
    assert counted[1] == 0
    assert counted[0] == pytest.approx(400, rel=0.15)
