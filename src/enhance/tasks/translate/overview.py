"""A photo as it is looked at as a whole: by the finder of animals, and by that of the faces beside them."""

from __future__ import annotations

import cv2
import numpy as np

from enhance.pixels import RGB, Integers, to_float

MOST_ENLARGED = 2.0
"""How far a small photo is enlarged."""


def overview(pixels: Integers, longer: int) -> RGB:
    """A photo (H,W,3) with so many pixels along its longer side, fewer if it is small, and at least 2 a side."""
    height, width = pixels.shape[:2]
    scale = min(longer / max(height, width), MOST_ENLARGED)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return to_float(np.asarray(cv2.resize(pixels, size, interpolation=method)))
