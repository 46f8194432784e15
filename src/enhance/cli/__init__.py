"""The command line: parse, call, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import io
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import astuple, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enhance.cli import adapter
from enhance.cli.evaluate import calibrate, evaluate
from enhance.cli.fill import fill
from enhance.cli.imagine import imagine
from enhance.cli.settings import Extras, Size, accepted, settings_of
from enhance.cli.sketch import sketch
from enhance.cli.train import export, prepare, train
from enhance.cli.translate import translate
from enhance.errors import EnhanceError, PhotoError
from enhance.tasks.upscale.options import MEMORY, SCALE, LineupOptions, UpscaleOptions

if TYPE_CHECKING:
    from PIL.Image import Image

    from enhance.batch.manifest import Manifest
    from enhance.batch.plan import Task
    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.result import Result

ENDINGS = ("jpg", "png", "webp", "tiff", "bmp", "gif", "avif", "heic")
SOME_FAILED = 3
SEED = click.IntRange(min=0)
POSITIVE = click.FloatRange(min=0, min_open=True)
COMPARED = (("pixel loss", "face_x4_pixel"), ("GAN", "face_x4_gan"))
"""What the comparison shows beside bicubic."""
CLOSE_UP = 160
"""A photo larger than this is compared by a close-up of its largest face."""


class DefaultGroup(click.Group):
    """A group whose first word may be a photo instead of a command."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args:
            args = ["--help"]
        elif args[0] not in self.commands and args[0] not in ("--help", "--version"):
            args = ["photo", *args]
        return super().parse_args(context, args)

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write_usage("enhance", "PHOTO... [OPTIONS]   (see: enhance photo --help)")
        formatter.write_usage("enhance", "COMMAND [ARGS]...", prefix="       ")


@click.group(cls=DefaultGroup)
@click.version_option(package_name="enhance")
def commands() -> None:
    """Enlarges photos four times and redraws every face in them. The detail is made up: it identifies nobody."""


@commands.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO|FOLDER...")
@click.option(
    "-o", "--output", type=str, help="File to write, or folder for several photos.  [<name>_x4 beside the photo]"
)
@click.option("--format", "ending", type=click.Choice(ENDINGS), help="What to write.  [the photo's own format]")
@adapter.options(UpscaleOptions)
@click.option("--width", type=click.IntRange(min=1), help="Pixels across the result, instead of --scale.")
@click.option("--height", type=click.IntRange(min=1), help="Pixels down the result, instead of --scale.")
@click.option("--megapixels", type=POSITIVE, help="Its size, instead of --scale.")
@click.option("--memory", default=MEMORY, show_default=True, help="Megabytes to work in, besides photo and result.")
@click.option("--faces-only", type=click.Path(path_type=Path), help="Folder for each face as drawn, and where it lies.")
@click.option("--compare", is_flag=True, help="Also write input | bicubic | pixel loss | GAN side by side.")
@click.option("--original", type=click.Path(path_type=Path), help="The true large photo, to show in the comparison.")
@click.option("--max-pixels", default=90.0, show_default=True, help="Megapixels above which a photo is refused.")
@click.option("--report", is_flag=True, help="Say of each face how much was made up, and whether it is still anybody.")
@click.option("--map", "heat", is_flag=True, help="Also write where detail was made up, as heat and as numbers.")
@click.option("--mark", is_flag=True, help="Write into the corner that detail was invented.")
@click.option("--sign", type=click.Path(path_type=Path), help="Certificate (PEM) for content credentials; with --key.")
@click.option("--key", type=click.Path(path_type=Path), help="The certificate's private key (PEM).")
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
    size = Size(*(how.pop(one.name) for one in fields(Size)))
    extras = Extras(*(how.pop(one.name) for one in fields(Extras)))
    one: Callable[..., str] = enhance_file
    work = partial(one, options=options, size=size, extras=extras, overwrite=overwrite, **how)
    if len(photos) == 1 and not photos[0].is_dir() and not dry_run:
        target = target_of(photos[0], output, ending, options.scale, 1, set())
        click.echo(work(photos[0], target))
        return
    from enhance.batch.manifest import Manifest
    from enhance.batch.plan import shard_of
    from enhance.batch.processes import default_jobs
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
            jobs = jobs or default_jobs()
            summary = run(tasks, work, manifest, jobs=jobs, overwrite=overwrite, debug=debug, tell=several)
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


