"""The networks that fill a hole: a U-Net that draws or mends, and a discriminator that knows where it drew.

Plain 3x3 convolutions, because they are what a CPU runs fastest, and no normalisation. What is missing can only be
known from afar, so the middle of the U-Net lies at a sixteenth of the resolution and is dilated there: each pixel of a
picture of 256 pixels sees all of it.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

MULTIPLE = 16
"""Height and width of a picture are multiples of this."""
GRID = 4
"""`noise` and `place` have one value for each square of so many pixels."""
PLACE = 3
ALIKE = 6
"""The first so many planes of noise are one number for the whole picture, for what is one in it: the colour of hair."""
SPREADS = 24
"""How often what is known spreads by one square of 16 pixels into what is not, before the networks begin."""


def frame_coordinates(mask: Tensor) -> Tensor:
    """Where each square of a picture lies in the face frame, for pictures that fill it.

    Args:
        mask: (N,1,H,W), of which only the shape matters.

    Returns:
        (N,3,H/4,W/4): x and y from -1 to 1 over the frame, and how fine the pixels are, log2(pixels across it / 128).
    """
    count, _, height, width = mask.shape
    rows, columns = height // GRID, width // GRID
    y, x = ((torch.arange(n, device=mask.device) + 0.5) / n * 2 - 1 for n in (rows, columns))
    fine = torch.full((rows, columns), (height + width) / 256, device=mask.device).log2()
    return torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns), fine]).expand(count, -1, -1, -1)


def _smooth(image: Tensor, known: Tensor) -> Tensor:
    """The picture with what is not known of it filled by colours that run smoothly into it.

    Averages over what is known, from squares of one pixel to such of 16; where a square of 16 holds nothing known, its
    neighbours spread into it (the "push-pull" of Gortler et al., "The lumigraph", SIGGRAPH 1996).

    Args:
        image: (N,3,H,W).
        known: (N,1,H,W), 1 where it is known, else 0.
    """
    pyramid = [(image * known, known)]
    for _ in range(4):
        pyramid.append((functional.avg_pool2d(pyramid[-1][0], 2), functional.avg_pool2d(pyramid[-1][1], 2)))
    colours, share = pyramid[-1]
    mean = colours.sum((2, 3), keepdim=True) / share.sum((2, 3), keepdim=True).clamp(min=1e-4)
    here = (share > 1e-4).to(image.dtype)
    own = colours / share.clamp(min=1e-4)
    filled = here * own + (1 - here) * mean
    for _ in range(SPREADS):
        around = functional.avg_pool2d(filled, 3, 1, 1, count_include_pad=False)
        filled = here * own + (1 - here) * around
    for colours, share in reversed(pyramid[:-1]):
        larger = functional.interpolate(filled, scale_factor=2.0, mode="bilinear", align_corners=False)
        filled = colours + (1 - share) * larger
    return filled


def _squares(x: Tensor, side: int) -> Tensor:
    """What `pixel_unshuffle` gives, (N,C*side*side,H/side,W/side), as a convolution: ONNX Runtime takes several times
    as long to move the pixels. The kernel becomes a constant of the graph, no weight."""
    channels = int(x.shape[1])
    kernel = np.eye(channels * side**2, dtype=np.float32).reshape(-1, channels, side, side)
    return functional.conv2d(x, torch.from_numpy(kernel).to(x.device), stride=side)


def _start_at_zero(layer: nn.Conv2d) -> None:
    """Let a layer that is added to something begin as nothing."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(cast(Tensor, layer.bias))


