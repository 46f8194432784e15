"""Is this a face? Asked of everything before it is redrawn, because the network would make a face of anything.

Two questions, both of what the detector's landmarks enclose. Does the detector find the same face again, in the same
place, in views of three sizes? And is it a photograph at all: areas of exactly one colour are drawn, not lit.
How often either is wrong is measured by benchmarks/gate.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enhance.faces import detection, geometry
from enhance.pixels import Array

VIEWS = (112, 160, 224)
"""Sides in pixels of the views in which the face must be found again."""
MIN_DETECTION_SCORE = 0.4
"""The least mean score over the views; 0 where it is not found again."""
MAX_OFFSET = 0.15
"""It is the same face if its landmarks lie within this fraction of the frame, root mean square."""
COARSEST, _FINEST = 16, 64
"""Pixels across the frame at which areas of one colour are looked for."""
FLAT = (0.12, 0.4)
"""The share of neighbouring pixels of one colour that a photo does not reach, at the coarsest and the finest."""


def rejection_reason(rgb: Array, landmarks: NDArray[np.floating]) -> str | None:
    """Why this is not to be redrawn; None if it is a face.

    Args:
        rgb: (H,W,3) in [0,1].
        landmarks: (5,2) in its pixels; of a picture that is said to fill the frame, `aligned_landmarks`.
    """
    if detection_score(rgb, landmarks) < MIN_DETECTION_SCORE:
        return "not a face on a second look"
    if flat_fraction(rgb, landmarks) > 1:
        return "drawn, not photographed"
    return None


def aligned_landmarks(height: int, width: int) -> NDArray[np.float64]:
    """Where the landmarks (5,2) lie in a picture that is a face in the face frame."""
    landmarks: NDArray[np.float64] = geometry.FRAME_LANDMARKS * (width, height) - 0.5
    return landmarks


def detection_score(rgb: Array, landmarks: NDArray[np.floating]) -> float:
    """Mean score in [0,1] with which the detector finds the face again where its landmarks say it is."""
    return float(np.mean([_found_again(rgb, landmarks, side) for side in VIEWS]))


def _found_again(rgb: Array, landmarks: NDArray[np.floating], side: int) -> float:
    view, _ = detection.view(rgb, landmarks, side)
    goal = detection.landmarks_in_view(side)
    reach = MAX_OFFSET * side / detection.VIEW_MARGIN
    again = (
        face.score
        for face in detection.detect_at(view, 1, 0.05)
        if np.sqrt(np.square(face.landmarks - goal).sum(axis=1).mean()) < reach
    )
    return max(again, default=0.0)


def flat_fraction(rgb: Array, landmarks: NDArray[np.floating]) -> float:
    """The share of neighbouring pixels of one colour, over the share that a photo of this size does not reach."""
    # The photo's own pixels, for any resampling blurs or rings; the middle, for its borders may be continued ones.
    size = geometry.face_size(landmarks)
    across, down = geometry.similarity(geometry.FRAME_LANDMARKS, landmarks) @ (0.5, 0.5, 1)
    left, top = (max(round(place - 0.375 * size), 0) for place in (across, down))
    levels = np.round(rgb[top : top + round(0.75 * size), left : left + round(0.75 * size)] * 255)
    if min(levels.shape[:2]) < 2:
        return 0.0
    same = [(np.abs(np.diff(levels, axis=axis)).max(axis=-1) <= 1).mean() for axis in (0, 1)]
    doublings = np.log2(np.clip(size, COARSEST, _FINEST) / COARSEST) / np.log2(_FINEST / COARSEST)
    return float(np.mean(same) / (FLAT[0] + doublings * (FLAT[1] - FLAT[0])))
