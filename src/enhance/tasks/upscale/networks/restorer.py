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
from enhance.pixels import LUMA

_WINDOW = 5
"""Pixels across the windows in which colours follow the brightness."""
_EDGE = 1e-4
"""Variance of the brightness in a window from which it is an edge that colours may have, too."""
_LEAST, _MOST = 0.25, 0.6
"""The measure of colour noise from which colours are smoothed, and that from which they are nothing else."""

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
        restored = image + functional.pixel_shuffle(self.tail(half), 2)
        return smooth_colours(restored, ((defects[:, 1:2] - _LEAST) / (_MOST - _LEAST)).clamp(0, 1))


def smooth_colours(image: Tensor, amount: Tensor) -> Tensor:
    """A picture whose colours follow its brightness, so that noise in them goes; the brightness stays.

    The guided filter (He et al., "Guided image filtering", ECCV 2010) of the colour differences R - Y and B - Y by the
    luma Y. A small network takes long to learn it.

    Args:
        image: (N,3,H,W).
        amount: (N,1,1,1) in [0,1]; 0 leaves the colours as they are.
    """

    def mean(x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, _WINDOW, 1, _WINDOW // 2, count_include_pad=False)

    red, green, blue = image.float().split(1, 1)
    luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    colours = torch.cat([red - luma, blue - luma], 1)
    mean_luma, mean_colours = mean(luma), mean(colours)
    slope = (mean(luma * colours) - mean_luma * mean_colours) / (mean(luma * luma) - mean_luma * mean_luma + _EDGE)
    smooth = mean(slope) * luma + mean(mean_colours - slope * mean_luma)
    red_less, blue_less = (colours + amount * (smooth - colours)).split(1, 1)
    green_less = -(LUMA[0] * red_less + LUMA[2] * blue_less) / LUMA[1]
    return torch.where(amount > 0, luma + torch.cat([red_less, green_less, blue_less], 1), image)


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
