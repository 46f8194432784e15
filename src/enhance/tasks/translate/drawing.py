"""An animal redrawn: cut out, brought to the size that the networks were taught, and the difference brought back.

Where a pattern is added, only that is enlarged: the photo's own fine detail stays. Where a pattern is painted over, its
edges would stay, too: there the photo's pixels are replaced. What the mask leaves out stays to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.inference.model import Model
from enhance.pixels import RGB, Integers, PixelBox, to_float
from enhance.tasks.translate.finding import Animal
from enhance.tasks.translate.options import COAT, COATS

ANIMAL_SIDE = 128
"""Pixels across an animal as the networks were taught to see it."""
_ROOM = 1.25
"""The side of the square that is cut out, in units of the longer side of the animal's box."""
_ALONE = 1.4
"""How much longer than wide the box of a single animal is at most, more or less."""
_STEP = 32
"""Pixels by which the square grows for several."""
_SMALL, _BROADER = 72, 0.75
"""Animals that are shorter, in pixels of the photo, are drawn so many times as large, which makes their stripes
broader: as fine as those of larger ones they would vanish in the photo's pixels."""
_LEAST = 0.25
"""Where the mask is not above this, nothing is changed; half a unit above it, all that was drawn is added."""
TRUST = 3.0
"""The finder's probability times this limits the mask, so that only what it found is redrawn."""

_Mask = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class AnimalPatch:
    """What is laid into a photo.

    Attributes:
        left, top, side: the square of the photo, in its pixels; it may reach beyond the photo.
        drawn: (S,S,3), the difference to the photo; of what is painted over it, the colours.
        alpha: (S,S), how much of it is laid in.
        painted: whether it is painted over the photo instead of being added.
    """

    left: int
    top: int
    side: int
    drawn: RGB
    alpha: _Mask
    painted: bool = False

    def rows(self, top: int, bottom: int, width: int) -> tuple[slice, slice, RGB, _Mask] | None:
        """What is laid into rows of a photo of that width: where (rows from `top` on, columns), what, and the mask.

        Each part is what it would be in the whole. None where the patch has nothing there.
        """
        y0, y1 = max(top, self.top), min(bottom, self.top + self.side)
        x0, x1 = max(0, self.left), min(width, self.left + self.side)
        if y0 >= y1 or x0 >= x1:
            return None
        alpha = self._part(self.alpha, (x0, y0, x1, y1), cv2.INTER_LINEAR)
        if not alpha.any():
            return None
        drawn = self._part(self.drawn, (x0, y0, x1, y1), cv2.INTER_CUBIC)
        return slice(y0 - top, y1 - top), slice(x0, x1), drawn, alpha

    def _part(self, plane: NDArray[np.float32], box: PixelBox, method: int) -> NDArray[np.float32]:
        left, top, right, bottom = box
        size = right - left, bottom - top
        if self.side <= len(plane):
            whole = cv2.resize(plane, (self.side, self.side), interpolation=cv2.INTER_AREA)
            x, y = left - self.left, top - self.top
            return np.asarray(whole, np.float32)[y : y + size[1], x : x + size[0]]
        step = len(plane) / self.side
        # Coordinates in floats: those of warpAffine are rounded to 1/32.
        columns, rows = (
            ((np.arange(begin, end, dtype=np.float32) - origin + 0.5) * step - 0.5).astype(np.float32)
            for begin, end, origin in ((left, right, self.left), (top, bottom, self.top))
        )
        across, down = np.tile(columns, (len(rows), 1)), np.tile(rows[:, None], (1, len(columns)))
        return np.asarray(cv2.remap(plane, across, down, method, borderMode=cv2.BORDER_REPLICATE), np.float32)


