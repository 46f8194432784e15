"""Networks that find animals in a photo, redraw one, and judge what was redrawn.

All convolutions are plain 3x3 or smaller and nothing is normalised: that is what CPUs and 8 bits run best, and what
does not change where a photo is cut. What is drawn is a difference that is added to the photo, weighted by a mask:
where the mask is small, the photo stays as it is to the bit.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.translate.coats import plain_coat
from enhance.train.features import squeezenet

_LEAST = 0.25
"""Where the mask is not above this, nothing is changed; half a unit above it, all that was drawn is added."""
_IMAGE, IMAGE_AND_HINT = 12, 16
"""Channels of a picture, and of a picture and a hint, at half its resolution."""
_OUTLINE = 64
"""Channels of the decoder of masks of an animal that is to be painted over."""
_REACH = 1.0
"""The most that is added to a pixel, in units of its whole range."""


class _ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a skip; it starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.leaky_relu(self.first(x), 0.2))


class Fire(nn.Module):
    """SqueezeNet's module: a 1x1 convolution to few channels, then 1x1 and 3x3 ones to many."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.squeeze1x1(x))
        return functional.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


_FIRES = {
    "fire2": (64, 16, 64),
    "fire3": (128, 16, 64),
    "fire4": (128, 32, 128),
    "fire5": (256, 32, 128),
    "fire6": (256, 48, 192),
    "fire7": (384, 48, 192),
    "fire8": (384, 64, 256),
    "fire9": (512, 64, 256),
}
_SEEN = (64, 128, 256, 512)
"""Channels of the encoder's features at 1/2, 1/4, 1/8 and 1/16 of a picture's resolution."""
LOUD = (38.0, 67.0, 55.0, 13.0)
"""Their root mean square on photos, with the ImageNet weights: features are divided by it."""


class Encoder(nn.Module):
    """SqueezeNet 1.1 (Iandola et al., 2016) without its last layer.

    Args:
        pretrained: whether it begins with its ImageNet weights, for which the package `ndf` is needed.
        frozen: whether it stays as it is.
    """

    def __init__(self, *, pretrained: bool = True, frozen: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, _SEEN[0], 3, stride=2, padding=1)
        self.fires = nn.ModuleDict({name: Fire(*sizes) for name, sizes in _FIRES.items()})
        self.register_buffer("mean", torch.tensor(squeezenet.MEAN_BGR).view(1, 3, 1, 1))
        if pretrained:
            for name, (kernel, bias) in squeezenet.read_weights(tuple(_FIRES)).items():
                layer = self.get_submodule(name if name == "conv1" else f"fires.{name.replace('/', '.')}")
                layer.weight.data = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()).float()
                layer.bias.data = torch.from_numpy(bias.ravel().copy()).float()
        if frozen:
            self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """image (N,3,H,W) in [0,1], H and W multiples of 16, to features (N,C,h,w) of `_SEEN` channels."""
        x = functional.relu(self.conv1(image.flip(1) * 255 - cast(Tensor, self.mean)))
        features = [x]
        for name, fire in self.fires.items():
            if name in squeezenet.POOLED_BEFORE:
                x = functional.max_pool2d(functional.pad(x, (0, 1, 0, 1)), 3, 2)
            x = fire(x)
            if name in ("fire3", "fire5", "fire9"):
                features.append(x)
        return [x / loud for x, loud in zip(features, LOUD, strict=True)]


