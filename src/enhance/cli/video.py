"""A video enhanced, saying how long it will take."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from enhance.cli.console import as_line, is_quiet, print_error
from enhance.cli.targets import make_folder
from enhance.counts import counted

if TYPE_CHECKING:
    from enhance.tasks.upscale.options import UpscaleOptions

EVERY = 100
"""Frames after which a line is written where there is no terminal."""


def film(path: Path, target: Path, options: UpscaleOptions, *, as_json: bool = False) -> str:
    """Enhance a video as `video.enhance_video` is told to, saying how long it will take; what is to be said of it."""
    from enhance.photos import movies
    from enhance.progress import Bar
    from enhance.tasks.upscale.video import enhance_video

    movies.refuse(path, target)
    make_folder(target.parent)
    started = time.monotonic()
    with ExitStack() as stack:
        shown = None if is_quiet() else stack.enter_context(Bar(str(path)))

        def progress(done: int, total: int) -> None:
            if shown is not None and (shown.bar is not None or done % EVERY == 0):
                pace = done / (time.monotonic() - started)
                shown.show(done / total, f"{done:,} of {total:,} frames, {pace:.1f} frames/s")

        try:
            enhanced = enhance_video(path, target, options, progress=progress)
        except KeyboardInterrupt:
            print_error("stopped: the same command goes on behind the last whole part")
            raise
    seconds = time.monotonic() - started
    if as_json:
        return as_line(path, target, frames=enhanced.frames, notes=list(enhanced.plan.notes), seconds=round(seconds, 2))
    message = f"{target}: {counted(enhanced.frames, 'frame')} (detail in redrawn faces is invented), {seconds:.1f} s"
    return "\n".join((message, *(f"  {note}" for note in enhanced.plan.notes)))
