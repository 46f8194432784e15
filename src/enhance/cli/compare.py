"""`--compare`: the same photo enlarged in several ways, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from enhance.tasks.upscale.options import SCALE

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.result import Result

COMPARED = (("pixel loss", "face_x4_pixel"), ("GAN", "face_x4_gan"))
"""What the comparison shows beside bicubic."""
CLOSE_UP = 160
"""A photo larger than this is compared by a close-up of its largest face."""


def write_comparison(
    target: Path, source: Photo, result: Result, original: Photo | None, memory: int, drawn: Result | None
) -> None:
    """Write `comparison` into a file that says what it is."""
    from enhance.photos import provenance
    from enhance.photos.writing import write

    write(provenance.labelled(comparison(source, result, original, memory, drawn), "comparison"), target)


def comparison(source: Photo, result: Result, original: Photo | None, memory: int, drawn: Result | None) -> Image:
    """Input | bicubic | pixel loss | GAN | original, of the whole picture or, of a large one, its largest face.

    Args:
        drawn: what was drawn already, four times larger.
    """
    import numpy as np

    from enhance.inference.model import Model
    from enhance.painting.background import bicubic
    from enhance.photos.canvas import to_image
    from enhance.pixels import resize
    from enhance.sheets import side_by_side
    from enhance.tasks.upscale.enhance import enhance_photo

    large = [("bicubic", bicubic(source.rgb, SCALE))]
    for name, model in COMPARED:
        # A bad photo was drawn by another network than these two, whatever was asked for.
        known = drawn is not None and drawn.model is not None and drawn.model.path == Model.load(model).path
        options = replace(result.options, scale=SCALE, model=model)
        shown = drawn if drawn is not None and known else enhance_photo(source, options, memory=memory)
        large.append((name, shown.rgb))
    height, width = source.height, source.width
    if original is not None:
        large.append(("original", np.clip(resize(original.rgb, large[0][1].shape[1::-1]), 0, 1)))
    pictures = [("input", to_image(source, source.rgb)), *((name, to_image(source, rgb)) for name, rgb in large)]
    if max(height, width) <= CLOSE_UP or not result.faces:
        return side_by_side(pictures)
    left, top, right, bottom = result.faces[0].box
    side = min(height, width, round(1.5 * max(right - left, bottom - top)))
    x = min(max(round((left + right - side) / 2), 0), width - side)
    y = min(max(round((top + bottom - side) / 2), 0), height - side)
    boxes = [(x * n, y * n, (x + side) * n, (y + side) * n) for n in (1, *[SCALE] * len(large))]
    return side_by_side([(name, image.crop(box)) for (name, image), box in zip(pictures, boxes, strict=True)])
