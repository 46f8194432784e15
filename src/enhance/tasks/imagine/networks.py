"""The generator that paints a bird on its layout, and two that judge its pictures: a discriminator of pixels, and a
reader of colours.

Text and noise modulate every block of the generator, as in DF-GAN (Tao et al., CVPR 2022); that the parts' places are
given as well is after GAWWN (Reed et al., "Learning what and where to draw", NIPS 2016). Here the words are painted at
those places, so that no colour can go to another part's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.imagine.layouts import CHANNELS, EXTRA
from enhance.tasks.imagine.vocabulary import BODY_PARTS, COLOUR_WORDS
from enhance.tasks.imagine.words import LENGTH

WORDS = LENGTH + EXTRA
BIRD_NOISE = 8
"""Planes of noise, 32x32."""
_CODE = 4 * BIRD_NOISE


@dataclass(frozen=True)
class Widths:
    """Channels of the generator at 8, 16, 32 and 64 pixels, and how many blocks it has at 8."""

    at8: int = 224
    at16: int = 112
    at32: int = 64
    at64: int = 32
    deep: int = 2
    code: int = 96


class _Block(nn.Module):
    """Two convolutions around a skip; words and noise scale and shift what goes into each. It starts as nothing."""

    def __init__(self, width: int, code: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.told = nn.Linear(code, 4 * width)
        for layer in (self.second, self.told):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift, scale2, shift2 = self.told(code)[:, :, None, None].chunk(4, 1)
        y = self.first(functional.leaky_relu(x * (1 + scale) + shift, 0.2))
        return x + self.second(functional.leaky_relu(y * (1 + scale2) + shift2, 0.2))


class Generator(nn.Module):
    """Maps, words and noise to a picture of 64 pixels, through 16 and 8 pixels and up again."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        w = widths
        self.text = nn.Sequential(nn.Linear(WORDS, w.code), nn.LeakyReLU(0.2), nn.Linear(w.code, w.code))
        self.code = nn.Linear(w.code + _CODE, w.code)
        self.head = nn.Conv2d(CHANNELS, w.at16, 3, padding=1)
        self.before = _Block(w.at16, w.code)
        self.shrink = nn.Conv2d(w.at16, w.at8, 3, stride=2, padding=1)
        self.deep = nn.ModuleList(_Block(w.at8, w.code) for _ in range(w.deep))
        self.rise16 = nn.Conv2d(w.at8, w.at16, 1)
        self.block16 = _Block(w.at16, w.code)
        self.rise32 = nn.Conv2d(w.at16, w.at32, 1)
        self.maps32 = nn.Conv2d(CHANNELS + BIRD_NOISE, w.at32, 3, padding=1)
        self.block32 = _Block(w.at32, w.code)
        self.rise64 = nn.Conv2d(w.at32, w.at64, 1)
        self.block64 = _Block(w.at64, w.code)
        self.finish = nn.Conv2d(w.at64, w.at64, 3, padding=1)
        self.paint = nn.Conv2d(w.at64, 3, 3, padding=1)

    def forward(self, maps: Tensor, words: Tensor, noise: Tensor) -> Tensor:
        """maps (N,CHANNELS,32,32), words (N,WORDS), noise (N,NOISE,32,32) standard normal to (N,3,64,64) in [0,1]."""
        # The mean of 256 such numbers, times 16, is one again.
        z = functional.avg_pool2d(noise, 16).flatten(1) * 16
        code = functional.leaky_relu(self.code(torch.cat([self.text(words), z], 1)), 0.2)
        fine = self.before(self.head(functional.avg_pool2d(maps, 2)), code)
        x = self.shrink(functional.leaky_relu(fine, 0.2))
        for block in self.deep:
            x = block(x, code)
        # 1x1 before enlarging costs a quarter of 1x1 after it, and is the same.
        x = self.block16(fine + _twice(self.rise16(x)), code)
        x = _twice(self.rise32(x)) + self.maps32(torch.cat([maps, 0.3 * noise], 1))
        x = self.block32(x, code)
        x = self.block64(functional.leaky_relu(_twice(self.rise64(x)), 0.2), code)
        x = functional.leaky_relu(self.finish(x), 0.2)
        return torch.sigmoid(self.paint(x).float())


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class PixelDiscriminator(nn.Module):
    """Is this a photograph of a bird, is it one of this bird in this place, and is each patch of it?

    It looks at the picture alone as well, so that no map can excuse a bad one. No normalisation, for the penalty.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 112, 192)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.to32 = nn.Conv2d(3, a, 4, stride=2, padding=1)
        self.to16 = nn.Conv2d(a, b, 4, stride=2, padding=1)
        self.conv16 = nn.Conv2d(b, b, 3, padding=1)
        self.to8 = nn.Conv2d(b, c, 4, stride=2, padding=1)
        self.conv8 = nn.Conv2d(c, c, 3, padding=1)
        self.alone = nn.Conv2d(c, 1, 3, padding=1)
        self.maps = nn.Conv2d(CHANNELS, c, 3, padding=1)
        self.both = nn.Conv2d(2 * c, c, 3, padding=1)
        self.patch = nn.Conv2d(c, 1, 1)
        self.to4 = nn.Conv2d(c, d, 4, stride=2, padding=1)
        self.match = nn.Linear(d, 1)
        self.words = nn.Linear(WORDS, d)
        for layer in (self.to32, self.to16, self.conv16, self.to8, self.conv8, self.maps, self.both, self.to4):
            nn.init.kaiming_normal_(layer.weight, 0.2)

    def see(self, picture: Tensor) -> Tensor:
        """(N,3,64,64) in [0,1] to what is seen of it, (N,C,8,8)."""
        x = functional.leaky_relu(self.to32(picture * 2 - 1), 0.2)
        x = functional.leaky_relu(self.to16(x), 0.2)
        x = functional.leaky_relu(self.conv16(x), 0.2)
        x = functional.leaky_relu(self.to8(x), 0.2)
        return functional.leaky_relu(self.conv8(x), 0.2)

    def judge(self, features: Tensor, maps: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the picture alone (N,64), and of the picture as one of these maps and words (N,65)."""
        x = functional.leaky_relu(self.both(torch.cat([features, self.maps(functional.avg_pool2d(maps, 4))], 1)), 0.2)
        y = functional.leaky_relu(self.to4(x), 0.2).mean((2, 3))
        fit = self.match(y) + (y * self.words(words)).sum(1, keepdim=True) / y.shape[1] ** 0.5
        return self.alone(features).flatten(1), torch.cat([self.patch(x).flatten(1), 8 * fit], 1)


