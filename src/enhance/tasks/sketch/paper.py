"""From whatever somebody drew on to ink as the network knows it: lines a few pixels wide, in the middle of the paper.

Drawings come as black or coloured lines on white or on nothing, white on black, thick or thin, and as photographs of
pencil on paper in the light of a lamp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.errors import PhotoError
from enhance.photos import photo
from enhance.photos.decoders import bytes_of
from enhance.photos.photo import Photo, Source
from enhance.pixels import to_float
from enhance.tasks.sketch import svg

_Plane = NDArray[np.float32]

_SIDE = 128
"""Pixels across the ink that the network sees."""
_CANVAS = 256
"""Pixels across the paper that lines are made even on."""
WORK = 1024
"""Pixels of the longer side of a drawing as it is looked at; larger ones are reduced first."""
PEN = 2.6
"""Width of even lines, in pixels of the canvas."""
NARROW, WIDE = 1.5, 4.5
"""Lines of other widths than between these are made even."""
THICK = 5.0
"""Half width from which on ink is a filled area, of which only the border is a line."""
FILLS = 0.55
"""Part of the paper that a drawing reaches over, if it is left where it is."""
_FRAME = (0.08, 0.05, 0.92, 0.9)
"""Where a smaller drawing is put: where heads lie in the pictures that the network learnt from."""
_FAINT = 0.08
"""Least difference between ink and paper."""
_CROWDED = 0.25
"""Share of the paper that lines made even do not cover."""
FULL = 0.35
"""Share of the paper that no drawing covers with lines."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawing that was read.

    Attributes:
        ink: (128,128) in [0,1], 1 where there is a line.
        moved: whether it was put into the middle, and scaled.
        name: what to call it in messages.
        notes: what of its file was not looked at.
    """

    ink: _Plane
    moved: bool
    name: str
    notes: tuple[str, ...] = ()


def read_drawing(drawing: Source, *, max_pixels: int | None = None) -> Drawing:
    """Read a drawing from a picture of any kind, or from an SVG file.

    Args:
        max_pixels: a file with more is refused before it is decoded; None: with more than any photo may have.

    Raises:
        PhotoError: it cannot be read, or there is no line on it.
    """
    if not isinstance(drawing, np.ndarray) and not hasattr(drawing, "getbands"):
        content, name = bytes_of(drawing)
        if svg.is_svg(content):
            return _placed(svg.inked_svg(content, name, WORK), name)
        drawing = content if hasattr(drawing, "read") else drawing  # an open file is read once
    read = photo.read(drawing, max_pixels=photo.MAX_PIXELS if max_pixels is None else max_pixels)
    return replace(_placed(inked(read), read.name), notes=read.left_out)


def inked(photo: Photo) -> _Plane:
    """How much ink is on each place of a photograph of a drawing, (h,w) in [0,1]; the longer side has 1024 at most.

    Raises:
        PhotoError: there is nothing to tell from the paper.
    """
    rgb, alpha = photo.rgb, None if photo.alpha is None else to_float(photo.alpha)
    scale = WORK / max(rgb.shape[:2])
    if scale < 1:
        size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
        rgb = _resized(rgb, size)
        alpha = None if alpha is None else _resized(alpha, size)
    if alpha is not None and (alpha < 0.5).mean() > FULL:
        shown = alpha > 0.5
        if not shown.any():
            raise PhotoError(f"{photo.name}: is empty; draw something first")
        # On nothing: what is there is ink, whatever its colour, unless it is a white sheet with lines on it.
        white = float((rgb[shown].min(-1) > 0.9).mean())
        if not 0.5 < white < 0.995:
            return np.asarray(alpha, np.float32)
    if alpha is not None:
        rgb = np.asarray(rgb * alpha[..., None] + (1 - alpha[..., None]), np.float32)
    if np.median(rgb.max(-1)) < 0.45:
        rgb = 1 - rgb  # chalk
    return levelled(rgb, photo.name)


def levelled(rgb: NDArray[np.float32], name: str) -> _Plane:
    """Ink on paper (h,w,3) whose brightness changes from place to place, as lamps and hands make it; (h,w) in [0,1].

    Raises:
        PhotoError: there is nothing to tell from the paper.
    """
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    reach = max(3, round(0.06 * max(small.shape[:2])) | 1)
    # The paper is the brightest that lies about; a line is narrower than what is looked at.
    paper = cv2.dilate(small, np.ones((reach, reach), np.uint8))
    paper = cv2.GaussianBlur(paper, (0, 0), reach / 2)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    darker = (paper - rgb).max(-1) / np.maximum(paper.max(-1), 0.1)
    darkest = float(np.percentile(darker, 99.7))
    if darkest < _FAINT:
        raise PhotoError(f"{name}: there are no lines on it; draw darker, or photograph it in better light")
    noise = float(np.percentile(darker, 50))
    low = noise + 0.3 * (darkest - noise)
    high = noise + 0.7 * (darkest - noise)
    return np.asarray(np.clip((darker - low) / max(high - low, 1e-3), 0, 1), np.float32)


def _placed(ink: _Plane, name: str) -> Drawing:
    """Ink (h,w) in the middle of square paper, in even lines, (128,128)."""
    mask = ink > 0.5
    mask &= _larger_than_specks(mask)
    if not mask.any():
        raise PhotoError(f"{name}: there are no lines on it; draw something first")
    if mask.mean() > FULL:
        raise PhotoError(f"{name}: is no drawing of lines: {mask.mean():.0%} of it is dark; draw with a thinner pen")
    ink = ink * cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = ink.shape
    side = max(height, width)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    reaches = max(right - left, bottom - top) / side
    # Where the top left corner of the paper lies on the canvas, and how large a pixel is there.
    scale, x, y = _CANVAS / side, (side - width) / 2 * _CANVAS / side, (side - height) / 2 * _CANVAS / side
    moved = bool(reaches < FILLS)
    if moved:
        x0, y0, x1, y1 = (_CANVAS * edge for edge in _FRAME)
        scale = min((x1 - x0) / (right - left), (y1 - y0) / (bottom - top))
        x = (x0 + x1) / 2 - (left + right) / 2 * scale
        y = (y0 + y1) / 2 - (top + bottom) / 2 * scale
    even = evened(_moved(ink, scale, x, y))
    if even.mean() > _CROWDED:
        raise PhotoError(f"{name}: is no drawing of lines, or one of far too many; draw an outline and a face")
    return Drawing(_resized(even, (_SIDE, _SIDE)), moved, name)


def _resized(plane: NDArray[Any], size: tuple[int, int]) -> _Plane:
    """A plane or a picture reduced to a width and a height, each pixel the mean of those it covers."""
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _larger_than_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without what is too small to be meant: dust and grain."""
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    least = max(2.0, (0.003 * max(mask.shape)) ** 2)
    keep = sizes[:, cv2.CC_STAT_AREA] >= least
    return np.asarray(keep[labels])