def tasks_of(
    photos: tuple[Path, ...], output: str | None, ending: str | None, scale: float, recursive: bool
) -> tuple[list[Task], Path | None, int]:
    """What is to be made of photos and folders, the folder of the manifest, and how many other files there are.

    A folder's tree is kept below --output, or else below <folder>_x4 beside it; of several folders, by their names.
    """
    from enhance.batch.plan import Task
    from enhance.batch.search import photos_in
    from enhance.photos.encoders import FORMATS

    tasks, others, taken = [], 0, set[Path]()
    manifest = Path(output) if output and len(photos) > 1 else None
    for path in photos:
        if not path.is_dir():
            tasks.append(Task(path, target_of(path, output, ending, scale, len(photos), taken)))
            continue
        name = path.resolve().name
        if output and Path(output).is_file():
            raise PhotoError(f"{output}: is a file; name a folder")
        into = Path(output or path.resolve().with_name(f"{name}_x{scale:g}"))
        manifest = manifest or into
        found, more = photos_in(path, FORMATS, recursive=recursive, leave=into)
        if not found:
            raise PhotoError(f"{path}: has no photos in it; --recursive looks into its folders too")
        others += more
        into = into / name if output and len(photos) > 1 else into
        for one in found:
            where = into / one.relative_to(path).parent
            try:
                tasks.append(Task(one, target_of(one, f"{where}/", ending, scale, 2, taken)))
            except PhotoError:  # there is no room for _x4 in its name, which then stays as it is
                tasks.append(Task(one, where / (f"{one.stem}.{ending}" if ending else one.name)))
    return tasks, manifest, others


def tell_plan(tasks: list[Task], manifest: Manifest | None, overwrite: bool) -> None:
    from enhance.batch.plan import identities, refusal
    from enhance.batch.run import state_of

    inputs = identities(tasks)
    for task in tasks if manifest is None else manifest.own(tasks):
        state = state_of(task, manifest, inputs)
        if state == "to do" or (overwrite and state != "done"):
            click.echo(f"{task.source} -> {task.target}")
        else:
            click.echo(f"{task.source}: done" if state == "done" else refusal(task, state))


class Teller:
    """Says what became of each photo, and on a terminal how long the rest will take."""

    def __init__(self, total: int) -> None:
        self.total, self.over, self.worked, self.started = total, 0, 0, time.monotonic()

    def __call__(self, task: Task, said: str | None, why: str | None) -> None:  # noqa: ARG002
        from enhance.batch.run import pace

        self.over, self.worked = self.over + 1, self.worked + (said is not None)
        alive = sys.stderr.isatty()
        if alive and (said or why):
            click.echo("\r\x1b[K", nl=False, err=True)
        if said:
            click.echo(said)
        if why:
            complain(why)
        if alive:
            line = pace(self.over, self.total, self.worked, time.monotonic() - self.started)
            click.echo(f"\r\x1b[K{line}", nl=self.over == self.total, err=True)


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoError(f"{folder}: cannot be made ({error.strerror}); name another folder with -o") from error


@commands.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def inspect(files: tuple[Path, ...], as_json: bool) -> None:
    """Says what files tell of how they were made: what was redrawn, by what, and who signed it."""
    from enhance.honesty import credentials

    for path in files:
        said = credentials.inspect(path)
        click.echo(json.dumps(said, ensure_ascii=False) if as_json else credentials.in_words(said))


@commands.command()
@click.argument("photo", type=click.Path(path_type=Path))
@adapter.options(LineupOptions)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write.  [<name>_lineup beside it]")
def lineup(photo: Path, output: Path | None, **how: Any) -> None:
    """Draws several faces for the same pixels: a picture of all, each by itself, and what was measured as JSON."""
    from enhance.honesty.lineup import lineup_photo, write
    from enhance.photos.photo import read

    shown = lineup_photo(read(photo), adapter.take(LineupOptions, how))
    folder = write(shown, output or photo.with_name(f"{photo.stem}_lineup"))
    click.echo(f"{folder}: {shown.sentence()}\n  {shown.warning}")


for _command in (calibrate, fill, imagine, sketch, translate, train, prepare, export, evaluate):
    commands.add_command(_command)


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--allow-host", "names", multiple=True, help="A name by which browsers may call this service.")
@click.option("--max-megabytes", default=40.0, show_default=True, type=POSITIVE, help="Of a photo's file.")
@click.option("--max-pixels", default=50.0, show_default=True, type=POSITIVE, help="Megapixels of a photo.")
@click.option("--max-drawn", default=4.0, show_default=True, type=POSITIVE, help="Megapixels enhanced at a time.")
@click.option("--seconds", default=120.0, show_default=True, type=POSITIVE, help="To receive a photo, and to draw it.")
@click.option("--places", default=8, show_default=True, type=click.IntRange(min=1), help="Photos waiting or at work.")
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    max_megabytes: float,
    max_pixels: float,
    max_drawn: float,
    seconds: float,
    places: int,
) -> None:
    """Opens the page: drop a photo, drag the slider. Nothing leaves this machine."""
    try:
        from enhance.web.server import Limits
        from enhance.web.server import serve as run
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{error.name} is missing: pip install 'enhance[web]'") from error
    click.echo(f"http://{host}:{port}/ (Ctrl-C ends it)")
    limits = Limits(
        body=round(max_megabytes * 1e6),
        read_pixels=round(max_pixels * 1e6),
        pixels=round(max_drawn * 1e6),
        seconds=seconds,
        places=places,
    )
    run(host, port, names, limits)


