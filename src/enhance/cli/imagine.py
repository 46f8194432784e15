"""`enhance imagine`: a bird drawn from a sentence."""

from __future__ import annotations

import time
from pathlib import Path

import click

from enhance.errors import PhotoError
from enhance.tasks.imagine.options import LEAST, MOST, SIDES

MOST_BIRDS = 64


@click.command()
@click.argument("sentence")
@click.option("-n", "count", default=1, show_default=True, type=click.IntRange(1, MOST_BIRDS), help="How many birds.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File, or folder for several.  [bird.png]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the first bird.")
@click.option(
    "--size", default=256, show_default=True, type=click.IntRange(LEAST, MOST), help="Pixels of the longer side."
)
@click.option("--facing", type=click.Choice(SIDES), help="Where it looks.  [by chance, or as the sentence says]")
@click.option("--overwrite", is_flag=True, help="Also over files that are there.")
@click.option("--debug", is_flag=True, help="Show the traceback of errors.")
def imagine(
    sentence: str,
    count: int,
    output: Path | None,
    seed: int,
    size: int,
    facing: str | None,
    overwrite: bool,
    debug: bool,  # noqa: ARG001 - `main` looks for it
) -> None:
    """Draws birds from a SENTENCE: "a small bird with a red head and a white belly"."""
    from enhance.photos.writing import refuse, write
    from enhance.tasks.imagine.imagine import imagine_all
    from enhance.tasks.imagine.options import ImagineOptions

    targets = targets_of(output, count, seed)
    for target in targets:
        refuse(target, size, size)
        if target.exists() and not overwrite:
            raise PhotoError(f"{target}: is there already; name another file with -o, or add --overwrite")
    started = time.perf_counter()
    birds = imagine_all(sentence, [ImagineOptions(seed + n, size, facing) for n in range(count)])
    for bird, target in zip(birds, targets, strict=True):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PhotoError(f"{target.parent}: cannot be made ({error.strerror}); name another with -o") from error
        write(bird.canvas, target)
    names = str(targets[0]) if count == 1 else f"{targets[0]} to {targets[-1].name}"
    click.echo(f"{names}: {birds[0].sentence()}, {time.perf_counter() - started:.1f} s")


def targets_of(output: Path | None, count: int, seed: int) -> list[Path]:
    """Where birds go: into a file, or into a folder; several are numbered by their seeds."""
    target = output or Path("bird.png")
    if output is not None and (output.is_dir() or not output.suffix):
        target = output / "bird.png"
    if count == 1:
        return [target]
    return [target.with_name(f"{target.stem}_{seed + n}{target.suffix}") for n in range(count)]
