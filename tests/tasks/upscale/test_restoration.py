import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from enhance import tasks
from enhance.errors import DataError
from enhance.photos.statistics import STATISTIC_COUNT
from enhance.pixels import LUMA
from enhance.tasks.upscale import measuring, recipes
from enhance.tasks.upscale.measuring import MeasuringRecipe
from enhance.tasks.upscale.networks.restorer import DefectEstimator, Restorer, smooth_colours
from enhance.tasks.upscale.photo_data import PhotoDataset, Sampling
from enhance.tasks.upscale.restoration import ESTIMATE_ERROR, RestorationRecipe, Shape, misjudged
from enhance.train import export, run
from enhance.train.trainer import Trainer


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight made-up photographs of 320 pixels: waves of several lengths."""
    folder = tmp_path_factory.mktemp("photos")
    y, x = np.mgrid[:320, :320] / 10
    for n in range(8):
        planes = [np.sin(x * (1 + n / 5) + c) * np.cos(y / (1 + c)) for c in range(3)]
        pixels = np.uint8(127 + 100 * np.stack(planes, -1))
        Image.fromarray(pixels).save(folder / f"photo_{n}.png")
    return folder


def tiny(recipe: RestorationRecipe) -> RestorationRecipe:
    sampling = Sampling(batch=4, side=64)
    return replace(recipe, shape=Shape(width=8, blocks=1, deep=1), sampling=sampling)


def test_an_untrained_restorer_changes_nothing() -> None:
    image, measures = torch.rand(1, 3, 48, 64), torch.rand(1, 4, 1, 1)
    measures[:, 1] = 0.2  # some colour noise is no reason to smooth colours
    assert torch.equal(Restorer(8, 1, 1)(image, measures), image)


def test_colours_follow_the_brightness_where_colour_noise_was_measured() -> None:
    clean = torch.full((1, 3, 64, 64), 0.3)
    clean[:, :, :, 32:] = torch.tensor([0.9, 0.6, 0.5])[None, :, None, None]
    random = torch.Generator().manual_seed(0)
    noise = 0.05 * torch.randn(1, 3, 64, 64, generator=random)
    luma = torch.tensor(LUMA)[None, :, None, None]
    noise = noise - (noise * luma).sum(1, keepdim=True)  # in colours alone
    smooth = smooth_colours(clean + noise, torch.ones(1, 1, 1, 1))
    assert (smooth - clean).std() < 0.3 * noise.std()
    assert torch.allclose(((smooth - clean) * luma).sum(1), torch.zeros(1, 64, 64), atol=1e-5)
    edge = smooth[0, 0, :, 33] - smooth[0, 0, :, 30]
    assert (edge - 0.6).abs().max() < 0.1


def test_an_estimator_never_measures_less_than_nothing() -> None:
    estimator = DefectEstimator(16).eval()
    found = estimator(100 * torch.randn(5, STATISTIC_COUNT))
    assert found.shape == (5, 4)
    assert (found >= 0).all()


def test_measures_are_given_as_an_estimator_would_misjudge_them() -> None:
    true = torch.full((2000, 4), 0.3)
    given = misjudged(true, 0)
    assert torch.equal(given, misjudged(true, 0))
    assert not torch.equal(given, misjudged(true, 1))
    assert given[::2].mean() == pytest.approx(0.3, rel=0.05)
    assert given[1::2].sqrt().std() == pytest.approx(ESTIMATE_ERROR, rel=0.1)
    assert misjudged(torch.zeros(2, 4), 0)[1].max() > 0


def test_a_batch_is_the_same_for_the_same_step(photos: Path) -> None:
    data = PhotoDataset([photos], Sampling(batch=3, side=64))
    first, again, other = data.batch(5), data.batch(5), data.batch(6)
    assert first["bad"].shape == (3, 3, 64, 64)
    assert first["defects"].shape == (3, 4)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["clean"], other["clean"])


def test_pictures_that_are_too_small_are_one_clear_line(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="smaller than 64 pixels"):
        PhotoDataset([tmp_path], Sampling(side=64))


def test_it_learns_one_batch_by_heart(photos: Path) -> None:
    recipe = tiny(recipes.photo_restore_pixel())
    batch = PhotoDataset([photos], recipe.sampling).batch(0)
    torch.manual_seed(0)
    schedule = replace(recipe.schedule, rate=3e-3)
    trainer = Trainer(recipe.task(torch.device("cpu")), schedule, torch.device("cpu"))
    learned = [trainer.step(batch, step) for step in range(150)]
    assert learned[-1]["pixel"] < 0.8 * learned[0]["pixel"]


@pytest.mark.parametrize("name", ["photo_restore_pixel", "photo_restore"])
def test_it_trains_resumes_and_exports(name: str, photos: Path, tmp_path: Path) -> None:
    recipe = tiny(recipes.RECIPES[name]())  # type: ignore[arg-type]
    run.start([photos], recipe, tmp_path / "run", images=8)
    progress = run.resume(tmp_path / "run", tasks.recipe_of, images=16)
    assert progress.step == 4
    file = export.export(tmp_path / "run", tmp_path / "restorer.onnx", tasks.recipe_of)
    session = onnxruntime.InferenceSession(str(file))
    assert [given.name for given in session.get_inputs()] == ["image", "defects"]


def test_an_estimator_learns_resumes_and_exports(photos: Path, tmp_path: Path) -> None:
    sampling = measuring.Sampling(batch=64, examples=300, held_out=40, most_side=64)
    recipe = MeasuringRecipe("photo_measures", width=32, sampling=sampling)
    assert recipes.from_fields(asdict(recipe)) == recipe
    run.start([photos], recipe, tmp_path / "run", images=6400)
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line["losses"]["estimate"] for line in lines if "losses" in line]
    assert losses[-1] < 0.8 * losses[0]
    assert run.resume(tmp_path / "run", tasks.recipe_of, images=6528).step == 102
    file = export.export(tmp_path / "run", tmp_path / "estimator.onnx", tasks.recipe_of)
    found = onnxruntime.InferenceSession(str(file)).run(
        None, {"statistics": np.zeros((3, STATISTIC_COUNT), np.float32)}
    )[0]
    assert found.shape == (3, 4)


def test_pictures_to_measure_are_the_same_again_and_of_all_sizes(photos: Path) -> None:
    sampling = measuring.Sampling(batch=8, examples=30, held_out=0, most_side=200)
    first, again = (measuring.MeasuredPhotos([photos], sampling).batch(3) for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    sides = first["statistics"][:, -2]
    assert sides.min() < 6 < sides.max()


def test_a_restorer_can_be_rounded_to_eight_bits(photos: Path, tmp_path: Path) -> None:
    run.start([photos], tiny(recipes.photo_restore_pixel()), tmp_path / "run", images=40)
    outputs = []
    given = {
        "image": np.random.default_rng(0).random((1, 3, 64, 64), np.float32),
        "defects": np.full((1, 4, 1, 1), 0.3, np.float32),
    }
    for name, folders in (("exact", []), ("small", [photos])):
        file = export.export(tmp_path / "run", tmp_path / f"{name}.onnx", tasks.recipe_of, folders=folders)
        outputs.append(onnxruntime.InferenceSession(str(file)).run(None, given)[0])
    assert np.abs(outputs[0] - outputs[1]).mean() * 255 < 1
