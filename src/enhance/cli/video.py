"""A video enhanced, saying how long it will take."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enhance.cli.console import as_line, is_quiet
from enhance.cli.targets import make_folder

if TYPE_CHECKING:
    from enhance.tasks.upscale.options import UpscaleOptions


def film(path: Path, target: Path, options: UpscaleOptions, *, as_json: bool = False) -> str:
    """Enhances a video as `video.enhance_video` is told to, saying how long it will take; what is to be said of it."""
    from enhance.tasks.upscale.video import enhance_video

    make_folder(target.parent)
    started, before = time.monotonic(), 0

    def progress(done: int, total: int) -> None:
        nonlocal before
        before = before or done - 1
        if is_quiet():
            return
        a_frame = (time.monotonic() - started) / (done - before)
        left = a_frame * (total - done) / 60
        line = f"{path}: {done:,} of {total:,} frames, {1 / a_frame:.1f} frames/s, {left:.0f} min left"
        if sys.stderr.isatty():
            click.echo(f"\r{line} ", nl=done == total, err=True)
        elif done % 100 == 0:
            click.echo(line, err=True)

    made = enhance_video(path, target, options, progress=progress)
    seconds = time.monotonic() - started
    if as_json:
        return as_line(path, target, frames=made.frames, notes=list(made.plan.notes), seconds=round(seconds, 2))
    told = f"{target}: {made.frames:,} frames (invented detail in every face), {seconds:.1f} s"
    return "\n".join((told, *(f"  {note}" for note in made.plan.notes)))
