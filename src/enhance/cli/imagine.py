"""`enhance imagine`: a bird drawn from a sentence."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.cli.answers import failures_told, print_answer
from enhance.cli.command_options import Answers, Json, Output, Overwrite
from enhance.cli.console import output_options
from enhance.cli.pipes import only_one, piped
from enhance.cli.targets import make_folder, numbered, place_for, refuse_foreign
from enhance.tasks.imagine.options import ImagineOptions


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="SENTENCE")
@adapter.options(Answers)
@adapter.options(Output, unset={"output": "bird.png"})
@adapter.options(ImagineOptions)
@adapter.device_option
@adapter.options(Json)
@output_options
@adapter.options(Overwrite)
def imagine(
    words: tuple[str, ...],
    count: int,
    output: str | None,
    overwrite: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Draw birds from a sentence.

    SENTENCE is like "a small bird with a red head and a white belly".
    """
    from enhance.photos.writing import refuse, write
    from enhance.tasks.imagine.imagine import imagine_all

    sentence, first = " ".join(words), adapter.take(ImagineOptions, values)
    only_one([], output, answers=count)
    with failures_told(sentence, output, as_json=as_json), piped(None, output, "png") as files:
        targets = targets_of(files.output, count, first.seed)
        for target in targets:
            refuse(target, first.size, first.size)
            refuse_foreign(target, files.output, overwrite=overwrite)
        started = time.perf_counter()
        birds = imagine_all(sentence, [replace(first, seed=first.seed + n) for n in range(count)])
        for bird, target in zip(birds, targets, strict=True):
            make_folder(target.parent)
            write(bird.canvas, target)
        seconds = time.perf_counter() - started
        facts = [
            {
                "size": [bird.canvas.width, bird.canvas.height],
                "seed": bird.options.seed,
                "layout": bird.layout,
            }
            for bird in birds
        ]
        print_answer(files, sentence, targets, birds[0].sentence(), seconds=seconds, as_json=as_json, facts=facts)
        files.send(targets[0])


def targets_of(output: str | None, count: int, seed: int) -> list[Path]:
    """Where birds go: into a file, or into a folder; several are numbered by their seeds."""
    return numbered(place_for(output, Path("bird.png")), count, seed)
