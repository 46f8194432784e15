"""A filter against mesh artefacts: it removes what repeats with the blocks that a picture was painted in.

A pixel shuffle paints blocks of 4x4 pixels, and a network that is asked for crispness without a discriminator paints
them alike (Odena et al., "Deconvolution and checkerboard artifacts", Distill 2016). Perceptual distances hardly mind,
and likeness is even thought greater; people see a mesh on the skin. A filter at the end, which is there in training
already, leaves the network nothing to gain by one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLOCKS = 5
"""Blocks in a row over which a pixel is compared with those at the same place in other blocks."""


class Notch(nn.Module):
    """Subtracts from each pixel the average of the pixels at the same place in the blocks around.

    What is as irregular as hair and pores are averages to next to nothing, and stays. What is smooth goes, too: it is
    brought back by the projection, which takes it from the small picture in any case.
    """

    comb: Tensor

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        row = torch.hann_window(_BLOCKS + 2, periodic=False)[1:-1]
        comb = -torch.outer(row, row) / row.sum() ** 2
        comb[_BLOCKS // 2, _BLOCKS // 2] += 1
        self.register_buffer("comb", comb.repeat(3 * scale**2, 1, 1, 1), persistent=False)

    def forward(self, blocks: Tensor) -> Tensor:
        """Painted blocks (N,3*scale**2,h,w) to the same without what they have in common with those around them."""
        around = functional.pad(blocks, (_BLOCKS // 2,) * 4, mode="replicate")
        return functional.conv2d(around, self.comb, groups=len(self.comb))
