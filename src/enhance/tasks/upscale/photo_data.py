"""Photographs for training restoration: folders of any pictures, crops of them, and bad versions of the crops."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from enhance.datasets import folders
from enhance.errors import DataError
from enhance.pixels import to_float, without_colours
from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.train.task import Batch

Uint8Pixels = NDArray[np.uint8]
HELD_OUT = 20
"""Pictures to validate by, each by three crops."""
LARGEST = 256
"""Pixels across the largest pictures of a folder of aligned or cut-out ones: such folders are drawn from less often."""


@dataclass(frozen=True)
class Sampling:
    """What a batch holds.

    Attributes:
        batch: crops a step.
        side: their width and height in pixels, a multiple of 16.
        bad: what happens to them.
        portraits: how often a crop is of a folder whose pictures are all at most 256 pixels wide (faces, animals),
            instead of one of whole photographs.
        grey: how often a crop has no colours.
        most: pictures of a folder that are kept in memory.
    """

    batch: int = 16
    side: int = 128
    bad: BadPhoto = field(default_factory=BadPhoto)
    portraits: float = 0.4
    grey: float = 0.08
    most: int = 1500


class PhotoDataset:
    """Photographs in memory (see `enhance.train.task.Data`).

    Args:
        paths: folders; about one picture in a hundred, chosen by its name, is held out of training.

    Raises:
        DataError: a folder or picture cannot be used.
    """

    def __init__(self, paths: Sequence[Path], sampling: Sampling, seed: int = 0) -> None:
        self.sampling = sampling
        self.seed = seed
        self.photos: list[Uint8Pixels] = []
        self.portraits: list[list[Uint8Pixels]] = []
        self.validation: list[Uint8Pixels] = []
        listing: list[Path] = []
        for folder in paths:
            files = folders.pictures(folder)
            listing += files
            held = [path for path in files if folders.is_held_out(path.name)]
            kept = [path for path in files if not folders.is_held_out(path.name)]
            chosen = [kept[round(n)] for n in np.linspace(0, len(kept) - 1, min(len(kept), sampling.most))]
            pictures = [folders.read_pixels(path) for path in chosen]
            pictures = [picture for picture in pictures if min(picture.shape[:2]) >= sampling.side]
            small = bool(pictures) and max(max(picture.shape[:2]) for picture in pictures) <= LARGEST
            if small:
                self.portraits.append(pictures)
            else:
                self.photos += pictures
            self.validation += [folders.read_pixels(path) for path in held[: self.sampling.most // 100]]
        if not self.photos and not self.portraits:
            raise DataError(f"{paths[0]}: all pictures are smaller than {sampling.side} pixels; larger ones are needed")
        self.digest = folders.digest(listing)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        """`clean` and `bad` (N,3,H,H) in [0,1], and `defects` (N,4), see `bad_photos`."""
        rng = np.random.default_rng((self.seed, step, rank))
        crops = [self._crop(rng) for _ in range(self.sampling.batch)]
        return _batch(crops, [self.sampling.bad(crop, rng) for crop in crops])

    def held_out(self) -> Sequence[Batch]:
        """Crops of held-out photographs, each made bad in several ways."""
        rng = np.random.default_rng(self.seed)
        side = self.sampling.side
        crops = []
        spread = np.linspace(0, len(self.validation) - 1, min(len(self.validation), HELD_OUT)).astype(int)
        for picture in (self.validation[n] for n in spread):
            if min(picture.shape[:2]) < side:
                continue
            for _ in range(3):
                y, x = (int(rng.integers(room - side + 1)) for room in picture.shape[:2])
                crops.append(to_float(picture[y : y + side, x : x + side]))
        return [_batch(crops, [self.sampling.bad(crop, rng) for crop in crops])] if crops else []

    def _crop(self, rng: np.random.Generator) -> NDArray[Any]:
        side = self.sampling.side
        if self.portraits and (not self.photos or rng.random() < self.sampling.portraits):
            folder = self.portraits[rng.integers(len(self.portraits))]
        else:
            folder = self.photos
        picture = folder[rng.integers(len(folder))]
        # Reduced photographs are sharper, and show larger things.
        least = side / min(picture.shape[:2])
        factor = max(rng.uniform(0.5, 1), least) if rng.random() < 0.5 else 1.0
        wide = min(round(side / factor), *picture.shape[:2])
        y, x = rng.integers(picture.shape[0] - wide + 1), rng.integers(picture.shape[1] - wide + 1)
        crop: NDArray[Any] = picture[y : y + wide, x : x + wide]
        if wide != side:
            crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
        crop = to_float(crop)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.3:
            crop = crop.transpose(1, 0, 2)
        if rng.random() < self.sampling.grey:
            crop = without_colours(crop)
        return np.ascontiguousarray(crop)


def _batch(crops: Sequence[NDArray[Any]], bad: Sequence[tuple[NDArray[Any], NDArray[np.float32]]]) -> Batch:
    defects = torch.from_numpy(np.stack([measures for _, measures in bad]))
    return {"clean": _planes(crops), "bad": _planes([picture for picture, _ in bad]), "defects": defects}


def _planes(pictures: Sequence[NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2), np.float32))
