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
from enhance.cli.beside import honest_words, mappable, write_faces
from enhance.cli.compare import comparison
from enhance.cli.console import Teller, complain, hush
from enhance.cli.settings import Extras, Size, accepted, settings_of
from enhance.cli.targets import make_folder, refuse_inputs, target_of, tasks_of
from enhance.cli.video import film
from enhance.errors import PhotoError
from enhance.tasks.upscale.options import MEMORY, SCALE, UpscaleOptions

if TYPE_CHECKING:
    from enhance.batch.manifest import Manifest
    from enhance.batch.plan import Task
    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.result import Result

ENDINGS = ("jpg", "png", "webp", "tiff", "bmp", "gif", "avif", "heic")
SOME_FAILED = 3


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO|FOLDER...")
@click.option(
    "-o", "--output", type=str, help="File to write, or folder for several photos.  [<name>_x4 beside the photo]"
)
@click.option("--format", "ending", type=click.Choice(ENDINGS), help="What to write.  [the photo's own format]")
@adapter.options(UpscaleOptions)
@adapter.options(Size)
@click.option("--memory", default=MEMORY, show_default=True, help="Megabytes to work in, besides photo and result.")
@adapter.options(Extras)
@click.option("--max-pixels", default=90.0, show_default=True, help="Megapixels above which a photo is refused.")
@adapter.device
@click.option("--recursive", is_flag=True, help="Of a folder, also the photos in its folders.")
@click.option("--jobs", type=click.IntRange(min=1), help="Photos at a time.  [half the cores, but at least 2]")
@click.option("--shard", default="1/1", metavar="I/N", help="Only the I-th of N parts, for several machines.")
@click.option("--overwrite", is_flag=True, help="Also over inputs, and over files that this program did not write.")
@click.option("--dry-run", is_flag=True, help="Of several photos, only say what would be done.")
@click.option("--debug", is_flag=True, help="Show the traceback of errors.")
def photo(
    photos: tuple[Path, ...],
    output: str | None,
    ending: str | None,
    recursive: bool,
    jobs: int | None,
    shard: str,
    overwrite: bool,
    dry_run: bool,
    debug: bool,
    **how: Any,
) -> None:
    """Enhances photos: `enhance PHOTO...` is short for this. Of several and of folders, those that are not done yet."""
    if bool(how["sign"]) != bool(how["key"]):
        raise click.UsageError("--sign CERTIFICATE and --key KEY go together")
    if not debug:
        hush()
    options = adapter.take(UpscaleOptions, how)
    size, extras = adapter.take(Size, how), adapter.take(Extras, how)
    one: Callable[..., str] = enhance_file
    work = partial(one, options=options, size=size, extras=extras, overwrite=overwrite, **how)
    if len(photos) == 1 and not photos[0].is_dir() and not dry_run:
        target = target_of(photos[0], output, ending, options.scale, 1, set())
        click.echo(work(photos[0], target))
        return
    from enhance.batch.manifest import Manifest
    from enhance.batch.plan import shard_of
    from enhance.batch.processes import default_jobs, in_processes
    from enhance.batch.run import run

    try:
        part = shard_of(shard)
    except ValueError:
        raise click.BadParameter(f"{shard} is no part; say for example 2/5", param_hint="--shard") from None
    tasks, folder, others = tasks_of(photos, output, ending, options.scale, recursive)
    manifest = None
    if folder is not None:
        settings = settings_of(options, size, extras)
        manifest = Manifest(folder, settings, part, accepted(settings, options, size, extras))
    if dry_run:
        tell_plan(tasks, manifest, overwrite)
        return
    several = Teller(len(tasks if manifest is None else list(manifest.own(tasks))))
    try:
        with manifest.kept() if manifest else nullcontext():
            engine = partial(
                in_processes, work=work, jobs=jobs or default_jobs(), remember=manifest is not None, debug=debug
            )
            summary = run(tasks, engine, manifest, overwrite=overwrite, tell=several)
    except KeyboardInterrupt:
        complain("stopped: what is finished is whole" + (", and the same command goes on from there" * bool(manifest)))
        raise
    click.echo(
        f"{summary.enhanced:,} enhanced, {summary.skipped:,} done before, {len(summary.failed):,} failed"
        + (f", {others:,} other files left out" if others else "")
        + f"; {summary.seconds:.1f} s"
    )
    if summary.failed:
        sys.exit(SOME_FAILED)


