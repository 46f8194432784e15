"""Faces that a hole hides in part: drawn in their frame, where the second eye has its place, and put back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.faces import crops, detection, geometry
from enhance.faces.detection import Face
from enhance.pixels import Array, Box, rescale
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import FACE_FILL, PHOTO_FILL, Painter

FRAMES = 64, 128
"""Pixels across the frames that the network was taught."""
_LARGEST = 512
"""A face is refined up to so many pixels across its frame."""
_HIDDEN = 0.01
"""The least share of its frame that a hole hides of a face that is drawn again."""
_SEEN = 8
"""How much more a landmark counts that is seen than one that is hidden and only guessed."""
_SMALLEST = 16
"""A face of fewer pixels across its frame stays as it is."""
SEARCHED = 640
"""Longest side of the picture in which faces are looked for."""
_SURE = 0.6
"""How sure the detector must be. What was filled so far makes it less so of a face that is hidden in part."""
SEAM = 4
"""Pixels of the hole over which a face takes on the colours around it."""
MIRRORED = 0.9
"""How much the mirror image counts deep in a hole, the rest being what was drawn; chosen by training faces held out."""
_DEEP, _WHOLE, _THICK = 1 / 16, 1 / 32, 1 / 4
"""In sides of the frame: how deep in a hole it counts so much, how far from where it is not seen itself, and how deep a
hole must be somewhere; of a thinner one the network draws the more, the thinner it is."""


@dataclass(frozen=True)
class Completed:
    """A face that was completed.

    Attributes:
        box: left, top, right, bottom of its frame in the photo's pixels.
        hidden: the share of its frame that the hole hides.
        size: pixels across its frame in the photo.
    """

    box: Box
    hidden: float
    size: int


def frame_coordinates(size: int) -> Array:
    """Where the squares of 4 pixels of a frame of so many pixels lie in it, as in `networks`, which needs torch."""
    squares = (np.arange(size // painting.GRID, dtype=np.float32) + 0.5) / (size // painting.GRID) * 2 - 1
    fine = np.full((len(squares),) * 2, np.log2(size / 128), np.float32)
    return np.stack([np.broadcast_to(squares, fine.shape), np.broadcast_to(squares[:, None], fine.shape), fine])


def complete(painter: Painter, frame: Array, hole: Hole, size: int, seed: int, *, refined: bool = True) -> Array:
    """A face in its frame with the hole filled.

    Args:
        painter: a network for faces.
        frame: (S,S,3) in [0,1]; a face upright in its frame.
        hole: (S,S).
        size: pixels across the frame that the face has detail for.
        refined: whether the network for anything refines it beyond the sizes of faces.
    """
    side = next((n for n in FRAMES if size <= 1.25 * n), FRAMES[-1])
    small, small_hole = _resized(frame, side), _resized(hole[..., None].astype(np.float32), side)[..., 0] > 0.02
    noise = painter.noise(seed, side, side, 0)
    drawn = painter(small, small_hole.astype(np.float32), noise, frame_coordinates(side))
    while refined and side < min(len(frame), _LARGEST):
        side *= 2
        here = _resized(hole[..., None].astype(np.float32), side)[..., 0] > 0.02
        finer = np.where(here[..., None], painting.doubled(drawn), _resized(frame, side))
        painting.fill_by_network(Painter.load(PHOTO_FILL), finer, here, seed, holds=painting.DRAFT)
        drawn = finer
    return like_other_half(_resized(drawn, len(frame)), frame, hole)


def like_other_half(drawn: Array, frame: Array, hole: Hole) -> Array:
    """A face whose hole is drawn after its mirror image, where that is seen.

    Near the edge of the hole the network knows better what goes on there; deep in it, it draws somebody else.

    Args:
        drawn: (S,S,3), the face as the network completed it.
        frame: (S,S,3), the face that was given.
        hole: (S,S).
    """
    seen = ~hole[:, ::-1]
    depth, from_unseen = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 5) / len(hole) for part in (hole, seen)
    )
    share = MIRRORED * min(1, float(depth.max()) / _THICK)
    weight = (share * np.clip(depth / _DEEP, 0, 1) * np.clip(from_unseen / _WHOLE, 0, 1))[..., None]
    return np.asarray(drawn + weight * (frame[:, ::-1] - drawn), np.float32)


def _resized(picture: Array, side: int) -> Array:
    """A square picture (S,S,C) at another size: averaged to a smaller one, bicubic to a larger one."""
    if len(picture) == side:
        return picture
    interpolation = cv2.INTER_AREA if side < len(picture) else cv2.INTER_CUBIC
    output = np.asarray(cv2.resize(picture, (side, side), interpolation=interpolation), np.float32)
    return np.clip(output.reshape(side, side, -1), 0, 1)


def around_hole(rgb: Array, hole: Hole) -> list[Face]:
    """Find faces in a picture (H,W,3) whose hole is filled already, the surest first.

    One look has to do: a face that is hidden in part is large in what surrounds the hole, or hardly worth it.
    """
    scale = min(detection.ENLARGEMENT, SEARCHED / max(hole.shape))
    searched = rgb
    if scale < 1:
        searched, scale = rescale(rgb, scale), 1.0
    ratio = np.array([rgb.shape[1] / searched.shape[1], rgb.shape[0] / searched.shape[0]])
    faces = []
    for face in detection.detect_at(searched, scale, _SURE):
        landmarks = (detection.refine_landmarks(searched, face).landmarks + 0.5) * ratio - 0.5
        x0, y0, x1, y1 = (float(v) for v in (np.array(face.box).reshape(2, 2) * ratio).ravel())
        faces.append(Face((x0, y0, x1, y1), face.score, trusted(landmarks, hole)))
    return faces


def trusted(landmarks: NDArray[np.floating], hole: Hole) -> NDArray[np.float64]:
    """Landmarks (5,2) of a whole face that agrees with those that are seen more than with those in the hole."""
    rows = np.clip(np.round(landmarks[:, 1]).astype(int), 0, hole.shape[0] - 1)
    columns = np.clip(np.round(landmarks[:, 0]).astype(int), 0, hole.shape[1] - 1)
    counts = np.where(hole[rows, columns], 1, _SEEN)
    if len(set(counts.tolist())) == 1:
        return landmarks.astype(np.float64)
    to_photo = geometry.similarity(geometry.FRAME_LANDMARKS.repeat(counts, 0), landmarks.repeat(counts, 0))
    return np.asarray(geometry.FRAME_LANDMARKS @ to_photo[:, :2].T + to_photo[:, 2])


def complete_face(rgb: Array, hole: Hole, face: Face, seed: int) -> Completed | None:
    """Draw a face into the hole of a picture; None if the hole does not touch it.

    Args:
        rgb: (H,W,3) in [0,1], the hole filled already: what is drawn goes into it.
        hole: (H,W).
    """
    native = geometry.face_size(face.landmarks)
    if native < _SMALLEST:
        return None
    side = min(_LARGEST, max(FRAMES[0], 64 * round(native / 64)))
    box = _box_of(geometry.similarity(face.landmarks, geometry.FRAME_LANDMARKS * side - 0.5), side)
    more = SEAM + round(native / 8)
    left, top = max(int(box[0]) - more, 0), max(int(box[1]) - more, 0)
    here = slice(top, max(int(box[3]) + more, 0)), slice(left, max(int(box[2]) + more, 0))
    photo, part = rgb[here], hole[here]
    if not part.any():
        return None
    landmarks = face.landmarks - (left, top)
    marked = np.repeat(part[..., None].astype(np.float32), 3, -1)
    hidden, to_frame = geometry.align(marked, landmarks, side)
    inside = hidden[..., 0] > 0.02
    if inside.mean() < _HIDDEN:
        return None
    frame, _ = geometry.align(photo, landmarks, side)
    # Beyond the photo nothing is known either.
    there = geometry.apply_transform(geometry.invert(to_frame), pixels_of(side, side)) + np.array([left, top])
    beyond = ((there < -0.5) | (there > np.array(hole.shape[::-1]) - 0.5)).any(-1)
    output = complete(Painter.load(FACE_FILL), frame, inside | beyond, round(native), seed)
    paste_face(photo, part, output, to_frame)
    return Completed(box, float(inside.mean()), round(native))


def pixels_of(height: int, width: int) -> NDArray[np.float64]:
    """The coordinates x, y of all pixels of a picture, (height,width,2)."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y], -1).astype(np.float64)


