"""The face frame, and how pictures are moved into it. Pictures are float32 (H,W,3) in [0,1].

The face frame is a square in which the five landmarks of every face lie near FRAME_LANDMARKS. Coordinates are those of
pixel centres: the first pixel's is (0, 0), and the point at fraction f of a side of n pixels is at f * n - .5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.inference.model import TRAINED
from enhance.pixels import Array, Box, resize

Points = NDArray[np.float64]
Transform = NDArray[np.float64]

FRAME_LANDMARKS: Points = np.array([(0.344, 0.398), (0.652, 0.398), (0.498, 0.566), (0.376, 0.718), (0.622, 0.718)])
"""Where eyes, nose and mouth corners lie in the face frame, as fractions of its side."""


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> Transform:
    """The rotation, scale and shift that brings points (N,2) closest to others, by least squares, as (2,3).

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991.
    """
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    x, y = (source - middle).T
    u, v = (target - goal).T
    spread = float(np.square(source - middle).sum())
    if spread == 0:
        raise ValueError("all points are the same")
    # In the plane, a rotation with scale is the matrix (a, -b; b, a): no mirroring, so no decomposition is needed.
    a, b = float((x * u + y * v).sum()) / spread, float((x * v - y * u).sum()) / spread
    matrix = np.array([[a, -b], [b, a]])
    return np.column_stack([matrix, goal - matrix @ middle])


def face_size(landmarks: NDArray[np.floating]) -> float:
    """Pixels across the face frame of a face with landmarks (5,2), at the photo's own resolution; 0 if they are one."""
    if not np.ptp(landmarks, axis=0).any():
        return 0.0
    scale = scale_of(similarity(landmarks, FRAME_LANDMARKS))
    return 1 / scale if scale > 0 else 0.0


def tilt(landmarks: NDArray[np.floating]) -> float:
    """Degrees, -180 to 180, by which a face with landmarks (5,2) is turned clockwise as seen in the picture."""
    transform = similarity(FRAME_LANDMARKS, landmarks)
    return float(np.degrees(np.arctan2(transform[1, 0], transform[0, 0])))


def align(rgb: Array, landmarks: NDArray[np.floating], size: int) -> tuple[Array, Transform]:
    """A face in the face frame; beyond the photo its edge pixels go on.

    Args:
        rgb: (H,W,3) in [0,1].
        landmarks: (5,2) in its pixels.
        size: side of the frame in pixels.

    Returns:
        The face (size,size,3) in [0,1], and the transform (2,3) from photo to frame pixels.
    """
    transform = similarity(landmarks, FRAME_LANDMARKS * size - 0.5)
    crop: Array = np.clip(warp(rgb, invert(transform), (size, size)), 0, 1)
    return crop, transform


def warp_to_frame(picture: Array, to_frame: Transform, size: int) -> Array:
    """A face upright in its frame, (size,size,3) in [0,1], from a picture (H,W,3) and a transform (2,3) from its pixels
    to the frame."""
    scaled = np.column_stack([to_frame[:, :2] * size, to_frame[:, 2] * size - 0.5])
    return np.asarray(np.clip(warp(picture, invert(scaled), (size, size)), 0, 1))


def coordinates(to_frame: Transform, height: int, width: int) -> Array:
    """Where the pixels of a picture lie in the face frame, as the networks are told it.

    Args:
        to_frame: (2,3) from its pixels to the face frame, as fractions of its sides.

    Returns:
        (3,height,width): x and y from -1 to 1 over the frame, and how fine the pixels are, log2 of the pixels across
        the frame / 32, as far as the networks were trained.
    """
    across = 1 / np.sqrt(abs(np.linalg.det(to_frame[:, :2])))
    y, x = np.mgrid[:height, :width]
    there = 2 * (np.stack([x, y], -1) @ to_frame[:, :2].T + to_frame[:, 2]) - 1
    fine = np.full((height, width), np.log2(np.clip(across, *TRAINED) / 32))
    return np.stack([there[..., 0], there[..., 1], fine]).astype(np.float32)


def enlarge_transform(to_frame: Transform, times: float) -> Transform:
    """A transform (2,3) from the pixels of a picture, as one from the pixels of the same so many times larger."""
    matrix = to_frame[:, :2] / times
    return np.column_stack([matrix, to_frame[:, 2] + matrix @ np.full(2, (1 - times) / 2)])


def shift_transform(to_frame: Transform, left: int, top: int) -> Transform:
    """A transform (2,3) from the pixels of a picture, as one from those of its part that begins at left and top."""
    return np.column_stack([to_frame[:, :2], apply_transform(to_frame, np.array([(left, top)]))[0]])


