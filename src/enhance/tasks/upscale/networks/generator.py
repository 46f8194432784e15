"""The generator: a small picture and a handful of noise to a picture four times larger, or twice.

Plain 3x3 convolutions, because they are what a CPU runs fastest. Most of them work at half the input's
resolution, where a face of 16 pixels is 8 wide and every output sees all of it, and what is known of faces is
kept at a quarter of it, where wide layers cost little; residual blocks on either side of that trunk keep the
fine positions, and one pixel shuffle at the very end enlarges.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.upscale.networks.notch import Notch
from enhance.tasks.upscale.networks.projection import Projection

PLACE = 3
LOUDER = 20.0
"""By how much what was taken out of a photo is multiplied for the network: it is a few grey levels, where the photo has
hundreds, and would be learnt as much more slowly."""
FARTHEST_CODE = 3.0
"""How long the noise that is one for the whole face may be; a third of it would be longer. The longest of eight in a
line-up drew eyes and mouths that no face has."""


def frame_coordinates(lr: Tensor) -> Tensor:
    """Where each pixel lies in the face frame, for pictures lr (N,3,h,w) that fill it.

    Returns:
        (N,3,h,w): x and y from -1 to 1 over the frame, and how fine the pixels are, log2(pixels across the frame / 32).
    """
    # Sums of ones, not shapes: so the exported graph works for any size.
    ones = torch.ones_like(lr[:, :1])
    width, height = ones.sum(3, keepdim=True), ones.sum(2, keepdim=True)
    x = (ones.cumsum(3) - 0.5) / width * 2 - 1
    y = (ones.cumsum(2) - 0.5) / height * 2 - 1
    return torch.cat([x, y, torch.log2((width + height) / 64)], 1)


def bicubic(lr: Tensor, scale: int = 4) -> Tensor:
    """Larger pictures by bicubic, in [0,1]: what a generator is compared with."""
    return functional.interpolate(lr.float(), scale_factor=float(scale), mode="bicubic", align_corners=False).clamp(
        0, 1
    )


def _start_at_zero(layer: nn.Conv2d) -> None:
    """Let a layer that is added to something begin as nothing."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(cast(Tensor, layer.bias))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a skip; it starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        _start_at_zero(self.second)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """x (N,C,H,W) and what it adds, which may be worked out from something else than x."""
        return x + self.second(functional.leaky_relu(self.first(x if condition is None else condition), 0.2))


class Generator(nn.Module):
    """Larger, consistent with its input by construction (or with what it takes that for, if it `restores`).

    Args:
        width: channels of the trunk at half the input's resolution.
        blocks: residual blocks in the trunk.
        deep: residual blocks of twice its channels at half its resolution, in the middle of the trunk.
        edge: channels at the input's resolution.
        finish: residual blocks at the input's resolution after the trunk.
        noise: noise planes at the input's resolution.
        shared: of how many of them, the last ones, the mean is taken: numbers that are one for the whole picture, and
            scale and shift what goes into every block of the trunk (Karras et al., "StyleGAN", CVPR 2019). What is one
            in a face, its age or its smile, cannot be told from the noise of single pixels.
        framed: whether it draws faces in their frame, and looks at `place`.
        restores: whether it may first restore its input, and then agrees with what that ought to have been. It is
            finished without a discriminator, and kept from drawing a mesh by a filter.
        scale: how many times larger its output is than its input: 2 or 4.
        sees_bad: whether it is also given the photo as it was before it was restored, to find in it what was taken out
            together with the noise.

    Attributes:
        multiple: of which the height and width of its input must be multiples.
    """

    def __init__(
        self,
        *,
        width: int = 96,
        blocks: int = 6,
        deep: int = 0,
        edge: int = 48,
        finish: int = 4,
        noise: int = 8,
        shared: int = 0,
        framed: bool = True,
        restores: bool = False,
        scale: int = 4,
        sees_bad: bool = False,
    ) -> None:
        super().__init__()
        self.noise = noise
        self.sees_bad = sees_bad
        self.shared = shared
        self.scale = scale
        self.multiple = 4 if deep else 2
        self.framed = framed
        self.head = nn.Conv2d(3 + noise + PLACE * framed + 3 * sees_bad, edge, 3, padding=1)
        self.before = ResidualBlock(edge)
        self.shrink = nn.Conv2d(edge, width, 3, stride=2, padding=1)
        self.trunk = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.deep: nn.Sequential | None = None
        if deep:
            sink = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
            rise = nn.Conv2d(2 * width, width, 3, padding=1)
            _start_at_zero(rise)
            blocks_below = (ResidualBlock(2 * width) for _ in range(deep))
            self.deep = nn.Sequential(sink, nn.LeakyReLU(0.2), *blocks_below, rise, nn.Upsample(scale_factor=2.0))
        self.modulation: nn.Linear | None = None
        if shared:
            self.modulation = nn.Linear(shared, 2 * width * blocks)
            nn.init.normal_(self.modulation.weight, std=0.02)
            nn.init.zeros_(self.modulation.bias)
        self.merge = nn.Conv2d(width, edge, 3, padding=1)
        self.after = nn.Sequential(*(ResidualBlock(edge) for _ in range(finish)))
        self.paint = nn.Conv2d(edge, 3 * scale**2, 3, padding=1)
        self.mend = nn.Conv2d(edge, 3, 3, padding=1) if restores else None
        self.notch = Notch(scale) if restores else None
        self.projection = Projection(self.scale)
        if self.mend is not None:
            _start_at_zero(self.mend)
        # Small at first: a generator that begins with strong noise learns to ignore it, and never unlearns that.
        with torch.no_grad():
            self.head.weight[:, 3 : 3 + noise] *= 0.1

    def forward(self, lr: Tensor, noise: Tensor, place: Tensor, bad: Tensor | None = None) -> Tensor:
        """lr (N,3,h,w) in [0,1], noise (N,Z,h,w) standard normal, place and bad (N,3,h,w); h and w multiples of
        `multiple`.

        Returns:
            (N,3,scale*h,scale*w) in float32. It may leave [0,1] by a little: clip it.
        """
        inputs = [lr * 2 - 1, noise, place] if self.framed else [lr * 2 - 1, noise]
        if self.sees_bad:
            assert bad is not None
            inputs.append(LOUDER * (bad - lr))
        fine = self.before(self.head(torch.cat(inputs, 1)))
        middle = len(self.trunk) // 2
        coarse = functional.leaky_relu(self.shrink(fine), 0.2)
        codes = self._codes(noise)
        coarse = self._through(range(middle), coarse, codes)
        if self.deep is not None:
            coarse = coarse + self.deep(coarse)
        coarse = self._through(range(middle, len(self.trunk)), coarse, codes)
        # Repeating pixels before a convolution costs what a pixel shuffle after it would, without the shuffle's
        # slow reordering of memory.
        fine = self.after(fine + self.merge(functional.interpolate(coarse, scale_factor=2.0, mode="nearest")))
        fine = functional.leaky_relu(fine, 0.2)
        blocks = self.paint(fine)
        with torch.autocast(lr.device.type, enabled=False):
            kept = lr.float() if self.mend is None else lr.float() + self.mend(fine.float())
            blocks = blocks.float() if self.notch is None else self.notch(blocks.float())
            return functional.pixel_shuffle(self.projection(blocks, kept), self.scale)

    def _codes(self, noise: Tensor) -> Tensor | None:
        """What scales and shifts each block of the trunk, (N,2*blocks,width,1,1), from the shared noise."""
        if self.modulation is None:
            return None
        planes = noise[:, self.noise - self.shared :]
        # The mean of n standard normal numbers times the root of n is one again.
        count = torch.ones_like(planes[:1, :1]).sum((2, 3))
        shared = planes.mean((2, 3)) * count.sqrt()
        longest = FARTHEST_CODE**2
        code = self.modulation(shared * (longest / shared.square().sum(1, keepdim=True).clamp(longest)).sqrt())
        return cast(Tensor, code.unflatten(1, (2 * len(self.trunk), -1))[..., None, None])

    def _through(self, blocks: range, x: Tensor, codes: Tensor | None) -> Tensor:
        for n in blocks:
            # Only what a block sees is scaled: scaled themselves, features would grow from block to block.
            x = self.trunk[n](x, None if codes is None else x * (1 + codes[:, 2 * n]) + codes[:, 2 * n + 1])
        return x