class _Block(nn.Module):
    """Two 3x3 convolutions around a shortcut, the first of them dilated; it starts as the identity."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        _start_at_zero(self.second)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.second(functional.leaky_relu(self.first(functional.leaky_relu(x, 0.2)), 0.2))
        return result


class Completion(nn.Module):
    """A U-Net that draws what a hole may have shown.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the picture's resolution.
        dilations: of the blocks at 1/16.
        noise: noise planes.
        framed: whether it draws faces in their frame: then it has the input `place`, and sees the mirror image, too: a
            face's second eye is much like its first.
        mends: whether it mends copied patches instead of drawing what a hole hides.
    """

    def __init__(
        self,
        widths: tuple[int, int, int, int] = (32, 48, 96, 144),
        dilations: tuple[int, ...] = (1, 2, 4, 2, 1),
        *,
        noise: int = 8,
        framed: bool = False,
        mends: bool = False,
    ) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.noise = noise
        self.framed = framed
        # What only faces have comes last: so weights of one kind of network are cut or filled up to be the other's.
        self.fine = nn.Conv2d((1 + framed) * 4 * 4, half, 3, padding=1)
        self.head = nn.Conv2d((1 + framed) * 4 * GRID**2 + noise + PLACE * framed, quarter, 3, padding=1)
        self.down_quarter = _Block(quarter)
        self.to_eighth = nn.Conv2d(quarter, eighth, 3, stride=2, padding=1)
        self.down_eighth = nn.Sequential(_Block(eighth), _Block(eighth, 2))
        self.to_sixteenth = nn.Conv2d(eighth, sixteenth, 3, stride=2, padding=1)
        self.middle = nn.Sequential(*(_Block(sixteenth, dilation) for dilation in dilations))
        self.from_sixteenth = nn.Conv2d(sixteenth, eighth, 3, padding=1)
        self.up_eighth = nn.Sequential(_Block(eighth, 2), _Block(eighth))
        self.from_eighth = nn.Conv2d(eighth, quarter, 3, padding=1)
        self.up_quarter = nn.Sequential(_Block(quarter), _Block(quarter))
        self.from_quarter = nn.Conv2d(quarter, half, 3, padding=1)
        self.up_half = _Block(half)
        # A name of its own, so that one that mends begins from one that draws, but for what it draws: at nothing.
        self.mends = mends
        self.add_module("mend" if mends else "tail", nn.Conv2d(half, 3 * 4, 3, padding=1))
        _start_at_zero(self.last)
        # Small at first: a network that begins with strong noise learns to ignore it, and never unlearns that.
        with torch.no_grad():
            self.head.weight[:, 4 * GRID**2 : 4 * GRID**2 + noise] *= 0.2

    @property
    def last(self) -> nn.Conv2d:
        """The last layer."""
        return cast(nn.Conv2d, self.mend if self.mends else self.tail)

    def forward(self, image: Tensor, mask: Tensor, noise: Tensor, place: Tensor | None = None) -> Tensor:
        """Draw in the hole and nowhere else.

        Args:
            image: (N,3,H,W) in [0,1], H and W multiples of 16; what it holds where the mask is 1 does not matter.
            mask: (N,1,H,W): 1 in the hole, 0 outside, .5 where the hole holds a draft, of half the resolution; for one
                that mends .25 in the hole, which holds patches copied from elsewhere.
            noise: (N,Z,H/4,W/4), standard normal; see `ALIKE`.
            place: (N,3,H/4,W/4), see `frame_coordinates`; where it is framed.

        Returns:
            (N,3,H,W) in float32: the picture itself where the mask is 0; in the hole it may leave [0,1] by a little.
        """
        with torch.autocast(image.device.type, enabled=False):
            image, mask = image.float(), mask.float()
            # Copied patches are all known already.
            begun = image if self.mends else _smooth(image, (mask < 0.75).float())
        visible = torch.cat([begun * 2 - 1, mask], 1)
        inputs, context = [_squares(visible, GRID), noise], visible
        if self.framed and place is not None:
            mirrored = visible.flip(3)
            inputs += [place, _squares(mirrored, GRID)]
            context = torch.cat([visible, mirrored], 1)
        quarter = self.down_quarter(self.head(torch.cat(inputs, 1)))
        eighth = self.down_eighth(self.to_eighth(quarter))
        sixteenth = self.middle(self.to_sixteenth(eighth))
        eighth = self.up_eighth(eighth + _enlarged(self.from_sixteenth(sixteenth)))
        quarter = self.up_quarter(quarter + _enlarged(self.from_eighth(eighth)))
        half = self.fine(_squares(context, 2)) + _enlarged(self.from_quarter(quarter))
        half = functional.leaky_relu(self.up_half(half), 0.2)
        drawn = torch.tanh(functional.pixel_shuffle(self.last(half), 2).float())
        return torch.where(mask > 0, begun + drawn, image)


class Discriminator(nn.Module):
    """A network that tells filled pictures from photographs, patch by patch; the hole is its condition.

    Strided convolutions without normalisation (batch norm does not go with R1).

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the picture's resolution.
        framed: whether `place` is a condition, too, so that an eye is judged as an eye and a cheek as a cheek.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 128, 192), *, framed: bool = False) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.framed = framed
        self.to_half = nn.Conv2d(3, half, 4, stride=2, padding=1)
        self.to_quarter = nn.Conv2d(half, quarter, 4, stride=2, padding=1)
        self.condition = nn.Conv2d(1 + PLACE * framed, quarter, 3, padding=1)
        self.to_eighth = nn.Conv2d(quarter, eighth, 4, stride=2, padding=1)
        self.block_eighth = _Block(eighth)
        self.to_sixteenth = nn.Conv2d(eighth, sixteenth, 4, stride=2, padding=1)
        self.block_sixteenth = _Block(sixteenth)
        self.logits_eighth = nn.Conv2d(eighth, 1, 3, padding=1)
        self.logits_sixteenth = nn.Conv2d(sixteenth, 1, 3, padding=1)
        for layer in (self.to_half, self.to_quarter, self.condition, self.to_eighth, self.to_sixteenth):
            nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(self, image: Tensor, mask: Tensor, place: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """image (N,3,H,W) in [0,1], mask (N,1,H,W), place (N,3,H/4,W/4) to logits (N,1,H/8,W/8) and (N,1,H/16,W/16)."""
        x = functional.leaky_relu(self.to_half(image * 2 - 1), 0.2)
        inputs = [functional.avg_pool2d(mask, GRID), *([place] if self.framed and place is not None else [])]
        x = functional.leaky_relu(self.to_quarter(x) + self.condition(torch.cat(inputs, 1)), 0.2)
        x = self.block_eighth(self.to_eighth(x))
        eighth = self.logits_eighth(functional.leaky_relu(x, 0.2))
        x = self.block_sixteenth(self.to_sixteenth(functional.leaky_relu(x, 0.2)))
        return eighth, self.logits_sixteenth(functional.leaky_relu(x, 0.2))


def draw_noise(mask: Tensor, planes: int, random: torch.Generator) -> Tensor:
    """Noise for pictures with holes mask (N,1,H,W); (N,planes,H/4,W/4)."""
    count, _, height, width = mask.shape
    noise = torch.randn(count, planes, height // GRID, width // GRID, generator=random)
    noise[:, :ALIKE] = torch.randn(count, ALIKE, 1, 1, generator=random)
    return noise.to(mask.device)


def _enlarged(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
