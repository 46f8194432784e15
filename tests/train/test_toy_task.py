"""Training knows no task: all of it works for one that no file under src/ has heard of."""

import itertools
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from enhance.inference.model import Model
from enhance.sheets import GRID_CELL
from enhance.train import checkpoint, export, loop, run
from enhance.train.trainer import Trainer

from .toy import SIDE, ToyRecipe, recipe_of


@pytest.fixture(scope="module")
def trained(pair: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 40 steps that was validated after every eighth."""
    out = tmp_path_factory.mktemp("toy") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "validations", lambda _: itertools.count(32, 32))
        patch.setattr(loop, "REST", 0.0)
        run.start(pair, ToyRecipe(), out, images=160)
    return out


def losses(trainer: Trainer, pair: tuple[Path, Path], steps: range) -> list[dict[str, float]]:
    data = ToyRecipe().data(pair)
    return [{name: loss.item() for name, loss in trainer.step(data.batch(step), step).items()} for step in steps]


def test_it_learns(pair: tuple[Path, Path]) -> None:
    found = losses(run.trainer_of(ToyRecipe()), pair, range(60))
    first, last = (sum(one["cycle_a"] + one["cycle_b"] for one in part) for part in (found[:5], found[-5:]))
    assert last < 0.5 * first


def test_it_leaves_what_a_run_promises(trained: Path) -> None:
    records = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    assert records[-1]["pictures"] == 160
    assert set(records[0]["losses"]) == {
        f"{loss}_{part}"
        for loss, parts in {"adversarial": ("ab", "ba"), "cycle": "ab", "discrimination": "ab"}.items()
        for part in parts
    }
    assert all("score" in record["held_out"] for record in records)
    sheets = sorted((trained / "grids").iterdir())
    assert [path.stem for path in sheets] == [f"{pictures:09d}" for pictures in range(32, 161, 32)]
    with Image.open(sheets[0]) as sheet:
        assert sheet.width > 3 * GRID_CELL
    with Image.open(trained / "training.webp") as film:
        assert film.n_frames == len(sheets)
    with Image.open(trained / "curves.png") as drawn:
        assert drawn.width > 300


def test_it_goes_on_to_the_same_losses_and_needs_its_pool_for_that(pair: tuple[Path, Path], tmp_path: Path) -> None:
    through = run.trainer_of(ToyRecipe())
    losses(through, pair, range(5))
    torch.save(through.state(), tmp_path / "state.pt")
    expected = losses(through, pair, range(5, 9))

    def resumed(*, pool: bool) -> list[dict[str, float]]:
        state = torch.load(tmp_path / "state.pt", weights_only=True)
        trainer = run.trainer_of(ToyRecipe(seed=1))
        trainer.task.seed = 0
        if not pool:
            state["task"] = trainer.task.state_dict()
        trainer.restore(state, tmp_path)
        return losses(trainer, pair, range(5, 9))

    assert resumed(pool=True) == expected
    assert resumed(pool=False) != expected


def test_a_stopped_run_ends_as_one_that_was_not(pair: tuple[Path, Path], tmp_path: Path) -> None:
    run.start(pair, ToyRecipe(), tmp_path / "through", images=48)
    run.start(pair, ToyRecipe(), tmp_path / "halves", images=24)
    run.resume(tmp_path / "halves", recipe_of, images=48)
    one, other = (checkpoint.load(tmp_path / name / checkpoint.LAST) for name in ("through", "halves"))
    assert one["networks"].keys() == {"generators", "discriminators"}
    assert one["progress"]["step"] == other["progress"]["step"] == 12
    for group, weights in one["averages"].items():
        # The rate falls with what is left of the run, and that of the half run fell earlier.
        assert all(torch.allclose(value.float(), other["averages"][group][name].float(), atol=0.05)
                   for name, value in weights.items())  # fmt: skip
    for kind, pictures in one["task"]["pools"].items():
        assert pictures.shape == other["task"]["pools"][kind].shape == (6, 3, SIDE, SIDE)


def test_the_average_keeps_the_buffers_of_batch_norm(pair: tuple[Path, Path]) -> None:
    trainer = run.trainer_of(ToyRecipe())
    losses(trainer, pair, range(10))
    norm, mean = trainer.task.groups["generators"].networks["ab"][1], trainer.averages["generators"]["ab"][1]
    assert int(mean.num_batches_tracked) == int(norm.num_batches_tracked) >= 10
    assert norm.running_mean.abs().max() > 0.01
    assert torch.equal(mean.running_mean, norm.running_mean)
    assert torch.equal(mean.running_var, norm.running_var)
    assert not torch.equal(mean.weight, norm.weight)


@pytest.mark.parametrize("name", ["ab", "ba"])
def test_each_exported_network_draws_what_its_average_draws(name: str, trained: Path, tmp_path: Path) -> None:
    path = export.export(trained, tmp_path / "toy.onnx", recipe_of, network=name)
    trainer = run.trainer_of(ToyRecipe())
    state = checkpoint.load(trained / checkpoint.BEST)
    trainer.averages["generators"].load_state_dict(state["averages"]["generators"])
    pictures = torch.rand(2, 3, 24, 20, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = trainer.averages["generators"][name].eval()(pictures).numpy()
    (found,) = onnxruntime.InferenceSession(path).run(["redrawn"], {"image": pictures.numpy()})
    assert np.abs(found - expected).max() < 1e-4
    model = Model.load(path)
    assert np.abs(model(pictures.numpy()) - expected).max() < 1e-4
    assert np.abs(model.run(image=pictures.numpy())["redrawn"] - expected).max() < 1e-4
    assert (model.facts.task, model.facts.name, model.facts.scale) == ("toy", "toy", 1)
    assert json.loads(model.facts.extra["recipe"])["losses"] == {"cycle": 5.0}


def test_a_run_begins_from_an_exported_file_batch_norm_and_all(
    trained: Path, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    path = export.export(trained, tmp_path / "toy.onnx", recipe_of)
    of_run, of_file = checkpoint.initial_weights(trained).networks, checkpoint.initial_weights(path).networks
    assert of_run.keys() == {"ab", "ba", "a", "b"}
    assert of_file.keys() == {"ab"}
    assert all(torch.equal(value, of_run["ab"][name]) for name, value in of_file["ab"].items())
    begun = run.start(pair, ToyRecipe(), tmp_path / "more", images=4, init=path)
    assert begun.before[0]["recipe"] == "toy"
