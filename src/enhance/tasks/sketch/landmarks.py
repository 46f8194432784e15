"""Where a cat's eyes, ears, nose and chin are: thirteen points in a fixed order.

Points are arrays (13,2) of (x,y), fractions of the picture's sides. Left and right are the viewer's.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.inference import sessions
from enhance.pixels import to_float

EYE_LEFT, EYE_RIGHT, NOSE, MOUTH = 0, 1, 2, 3
EAR_LEFT = slice(4, 7)
"""The outer end of its base, its tip, the inner end of its base."""
EAR_RIGHT = slice(7, 10)
"""The inner end of its base, its tip, the outer end of its base."""
CHEEK_LEFT, CHEEK_RIGHT, CHIN = 10, 11, 12
LANDMARK_COUNT = 13
MIRRORED = [1, 0, 2, 3, 9, 8, 7, 6, 5, 4, 11, 10, 12]
"""Which point each becomes in a mirror."""

INNER, BORDER = 144, 16
"""Pixels across a picture as the network sees it, and of the mirrored border around it: ears reach beyond pictures."""
PADDED = INNER + 2 * BORDER
NETWORK = Path(__file__).parents[2] / "weights" / "sketch_cat" / "landmarks.onnx"
"""See `finder.Finder`."""


def find_landmarks(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Landmarks of cats' heads, pictures (N,H,H,3) in sRGB that they fill; (N,13,2)."""
    session = sessions.open_session(str(NETWORK))
    points_of_all = []
    for start in range(0, len(pictures), 32):
        batch = np.stack([padded(picture) for picture in pictures[start : start + 32]])
        image = to_float(batch.transpose(0, 3, 1, 2))
        (points,) = sessions.run_session(session, {"image": image}).values()
        points_of_all.append((np.float64(points) * PADDED - BORDER) / INNER)
    return np.concatenate(points_of_all)


def padded(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (H,H,3) as the network sees it, (176,176,3)."""
    small = picture if len(picture) == INNER else cv2.resize(picture, (INNER, INNER), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(small, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REFLECT_101))
