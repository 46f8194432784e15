"""`enhance fill`: a hole in a photo filled."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enhance.cli import adapter
from enhance.cli.answers import failures_told, print_answer
from enhance.cli.command_options import Answers, Json, Output, Overwrite, ResourceLimits
from enhance.cli.console import output_options
from enhance.cli.pipes import only_one, piped
from enhance.cli.targets import make_folder, numbered, place_for, refuse_foreign, refuse_inputs
from enhance.options import option
from enhance.tasks.fill.options import FillOptions

if TYPE_CHECKING:
    from enhance.tasks.fill.hole import HoleBox


@dataclass(frozen=True)
class MaskOptions:
    """Where a photo is to be filled."""

    mask: Path | None = option(None, "Picture of the photo's size, white where to fill.", kind=Path)
    boxes: tuple[str, ...] = option(
        (),
        "Fill this box, in pixels; may be given again.",
        kind=str,
        flag="--box",
        metavar="X,Y,W,H",
        multiple=True,
        pattern=r"\s*-?\d+\s*(,\s*-?\d+\s*){3}",
        form="a box; say for example 40,60,100,80",
    )


@click.command()
@click.argument("photo", type=adapter.PATH)
@adapter.options(MaskOptions)
@adapter.options(Answers)
@adapter.options(Output, unset={"output": "<name>_filled beside it"})
@adapter.options(FillOptions)
@adapter.options(ResourceLimits, without=("memory", "max_result"))
@adapter.device_option
@adapter.options(Json)
@output_options
@adapter.options(Overwrite)
def fill(
    photo: Path,
    mask: Path | None,
    boxes: tuple[str, ...],
    count: int,
    output: str | None,
    max_pixels: float,
    overwrite: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Fill a hole in a photo.

    It is where a mask is white, in a box, or where the photo is more than half transparent.
    """
    from enhance.photos.photo import read
    from enhance.photos.writing import refuse, rounding, write
    from enhance.tasks.fill.fill import fill_photo

    only_one([photo], output, answers=count)
    options = adapter.take(FillOptions, values)
    wanted = [box_of(text) for text in boxes]
    with failures_told(photo, output, as_json=as_json), piped(photo, output) as files:
        source = read(files.source, max_pixels=round(max_pixels * 1e6))
        targets = targets_of(files.source, files.output, count, options.seed)
        for target in targets:
            refuse(target, source.width, source.height)
            refuse_inputs(target, (files.source, *([mask] if mask else [])), overwrite=overwrite)
            refuse_foreign(target, files.output, overwrite=overwrite)
        for n, target in enumerate(targets):
            started = time.perf_counter()
            filled = fill_photo(source, mask, wanted, replace(options, seed=options.seed + n))
            make_folder(target.parent)
            write(filled.canvas, target)
            known = {
                "size": [source.width, source.height],
                "seed": options.seed + n,
                "faces": [
                    {"box": [round(float(edge), 1) for edge in face.box], "pixels": face.size} for face in filled.faces
                ],
            }
            notes = (*filled.notes, *rounding(target))
            seconds = time.perf_counter() - started
            print_answer(
                files, photo, [target], filled.sentence(), notes, seconds=seconds, as_json=as_json, facts=[known]
            )
            files.send(target)


def box_of(text: str) -> HoleBox:
    """The box that "x,y,w,h" names."""
    left, top, width, height = (int(part) for part in text.split(","))
    return left, top, width, height


def targets_of(photo: Path, output: str | None, count: int, seed: int) -> list[Path]:
    """Where answers go: beside the photo, into a file, or into a folder; several are numbered by their seeds."""
    from enhance.photos.encoders import FORMATS

    suffix = photo.suffix if photo.suffix.lower() in FORMATS else ".png"
    return numbered(place_for(output, photo.with_name(f"{photo.stem}_filled{suffix}")), count, seed)
