"""Filling of holes of any size by a network that was taught small ones: coarse to fine, and tile by tile.

Of a hole that reaches far from all that is known, a small picture is filled first; enlarged, it is the draft that the
network refines (a mask of .5 says so), and again, up to the photo's own size. Within one size, tiles are filled one
after the other, and each sees what the one before has drawn, so that none shows where it begins.
"""

from __future__ import annotations

import cv2
import numpy as np

from enhance.errors import ModelError
from enhance.inference.model import Model
from enhance.inference.noise import noise_rng
from enhance.painting.tiles import spans, united
from enhance.pixels import Array, PixelBox, to_float, to_uint8
from enhance.tasks.fill.masks import Hole

PHOTO_FILL, FACE_FILL, PHOTO_MEND = "photo_fill", "face_fill", "photo_mend"
"""Networks that fill anything, and faces in their frame, and that mend copied patches. Each is loaded when it is first
needed."""
TASKS = "completion", "mending"
"""What files of such networks say that they do."""

_MULTIPLE, GRID, _ALIKE = 16, 4, 6
"""As in `networks`, which needs torch."""
EMPTY, DRAFT, COPIED = 1.0, 0.5, 0.25
"""What a mask is where the hole holds nothing, a picture of half the resolution, or patches copied from elsewhere."""
DEPTH = 32
"""Pixels from the known within which a hole is filled at once: what the network was taught."""
_TILE, _RECEPTIVE_FIELD = 384, 64
"""Pixels across a tile, and how many more it sees on every side."""
_CELL = 64
"""The hole is looked at in squares of so many pixels, to find out which parts of the photo have to do with it."""
MOST_REGIONS = 40
INPAINT_RADIUS = 3
"""Pixels around each that OpenCV's inpainter looks at."""


