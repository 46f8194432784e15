"""Filling of holes with what is copied from elsewhere in the photo, and mended by a network.

Grass, brick and fur go on as they are around the hole, which a small network draws worse; a thing that is seen nowhere
else cannot be copied. Where patches meet, and at the hole's edge, another joins them.
"""

from __future__ import annotations

import numpy as np

from enhance.pixels import Array
from enhance.tasks.fill import copying
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import PHOTO_FILL, PHOTO_MEND, Painter

LEAST_SIDE = 24
"""A picture of fewer pixels a side has too few patches."""
MOST_AT_ONCE = 1_000_000
"""Pixels of a picture that is filled at once, for the sake of memory. A larger one is filled at half its size, and a
network refines that."""
MENDED_AT_ONCE = 384**2
"""Pixels of a picture that is mended at its own size."""


def fill_by_patches(rgb: Array, hole: Hole, seed: int) -> None:
    """Fill the hole (H,W) of a picture (H,W,3) in [0,1].

    Of a large picture that is done at half its size, and `photo_fill` adds detail; it draws all of one that offers no
    patches.

    Args:
        seed: names one of several answers.
    """
    if not are_copied(hole):
        painting.fill_by_network(Painter.load(PHOTO_FILL), rgb, hole, seed)
    elif hole.size <= MOST_AT_ONCE:
        copy_and_mend(Painter.load(PHOTO_MEND), rgb, hole, seed)
    else:
        small, small_hole = painting.halved(rgb, hole)
        fill_by_patches(small, small_hole, seed)
        rgb[hole] = painting.doubled(small)[: hole.shape[0], : hole.shape[1]][hole]
        painting.fill_by_network(Painter.load(PHOTO_FILL), rgb, hole, seed, holds=painting.DRAFT)


def are_copied(hole: Hole) -> bool:
    """Whether a picture with such a hole is filled with patches, if need be at half its size or less."""
    if hole.size > MOST_AT_ONCE:
        return are_copied(hole[::2, ::2])
    return min(hole.shape) >= LEAST_SIDE and copying.offers_patches(hole)


def copy_and_mend(painter: Painter, rgb: Array, hole: Hole, seed: int) -> None:
    """Fill the hole of a picture at its own size, and let a network join the patches, of a larger one at half its size:
    pixels are copied at their own sharpness, and what the network changes is as broad as a patch."""
    copying.copy(rgb, hole, seed)
    if hole.size <= MENDED_AT_ONCE:
        painting.fill_by_network(painter, rgb, hole, seed, holds=painting.COPIED)
        return
    copied = painting.means_of_four(rgb)
    mended = copied.copy()
    painting.fill_by_network(painter, mended, ~painting.halved_hole(~hole), seed, holds=painting.COPIED)
    change = painting.doubled(mended - copied)[: hole.shape[0], : hole.shape[1]]
    change += rgb
    painting.put(np.clip(change, 0, 1, out=change), hole, rgb)
