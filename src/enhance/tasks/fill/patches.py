"""Filling of holes with patches that are copied from elsewhere in the photo, and mended by a network.

Grass, brick and fur go on as they are around the hole, which a small network draws worse; a thing that is seen nowhere
else cannot be copied. Where patches meet, and at the hole's edge, another joins them. (Barnes et al., "PatchMatch",
SIGGRAPH 2009, by the package `pypatchmatch`.)
"""

from __future__ import annotations

import threading

import patchmatch

from enhance.pixels import Array, to_float, to_uint8
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import PHOTO_FILL, PHOTO_MEND, Painter

PATCH_RADIUS = 3
"""Of a patch, in pixels, as in the package's examples."""
LEAST_SIDE = 24
"""A picture of fewer pixels a side has too few patches."""
MOST_AT_ONCE = 1_000_000
"""Pixels of a picture that is filled at once, which takes some three seconds. A larger one is filled at half its size,
and a network refines that."""
_ALONE = threading.Lock()
"""The package has one random generator for all threads."""


def fill_by_patches(rgb: Array, hole: Hole, seed: int) -> None:
    """Fill the hole (H,W) of a picture (H,W,3) in [0,1].

    Of a large picture that is done at half its size, and `photo_fill` adds detail; it draws all of a tiny one.

    Args:
        seed: where the search for patches begins.
    """
    if can_copy(*hole.shape):
        copy_and_mend(Painter.load(PHOTO_MEND), rgb, hole, seed)
    elif are_copied(*hole.shape):
        small, small_hole = painting.halved(rgb, hole)
        fill_by_patches(small, small_hole, seed)
        rgb[hole] = painting.doubled(small)[: hole.shape[0], : hole.shape[1]][hole]
        painting.fill_by_network(Painter.load(PHOTO_FILL), rgb, hole, seed, holds=painting.DRAFT)
    else:
        painting.fill_by_network(Painter.load(PHOTO_FILL), rgb, hole, seed)


def are_copied(height: int, width: int) -> bool:
    """Whether a picture of that size is filled with patches, if need be at half its size or less."""
    return patchmatch.patchmatch_available and min(height, width) >= LEAST_SIDE


def can_copy(height: int, width: int) -> bool:
    """Whether it is filled with patches at its own size."""
    return are_copied(height, width) and height * width <= MOST_AT_ONCE


def copy_and_mend(painter: Painter, rgb: Array, hole: Hole, seed: int) -> None:
    """Fill the hole of a picture at its own size, and let a network join the patches."""
    copy(rgb, hole, seed)
    painting.fill_by_network(painter, rgb, hole, seed, holds=painting.COPIED)


def copy(rgb: Array, hole: Hole, seed: int) -> None:
    """Fill the hole of a picture at its own size."""
    emptied = to_uint8(rgb)
    emptied[hole] = 0
    with _ALONE:
        patchmatch.set_random_seed(seed)
        output = patchmatch.inpaint(emptied, hole, patch_size=PATCH_RADIUS)
    rgb[hole] = to_float(output[hole])
