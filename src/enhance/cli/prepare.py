"""`enhance prepare`: from photos to a set to train on, a folder of pictures or of tar files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enhance.cli import adapter
from enhance.cli.command_options import Many
from enhance.cli.console import SOME_FAILED, is_debugging, output_options, print_error, say, silence_stderr
from enhance.counts import counted
from enhance.options import option

if TYPE_CHECKING:
    from enhance.batch.plan import PhotoTask


@dataclass(frozen=True)
class PrepareOptions:
    """What is cut out of photos, and how it is written."""

    out: Path | None = option(None, "Folder for the faces.", kind=Path, required=True)
    size: int = option(128, "Pixels across the face frame.", least=64)
    crops: bool = option(False, "Cut out squares of anything, for photo_x4, instead of faces.")
    tars: int | None = option(
        None, "Write tar files (WebDataset), each of so many photos, in several processes.", kind=int, least=1
    )


@click.command()
@click.argument("photos", nargs=-1, required=True, type=adapter.PATH)
@adapter.options(PrepareOptions)
@adapter.options(Many, without=("recursive", "again", "shard", "dry_run"), unset={"jobs": "half the cores"})
@adapter.device_option
@output_options
def prepare(photos: tuple[Path, ...], **values: Any) -> None:
    """Cut the faces out of photos, aligned, to train on them."""
    from enhance.datasets import preparation

    options, many = adapter.take(PrepareOptions, values), adapter.take(Many, values)
    assert options.out is not None
    if options.tars is not None:
        if not is_debugging():
            silence_stderr()
        prepare_tars(photos, options, many)
        return
    if many != Many():
        raise click.UsageError("--jobs, --engine, --address and --cpus go with --tars")
    what, cut = ("crop", preparation.crops) if options.crops else ("face", preparation.prepare)
    say(f"{options.out}: {cut(photos, options.out, size=options.size).sentence(what)}")


def prepare_tars(photos: tuple[Path, ...], options: PrepareOptions, many: Many) -> None:
    """Write tar files by the engine that is asked for; those that an earlier run finished stay.

    Raises:
        DataError: there are no photos, nothing in them is worth learning from, or the folder cannot be written to.
    """
    from enhance.batch.manifest import Manifest
    from enhance.batch.run import run
    from enhance.cli.engines import engine_of
    from enhance.datasets import preparation

    assert options.out is not None
    cut = preparation.cut_squares if options.crops else preparation.cut_faces
    counts = preparation.Prepared()

    def on_done(_: PhotoTask, message: str | None, error: str | None) -> None:
        if message is not None:
            for line in counts.add(message):
                print_error(line)
        if error is not None:
            print_error(error)

    files = preparation.files_of(photos, options.out)
    with preparation.writing_into(options.out):
        tasks = list(_planned(files, options))
    manifest = Manifest(options.out, f"prepare {options.size} {'squares' if options.crops else 'faces'}")
    with manifest.kept():
        work = partial(preparation.to_tar, size=options.size, cut=cut)
        engine, ahead = engine_of(many, work, remember=True, debug=is_debugging())
        summary = run(tasks, engine, manifest, ahead=ahead, on_done=on_done)
    if summary.enhanced == len(tasks) and not counts.written:
        raise preparation.nothing(counts, options.size, crops=options.crops)
    tars = f"{counted(summary.enhanced, 'tar file')}, {summary.skipped:,} done before, {len(summary.failed):,} failed"
    say(f"{options.out}: {tars}; {counts.sentence('crop' if options.crops else 'face')}; {summary.seconds:.1f} s")
    if summary.failed:
        sys.exit(SOME_FAILED)


def _planned(paths: list[Path], options: PrepareOptions) -> Iterator[PhotoTask]:
    """A file with the names of so many photos, and the tar that is made of them."""
    from enhance.batch.plan import PhotoTask
    from enhance.files import write_atomically

    assert options.out is not None
    assert options.tars is not None
    for n, start in enumerate(range(0, len(paths), options.tars)):
        names = options.out / f".{n:05}.names"
        text = b"".join(os.fsencode(path.resolve()) + b"\0" for path in paths[start : start + options.tars])
        if not names.exists() or names.read_bytes() != text:
            write_atomically(names, text)
        yield PhotoTask(str(names), str(options.out / f"{n:05}.tar"))
