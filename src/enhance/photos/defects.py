"""Whether a face in a photo is blurred, measured in its pixels alone."""

import numpy as np

from enhance.pixels import RGB, luma

SHARP = 0.62
"""Least ratio of differences between pixels to those between pixels twice as large, in a sharp face of 16 pixels."""


def is_blurred(rgb: RGB, across: float) -> bool:
    """Whether a part of a photo (H,W,3) with a face so many pixels across its frame is blurred by half a pixel or more.

    In a sharp photo neighbours differ not much less than pixels twice as large do. The networks take a blurred face for
    what it is: blurred; only one that restores draws it sharp.
    """
    height, width = (side // 2 * 2 for side in rgb.shape[:2])
    if min(height, width) < 8:
        return False
    grey = 255 * luma(rgb[:height, :width])
    halved = grey.reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    fine, coarse = (sum(float(np.square(np.diff(x, 2, axis)).mean()) for axis in (0, 1)) for x in (grey, halved))
    # The smaller the face, the more of it is edges.
    sharp = SHARP - 0.05 * np.log2(np.clip(across, 16, 64) / 16)
    return fine < sharp**2 * coarse
