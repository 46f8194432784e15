"""Where in a photo animals of a kind are: found in the photo made small, in one look for photos of any size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.inference.model import Model
from enhance.pixels import Integers, PixelBox
from enhance.tasks.translate.options import ANIMALS
from enhance.tasks.translate.overview import overview
from enhance.tasks.translate.people import without_people

FINDER = "animals"
_LOOK = 256
"""Pixels along the longer side of a photo as the finder sees it."""
_SURE, LEAST_SURE = 0.5, 0.7
"""The probability of a pixel from which on it is an animal's; what is nowhere as sure as the second is none."""
CONVINCED = {"horse": 0.95, "zebra": 0.88}
"""How sure the surest quarter of the surest animal must be, on average, for a photo to show animals of a kind at all.

Of 60 photos without any, one in eight passes for horses and one in fifty for zebras; of photos with them, 98 and 95 %.
"""
_SMALLEST = 10
"""Pixels of the finder's answer that are an animal."""
JOINED = 2
"""Pixels of the finder's answer between two parts of one animal, as a fence or a rider leaves them."""

Probabilities = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Animal:
    """An animal, or several that touch.

    Attributes:
        box: left, top, right, bottom in pixels of the photo, tight.
        share: the part of the photo that it covers.
        where: (h,w) probabilities in the photo made small, zero where other animals are nearer.
    """

    box: PixelBox
    share: float
    where: Probabilities


def find_animals(pixels: Integers, kind: str) -> list[Animal]:
    """The animals of a kind in a photo (H,W,3), the largest first, without people; none, where even the surest is
    doubtful.

    Raises:
        ModelError: the finder is not there.
    """
    likely = without_people(probabilities(pixels)[ANIMALS.index(kind)], pixels)
    animals = separate(likely, pixels.shape[1], pixels.shape[0])
    return animals if any(animal_score(animal) > CONVINCED[kind] for animal in animals) else []


def animal_score(animal: Animal) -> float:
    """The mean probability of the surest quarter of an animal's pixels."""
    inside = np.sort(animal.where[animal.where > _SURE])
    return float(inside[-max(1, len(inside) // 4) :].mean())


def probabilities(pixels: Integers) -> Probabilities:
    """For each kind of `ANIMALS` how probable it is that a pixel is of one, (2,h,w), of the photo made small."""
    finder, small = Model.load(FINDER), overview(pixels, _LOOK)
    height, width = small.shape[:2]
    border = (0, -height % finder.facts.multiple), (0, -width % finder.facts.multiple), (0, 0)
    image = np.pad(small, border, mode="edge").transpose(2, 0, 1)[None]
    where = finder.run(image=image)["where"][0]
    return np.ascontiguousarray(where[:, : -(-height // 2), : -(-width // 2)])


def separate(probabilities: Probabilities, width: int, height: int) -> list[Animal]:
    """Animals from probabilities (h,w) that cover a photo of that size, the largest first."""
    sure = (probabilities > _SURE).astype(np.uint8)
    kernel = np.ones((2 * JOINED - 1, 2 * JOINED - 1), np.uint8)
    count, labels = cv2.connectedComponents(np.asarray(cv2.dilate(sure, kernel)), connectivity=8)
    animals = []
    x_scale, y_scale = width / probabilities.shape[1], height / probabilities.shape[0]
    kept = [n for n in range(1, count) if _is_animal(probabilities, sure, labels == n)]
    nearest = _nearest(np.asarray(labels, np.int32), kept)
    for n in kept:
        rows, columns = np.nonzero((labels == n) & (sure > 0))
        left, right = int(columns.min() * x_scale), min(width, int(np.ceil((columns.max() + 1) * x_scale)))
        top, bottom = int(rows.min() * y_scale), min(height, int(np.ceil((rows.max() + 1) * y_scale)))
        where = np.where(nearest == n, probabilities, np.float32(0))
        animals.append(Animal((left, top, right, bottom), len(rows) / probabilities.size, where))
    return sorted(animals, key=lambda animal: -animal.share)


def _is_animal(probabilities: Probabilities, sure: NDArray[np.uint8], here: NDArray[np.bool_]) -> bool:
    return int(sure[here].sum()) >= _SMALLEST and float(probabilities[here].max()) >= LEAST_SURE


def _nearest(labels: NDArray[np.int32], kept: list[int]) -> NDArray[np.int32]:
    """For each pixel the number of the nearest of these labels; 0 where there are none."""
    best = np.full(labels.shape, np.inf, np.float32)
    nearest = np.zeros(labels.shape, np.int32)
    for n in kept:
        distance = np.asarray(cv2.distanceTransform((labels != n).astype(np.uint8), cv2.DIST_L2, 3))
        closer = distance < best
        best[closer], nearest[closer] = distance[closer], n
    return nearest
