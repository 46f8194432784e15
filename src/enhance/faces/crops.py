"""Faces cut out of a photo where they lie and as they lean, and drawn ones pasted back. Pictures are float32 (H,W,3) in
[0,1]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.faces.geometry import (
    FRAME_LANDMARKS,
    Transform,
    apply_transform,
    coordinates,
    enlarge_transform,
    face_size,
    invert,
    scale_of,
    shift_transform,
    similarity,
    warp_to_frame,
)
from enhance.pixels import Array, PixelBox, area_mean, resize

SOLID, ROUNDNESS = 0.72, 4
"""The mask's contours are |x|^ROUNDNESS + |y|^ROUNDNESS = r^ROUNDNESS over the frame's [-1,1]: it is full up to r =
SOLID and nothing from r = 1. The chin and the brows lie at about r = .85."""
_MULTIPLE = 4
"""The networks work at a quarter of the resolution, too."""
PATCHES = 6
"""Colours are matched over squares of 1/PATCHES of the frame: finer would undo what the network drew."""


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """A face as it lies in the photo, in the photo's own pixels: none is moved, so nothing is lost by resampling.

    Attributes:
        lr: (h,w,3) in [0,1]; beyond the photo its edge pixels are repeated.
        left, top: of the photo's pixels, the first that is in it; negative beyond the photo.
        to_frame: (2,3), from its pixels to the face frame, as fractions of its sides.
        size: pixels across the face frame from which it is drawn. A face in a video keeps this while it moves.
        reduction: by which whole number it is made smaller before it is drawn; see `resolution.effective_reduction`.
    """

    lr: Array
    left: int
    top: int
    to_frame: Transform
    size: int
    reduction: int = 1

    def reduced(self) -> FaceCrop:
        """The face at the size from which it is drawn: a crop by itself, of no photo."""
        if self.reduction == 1:
            return self
        small = area_mean(self.lr, self.reduction)
        return FaceCrop(small, 0, 0, enlarge_transform(self.to_frame, 1 / self.reduction), self.size)

    @property
    def quarter_turns(self) -> int:
        """By how many right angles it is to be turned counterclockwise, as `numpy.rot90` does, to be nearly upright."""
        return round(np.degrees(np.arctan2(-self.to_frame[1, 0], self.to_frame[0, 0])) / 90) % 4

    @property
    def coordinates(self) -> Array:
        """(3,h,w): where its pixels lie in the frame, see `geometry.coordinates`."""
        return coordinates(self.to_frame, *self.lr.shape[:2])

    def upright(self, drawn: Array) -> Array:
        """What was drawn of it, (s*h,s*w,3) for a scale s, as a face upright in its frame, (s*size,s*size,3)."""
        scale = len(drawn) / len(self.lr)
        return warp_to_frame(drawn, enlarge_transform(self.to_frame, scale), round(scale * self.size * self.reduction))

    def inside(self, box: PixelBox) -> PixelBox:
        """The part of it that lies in a box of the photo, as a box of the photo."""
        height, width = self.lr.shape[:2]
        left, right = (min(max(x, box[0]), box[2]) for x in (self.left, self.left + width))
        top, bottom = (min(max(y, box[1]), box[3]) for y in (self.top, self.top + height))
        return left, top, right, bottom

    def mask(self, scale: int) -> Array:
        """How much of each drawn pixel is pasted, (scale*h,scale*w) in [0,1], see `mask`."""
        height, width = self.lr.shape[:2]
        x, y, _ = coordinates(enlarge_transform(self.to_frame, scale), scale * height, scale * width)
        return mask(np.stack([x, y], -1))


def crop_face(rgb: Array, landmarks: NDArray[np.floating], size: int | None = None, reduction: int = 1) -> FaceCrop:
    """All that the frame of a face covers of a photo, and a little around it.

    Args:
        rgb: (H,W,3) in [0,1].
        landmarks: (5,2) in its pixels.
        size: as in `FaceCrop`; None: as many as the photo has, divided by the reduction.
        reduction: as in `FaceCrop`.
    """
    to_frame = similarity(landmarks, FRAME_LANDMARKS)
    corners = apply_transform(invert(to_frame), np.array([(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)]))
    side = int(np.ceil(np.ptp(corners, axis=0).max() / (_MULTIPLE * reduction))) * _MULTIPLE * reduction
    left, top = np.floor(corners.mean(axis=0) - side / 2 + 1).astype(int)
    rows = np.clip(np.arange(top, top + side), 0, rgb.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, rgb.shape[1] - 1)
    return FaceCrop(
        rgb[rows[:, None], columns],
        int(left),
        int(top),
        shift_transform(to_frame, int(left), int(top)),
        max(round(face_size(landmarks) / reduction), 1) if size is None else size,
        reduction,
    )


def aligned_crop(rgb: Array) -> FaceCrop:
    """A picture (H,W,3) that fills the face frame."""
    height, width = rgb.shape[:2]
    to_frame = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height]])
    return FaceCrop(rgb, 0, 0, to_frame, max(height, width))


def paste_crop(hr: Array, box: PixelBox, crop: FaceCrop, drawn: Array, share: float = 1.0) -> None:
    """Paste what was drawn of a crop into hr, the enlarged part of the photo in `box`; both are enlarged alike.

    Args:
        share: as for `paste`.
    """
    left, top, right, bottom = here = crop.inside(box)
    if left == right or top == bottom:
        return
    scale = len(drawn) // len(crop.lr)
    to_frame = enlarge_transform(shift_transform(crop.to_frame, left - crop.left, top - crop.top), scale)
    there = hr[slices(here, box[0], box[1], scale)]
    paste(there, drawn[slices(here, crop.left, crop.top, scale)], to_frame, share)


def slices(box: PixelBox, left: int, top: int, scale: int) -> tuple[slice, slice]:
    """Rows and columns of a box of the photo in an enlargement that begins at the photo's pixel (left, top)."""
    rows, columns = (scale * (box[1] - top), scale * (box[3] - top)), (scale * (box[0] - left), scale * (box[2] - left))
    return slice(*rows), slice(*columns)


