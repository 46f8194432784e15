"""A training run: folders of faces and a recipe in, a run folder out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from enhance.errors import TrainingError
from enhance.train import checkpoint, data, loop, recipes
from enhance.train.checkpoint import Progress
from enhance.train.networks.discriminator import Discriminator
from enhance.train.networks.generator import Generator
from enhance.train.recipes import Recipe
from enhance.train.super_resolution import SuperResolution

HELD_OUT = {64: 64, 128: 24, 256: 8}


def train(
    folders: Sequence[Path],
    recipe: Recipe,
    out: Path,
    *,
    minutes: float | None = None,
    images: int | None = None,
    init: Path | None = None,
    resume: Path | None = None,
) -> Progress:
    """Trains `recipe` on the faces in `folders`: from nothing, from the weights of a run or of an .onnx file (`init`),
    or on from where a run stopped (`resume`).

    Raises:
        DataError: a folder cannot be used.
        TrainingError: weights do not fit, a run cannot be resumed, or it went wrong.
    """
    if minutes is None and images is None:
        raise TrainingError("say how long to train: --minutes or --images")
    state = checkpoint.load(checkpoint.find(resume, checkpoint.LAST)) if resume else None
    begin = starting_weights(init) if init else None
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out}: is a file; name a folder for the run")
    if state is None and (out / checkpoint.LAST).exists():
        raise TrainingError(f"{out}: holds a run already; go on with --resume {out}, or name another folder")
    faces = data.load(folders)
    torch.manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = loop.Trainer(build(recipe, device), recipe, device)
    progress = Progress()
    if begin is not None and init is not None:
        weights, progress.before = begin
        trainer.begin_from(weights, init)
    if state is not None and resume is not None:
        trainer.restore(state, resume)
        progress = Progress(**state["progress"])

    def batches(step: int) -> data.Batch:
        batch = data.batch(faces.training, recipe.sizes, size=recipe.batch, seed=recipe.seed, step=step)
        return data.Batch(batch.hr.to(device), batch.place.to(device), step)

    return loop.train(
        trainer,
        batches,
        held_out(faces),
        out,
        progress=progress,
        data_sha256=faces.sha256,
        minutes=minutes,
        images=images,
    )


def starting_weights(path: Path) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """The generator's weights in a run folder, a checkpoint or an .onnx file, and what they cost, stage by stage."""
    if path.suffix == ".onnx":
        return checkpoint.exported(path)
    state = checkpoint.load(checkpoint.find(path, checkpoint.BEST))
    spent = state["progress"]
    cost = {"pictures": spent["pictures"], "seconds": spent["seconds"]}
    return state["average"], [*spent["before"], {"recipe": recipes.from_json(state["recipe"]).name, **cost}]


def build(recipe: Recipe, device: torch.device) -> SuperResolution:
    """The networks and losses of a recipe, with fresh weights."""
    generator = generator_of(recipe)
    task = SuperResolution(
        generator,
        Discriminator() if recipe.weights.adversarial else None,
        weights=recipe.weights,
        seed=recipe.seed,
    )
    if task.features is not None:
        task.features.to(device)
    return task


def generator_of(recipe: Recipe) -> Generator:
    shape = asdict(recipe)
    return Generator(**{name: shape[name] for name in ("width", "blocks", "edge", "finish", "noise", "framed")})


def held_out(faces: data.Faces) -> dict[int, Tensor]:
    """Faces to judge by, for each size of frame that the data has."""
    found = {frame: data.wholes(faces.held_out, frame, count) for frame, count in HELD_OUT.items()}
    return {frame: pictures for frame, pictures in found.items() if len(pictures)}
