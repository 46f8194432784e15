"""An animation enhanced frame by frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.coding import FINE, Coding
from enhance.photos.photo import Photo
from enhance.photos.provenance import Stamp
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
        The first frame's result, with the agreement of the worst one and the record of all.

    Raises:
        PhotoError: a frame cannot be read, or the file cannot be written.
    """
    results: list[Result] = []

    def canvases() -> Iterator[Canvas]:
        for photo in photos:
            results.append(enhance(photo))
            yield results[-1].canvas

    def stamp() -> Stamp | None:
        stamps = [result.stamp for result in results if result.stamp is not None]
        return provenance.of_frames(stamps) if stamps else None

    def record() -> bytes | None:
        said, before = stamp(), results[0].canvas.info.get("xmp")
        return before if said is None else provenance.stamped(before, said)

    write_frames(canvases(), path, coding, record)
    return replace(
        results[0],
        frames=len(results),
        redrawn_frames=sum(any(face.redrawn for face in result.faces) for result in results),
        lr_psnr=min(result.lr_psnr for result in results),
        stamp=stamp(),
        invented=max(result.invented for result in results),
    )
