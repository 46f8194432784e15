"""`enhance train`, `enhance prepare` and `enhance export`: from folders of pictures to a file of weights."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from enhance.cli import adapter
from enhance.cli.console import complain
from enhance.errors import EnhanceError, TrainingError

TRAINING_PACKAGES = {"torch", "onnx", "matplotlib", "ndf"}

PATH = click.Path(path_type=Path)


@contextmanager
def training_packages() -> Iterator[None]:
    """Says how to install what training and measuring need."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in TRAINING_PACKAGES:
            raise TrainingError(f"{error.name} is missing: pip install torch==2.13.0 'enhance[train]'") from error
        raise


@click.command()
@click.argument("data", nargs=-1, type=PATH)
@click.option("--recipe", help="face_x4_gan, photo_x4 and others; a wrong name lists all.")
@click.option("--out", type=PATH, help="Folder for the run.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="How long to train, over all sittings.")
@click.option("--images", type=click.IntRange(min=1), help="How many pictures to train on, in all.")
@click.option("--init", type=PATH, help="Begin from the weights of this run or .onnx file.")
@click.option("--resume", "run", type=PATH, help="Go on with this run; it knows its recipe, data and length.")
@adapter.training_device
@click.option("--workers", type=click.IntRange(min=1), help="Processes on this machine that train together.  [1]")
@click.option(
    "--tour",
    is_flag=True,
    help="Draw pictures, train on them for a quarter of an hour, and compare.",
)
@click.option("--log", "shown", type=click.Choice(("tensorboard",)), help="Also show the run's log elsewhere.")
@click.pass_context
def train(
    context: click.Context,
    data: tuple[Path, ...],
    recipe: str | None,
    out: Path | None,
    minutes: float | None,
    images: int | None,
    init: Path | None,
    run: Path | None,
    workers: int | None,
    tour: bool,
    shown: str | None,
) -> None:
    """Trains a network on folders of pictures."""
    with training_packages():
        from enhance import tasks
        from enhance.tasks.upscale import tour as touring
        from enhance.train import distributed
        from enhance.train import run as training
    if (workers or 1) > 1 and "RANK" not in os.environ:
        context.exit(distributed.launched(workers or 1, sys.argv[1:]))
    if tour:
        if data or recipe or init or run:
            raise click.UsageError("--tour draws its own pictures and has its own recipes; give it --out and a length")
        toured = touring.tour(out or Path("tour"), minutes or touring.MINUTES, images, click.echo)
        click.echo(f"what came of it: {toured.sheet}   how: {toured.film}")
        click.echo(f"to use it: enhance photo.jpg --model {toured.weights}")
        return
    if run is not None:
        if out is not None or init is not None or recipe is not None:
            raise click.UsageError("--resume goes on in the run's own folder, with its own recipe and weights")
        folder = run
        train_here = partial(training.resume, run, tasks.recipe_of, folders=data, minutes=minutes, images=images)
    else:
        if recipe is None:
            raise click.UsageError("say what to train: --recipe NAME (or go on with a run: --resume RUN)")
        if not data:
            raise click.UsageError("say what to train on: a folder of pictures")
        if out is None:
            raise TrainingError("say where the run is to lie: --out FOLDER")
        folder = out
        chosen = tasks.recipe_named(recipe)
        train_here = partial(training.start, data, chosen, out, minutes=minutes, images=images, init=init)
    with distributed.joined():
        try:
            with _followed(folder, shown):
                progress = train_here()
        except EnhanceError as error:
            if distributed.rank():
                context.exit(error.exit_code)  # the first of them says what is wrong
            raise
        except RuntimeError as error:
            if not distributed.rank():
                raise
            complain(f"process {distributed.rank()}: {error}")
            context.exit(1)
        if distributed.rank():
            return
    click.echo(f"{folder}: {progress.pictures:,} pictures in {progress.seconds / 60:.0f} minutes")


@contextmanager
def _followed(folder: Path, shown: str | None) -> Iterator[None]:
    """Shows the log of a run where it is asked for; of several processes, the first does."""
    from enhance.train import distributed, follow

    if shown is None or distributed.rank():
        yield
        return
    run = folder if folder.is_dir() or not folder.exists() else folder.parent
    with follow.followed(run / "log.jsonl", follow.tensorboard(run / "tensorboard")):
        yield


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, help="Folder for the faces.")
@click.option(
    "--size", default=128, show_default=True, type=click.IntRange(min=64), help="Pixels across the face frame."
)
@adapter.device
@click.option("--crops", is_flag=True, help="Cut out squares of anything, for photo_x4, instead of faces.")
def prepare(photos: tuple[Path, ...], out: Path, size: int, crops: bool) -> None:
    """Finds, aligns and sorts the faces of photos into a folder to train on."""
    with training_packages():
        from enhance.datasets import preparation
    if crops:
        click.echo(f"{out}: {preparation.crops(photos, out, size=size).sentence('crops')}")
    else:
        click.echo(f"{out}: {preparation.prepare(photos, out, size=size).sentence('faces')}")


@click.command()
@click.argument("run", type=PATH)
@click.argument("others", nargs=-1, type=PATH)
@click.option("--out", required=True, type=PATH, help="The .onnx file to write.")
@click.option(
    "--int8",
    "folders",
    multiple=True,
    metavar="FOLDER",
    type=PATH,
    help="Round to 8 bits, to fit the pictures of FOLDER: about twice as fast, a little less exact.",
)
@click.option("--half", is_flag=True, help="Store weights in 16 bits: half of the file, as fast, nearly as exact.")
@click.option("--network", help="Which network of the run.  [the one that draws; a wrong name lists all]")
def export(
    run: Path, others: tuple[Path, ...], out: Path, folders: tuple[Path, ...], half: bool, network: str | None
) -> None:
    """Writes the best weights of a run as a model, or the mean of them and OTHERS: runs and .onnx files that went on
    from the same weights."""
    with training_packages():
        from enhance import tasks
        from enhance.train import export as exporting
    made = exporting.export(run, out, tasks.recipe_of, network=network, folders=folders, others=others, half=half)
    click.echo(f"{made}: use it with --model")