@commands.command()
def models() -> None:
    """Lists the shipped models."""
    from enhance.inference.model import models as shipped

    for name, facts in shipped().items():
        click.echo(f"{name}  x{facts.get('scale', 1)}  {int(facts['pictures']):,} pictures, {facts['licence']}")


def target_of(path: Path, output: str | None, ending: str | None, scale: float, count: int, taken: set[Path]) -> Path:
    """Where the enhanced photo goes: never where another of this call went, which `taken` remembers.

    Raises:
        PhotoError: one file cannot hold several photos, or the ending names no format or another than is asked for.
    """
    from enhance.photos.encoders import FORMATS
    from enhance.photos.movies import SUFFIXES as VIDEOS
    from enhance.photos.writing import format_of

    moving = path.suffix.lower() in VIDEOS
    suffix = f".{ending}" if ending else path.suffix if path.suffix.lower() in FORMATS else ".png"
    suffix = ".mp4" if moving else suffix
    name = f"{path.stem}_x{scale:g}"
    if output is None:
        folder = path.parent
    elif os.path.isdir(named := Path(output)) or output.endswith("/") or ((count > 1 or moving) and not named.suffix):  # noqa: PTH112
        if os.path.isfile(named):  # noqa: PTH113 - Path's own fail on names that are too long
            raise PhotoError(f"{output}: is a file; name a folder")
        folder = named
    elif count > 1:
        raise PhotoError(f"{output}: cannot hold {count} photos; name a folder")
    elif moving:
        return named
    else:
        if ending and format_of(named) != FORMATS[suffix]:
            raise PhotoError(f"{named}: names another format than --format {ending}; leave one of them out")
        format_of(named)
        return named
    if not moving:
        format_of(folder / f"{name}{suffix}")
    further = (f"_{n}" if n > 1 else "" for n in itertools.count(1))
    target = next(at for more in further if (at := folder / f"{name}{more}{suffix}") not in taken)
    taken.add(target)
    return target


def film(path: Path, target: Path, options: UpscaleOptions) -> str:
    """Enhances a video as `video.enhance_video` is told to, saying how long it will take."""
    from enhance.tasks.upscale.video import enhance_video

    make_folder(target.parent)
    started, before = time.monotonic(), 0

    def progress(done: int, total: int) -> None:
        nonlocal before
        before = before or done - 1
        a_frame = (time.monotonic() - started) / (done - before)
        left = a_frame * (total - done) / 60
        line = f"{path}: {done:,} of {total:,} frames, {1 / a_frame:.1f} frames/s, {left:.0f} min left"
        if sys.stderr.isatty():
            click.echo(f"\r{line} ", nl=done == total, err=True)
        elif done % 100 == 0:
            click.echo(line, err=True)

    made = enhance_video(path, target, options, progress=progress)
    told = f"{target}: {made.frames:,} frames (invented detail in every face), {time.monotonic() - started:.1f} s"
    return "\n".join((told, *(f"  {note}" for note in made.plan.notes)))


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


def mappable(drawn: Callable[[Photo], Result], photo: Photo) -> Result:
    """What is drawn of a photo, refused before it is written if there can be no map of it."""
    from enhance.honesty.report import refuse_map

    result = drawn(photo)
    refuse_map(result)
    return result


def write_faces(source: Photo, result: Result, folder: Path) -> None:
    """Writes every face as the network drew it, and <photo>_faces.json with where they lie in the photo."""
    from PIL import Image

    from enhance.files import write_atomically
    from enhance.photos.writing import write
    from enhance.pixels import to_uint8

    folder.mkdir(parents=True, exist_ok=True)
    told = []
    for n, job in enumerate(result.faces, 1):
        name = f"{Path(source.name).stem}_{n}.png"
        landmarks = job.face.landmarks.tolist()
        facts: dict[str, Any] = {"box": job.box, "lr": job.size, "redrawn": job.redrawn, "landmarks": landmarks}
        if (hr := job.upright()) is not None:
            write(Image.fromarray(to_uint8(hr)), folder / name)
            facts["file"] = name
        told.append(facts)
    text = json.dumps({"photo": source.name, "faces": told}, indent=1) + "\n"
    write_atomically(folder / f"{Path(source.name).stem}_faces.json", text.encode())


