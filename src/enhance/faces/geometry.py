"""Finds faces, cuts them out, knowing where in the face frame they lie, and puts redrawn ones back. Pictures are
float32 (H,W,3) in [0,1].

The face frame is a square in which the five landmarks of every face lie near FRAME. Coordinates are those of pixel
centres: the first pixel's is (0, 0), and the point at fraction f of a side of n pixels is at f * n - .5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
Points = NDArray[np.float64]
Transform = NDArray[np.float64]
Box = tuple[float, float, float, float]

FRAME: Points = np.array([(0.344, 0.398), (0.652, 0.398), (0.498, 0.566), (0.376, 0.718), (0.622, 0.718)])
"""Where eyes, nose and mouth corners lie in the face frame, as fractions of its side."""

THRESHOLD = 0.7
"""By benchmarks/detectors.py, with pictures enlarged four times: nine in ten faces of 16 pixels are found and hardly
anything else; at .45 nearly all of them, and thirty false ones in six hundred pictures."""
DOUBT, CONVINCED, DOUBTS = 0.25, 0.85, 24
"""Of what may be a face that leans, the detector is at least so sure; from the side on which it looks surest it must
be so sure, for it has eight chances; and of a picture it looks at so many at most."""
BOXED = 1.3
"""How much wider a face's frame is than the detector's box around it."""
OVERLAP = 0.3
"""Two boxes that share more of their union than this show one face."""
SIDE = 1280
ENLARGEMENT = 4.0
"""The detector sees small pictures enlarged, and large ones reduced to this longest side, which bounds the time."""
CLOSE, LAP = 2.0, 64
"""How much larger the detector sees the parts of a large picture, and by how much these overlap on each side."""
SMALL, CLOSE_UP, TURNED, LEFT_AND_RIGHT = 400, 32, 2.5, (-38.0, 38.0)
"""Pictures of at most so many pixels a side, in which no face of so many pixels is seen, the detector also sees so much
larger and turned by so many degrees: of faces of 16 pixels that lean by 40 and are a little blurred it found 26 in 40
before, and 39 so. It takes longer than all the other looks."""
OVERVIEW = 320
"""Longest side of a second look, for faces that fill a larger picture."""

LEANING, LOOKS = 8.0, 5
"""Faces that are turned by more degrees are looked at again, so many times at most."""
VIEW, ROOM = 160, 1.75

SOLID, ROUNDNESS = 0.72, 4
"""The mask's contours are |x|^ROUNDNESS + |y|^ROUNDNESS = r^ROUNDNESS over the frame's [-1,1]: it is full up to r =
SOLID and nothing from r = 1. The chin and the brows lie at about r = .85."""
MULTIPLE = 4
"""The networks work at a quarter of the resolution, too."""
TAUGHT = 16, 64
"""Pixels across the face frame between which the networks were trained."""
PATCHES = 6
"""Colours are matched over squares of 1/PATCHES of the frame: finer would undo what the network drew."""


def detect(rgb: Array) -> list[Face]:
    """All faces in a picture, the largest first.

    Raises:
        MemoryError: it is too large for this machine, even in parts.
    """
    height, width = rgb.shape[:2]
    scale = min(ENLARGEMENT, SIDE / max(height, width))
    overview = min(scale, OVERVIEW / max(height, width))
    seen = detect_at(rgb, scale, DOUBT)
    if overview < scale:
        seen += detect_at(rgb, overview, DOUBT)
    if scale < CLOSE:
        seen += detect_in_tiles(rgb, CLOSE, DOUBT, round(SIDE / CLOSE))
    large = any(face.score >= THRESHOLD and native_size(face.landmarks) >= CLOSE_UP for face in seen)
    if max(height, width) <= SMALL and not large:
        seen += [face for angle in LEFT_AND_RIGHT for face in detect_turned(rgb, TURNED, angle, DOUBT)]
    sure = [face for face in seen if face.score >= THRESHOLD]
    doubtful = [face for face in distinct(seen) if face.score < THRESHOLD]
    found = [from_all_sides(rgb, face) for face in distinct(sure)]
    again = [replace(from_all_sides(rgb, doubt), doubted=True) for doubt in doubtful[:DOUBTS]]
    found += [face for face in again if face.score >= CONVINCED]
    found = [straightened(rgb, face) for face in distinct(found)]
    return sorted(found, key=lambda face: -native_size(face.landmarks))


def detect_in_tiles(rgb: Array, scale: float, threshold: float, side: int) -> list[Face]:
    """The small faces of a picture too large to be enlarged as a whole: part by part, each so many pixels wide.

    Every face counts in the one tile in which its middle lies; the tile sees LAP more, and so all of a small face.
    """
    from enhance.painting.tiles import spans

    height, width = rgb.shape[:2]
    found = []
    for down, across in product(spans(height, side, LAP), spans(width, side, LAP)):
        left, top = across.before, down.before
        for face in detect_at(rgb[top : down.after, left : across.after], scale, threshold):
            x, y = np.mean(face.box[::2]) + left, np.mean(face.box[1::2]) + top
            if across.start <= x < across.stop and down.start <= y < down.stop:
                found.append(moved(face, left, top))
    return found


def detect_turned(rgb: Array, scale: float, angle: float, threshold: float) -> list[Face]:
    """The faces of a picture that the detector sees `scale` times larger and turned by an angle in degrees."""
    height, width = rgb.shape[:2]
    rotation = scale * _rotation(np.radians(angle))
    size = np.ceil(np.abs(rotation) @ (width, height))
    back = _inverse(np.column_stack([rotation, (size - 1) / 2 - rotation @ ((width - 1) / 2, (height - 1) / 2)]))
    # Pillow counts from the corners of pixels.
    data = np.column_stack([back[:, :2], back[:, 2] + 0.5 - back[:, :2] @ (0.5, 0.5)]).ravel().tolist()
    picture = Image.fromarray(np.round(rgb * 255).astype(np.uint8))
    across, down = size.astype(int).tolist()
    turned = picture.transform((across, down), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    seen = np.asarray(turned, np.float32) / np.float32(255)
    return [returned(face, back) for face in detect_at(seen, 1, threshold)]


def returned(face: Face, back: Transform) -> Face:
    """A face of a turned view as it lies in the picture, to which `back` (2,3) leads, in a box that does not lean."""
    left, top, right, bottom = face.box
    x, y = _moved(back, np.array([((left + right) / 2, (top + bottom) / 2)]))[0].tolist()
    half = float(np.sqrt((right - left) * (bottom - top))) * _scale(back) / 2
    return Face((x - half, y - half, x + half, y + half), face.score, _moved(back, face.landmarks))


def moved(face: Face, right: float, down: float) -> Face:
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
        if longest <= 4 * LAP:
            raise
    # Reduced to half its size it still shows the large faces, and in parts the small ones.
    parts = detect_in_tiles(rgb, scale, threshold, -(-longest // 2))
    return distinct(detect_at(rgb, scale / 2, threshold) + parts)


def _detected(rgb: Array, scale: float, threshold: float) -> list[Face]:
    from enhance.faces import yunet

    height, width = rgb.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    bgr = _resized(rgb, size)[..., ::-1] * np.float32(255)
    padding = [(0, -side % yunet.MULTIPLE) for side in bgr.shape[:2]]
    rows = yunet.predict(np.pad(bgr, [*padding, (0, 0)])).astype(np.float64)
    rows = rows[rows[:, 0] >= threshold]
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
    return distinct([face for face in faces if native_size(face.landmarks) >= 1])


def from_all_sides(rgb: Array, face: Face) -> Face:
    """The same face, or what may be one, as it looks surest: with the picture turned by every eighth of a circle.

    The detector was taught upright faces: of one that is small and leans, or lies, it is not sure, and where it is, it
    may take the chin for the brow.
    """
    (x0, y0, x1, y1), best = face.box, face
    side = BOXED * float(np.sqrt((x1 - x0) * (y1 - y0)))
    upright = (FRAME - FRAME.mean(axis=0)) * side
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    for eighth in (0.0, np.pi / 4):
        seen, transform = view(rgb, upright @ _rotation(eighth).T + middle, VIEW)
        for _ in range(4):
            found = [other for other in detect_at(seen, 1, max(best.score, DOUBT)) if _in_the_middle(other)]
            if found and found[0].score > best.score:
                best = returned(found[0], _inverse(transform))
            # A quarter turn counterclockwise: what was at x, y is at y, VIEW - 1 - x.
            seen = np.rot90(seen)
            transform = np.array([transform[1], (0, 0, VIEW - 1) - transform[0]])
    return best


def _in_the_middle(face: Face) -> bool:
    """Whether a face in a view is the one that was to be seen in it."""
    aside = np.hypot(*(face.landmarks.mean(axis=0) - VIEW * FRAME.mean(axis=0)))
    return bool(aside < VIEW / 6 and 0.5 < native_size(face.landmarks) * ROOM / VIEW < 1.8)


def straightened(rgb: Array, face: Face) -> Face:
    """The same face with better landmarks, if it leans.

    The detector was taught upright faces: it says 20 degrees of one that leans by 35. So the picture is turned by what
    it says, and it is asked again.
    """
    for _ in range(LOOKS):
        before = tilt(face.landmarks)
        if abs(before) < LEANING:
            break
        seen, transform = view(rgb, face.landmarks, VIEW)
        back = _inverse(transform)
        middle = VIEW * FRAME.mean(axis=0)
        again = [
            other
            for other in detect_at(seen, 1, THRESHOLD / 2)
            if np.hypot(*(other.landmarks.mean(axis=0) - middle)) < VIEW / 8
            and 0.6 < native_size(other.landmarks) * ROOM / VIEW < 1.6
        ]
        if not again:
            break
        face = replace(face, landmarks=_moved(back, again[0].landmarks))
        if abs(tilt(face.landmarks) - before) < 1:
            break
    return face


def view(rgb: Array, landmarks: NDArray[np.floating], side: int) -> tuple[Array, Transform]:
    """A face upright in a picture (side,side,3), with ROOM around its frame; and the transform (2,3) to it."""
    transform = similarity(landmarks, in_view(side))
    seen: Array = np.clip(_warp(rgb, _inverse(transform), (side, side)), 0, 1)
    return seen, transform


def in_view(side: int) -> Points:
    """Where the landmarks (5,2) of a face lie in its view."""
    return ((FRAME - 0.5) / ROOM + 0.5) * side - 0.5


def tilt(landmarks: NDArray[np.floating]) -> float:
    """Degrees, -180 to 180, by which a face with landmarks (5,2) is turned clockwise as seen in the picture."""
    transform = similarity(FRAME, landmarks)
    return float(np.degrees(np.arctan2(transform[1, 0], transform[0, 0])))


def distinct(faces: Sequence[Face]) -> list[Face]:
    """Without those that overlap a surer one; the surest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(shared(face.box, other.box) <= OVERLAP for other in kept):
            kept.append(face)
    return kept


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


