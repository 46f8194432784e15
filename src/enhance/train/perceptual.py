"""Distances between what two pictures look like: as pixels, and as features of a network that was taught something
else."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from enhance.train import losses
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.features.vgg import VGG


class FeatureLoss(nn.Module):
    """Pictures (N,3,H,W) in [0,1] and their coordinates (N,3,h,w), which most ignore, to features (N,C,h,w).

    Attributes:
        distance: features of two batches to how far they are apart, picture by picture; (N,).
    """

    distance: Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor] = staticmethod(losses.feature_distance)

    def forward(self, pictures: Tensor, coordinates: Tensor) -> list[Tensor]:
        raise NotImplementedError


class Pixels(FeatureLoss):
    """The pixels themselves."""

    distance = staticmethod(losses.l1)

    def forward(self, pictures: Tensor, coordinates: Tensor) -> list[Tensor]:  # noqa: ARG002
        return [pictures]


class Features(FeatureLoss):
    """What a frozen network makes of them (Johnson et al., "Perceptual losses", ECCV 2016)."""

    def __init__(self, network: SqueezeNet | VGG) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor, coordinates: Tensor) -> list[Tensor]:  # noqa: ARG002
        features: list[Tensor] = self.network(pictures)
        return features


def squeezenet() -> FeatureLoss:
    """Features of SqueezeNet: quick, and good enough to begin with."""
    return Features(SqueezeNet())


def deep_squeezenet() -> FeatureLoss:
    """Like `squeezenet`, and one layer deeper, which a `ProjectedDiscriminator` judges as well."""
    return Features(SqueezeNet(deep=True))


def vgg() -> FeatureLoss:
    """Features of ST-LPIPS's VGG: by human judgement, and ten times as slow, for a last stage."""
    return Features(VGG())
