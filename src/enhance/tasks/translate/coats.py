"""Coats without patterns: animals blurred within their masks, in a colour that is asked for."""

import torch
from torch import Tensor
from torch.nn import functional

_CELL = 4
"""Pixels across the cells in which light and shade are blurred."""
_REACH = 6
"""Cells that the blur reaches."""
_GRAIN = 0.03


def plain_coat(pictures: Tensor, mask: Tensor, colours: Tensor, spread: float) -> Tensor:
    """Animals without their pattern, and with other mean colours.

    The blur is one within the mask: nothing from outside comes in. Light and shade stay where they are.

    Args:
        pictures: (N,3,H,W) in [0,1], H and W multiples of 4.
        mask: (N,1,H,W) in [0,1].
        colours: (N,3) in [0,1].
        spread: of the blur, its standard deviation in cells of 4 pixels.
    """
    wide = _widened(mask)
    taps = torch.exp(-torch.arange(-_REACH, _REACH + 1.0).square() / (2 * spread**2)).to(pictures)
    kernel = (taps / taps.sum()).repeat(2, 1)[:, None]
    low = torch.cat([functional.avg_pool2d(x, _CELL) for x in (pictures.mean(1, keepdim=True) * mask, mask)], 1)
    low = functional.conv2d(low, kernel[:, :, :, None], padding=(_REACH, 0), groups=2)
    low = functional.conv2d(low, kernel[:, :, None, :], padding=(0, _REACH), groups=2)
    shade = low[:, :1] / (low[:, 1:] + 1e-3)
    shade = functional.interpolate(shade, scale_factor=float(_CELL), mode="bilinear")
    mean = (shade * wide).sum((2, 3), keepdim=True) / wide.sum((2, 3), keepdim=True).clamp(min=1)
    coat = (colours[:, :, None, None] * (shade / mean.clamp(min=0.05)).clamp(0.3, 2)).clamp(0, 1)
    soft = functional.avg_pool2d(wide, 3, 1, 1)
    return (pictures + soft * (coat - pictures)).clamp(0, 1)


def with_grain(pictures: Tensor, mask: Tensor, random: torch.Generator) -> Tensor:
    """Animals with a little grain: what is perfectly smooth is in no photo."""
    noise = torch.randn(pictures.shape[0], 1, *pictures.shape[2:], generator=random).to(pictures)
    return (pictures + _widened(mask) * _GRAIN * functional.avg_pool2d(noise, 3, 1, 1)).clamp(0, 1)


def with_other_contrast(patterned: Tensor, plain: Tensor, mask: Tensor, random: torch.Generator) -> Tensor:
    """Animals whose pattern is weaker or stronger, softer or crisper than it was drawn, each in its own way.

    Args:
        patterned, plain: (N,3,H,W) in [0,1]: animals with a pattern, and the same without it.
        mask: (N,1,H,W) in [0,1].
    """
    count = len(patterned)
    louder, crisper = (
        torch.empty(count, 1, 1, 1).uniform_(*r, generator=random).to(mask) for r in ((0.7, 1.7), (-0.5, 2))
    )
    pattern = louder * (patterned - plain)
    pattern = pattern + crisper * (pattern - functional.avg_pool2d(pattern, 3, 1, 1, count_include_pad=False))
    return (plain + mask * pattern).clamp(0, 1)


def _widened(mask: Tensor) -> Tensor:
    """Where a mask is, and 3 pixels around it: stripes reach to an animal's very edge."""
    return functional.max_pool2d((mask > 0.3).float(), 7, 1, 3)
