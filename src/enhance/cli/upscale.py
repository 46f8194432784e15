"""`enhance PHOTO...`: photos, folders of them and videos enhanced."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enhance.cli import adapter
from enhance.cli.beside import map_files, mappable, report_text, write_faces
from enhance.cli.command_options import Extras, Many, Output, Overwrite, Request, ResourceLimits, TargetSize, Writing
from enhance.cli.compare import write_comparison
from enhance.cli.console import (
    SOME_FAILED,
    ProgressPrinter,
    as_line,
    bar,
    failure_line,
    is_debugging,
    output_options,
    print_error,
    say,
    silence_stderr,
)
from enhance.cli.engines import engine_of
from enhance.cli.far import far_tasks, here, is_far, path_or_url
from enhance.cli.pipes import only_one, piped
from enhance.cli.settings import accepted, settings_of
from enhance.cli.targets import TAR, make_folder, refuse_foreign, refuse_inputs, replaceable, target_of, tasks_of
from enhance.cli.video import film
from enhance.counts import counted
from enhance.errors import EnhanceError, PhotoError
from enhance.options import problem
from enhance.photos.coding import Coding
from enhance.tasks.upscale.options import SCALE, UpscaleOptions

if TYPE_CHECKING:
    from enhance.batch.manifest import Manifest
    from enhance.batch.plan import PhotoTask
    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.result import Result

FAR_TOGETHER = 64
"""Photos with targets elsewhere that are begun together: each time, a file is written there."""


@click.command()
@click.argument("photos", nargs=-1, required=True, type=path_or_url, metavar="PHOTO|FOLDER|URL...")
@adapter.options(Output, unset={"output": "<name>_x4 beside the photo"})
@adapter.options(Writing)
@adapter.options(UpscaleOptions)
@adapter.options(TargetSize)
@adapter.options(Coding)
@adapter.options(Extras)
@adapter.options(Many)
@adapter.options(ResourceLimits)
@adapter.device_option
@output_options
@adapter.options(Overwrite)
def photo(
    photos: tuple[Path | str, ...],
    output: str | None,
    ending: str | None,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Enhance photos: `enhance PHOTO...` is short for this. Of several and of folders, those that are not done yet.

    PHOTO may be - for standard input.
    """
    from enhance.batch.plan import shard_of

    if not is_debugging():
        silence_stderr()
    output = output and here(output)
    request = Request(
        output=output,
        ending=ending,
        options=adapter.take(UpscaleOptions, options),
        size=adapter.take(TargetSize, options),
        extras=adapter.take(Extras, options),
        many=adapter.take(Many, options),
        limits=adapter.take(ResourceLimits, options),
        coding=adapter.take(Coding, options),
        overwrite=overwrite,
        as_json=as_json,
        debug=is_debugging(),
    )
    if bool(request.extras.sign) != bool(request.extras.key):
        raise click.UsageError("--sign CERTIFICATE and --key KEY go together")
    shard = request.many.shard
    try:
        part = shard_of(shard)
    except ValueError:
        raise click.BadParameter(f"{shard} is no part; say for example 2/5", param_hint="--shard") from None
    only = photos[0] if len(photos) == 1 and not is_far(output) else None
    if isinstance(only, Path) and not only.is_dir() and only.suffix.lower() != TAR and not request.many.dry_run:
        enhance_one(only, request)
    else:
        only_one(photos, output, answers=2)
        enhance_many(photos, request, part)


def enhance_one(path: Path, request: Request) -> None:
    """Enhance one photo or video, and say what was done."""
    target: Path | None = None
    try:
        with piped(path, request.output, request.ending) as files:
            if files.writes and (request.extras.compare or request.extras.original or request.extras.heat):
                raise click.UsageError("--compare and --map are written beside the result; name a file with -o")
            target = target_of(files.source, files.output, request.ending, request.options.scale, 1, set())
            refuse_inputs(target, inputs_of(files.source, request), overwrite=request.overwrite)
            refuse_foreign(target, files.output, overwrite=request.overwrite)
            with bar(path.name) as progress:
                message = enhance_file(files.source, target, request, progress)
            (click.echo if request.as_json else say)(files.named(message), err=files.writes)
            files.send(target)
    except EnhanceError as error:
        if not request.as_json:
            raise
        click.echo(failure_line(path, target or request.output, error))
        sys.exit(error.exit_code)