def _box_of(to_frame: geometry.Transform, side: int) -> Box:
    """The upright box of the photo around a frame of so many pixels, to which `to_frame` (2,3) leads."""
    corners = np.array([(x, y) for x in (-0.5, side - 0.5) for y in (-0.5, side - 0.5)])
    corners = geometry.apply_transform(geometry.invert(to_frame), corners)
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    return float(left), float(top), float(right), float(bottom)


def paste_face(rgb: Array, hole: Hole, face: Array, to_frame: geometry.Transform) -> None:
    """Put a face drawn in its frame into the hole of rgb, softly where the frame ends within it."""
    drawn = np.clip(geometry.warp(face, to_frame, hole.shape), 0, 1)
    within = geometry.apply_transform(to_frame, pixels_of(*hole.shape[:2]))
    weight = np.where(hole, crops.mask(2 * (within + 0.5) / len(face) - 1), np.float32(0))[..., None]
    rgb += weight * (matched(drawn, rgb, hole) - rgb)


def matched(drawn: Array, rgb: Array, hole: Hole) -> Array:
    """A drawn picture whose first `SEAM` pixels within the hole run into what rgb shows around it.

    On its way through the frame what is known was sampled twice: by how much it differs from itself just outside the
    hole, the drawn picture is put right just inside.
    """
    outside = (~hole).astype(np.float32)
    error = np.concatenate([(rgb - drawn) * outside[..., None], outside[..., None]], -1)
    spread = cv2.GaussianBlur(error, (0, 0), SEAM / 2)
    distance = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    fade = np.clip(1 - distance / SEAM, 0, 1)[..., None]
    return np.asarray(np.clip(drawn + fade * spread[..., :3] / np.maximum(spread[..., 3:], 1e-3), 0, 1), np.float32)
