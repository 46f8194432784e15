"""`enhance train` and `enhance export`: from folders of pictures to a file of weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enhance.cli import adapter
from enhance.cli.command_options import ENGINES
from enhance.cli.console import output_options, print_error, say
from enhance.counts import counted
from enhance.errors import EnhanceError, TrainingError
from enhance.options import option

if TYPE_CHECKING:
    from enhance.train.checkpoint import Progress

TRAINING_PACKAGES = {"torch", "onnx", "matplotlib", "ndf"}


@dataclass(frozen=True)
class TrainOptions:
    """What is trained, where the run lies, and for how long."""

    recipe: str | None = option(None, "face_x4_gan, photo_x4 and others; a wrong name lists all.", kind=str)
    out: Path | None = option(None, "Folder for the run.", kind=Path)
    minutes: float | None = option(None, "How long to train, over all sittings.", kind=float, above=0)
    images: int | None = option(None, "How many pictures to train on, in all.", kind=int, least=1)
    init: Path | None = option(None, "Begin from the weights of this run or .onnx file.", kind=Path)
    run: Path | None = option(
        None, "Go on with this run; it knows its recipe, data and length.", kind=Path, flag="--resume"
    )
    workers: int = option(1, "Processes that train together.", least=1)
    engine: str = option("local", "Where they run: on this machine, or on those of a Ray cluster.", choices=ENGINES)
    address: str | None = option(
        None, "With ray: HOST:PORT of a cluster, or auto.", kind=str, unset="one on this machine alone"
    )
    tour: bool = option(False, "Draw pictures, train on them for a quarter of an hour, and compare.")
    log: str | None = option(
        None, "Also show the run's log elsewhere.", kind=str, choices=("tensorboard", "trackio", "wandb")
    )


@dataclass(frozen=True)
class ExportOptions:
    """How weights are written."""

    out: Path | None = option(None, "The .onnx file to write.", kind=Path, required=True)
    folders: tuple[Path, ...] = option(
        (),
        "Round to 8 bits, to fit the pictures of FOLDER: about twice as fast, a little less exact.",
        kind=Path,
        flag="--int8",
        metavar="FOLDER",
        multiple=True,
    )
    small: bool = option(False, "Store weights in 8 bits: a quarter of the file, as fast, nearly as exact.")
    network: str | None = option(
        None, "Which network of the run.", kind=str, unset="the one that draws; a wrong name lists all"
    )


@contextmanager
def training_packages() -> Iterator[None]:
    """Say how to install what training and measuring need."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in TRAINING_PACKAGES:
            raise TrainingError(f"{error.name} is missing: pip install torch==2.13.0 'enhance[train]'") from error
        raise


@click.command()
@click.argument("data", nargs=-1, type=adapter.PATH)
@adapter.options(TrainOptions)
@adapter.training_device
@output_options
@click.pass_context
def train(context: click.Context, /, data: tuple[Path, ...], **values: Any) -> None:
    """Train a network on folders of pictures."""
    options = adapter.take(TrainOptions, values)
    with training_packages():
        from enhance.tasks.upscale import tour as touring
        from enhance.train import cluster, distributed
    if options.address is not None and options.engine != "ray":
        raise click.UsageError("--address goes with --engine ray")
    if "RANK" not in os.environ and options.engine == "ray":
        command = [sys.executable, "-m", "enhance.cli", *sys.argv[1:]]
        context.exit(cluster.launched(options.workers, command, options.address))
    if "RANK" not in os.environ and options.workers > 1:
        context.exit(distributed.launched(options.workers, sys.argv[1:]))
    if options.tour:
        if data or options.recipe or options.init or options.run:
            raise click.UsageError("--tour draws its own pictures and has its own recipes; give it --out and a length")
        out, minutes = options.out or Path("tour"), options.minutes or touring.MINUTES
        toured = touring.tour(out, minutes, options.images, say)
        say(f"what came of it: {toured.sheet}   how: {toured.film}")
        say(f"to use it: enhance photo.jpg --model {toured.weights}")
        return
    folder, train_here = run_of(data, options)
    with distributed.joined():
        try:
            with _followed(folder, options.log):
                progress = train_here()
        except EnhanceError as error:
            if distributed.rank():
                context.exit(error.exit_code)  # the first of them says what is wrong
            raise
        except RuntimeError as error:
            if not distributed.rank():
                raise
            print_error(f"process {distributed.rank()}: {error}")
            context.exit(1)
        if distributed.rank():
            return
    say(f"{folder}: {counted(progress.pictures, 'picture')} in {counted(round(progress.seconds / 60), 'minute')}")


def run_of(data: tuple[Path, ...], options: TrainOptions) -> tuple[Path, Callable[[], Progress]]:
    """The folder of the run that is asked for, a new one or one that goes on, and what trains it.

    Raises:
        TrainingError: there is no such recipe, or it is not said where the run is to lie.
    """
    from enhance import tasks
    from enhance.train import run as training

    recipe, out, init, run = options.recipe, options.out, options.init, options.run
    minutes, images = options.minutes, options.images
    if run is not None:
        if out is not None or init is not None or recipe is not None:
            raise click.UsageError("--resume goes on in the run's own folder, with its own recipe and weights")
        return run, partial(training.resume, run, tasks.recipe_of, folders=data, minutes=minutes, images=images)
    if recipe is None:
        raise click.UsageError("say what to train: --recipe NAME (or go on with a run: --resume RUN)")
    if not data:
        raise click.UsageError("say what to train on: a folder of pictures")
    if out is None:
        raise TrainingError("say where the run is to lie: --out FOLDER")
    chosen = tasks.recipe_named(recipe)
    return out, partial(training.start, data, chosen, out, minutes=minutes, images=images, init=init)


@contextmanager
def _followed(folder: Path, shown: str | None) -> Iterator[None]:
    """Show the log of a run where it is asked for; of several processes, the first does."""
    from enhance.train import distributed, follow

    if shown is None or distributed.rank():
        yield
        return
    run = folder if folder.is_dir() or not folder.exists() else folder.parent
    writers = {"tensorboard": follow.tensorboard, "trackio": follow.trackio, "wandb": follow.wandb}
    with follow.followed(run / "log.jsonl", writers[shown](run)):
        yield


@click.command()
@click.argument("run", type=adapter.PATH)
@click.argument("others", nargs=-1, type=adapter.PATH)
@adapter.options(ExportOptions)
@output_options
def export(
    run: Path, others: tuple[Path, ...], out: Path, folders: tuple[Path, ...], small: bool, network: str | None
) -> None:
    """Write the best weights of a run as a model.

    With OTHERS, runs and .onnx files that went on from the same weights, the mean of all.
    """
    with training_packages():
        from enhance import tasks
        from enhance.train import export as exporting
    path = exporting.export(run, out, tasks.recipe_of, network=network, folders=folders, others=others, small=small)
    say(f"{path}: use it with --model")
