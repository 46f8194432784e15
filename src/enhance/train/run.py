"""A training run: folders and a recipe in, a run folder out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from enhance.errors import TrainingError
from enhance.train import checkpoint, distributed, loop
from enhance.train.checkpoint import Progress
from enhance.train.task import Recipe
from enhance.train.trainer import Trainer

RecipeOf = Callable[[Mapping[str, Any]], Recipe]
"""From a checkpoint to its recipe. Training knows no task: whoever starts it does."""


def start(
    folders: Sequence[Path],
    recipe: Recipe,
    out: Path,
    *,
    minutes: float | None = None,
    images: int | None = None,
    init: Path | None = None,
) -> Progress:
    """Train `recipe` on what is in `folders`, from fresh weights or from those of a run or of an .onnx file (`init`).

    Args:
        minutes, images: how long to train, by the clock or by pictures; whichever ends first.

    Raises:
        DataError: a folder cannot be used.
        TrainingError: weights do not fit, the folder holds a run already, or the run went wrong.
    """
    if minutes is None and images is None:
        raise TrainingError("say how long to train: --minutes or --images")
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out}: is a file; name a folder for the run")
    if (out / checkpoint.LAST).exists():
        raise TrainingError(f"{out}: holds a run already; go on with --resume {out}, or name another folder")
    begin = checkpoint.initial_weights(init) if init else None
    progress = Progress(minutes=minutes, images=images, folders=[str(folder) for folder in folders])
    data = distributed.rank_0_first(lambda: recipe.data(folders))
    trainer = trainer_of(recipe)
    if begin is not None and init is not None:
        progress.before = begin.cost
        trainer.begin_from(begin.networks, init)
    distributed.begin_alike(group.networks for group in trainer.task.groups.values())
    return loop.train(trainer, recipe, data, out, progress)


def resume(
    run: Path,
    recipe_of: RecipeOf,
    *,
    folders: Sequence[Path] = (),
    minutes: float | None = None,
    images: int | None = None,
) -> Progress:
    """Go on with a run where it stopped.

    Args:
        folders: of the data, where they have moved.
        minutes, images: how long to train in all, instead of what the run was started with.

    Raises:
        DataError: a folder cannot be used.
        TrainingError: there is no such run, or it went wrong.
    """
    state = checkpoint.load(checkpoint.find_checkpoint(run, checkpoint.LAST))
    recipe = recipe_of(state)
    progress = Progress(**state["progress"])
    if minutes is not None or images is not None:
        progress.minutes, progress.images = minutes, images
    if progress.minutes is None and progress.images is None:
        raise TrainingError(f"{run}: does not say how long to train: --minutes or --images")
    if folders:
        progress.folders = [str(folder) for folder in folders]
    if not progress.folders:
        raise TrainingError(f"{run}: does not say what it was trained on; name the folders")
    places = [Path(folder) for folder in progress.folders]
    data = distributed.rank_0_first(lambda: recipe.data(places))
    trainer = trainer_of(recipe)
    trainer.restore(state, run)
    distributed.begin_alike(group.networks for group in trainer.task.groups.values())
    return loop.train(trainer, recipe, data, run if run.is_dir() else run.parent, progress)


def trainer_of(recipe: Recipe) -> Trainer:
    """A recipe's task with fresh weights, the same for the same seed, on the GPU where there is one."""
    torch.manual_seed(recipe.seed)
    device = distributed.device()
    return Trainer(recipe.task(device), recipe.schedule, device)
