"""An animation enhanced frame by frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from enhance.photos.canvas import Canvas
from enhance.photos.coding import FINE, Coding
from enhance.photos.photo import Photo
from enhance.photos.writing import write_frames
from enhance.tasks.upscale.result import Result


def enhance_frames(
    photos: Iterable[Photo], enhance: Callable[[Photo], Result], path: str | os.PathLike[str], coding: Coding = FINE
) -> Result:
    """Enhance an animation frame by frame and write it.

    Args:
        photos: its frames, as `photo.frames` gives them.
        enhance: `enhance_photo` with its options.
        path: the file to write, in a format that moves.
        coding: how much it keeps.

    Returns:
        The first frame's result, with the agreement of the worst one.

    Raises:
        PhotoError: a frame cannot be read, or the file cannot be written.
    """
    results: list[Result] = []

    def canvases() -> Iterator[Canvas]:
        for photo in photos:
            results.append(enhance(photo))
            yield results[-1].canvas

    write_frames(canvases(), path, coding)
    return replace(results[0], frames=len(results), lr_psnr=min(result.lr_psnr for result in results))
