"""Holes drawn at random, to learn from, and the same ones each time, to measure by. (H,W) float32, 1 in the hole."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Hole = NDArray[np.bool_]
"""(H,W), true where it is to be filled."""
_Mask = NDArray[np.float32]

MOST_HIDDEN = 0.8
"""No hole takes more of a picture than this: of the rest there must be something to go on from."""


@dataclass(frozen=True)
class Holes:
    """How often each kind of hole is drawn; in proportion."""

    strokes: float = 0.4
    boxes: float = 0.2
    halves: float = 0.2
    centres: float = 0.2

    def draw(self, height: int, width: int, rng: np.random.Generator) -> _Mask:
        """A hole of one kind or another; never empty, and never more than `MOST_HIDDEN` of the picture."""
        kinds = {strokes: self.strokes, random_boxes: self.boxes, half: self.halves, centre: self.centres}
        chances = np.array(list(kinds.values()))
        while True:
            kind = list(kinds)[rng.choice(len(kinds), p=chances / chances.sum())]
            mask = kind(height, width, rng)
            if 0 < mask.mean() <= MOST_HIDDEN:
                return mask


def strokes(height: int, width: int, rng: np.random.Generator) -> _Mask:
    """What a brush would paint over, in one to five strokes that turn; thin ones are scratches."""
    mask = np.zeros((height, width), np.float32)
    side = min(height, width)
    brush = side * np.exp(rng.uniform(np.log(0.015), np.log(0.2)))
    for _ in range(rng.integers(1, 6)):
        point = rng.uniform(0, (width, height))
        heading = rng.uniform(0, 2 * np.pi)
        thick = max(1, round(brush * rng.uniform(0.7, 1.3)))
        for _ in range(rng.integers(2, 9)):
            heading += rng.normal(0, 0.6)
            reach = point + side * rng.uniform(0.05, 0.22) * np.array([np.cos(heading), np.sin(heading)])
            begin, end = ((round(float(x)), round(float(y))) for x, y in (point, reach))
            cv2.line(mask, begin, end, (1.0,), thick)
            cv2.circle(mask, end, thick // 2, (1.0,), -1)
            point = np.clip(reach, 0, (width, height))
    return mask


def random_boxes(height: int, width: int, rng: np.random.Generator) -> _Mask:
    """One to three upright boxes, which may stick out of the picture."""
    mask = np.zeros((height, width), np.float32)
    for _ in range(rng.choice((1, 1, 2, 3))):
        high, wide = (max(2, round(n * np.exp(rng.uniform(np.log(0.1), np.log(0.6))))) for n in (height, width))
        top, left = rng.integers(-high // 4, height - 3 * high // 4), rng.integers(-wide // 4, width - 3 * wide // 4)
        mask[max(top, 0) : top + high, max(left, 0) : left + wide] = 1
    return mask


def half(height: int, width: int, rng: np.random.Generator) -> _Mask:
    """All on one side of a line that runs about through the middle."""
    mask = np.zeros((height, width), np.float32)
    share = rng.uniform(0.3, 0.6)
    if rng.random() < 0.5:
        mask[:, : max(1, round(width * share))] = 1
    else:
        mask[: max(1, round(height * share))] = 1
    return mask if rng.random() < 0.5 else np.ascontiguousarray(mask[::-1, ::-1])


def centre(height: int, width: int, rng: np.random.Generator) -> _Mask:
    """A box or an ellipse about the middle."""
    mask = np.zeros((height, width), np.float32)
    high, wide = height * rng.uniform(0.3, 0.7), width * rng.uniform(0.3, 0.7)
    y, x = height * rng.uniform(0.42, 0.58), width * rng.uniform(0.42, 0.58)
    if rng.random() < 0.5:
        mask[max(0, round(y - high / 2)) : round(y + high / 2), max(0, round(x - wide / 2)) : round(x + wide / 2)] = 1
    else:
        cv2.ellipse(mask, (round(x), round(y)), (round(wide / 2), round(high / 2)), 0, 0, 360, (1.0,), -1)
    return mask


MASK_KINDS = ("strokes", "boxes", "half", "centre")
"""What is measured, and shown while it is learnt."""


def measured(kind: str, height: int, width: int, number: int) -> _Mask:
    """The hole of one of `MASK_KINDS` in the picture of a number, the same each time; left and right half by turns."""
    rng = np.random.default_rng((MASK_KINDS.index(kind), number))
    mask = np.zeros((height, width), np.float32)
    if kind == "strokes":
        while not 0.15 < mask.mean() < 0.4:
            mask = strokes(height, width, rng)
    elif kind == "boxes":
        while not 0.05 < mask.mean() < 0.4:
            mask = random_boxes(height, width, rng)
    elif kind == "half":
        middle = width // 2
        mask[:, slice(middle) if number % 2 == 0 else slice(middle, width)] = 1
    else:
        mask[height // 4 : height - height // 4, width // 4 : width - width // 4] = 1
    return mask
