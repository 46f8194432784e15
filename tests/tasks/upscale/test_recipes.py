import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from enhance import tasks
from enhance.errors import TrainingError
from enhance.inference.model import enlarging_models
from enhance.inference.shipped import DISCRIMINATOR, WEIGHTS, weights_of
from enhance.tasks.upscale import recipes
from enhance.tasks.upscale.data import Sampling
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, export, run
from enhance.train.recipe import to_json
from enhance.train.trainer import Trainer

ENLARGING = [name for name, recipe in recipes.RECIPES.items() if isinstance(recipe(), Recipe)]
"""The others restore photos at their own size, and have tests of their own."""


def two_at_a_time(recipe: Recipe) -> Recipe:
    """A batch of two: the losses of some recipes need large networks, which take long."""
    return replace(recipe, sampling=replace(recipe.sampling, batch=2))


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_one_name_end_to_end(name: str) -> None:
    assert tasks.recipe_named(name).name == name == recipes.RECIPES[name].__name__


def test_an_unknown_recipe_is_named_with_those_there_are() -> None:
    with pytest.raises(TrainingError, match=r"face_x5.*face_x4_pixel"):
        tasks.recipe_named("face_x5")


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_recipe_survives_json(name: str) -> None:
    recipe = tasks.recipe_named(name)
    assert recipes.from_fields(json.loads(to_json(recipe))) == recipe


@pytest.mark.parametrize("name", ENLARGING)
def test_every_recipe_trains_resumes_and_exports(
    name: str, faces: Path, photographs: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = two_at_a_time(tiny(tasks.recipe_named(name)))
    folder = faces if isinstance(recipe.sampling, Sampling) else photographs
    run.start([folder], recipe, tmp_path / "run", images=4)
    resumed = run.resume(tmp_path / "run", tasks.recipe_of, images=8)
    assert resumed.pictures >= 8
    # Steps that see whole faces see fewer of them.
    fewer = isinstance(recipe.sampling, Sampling) and recipe.sampling.full_face_probability
    assert resumed.step >= 4 if fewer else resumed.step == 4
    model = export.export(tmp_path / "run", tmp_path / "tiny.onnx", tasks.recipe_of)
    assert model.stat().st_size > 1000


@pytest.mark.parametrize("name", ENLARGING)
def test_a_resumed_run_has_the_same_losses(
    name: str, faces: Path, photographs: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = two_at_a_time(tiny(tasks.recipe_named(name)))
    dataset = recipe.data([faces if isinstance(recipe.sampling, Sampling) else photographs])

    def losses(trainer: Trainer, step: int) -> dict[str, float]:
        return {name: float(loss) for name, loss in trainer.step(dataset.batch(step), step).items()}

    through = run.trainer_of(recipe)
    for step in range(3):
        losses(through, step)
    torch.save(through.state(), tmp_path / "state.pt")
    expected = [losses(through, step) for step in (3, 4)]
    resumed = run.trainer_of(replace(recipe, seed=1))
    resumed.task.seed = recipe.seed
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True), tmp_path)
    found = [losses(resumed, step) for step in (3, 4)]
    for before, after in zip(expected, found, strict=True):
        assert after == pytest.approx(before, rel=1e-5, abs=1e-7)


def test_a_run_begins_from_an_exported_model_as_from_the_run_itself(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = tiny(recipes.face_x4_pixel())
    run.start([faces], recipe, tmp_path / "run", images=2 * recipe.sampling.batch)
    export.export(tmp_path / "run", tmp_path / "model.onnx", tasks.recipe_of)
    of_run, of_model = (checkpoint.initial_weights(tmp_path / name) for name in ("run", "model.onnx"))
    assert of_model.cost == of_run.cost
    one, other = of_model.networks["generator"], of_run.networks["generator"]
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_begins_with_the_discriminator_of_the_run_before(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    run.start([faces], tiny(recipes.face_x4_gan()), tmp_path / "gan", images=8)
    learned = checkpoint.initial_weights(tmp_path / "gan").networks["discriminator"]
    grainy = tiny(recipes.face_x4_grainy())
    run.start([faces], grainy, tmp_path / "grainy", images=4, init=tmp_path / "gan")
    after = checkpoint.initial_weights(tmp_path / "grainy").networks["discriminator"]
    # One careful step away, where a fresh one would be far.
    assert all(torch.allclose(after[name], learned[name], atol=1e-3) for name in learned)


def test_a_run_begins_with_the_discriminator_that_was_exported_beside_the_model(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    run.start([faces], tiny(recipes.face_x4_gan()), tmp_path / "gan", images=8)
    export.export(tmp_path / "gan", tmp_path / "mine.onnx", tasks.recipe_of)
    assert checkpoint.initial_weights(tmp_path / "mine.onnx").networks.keys() == {"generator"}
    beside = tmp_path / DISCRIMINATOR
    export.export(tmp_path / "gan", beside, tasks.recipe_of, network="discriminator", folders=[faces])
    learned, begun = (
        checkpoint.initial_weights(tmp_path / name).networks["discriminator"] for name in ("gan", "mine.onnx")
    )
    assert begun.keys() == learned.keys()
    for name, weights in learned.items():
        assert torch.allclose(begun[name], weights, atol=float(weights.abs().max()) / 100)


def test_a_run_does_not_begin_from_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "notes.onnx").write_text("not a model")
    with pytest.raises(TrainingError, match=r"notes\.onnx.*not a model"):
        checkpoint.initial_weights(tmp_path / "notes.onnx")
    with pytest.raises(TrainingError, match=r"none\.onnx.*no such file"):
        checkpoint.initial_weights(tmp_path / "none.onnx")
    discriminator = WEIGHTS / "face_x4_gan" / DISCRIMINATOR
    for recipe in (recipes.face_x4_gan(), recipes.face_x4_pixel()):
        with pytest.raises(TrainingError, match=r"discriminator\.onnx.*name a run or a model"):
            run.trainer_of(recipe).begin_from(checkpoint.initial_weights(discriminator).networks, discriminator)


@pytest.mark.parametrize("name", enlarging_models())
def test_a_shipped_model_is_the_network_that_its_recipe_trains(name: str) -> None:
    shipped = checkpoint.exported(weights_of(name)).networks["generator"]
    trained = tasks.recipe_named(name).task(torch.device("cpu")).groups["generator"].networks["generator"].state_dict()
    assert {key: value.shape for key, value in shipped.items()} == {key: value.shape for key, value in trained.items()}