def enhance_file(
    path: Path,
    target: Path,
    *,
    options: UpscaleOptions,
    size: Size,
    extras: Extras,
    memory: int,
    max_pixels: float,
    overwrite: bool,
) -> str:
    """Enhances one file into another, as `photo` is told to; what is to be said of it."""
    from enhance.honesty import credentials
    from enhance.photos import provenance
    from enhance.photos.movies import SUFFIXES as VIDEOS
    from enhance.photos.photo import frames, read
    from enhance.photos.writing import moves, refuse, write
    from enhance.tasks.upscale.enhance import enhance_frames, enhance_photo

    started = time.perf_counter()
    inputs = () if overwrite else (path, extras.original) if extras.original else (path,)
    refuse_inputs(target, inputs)
    if path.suffix.lower() in VIDEOS:
        if options.aligned or options.force or any((*astuple(size), *astuple(extras))):
            raise PhotoError(
                f"{path}: is a video; of these options it takes --scale, --model, --consistency, --seed, --rest"
            )
        return film(path, target, options)
    most = round(max_pixels * 1e6)
    source = read(path, max_pixels=most)
    options = replace(options, scale=scale_for(source, options.scale, size))
    refuse(target, round(source.width * options.scale), round(source.height * options.scale))
    large = read(extras.original) if extras.original else None
    make_folder(target.parent)
    drawn: Callable[[Photo], Result] = partial(enhance_photo, options=options, memory=memory)
    enhanced = partial(mappable, drawn) if extras.heat else drawn
    if source.frames > 1 and moves(target):
        result = enhance_frames(frames(path, max_pixels=most), enhanced, target)
    else:
        result = enhanced(source)
        if extras.mark and result.stamp and result.stamp.invented:
            provenance.mark(result.canvas, result.stamp.everywhere)
        write(result.canvas, target)
    if extras.faces_only:
        write_faces(source, result, extras.faces_only)
    if extras.sign and extras.key and result.stamp:
        credentials.sign(target, path, extras.sign, extras.key, result.stamp)
    lines = [sentence(source, result, target, time.perf_counter() - started)]
    if extras.compare or extras.original:
        sheet = target.with_name(f"{target.stem}_compare.png")
        refuse_inputs(sheet, inputs)
        # What has been made is not made again, unless it is of another size, a frame of many, or written into.
        made = result if options.scale == SCALE and source.frames == 1 and not extras.mark else None
        write(comparison(source, result, large, memory, made), sheet)
        lines.append(f"  side by side: {sheet}")
    if extras.report or extras.heat:
        told = honest_words(source, result, large, target if extras.heat else None, inputs)
        lines += [f"  {line}" for line in told]
    return "\n".join(lines)


def tell_plan(tasks: list[Task], manifest: Manifest | None, overwrite: bool) -> None:
    from enhance.batch.plan import refusal
    from enhance.batch.run import states

    for task, state in states(tasks, manifest):
        if state == "to do" or (overwrite and state != "done"):
            click.echo(f"{task.source} -> {task.target}")
        else:
            click.echo(f"{task.source}: done" if state == "done" else refusal(task, state))


def scale_for(source: Photo, scale: float, size: Size) -> float:
    """The scale that gives the size asked for.

    Raises:
        PhotoError: more than one size is asked for.
    """
    wanted = [value for value in astuple(size) if value is not None]
    if len(wanted) > 1:
        raise PhotoError(
            f"{source.name}: can have one of --width, --height and --megapixels, not {len(wanted)} of them"
        )
    if size.width is not None:
        return size.width / source.width
    if size.height is not None:
        return size.height / source.height
    if size.megapixels is not None:
        return float((size.megapixels * 1e6 / (source.width * source.height)) ** 0.5)
    return scale


def sentence(source: Photo, result: Result, target: Path, seconds: float) -> str:
    """One line that says what was done, and a further one for each thing the user should know."""
    from enhance.photos.writing import moves

    redrawn = sum(face.redrawn for face in result.faces)
    faces = f"{redrawn} face{'' if redrawn == 1 else 's'} redrawn (invented detail), "
    agreement = f"agrees with the input to {result.lr_psnr:.0f} dB, {seconds:.1f} s"
    sizes = f"{source.width}x{source.height} to {result.canvas.width}x{result.canvas.height}"
    line = f"{target}: {sizes}, {faces if redrawn else ''}{agreement}"
    pages = source.frames > 1 and not moves(target)
    left = [f"only the first of {source.frames} pictures in the file: {target.suffix} holds one"] if pages else []
    return "\n  ".join([line, *result.notes, *left])
