"""The small network that finds a cat's landmarks in a picture of its head."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.sketch.landmarks import COUNT, PADDED


class Finder(nn.Module):
    """A heat map for each landmark, and its middle.

    Args:
        width: channels of the finest layers.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 4, 2, 1)
        self.second = nn.Conv2d(width, 2 * width, 4, 2, 1)
        self.fine = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.third = nn.Conv2d(2 * width, 3 * width, 4, 2, 2)
        self.coarse = nn.ModuleList([nn.Conv2d(3 * width, 3 * width, 3, padding=d, dilation=d) for d in (1, 2, 3, 1)])
        self.merge = nn.Conv2d(5 * width + 2, 3 * width, 3, padding=1)
        self.maps = nn.Conv2d(3 * width, COUNT, 3, padding=1)
        across = (torch.arange(PADDED // 4) + 0.5) / (PADDED // 4)
        self.across: Tensor
        self.register_buffer("across", across)
        self.grid: Tensor
        self.register_buffer("grid", torch.stack(torch.meshgrid(across, across, indexing="xy"))[None] * 2 - 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module is not self.maps:
                nn.init.kaiming_normal_(module.weight, 0.1)

    def forward(self, image: Tensor) -> Tensor:
        """image (N,3,88,88) in [0,1] to points (N,13,2), fractions of it."""
        x = functional.leaky_relu(self.second(functional.leaky_relu(self.first(image * 2 - 1), 0.1)), 0.1)
        fine = functional.leaky_relu(self.fine(x), 0.1)
        x = functional.leaky_relu(self.third(fine), 0.1)
        for layer in self.coarse:
            x = x + functional.leaky_relu(layer(x), 0.1) * 0.5
        # Twelve cells of the coarse maps, the first and the last of which lie half outside.
        x = functional.interpolate(x, scale_factor=2.0, mode="nearest")[:, :, 1:-1, 1:-1]
        x = functional.leaky_relu(self.merge(torch.cat([fine, x, self.grid.expand(x.shape[0], -1, -1, -1)], 1)), 0.1)
        heat = self.maps(x)
        heat = heat.flatten(2).softmax(2).reshape(heat.shape)
        return torch.stack([(heat.sum(2) * self.across).sum(2), (heat.sum(3) * self.across).sum(2)], 2)
