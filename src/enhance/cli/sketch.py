"""`enhance sketch`: a cat painted after a drawing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.cli.answers import failures_told, for_each, print_answer
from enhance.cli.command_options import Answers, Json, Output, Overwrite
from enhance.cli.console import output_options
from enhance.cli.pipes import only_one, piped
from enhance.cli.targets import make_folder, numbered, place_for, refuse_foreign, refuse_inputs, refuse_twice
from enhance.tasks.sketch.options import SketchOptions


@click.command()
@click.argument("drawings", nargs=-1, required=True, type=adapter.PATH, metavar="DRAWING...")
@adapter.options(Answers)
@adapter.options(Output, unset={"output": "<name>_cat.png beside it"})
@adapter.options(SketchOptions)
@adapter.device_option
@adapter.options(Json)
@output_options
@adapter.options(Overwrite)
def sketch(
    drawings: tuple[Path, ...],
    count: int,
    output: str | None,
    overwrite: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Paint cats after drawings of their heads.

    DRAWINGs are lines on white or on nothing, photographs of pencil, or SVG.
    """
    from enhance.photos.writing import refuse, write
    from enhance.tasks.sketch.sketch import sketch_all

    first = adapter.take(SketchOptions, values)
    only_one(drawings, output, answers=count)
    failing = failures_told(" ".join(map(str, drawings)), output, as_json=as_json)
    with failing, piped(drawings[0], output, "png") as files:
        given_files = (files.source, *drawings[1:])
        targets = targets_of(given_files, files.output, count, first.seed)
        for target in (target for some in targets for target in some):
            refuse(target, first.size, first.size)
            refuse_inputs(target, given_files, overwrite=overwrite)
            refuse_foreign(target, files.output, overwrite=overwrite)
        first.check()
        options = [replace(first, seed=first.seed + n) for n in range(count)]

        def work(drawing: Path, some: list[Path]) -> None:
            started = time.perf_counter()
            cats = sketch_all(drawing, options)
            for cat, target in zip(cats, some, strict=True):
                make_folder(target.parent)
                write(cat.canvas, target)
            seconds = time.perf_counter() - started
            facts = [{"size": [first.size, first.size], "seed": cat.options.seed} for cat in cats]
            notes, said = cats[0].drawing.notes, cats[0].sentence()
            print_answer(files, drawing, some, said, notes, seconds=seconds, as_json=as_json, facts=facts)

        if len(drawings) > 1:
            for_each(list(zip(given_files, targets, strict=True)), work, as_json=as_json)
        else:
            work(files.source, targets[0])
            files.send(targets[0][0])


def targets_of(drawings: tuple[Path, ...], output: str | None, count: int, seed: int) -> list[list[Path]]:
    """Where the cats of each drawing go: beside it, into a file, or into a folder; several are numbered by seeds.

    Raises:
        PhotoError: two drawings would have the same file.
    """
    places = [place_for(output, one.with_name(f"{one.stem}_cat.png"), len(drawings)) for one in drawings]
    targets = [numbered(place, count, seed) for place in places]
    refuse_twice([target for some in targets for target in some])
    return targets
