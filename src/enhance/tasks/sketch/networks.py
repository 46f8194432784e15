"""The networks that turn a drawing into a picture, and tell such a picture from a photograph."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.sketch.look import LOOK
from enhance.train.projected import FEATURE_STRIDES

CAT_NOISE = 16
"""Numbers of noise that one picture is made of."""
CODE = 96
BANK = 256
"""Looks of photographs that are kept with a generator, to draw from after training."""
_SIDE = 128
"""Pixels across a drawing, and across a picture."""
_FINEST = 16
"""Channels at 128 pixels."""


class Code(nn.Module):
    """What is not in the drawing, look (N,LOOK), noise (N,NOISE) and looseness (N,1), as one code (N,CODE)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(LOOK + CAT_NOISE + 1, CODE)
        self.second = nn.Linear(CODE, CODE)
        # A generator that starts out deafened by its noise learns to ignore it for good.
        with torch.no_grad():
            self.first.weight[:, LOOK : LOOK + CAT_NOISE] *= 0.3

    def forward(self, looseness: Tensor, look: Tensor, noise: Tensor) -> Tensor:
        code = functional.leaky_relu(self.first(torch.cat([look, noise, looseness], 1)), 0.2)
        return functional.leaky_relu(self.second(code), 0.2)


class _Block(nn.Module):
    """Two 3x3 convolutions around a shortcut; it starts as the identity.

    Args:
        width: channels.
        conditioned: whether channels are scaled and shifted by a code (Perez et al., "FiLM", AAAI 2018).
    """

    def __init__(self, width: int, conditioned: bool = False) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, 0.2)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))
        self.told = nn.Linear(CODE, 2 * width) if conditioned else None

    def forward(self, x: Tensor, code: Tensor | None = None) -> Tensor:
        inner = self.first(x)
        if self.told is not None and code is not None:
            both = self.told(code)[:, :, None, None]
            inner = inner * (1 + both[:, : self.width]) + both[:, self.width :]
        return x + cast(Tensor, self.second(functional.leaky_relu(inner, 0.2)))