class Painter:
    """A network that fills holes.

    Attributes:
        model: it takes `image`, `mask`, `noise` and, if it fills faces in their frame, `place`; see `Completion`.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @staticmethod
    def load(name: str) -> Painter:
        """A shipped network, by its name, or an .onnx file; loaded once per process.

        Raises:
            ModelError: there is none, or it does not fill.
        """
        model = Model.load(name)
        if model.facts.task not in TASKS:
            raise ModelError(f"{model.path}: does not fill holes; photo_fill and face_fill do")
        return Painter(model)

    def __call__(self, image: Array, mask: Array, noise: Array, place: Array | None = None) -> Array:
        """Fill one picture of any size.

        Args:
            image: (H,W,3) in [0,1].
            mask: (H,W): `EMPTY`, `DRAFT` or `COPIED` in the hole, 0 elsewhere.
            noise: (Z,h,w) of at least a quarter of the size, rounded up to whole squares of 16.
            place: (3,h,w), for faces; see `networks.place`.

        Returns:
            (H,W,3) in [0,1].

        Raises:
            MemoryError: it is too large for this machine.
        """
        height, width = mask.shape
        border = (0, -height % _MULTIPLE), (0, -width % _MULTIPLE)
        inputs = {
            "image": np.pad(image, (*border, (0, 0)), mode="edge").transpose(2, 0, 1)[None],
            "mask": np.pad(mask, border, mode="edge")[None, None],
        }
        rows, columns = (n // GRID for n in inputs["mask"].shape[2:])
        inputs["noise"] = noise[None, :, :rows, :columns]
        if place is not None:
            inputs["place"] = place[None]
        (filled,) = self.model.run(**inputs).values()
        return np.clip(filled[0].transpose(1, 2, 0)[:height, :width], 0, 1)

    def noise(self, seed: int, height: int, width: int, *where: int) -> Array:
        """Noise for a picture of that size, (Z,h,w). What is alike all over it depends on the seed alone."""
        shape = (
            self.model.facts.noise_channels,
            -(-height // _MULTIPLE) * _MULTIPLE // GRID,
            -(-width // _MULTIPLE) * _MULTIPLE // GRID,
        )
        noise = noise_rng(seed, *where).standard_normal(shape, np.float32)
        noise[:_ALIKE] = noise_rng(seed).standard_normal((_ALIKE, 1, 1), np.float32)
        return noise


def regions(hole: Hole) -> list[PixelBox]:
    """Parts of the photo that can be filled each for itself: boxes around parts of the hole, and more."""
    height, width = hole.shape
    rows, columns = -(-height // _CELL), -(-width // _CELL)
    padded = np.pad(hole, ((0, rows * _CELL - height), (0, columns * _CELL - width)))
    cells = np.asarray(padded.reshape(rows, _CELL, columns, _CELL).any((1, 3)), np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(cells, connectivity=8)
    boxes = []
    for left, top, across, down, _ in stats[1:count].tolist():
        part = hole[top * _CELL : (top + down) * _CELL, left * _CELL : (left + across) * _CELL]
        y, x = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        x0, x1 = left * _CELL + int(x[0]), left * _CELL + int(x[-1]) + 1
        y0, y1 = top * _CELL + int(y[0]), top * _CELL + int(y[-1]) + 1
        more = max(_RECEPTIVE_FIELD, (x1 - x0) // 2, (y1 - y0) // 2)
        boxes.append((max(x0 - more, 0), max(y0 - more, 0), min(x1 + more, width), min(y1 + more, height)))
    if len(boxes) > MOST_REGIONS:
        return [(0, 0, width, height)]
    return [box for box, _ in united(boxes)]


def fill_by_network(painter: Painter, rgb: Array, hole: Hole, seed: int, *, holds: float = EMPTY) -> None:
    """Fill the hole (H,W) of a picture (H,W,3) in [0,1], or draw on what it holds, `DRAFT` or `COPIED`."""
    pyramid = [(rgb, hole)]
    for _ in range(levels(hole) if holds == EMPTY else 0):
        pyramid.append(halved(*pyramid[-1]))
    coarse = None
    while pyramid:
        picture, there = pyramid.pop()
        draw_tiles(painter, picture, there, seed, len(pyramid), coarse, holds=holds)
        coarse = picture


def diffuse(rgb: Array, hole: Hole) -> None:
    """Fill a hole without a network: colours run into it along lines of equal brightness (Bertalmio et al.,
    "Navier-Stokes, fluid dynamics, and image and video inpainting", CVPR 2001, as OpenCV has it)."""
    output = cv2.inpaint(to_uint8(rgb), hole.astype(np.uint8), INPAINT_RADIUS, cv2.INPAINT_NS)
    rgb[hole] = to_float(np.asarray(output, np.uint8)[hole])


def levels(hole: Hole) -> int:
    """How often a picture is halved before its hole is small enough to be filled at once."""
    deepest = float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5).max())
    most = int(np.log2(max(1, min(hole.shape) / 32)))
    return int(np.clip(np.ceil(np.log2(max(deepest, 1) / DEPTH)), 0, most))


def halved(rgb: Array, hole: Hole) -> tuple[Array, Hole]:
    """A picture at half its size, of what is known of it; what is not known at all is the hole."""
    known = _known_halved(hole)
    colours = means_of_four(np.asarray(cv2.copyTo(rgb, (~hole).view(np.uint8)), np.float32))
    return np.asarray(colours / np.maximum(known, 0.25)[..., None], np.float32), known < 0.5


def halved_hole(hole: Hole) -> Hole:
    """The hole (H,W) of a picture at half its size."""
    return _known_halved(hole) < 0.5


def _known_halved(hole: Hole) -> Array:
    """How much is known of each pixel at half the size, (h,w)."""
    return means_of_four((~hole).astype(np.float32))


def put(drawn: Array, hole: Hole, rgb: Array) -> None:
    """Put what is drawn (H,W,C) into the hole (H,W) of a picture."""
    if rgb[:1].flags.c_contiguous:
        cv2.copyTo(drawn, hole.view(np.uint8), rgb)  # takes a fiftieth of the time
    else:
        rgb[hole] = drawn[hole]


def means_of_four(values: Array) -> Array:
    """(H,W) or (H,W,C) at half its size, rounded up: the edge goes on."""
    height, width = values.shape[:2]
    if height % 2 or width % 2:
        border = ((0, height % 2), (0, width % 2), (0, 0))[: values.ndim]
        values = np.pad(values, border, mode="edge")
    size = (width + 1) // 2, (height + 1) // 2
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def doubled(rgb: Array) -> Array:
    """A picture (h,w,3) enlarged by two, smoothly; (2h,2w,3)."""
    size = 2 * rgb.shape[1], 2 * rgb.shape[0]
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), np.float32)


def draw_tiles(
    painter: Painter,
    rgb: Array,
    hole: Hole,
    seed: int,
    level: int,
    coarse: Array | None = None,
    *,
    holds: float = EMPTY,
) -> None:
    """Fill a picture (H,W,3) tile by tile.

    Args:
        level: how often it was halved; it has noise of its own.
        coarse: the same at half its size, filled: what the hole is drawn after.
        holds: what the hole holds where `coarse` is None.
    """
    left = hole.copy()
    whole = [n <= _TILE + 2 * _RECEPTIVE_FIELD for n in hole.shape]
    down, across = (
        list(spans(n, n if at_once else _TILE, _RECEPTIVE_FIELD)) for n, at_once in zip(hole.shape, whole, strict=True)
    )
    shown = np.float32(holds if coarse is None else DRAFT)
    for row in down:
        for column in across:
            own = slice(row.start, row.stop), slice(column.start, column.stop)
            if not left[own].any():
                continue
            window = slice(row.before, row.after), slice(column.before, column.after)
            picture, there = rgb[window], left[window]
            if coarse is not None:
                part = coarse[row.before // 2 : -(-row.after // 2), column.before // 2 : -(-column.after // 2)]
                enlarged = doubled(part)[: there.shape[0], : there.shape[1]]
                picture = np.where(there[..., None], enlarged, picture)
            noise = painter.noise(seed, *there.shape, 1 + level, row.start, column.start)
            drawn = painter(picture, shown * there, noise)
            inside = drawn[row.start - row.before :, column.start - column.before :]
            now = left[own]
            put(inside[: now.shape[0], : now.shape[1]], now, rgb[own])
            now[...] = False
