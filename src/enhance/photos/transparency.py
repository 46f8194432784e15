"""Colours under transparent pixels, which enlargement would otherwise mix with whatever the file has there."""

import numpy as np
from PIL import Image

from enhance.pixels import Array, Integers, resize, to_float, to_integers

_BAND = 256
"""Rows that are worked on together; an even number."""
_VISIBLE = 1 / 16
"""Opacity below which a colour is not to be trusted."""


def fill_transparent(pixels: Integers, alpha: Integers) -> Integers:
    """Pixels (H,W,3) whose transparent ones have the colours of the visible ones near them: enlargement mixes them."""
    floor = _VISIBLE * np.iinfo(alpha.dtype).max
    if alpha.min() >= floor or alpha.max() == 0:
        return pixels
    done = np.empty_like(pixels)
    bands = range(0, len(pixels), _BAND)
    halves = [_halved(*_trusted(pixels[top : top + _BAND], alpha[top : top + _BAND])) for top in bands]
    coarse = _spread(*(np.concatenate(half) for half in zip(*halves, strict=True)))
    for top in bands:
        colours, trust = _trusted(pixels[top : top + _BAND], alpha[top : top + _BAND])
        first = max(0, top // 2 - 2)
        around = _doubled(coarse[first : (top + _BAND) // 2 + 2], colours.shape[:2], top / 2 - first)
        done[top : top + _BAND] = to_integers(trust * colours + (1 - trust) * around, pixels.dtype)
    return done


def _trusted(pixels: Integers, alpha: Integers) -> tuple[Array, Array]:
    """Colours (H,W,3) and how far each is to be trusted (H,W,1), both in [0,1]."""
    return to_float(pixels), np.minimum(to_float(alpha) / np.float32(_VISIBLE), 1)[..., None]


def _spread(colours: Array, trust: Array) -> Array:
    """Colours (H,W,3) carried over to where trust (H,W,1) in [0,1] is low.

    Averages over ever larger blocks (Gortler and others, "The lumigraph", SIGGRAPH 1996).
    """
    if max(trust.shape) == 1:
        return colours
    around = _doubled(_spread(*_halved(colours, trust)), colours.shape[:2], 0)
    return (trust * colours + (1 - trust) * around).astype(np.float32)


def _halved(colours: Array, trust: Array) -> tuple[Array, Array]:
    """What can be trusted of every block of 2x2: its mean, and whether there is anything."""
    even = (0, len(trust) % 2), (0, trust.shape[1] % 2), (0, 0)
    padded = [np.pad(values, even) for values in (colours * trust, trust)]
    sums = [p.reshape(len(p) // 2, 2, p.shape[1] // 2, 2, -1).sum((1, 3)) for p in padded]
    return sums[0] / np.maximum(sums[1], 1e-6), np.minimum(sums[1], 1)


def _doubled(coarse: Array, shape: tuple[int, ...], top: float) -> Array:
    """`shape` (h,w) pixels of twice the fineness, from the row `top` on."""
    box = 0.0, top, shape[1] / 2, top + shape[0] / 2
    return resize(coarse, (shape[1], shape[0]), box, Image.Resampling.BILINEAR)
