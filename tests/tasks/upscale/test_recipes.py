import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from enhance.errors import TrainingError
from enhance.inference.model import models
from enhance.inference.shipped import DISCRIMINATOR, WEIGHTS, weights_of
from enhance.tasks.upscale import data, recipes
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, export, loop, run


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_one_name_end_to_end(name: str) -> None:
    assert recipes.named(name).name == name == recipes.RECIPES[name].__name__


def test_an_unknown_recipe_is_named_with_those_there_are() -> None:
    with pytest.raises(TrainingError, match=r"face_x5.*face_x4_pixel"):
        recipes.named("face_x5")


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_recipe_survives_json(name: str) -> None:
    recipe = recipes.named(name)
    assert recipes.from_json(json.dumps(asdict(recipe))) == recipe


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_trains_resumes_and_exports(
    name: str, faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = tiny(recipes.named(name))
    whole = run.train([faces], recipe, tmp_path / "whole", images=4 * recipe.batch)
    run.train([faces], recipe, tmp_path / "halves", images=2 * recipe.batch)
    halves = run.train([faces], recipe, tmp_path / "halves", images=4 * recipe.batch, resume=tmp_path / "halves")
    assert (whole.step, whole.pictures) == (halves.step, halves.pictures)
    # Steps that see whole faces see fewer of them.
    assert whole.step >= 4 if recipe.wholes else whole.step == 4
    model = export.export(tmp_path / "halves", tmp_path / "tiny.onnx")
    assert model.stat().st_size > 1000


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_resumed_run_has_the_same_losses(
    name: str, faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = tiny(recipes.named(name))
    shelves = data.load([faces], note=lambda _: None).training
    device = torch.device("cpu")

    def batch(step: int) -> data.Batch:
        return data.batch(shelves, recipe.sizes, size=recipe.batch, seed=0, step=step)

    torch.manual_seed(0)
    through = loop.Trainer(run.build(recipe, device), recipe, device)
    for step in range(3):
        through.step(batch(step), 1.0)
    state = through.state()
    torch.save(state, tmp_path / "state.pt")
    expected = [through.step(batch(step), 1.0) for step in (3, 4)]
    torch.manual_seed(1)
    resumed = loop.Trainer(run.build(recipe, device), recipe, device)
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True), tmp_path)
    found = [resumed.step(batch(step), 1.0) for step in (3, 4)]
    for before, after in zip(expected, found, strict=True):
        assert after == pytest.approx(before, rel=1e-5, abs=1e-7)


def test_a_run_begins_from_an_exported_model_as_from_the_run_itself(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = tiny(recipes.face_x4_pixel())
    run.train([faces], recipe, tmp_path / "run", images=2 * recipe.batch)
    export.export(tmp_path / "run", tmp_path / "model.onnx")
    of_run, of_model = (run.starting_weights(tmp_path / name) for name in ("run", "model.onnx"))
    assert of_model.cost == of_run.cost
    assert of_model.generator.keys() == of_run.generator.keys()
    assert all(torch.equal(of_model.generator[name], of_run.generator[name]) for name in of_run.generator)


def test_a_run_begins_with_the_discriminator_of_the_run_before(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    run.train([faces], tiny(recipes.face_x4_gan()), tmp_path / "gan", images=8)
    learned = run.starting_opponent(tmp_path / "gan")
    assert learned is not None
    grainy = tiny(recipes.face_x4_grainy())
    run.train([faces], grainy, tmp_path / "grainy", images=4, init=tmp_path / "gan")
    after = run.starting_opponent(tmp_path / "grainy")
    assert after is not None
    # One careful step away, where a fresh one would be far.
    assert all(torch.allclose(after[name], learned[name], atol=1e-3) for name in learned)


def test_a_run_begins_with_the_discriminator_that_was_exported_beside_the_model(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    run.train([faces], tiny(recipes.face_x4_gan()), tmp_path / "gan", images=8)
    export.export(tmp_path / "gan", tmp_path / "mine.onnx")
    assert run.starting_opponent(tmp_path / "mine.onnx") is None
    export.export_discriminator(tmp_path / "gan", tmp_path / DISCRIMINATOR, [faces])
    learned = run.starting_opponent(tmp_path / "gan")
    begun = run.starting_opponent(tmp_path / "mine.onnx")
    assert learned is not None
    assert begun is not None
    assert begun.keys() == learned.keys()
    for name, weights in learned.items():
        assert torch.allclose(begun[name], weights, atol=float(weights.abs().max()) / 100)


def test_a_run_does_not_begin_from_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "notes.onnx").write_text("not a model")
    with pytest.raises(TrainingError, match=r"notes\.onnx.*not a model"):
        run.starting_weights(tmp_path / "notes.onnx")
    with pytest.raises(TrainingError, match=r"none\.onnx.*no such file"):
        run.starting_weights(tmp_path / "none.onnx")
    discriminator = WEIGHTS / "face_x4_gan" / DISCRIMINATOR
    with pytest.raises(TrainingError, match="not a model"):
        run.starting_weights(discriminator)


@pytest.mark.parametrize("name", models())
def test_a_shipped_model_is_the_network_that_its_recipe_trains(name: str) -> None:
    shipped = checkpoint.exported(weights_of(name))[0]
    trained = run.generator_of(recipes.named(name)).state_dict()
    assert {key: value.shape for key, value in shipped.items()} == {key: value.shape for key, value in trained.items()}
