"""People beside animals, who must stay people. The finder of animals takes many of them for animals, for it learnt from
masks of whatever stood in front."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.faces.detection import Face, detect_at
from enhance.pixels import Integers
from enhance.tasks.translate.overview import overview

_LOOK = 448
"""Pixels along the longer side of a photo in which faces are looked for."""
_SURE = 0.85
"""How sure the detector must be of a face. Ears and long heads of animals pass for faces up to .84."""
_UPPER = (0.9, -0.5), (0.9, 1.1), (1.7, 1.6), (1.7, 4.0)
"""The right outline of a head and what is below it down to the hips: how far from the face's middle, in widths of its
box, and how far below its top, in heights. The left one is its mirror image."""
_WHOLE = (2.25, -0.5), (2.25, 9.5)
"""The same of all the place that a person may take who stands."""
_MOSTLY = 0.5
"""A part of which a larger share lies in the places of people is nothing but people."""


def without_people(likely: NDArray[np.float32], pixels: Integers) -> NDArray[np.float32]:
    """Probabilities (h,w) of animals in a photo (H,W,3), which are zero where people are.

    Of each person with a face that is seen, head and body are taken out; and whole, what is apart from the animals and
    lies mostly in the places of people who stand.
    """
    if float(likely.max(initial=0)) < 0.5:
        return likely
    looked_at = overview(pixels, _LOOK)
    faces = detect_at(looked_at, 1, _SURE)
    if not faces:
        return likely
    smaller = np.array(likely.shape[::-1]) / looked_at.shape[1::-1]
    whole, upper = (_places(faces, outline, smaller, likely.shape) for outline in (_WHOLE, _UPPER))
    count, labels = cv2.connectedComponents((likely > 0.5).astype(np.uint8), connectivity=8)
    for n in range(1, count):
        here = labels == n
        if whole[here].mean() > _MOSTLY:
            # And its soft edge, which is less probable.
            upper |= cv2.dilate(here.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    soft = cv2.blur(upper.astype(np.float32), (3, 3))
    return (likely * (1 - soft)).astype(np.float32)


def _places(
    faces: list[Face], outline: Sequence[tuple[float, float]], smaller: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Where the people are whose faces were found, (h,w), in a picture made smaller."""
    places = np.zeros(shape, np.uint8)
    for face in faces:
        left, top, right, bottom = face.box
        around = [*outline, *((-x, y) for x, y in reversed(outline))]
        corners = np.array([(left + right) / 2, top]) + np.array(around) * [right - left, bottom - top]
        cv2.fillPoly(places, [np.rint(corners * smaller).astype(np.int32)], (1,))
    return places > 0