def enhance_many(photos: tuple[Path | str, ...], request: Request, part: tuple[int, int]) -> None:
    """Enhance this part of folders and several photos, in several processes; exit as `main` says."""
    from enhance.batch.manifest import Manifest
    from enhance.batch.run import run
    from enhance.batch.tars import also_tars
    from enhance.photos.encoders import FORMATS

    many, options = request.many, request.options
    if not many.again:
        photos = not_ours(photos)
    near = tuple(one for one in photos if isinstance(one, Path))
    words = request.output, request.ending, options.scale, many.recursive
    far = is_far(request.output) or len(near) < len(photos)
    tasks, folder, others = far_tasks(photos, *words) if far else tasks_of(near, *words)
    manifest = None
    if folder is not None:
        settings = settings_of(options, request.size, request.extras, request.coding)
        manifest = Manifest(folder, settings, part, accepted(settings, options, request.size, request.extras))
    if many.dry_run:
        tell_plan(tasks, manifest, request)
        return
    work = partial(
        also_tars, work=partial(enhance_file, request=request), endings=frozenset(FORMATS), ending=request.ending
    )
    total = len(tasks if manifest is None else list(manifest.own(tasks)))
    try:
        with manifest.kept() if manifest else nullcontext(), ProgressPrinter(total, as_json=request.as_json) as several:
            engine, ahead = engine_of(many, work, remember=manifest is not None, debug=request.debug)
            ahead = max(ahead, FAR_TOGETHER if far else 1)
            summary = run(
                tasks,
                engine,
                manifest,
                ahead=ahead,
                overwrite=request.overwrite,
                leave=None if many.again else left_out,
                ours=partial(replaceable, named=request.output),
                on_done=several,
            )
    except KeyboardInterrupt:
        print_error(
            "stopped: what is finished is whole" + (", and the same command goes on from there" * bool(manifest))
        )
        raise
    say(
        f"{summary.enhanced:,} enhanced, {summary.skipped:,} done before, {len(summary.failed):,} failed"
        + (f", {summary.left:,} made by enhance left out (--again takes them too)" if summary.left else "")
        + (f", {counted(others, 'other file')} left out" if others else "")
        + f"; {summary.seconds:.1f} s",
        err=request.as_json,
    )
    if summary.failed:
        others = summary.enhanced + summary.skipped + summary.left
        sys.exit(SOME_FAILED if others else EnhanceError.exit_code)


def inputs_of(path: Path, request: Request) -> tuple[Path, ...]:
    """The pictures that are read for one result."""
    return (path, request.extras.original) if request.extras.original else (path,)


def left_out(source: str) -> bool:
    """Whether a photo of many is not to be enhanced, because this program made it."""
    from enhance.photos import movies, provenance

    path = Path(source)
    if is_far(source):
        return False
    return movies.video_made_here(path) if path.suffix.lower() in movies.VIDEO_SUFFIXES else provenance.made_here(path)


def not_ours(photos: tuple[Path | str, ...]) -> tuple[Path | str, ...]:
    """Return the photos that this program did not make; one line says which were left out."""
    ours = {path for path in photos if isinstance(path, Path) and path.is_file() and left_out(str(path))}
    if ours:
        more = f" and {len(ours) - 1:,} more" if len(ours) > 1 else ""
        print_error(f"{min(ours)}{more}: made by enhance, left out (--again takes them too)")
    return tuple(path for path in photos if path not in ours)


def enhance_file(
    path: Path, target: Path, request: Request, progress: Callable[[float, str], object] = lambda *_: None
) -> str:
    """Enhance one file into another, as `photo` is told to; what is to be said of it."""
    from enhance.honesty import credentials
    from enhance.photos.movies import VIDEO_SUFFIXES
    from enhance.photos.photo import read
    from enhance.photos.writing import refuse
    from enhance.tasks.upscale.limits import refuse_size

    started = time.perf_counter()
    options, extras, limits = request.options, request.extras, request.limits
    inputs = inputs_of(path, request)
    refuse_inputs(target, inputs, overwrite=request.overwrite)
    if path.suffix.lower() in VIDEO_SUFFIXES:
        if options.aligned or options.force or any((*astuple(request.size), *astuple(extras))):
            raise PhotoError(
                f"{path}: is a video; of these options it takes --scale, --model, --faces, --fidelity, --strength, "
                "--consistency, --seed, --rest"
            )
        return film(path, target, options, as_json=request.as_json)
    source = read(path, max_pixels=round(limits.max_pixels * 1e6))
    options = replace(options, scale=scale_for(source, options.scale, request.size))
    refuse(target, round(source.width * options.scale), round(source.height * options.scale))
    refuse_size(source, options.scale, limits.max_result * 1e6)
    if extras.sign and extras.key:
        credentials.refuse_unsignable(target, extras.sign, extras.key)
    large = None
    if extras.original:
        from enhance.honesty.report import refuse_original

        large = read(extras.original)
        refuse_original(large, source)
    sheet = target.with_name(f"{target.stem}_compare.png")
    for file in (sheet,) * bool(extras.compare or extras.original) + map_files(target) * extras.heat:
        refuse_inputs(file, inputs, overwrite=request.overwrite)
        refuse_foreign(file, overwrite=request.overwrite)
    if extras.faces_only and extras.faces_only.is_file():
        raise PhotoError(f"{extras.faces_only}: is a file; name a folder with --faces-only")
    make_folder(target.parent)
    result = draw_file(path, source, target, replace(request, options=options), progress)
    if extras.faces_only:
        write_faces(source, result, extras.faces_only)
    seconds, notes = time.perf_counter() - started, notes_of(source, result, target)
    lines = [sentence(source, result, target, seconds), *(f"  {note}" for note in notes)]
    facts = {**result.facts(), "notes": notes, "seconds": round(seconds, 2)}
    if extras.compare or extras.original:
        # What has been made is not made again, unless it is of another size, a frame of many, or written into.
        drawn_already = result if options.scale == SCALE and source.frames == 1 and not extras.mark else None
        write_comparison(sheet, source, result, large, limits.memory, drawn_already)
        lines.append(f"  side by side: {sheet}")
        facts["compare"] = str(sheet)
    if extras.report or extras.heat:
        report = list(report_text(source, result, large, target if extras.heat else None))
        lines += [f"  {line}" for line in report]
        facts["report"] = report
    return as_line(path, target, **facts) if request.as_json else "\n".join(lines)