def native_size(landmarks: NDArray[np.floating]) -> float:
    """Pixels across the face frame of a face with landmarks (5,2), at the photo's own resolution; 0 if they are one."""
    if not np.ptp(landmarks, axis=0).any():
        return 0.0
    scale = _scale(similarity(landmarks, FRAME))
    return 1 / scale if scale > 0 else 0.0


def align(rgb: Array, landmarks: NDArray[np.floating], size: int) -> tuple[Array, Transform]:
    """A face in the face frame; beyond the photo its edge pixels go on.

    Args:
        rgb: (H,W,3) in [0,1].
        landmarks: (5,2) in its pixels.
        size: side of the frame in pixels.

    Returns:
        The face (size,size,3) in [0,1], and the transform (2,3) from photo to frame pixels.
    """
    transform = similarity(landmarks, FRAME * size - 0.5)
    crop: Array = np.clip(_warp(rgb, _inverse(transform), (size, size)), 0, 1)
    return crop, transform


@dataclass(frozen=True, eq=False)
class Cut:
    """A face as it lies in the photo, in the photo's own pixels: none is moved, so nothing is lost by resampling.

    Attributes:
        lr: (h,w,3) in [0,1]; beyond the photo its edge pixels go on.
        left, top: of the photo's pixels, the first that is in it; negative beyond the photo.
        to_frame: (2,3), from its pixels to the face frame, as fractions of its sides.
    """

    lr: Array
    left: int
    top: int
    to_frame: Transform

    @property
    def turns(self) -> int:
        """By how many right angles it is to be turned counterclockwise, as `numpy.rot90` does, to be nearly upright."""
        return round(np.degrees(np.arctan2(-self.to_frame[1, 0], self.to_frame[0, 0])) / 90) % 4

    @property
    def place(self) -> Array:
        """(3,h,w): where its pixels lie in the frame."""
        return place(self.to_frame, *self.lr.shape[:2])

    def upright(self, drawn: Array, size: int) -> Array:
        """What was drawn of it, (4h,4w,3), as a face upright in its frame, (size,size,3)."""
        return framed(drawn, larger(self.to_frame, len(drawn) / len(self.lr)), size)


