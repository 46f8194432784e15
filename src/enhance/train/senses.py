"""Ways to see a picture, each with a distance between what two look like: as pixels, as features, as somebody."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from enhance.tasks.upscale.networks.recogniser import Recogniser, crop, shows_face
from enhance.train import losses
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.features.vgg import VGG


class Sense(nn.Module):
    """Pictures (N,3,H,W) in [0,1] and their places (N,3,h,w) to what is seen of each, tensors of (N,C,h,w).

    Attributes:
        apart: what is seen of two batches to how far they are apart, picture by picture; (N,).
    """

    apart: Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor] = staticmethod(losses.apart)

    def forward(self, pictures: Tensor, place: Tensor) -> list[Tensor]:
        raise NotImplementedError


class Pixels(Sense):
    """The pixels themselves."""

    apart = staticmethod(losses.per_pixel)

    def forward(self, pictures: Tensor, place: Tensor) -> list[Tensor]:  # noqa: ARG002
        return [pictures]


class Features(Sense):
    """What a network that was taught something else makes of them."""

    def __init__(self, network: SqueezeNet | VGG) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor, place: Tensor) -> list[Tensor]:  # noqa: ARG002
        seen: list[Tensor] = self.network(pictures)
        return seen


class Likeness(Sense):
    """Whose face it is, as a recogniser sees it; nobody's, where a window does not show all of one."""

    def __init__(self) -> None:
        super().__init__()
        self.recogniser = Recogniser()

    def forward(self, pictures: Tensor, place: Tensor) -> list[Tensor]:
        whole = shows_face(place)
        somebody = pictures.new_zeros(len(pictures), 512, 1, 1)
        if whole.any():
            # In bf16 a likeness would be lost in the rounding.
            with torch.autocast(pictures.device.type, enabled=False):
                somebody[whole] = self.recogniser(crop(pictures[whole].float()))[:, :, None, None]
        return [somebody]


def squeezenet() -> Sense:
    """Quick, and good enough to begin with."""
    return Features(SqueezeNet())


def vgg() -> Sense:
    """By human judgement, and ten times as slow: for a last stage."""
    return Features(VGG())
