"""Networks that restore a bad photo at its own size: one that measures its defects, one that removes them.

The measures are inputs of the network that restores, as in FFDNet (Zhang et al., "FFDNet: Toward a fast and flexible
solution for CNN-based image denoising", IEEE TIP 2018), and are estimated by another, as in CBDNet (Guo et al.,
"Toward convolutional blind denoising of real photographs", CVPR 2019). So one network serves from clean to terrible,
and whoever turns a measure down gets less restoration.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.photos.statistics import STATISTIC_COUNT as STATISTICS

DEFECTS = ("noise", "colour_noise", "blocks", "blur")
"""What is measured of a photo, in this order. See `enhance.tasks.upscale.bad_photos` for the units."""


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut; the second begins at zero, so that a new block changes nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, 0.1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = x + self.second(functional.leaky_relu(self.first(x), 0.1))
        return output


class Restorer(nn.Module):
    """A photo and its defects to the photo without them, at the same size.

    A U-Net (Ronneberger et al., MICCAI 2015) whose finest level is at half the resolution: on a CPU most of the time
    goes where the pixels are.

    Args:
        width: channels at half the resolution; twice as many at a quarter, four times at an eighth.
        blocks: residual blocks on each level on the way down, and again on the way up.
        deep: residual blocks at an eighth of the resolution.
    """

    multiple = 8

    def __init__(self, width: int = 32, blocks: int = 2, deep: int = 6) -> None:
        super().__init__()
        wide, wider = 2 * width, 4 * width
        self.head = nn.Conv2d(12 + len(DEFECTS), width, 3, padding=1)
        nn.init.kaiming_normal_(self.head.weight, 1.0)
        self.down_half = _blocks(width, blocks)
        self.to_quarter = nn.Conv2d(width, wide, 2, stride=2)
        self.down_quarter = _blocks(wide, blocks)
        self.to_eighth = nn.Conv2d(wide, wider, 2, stride=2)
        self.eighth = _blocks(wider, deep)
        self.from_eighth = nn.Conv2d(wider, 4 * wide, 1)
        self.up_quarter = _blocks(wide, blocks)
        self.from_quarter = nn.Conv2d(wide, 4 * width, 1)
        self.up_half = _blocks(width, blocks)
        self.tail = nn.Conv2d(width, 12, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor, defects: Tensor) -> Tensor:
        """Args:
            image: (N,3,H,W) in [0,1]; H and W are multiples of 8.
            defects: (N,4,1,1), the measures in the order of `DEFECTS`.

        Returns:
            (N,3,H,W), not clipped.
        """
        halved = functional.pixel_unshuffle(image, 2)
        known = defects.expand(-1, -1, halved.shape[2], halved.shape[3])
        half = self.down_half(self.head(torch.cat([halved, known], 1)))
        quarter = self.down_quarter(self.to_quarter(half))
        deep = self.eighth(self.to_eighth(quarter))
        quarter = self.up_quarter(quarter + functional.pixel_shuffle(self.from_eighth(deep), 2))
        half = self.up_half(half + functional.pixel_shuffle(self.from_quarter(quarter), 2))
        return image + functional.pixel_shuffle(self.tail(half), 2)


class DefectEstimator(nn.Module):
    """The statistics of a picture (see `enhance.photos.statistics`) to its defects.

    Args:
        width: of two hidden layers.
        dropout: share of them that is left out in training, which has few pictures.
    """

    def __init__(self, width: int = 256, dropout: float = 0.15) -> None:
        super().__init__()
        self.known = nn.BatchNorm1d(STATISTICS, affine=False, momentum=0.02)
        self.layers = nn.Sequential(
            nn.Linear(STATISTICS, width),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(width, len(DEFECTS)),
        )

    def roots(self, statistics: Tensor) -> Tensor:
        """(N,COUNT) to roots of the measures, (N,4), some of them below 0."""
        roots: Tensor = self.layers(self.known(statistics).clamp(-5, 5))
        return roots

    def forward(self, statistics: Tensor) -> Tensor:
        """(N,COUNT) to the measures in the order of `DEFECTS`, (N,4), none below 0."""
        return self.roots(statistics).float().clamp(min=0).square()


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(count)))
