"""Photographs of heads, and drawings made of them on the way into a batch.

Each time a photograph is drawn it is drawn otherwise, and it is bent first, together with its landmarks: people draw
heads flatter, ears longer and eyes further apart than cats have them, and a network can only follow such lines if it
has seen a photograph do so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from enhance.datasets import cache, folders
from enhance.errors import DataError
from enhance.files import sha256
from enhance.pixels import to_float
from enhance.tasks.sketch import landmarks
from enhance.tasks.sketch.doodles import whiskers, with_whiskers
from enhance.tasks.sketch.drawings import Mix, drawn
from enhance.tasks.sketch.look import look_of, mirrored_look
from enhance.tasks.sketch.strokes import DrawingPoints, Random, ink, loosened

_Pixels = NDArray[np.uint8]
_Example = tuple[NDArray[np.float32], NDArray[np.float32], float, NDArray[np.float32]]
"""A picture (3,128,128), its drawing (1,128,128), the drawing's looseness, and the look of the picture."""

_SIDE = 128
"""Pixels across drawings and pictures as the networks see them."""
_KEPT = 144
"""Pixels across the pictures in memory."""
_HELD_OUT = 64
"""Pictures that are held out of a large folder to validate by: the others are not used at all."""


@dataclass(frozen=True)
class Bending:
    """How far a photograph is bent before it is drawn: standard deviations, as parts of the picture's side.

    Attributes:
        size: of its width and height, each on its own.
        turn: in degrees.
        shift: of the whole.
        ears: of their length, as a part of it.
        features: of the place of eyes, nose and mouth.
        often: the chance that features are moved at all.
    """

    size: float = 0.09
    turn: float = 5.0
    shift: float = 0.03
    ears: float = 0.22
    features: float = 0.02
    often: float = 0.6


@dataclass(frozen=True)
class Sampling:
    """What a batch is made of.

    Attributes:
        batch: pictures in it.
        whiskers: the chance that a doodle has whiskers, which then are drawn on the photograph too.
    """

    batch: int = 12
    whiskers: float = 0.65
    mix: Mix = field(default_factory=Mix)
    bending: Bending = field(default_factory=Bending)


@dataclass(frozen=True)
class Heads:
    """Photographs of one thing.

    Attributes:
        pixels: (n,144,144,3).
        points: of each, its landmarks (13,2), or else its outline (m,2).
        landmarked: which of the two.
        looks: (n,LOOK).
    """

    pixels: _Pixels
    points: Sequence[DrawingPoints]
    landmarked: bool
    looks: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pixels)


class DrawnHeads:
    """Batches of photographs and drawings of them."""

    def __init__(self, training: Heads, held_out: Heads, digest: str, sampling: Sampling, seed: int = 0) -> None:
        self.training = training
        self.kept_back = held_out
        self.digest = digest
        self.sampling = sampling
        self.seed = seed

    def batch(self, step: int, rank: int = 0, world: int = 1) -> dict[str, Tensor]:  # noqa: ARG002
        """Batch number `step`, the same for the same arguments.

        Returns:
            picture (N,3,128,128) and edges (N,1,128,128) in [0,1], 1 where there is ink; looseness (N,1) in [0,1]; look
            (N,LOOK).
        """
        random = np.random.default_rng((self.seed, step, rank))
        picked = random.integers(len(self.training), size=self.sampling.batch)
        return _stacked([self._example(self.training, int(n), random, random.random()) for n in picked])

    def held_out(self) -> Sequence[dict[str, Tensor]]:
        """Photographs that are never trained on, each drawn once strictly or loosely."""
        examples = []
        for n in range(len(self.kept_back)):
            random = np.random.default_rng((self.seed, n))
            examples.append(self._example(self.kept_back, n, random, (0.0, 0.5)[n % 2], still=True))
        size = max(1, self.sampling.batch)
        return [_stacked(examples[n : n + size]) for n in range(0, len(examples), size)]

    def _example(self, heads: Heads, n: int, random: Random, looseness: float, *, still: bool = False) -> _Example:
        picture, look = heads.pixels[n], heads.looks[n]
        points = heads.points[n]
        if not still and random.random() < 0.5:
            picture, look = np.ascontiguousarray(picture[:, ::-1]), mirrored_look(look)
            points = mirrored_points(points) if heads.landmarked else points * [-1, 1] + [1, 0]
        bending = Bending(0, 0, 0, 0, 0, 0) if still else self.sampling.bending
        picture, points = bent(picture, points, bending if heads.landmarked else replace(bending, often=0.0), random)
        strokes = drawn(picture, points, heads.landmarked, looseness, self.sampling.mix, random)
        if heads.landmarked and random.random() < self.sampling.whiskers:
            hairs = whiskers(points, random)
            picture = with_whiskers(picture, hairs, random)
            strokes += loosened(hairs, looseness, random)
        edges = ink(strokes, random.uniform(*self.sampling.mix.widths), _SIDE)
        return to_float(picture.transpose(2, 0, 1)), edges[None], looseness, look