def refuse_inputs(target: Path, photos: tuple[Path, ...]) -> None:
    for path in photos:
        if target.exists() and path.exists() and target.samefile(path):
            raise PhotoError(f"{target}: is an input and is not overwritten; name another file with -o")


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


def honest_words(
    source: Photo,
    result: Result,
    original: Photo | None,
    target: Path | None,
    inputs: tuple[Path, ...],
) -> Iterator[str]:
    """What the report says; with a target, also writes the invention map beside it."""
    from PIL import Image

    from enhance.honesty import uncertainty
    from enhance.honesty.report import WARNING, band_map, report
    from enhance.photos.writing import write
    from enhance.pixels import to_uint8

    reports = report(source, result, original=original)
    yield from (one.sentence() for one in reports)
    if target is not None and result.stamp and result.stamp.invented:
        band = band_map(result, reports, source)
        numbers = Image.fromarray(to_uint8(band))
        for ending, picture in (("map", uncertainty.heat(result.rgb, band)), ("band", numbers)):
            path = target.with_name(f"{target.stem}_{ending}.png")
            refuse_inputs(path, inputs)
            write(picture, path)
            yield f"{'where it was made up' if ending == 'map' else 'by how many grey levels'}: {path}"
    if reports:
        yield WARNING


def comparison(source: Photo, result: Result, original: Photo | None, memory: int, made: Result | None) -> Image:
    """Input | bicubic | pixel loss | GAN | original, of the whole picture or, of a large one, its largest face.

    Args:
        made: what was made already, four times larger.
    """
    from enhance.inference.model import Model
    from enhance.painting.background import bicubic
    from enhance.photos.canvas import to_image
    from enhance.sheets import side_by_side
    from enhance.tasks.upscale.enhance import enhance_photo

    large = [("bicubic", bicubic(source.rgb, SCALE))]
    for name, model in COMPARED:
        # A bad photo was drawn by another network than these two, whatever was asked for.
        known = made is not None and made.model is not None and made.model.path == Model.load(model).path
        options = replace(result.options, scale=SCALE, model=model)
        shown = made if made is not None and known else enhance_photo(source, options, memory=memory)
        large.append((name, shown.rgb))
    height, width = source.height, source.width
    if original is not None:
        large.append(("original", resize_to(original, large[0][1].shape[:2])))
    pictures = [("input", to_image(source, source.rgb)), *((name, to_image(source, rgb)) for name, rgb in large)]
    if max(height, width) <= CLOSE_UP or not result.faces:
        return side_by_side(pictures)
    left, top, right, bottom = result.faces[0].box
    side = min(height, width, round(1.5 * max(right - left, bottom - top)))
    x = min(max(round((left + right - side) / 2), 0), width - side)
    y = min(max(round((top + bottom - side) / 2), 0), height - side)
    boxes = [(x * n, y * n, (x + side) * n, (y + side) * n) for n in (1, *[SCALE] * len(large))]
    return side_by_side([(name, image.crop(box)) for (name, image), box in zip(pictures, boxes, strict=True)])


def resize_to(original: Photo, shape: tuple[int, int]) -> Any:
    """An original at the size of the enlarged photo.

    Raises:
        PhotoError: it has other proportions.
    """
    from enhance.painting.background import bicubic

    scaled = bicubic(original.rgb, shape[1] / original.rgb.shape[1])
    if abs(scaled.shape[0] - shape[0]) > 2:
        raise PhotoError(f"{original.name}: has other proportions than the photo; crop it to the same part")
    import numpy as np

    short = shape[0] - scaled.shape[0]
    return np.pad(scaled, ((0, max(short, 0)), (0, 0), (0, 0)), mode="edge")[: shape[0]]


def hush() -> None:
    """Lets what libraries in C print of damaged files go nowhere; what we say goes where it went."""
    sys.stderr.flush()
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")


def complain(message: str) -> None:
    click.echo(f"enhance: {' '.join(message.split())}", err=True)


def main() -> None:
    """Runs the command line; exits with 0, 1 for our fault, 2 for bad input, 3 if of several photos some failed, 130
    when interrupted."""
    debug = "--debug" in sys.argv
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text
    try:
        code = commands.main(standalone_mode=False)
    except EnhanceError as error:
        if debug:
            raise
        complain(str(error))
        sys.exit(error.exit_code)
    except click.ClickException as error:
        complain(f"{error.format_message()} (see: enhance --help)")
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        complain(f"internal error: {type(error).__name__}: {error}; run again with --debug and report what it shows")
        sys.exit(1)
    sys.exit(code or 0)
