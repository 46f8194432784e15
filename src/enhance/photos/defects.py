"""What is wrong with a photo: noise, the blocks of JPEG, blur. Measured in its pixels alone."""

import numpy as np

from enhance.pixels import RGB, luma

GRAINY = 2.4
"""Standard deviation of noise in grey levels of 255 from which a photo is taken for grainy: from there on a face is
nearer to the truth when it is restored than when it is held to every pixel."""
ROUGH = 7.0
"""The same from which a network that was never shown noise draws worms of it, where bicubic only blurs."""
BLOCKY = 0.4
"""By which share steps at the borders of JPEG's blocks of BLOCK pixels exceed others in a photo taken for blocky."""
BLOCK = 8
SHARP = 0.62
"""Least ratio of differences between pixels to those between pixels twice as large, in a sharp face of 16 pixels."""


def defect(rgb: RGB, noise: float | None = None) -> str | None:
    """What about a photo (H,W,3) in [0,1] should not be kept, in words; None if all of it may be.

    To agree with a grainy or blocky photo to the last pixel is to keep its grain and its blocks.

    Args:
        noise: its `noise_level`, where that is known already.
    """
    noise = noise_level(rgb) if noise is None else noise
    if noise > GRAINY:
        return f"the photo is grainy (noise of about {noise:.0f} grey levels)"
    if blockiness(rgb) > BLOCKY:
        return "the photo shows JPEG blocks"
    return None


def noise_level(rgb: RGB) -> float:
    """Standard deviation of the noise in a photo (H,W,3), in grey levels of 255; 0 for less than 32 pixels a side.

    From the finest diagonal wavelet of each colour (Donoho and Johnstone, "Ideal spatial adaptation by wavelet
    shrinkage", Biometrika 1994), in the calmest tenth of the photo: noise is everywhere, fine detail is not. The tenth
    quantile of the medians of 64 such differences is .546 of the deviation.
    """
    height, width = (side // 16 * 16 for side in rgb.shape[:2])
    if min(height, width) < 32:
        return 0.0
    deviations = []
    for colour in range(3):
        plane = rgb[:height, :width, colour] * 255
        diagonal = (plane[::2, ::2] - plane[1::2, ::2] - plane[::2, 1::2] + plane[1::2, 1::2]) / 2
        patches = np.abs(diagonal).reshape(height // 16, 8, width // 16, 8).swapaxes(1, 2).reshape(-1, 64)
        # A patch of one colour was clipped, or painted: it says nothing of noise elsewhere.
        levels = np.median(patches[patches.max(1) > 0], axis=1) if patches.any() else np.zeros(1)
        deviations.append(float(np.quantile(levels, 0.1)) / 0.546)
    return sum(deviations) / 3


def blurred(rgb: RGB, across: float) -> bool:
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


def blockiness(rgb: RGB) -> float:
    """By which share the steps between JPEG's blocks exceed those elsewhere in a photo (H,W,3).

    That of rows or of columns, whichever is less. Steps are second differences, so that slopes
    do not count; 0 for less than six blocks a side.
    """
    grey = 255 * luma(rgb)
    if min(grey.shape) < 6 * BLOCK:
        return 0.0
    ratios = []
    for plane in (grey, grey.T):
        rough = np.abs(2 * np.diff(plane, axis=0)[1:-1] - np.diff(plane, axis=0)[:-2] - np.diff(plane, axis=0)[2:])
        # Row n of these is the step between rows n + 1 and n + 2.
        lines = np.minimum(rough, 30).mean(axis=1)
        border = (np.arange(len(lines)) + 2) % BLOCK == 0
        ratios.append(float(lines[border].mean() / max(lines[~border].mean(), 0.5) - 1))
    return min(ratios)