def _stacked(
    examples: Sequence[_Example],
) -> dict[str, Tensor]:
    pictures, edges, loosenesses, looks = zip(*examples, strict=True)
    return {
        "picture": torch.from_numpy(np.stack(pictures)),
        "edges": torch.from_numpy(np.stack(edges)),
        "looseness": torch.tensor(loosenesses, dtype=torch.float32)[:, None],
        "look": torch.from_numpy(np.stack(looks)),
    }


def mirrored_points(points: DrawingPoints) -> DrawingPoints:
    mirrored = points[landmarks.MIRRORED].copy()
    mirrored[:, 0] = 1 - mirrored[:, 0]
    return mirrored


def bent(picture: _Pixels, points: DrawingPoints, bending: Bending, random: Random) -> tuple[_Pixels, DrawingPoints]:
    """A picture (H,H,3) and its points, moved, stretched, and with landmarks displaced; (128,128,3) and points.

    Features are moved by a thin plate spline (Bookstein, "Principal warps", IEEE PAMI 1989) that holds the border.
    """
    stretch = np.exp(random.normal(-bending.size * 0.7, bending.size, 2))
    angle = np.deg2rad(random.normal(0, 1) * bending.turn)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn * stretch
    shift = random.normal(0, 1, 2) * bending.shift
    # From places of the result back to places of the picture.
    back = np.linalg.inv(matrix)
    steps = (np.arange(_SIDE) + 0.5) / _SIDE
    nodes = 17
    coarse = np.linspace(0, 1, nodes)
    grid = np.stack(np.meshgrid(coarse, coarse), -1).reshape(-1, 2)
    where = (grid - 0.5 - shift) @ back.T + 0.5
    at = (points - 0.5) @ matrix.T + 0.5 + shift
    if bending.often and random.random() < bending.often:
        moved = at + _moves(at, bending, random)
        border = np.array([[x, y] for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5)])
        displaced = _spline(np.concatenate([moved, border]), np.concatenate([at - moved, 0 * border]), grid)
        where = where + displaced @ back.T
        at = moved
    height = len(picture)
    coarse_maps = (where.reshape(nodes, nodes, 2) * height - 0.5).astype(np.float32)
    # The grid's nodes lie on the corners of the picture, pixels within it.
    fine = (steps * (nodes - 1)).astype(np.float32)
    x, y = np.meshgrid(fine, fine)
    maps = cv2.remap(coarse_maps, x, y, cv2.INTER_LINEAR)
    result = cv2.remap(picture, maps[..., 0], maps[..., 1], cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(result, np.uint8), at


def _moves(p: DrawingPoints, bending: Bending, random: Random) -> DrawingPoints:
    """By how much each landmark (13,2) is displaced: as by somebody who draws heads in his own way."""
    amount = random.uniform(0, 1.4)
    offsets = random.normal(0, bending.features * 0.3, p.shape)
    for ear in (landmarks.EAR_LEFT, landmarks.EAR_RIGHT):
        base = (p[ear][0] + p[ear][2]) / 2
        offsets[ear.start + 1] += (p[ear][1] - base) * random.normal(0, bending.ears)
    apart = random.normal(0, 2 * bending.features)
    for eye, side in ((landmarks.EYE_LEFT, -1), (landmarks.EYE_RIGHT, 1)):
        offsets[eye] += [side * apart / 2, 0]
    down = random.normal(0, bending.features)
    offsets[[landmarks.EYE_LEFT, landmarks.EYE_RIGHT], 1] += down
    offsets[[landmarks.NOSE, landmarks.MOUTH], 1] += random.normal(0, bending.features) + down / 2
    wide = random.normal(0, 2 * bending.features)
    offsets[landmarks.CHEEK_LEFT] += [-wide, 0]
    offsets[landmarks.CHEEK_RIGHT] += [wide, 0]
    offsets[landmarks.CHIN] += [0, random.normal(0, 1.5 * bending.features)]
    return np.asarray(offsets * amount)


def _spline(nodes: DrawingPoints, values: DrawingPoints, wanted: DrawingPoints) -> DrawingPoints:
    """The smoothest surface (m,2) over points `wanted` that has the values (n,2) at nodes (n,2)."""

    def bend(a: DrawingPoints, b: DrawingPoints) -> DrawingPoints:
        squared = ((a[:, None] - b[None]) ** 2).sum(-1)
        return np.asarray(squared * np.log(squared + 1e-9))

    n = len(nodes)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = bend(nodes, nodes) + 1e-4 * np.eye(n)
    system[:n, n] = system[n, :n] = 1
    system[:n, n + 1 :] = nodes
    system[n + 1 :, :n] = nodes.T
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, 2))]))
    return np.asarray(bend(wanted, nodes) @ weights[:n] + weights[n] + wanted @ weights[n + 1 :])