def draw_animal(
    model: Model, pixels: Integers, animal: Animal | None, coat: tuple[float, float, float] | None
) -> AnimalPatch:
    """What a network makes of an animal in a photo (H,W,3); of the whole photo, if there is none.

    Raises:
        MemoryError: there is no room for the network.
    """
    height, width = pixels.shape[:2]
    box = (0, 0, width, height) if animal is None else animal.box
    left, top, side = square(box, _ROOM if animal else 1.0, height, width)
    coated = "coat" in model.facts.inputs
    size = drawn_side(box, pattern=not coated)
    image = cut(pixels, left, top, side, size)
    inputs = {"image": image.transpose(2, 0, 1)[None]}
    if coated:
        inputs["coat"] = np.array([coat or COATS[COAT]], np.float32)
    output = model.run(**inputs)
    mask: _Mask = output["mask"][0, 0]
    if animal is not None:
        mask = np.minimum(mask, TRUST * there(animal, left, top, side, height, width, size))
    alpha = np.clip((mask - _LEAST) / 0.5, 0, 1).astype(np.float32)
    painted = "colours" in output
    drawn = output["colours" if painted else "delta"][0].transpose(1, 2, 0)
    return AnimalPatch(left, top, side, np.ascontiguousarray(drawn), alpha, painted)


def drawn_side(box: PixelBox, *, pattern: bool) -> int:
    """Pixels across the square in which animals are drawn: of several in a row each is as large as one alone would be,
    up to twice the usual side. `pattern`: whether stripes are drawn, which must not be too fine on small animals."""
    left, top, right, bottom = box
    longer, shorter = max(right - left, bottom - top), min(right - left, bottom - top)
    row = longer / max(shorter, 1) / _ALONE
    side = ANIMAL_SIDE + _STEP * min(max(round((row - 1) * ANIMAL_SIDE / _STEP), 0), ANIMAL_SIDE // _STEP)
    return int(_BROADER * side) // _STEP * _STEP if pattern and longer < _SMALL else side


def square(box: PixelBox, room: float, height: int, width: int) -> tuple[int, int, int]:
    """Left, top and side of the square around a box that a network is shown; in the photo, where that is possible."""
    left, top, right, bottom = box
    longer = max(right - left, bottom - top)
    side = max(2, min(round(room * longer), max(height, width)))

    def begin(low: int, high: int, most: int) -> int:
        if side >= most:
            return (most - side) // 2
        return min(max((low + high - side) // 2, 0), most - side)

    return begin(left, right, width), begin(top, bottom, height), side


def cut(pixels: Integers, left: int, top: int, side: int, size: int = ANIMAL_SIDE) -> RGB:
    """A square of a photo (H,W,3) at the networks' size, in [0,1]; beyond the photo its edges are repeated."""
    height, width = pixels.shape[:2]
    inside = pixels[max(top, 0) : min(top + side, height), max(left, 0) : min(left + side, width)]
    border = [max(-top, 0), max(top + side - height, 0), max(-left, 0), max(left + side - width, 0)]
    if any(border):
        # Made small first: the border of a large photo would take memory for nothing.
        scale = min(1.0, size / side)
        small = max(1, round(inside.shape[1] * scale)), max(1, round(inside.shape[0] * scale))
        if scale < 1:
            inside = np.asarray(cv2.resize(inside, small, interpolation=cv2.INTER_AREA))
        above, below, before, after = (round(b * scale) for b in border)
        inside = np.asarray(cv2.copyMakeBorder(inside, above, below, before, after, cv2.BORDER_REPLICATE))
    method = cv2.INTER_AREA if max(inside.shape[:2]) > size else cv2.INTER_CUBIC
    return to_float(np.asarray(cv2.resize(inside, (size, size), interpolation=method)))


def there(animal: Animal, left: int, top: int, side: int, height: int, width: int, size: int) -> _Mask:
    """The finder's probabilities of one animal, in the square that a network saw, (S,S)."""
    rows, columns = animal.where.shape
    step = np.array([columns / width, rows / height])
    pixel = side * step / size
    origin = (np.array([left, top]) * step) + pixel / 2 - 0.5
    matrix = np.array([[pixel[0], 0, origin[0]], [0, pixel[1], origin[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wide = cv2.dilate(animal.where, np.ones((3, 3), np.uint8))
    return np.asarray(
        cv2.warpAffine(wide, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
