from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from enhance import tasks
from enhance.tasks.imagine import layout_choice, recipes
from enhance.tasks.imagine.bank import BANK_FILE, Bank
from enhance.tasks.imagine.recipes import Recipe
from enhance.tasks.imagine.training import LossWeights
from enhance.train import checkpoint, export, run
from enhance.train.loop import measure_held_out
from enhance.train.schedule import Schedule
from enhance.train.trainer import Trainer


def trainer(recipe: Recipe) -> Trainer:
    torch.manual_seed(0)
    return Trainer(recipe.task(torch.device("cpu")), recipe.schedule, torch.device("cpu"))


def test_one_name_end_to_end() -> None:
    for name, recipe in recipes.RECIPES.items():
        assert tasks.recipe_named(name).name == name == recipe.__name__


def test_it_trains_and_a_resumed_run_has_the_same_losses(birds: Path, tiny: Recipe) -> None:
    data = tiny.data([birds])
    through, begun, resumed = (trainer(tiny) for _ in range(3))
    losses = [through.step(data.batch(step), step) for step in range(3)]
    for step in range(2):
        begun.step(data.batch(step), step)
    resumed.restore(begun.state(), Path("run"))
    again = resumed.step(data.batch(2), 2)
    assert all(torch.isfinite(loss) for step in losses for loss in step.values())
    assert again.keys() == losses[2].keys()
    assert {name: float(x) for name, x in again.items()} == {name: float(x) for name, x in losses[2].items()}
    with through.averaged():
        assert measure_held_out(through, data.held_out())["score"] > 0
        assert {len(pictures) for pictures in through.task.samples(data.held_out()[0]).values()} == {len(data.held)}


def test_it_learns_a_batch_by_heart(birds: Path, tiny: Recipe) -> None:
    fast = Schedule(rate=5e-3, warm_up=5, ema=0.9)
    recipe = replace(tiny, weights=LossWeights(alone_after=10_000), schedule=fast)
    data = recipe.data([birds])
    learning = trainer(recipe)
    batch = {**data.batch(0), "own": torch.ones(4)}
    found = [learning.step(batch, step) for step in range(80)]
    assert found[-1]["pixel"] < 0.7 * found[0]["pixel"]
    assert found[-1]["perceptual"] < 0.8 * found[0]["perceptual"]
    assert found[-1]["reading"] < 0.8 * found[0]["reading"]


def test_a_run_becomes_a_file_that_draws_the_same(
    birds: Path, tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.start([birds], tiny, tmp_path / "run", images=8)
    monkeypatch.setitem(recipes.RECIPES, "bird", lambda: tiny)
    path = export.export(tmp_path / "run", tmp_path / "bird.onnx", tasks.recipe_of)
    small = export.export(tmp_path / "run", tmp_path / "small.onnx", tasks.recipe_of, folders=[birds])
    assert small.stat().st_size < path.stat().st_size
    monkeypatch.setattr("sys.argv", ["layout_choice", *map(str, (tmp_path / "run", birds, tmp_path / BANK_FILE))])
    layout_choice.main()
    assert len(Bank.load(tmp_path).layouts) == round(layout_choice.SHARE * 40)
    session = onnxruntime.InferenceSession(path)
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["task"] == "imagination"
    recipe = tasks.recipe_of(checkpoint.load(tmp_path / "run" / "best.pt"))
    assert recipe == tiny
    given = {
        i.name: np.zeros([3 if isinstance(n, str) else n for n in i.shape], np.float32) for i in session.get_inputs()
    }
    (image,) = session.run(None, given)
    assert image.shape == (3, 3, 64, 64)
    assert image.min() >= 0
    assert image.max() <= 1
