"""Which pixels of a photo are to be filled: from a picture, from boxes, or from what is transparent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from enhance.errors import PhotoError
from enhance.photos.photo import Photo, Source, read
from enhance.pixels import luma, to_float
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.scratches import find

HoleBox = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""
MaskLike = Source


def with_hole(
    photo: Photo, mask: MaskLike | None = None, boxes: Sequence[HoleBox] = (), *, scratches: bool = False
) -> tuple[Photo, Hole]:
    """A photo without the colours of its hole, and the hole.

    Args:
        mask: a picture of the photo's size, see `marked_in`, or an array (H,W) of booleans.
        boxes: further holes. Without a mask and boxes, what is more than half transparent is the hole, and the photo
            becomes opaque.
        scratches: further holes are the scratches that are found.

    Raises:
        PhotoError: the mask cannot be read or has another size, a box lies outside, nothing is to be filled, or all.
    """
    shape = photo.height, photo.width
    hole = np.zeros(shape, bool)
    if mask is not None:
        hole |= _marked(mask, photo)
    for left, top, width, height in boxes:
        part = hole[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
        if width <= 0 or height <= 0 or not part.size:
            raise PhotoError(
                f"{photo.name}: the box {left},{top},{width},{height} is empty or outside; the photo is "
                f"{shape[1]}x{shape[0]}"
            )
        part[...] = True
    if scratches:
        hole |= find(photo.rgb)
        if not hole.any():
            raise PhotoError(f"{photo.name}: no scratches were found; mark them white in a mask")
    if mask is None and not boxes and not scratches:
        if photo.alpha is None or photo.alpha.min() > np.iinfo(photo.alpha.dtype).max // 2:
            raise PhotoError(
                f"{photo.name}: nothing is more than half transparent; say with a mask or a box what to fill"
            )
        hole = photo.alpha <= np.iinfo(photo.alpha.dtype).max // 2
        photo = replace(photo, alpha=None)
    if not hole.any():
        raise PhotoError(f"{photo.name}: the mask marks nothing; what is to be filled must be white in it")
    if hole.all():
        raise PhotoError(f"{photo.name}: the mask marks all of it; something must be left to go on from")
    return _opened(photo, hole), hole


def _marked(mask: MaskLike, photo: Photo) -> Hole:
    if isinstance(mask, np.ndarray) and mask.dtype == bool and mask.ndim == 2:
        name, hole = "mask", mask
    else:
        picture = read(mask)
        name, hole = picture.name, marked_in(picture)
    if hole.shape != (photo.height, photo.width):
        sizes = f"{hole.shape[1]}x{hole.shape[0]}, the photo {photo.width}x{photo.height}"
        raise PhotoError(f"{name}: the mask is {sizes}; it must have a pixel for each of the photo's")
    return hole


def marked_in(mask: Photo) -> Hole:
    """(H,W), true where a picture is more than half as bright as white; what is transparent in it counts as black."""
    bright = luma(mask.rgb)
    return np.asarray((bright if mask.alpha is None else bright * to_float(mask.alpha)) > 0.5)


def _opened(photo: Photo, hole: Hole) -> Photo:
    """The photo as it will be filled: opaque in the hole, where its file's own colours no longer count."""
    original = photo.original
    if original is not None and photo.profile is not None:
        original = original.copy()
        original[hole] = photo.profile.from_srgb(photo.pixels)[hole]
    alpha = photo.alpha
    if alpha is not None:
        top = np.iinfo(alpha.dtype).max
        alpha = np.where(hole, top, alpha).astype(alpha.dtype)
        alpha = None if alpha.min() == top else alpha
    return replace(photo, original=original, alpha=alpha)
