from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from enhance.errors import DataError
from enhance.tasks.fill import data
from enhance.tasks.fill.data import CopiedPhotos, FaceData, PhotoData, Sizes
from enhance.tasks.fill.masks import Holes

SIZES = Sizes(((64, 3, 0.5), (128, 2, 0.5)), drafts=0.5)


def quiet(_: str) -> None:
    pass


@pytest.fixture(params=["faces", "photos"])
def made(
    request: pytest.FixtureRequest, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FaceData | PhotoData:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kind = FaceData if request.param == "faces" else PhotoData
    return kind([folder], sizes=SIZES, holes=Holes(), seed=0, note=quiet)


def test_a_batch_is_the_same_for_the_same_step(made: FaceData | PhotoData) -> None:
    one, other, next_ = made.batch(5), made.batch(5), made.batch(6)
    assert one.keys() == other.keys()
    assert all((one[name] == other[name]).all() for name in one)
    assert one["truth"].shape != next_["truth"].shape or (one["truth"] != next_["truth"]).any()
    assert (made.batch(5, rank=1)["mask"].shape != one["mask"].shape) or (
        made.batch(5, rank=1)["mask"] != one["mask"]
    ).any()


def test_what_is_given_is_the_truth_outside_the_hole(made: FaceData | PhotoData) -> None:
    drafts = 0
    for step in range(12):
        batch = made.batch(step)
        known = (batch["mask"] == 0).expand_as(batch["truth"])
        assert (batch["image"][known] == batch["truth"][known]).all()
        empty = (batch["mask"] == 1).expand_as(batch["truth"])
        assert (batch["image"][empty] == 0).all()
        assert set(batch["mask"].unique().tolist()) <= {0.0, 0.5, 1.0}
        drafts += int((batch["mask"] == 0.5).any())
        draft = (batch["mask"] == 0.5).expand_as(batch["truth"])
        if draft.any():
            assert (batch["image"][draft] - batch["truth"][draft]).abs().mean() < 0.1
        assert batch["truth"].dtype == torch.float32
        assert 0 <= batch["truth"].min() <= batch["truth"].max() <= 1
    assert drafts


def test_holes_are_filled_with_copies_before(
    tmp_path: Path, picture: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for n in range(4):
        Image.fromarray(picture(280, 300, n)).save(tmp_path / f"{n}.png")

    def made(crops: int) -> CopiedPhotos:
        return CopiedPhotos([tmp_path], sizes=SIZES, holes=Holes(), seed=0, note=quiet, crops=crops)

    one = made(3)
    for step in range(6):
        batch, again = one.batch(step), one.batch(step)
        assert all((batch[name] == again[name]).all() for name in batch)
        mask = batch["mask"]
        assert set(mask.unique().tolist()) <= {0.0, 0.25}
        hole = (mask > 0).expand_as(batch["truth"])
        assert 0.05 < hole.float().mean() < 1
        assert (batch["image"][~hole] == batch["truth"][~hole]).all()
        # Waves go on where they were copied from elsewhere: nearer than a plain colour, but not the same.
        error = (batch["image"] - batch["truth"])[hole].abs().mean()
        assert 0 < error < (batch["truth"][hole] - batch["truth"][hole].mean()).abs().mean()
    assert len(made(2).crops) == 2, "another number of crops must not be taken from the cache"


def test_a_face_knows_where_it_lies(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Image.open(next(folder.iterdir())) as image:
        image.resize((96, 96)).save(folder / "utk_1.png")
    made = FaceData([folder], sizes=Sizes(((96, 1, 1.0),)), holes=Holes(), seed=0, note=quiet)
    where = made.batch(0)["place"][0]
    assert where.shape == (3, 24, 24)
    middle = where[:2].mean((1, 2))
    # The window's middle lies a sixteenth of the frame below the frame's, and it may be flipped and a little off.
    assert abs(float(middle[0])) < 0.06
    assert abs(float(middle[1]) - 0.125) < 0.06
    assert (where[2] == 0).all()


def test_faces_are_kept_in_a_cache(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, other = (FaceData([folder], sizes=SIZES, holes=Holes(), seed=0, note=quiet) for _ in range(2))
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 3
    assert (one.batch(0)["truth"] == other.batch(0)["truth"]).all()


def test_no_folder_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        PhotoData([tmp_path / "none"], sizes=SIZES, holes=Holes(), seed=0, note=quiet)
    with pytest.raises(DataError, match="no pictures"):
        PhotoData([tmp_path], sizes=SIZES, holes=Holes(), seed=0, note=quiet)


def test_photos_that_are_too_small_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (90, 90)).save(tmp_path / "small.png")
    noted: list[str] = []
    with pytest.raises(DataError, match="128"):
        PhotoData([tmp_path], sizes=SIZES, holes=Holes(), seed=0, note=noted.append)
    assert noted == [f"reading 1 picture of {tmp_path.name}"]


def test_a_crop_lies_inside_the_photo(picture: Callable[..., np.ndarray]) -> None:
    photo = picture(150, 300)
    for seed in range(10):
        assert data.random_crop(photo, 128, np.random.default_rng(seed)).shape == (128, 128, 3)
    assert data.random_crop(picture(100, 300), 128, np.random.default_rng(0)).shape == (128, 128, 3)
