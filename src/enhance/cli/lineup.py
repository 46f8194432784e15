"""`enhance lineup`: several faces for the same pixels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.cli.answers import KEYS, failures_told
from enhance.cli.command_options import Json, OutputFolder
from enhance.cli.console import as_line, output_options, say
from enhance.cli.pipes import STREAM, piped
from enhance.cli.targets import NO_FOLDER
from enhance.errors import PhotoError
from enhance.tasks.upscale.options import LineupOptions


@click.command()
@click.argument("photo", type=adapter.PATH)
@adapter.options(LineupOptions)
@adapter.device_option
@adapter.options(Json)
@output_options
@adapter.options(OutputFolder, unset={"output": "<name>_lineup beside it"})
def lineup(photo: Path, output: Path | None, as_json: bool, **values: Any) -> None:
    """Draw several faces for the same pixels.

    The folder gets a picture of all, each by itself, and what was measured as JSON.
    """
    from enhance.honesty.lineup import lineup_photo, write_lineup
    from enhance.photos.photo import read

    if output is None and str(photo) == STREAM:
        raise click.UsageError("- has no place beside it; name a folder with -o")
    if str(output) == STREAM:
        raise click.UsageError("- cannot hold a folder; name one with -o")
    started = time.perf_counter()
    place = output or photo.with_name(f"{photo.stem}_lineup")
    with failures_told(photo, place, as_json=as_json), piped(photo, place) as files:
        if place.is_file():
            raise PhotoError(f"{place}: {NO_FOLDER}")
        shown = lineup_photo(read(files.source), adapter.take(LineupOptions, values))
        folder = write_lineup(shown, place)
    notes = [shown.meaning(), *shown.notes, shown.warning]
    if as_json:
        seconds = round(time.perf_counter() - started, 2)
        facts = {**KEYS, **shown.facts(), "agreement": round(min(shown.lr_psnr), 2), "notes": notes}
        click.echo(as_line(photo, folder, **facts, seconds=seconds))
    else:
        say("\n  ".join([f"{folder}: {shown.sentence()}", *notes]))
