"""A training run: folders of faces and a recipe in, a run folder out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from enhance.errors import TrainingError
from enhance.inference.shipped import DISCRIMINATOR
from enhance.tasks.upscale import data, recipes
from enhance.tasks.upscale.degradation import Box, Snapshot
from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import PLACE, Generator
from enhance.tasks.upscale.recipes import Recipe
from enhance.tasks.upscale.training import SuperResolution
from enhance.train import checkpoint, loop
from enhance.train.checkpoint import Progress

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
    opponent = starting_opponent(init) if init and recipe.weights.adversarial else None
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out}: is a file; name a folder for the run")
    if state is None and (out / checkpoint.LAST).exists():
        raise TrainingError(f"{out}: holds a run already; go on with --resume {out}, or name another folder")
    faces = data.load(folders)
    torch.manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    task = build(recipe, device)
    trainer = loop.Trainer(task, recipe, device)
    progress = Progress()
    if begin is not None and init is not None:
        progress.before = begin.cost
        trainer.begin_from(inherited(task.generator, begin.generator), opponent, init)
    if state is not None and resume is not None:
        trainer.restore(state, resume)
        progress = Progress(**state["progress"])

    def batches(step: int) -> data.Batch:
        batch = data.batch(
            faces.training, recipe.sizes, size=recipe.batch, seed=recipe.seed, step=step, wholes=recipe.wholes
        )
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


class Start(NamedTuple):
    """Weights of a generator to begin with, and what they cost, stage by stage."""

    generator: dict[str, Tensor]
    cost: list[dict[str, Any]]


def starting_weights(path: Path) -> Start:
    """What a run folder, a checkpoint or an .onnx file has for a generator to begin with."""
    if path.suffix == ".onnx":
        return Start(*checkpoint.exported(path))
    state = checkpoint.load(checkpoint.find(path, checkpoint.BEST))
    spent = state["progress"]
    stage = {"recipe": recipes.from_json(state["recipe"]).name, **{k: spent[k] for k in ("pictures", "seconds")}}
    return Start(state["average"], [*spent["before"], stage])


def starting_opponent(path: Path) -> dict[str, Tensor] | None:
    """The discriminator that goes with those weights: a run folder may have one, and so may a file, as
    `discriminator.onnx` beside it, as `face_x4_gan` does."""
    if path.suffix == ".onnx":
        opponent = path.with_name(DISCRIMINATOR)
        return checkpoint.exported(opponent, "discriminator")[0] if opponent.is_file() else None
    last = path / checkpoint.LAST
    networks = checkpoint.load(last)["networks"] if last.is_file() else []
    return networks[1] if len(networks) > 1 else None


def inherited(generator: Generator, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a generator from those of one with other parts: what only it has begins as nothing, or noise as a
    whisper; what only the other has is left out, and the place with it, which is 0 in the middle of a frame 32 pixels
    wide. But for that, and until it has learnt, both answer (nearly) the same."""
    own = generator.state_dict()
    begun = {name: value for name, value in own.items() if name.startswith(("mend.", "deep.", "trunk.", "after."))}
    kept = {name: value for name, value in weights.items() if name in own or not name.startswith("deep.")}
    kept = lengthened(kept, len(generator.trunk))
    head, given = weights["head.weight"], generator.head.in_channels
    if head.shape[1] + generator.noise == given:
        whisper = generator.head.weight.detach()[:, 3 : 3 + generator.noise]
        kept["head.weight"] = torch.cat([head[:, :3], whisper, head[:, 3:]], 1)
    elif not generator.framed and head.shape[1] == given + PLACE:
        kept["head.weight"] = head[:, :given]
    return {**begun, **kept}


def lengthened(weights: dict[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """Weights with those of the trunk's blocks where they belong in a longer trunk: each of its halves begins with
    them."""
    given = len({name.split(".")[1] for name in weights if name.startswith("trunk.")})
    further = max(blocks // 2 - given // 2, 0)

    def moved(name: str) -> str:
        part, number, *rest = name.split(".")
        later = part == "trunk" and int(number) >= given // 2
        return ".".join((part, str(int(number) + further), *rest)) if later else name

    return {moved(name): value for name, value in weights.items()}


def build(recipe: Recipe, device: torch.device) -> SuperResolution:
    """The networks and losses of a recipe, with fresh weights."""
    generator = generator_of(recipe)
    task = SuperResolution(
        generator,
        Discriminator() if recipe.weights.adversarial else None,
        weights=recipe.weights,
        degradation=Snapshot() if recipe.grainy else Box(),
        seed=recipe.seed,
    )
    for _, sense in task.senses.values():
        sense.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return task


def generator_of(recipe: Recipe) -> Generator:
    shape = asdict(recipe)
    told = {name: shape[name] for name in ("width", "blocks", "deep", "edge", "finish", "noise", "framed")}
    return Generator(**told, mends=recipe.grainy)


def held_out(faces: data.Faces) -> dict[int, Tensor]:
    """Faces to judge by, for each size of frame that the data has."""
    found = {frame: data.wholes(faces.held_out, frame, count) for frame, count in HELD_OUT.items()}
    return {frame: pictures for frame, pictures in found.items() if len(pictures)}
