"""Detection of faces in pictures, float32 (H,W,3) in [0,1]: all looks that the detector takes at one.

The detector was trained on upright faces of middle size. So it sees small pictures enlarged and large ones in parts,
and what may be a face that leans is turned until it is upright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.faces import yunet
from enhance.faces.geometry import (
    FRAME_LANDMARKS,
    Points,
    Transform,
    apply_transform,
    face_size,
    invert,
    iou,
    rotation_matrix,
    scale_of,
    similarity,
    tilt,
    warp,
)
from enhance.painting.tiles import spans
from enhance.pixels import Array, Box, resize, to_float, to_uint8

THRESHOLD = 0.7
"""By benchmarks/detectors.py, with pictures enlarged four times: nine in ten faces of 16 pixels are found and hardly
anything else; at .45 nearly all of them, and thirty false ones in six hundred pictures."""
MIN_SCORE, MIN_ROTATED_SCORE, MAX_CANDIDATES = 0.25, 0.85, 24
"""A rotated candidate needs a score of at least MIN_SCORE. Its best score over eight rotations must reach
MIN_ROTATED_SCORE. At most MAX_CANDIDATES candidates are checked per picture."""
FRAME_TO_BOX = 1.3
"""How much wider a face's frame is than the detector's box around it."""
OVERLAP = 0.3
"""Two boxes that share more of their union than this show one face."""
MAX_SIDE = 1280
ENLARGEMENT = 4.0
"""The detector sees small pictures enlarged, and large ones reduced to this longest side, which bounds the time."""
TILE_SCALE, TILE_OVERLAP = 2.0, 64
"""How much larger the detector sees the parts of a large picture, and by how much these overlap on each side."""
SMALL_PICTURE, LARGE_FACE, ANGLE_SCALE, ANGLES = 400, 32, 2.5, (-38.0, 38.0)
"""Pictures of at most so many pixels a side, in which no face of so many pixels is seen, the detector also sees so much
larger and turned by so many degrees: of faces of 16 pixels that lean by 40 and are a little blurred it found 26 in 40
before, and 39 so. It takes longer than all the other looks."""
OVERVIEW_SIDE = 320
"""Longest side of a second look, for faces that fill a larger picture."""
MIN_TILT, MAX_REFINEMENTS = 8.0, 5
"""Faces that are turned by more degrees are looked at again, so many times at most."""
VIEW_SIDE, VIEW_MARGIN = 160, 1.75
"""Side in pixels of the view in which a face is looked at again, and the view's side over the frame's."""


@dataclass(frozen=True)
class Face:
    """A face that was found.

    Attributes:
        box: left, top, right, bottom in the picture's pixels.
        score: in [0,1].
        landmarks: (5,2) left eye, right eye, nose, left and right mouth corner, as seen in the picture.
        low_confidence: whether the detector was sure of it only after it had seen it rotated.
    """

    box: Box
    score: float
    landmarks: Points
    low_confidence: bool = False


def detect(rgb: Array) -> list[Face]:
    """All faces in a picture, the largest first.

    Raises:
        MemoryError: it is too large for this machine, even in parts.
    """
    height, width = rgb.shape[:2]
    scale = min(ENLARGEMENT, MAX_SIDE / max(height, width))
    overview = min(scale, OVERVIEW_SIDE / max(height, width))
    candidates = detect_at(rgb, scale, MIN_SCORE)
    if overview < scale:
        candidates += detect_at(rgb, overview, MIN_SCORE)
    if scale < TILE_SCALE:
        candidates += detect_in_tiles(rgb, TILE_SCALE, MIN_SCORE, round(MAX_SIDE / TILE_SCALE))
    large = any(face.score >= THRESHOLD and face_size(face.landmarks) >= LARGE_FACE for face in candidates)
    if max(height, width) <= SMALL_PICTURE and not large:
        candidates += [face for angle in ANGLES for face in detect_at_angle(rgb, ANGLE_SCALE, angle, MIN_SCORE)]
    sure = [face for face in candidates if face.score >= THRESHOLD]
    doubtful = [face for face in non_maximum_suppression(candidates) if face.score < THRESHOLD]
    faces = [detect_rotated(rgb, face) for face in non_maximum_suppression(sure)]
    again = [replace(detect_rotated(rgb, doubt), low_confidence=True) for doubt in doubtful[:MAX_CANDIDATES]]
    faces += [face for face in again if face.score >= MIN_ROTATED_SCORE]
    faces = [refine_landmarks(rgb, face) for face in non_maximum_suppression(faces)]
    return sorted(faces, key=lambda face: -face_size(face.landmarks))


def detect_in_tiles(rgb: Array, scale: float, threshold: float, side: int) -> list[Face]:
    """The small faces of a picture too large to be enlarged as a whole: part by part, each so many pixels wide.

    A face counts in the one tile in which its middle lies; the tile sees TILE_OVERLAP more, and so all of a small face.
    """
    height, width = rgb.shape[:2]
    faces = []
    for down, across in product(spans(height, side, TILE_OVERLAP), spans(width, side, TILE_OVERLAP)):
        left, top = across.before, down.before
        for face in detect_at(rgb[top : down.after, left : across.after], scale, threshold):
            x, y = np.mean(face.box[::2]) + left, np.mean(face.box[1::2]) + top
            if across.start <= x < across.stop and down.start <= y < down.stop:
                faces.append(shift_face(face, left, top))
    return faces


def detect_at_angle(rgb: Array, scale: float, angle: float, threshold: float) -> list[Face]:
    """The faces of a picture that the detector sees `scale` times larger and turned by an angle in degrees."""
    height, width = rgb.shape[:2]
    rotation = scale * rotation_matrix(np.radians(angle))
    size = np.ceil(np.abs(rotation) @ (width, height))
    back = invert(np.column_stack([rotation, (size - 1) / 2 - rotation @ ((width - 1) / 2, (height - 1) / 2)]))
    # Pillow counts from the corners of pixels.
    data = np.column_stack([back[:, :2], back[:, 2] + 0.5 - back[:, :2] @ (0.5, 0.5)]).ravel().tolist()
    picture = Image.fromarray(to_uint8(rgb))
    across, down = size.astype(int).tolist()
    turned = picture.transform((across, down), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    pixels = to_float(np.asarray(turned))
    return [map_back(face, back) for face in detect_at(pixels, 1, threshold)]


def map_back(face: Face, back: Transform) -> Face:
    """A face of a turned view as it lies in the picture, to which `back` (2,3) leads, in a box that does not lean."""
    left, top, right, bottom = face.box
    x, y = apply_transform(back, np.array([((left + right) / 2, (top + bottom) / 2)]))[0].tolist()
    half = float(np.sqrt((right - left) * (bottom - top))) * scale_of(back) / 2
    return Face((x - half, y - half, x + half, y + half), face.score, apply_transform(back, face.landmarks))


def shift_face(face: Face, right: float, down: float) -> Face:
    """The same face in a picture that begins so many pixels further to the left and above."""
    x0, y0, x1, y1 = face.box
    return replace(
        face, box=(x0 + right, y0 + down, x1 + right, y1 + down), landmarks=face.landmarks + np.array([right, down])
    )


def detect_at(rgb: Array, scale: float, threshold: float) -> list[Face]:
    """Faces with at least this score, in a picture that the detector sees `scale` times larger; the surest first.

    Raises:
        MemoryError: it is too large for this machine, even in parts.
    """
    longest = max(rgb.shape[:2])
    try:
        return _detected(rgb, scale, threshold)
    except MemoryError:
        if longest <= 4 * TILE_OVERLAP:
            raise
    # Reduced to half its size it still shows the large faces, and in parts the small ones.
    parts = detect_in_tiles(rgb, scale, threshold, -(-longest // 2))
    return non_maximum_suppression(detect_at(rgb, scale / 2, threshold) + parts)


def _detected(rgb: Array, scale: float, threshold: float) -> list[Face]:
    height, width = rgb.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    across, down = (side + -side % yunet.SIZE_MULTIPLE for side in size)
    bgr = np.zeros((3, down, across), np.float32)
    for colour in range(3):
        np.multiply(resize(rgb[..., colour], size), np.float32(255), out=bgr[2 - colour, : size[1], : size[0]])
    rows = yunet.predict(bgr, threshold).astype(np.float64)
    if not len(rows):
        return []
    rows = rows[np.argsort(-rows[:, 0], kind="stable")]
    # The detector's coordinates are pixel centres already, but of the resized picture.
    ratio = np.array([size[0] / width, size[1] / height])
    points = (rows[:, 1:].reshape(-1, 7, 2) + 0.5) / ratio - 0.5
    faces = [
        Face((x0, y0, x1, y1), score, landmarks)
        for score, ((x0, y0), (x1, y1)), landmarks in zip(
            rows[:, 0].tolist(), points[:, :2].tolist(), points[:, 2:], strict=True
        )
    ]
    return non_maximum_suppression([face for face in faces if face_size(face.landmarks) >= 1])


def detect_rotated(rgb: Array, face: Face) -> Face:
    """The same face, or what may be one, with the best score over eight rotations of the picture.

    The detector was trained on upright faces: a small one that leans, or lies, gets a low score, or its chin is taken
    for the brow.
    """
    (x0, y0, x1, y1), best = face.box, face
    side = FRAME_TO_BOX * float(np.sqrt((x1 - x0) * (y1 - y0)))
    upright = (FRAME_LANDMARKS - FRAME_LANDMARKS.mean(axis=0)) * side
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    for eighth in (0.0, np.pi / 4):
        picture, transform = view(rgb, upright @ rotation_matrix(eighth).T + middle, VIEW_SIDE)
        for _ in range(4):
            found = detect_at(picture, 1, max(best.score, MIN_SCORE))
            centred = [other for other in found if _is_centred(other, VIEW_SIDE / 6, (0.5, 1.8))]
            if centred and centred[0].score > best.score:
                best = map_back(centred[0], invert(transform))
            # A quarter turn counterclockwise: what was at x, y is at y, VIEW_SIDE - 1 - x.
            picture = np.rot90(picture)
            transform = np.array([transform[1], (0, 0, VIEW_SIDE - 1) - transform[0]])
    return best


def _is_centred(face: Face, most: float, sizes: tuple[float, float]) -> bool:
    """Whether a face in a view is the one that was to be seen in it.

    Args:
        most: pixels by which its middle may lie aside.
        sizes: between which its size may be, in units of the expected one.
    """
    aside = np.hypot(*(face.landmarks.mean(axis=0) - VIEW_SIDE * FRAME_LANDMARKS.mean(axis=0)))
    return bool(aside < most and sizes[0] < face_size(face.landmarks) * VIEW_MARGIN / VIEW_SIDE < sizes[1])


def refine_landmarks(rgb: Array, face: Face) -> Face:
    """The same face with better landmarks, if it leans.

    The detector was trained on upright faces: it finds 20 degrees where a face leans by 35. So the picture is turned by
    what it finds, and it looks again.
    """
    for _ in range(MAX_REFINEMENTS):
        before = tilt(face.landmarks)
        if abs(before) < MIN_TILT:
            break
        picture, transform = view(rgb, face.landmarks, VIEW_SIDE)
        found = detect_at(picture, 1, THRESHOLD / 2)
        again = [other for other in found if _is_centred(other, VIEW_SIDE / 8, (0.6, 1.6))]
        if not again:
            break
        face = replace(face, landmarks=apply_transform(invert(transform), again[0].landmarks))
        if abs(tilt(face.landmarks) - before) < 1:
            break
    return face


def view(rgb: Array, landmarks: NDArray[np.floating], side: int) -> tuple[Array, Transform]:
    """A face upright in a picture (side,side,3), with VIEW_MARGIN around its frame; and the transform (2,3) to it."""
    transform = similarity(landmarks, landmarks_in_view(side))
    picture: Array = np.clip(warp(rgb, invert(transform), (side, side)), 0, 1)
    return picture, transform


def landmarks_in_view(side: int) -> Points:
    """Where the landmarks (5,2) of a face lie in its view."""
    return ((FRAME_LANDMARKS - 0.5) / VIEW_MARGIN + 0.5) * side - 0.5


def non_maximum_suppression(faces: Sequence[Face]) -> list[Face]:
    """Without those that overlap a surer one; the surest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(iou(face.box, other.box) <= OVERLAP for other in kept):
            kept.append(face)
    return kept