def cut(rgb: Array, landmarks: NDArray[np.floating]) -> Cut:
    """All that the frame of a face with landmarks (5,2) covers of a photo (H,W,3) in [0,1], and a little around it."""
    to_frame = similarity(landmarks, FRAME)
    corners = _moved(_inverse(to_frame), np.array([(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)]))
    side = int(np.ceil(np.ptp(corners, axis=0).max() / MULTIPLE)) * MULTIPLE
    left, top = np.floor(corners.mean(axis=0) - side / 2 + 1).astype(int)
    rows = np.clip(np.arange(top, top + side), 0, rgb.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, rgb.shape[1] - 1)
    return Cut(rgb[rows[:, None], columns], int(left), int(top), shifted(to_frame, int(left), int(top)))


def whole(rgb: Array) -> Cut:
    """A picture (H,W,3) that fills the face frame."""
    height, width = rgb.shape[:2]
    return Cut(rgb, 0, 0, np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height]]))


def place(to_frame: Transform, height: int, width: int) -> Array:
    """What the networks are told of the pixels of a picture.

    Args:
        to_frame: (2,3) from its pixels to the face frame, as fractions of its sides.

    Returns:
        (3,height,width): x and y from -1 to 1 over the frame, and how fine the pixels are, log2 of the pixels across
        the frame / 32, as far as the networks were taught.
    """
    across = 1 / np.sqrt(abs(np.linalg.det(to_frame[:, :2])))
    y, x = np.mgrid[:height, :width]
    there = 2 * (np.stack([x, y], -1) @ to_frame[:, :2].T + to_frame[:, 2]) - 1
    fine = np.full((height, width), np.log2(np.clip(across, *TAUGHT) / 32))
    return np.stack([there[..., 0], there[..., 1], fine]).astype(np.float32)


