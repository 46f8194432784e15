import dataclasses
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from enhance import tasks
from enhance.errors import TrainingError
from enhance.tasks.fill import faces, recipes, training
from enhance.tasks.fill.data import Sizes
from enhance.tasks.fill.painter import Painter
from enhance.tasks.fill.recipes import Recipe
from enhance.train import checkpoint, export, run
from enhance.train.trainer import Trainer

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def tiny() -> Callable[[Recipe], Recipe]:
    """Any recipe with networks of a few thousand weights, and few crops."""
    shape = {"widths": (8, 8, 8, 8), "dilations": (1, 2), "discriminator": (8, 8, 8, 8)}

    def made(recipe: Recipe) -> Recipe:
        sizes = replace(recipe.sizes, sides=((64, 2, 1.0),))
        return replace(recipe, sizes=sizes, copied=min(recipe.copied, 4), **shape)

    return made


@pytest.mark.parametrize("name", list(recipes.RECIPES))
def test_every_recipe_trains_saves_and_goes_on(name: str, folder: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = tiny(recipes.RECIPES[name]())
    assert recipe.name == name
    data = recipe.data([folder])
    one, other = (Trainer(recipe.task(CPU), recipe.schedule, CPU) for _ in range(2))
    for step in range(2):
        found = one.step(data.batch(step), step)
        assert all(torch.isfinite(value) for value in found.values())
    assert found.keys() >= {"pixel", "perceptual"}
    assert ("adversarial" in found) == ("pixel" not in name)
    assert ("diversity" in one.step(data.batch(3), 3)) == (recipe.weights.diversity > 0)
    other.restore(one.state(), Path("run"))
    again = [trainer.step(data.batch(8), 8) for trainer in (one, other)]
    assert again[0] == again[1]
    assert ("penalty" in again[0]) == ("pixel" not in name)


def test_one_batch_can_be_learnt_by_heart(folder: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = tiny(recipes.face_fill_pixel())
    recipe = replace(recipe, widths=(16, 16, 24, 24), schedule=replace(recipe.schedule, rate=3e-3, warm_up=10))
    trainer = Trainer(recipe.task(CPU), recipe.schedule, CPU)
    batch = recipe.data([folder]).batch(0)
    learnt = [float(trainer.step(batch, step)["pixel"]) for step in range(120)]
    assert min(learnt[-10:]) < 0.6 * learnt[0]


def test_validation_shows_every_kind_of_hole(folder: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = tiny(recipes.photo_fill())
    task = recipe.task(CPU)
    data = recipe.data([folder])
    batches = [data.batch(step) for step in range(2)]
    assert task.validate(batches).keys() == {"pixel", "perceptual", "diversity", "score"}
    assert task.validate([]) == {"score": 0.0}
    shown = task.samples(batches[0])
    assert {value.shape for value in shown.values()} == {batches[0]["truth"].shape}
    assert task.collapsed({"discrimination": 1e-4})
    assert not task.collapsed({"discrimination": 0.6})


def test_a_run_is_exported_and_fills(folder: Path, tmp_path: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = tiny(recipes.face_fill())
    run.start([folder], recipe, tmp_path / "run", images=8)
    path = export.export(tmp_path / "run", tmp_path / "face_fill.onnx", tasks.recipe_of)
    painter = Painter.load(str(path))
    assert painter.model.facts.takes_coordinates
    assert painter.model.facts.name == "face_fill"
    assert painter.model.facts.noise_channels == recipe.noise
    small = export.export(tmp_path / "run", tmp_path / "small" / "face_fill.onnx", tasks.recipe_of, folders=[folder])
    rgb, mask = np.full((64, 64, 3), 0.5, np.float32), np.zeros((64, 64), np.float32)
    mask[10:40, 20:50] = 1
    given = rgb, mask, painter.noise(0, 64, 64), faces.frame_coordinates(64)
    difference = np.abs(Painter.load(str(small))(*given) - painter(*given))
    assert difference.max() < 0.1
    assert small.read_bytes() != path.read_bytes()


def test_a_network_for_photos_may_begin_from_one_for_faces(
    folder: Path, tmp_path: Path, tiny: Callable[[Recipe], Recipe]
) -> None:
    run.start([folder], tiny(recipes.face_fill()), tmp_path / "faces", images=4)
    run.start([folder], tiny(recipes.photo_fill()), tmp_path / "photos", images=4, init=tmp_path / "faces")
    with pytest.raises(TrainingError):
        run.start([folder], recipes.photo_fill(), tmp_path / "large", images=4, init=tmp_path / "faces")


def test_a_network_that_mends_begins_from_one_that_draws(
    folder: Path, tmp_path: Path, tiny: Callable[[Recipe], Recipe]
) -> None:
    recipe = tiny(recipes.photo_mend())
    run.start([folder], tiny(recipes.photo_fill()), tmp_path / "fill", images=4)
    run.start([folder], recipe, tmp_path / "mend", images=4, init=tmp_path / "fill")
    run.start([folder], recipe, tmp_path / "again", images=4, init=tmp_path / "mend")
    path = export.export(tmp_path / "again", tmp_path / "photo_mend.onnx", tasks.recipe_of, folders=[folder])
    assert Painter.load(str(path)).model.facts.task == "mending"


def test_a_recipe_goes_through_a_checkpoint(folder: Path, tmp_path: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = tiny(recipes.photo_fill_pixel())
    run.start([folder], recipe, tmp_path / "run", images=4)
    state = checkpoint.load(tmp_path / "run" / checkpoint.LAST)
    assert tasks.recipe_of(state) == recipe
    assert dataclasses.asdict(recipe)["sizes"]["drafts"] > 0
    assert tasks.recipe_named("photo_fill") == recipes.photo_fill()


def test_a_discriminator_comes_with_its_weight() -> None:
    recipe = recipes.face_fill()
    with pytest.raises(ValueError, match="together"):
        training.Filling(recipes.face_fill_pixel().task(CPU).completion, None, weights=recipe.weights, name="x")


def test_depth_counts_most_at_the_edge_of_a_hole() -> None:
    mask = torch.zeros(1, 1, 128, 128)
    mask[..., 20:100, 20:100] = 1
    weight = training.weight_by_depth(mask)
    assert weight[0, 0, 20, 60] == 1
    assert weight[0, 0, 60, 60] == 0.25
    assert (weight[mask == 0] == 0).all()
    row = weight[0, 0, 20:61, 60]
    assert (row.diff() <= 0).all()


def test_sizes_that_do_not_fit_the_network_are_refused(folder: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = replace(tiny(recipes.photo_fill()), sizes=Sizes(((100, 2, 1.0),)))
    with pytest.raises(ValueError, match="multiple"):
        recipe.data([folder]).batch(0)
