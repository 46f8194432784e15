"""No mesh: what repeats with the blocks that a picture was painted in is taken out of it.

A pixel shuffle paints blocks of 4x4 pixels, and a network that is asked for crispness without a discriminator paints
them alike (Odena et al., "Deconvolution and checkerboard artifacts", Distill 2016). Perceptual distances hardly mind,
and likeness is even thought greater; people see a mesh on the skin. A filter at the end, which is there in training
already, leaves the network nothing to gain by one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

SPREAD = 2.0
"""Standard deviation in pixels of the blur that tells detail from shading."""
BLOCKS = 5
"""Blocks in a row over which detail is compared with what lies a whole number of blocks away."""


class Notch(nn.Module):
    """Of the detail of a picture, subtracts the average of what lies a whole number of blocks away.

    What is smooth, or as irregular as hair and pores are, averages to next to nothing, and stays.
    """

    smooth: Tensor
    comb: Tensor

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        self.scale = scale
        ticks = torch.arange(-3 * SPREAD, 3 * SPREAD + 1)
        self.register_buffer("smooth", _taps(torch.exp(-((ticks / SPREAD) ** 2) / 2)), persistent=False)
        self.register_buffer("comb", _taps(torch.hann_window(BLOCKS + 2, periodic=False)[1:-1]), persistent=False)

    def forward(self, drawn: Tensor) -> Tensor:
        """Pictures (N,3,H,W) in float32 to the same without a mesh."""
        detail = drawn - _averaged(drawn, self.smooth, 1)
        return drawn - _averaged(detail, self.comb, self.scale)


def _taps(weights: Tensor) -> Tensor:
    """(n,) to a filter along a row of each colour, (3,1,1,n), whose weights sum to 1."""
    return (weights / weights.sum()).view(1, 1, 1, -1).repeat(3, 1, 1, 1)


def _averaged(picture: Tensor, taps: Tensor, apart: int) -> Tensor:
    """Each pixel's average with those that many pixels apart, along rows and columns; edges are continued."""
    reach = apart * (taps.shape[3] // 2)
    picture = functional.pad(picture, (reach, reach, reach, reach), mode="replicate")
    picture = functional.conv2d(picture, taps, dilation=apart, groups=3)
    return functional.conv2d(picture, taps.transpose(2, 3), dilation=apart, groups=3)
