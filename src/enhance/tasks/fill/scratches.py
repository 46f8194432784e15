"""Scratches and creases of scanned prints, found by what they have in common: thin, long, and lighter than both
sides, for the paper shows.

No network: a line filter and a rule of shape. It misses what is broad, torn, faint or dark, and takes a bright wire for
a scratch; so it is asked for, and never looks by itself.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.pixels import Array, luma, to_uint8
from enhance.tasks.fill.masks import Hole

_SIDE = 1024
"""A larger picture is looked at with its longest side reduced to this."""
THIN = 9
"""Pixels within which a scratch is narrower than half: a median of so many does not see it."""
_FAINT, NOISES = 20.0, 6.0
"""Levels of 255 by which it stands out at least, and how many times the noise."""
_LONG, SLENDER = 1 / 12, 9.0
"""How long it is at least, of the picture's longest side, and how much longer than wide."""
_CROWDED = 0.22
"""Where more of what is around stands out as well, it is hair, grass or cloth."""
_AROUND = 41
_MARGIN = 2
"""Pixels around a scratch that it has paled."""


def find(rgb: Array) -> Hole:
    """The scratches of a picture (H,W,3) in [0,1]: (H,W), true where there is one; all false if there is none."""
    height, width = rgb.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    light = to_uint8(luma(rgb))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        light = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), np.uint8)
    if min(light.shape) < 2 * THIN:
        return np.zeros((height, width), bool)
    difference = light.astype(np.float32) - cv2.medianBlur(light, THIN)
    limit = max(_FAINT, NOISES * 1.4826 * float(np.median(np.abs(difference))))
    marked = slender((difference > limit).astype(np.uint8))
    grown = cv2.dilate(marked, np.ones((2 * _MARGIN + 1,) * 2, np.uint8))
    if scale < 1:
        grown = cv2.resize(grown, (width, height), interpolation=cv2.INTER_LINEAR_EXACT)
    return np.asarray(grown > 0)


def slender(marked: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of the marked parts of a picture (H,W), those that are long and thin and stand alone."""
    joined = cv2.morphologyEx(marked, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    density = cv2.blur(joined.astype(np.float32), (_AROUND, _AROUND))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    least = _LONG * max(marked.shape)
    kept = np.zeros(count, np.uint8)
    for n in range(1, count):
        left, top, across, down, area = stats[n].tolist()
        if np.hypot(across, down) < least:
            continue
        part = labels[top : top + down, left : left + across] == n
        length = np.hypot(across, down)
        crowd = float(np.median(density[top : top + down, left : left + across][part]))
        if length * length / area >= SLENDER and crowd <= _CROWDED:
            kept[n] = 1
    return kept[labels]