def _moved(ink: _Plane, scale: float, x: float, y: float) -> _Plane:
    """Ink enlarged or reduced onto the canvas, its corner at x and y."""
    if scale < 1:
        # Lines of a pixel must not be lost on the way.
        reach = round(min(3, 0.6 / scale)) if scale < 0.6 else 0
        if reach > 1:
            ink = np.asarray(cv2.dilate(ink, np.ones((reach, reach), np.uint8)), np.float32)
        size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
        ink = _resized(ink, size)
        scale = 1.0
    matrix = np.array([[scale, 0, x + (scale - 1) / 2], [0, scale, y + (scale - 1) / 2]])
    return np.asarray(cv2.warpAffine(ink, matrix, (_CANVAS, _CANVAS), flags=cv2.INTER_LINEAR), np.float32)


def evened(ink: _Plane) -> _Plane:
    """Ink on the canvas (256,256) with lines of the width that the network learnt from."""
    mask = ink > 0.4
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    middle = thinned(mask)
    if not middle.any():
        return ink
    if NARROW <= ink.sum() / middle.sum() <= WIDE and inside.max() <= THICK:
        return np.clip(ink * 1.4, 0, 1)
    solid = max(THICK, 2.2 * float(np.median(inside[middle])))
    core = (inside > solid).astype(np.uint8)
    reach = 2 * round(solid) + 3
    areas = cv2.dilate(core, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))).astype(bool) & mask
    border = areas & ~cv2.erode(areas.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    lines = thinned(mask & ~areas) | border
    # Twice as fine, so that the pen may be as wide as it ought to be.
    fine = cv2.resize(lines.astype(np.uint8), (2 * _CANVAS, 2 * _CANVAS), interpolation=cv2.INTER_NEAREST)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(2 * PEN), round(2 * PEN)))
    wide = cv2.dilate(fine, pen).astype(np.float32)
    return _resized(cv2.GaussianBlur(wide, (0, 0), 0.8), (_CANVAS, _CANVAS))


def thinned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The middle lines of a mask (h,w), a pixel wide (Zhang & Suen, "A fast parallel algorithm for thinning digital
    patterns", CACM 1984)."""
    m = np.pad(mask, 1).astype(np.uint8)
    inner = m[1:-1, 1:-1]
    while True:
        left_over = inner.copy()
        for first in (True, False):
            up, right, down, left = m[:-2, 1:-1], m[1:-1, 2:], m[2:, 1:-1], m[1:-1, :-2]
            around = [up, m[:-2, 2:], right, m[2:, 2:], down, m[2:, :-2], left, m[:-2, :-2]]
            count = np.sum(around, 0)
            turns = np.sum([(a == 0) & (b == 1) for a, b in zip(around, around[1:] + around[:1], strict=True)], 0)
            sides = (up * right * down, right * down * left) if first else (up * right * left, up * down * left)
            edge = (count >= 2) & (count <= 6) & (turns == 1) & (sides[0] == 0) & (sides[1] == 0)
            inner[edge] = 0
        if (left_over == inner).all():
            return inner.astype(bool)