def paste(canvas: Array, face: Array, to_frame: Transform, share: float = 1.0) -> None:
    """Paste a face over a picture of the same size through a soft mask, in the colours that are there.

    Args:
        canvas: (h,w,3) in [0,1]; it is changed where the frame covers it.
        face: (h,w,3) in [0,1].
        to_frame: (2,3) from the pixels of both to the face frame, as fractions of its sides.
        share: how much of the face is pasted where the mask is full, in [0,1].
    """
    height, width = canvas.shape[:2]
    points = np.moveaxis(coordinates(to_frame, height, width)[:2], 0, -1)
    inside = (np.abs(points).max(axis=-1) < 1).astype(np.float32)
    turn = np.abs(to_frame[:, 0]).sum() / scale_of(to_frame)
    drawn = face + smooth(canvas - face, inside, turn / scale_of(to_frame))
    canvas += np.float32(share) * mask(points)[..., None] * (np.clip(drawn, 0, 1) - canvas)


def mask(points: NDArray[np.floating]) -> Array:
    """How much of a drawn face is pasted over the photo at points (...,2) of the frame, which reaches from -1 to 1: in
    [0,1], 0 at the frame's borders."""
    radius = (np.abs(points) ** ROUNDNESS).sum(axis=-1) ** (1 / ROUNDNESS)
    t = np.clip((1 - radius) / (1 - SOLID), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def smooth(values: Array, weight: Array, frame: float) -> Array:
    """Weighted means of (H,W,3) over patches of a frame of so many pixels, joined smoothly."""
    height, width = weight.shape
    grid = max(1, round(PATCHES * width / frame)), max(1, round(PATCHES * height / frame))
    sums = np.concatenate([values * weight[..., None], weight[..., None]], -1)
    coarse = resize(sums, grid, method=Image.Resampling.BILINEAR)
    fine = resize(coarse, (width, height), method=Image.Resampling.BILINEAR)
    return (fine[..., :3] / np.maximum(fine[..., 3:], 1e-3)).astype(np.float32)
