"""Hard consistency: the nearest picture whose downscaled version is the input.

A generator that may draw anything is free to draw somebody else. The projection takes that freedom
away where the input knows better: whatever the network drew, the mean of every block is put back
to the pixel that was given (Bahat & Michaeli, "Explorable Super Resolution", CVPR 2020, section 3).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_BILINEAR = {2: [[1.0, 3, 0], [0, 3, 1]], 4: [[3.0, 5, 0], [1, 7, 0], [0, 7, 1], [0, 5, 3]]}
"""By scale, what each pixel of a block takes from the block before its own, its own, and the one behind, in a row."""


class Projection(nn.Module):
    """Addition of the smooth picture that makes `box(hr) == lr`, and correction of the rounding, block by block.

    Bilinear enlargement followed by the box average blurs each axis by (1/8, 3/4, 1/8). Undoing that blur
    on the small residual first leaves next to nothing for the last, block-shaped step, so no grid shows.
    The inverse of that blur is a two-sided geometric series of ratio sqrt(8) - 3; five taps hold 99.5 % of it.

    All of it is done before the pixel shuffle, where the pixels of a block lie in planes of their own: there, enlarging
    is a convolution, and the average a mean over planes. At full size it took three times as long.
    """

    unblur: Tensor
    enlarge: Tensor

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        if scale not in _BILINEAR:
            raise ValueError(f"the projection's filter is worked out for scales {', '.join(map(str, _BILINEAR))}")
        self.scale = scale
        ratio = 8**0.5 - 3
        taps = torch.tensor([2**0.5 * ratio ** abs(n) for n in range(-2, 3)])
        taps /= taps.sum()
        self.register_buffer("unblur", torch.outer(taps, taps).repeat(3, 1, 1, 1), persistent=False)
        row = torch.tensor(_BILINEAR[scale])
        row /= row.sum(1, keepdim=True)
        bilinear = torch.einsum("yi,xj->yxij", row, row).reshape(scale**2, 3, 3)
        # The last step takes away the average of what was added, and adds what was missing to every pixel of a block.
        enlarge = torch.zeros(3, scale**2, 6, 3, 3)
        for colour in range(3):
            enlarge[colour, :, colour] = bilinear - bilinear.mean(0)
            enlarge[colour, :, 3 + colour, 1, 1] = 1
        self.register_buffer("enlarge", enlarge.flatten(0, 1), persistent=False)

    def forward(self, blocks: Tensor, lr: Tensor) -> Tensor:
        """blocks (N,3*scale**2,h,w), what is to become (N,3,scale*h,scale*w), and lr (N,3,h,w) to the consistent
        blocks."""
        residual = lr - blocks.unflatten(1, (3, self.scale**2)).mean(2)
        around = functional.pad(residual, (2, 2, 2, 2), mode="replicate")
        smooth = functional.conv2d(around, self.unblur.to(residual.dtype), groups=3)
        both = functional.pad(torch.cat([smooth, residual], 1), (1, 1, 1, 1), mode="replicate")
        return blocks + functional.conv2d(both, self.enlarge.to(residual.dtype))
