"""Inputs such as exported networks will get, to choose their 8-bit steps by."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from enhance.errors import DataError
from enhance.tasks.upscale import data
from enhance.tasks.upscale.networks.generator import frame_coordinates
from enhance.tasks.upscale.options import SCALE
from enhance.train.task import Inputs

_SIZES = (16, 32, 64)
_PICTURES = 160


def generator_inputs(
    folders: Sequence[Path], inputs: Sequence[str], noise: int, scale: int = SCALE
) -> Iterator[Inputs]:
    """Some pictures of folders of squares, made so many times smaller, as `inputs` with noise of so many planes.

    Raises:
        DataError: a folder cannot be used, or its pictures are smaller than the smallest frame.
    """
    rng = np.random.default_rng(0)
    for frame in _frames(folders):
        lr = _small(frame, scale)
        planes = torch.from_numpy(rng.standard_normal((1, noise, *lr.shape[2:]), dtype=np.float32))
        values = {"lr": lr, "noise": planes, "place": frame_coordinates(lr), "bad": _noisy(lr, rng)}
        yield {name: values[name] for name in inputs}


def discriminator_inputs(folders: Sequence[Path]) -> Iterator[Inputs]:
    """Some pictures of folders of squares at each of `_SIZES`, with their small pictures.

    Raises:
        DataError: as `generator_inputs`.
    """
    for frame in _frames(folders):
        yield {"hr": frame, "lr": _small(frame)}


def _noisy(lr: Tensor, rng: np.random.Generator) -> Tensor:
    """A small picture (1,3,h,w) as it may have been before it was restored: with noise of up to 30 grey levels, in one
    of three cases none."""
    strength = max(rng.uniform(-15, 30), 0) / 255
    noise = strength * rng.standard_normal(lr.shape, dtype=np.float32)
    return ((lr + torch.from_numpy(noise)).clamp(0, 1) * 255).round() / 255


def _frames(folders: Sequence[Path]) -> Iterator[Tensor]:
    """Some pictures of folders of squares, as (1,3,H,H) in [0,1], each at all sizes that it is large enough for.

    Raises:
        DataError: as `generator_inputs`.
    """
    listing = [source for folder in folders for source in data.training_sources(folder)]
    chosen = [listing[n] for n in sorted(np.random.default_rng(0).permutation(len(listing))[:_PICTURES])]
    count = 0
    for pixels in map(data.read_square, chosen):
        for size in _SIZES:
            if len(pixels) >= SCALE * size:
                frame = torch.from_numpy(np.array(data.area_resize(pixels, SCALE * size)))
                yield frame.permute(2, 0, 1)[None].float() / 255
                count += 1
    if not count:
        raise DataError(f"{folders[0]}: no picture of {SCALE * _SIZES[0]} pixels or more to calibrate with")


def _small(frame: Tensor, scale: int = SCALE) -> Tensor:
    """(1,3,scale*h,scale*w) to (1,3,h,w), in steps of 8 bits."""
    return (functional.avg_pool2d(frame, scale) * 255).round() / 255
