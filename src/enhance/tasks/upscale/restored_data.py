"""Photographs for training enlargement of what was bad: crops, and small bad versions of them that were restored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from enhance.datasets import cache, folders
from enhance.errors import DataError
from enhance.painting.restoration import UNITS, Defects, restore, restorer, weight_files
from enhance.pixels import area_mean, to_float, to_uint8
from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.tasks.upscale.networks.generator import frame_coordinates
from enhance.tasks.upscale.options import SCALE
from enhance.train.task import Batch

_Pixels = NDArray[np.uint8]
_CROP = 256
"""Pixels a side of the crops that are kept."""
_HELD_OUT = 24
"""Crops to validate by."""
_FIRST_HELD_OUT = 1_000_000
"""Their numbers begin here, so that they are not those of any crop to learn from."""
_MISMEASURED = 0.25
"""By how much, as a standard deviation of their logarithms, defects are measured wrongly: photos are restored
here as most are. `restoration.misjudged` errs more, also where there is no defect: the restorer is to bear that."""


@dataclass(frozen=True)
class CropSampling:
    """What a batch holds.

    Attributes:
        batch: windows a step.
        side: their width and height in the small picture, such as the network can take.
        scale: how many times smaller than the crop the small picture is.
        crops: how many are made small, bad and restored before training begins.
        bad: what happens to them.
    """

    batch: int = 8
    side: int = 24
    scale: int = SCALE
    crops: int = 3000
    bad: BadPhoto = field(default_factory=lambda: BadPhoto(clean=0.2, mildness=1.25, uncoded=0.3, blurred=0.1))


class RestoredCrops:
    """Crops in memory, each with a small version that was bad and is restored (see `enhance.train.task.Data`).

    Args:
        paths: folders; each picture is drawn from as often as it has pixels, and about one in a hundred, chosen by its
            name, is held out of training.

    Raises:
        DataError: a folder or picture cannot be used.
    """

    def __init__(self, paths: Sequence[Path], sampling: CropSampling, seed: int = 0) -> None:
        self.sampling = sampling
        self.seed = seed
        listing = [path for folder in paths for path in folders.pictures(folder)]
        self.digest = folders.digest(listing)
        sizes = dict(zip(listing, cache.in_threads(folders.size, listing), strict=True))
        large = {path: width * height for path, (width, height) in sizes.items() if min(width, height) >= _CROP}
        kept = {path: area for path, area in large.items() if not folders.is_held_out(path.name)}
        if not kept:
            raise DataError(f"{paths[0]}: all pictures are smaller than {_CROP} pixels; larger ones are needed")
        held = {path: area for path, area in large.items() if path not in kept}
        self.training = self._examples(kept, sampling.crops, 0)
        self.validation = self._examples(held, _HELD_OUT, _FIRST_HELD_OUT) if held else None

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        """`hr` (N,3,scale*h,scale*h), `lr` and what it was before, `bad`, (N,3,h,h) in [0,1]; `place` (N,3,h,h), which
        says nothing of photos."""
        rng = np.random.default_rng((self.seed, step, rank))
        side, scale, (large, small) = self.sampling.side, self.sampling.scale, self.training
        hr = np.empty((self.sampling.batch, scale * side, scale * side, 3), np.uint8)
        lr = np.empty((self.sampling.batch, side, side, small.shape[3]), np.uint8)
        for n, index in enumerate(rng.integers(len(large), size=len(hr))):
            y, x = rng.integers(small.shape[1] - side + 1, size=2)
            pair = (
                large[index, scale * y : scale * (y + side), scale * x : scale * (x + side)],
                small[index, y : y + side, x : x + side],
            )
            if rng.random() < 0.5:
                pair = pair[0][:, ::-1], pair[1][:, ::-1]
            if rng.random() < 0.3:
                pair = pair[0].transpose(1, 0, 2), pair[1].transpose(1, 0, 2)
            hr[n], lr[n] = pair
        return _batch(hr, lr)

    def held_out(self) -> Sequence[Batch]:
        """Crops of held-out photographs."""
        return [] if self.validation is None else [_batch(*self.validation)]

    def _examples(self, areas: Mapping[Path, int], count: int, first: int) -> tuple[_Pixels, _Pixels]:
        """Crops (N,256,256,3) of pictures of so many pixels, and their small versions."""
        scale = self.sampling.scale
        files = list(areas)
        chances = np.array(list(areas.values())) / sum(areas.values())

        def make(index: int) -> _Pixels:
            rng = np.random.default_rng((self.seed, first + index))
            crop = _crop(folders.read_pixels(files[rng.choice(len(files), p=chances)]), rng)
            pair = _restored(area_mean(crop, scale), self.sampling.bad, rng)
            return np.concatenate([to_uint8(x).reshape(-1, _CROP, 3) for x in (crop, *pair)])

        key = f"{cache.stamps([*files, *weight_files()])} {self.sampling.bad} {self.seed} {first} {count}"
        key += "" if scale == SCALE else f" {scale}"  # or all that was made before would be made again
        # The small versions, restored and bad, lie below their crop, as rows of the same width.
        rows = cache.cached(key, count, (_CROP + 2 * _CROP // scale**2, _CROP, 3), make)
        small = rows[:, _CROP:].reshape(count, 2, _CROP // scale, _CROP // scale, 3)
        return rows[:, :_CROP], small.transpose(0, 2, 3, 1, 4).reshape(*small.shape[:1], *small.shape[2:4], 6)


def _crop(picture: _Pixels, rng: np.random.Generator) -> NDArray[np.float32]:
    """A crop (256,256,3) in [0,1] of a picture, half of the time of the picture made smaller."""
    shorter = min(picture.shape[:2])
    wide = min(round(_CROP / rng.uniform(0.4, 1)), shorter) if rng.random() < 0.5 else _CROP
    y, x = rng.integers(picture.shape[0] - wide + 1), rng.integers(picture.shape[1] - wide + 1)
    crop: NDArray[Any] = picture[y : y + wide, x : x + wide]
    return to_float(cv2.resize(crop, (_CROP, _CROP), interpolation=cv2.INTER_AREA) if wide != _CROP else crop)


def _restored(
    small: NDArray[np.float32], bad: BadPhoto, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A small picture that was made bad, restored by the shipped network, as if its defects had been measured; and as
    it was before."""
    made, defects = bad(small, rng)
    if not defects.any():
        return made, made
    measured = defects * np.exp(_MISMEASURED * rng.standard_normal(4)) * UNITS
    return restore(made, Defects(*(float(value) for value in measured)), network=restorer()), made


def _batch(hr: _Pixels, lr: _Pixels) -> Batch:
    large, small = (torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))).float() / 255 for x in (hr, lr))
    restored, bad = (half.contiguous() for half in small.split(3, 1))
    return {"hr": large, "lr": restored, "bad": bad, "place": frame_coordinates(restored)}
