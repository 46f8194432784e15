import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from enhance import tasks
from enhance.inference.model import Model
from enhance.tasks.sketch import recipes
from enhance.tasks.sketch.data import DrawnHeads
from enhance.tasks.sketch.networks import Generator
from enhance.tasks.sketch.recipes import Recipe, Shape
from enhance.tasks.sketch.training import disobeyed
from enhance.train import checkpoint, export, run
from enhance.train.schedule import Schedule
from enhance.train.trainer import Trainer

CPU = torch.device("cpu")
Tiny = Callable[[Recipe], Recipe]


def trainer_of(recipe: Recipe) -> Trainer:
    torch.manual_seed(0)
    return Trainer(recipe.task(CPU), recipe.schedule, CPU)


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_one_name_end_to_end(name: str) -> None:
    recipe = tasks.recipe_named(name)
    assert recipe.name == name
    assert recipes.from_fields(json.loads(json.dumps(asdict(recipe)))) == recipe  # type: ignore[call-overload]


def test_a_resumed_run_has_the_same_losses(drawn: DrawnHeads, tiny: Tiny, tmp_path: Path) -> None:
    recipe = tiny(recipes.sketch_cat())
    through = trainer_of(recipe)
    for step in range(2):
        found = through.step(drawn.batch(step), step)
        assert all(torch.isfinite(loss) for loss in found.values())
    torch.save(through.state(), tmp_path / "state.pt")
    expected = through.step(drawn.batch(2), 2)
    resumed = Trainer(recipe.task(CPU), recipe.schedule, CPU)
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True), tmp_path)
    again = resumed.step(drawn.batch(2), 2)
    assert {name: float(loss) for name, loss in again.items()} == pytest.approx(
        {name: float(loss) for name, loss in expected.items()}, rel=1e-5, abs=1e-6
    )
    kept = resumed.task.groups["generator"].networks["generator"].looks
    assert (kept[:12].abs().sum(1) > 0).all()
    assert torch.equal(resumed.averages["generator"]["generator"].looks, kept)


def test_it_learns_a_batch_by_heart(drawn: DrawnHeads, tiny: Tiny) -> None:
    recipe = tiny(recipes.sketch_cat())
    weights = replace(recipe.weights, alone=1000, perceptual=0.2)
    recipe = replace(recipe, weights=weights, schedule=Schedule(rate=4e-3, warm_up=1), shape=Shape((16, 16, 16, 16)))
    trainer = trainer_of(recipe)
    batch = drawn.batch(0)
    losses = [float(trainer.step(batch, n)["colour"]) for n in range(80)]
    assert sum(losses[-5:]) < sum(losses[:5]) / 2


def test_a_run_exports_what_it_has_learnt(folder: Path, tiny: Tiny, tmp_path: Path) -> None:
    recipe = tiny(recipes.sketch())
    run.start([folder], recipe, tmp_path / "run", images=8)
    model = export.export(tmp_path / "run", tmp_path / "sketch_cat.onnx", tasks.recipe_of)
    assert model.stat().st_size > 1000


def test_a_third_of_the_file_paints_nearly_the_same(folder: Path, tiny: Tiny, tmp_path: Path) -> None:
    run.start([folder], tiny(recipes.sketch()), tmp_path / "run", images=8)
    exact = export.export(tmp_path / "run", tmp_path / "exact.onnx", tasks.recipe_of)
    small = export.export(tmp_path / "run", tmp_path / "small.onnx", tasks.recipe_of, small=True)
    random = np.random.default_rng(0)
    given = {
        "edges": random.random((2, 1, 128, 128), np.float32),
        "looseness": np.array([[0], [0.5]], np.float32),
        "look": random.random((2, 60), np.float32),
        "noise": random.standard_normal((2, 16), np.float32),
    }
    ours, theirs = (Model.load(path).run(**given)["image"] for path in (exact, small))
    assert 0 < np.abs(ours - theirs).max() < 2 / 255
    weights = [sum(tensor.ByteSize() for tensor in onnx.load(path).graph.initializer) for path in (exact, small)]
    assert weights[1] < 0.6 * weights[0]
    one, other = (checkpoint.initial_weights(path).networks for path in (exact, small))
    assert {name: set(network) for name, network in one.items()} == {
        name: set(network) for name, network in other.items()
    }
    for name, network in one.items():
        for key, values in network.items():
            assert torch.allclose(values, other[name][key], atol=float(values.abs().max()) / 100)


def test_the_picture_follows_noise_look_and_looseness_once_it_has_learnt_anything() -> None:
    torch.manual_seed(0)
    generator = Generator((8, 8, 8, 8))
    for module in generator.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, 0.2)
    given = [torch.zeros(1, 1, 128, 128), torch.zeros(1, 1), torch.zeros(1, 60), torch.zeros(1, 16)]
    first = generator(*given)
    for which in (1, 2, 3):
        other = [x + 1 if n == which else x for n, x in enumerate(given)]
        assert not torch.allclose(generator(*other), first, atol=1e-4)


def test_lines_are_obeyed_where_the_picture_has_edges() -> None:
    edges = torch.zeros(1, 1, 128, 128)
    edges[:, :, 20:100, 64] = 1
    picture = torch.zeros(1, 3, 128, 128)
    assert float(disobeyed(picture, edges)) > 0.9
    picture[..., 65:] = 0.5
    assert float(disobeyed(picture, edges)) < 0.05
    assert float(disobeyed(picture, edges.roll(20, 3))) > 0.9
