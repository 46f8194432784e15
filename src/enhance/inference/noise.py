"""From a seed to the noise that names one of many possible results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enhance.errors import ModelError
from enhance.inference.facts import Facts
from enhance.pixels import PixelBox

Noise = NDArray[np.float32]

_CELL = 64
"""Pixels across of the squares of a picture of which each has noise of its own."""


def noise_rng(seed: int, *part: int) -> np.random.Generator:
    """Where the noise of a result comes from, or that of a numbered part of it.

    Raises:
        ModelError: the seed is below 0.
    """
    if seed < 0:
        raise ModelError(f"seed {seed}: seeds are whole numbers from 0 on")
    return np.random.default_rng((seed, *part) if part else seed)


def tiled_noise(seed: int, channels: int, box: PixelBox) -> Noise:
    """Noise (channels,h,w) for a part of a picture (left, top, right, bottom): any part gets the same for a pixel."""
    left, top, right, bottom = box
    rows, columns = (range(a // _CELL, -(-b // _CELL)) for a, b in ((top, bottom), (left, right)))

    def cell(row: int, column: int) -> Noise:
        return noise_rng(seed, row, column).standard_normal((channels, _CELL, _CELL), np.float32)

    cells = np.block([[cell(row, column) for column in columns] for row in rows])
    down, across = top - _CELL * rows.start, left - _CELL * columns.start
    return cells[:, down : down + bottom - top, across : across + right - left]


def truncation(facts: Facts, seed: int, fineness: float = 0.0) -> float:
    """By what the noise of a seed is multiplied.

    Seed 0, the result given unless another is asked for, keeps nearer to the middle of all results, which is on average
    nearer to the truth, where much is made up: of a small face, and of one that is restored (the truncation of Brock et
    al., "Large scale GAN training for high fidelity natural image synthesis", ICLR 2019). In sharp photos the noise of
    a face from 32 pixels on is skin and hair, and kept in full.

    Args:
        fineness: log2 of the pixels across the frame / 32, the third plane of the coordinates.
    """
    factors = [facts.noise_scale] if seed else [facts.noise_scale, facts.truncation]
    return float(np.prod([np.interp(fineness, np.arange(len(one)) - 1, one) for one in factors]))