class ColourReader(nn.Module):
    """Which colours the parts have, looked up where the parts are."""

    def __init__(self, depth: int = 3 + 128 + 256, width: int = 96) -> None:
        super().__init__()
        self.cell = nn.Conv2d(depth, width, 1)
        self.part = nn.Parameter(torch.randn(len(BODY_PARTS), width) * 0.1)
        self.mix = nn.Linear(width, width)
        self.colour = nn.Linear(width, len(COLOUR_WORDS), bias=False)
        # Few parts have any given colour: to begin with less would be to learn only that, for hundreds of steps.
        self.usual = nn.Parameter(torch.full((len(BODY_PARTS), len(COLOUR_WORDS)), -2.2))

    def forward(self, picture: Tensor, features: Sequence[Tensor], areas: Tensor) -> Tensor:
        """Pictures (N,3,64,64), features of fire3 and fire5, areas (N,parts,32,32) to logits (N,parts,colours)."""
        side = areas.shape[2:]
        parts = [
            functional.avg_pool2d(picture, 2) * 2 - 1,
            *(8 * functional.interpolate(x, size=side) for x in features),
        ]
        cells = functional.leaky_relu(self.cell(torch.cat([x.to(parts[-1].dtype) for x in parts], 1)), 0.2)
        pooled = areas.flatten(2).to(cells.dtype) @ cells.flatten(2).transpose(1, 2)
        logits = self.colour(functional.leaky_relu(self.mix(pooled) + self.part.to(pooled.dtype), 0.2))
        return logits.float() + self.usual
