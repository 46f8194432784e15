import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from enhance import tasks
from enhance.errors import TrainingError
from enhance.tasks.upscale import recipes
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, run
from enhance.train.checkpoint import Progress

from .toy import ToyRecipe


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_a_damaged_checkpoint_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="not a checkpoint") as caught:
        checkpoint.load(path)
    assert str(path) in str(caught.value)


def test_nothing_in_a_checkpoint_is_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"recipe": Trap(), "progress": {}, "averages": {}}, tmp_path / "last.pt")
    with pytest.raises(TrainingError, match="not a checkpoint"):
        checkpoint.load(tmp_path / "last.pt")
    assert not (tmp_path / "sprung").exists()


def test_other_files_of_tensors_are_not_checkpoints(tmp_path: Path) -> None:
    for content in ({"weight": torch.zeros(1)}, [1, 2]):
        torch.save(content, tmp_path / "other.pt")
        with pytest.raises(TrainingError, match=r"other\.pt: not a checkpoint"):
            checkpoint.load(tmp_path / "other.pt")
    with pytest.raises(TrainingError, match="no such checkpoint"):
        checkpoint.load(tmp_path / "none.pt")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    trainer, progress = run.trainer_of(ToyRecipe()), Progress(step=3, pictures=12, minutes=5.0, folders=["a", "b"])
    checkpoint.save(tmp_path / "last.pt", trainer.state(), ToyRecipe(), progress, "0123")
    state = checkpoint.load(tmp_path / "last.pt")
    assert (state["task_name"], state["data_sha256"]) == ("toy", "0123")
    assert json.loads(state["recipe"])["losses"] == {"cycle": 5.0}
    assert Progress(**state["progress"]) == progress
    other = run.trainer_of(ToyRecipe(seed=1))
    other.restore(state, tmp_path)
    weights, expected = other.state()["networks"], trainer.state()["networks"]
    for group, networks in expected.items():
        assert all(torch.equal(weights[group][name], value) for name, value in networks.items())


def test_a_checkpoint_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    trainer = run.trainer_of(ToyRecipe())
    with pytest.raises(TrainingError, match=r"last\.pt: cannot be written \(.*\); make room there"):
        checkpoint.save(tmp_path / "gone" / "last.pt", trainer.state(), ToyRecipe(), Progress(), "0123")


def test_a_run_has_ended_when_either_of_its_lengths_is_reached() -> None:
    assert Progress(pictures=5, images=10).spent() == 0.5
    assert Progress(seconds=90, minutes=2.0).spent() == 0.75
    assert Progress(pictures=5, images=10, seconds=90, minutes=2.0).spent() == 0.75


def test_a_run_gives_its_best_averages_and_its_last_discriminators(pair: tuple[Path, Path], tmp_path: Path) -> None:
    run.start(pair, ToyRecipe(), tmp_path / "run", images=16)
    best, last = (checkpoint.load(tmp_path / "run" / name) for name in (checkpoint.BEST, checkpoint.LAST))
    found = checkpoint.initial_weights(tmp_path / "run")
    assert found.networks.keys() == {"ab", "ba", "a", "b"}
    assert torch.equal(found.networks["ab"]["0.weight"], best["averages"]["generators"]["ab.0.weight"])
    assert not torch.equal(found.networks["ab"]["0.weight"], last["networks"]["generators"]["ab.0.weight"])
    assert torch.equal(found.networks["b"]["0.weight"], last["networks"]["discriminators"]["b.0.weight"])
    assert [(stage["recipe"], stage["pictures"]) for stage in found.cost] == [("toy", 16)]


def as_before(state: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint of a tiny `face_x4_gan` as version 0.1 wrote it: lists instead of groups, and a flat recipe."""

    def plain(group: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name.split(".", 1)[1]: value for name, value in group.items()}

    recipe = {
        "name": "face_x4_gan",
        **{"width": 16, "blocks": 1, "deep": 1, "edge": 16, "finish": 1, "noise": 8, "framed": True, "grainy": False},
        "weights": {
            **{"pixel": 0.5, "perceptual": 0.3, "perceptual_vgg": 0.0, "adversarial": 0.06, "identity": 0.0},
            **{"identity_fine": None, "spread": 0.6, "spread_small": None, "penalty": 1.0, "penalty_every": 4},
        },
        "sizes": {"small": 0.55, "middle": 0.25, "fine": 0.2},
        **{"wholes": 0.0, "batch": 4, "rate": 2e-4, "ema": 0.999, "seed": 0},
    }
    return {
        "networks": [plain(group) for group in state["networks"].values()],
        "optimisers": list(state["optimisers"].values()),
        "average": plain(state["averages"]["generator"]),
        "recipe": json.dumps(recipe),
        "progress": {name: state["progress"][name] for name in ("step", "pictures", "seconds", "best", "before")},
        "data_sha256": state["data_sha256"],
    }


def test_a_run_of_version_0_1_goes_on(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> None:
    recipe = tiny(recipes.face_x4_gan())
    run.start([faces], recipe, tmp_path / "new", images=8)
    state = checkpoint.load(tmp_path / "new" / checkpoint.LAST)
    (tmp_path / "old").mkdir()
    old = as_before(state)
    torch.save(old, tmp_path / "old" / checkpoint.LAST)
    torch.save({name: value for name, value in old.items() if name not in {"networks", "optimisers"}},
               tmp_path / "old" / checkpoint.BEST)  # fmt: skip

    renewed = checkpoint.load(tmp_path / "old" / checkpoint.LAST)
    assert tasks.recipe_of(renewed) == recipe
    batch = recipe.data([faces]).batch(2)
    losses = []
    for one in (state, renewed):
        trainer = run.trainer_of(recipe)
        trainer.restore(one, tmp_path)
        losses.append({name: loss.item() for name, loss in trainer.step(batch, 2).items()})
    assert losses[0] == losses[1]

    with pytest.raises(TrainingError, match="--minutes or --images"):
        run.resume(tmp_path / "old", tasks.recipe_of)
    with pytest.raises(TrainingError, match="name the folders"):
        run.resume(tmp_path / "old", tasks.recipe_of, images=12)
    done = run.resume(tmp_path / "old", tasks.recipe_of, folders=[faces], images=12)
    assert (done.step, done.pictures, done.folders) == (3, 12, [str(faces)])

    torch.save(old, tmp_path / "alone.pt")
    assert checkpoint.initial_weights(tmp_path / "alone.pt").networks.keys() == {"generator", "discriminator"}