def larger(to_frame: Transform, times: float) -> Transform:
    """A transform (2,3) from the pixels of a picture, as one from the pixels of the same so many times larger."""
    matrix = to_frame[:, :2] / times
    return np.column_stack([matrix, to_frame[:, 2] + matrix @ np.full(2, (1 - times) / 2)])


def shifted(to_frame: Transform, left: int, top: int) -> Transform:
    """A transform (2,3) from the pixels of a picture, as one from those of its part that begins at left and top."""
    return np.column_stack([to_frame[:, :2], _moved(to_frame, np.array([(left, top)]))[0]])


def framed(picture: Array, to_frame: Transform, size: int) -> Array:
    """A face upright in its frame, (size,size,3) in [0,1], from a picture (H,W,3) and a transform (2,3) from its pixels
    to the frame."""
    scaled = np.column_stack([to_frame[:, :2] * size, to_frame[:, 2] * size - 0.5])
    return np.asarray(np.clip(_warp(picture, _inverse(scaled), (size, size)), 0, 1))


def paste(canvas: Array, face: Array, to_frame: Transform) -> None:
    """Lays a face over a picture of the same size through a soft mask, in the colours that are there.

    Args:
        canvas: (h,w,3) in [0,1]; it is changed where the frame covers it.
        face: (h,w,3) in [0,1].
        to_frame: (2,3) from the pixels of both to the face frame, as fractions of its sides.
    """
    height, width = canvas.shape[:2]
    across = np.moveaxis(place(to_frame, height, width)[:2], 0, -1)
    inside = (np.abs(across).max(axis=-1) < 1).astype(np.float32)
    turn = np.abs(to_frame[:, 0]).sum() / _scale(to_frame)
    drawn = face + _smoothed(canvas - face, inside, turn / _scale(to_frame))
    canvas += mask(across)[..., None] * (np.clip(drawn, 0, 1) - canvas)