class MaskDecoder(nn.Module):
    """Features of `Encoder` to logits at half the picture's resolution: a small decoder with skips (Ronneberger et al.,
    "U-Net", MICCAI 2015).

    Args:
        kinds: of what is looked for.
        width: channels at 1/16 of the picture's resolution; finer levels have fewer.
    """

    def __init__(self, kinds: int, width: int) -> None:
        super().__init__()
        halves = (width, width * 3 // 4, width // 2, width // 4)
        self.sixteenth = nn.Sequential(nn.Conv2d(_SEEN[-1], width, 1), _ResidualBlock(width), _ResidualBlock(width))
        pairs = list(itertools.pairwise(halves))
        self.skips = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(_SEEN[-2::-1], halves[1:], strict=True))
        self.rises = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairs)
        self.blocks = nn.ModuleList(_ResidualBlock(b) for _, b in pairs)
        self.answer = nn.Conv2d(halves[-1], kinds, 3, padding=1)
        nn.init.zeros_(self.answer.weight)
        nn.init.constant_(cast(Tensor, self.answer.bias), -1.5)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features (N,C,h,w) to logits (N,kinds,H/2,W/2)."""
        *fine, x = features
        x = self.sixteenth(x)
        for skip, rise, block in zip(self.skips, self.rises, self.blocks, strict=True):
            x = functional.interpolate(rise(x), scale_factor=2.0, mode="nearest")
            x = block(functional.leaky_relu(x + skip(fine.pop()), 0.2))
        logits: Tensor = self.answer(functional.leaky_relu(x, 0.2))
        return logits.float()


class AnimalFinder(MaskDecoder):
    """Where in a photo the animals of each kind are, at half its resolution.

    An encoder that begins with ImageNet weights and is taught further, and a decoder.

    Args:
        kinds: of animals.
        width: see `MaskDecoder`.
        pretrained: see `Encoder`.
    """

    multiple = 16

    def __init__(self, *, kinds: int = 2, width: int = 128, pretrained: bool = True) -> None:
        super().__init__(kinds, width)
        self.encoder = Encoder(pretrained=pretrained)

    def forward(self, image: Tensor) -> Tensor:  # type: ignore[override]  # a decoder with an encoder before it
        """image (N,3,H,W) in [0,1], H and W multiples of 16, to logits (N,kinds,H/2,W/2)."""
        return super().forward(self.encoder(image))


class Drawn(NamedTuple):
    """What a translator made: a difference (N,3,H,W), and a mask (N,1,H,W) as logits."""

    delta: Tensor
    logits: Tensor


class Translator(nn.Module):
    """A picture of an animal to the difference that makes it another, and to the animal's mask.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the picture's resolution.
        blocks: residual blocks at each of them; but for the lowest as many again on the way up.
        coat: how many numbers tell how the animal is to look; 0 if nothing does.
        hint: whether it also sees brightness that its picture lacks, which counts for nothing at first.
        pretrained: whether an encoder with ImageNet weights, which stays as it is, tells it what is what.
    """

    multiple = 16

    def __init__(
        self,
        *,
        widths: tuple[int, int, int, int] = (24, 64, 96, 160),
        blocks: tuple[int, int, int, int] = (0, 1, 2, 5),
        coat: int = 0,
        hint: bool = False,
        pretrained: bool = True,
    ) -> None:
        super().__init__()
        self.coat = coat
        self.encoder = Encoder(pretrained=pretrained, frozen=True)
        self.told = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(_SEEN[2:], widths[2:], strict=True))
        self.head = nn.Conv2d(IMAGE_AND_HINT if hint else _IMAGE, widths[0], 3, padding=1)
        with torch.no_grad():
            self.head.weight[:, _IMAGE:] = 0
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in itertools.pairwise(widths))
        self.before = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[:-1], blocks, strict=False))
        self.trunk = _blocks(widths[-1], blocks[-1])
        self.up = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in itertools.pairwise(widths))
        self.after = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[:-1], blocks, strict=False))
        # Enlarged before the last convolution: a pixel shuffle after it draws a grid.
        self.paint = nn.Conv2d(widths[0], 4, 3, padding=1)
        # It begins by changing nothing. A difference that is at its limit from the first steps on learns no more.
        nn.init.zeros_(self.paint.weight)
        nn.init.zeros_(cast(Tensor, self.paint.bias))
        self.tell = nn.Linear(coat, widths[-1]) if coat else None

    def forward(
        self,
        image: Tensor,
        coat: Tensor | None = None,
        features: Sequence[Tensor] | None = None,
        hint: Tensor | None = None,
    ) -> Drawn:
        """image (N,3,H,W) in [0,1], H and W multiples of 16; coat (N,coat) in [0,1], if the network takes one; features
        of the encoder, if they are to be of another picture than the image; hint (N,1,H,W), if it takes one."""
        x = functional.pixel_unshuffle(image * 2 - 1, 2)
        if hint is not None:
            x = torch.cat([x, functional.pixel_unshuffle(hint, 2)], 1)
        x = functional.leaky_relu(self.head(x), 0.2)
        *_, eighth, sixteenth = self.encoder(image) if features is None else features
        conditions = [None, self.told[0](eighth), self.told[1](sixteenth)]
        fine = []
        for before, down, more in zip(self.before, self.down, conditions, strict=True):
            x = before(x)
            fine.append(x)
            x = down(x) if more is None else down(x) + more
            x = functional.leaky_relu(x, 0.2)
        if self.tell is not None and coat is not None:
            x = x + self.tell(coat * 2 - 1)[:, :, None, None]
        x = self.trunk(x)
        for up, after in zip(reversed(self.up), reversed(self.after), strict=True):
            x = functional.interpolate(up(x), scale_factor=2.0, mode="nearest")
            x = after(functional.leaky_relu(x + fine.pop(), 0.2))
        x = functional.interpolate(functional.leaky_relu(x, 0.2), scale_factor=2.0, mode="bilinear")
        x = self.paint(x).float()
        colours, logits = x[:, :3], 4 * x[:, 3:]
        return Drawn(_REACH * torch.tanh(2 * colours), logits)


class CoatPainter(nn.Module):
    """A picture of an animal with a pattern to the difference that makes it one with a plain coat, and to its mask.

    The animal is blurred within its mask first, until the pattern is gone, and tinted: what is drawn is drawn on that.
    What was where it sees by deep features of the picture, and by the brightness that the blur took away: eyes,
    nostrils and outlines are in it, and the pattern, which it is taught to leave out.

    Args:
        translator: what draws; it takes a coat and a hint.
    """

    multiple = 16

    def __init__(self, translator: Translator) -> None:
        super().__init__()
        self.coat, self.translator = translator.coat, translator
        self.outline = MaskDecoder(1, _OUTLINE)
        self.plain = PlainCoat()

    def forward(self, image: Tensor, coat: Tensor, mask: Tensor | None = None) -> Drawn:
        """image (N,3,H,W) in [0,1], H and W multiples of 16; coat (N,coat) in [0,1]; mask (N,1,H,W), if it is known."""
        features = self.translator.encoder(image)
        logits = self._logits(features)
        plain = self.plain(image, logits.detach().sigmoid() if mask is None else mask, coat)
        hint = 2 * (image - plain).mean(1, keepdim=True)
        return Drawn(plain + self.translator(plain, coat, features, hint).delta - image, logits)

    def outlined(self, image: Tensor) -> Tensor:
        """The mask alone, as logits (N,1,H,W)."""
        return self._logits(self.translator.encoder(image))

    def _logits(self, features: Sequence[Tensor]) -> Tensor:
        return functional.interpolate(self.outline(features), scale_factor=2.0, mode="bilinear")


class PlainCoat(nn.Module):
    """`coats.plain_coat` with one blur: 10 pixels are more than the stripes of a zebra that fills the picture."""

    def forward(self, image: Tensor, mask: Tensor, coat: Tensor) -> Tensor:
        return plain_coat(image, mask, coat, 2.5)


class Discriminator(nn.Module):
    """Is this animal, on plain grey, a photographed one of its kind? It sees the features of a frozen encoder (Sauer et
    al., "Projected GANs converge faster", NeurIPS 2021), and answers at each of four depths by itself.

    Args:
        width: channels that each depth is reduced to.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.heads = nn.ModuleList()
        for depth, channels in enumerate(_SEEN):
            stride = 2 if depth < 3 else 1
            layers = [nn.Conv2d(channels, width, 1), nn.LeakyReLU(0.2)]
            if depth == 0:
                layers += [nn.Conv2d(width, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            layers += [
                nn.Conv2d(width, 2 * width, 4 if stride == 2 else 3, stride=stride, padding=1),
                nn.LeakyReLU(0.2),
            ]
            layers += [nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(2 * width, 1, 1)]
            for layer in layers[:-1]:
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, 0.2)
            self.heads.append(nn.Sequential(*layers))

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Features of `Encoder` to logits (N,1,h,w) at 1/8, 1/8, 1/16 and 1/16 of the picture's resolution."""
        return [head(x) for head, x in zip(self.heads, features, strict=True)]


def alpha(mask: Tensor) -> Tensor:
    """How much of the difference is added, from the probability that a pixel is the animal's: none up to `_LEAST`."""
    return ((mask - _LEAST) / 0.5).clamp(0, 1)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_ResidualBlock(width) for _ in range(count)))
