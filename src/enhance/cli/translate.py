"""`enhance translate`: the horses of photos redrawn as zebras, and zebras as horses."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.cli.answers import KEYS, failures_told, for_each
from enhance.cli.command_options import Json, Output, Overwrite, ResourceLimits
from enhance.cli.console import as_line, output_options, say
from enhance.cli.pipes import only_one, piped
from enhance.cli.targets import make_folder, place_for, refuse_foreign, refuse_inputs, refuse_twice
from enhance.errors import PhotoError
from enhance.options import option
from enhance.tasks.translate.options import TranslateOptions


@dataclass(frozen=True)
class Mask:
    """What is written beside the result."""

    mask: bool = option(False, "Also write how much of each pixel was redrawn: <output>_mask.png.")


@click.command()
@click.argument("photos", nargs=-1, required=True, type=adapter.PATH, metavar="PHOTO...")
@adapter.options(Output, unset={"output": "<name>_<animal> beside it"})
@adapter.options(TranslateOptions)
@adapter.options(Mask)
@adapter.options(ResourceLimits, without=("memory", "max_result"))
@adapter.device_option
@adapter.options(Json)
@output_options
@adapter.options(Overwrite)
def translate(
    photos: tuple[Path, ...],
    output: str | None,
    mask: bool,
    max_pixels: float,
    overwrite: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Redraw horses as zebras, or zebras as horses.

    All else stays as it is. A photo that shows none is not written; a video is drawn frame by frame.
    """
    options = adapter.take(TranslateOptions, values)
    only_one(photos, output, answers=2 if mask else 1)
    answer = click.echo if as_json else say
    work = partial(
        translate_file, options=options, mask=mask, max_pixels=max_pixels, overwrite=overwrite, as_json=as_json
    )
    if len(photos) == 1:
        with failures_told(photos[0], output, as_json=as_json), piped(photos[0], output) as files:
            (target,) = targets_of((files.source,), files.output, options.to)
            answer(files.named(work(files.source, target, named=files.output)), err=files.writes)
            files.send(target)
            return
    targets = targets_of(photos, output, options.to)
    inputs = [(photo, [target]) for photo, target in zip(photos, targets, strict=True)]
    for_each(inputs, lambda photo, some: answer(work(photo, some[0])), as_json=as_json)


def translate_file(
    path: Path,
    target: Path,
    *,
    options: TranslateOptions,
    mask: bool,
    max_pixels: float,
    overwrite: bool,
    named: str | None = None,
    as_json: bool = False,
) -> str:
    """Translate one file into another; what is to be said of it, in words or as a line of JSON.

    Args:
        mask: whether what was redrawn is written beside the target, too.
        max_pixels: megapixels; a photo with more is refused.
        named: what `-o` says.

    Raises:
        PhotoError: it cannot be read or written.
    """
    from PIL import Image

    from enhance.photos import movies
    from enhance.photos.photo import frames, read
    from enhance.photos.provenance import labelled
    from enhance.photos.writing import moves, refuse, rounding, write, write_frames
    from enhance.tasks.translate.translate import translate_photo

    started = time.perf_counter()
    if path.suffix.lower() in movies.VIDEO_SUFFIXES:
        if mask:
            raise PhotoError(f"{path}: is a video, which has no one mask; leave out --mask")
        refuse_inputs(target, (path,), overwrite=overwrite)
        refuse_foreign(target, named, overwrite=overwrite)
        return translate_movie(path, target, options, started, as_json)
    most = round(max_pixels * 1e6)
    source = read(path, max_pixels=most)
    mask_file = target.with_name(f"{target.stem}_mask.png")
    for file in (target, mask_file) if mask else (target,):
        refuse(file, source.width, source.height)
        refuse_inputs(file, (path,), overwrite=overwrite)
        refuse_foreign(file, named, overwrite=overwrite)
    moving = source.frames > 1 and moves(target)
    drawn = [translate_photo(frame, options) for frame in (frames(path, max_pixels=most) if moving else [source])]
    # What is said of an animation is said of the first frame that shows animals.
    result = next((one for one in drawn if one.stamp is not None), drawn[0])
    if result.stamp is None:
        return nothing_drawn(path, result.sentence(), result.notes, as_json)
    make_folder(target.parent)
    notes = list(result.notes)
    if moving:
        write_frames((one.canvas for one in drawn), target, record=lambda: result.canvas.info["xmp"])
        notes.append(f"{source.frames} frames, each drawn by itself")
    else:
        write(result.canvas, target)
        notes += [f"{note}: {target.suffix} holds one" for note in source.first_only]
    if mask:
        write(labelled(Image.fromarray(result.mask), "mask"), mask_file)
        notes.append(f"mask: {mask_file}")
    notes += rounding(target)
    animals = [{"box": [int(edge) for edge in animal.box]} for animal in result.animals]
    size = [source.width, source.height]
    return answer_for(path, target, result.sentence(), notes, started, as_json, size=size, animals=animals)


def translate_movie(path: Path, target: Path, options: TranslateOptions, started: float, as_json: bool) -> str:
    """`translate_file` for a video."""
    from enhance.photos import movies
    from enhance.tasks.translate.video import translate_video

    movies.refuse(path, target)
    make_folder(target.parent)
    translated = translate_video(path, target, options)
    if not translated.redrawn:
        return nothing_drawn(path, translated.sentence(), (), as_json)
    return answer_for(path, target, translated.sentence(), (), started, as_json, frames=translated.frames)


def answer_for(
    path: Path, target: Path, sentence: str, notes: Sequence[str], started: float, as_json: bool, **facts: Any
) -> str:
    """Return what was made of a file, in words or as a line of JSON."""
    seconds = time.perf_counter() - started
    if as_json:
        return as_line(path, target, **KEYS, sentence=sentence, **facts, notes=list(notes), seconds=round(seconds, 2))
    return "\n  ".join([f"{target}: {sentence}, {seconds:.1f} s", *notes])


def nothing_drawn(path: Path, sentence: str, notes: Sequence[str], as_json: bool) -> str:
    """What is to be said of a file that shows no animal, and of which no copy is written."""
    if as_json:
        return as_line(path, "", **KEYS, sentence=sentence, animals=[], notes=list(notes))
    return f"{path}: {sentence}"


def targets_of(photos: tuple[Path, ...], output: str | None, to: str) -> list[Path]:
    """Where translated photos go: beside them, into a file, or into a folder.

    Raises:
        PhotoError: one file cannot hold several photos, or two of them would go to one file.
    """
    from enhance.photos import movies
    from enhance.photos.encoders import FORMATS

    targets = []
    for photo in photos:
        ending = photo.suffix.lower()
        other = ".mp4" if ending in movies.VIDEO_SUFFIXES else ".png"
        suffix = photo.suffix if ending in FORMATS or ending in movies.WRITTEN else other
        targets.append(place_for(output, photo.with_name(f"{photo.stem}_{to}{suffix}"), len(photos)))
    refuse_twice(targets)
    return targets
