"""Hard consistency: the nearest picture whose downscaled version is the input.

A generator that may draw anything is free to draw somebody else. The projection takes that freedom
away where the input knows better: whatever the network drew, the mean of every 4x4 block is put back
to the pixel that was given (Bahat & Michaeli, "Explorable Super Resolution", CVPR 2020, section 3).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Projection(nn.Module):
    """Adds the smooth picture that makes `box(hr) == lr`, then corrects the rounding block by block.

    Bilinear enlargement followed by the box average blurs each axis by (1/8, 3/4, 1/8). Undoing that blur
    on the small residual first leaves next to nothing for the last, block-shaped step, so no grid shows.
    The inverse of that blur is a two-sided geometric series of ratio sqrt(8) - 3; five taps hold 99.5 % of it.
    """

    unblur: Tensor

    def __init__(self, scale: int = 4) -> None:
        super().__init__()
        if scale != 4:
            raise ValueError("the projection's filter is worked out for scale 4")
        self.scale = scale
        ratio = 8**0.5 - 3
        taps = torch.tensor([2**0.5 * ratio ** abs(n) for n in range(-2, 3)])
        taps /= taps.sum()
        self.register_buffer("unblur", torch.outer(taps, taps).repeat(3, 1, 1, 1), persistent=False)

    def forward(self, hr: Tensor, lr: Tensor) -> Tensor:
        """hr (N,3,4h,4w) and lr (N,3,h,w) to the consistent hr, same shape, same value range."""
        residual = lr - functional.avg_pool2d(hr, self.scale)
        residual = functional.pad(residual, (2, 2, 2, 2), mode="replicate")
        residual = functional.conv2d(residual, self.unblur.to(residual.dtype), groups=3)
        hr = hr + functional.interpolate(residual, scale_factor=float(self.scale), mode="bilinear", align_corners=False)
        residual = lr - functional.avg_pool2d(hr, self.scale)
        return hr + functional.interpolate(residual, scale_factor=float(self.scale), mode="nearest")