def notes_of(source: Photo, result: Result, target: Path) -> list[str]:
    """What the user should know of a result and its file."""
    from enhance.photos import provenance
    from enhance.photos.writing import moves

    notes = list(result.notes)
    if not moves(target):
        notes += [f"{note}: {target.suffix} holds one" for note in source.first_only]
    if provenance.enlarged(source.xmp):
        notes.append("it was enhanced before: what was invented then is taken for the photo")
    return notes


def draw_file(
    path: Path, source: Photo, target: Path, request: Request, progress: Callable[[float, str], object]
) -> Result:
    """Draw a photo, or all frames of an animation where the target can hold them, into a file; sign it if asked to."""
    from enhance.files import replacing
    from enhance.honesty import credentials
    from enhance.photos import provenance
    from enhance.photos.photo import frames
    from enhance.photos.writing import moves, write
    from enhance.tasks.upscale.animation import enhance_frames
    from enhance.tasks.upscale.enhance import enhance_photo

    extras, limits = request.extras, request.limits
    moving = source.frames > 1 and moves(target)
    drawn: Callable[[Photo], Result] = partial(
        enhance_photo,
        options=request.options.of_frames() if moving else request.options,
        memory=limits.memory,
        most_pixels=limits.max_result * 1e6,
        progress=progress,
    )
    enhanced = partial(mappable, drawn) if extras.heat else drawn
    # A file that is to be signed takes its place when it is: one that cannot be signed is not left behind.
    with replacing(target, suffix=target.suffix) if extras.sign else nullcontext(target) as file:
        if moving:
            every = frames(path, max_pixels=round(limits.max_pixels * 1e6))
            result = enhance_frames(every, enhanced, file, request.coding)
        else:
            result = enhanced(source)
            if extras.mark and result.stamp and result.stamp.invented:
                provenance.mark(result.canvas, result.stamp.everywhere)
            write(result.canvas, file, request.coding)
        if extras.sign and extras.key and result.stamp:
            credentials.sign(file, path, extras.sign, extras.key, result.stamp, title=target.name)
    return result


def tell_plan(tasks: list[PhotoTask], manifest: Manifest | None, request: Request) -> None:
    """Print what would be done."""
    from enhance.batch.plan import refusal
    from enhance.batch.run import states

    for task, state in states(tasks, manifest, partial(replaceable, named=request.output)):
        if state == "to do" and not request.many.again and left_out(task.source):
            click.echo(f"{task.source}: made by enhance, left out")
        elif state == "to do" or (request.overwrite and state != "done"):
            click.echo(f"{task.source} -> {task.target}")
        else:
            click.echo(f"{task.source}: done" if state == "done" else refusal(task.target, state))


def scale_for(source: Photo, scale: float, size: TargetSize) -> float:
    """The scale that gives the size asked for.

    Raises:
        PhotoError: more than one size is asked for, or one that the photo cannot be enlarged to.
    """
    wanted = [value for value in astuple(size) if value is not None]
    if len(wanted) > 1:
        raise PhotoError(
            f"{source.name}: can have one of --width, --height and --megapixels, not {len(wanted)} of them"
        )
    if size.width is not None:
        scale = size.width / source.width
    elif size.height is not None:
        scale = size.height / source.height
    elif size.megapixels is not None:
        scale = float((size.megapixels * 1e6 / (source.width * source.height)) ** 0.5)
    if wanted and problem(replace(UpscaleOptions(), scale=scale)):
        raise PhotoError(
            f"{source.name}: is {source.width}x{source.height}; the size asked for is {scale:.3g} times that, and it "
            "can be 1 to 16 times"
        )
    return scale


def sentence(source: Photo, result: Result, target: Path, seconds: float) -> str:
    """What was done, in one line."""
    redrawn = sum(face.redrawn for face in result.faces)
    faces = f"{counted(redrawn, 'face')} redrawn (invented detail), "
    whole = result.lr_psnr == float("inf")
    agreement = (
        f"{'equals the input' if whole else f'agrees with the input to {result.lr_psnr:.0f} dB'}, {seconds:.1f} s"
    )
    sizes = f"{source.width}x{source.height} to {result.canvas.width}x{result.canvas.height}"
    return f"{target}: {sizes}, {faces if redrawn else ''}{agreement}"
