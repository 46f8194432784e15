"""At which size the detail of a face lives: a blurred face of 400 pixels is no more than one of 60."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.faces.geometry import FRAME_LANDMARKS, apply_transform, face_size, invert, similarity
from enhance.pixels import Array, area_mean, luma, resize

_LEAST = 40
"""Pixels across the frame to which a face is never reduced: smaller ones are another person too easily."""
MAX_REDUCTION = 8
BLURRED = 0.46
"""What a reduction loses of a face, as a share of what one twice as strong loses: of sharp faces about .6 at any size,
since natural pictures have as much detail at each; of one that is blurred by more than the reduction, less than
this."""
SURELY_BLURRED = 0.38
"""The same of a face that is drawn again in full; between this and `BLURRED` it is drawn in part, so that nothing
changes suddenly from a face that is hardly blurred enough to one that hardly is not."""
CENTRE = (0.15, 0.2, 0.85, 0.9)
"""Left, top, right and bottom of the part of the frame that is looked at: there is no background in it."""


def effective_reduction(rgb: Array, landmarks: NDArray[np.floating], grain: float = 0.0) -> int:
    """By which whole number a face can be made smaller without losing detail, 1 to `MAX_REDUCTION`.

    Args:
        rgb: the photo (H,W,3) in [0,1], without noise: noise would be taken for detail.
        landmarks: (5,2) in its pixels.
        grain: standard deviation of what noise has left in it all the same.
    """
    size = face_size(landmarks)
    brightness = luma(_centre(rgb, landmarks))[..., None]
    best = 1
    for reduction in range(2, MAX_REDUCTION + 1):
        if size / reduction < _LEAST or min(brightness.shape[:2]) < 4 * reduction:
            break
        if _kept(brightness, reduction, grain) > BLURRED:
            break
        best = reduction
    return best


def drawn_share(rgb: Array, landmarks: NDArray[np.floating], grain: float = 0.0) -> float:
    """How much of a face that is drawn from fewer pixels than it has is pasted: 0 where it has all its detail, 1 where
    it surely lacks some.

    Args:
        rgb, landmarks, grain: as for `effective_reduction`.
    """
    brightness = luma(_centre(rgb, landmarks))[..., None]
    return float(np.clip((BLURRED - _kept(brightness, 2, grain)) / (BLURRED - SURELY_BLURRED), 0, 1))


def _kept(plane: Array, reduction: int, grain: float) -> float:
    """What a reduction loses of a plane, as a share of what one twice as strong loses, neither of them being grain."""
    fine, coarse = (max(_lost(plane, times) ** 2 - grain**2, 0) ** 0.5 for times in (reduction, 2 * reduction))
    return fine / max(coarse, 1e-6)


def _lost(plane: Array, reduction: int) -> float:
    """Root mean square of what is lost of a plane (H,W,1) that is made smaller and larger again."""
    height, width = (side // reduction * reduction for side in plane.shape[:2])
    part = plane[:height, :width]
    back = resize(area_mean(part, reduction), (width, height), method=Image.Resampling.BICUBIC)
    return float(np.square(part - back).mean()) ** 0.5


def _centre(rgb: Array, landmarks: NDArray[np.floating]) -> Array:
    """The part of a photo that shows the middle of a face."""
    to_photo = invert(similarity(landmarks, FRAME_LANDMARKS))
    left, top, right, bottom = CENTRE
    corners = apply_transform(to_photo, np.array([(x, y) for x in (left, right) for y in (top, bottom)]))
    (x0, y0), (x1, y1) = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
    return rgb[max(y0, 0) : max(y1, 1), max(x0, 0) : max(x1, 1)]