def apply_transform(transform: Transform, points: Points) -> Points:
    """Points (N,2) where a transform (2,3) moves them."""
    moved: Points = points @ transform[:, :2].T + transform[:, 2]
    return moved


def invert(transform: Transform) -> Transform:
    """The transform (2,3) back."""
    matrix = np.linalg.inv(transform[:, :2])
    return np.column_stack([matrix, -matrix @ transform[:, 2]])


def rotation_matrix(radians: float) -> NDArray[np.float64]:
    """(2,2): clockwise, as seen in a picture."""
    return np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])


def scale_of(transform: Transform) -> float:
    """How many times a similarity transform (2,3) enlarges."""
    return float(np.hypot(transform[0, 0], transform[1, 0]))


def iou(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both)


def warp(rgb: Array, transform: Transform, shape: tuple[int, ...]) -> Array:
    """A picture of `shape` (h,w) whose pixel p is what rgb shows at `transform` (2,3) of p; edge pixels are repeated.

    Bicubic; where it makes the picture smaller, it averages.
    """
    height, width = shape[:2]
    corners = apply_transform(transform, np.array([(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]))
    factor = max(1.0, scale_of(transform))
    margin = 4 * factor
    x0, y0 = np.floor(corners.min(axis=0) - margin).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0) + margin).astype(int) + 1
    # Whole reduced pixels, or the reduction would be a little off along one axis.
    across, down = int(np.ceil((x1 - x0) / factor)), int(np.ceil((y1 - y0) / factor))
    x1, y1 = x0 + int(np.ceil(across * factor)), y0 + int(np.ceil(down * factor))
    source = _cut(rgb, x0, y0, x1, y1)
    box = (0.0, 0.0, across * factor, down * factor)
    if factor > 1:
        source = resize(source, (across, down), box, Image.Resampling.LANCZOS)
    # A reduced pixel's centre is half a reduced pixel from the corner, so corners are what both have in common.
    y, x = np.mgrid[:height, :width]
    points = np.stack([x, y], -1) @ transform[:, :2].T + (transform[:, 2] + 0.5 - (x0, y0))
    return _sampled(source, points / factor - 0.5)


def _cut(rgb: Array, x0: int, y0: int, x1: int, y1: int) -> Array:
    """A part of a picture (H,W,3); where it has none, its edge pixels are repeated."""
    inside = rgb[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    if inside.shape[:2] == (y1 - y0, x1 - x0):
        return inside
    down, rows = _repeats(y0, y1, rgb.shape[0])
    across, columns = _repeats(x0, x1, rgb.shape[1])
    return np.pad(rgb[rows, columns], (down, across, (0, 0)), mode="edge")


def _repeats(start: int, stop: int, length: int) -> tuple[tuple[int, int], slice]:
    """How often the first and the last of what lies between are repeated, so that they reach from `start` to `stop`;
    and the part of `length` pixels that lies between."""
    inside = slice(min(max(start, 0), length - 1), max(min(stop, length), 1))
    before = min(max(-start, 0), stop - start - 1)
    return (before, stop - start - before - (inside.stop - inside.start)), inside


def _sampled(source: Array, points: Points) -> Array:
    """Samples of a picture (H,W,3) at points (h,w,2) between its pixels, which lie well inside it.

    Catmull and Rom's cubic. Pillow's is the sharper one of 1981, whose halos and stairs add up when a face is sampled
    on its way out and again on its way back.
    """
    first = np.floor(points).astype(np.intp)
    x, y = np.moveaxis((points - first).astype(np.float32), -1, 0)
    start = first[..., 1] * source.shape[1] + first[..., 0]
    across, down = _cubic(x), _cubic(y)
    places = [start + (row * source.shape[1] + column) for row in range(-1, 3) for column in range(-1, 3)]
    weights = [down[row] * across[column] for row in range(4) for column in range(4)]
    sampled = np.zeros((*start.shape, 3), np.float32)
    for colour in range(3):  # a third of the time that whole pixels would take
        plane = np.ascontiguousarray(source[..., colour]).ravel()
        total = np.zeros(start.shape, np.float32)
        for place, weight in zip(places, weights, strict=True):
            near = plane[place]
            near *= weight
            total += near
        sampled[..., colour] = total
    return sampled


def _cubic(t: Array) -> Array:
    """Weights (4,h,w) of the four pixels around points that lie t in [0,1) beyond the second of them."""
    t2, t3 = t * t, t * t * t
    weights = np.stack([2 * t2 - t - t3, 3 * t3 - 5 * t2 + 2, 4 * t2 + t - 3 * t3, t3 - t2]) / 2
    return weights.astype(np.float32)
