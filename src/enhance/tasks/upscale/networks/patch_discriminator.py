"""A discriminator of whole photographs: is this patch of a good photo, given the bad one?"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.upscale.networks.generator import ResidualBlock


class PatchDiscriminator(nn.Module):
    """Strided convolutions without normalisation; it answers for each 8x8 patch (Isola et al., CVPR 2017)."""

    def __init__(self, widths: tuple[int, int, int] = (48, 96, 160)) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.to_half = nn.Conv2d(6, half, 4, stride=2, padding=1)
        self.to_quarter = nn.Conv2d(half, quarter, 4, stride=2, padding=1)
        self.block_quarter = ResidualBlock(quarter)
        self.to_eighth = nn.Conv2d(quarter, eighth, 4, stride=2, padding=1)
        self.block_eighth = ResidualBlock(eighth)
        self.logits = nn.Conv2d(eighth, 1, 3, padding=1)
        for layer in (self.to_half, self.to_quarter, self.to_eighth):
            nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        """picture and given (N,3,H,W) in [0,1], H and W multiples of 8, to logits (N,1,H/8,W/8)."""
        x = torch.cat([picture * 2 - 1, condition * 2 - 1], 1)
        x = functional.leaky_relu(self.to_half(x), 0.2)
        x = self.block_quarter(functional.leaky_relu(self.to_quarter(x), 0.2))
        x = self.block_eighth(functional.leaky_relu(self.to_eighth(x), 0.2))
        return self.logits(functional.leaky_relu(x, 0.2))
