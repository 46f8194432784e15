"""A discriminator that judges what SqueezeNet sees of a picture, instead of its pixels.

Features of a network that knows thousands of things tell far earlier what is wrong with a picture than pixels do (Sauer
et al., "Projected GANs converge faster", NeurIPS 2021).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

DEPTHS = 256, 512
"""Channels of fire5 and fire9."""
FEATURE_STRIDES = 8, 16
"""How many pixels of a picture each of their values stands for."""


class ProjectedDiscriminator(nn.Module):
    """Two verdicts on every patch at two depths: on the picture alone, and on the picture as an answer to a condition.

    Features are mixed by fixed random weights first, so that no few channels give the generator away; spectral norm
    holds the rest, as in the paper.

    Args:
        conditions: channels of the condition at each depth.
        widths: channels at each depth.
        seed: of the fixed weights.
    """

    def __init__(self, conditions: Sequence[int], widths: Sequence[int] = (96, 160), *, seed: int = 0) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        self.heads = nn.ModuleList()
        for n, (depth, width, condition) in enumerate(zip(DEPTHS, widths, conditions, strict=True)):
            # Features are of unit length: 4 and Kaiming's factor make of them numbers of about one.
            mix = torch.randn(width, depth, 1, 1, generator=random) * (2 / depth) ** 0.5 * 4
            self.register_buffer(f"mix{n}", mix)
            self.heads.append(_Head(width, condition))

    def forward(
        self, features: Sequence[Tensor], *conditions: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Judges pictures.

        Args:
            features: of fire5 (N,256,h,w) and of fire9 (N,512,h/2,w/2), each of unit length in every pixel.
            conditions: one or several, each a map (N,C,h,w) for each depth.

        Returns:
            Logits (N,1,h,w) of the pictures alone at each depth, and those with each of the conditions.
        """
        alone: list[Tensor] = []
        together: list[list[Tensor]] = [[] for _ in conditions]
        for n, (head, feature) in enumerate(zip(self.heads, features, strict=True)):
            mixed = functional.conv2d(feature, self.get_buffer(f"mix{n}").to(feature.dtype))
            verdict, verdicts = head(mixed, [condition[n] for condition in conditions])
            alone.append(verdict)
            for logits, one in zip(together, verdicts, strict=True):
                logits.append(one)
        return alone, together


class _Head(nn.Module):
    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.see = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.condition = spectral_norm(nn.Conv2d(condition, width, 1))
        self.both = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.alone = spectral_norm(nn.Conv2d(width, 1, 1))
        self.fit = spectral_norm(nn.Conv2d(width, 1, 1))

    def forward(self, mixed: Tensor, conditions: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        features = functional.leaky_relu(self.see(mixed), 0.2)
        verdicts = [
            self.fit(functional.leaky_relu(self.both(features + self.condition(condition)), 0.2))
            for condition in conditions
        ]
        return self.alone(features), verdicts
