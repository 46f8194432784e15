from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from enhance.errors import DataError
from enhance.pixels import area_mean
from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.tasks.upscale.restored_data import CropSampling, RestoredCrops

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"
FEW = CropSampling(batch=3, side=16, crops=4)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(SAMPLE) as image:
        for n in range(3):
            image.resize((280 + n, 300)).save(folder / f"{n}.png")
    return folder


@pytest.mark.parametrize("scale", [2, 4])
def test_a_clean_small_picture_is_the_mean_of_its_crop(photos: Path, scale: int) -> None:
    data = RestoredCrops([photos], replace(FEW, scale=scale, bad=BadPhoto(clean=1)))
    batch = data.batch(0)
    assert {name: tuple(value.shape) for name, value in batch.items()} == {
        "hr": (3, 3, scale * 16, scale * 16),
        "lr": (3, 3, 16, 16),
        "bad": (3, 3, 16, 16),
        "place": (3, 3, 16, 16),
    }
    assert torch.equal(batch["bad"], batch["lr"])
    for hr, lr in zip(batch["hr"], batch["lr"], strict=True):
        mean = area_mean(hr.permute(1, 2, 0).numpy(), scale)
        assert np.abs(mean - lr.permute(1, 2, 0).numpy()).max() < 1.5 / 255


def test_a_bad_one_is_nearer_to_the_good_one_once_it_is_restored(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = replace(FEW, bad=BadPhoto(clean=0, uncoded=1, severity=1))

    def error(data: RestoredCrops) -> float:
        large, small = data.training
        good = np.stack([area_mean(one.astype(np.float32), 4) for one in large])
        return float(np.square(good - small[..., :3]).mean())

    crops = RestoredCrops([photos], bad)
    restored = error(crops)
    before, after = (crops.batch(0)[name] for name in ("bad", "lr"))
    assert 0.01 < float((before - after).square().mean()) ** 0.5 < 0.3
    monkeypatch.setattr("enhance.tasks.upscale.restored_data.restore", lambda made, *_, **__: made)
    monkeypatch.setattr("enhance.datasets.cache.stamps", lambda _: "as they were made")
    assert restored < 0.7 * error(RestoredCrops([photos], bad))


def test_the_same_step_is_the_same_batch(photos: Path) -> None:
    one, other = (RestoredCrops([photos], FEW, seed=5).batch(7) for _ in range(2))
    assert all(bool((one[name] == other[name]).all()) for name in one)


def test_small_pictures_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (100, 300)).save(tmp_path / "small.png")
    with pytest.raises(DataError, match="smaller than 256 pixels"):
        RestoredCrops([tmp_path], FEW)
