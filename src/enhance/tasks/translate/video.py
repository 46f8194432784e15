"""Videos whose animals are redrawn, frame by frame: each frame is a photo of its own, so patterns may flicker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from enhance.counts import counted
from enhance.errors import PhotoError
from enhance.photos import movies
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo
from enhance.tasks.translate.options import TranslateOptions
from enhance.tasks.translate.translate import INVENTED_PARTS, PLURAL, translate_photo


@dataclass(frozen=True)
class TranslatedVideo:
    """What was made of a video: how many frames it has, and in how many of them animals were redrawn."""

    frames: int
    redrawn: int
    options: TranslateOptions

    def sentence(self) -> str:
        """One honest line."""
        frames = counted(self.frames, "frame")
        if not self.redrawn:
            found = f"no {self.options.source} found in {frames}"
            return f"{found}, nothing drawn (--force takes whole frames for one)"
        source, to = PLURAL[self.options.source], PLURAL[self.options.to]
        what = f"{source} redrawn as {to} in {self.redrawn:,} of {frames}"
        return f"{what}: {INVENTED_PARTS[self.options.to]}, anew in every frame, so they flicker"


def translate_video(
    path: Path, target: Path, options: TranslateOptions | None = None, *, progress: Callable[[int, int], object] = max
) -> TranslatedVideo:
    """Redraw the animals in every frame of a video; its sound is copied. Where no frame shows any, nothing is written.

    Args:
        path: any file that FFmpeg reads.
        target: .mp4, .m4v, .mov or .mkv.
        progress: receives the number of frames that are done, and about how many there are.

    Raises:
        PhotoError: it cannot be read or written, or has no pictures.
        ModelError: a network is not there.
        EnhanceError: PyAV is missing.
    """
    options = options or TranslateOptions()
    if target.is_file() and path.is_file() and target.samefile(path):
        raise PhotoError(f"{target}: is the input and is not overwritten; name another file with -o")
    redrawn = 0

    def drawn(frame: Photo) -> Canvas:
        nonlocal redrawn
        output = translate_photo(frame, options)
        redrawn += output.stamp is not None
        return output.canvas

    count = movies.redraw(path, target, drawn, lambda: movies.REDRAWN if redrawn else None, progress)
    return TranslatedVideo(count, redrawn, options)