class Generator(nn.Module):
    """A drawing to a picture.

    A U-Net (Ronneberger et al., MICCAI 2015) from 32 pixels down to 4 and up again, without normalisation: all pixels
    of the drawing are in the channels of its first layer. On the way up a code says what no line does. Its last two
    layers work on whole pixels: shuffled out of the channels of 64 pixels, neighbours that nothing compares would show
    as a mesh.

    Args:
        widths: channels at 64, at 32, at 16, and at 8 and 4 pixels.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 128, 144)) -> None:
        super().__init__()
        w64, w32, w16, w8 = widths
        self.looks: Tensor
        self.register_buffer("looks", torch.zeros(BANK, LOOK))
        self.code = Code()
        self.head = nn.Conv2d(16 + 1, w32, 3, padding=1)
        self.in32 = _Block(w32)
        self.to16 = nn.Conv2d(w32, w16, 2, stride=2)
        self.in16 = _Block(w16)
        self.to8 = nn.Conv2d(w16, w8, 2, stride=2)
        self.in8 = _Block(w8)
        self.to4 = nn.Conv2d(w8, w8, 2, stride=2)
        self.at4 = _Block(w8, conditioned=True)
        self.from4 = nn.Conv2d(w8, w8, 1)
        self.out8 = _Block(w8, conditioned=True)
        self.from8 = nn.Conv2d(w8, w16, 1)
        self.out16 = nn.ModuleList([_Block(w16, conditioned=True), _Block(w16, conditioned=True)])
        self.from16 = nn.Conv2d(w16, w32, 1)
        self.out32 = nn.ModuleList([_Block(w32, conditioned=True), _Block(w32, conditioned=True)])
        self.from32 = nn.Conv2d(w32, w64, 1)
        self.lines64 = nn.Conv2d(4, w64, 3, padding=1)
        self.out64 = _Block(w64, conditioned=True)
        self.from64 = nn.Conv2d(w64, _FINEST, 1)
        self.lines128 = nn.Conv2d(1, _FINEST, 3, padding=1)
        self.finish = nn.Conv2d(_FINEST, _FINEST, 3, padding=1)
        self.paint = nn.Conv2d(_FINEST, 3, 3, padding=1)

    def forward(self, edges: Tensor, looseness: Tensor, look: Tensor, noise: Tensor) -> Tensor:
        """Args:
            edges: (N,1,128,128) in [0,1], 1 where there is ink.
            looseness: (N,1) in [0,1].
            look: (N,LOOK), see `enhance.tasks.sketch.look`.
            noise: (N,NOISE), standard normal.

        Returns:
            (N,3,128,128) in [0,1].
        """
        code = self.code(looseness, look, noise)
        plane = looseness[:, :, None, None].expand(-1, -1, _SIDE // 4, _SIDE // 4)
        x32 = torch.cat([functional.pixel_unshuffle(edges, 4), plane], 1)
        x32 = self.in32(functional.leaky_relu(self.head(x32), 0.2))
        x16 = self.in16(functional.leaky_relu(self.to16(x32), 0.2))
        x8 = self.in8(functional.leaky_relu(self.to8(x16), 0.2))
        x = self.at4(functional.leaky_relu(self.to4(x8), 0.2), code)
        x = self.out8(x8 + _doubled(self.from4(x)), code)
        x = x16 + _doubled(self.from8(x))
        for block in self.out16:
            x = block(x, code)
        x = x32 + _doubled(self.from16(x))
        for block in self.out32:
            x = block(x, code)
        x = _doubled(self.from32(functional.leaky_relu(x, 0.2))) + self.lines64(functional.pixel_unshuffle(edges, 2))
        x = functional.leaky_relu(self.out64(x, code), 0.2)
        x = functional.leaky_relu(_doubled(self.from64(x)) + self.lines128(edges), 0.2)
        x = functional.leaky_relu(self.finish(x), 0.2)
        return torch.sigmoid(self.paint(x).float())


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Discriminator(nn.Module):
    """Is this a photograph, and is it of what was drawn? Two logits for each patch; the first knows of no drawing.

    Args:
        widths: channels at 64, 32, 16 and 8 pixels.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (32, 80, 128, 160)) -> None:
        super().__init__()
        w64, w32, w16, w8 = widths
        self.to64 = nn.Conv2d(3, w64, 4, 2, 1)
        self.to32 = nn.Conv2d(w64, w32, 4, 2, 1)
        self.to16 = nn.Conv2d(w32, w16, 4, 2, 1)
        self.in16 = _Block(w16)
        self.to8 = nn.Conv2d(w16, w8, 4, 2, 1)
        self.in8 = _Block(w8)
        self.logits = nn.Conv2d(w8, 1, 3, padding=1)
        self.join = nn.Conv2d(w32 + 16 + 1, 64, 3, padding=1)
        self.join16 = nn.Conv2d(64, 96, 4, 2, 1)
        self.join8 = nn.Conv2d(96, 96, 4, 2, 1)
        self.joint_logits = nn.Conv2d(96, 1, 3, padding=1)
        for layer in (self.to64, self.to32, self.to16, self.to8, self.join, self.join16, self.join8):
            nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(self, picture: Tensor, edges: Tensor, looseness: Tensor) -> tuple[Tensor, Tensor]:
        """picture (N,3,128,128) and edges (N,1,128,128) in [0,1], looseness (N,1) to two logits (N,1,8,8)."""
        photographed, features = self.photographed(picture)
        return photographed, self.drawn(features, edges, looseness)

    def photographed(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """The first logits, and features for the second, (N,C,32,32)."""
        x = functional.leaky_relu(self.to64(picture * 2 - 1), 0.2)
        features = functional.leaky_relu(self.to32(x), 0.2)
        x = self.in16(functional.leaky_relu(self.to16(features), 0.2))
        x = self.in8(functional.leaky_relu(self.to8(x), 0.2))
        return self.logits(functional.leaky_relu(x, 0.2)), features

    def drawn(self, features: Tensor, edges: Tensor, looseness: Tensor) -> Tensor:
        """The second logits."""
        plane = looseness[:, :, None, None].expand(-1, -1, _SIDE // 4, _SIDE // 4)
        y = torch.cat([features, functional.pixel_unshuffle(edges, 4), plane], 1)
        for layer in (self.join, self.join16, self.join8):
            y = functional.leaky_relu(layer(y), 0.2)
        return self.joint_logits(y)


def drawing_maps(edges: Tensor, looseness: Tensor) -> list[Tensor]:
    """Drawings (N,1,128,128) and their looseness (N,1) as conditions of a `ProjectedDiscriminator`."""
    maps = []
    for stride in FEATURE_STRIDES:
        cells = functional.pixel_unshuffle(functional.max_pool2d(edges, 2), stride // 2)
        plane = looseness[:, :, None, None].expand(-1, -1, *cells.shape[2:])
        maps.append(torch.cat([cells, plane], 1))
    return maps


DRAWING_CHANNELS = [(stride // 2) ** 2 + 1 for stride in FEATURE_STRIDES]
"""Channels of `drawing_maps`."""