def load_pictures(sources: Sequence[Path], sampling: Sampling, *, landmarked: bool, seed: int = 0) -> DrawnHeads:
    """Read folders of pictures of one thing, each about as large in its picture.

    About one picture in a hundred, chosen by its name, is held out.

    Args:
        landmarked: whether they are heads of cats, whose landmarks can be found; of anything else, the outline is.
        seed: of everything that is drawn at random.

    Raises:
        DataError: a folder or a picture cannot be used.
    """
    paths = [path for folder in sources for path in folders.pictures(folder)]
    if len(paths) < 2:
        raise DataError(f"{sources[0]}: one picture is too few to learn from")
    pixels = cache.cached(cache.stamps(paths) + " square", len(paths), (_KEPT, _KEPT, 3), lambda n: _square(paths[n]))
    points = _landmarks(pixels, paths) if landmarked else _outlines(pixels, paths)
    looks = np.stack([look_of(p, points[n] if landmarked else None) for n, p in enumerate(pixels)])
    held = np.array([folders.is_held_out(path.name) for path in paths])
    if held.all() or not held.any():
        held = np.arange(len(paths)) % 50 == 0

    def part(chosen: NDArray[np.bool_], most: int | None = None) -> Heads:
        numbers = np.flatnonzero(chosen)[:most]
        return Heads(pixels[numbers], [points[n] for n in numbers], landmarked, looks[numbers])

    return DrawnHeads(part(~held), part(held, _HELD_OUT), folders.digest(paths), sampling, seed)


def _landmarks(pixels: _Pixels, paths: Sequence[Path]) -> Sequence[DrawingPoints]:
    """Landmarks (13,2) of all pictures, to a two-thousandth of their side, from the cache if they were found before."""

    def make(index: int) -> _Pixels:
        return landmarks.find_landmarks(pixels[index : index + 1])[0].astype(np.float16).view(np.uint8)

    key = f"{cache.stamps(paths)} {sha256(landmarks.NETWORK)}"
    records = cache.cached(key, len(paths), (landmarks.LANDMARK_COUNT, 4), make)
    return list(records.view(np.float16).astype(np.float64))


def _outlines(pixels: _Pixels, paths: Sequence[Path]) -> Sequence[DrawingPoints]:
    """Outlines (n,2) of what is in the middle of all pictures, from the cache if they were found before."""
    side = _KEPT // 2

    def make(index: int) -> _Pixels:
        return foreground(cv2.resize(pixels[index], (side, side), interpolation=cv2.INTER_AREA))

    masks = cache.cached(cache.stamps(paths) + " foreground", len(paths), (side, side), make)
    return [outline_of(mask) for mask in masks]


def foreground(picture: _Pixels) -> _Pixels:
    """What is in the middle of a picture (h,h,3): a mask (h,h), 1 there (Rother et al., "GrabCut", SIGGRAPH 2004)."""
    side = len(picture)
    edge = round(0.06 * side)
    mask = np.zeros((side, side), np.uint8)
    box = edge, edge, side - 2 * edge, side - 2 * edge
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(picture, mask, box, *models, 3, cv2.GC_INIT_WITH_RECT)
    result = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    if not 0.05 < result.mean() < 0.9:
        result = cv2.ellipse(np.zeros_like(result), ((side / 2, side / 2), (0.7 * side, 0.7 * side), 0), (1,), -1)
    smooth = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return np.asarray(cv2.morphologyEx(result, cv2.MORPH_OPEN, smooth), np.uint8)


def outline_of(mask: _Pixels) -> DrawingPoints:
    """The longest outline of a mask (h,h), closed: points (n,2) in [0,1]."""
    lines, _ = cv2.findContours(np.pad(mask, 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max((line[:, 0] for line in lines), key=len, default=np.array([[1, 1], [len(mask), len(mask)]]))
    return np.asarray((np.concatenate([longest, longest[:1]]) - 0.5) / len(mask), np.float64)


def _square(path: Path) -> _Pixels:
    """The middle square of a picture, (144,144,3).

    Raises:
        DataError: it cannot be read.
    """
    pixels = folders.read_pixels(path)
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    pixels = pixels[top : top + side, left : left + side]
    if side == _KEPT:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((_KEPT, _KEPT), Image.Resampling.LANCZOS))
