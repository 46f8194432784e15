"""`enhance lineup`: several faces for the same pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.cli.asked import OutputFolder
from enhance.cli.console import output_options, say
from enhance.tasks.upscale.options import LineupOptions


@click.command()
@click.argument("photo", type=click.Path(path_type=Path))
@adapter.options(LineupOptions)
@adapter.device_option
@output_options
@adapter.options(OutputFolder, unset={"output": "<name>_lineup beside it"})
def lineup(photo: Path, output: Path | None, **how: Any) -> None:
    """Draws several faces for the same pixels: a picture of all, each by itself, and what was measured as JSON."""
    from enhance.honesty.lineup import lineup_photo, write_lineup
    from enhance.photos.photo import read

    shown = lineup_photo(read(photo), adapter.take(LineupOptions, how))
    folder = write_lineup(shown, output or photo.with_name(f"{photo.stem}_lineup"))
    say(f"{folder}: {shown.sentence()}\n  {shown.meaning()}\n  {shown.warning}")