def mask(across: NDArray[np.floating]) -> Array:
    """How much of a drawn face is laid over the photo at places (...,2) of the frame, which reaches from -1 to 1: in
    [0,1], 0 at the frame's borders."""
    radius = (np.abs(across) ** ROUNDNESS).sum(axis=-1) ** (1 / ROUNDNESS)
    t = np.clip((1 - radius) / (1 - SOLID), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _smoothed(values: Array, weight: Array, frame: float) -> Array:
    """Weighted means of (H,W,3) over patches of a frame of so many pixels, joined smoothly."""
    height, width = weight.shape
    grid = max(1, round(PATCHES * width / frame)), max(1, round(PATCHES * height / frame))
    sums = np.concatenate([values * weight[..., None], weight[..., None]], -1)
    coarse = _resized(sums, grid, Image.Resampling.BILINEAR)
    fine = _resized(coarse, (width, height), Image.Resampling.BILINEAR)
    return (fine[..., :3] / np.maximum(fine[..., 3:], 1e-3)).astype(np.float32)


def _warp(rgb: Array, transform: Transform, shape: tuple[int, ...]) -> Array:
    """A picture of `shape` (h,w) whose pixel p is what rgb shows at `transform` (2,3) of p; edges go on.

    Bicubic; where it makes the picture smaller, it averages.
    """
    height, width = shape[:2]
    corners = _moved(transform, np.array([(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]))
    factor = max(1.0, _scale(transform))
    margin = 4 * factor
    x0, y0 = np.floor(corners.min(axis=0) - margin).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0) + margin).astype(int) + 1
    # Whole reduced pixels, or the reduction would be a little off along one axis.
    across, down = int(np.ceil((x1 - x0) / factor)), int(np.ceil((y1 - y0) / factor))
    x1, y1 = x0 + int(np.ceil(across * factor)), y0 + int(np.ceil(down * factor))
    rows = np.clip(np.arange(y0, y1), 0, rgb.shape[0] - 1)
    columns = np.clip(np.arange(x0, x1), 0, rgb.shape[1] - 1)
    source = rgb[rows[:, None], columns]
    box = (0.0, 0.0, across * factor, down * factor)
    if factor > 1:
        source = _resized(source, (across, down), Image.Resampling.LANCZOS, box)
    # A reduced pixel's centre is half a reduced pixel from the corner, so corners are what both have in common.
    y, x = np.mgrid[:height, :width]
    place = np.stack([x, y], -1) @ transform[:, :2].T + (transform[:, 2] + 0.5 - (x0, y0))
    return _sampled(source, place / factor - 0.5)


def _sampled(source: Array, place: Points) -> Array:
    """What (H,W,3) shows at places (h,w,2), which lie well inside it, between its pixels.

    Catmull and Rom's cubic. Pillow's is the sharper one of 1981, whose halos and stairs add up when a face is sampled
    on its way out and again on its way back.
    """
    first = np.floor(place).astype(np.intp)
    x, y = np.moveaxis((place - first).astype(np.float32), -1, 0)
    flat, width = source.reshape(-1, 3), source.shape[1]
    start = first[..., 1] * width + first[..., 0]
    across, down = _cubic(x), _cubic(y)
    total = np.zeros((*start.shape, 3), np.float32)
    for row in range(4):
        line = np.zeros_like(total)
        for column in range(4):
            line += flat[start + ((row - 1) * width + column - 1)] * across[column][..., None]
        total += line * down[row][..., None]
    return total


def _cubic(t: Array) -> Array:
    """Weights (4,h,w) of the pixels around places that are t in [0,1) beyond the second of them."""
    t2, t3 = t * t, t * t * t
    weights = np.stack([2 * t2 - t - t3, 3 * t3 - 5 * t2 + 2, 4 * t2 + t - 3 * t3, t3 - t2]) / 2
    return weights.astype(np.float32)


def _resized(
    picture: Array,
    size: tuple[int, int],
    method: Image.Resampling = Image.Resampling.BICUBIC,
    box: Box | None = None,
) -> Array:
    """(H,W,C) at another size (width, height)."""
    if size == picture.shape[1::-1] and box is None:
        return picture
    return np.stack([np.asarray(plane.resize(size, method, box)) for plane in _planes(picture)], -1)


def _planes(picture: Array) -> list[Image.Image]:
    return [Image.fromarray(np.ascontiguousarray(picture[..., c], np.float32)) for c in range(picture.shape[-1])]


def _moved(transform: Transform, points: Points) -> Points:
    moved: Points = points @ transform[:, :2].T + transform[:, 2]
    return moved


def _inverse(transform: Transform) -> Transform:
    matrix = np.linalg.inv(transform[:, :2])
    return np.column_stack([matrix, -matrix @ transform[:, 2]])


def _rotation(radians: float) -> NDArray[np.float64]:
    """(2,2): clockwise, as seen in a picture."""
    return np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])


def _scale(transform: Transform) -> float:
    return float(np.hypot(transform[0, 0], transform[1, 0]))


def shared(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both)


@dataclass(frozen=True)
class Face:
    """A face that was found.

    box: left, top, right, bottom in the picture's pixels. score: in [0,1]. landmarks: (5,2) left eye, right eye, nose,
    left and right mouth corner, as seen in the picture. doubted: whether the detector was sure of it only after it had
    seen it from all sides.
    """

    box: Box
    score: float
    landmarks: Points
    doubted: bool = False
