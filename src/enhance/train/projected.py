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
    """Two logits for every patch at two depths: of the picture alone, and of the picture as an answer to a condition.

    Features are mixed by fixed random weights first, so that no few channels give the generator away; spectral norm
    holds the rest, as in the paper.

    Args:
        conditions: channels of the condition's maps at each depth.
        widths: channels at each depth.
        vector: numbers of a condition that has no place in the picture, such as its caption (Miyato & Koyama, "cGANs
            with projection discriminator", ICLR 2018); 0: there is none.
        seed: of the fixed weights.
    """

    def __init__(
        self, conditions: Sequence[int], widths: Sequence[int] = (96, 160), *, vector: int = 0, seed: int = 0
    ) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        self.heads = nn.ModuleList()
        for n, (depth, width, condition) in enumerate(zip(DEPTHS, widths, conditions, strict=True)):
            # Features are of unit length: 4 and Kaiming's factor make of them numbers of about one.
            mix = torch.randn(width, depth, 1, 1, generator=random) * (2 / depth) ** 0.5 * 4
            self.register_buffer(f"mix{n}", mix)
            self.heads.append(_Head(width, condition, vector))

    def forward(
        self, features: Sequence[Tensor], *conditions: Sequence[Tensor], vectors: Sequence[Tensor] = ()
    ) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Judge pictures.

        Args:
            features: of fire5 (N,256,h,w) and of fire9 (N,512,h/2,w/2), each of unit length in every pixel.
            conditions: one or several, each a map (N,C,h,w) for each depth.
            vectors: (N,`vector`) for each of the conditions, where they have one.

        Returns:
            Logits (N,1,h,w) of the pictures alone at each depth, and those with each of the conditions; these end with
            the logits (N,1,1,1) of whole pictures with the vector, at each depth, where there is one.
        """
        alone: list[Tensor] = []
        together: list[list[Tensor]] = [[] for _ in conditions]
        matches: list[list[Tensor]] = [[] for _ in conditions]
        for n, (head, feature) in enumerate(zip(self.heads, features, strict=True)):
            mixed = functional.conv2d(feature, self.get_buffer(f"mix{n}").to(feature.dtype))
            picture, fits, products = head(mixed, [condition[n] for condition in conditions], vectors)
            alone.append(picture)
            for number, fit in enumerate(fits):
                together[number].append(fit)
            for number, match in enumerate(products):
                matches[number].append(match)
        return alone, [logits + more for logits, more in zip(together, matches, strict=True)]


class _Head(nn.Module):
    """The layers of one depth."""

    def __init__(self, width: int, condition: int, vector: int) -> None:
        super().__init__()
        self.features = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.condition = spectral_norm(nn.Conv2d(condition, width, 1))
        self.both = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.vector = nn.Linear(vector, width) if vector else None
        self.alone = spectral_norm(nn.Conv2d(width, 1, 1))
        self.fit = spectral_norm(nn.Conv2d(width, 1, 1))

    def forward(
        self, mixed: Tensor, conditions: Sequence[Tensor], vectors: Sequence[Tensor]
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Logits of the picture alone, of its patches with each condition, and of the whole with each vector."""
        features = functional.leaky_relu(self.features(mixed), 0.2)
        answers = [
            functional.leaky_relu(self.both(features + self.condition(condition)), 0.2) for condition in conditions
        ]
        matches = []
        if self.vector is not None:
            for answer, vector in zip(answers, vectors, strict=True):
                matches.append((answer.mean((2, 3)) * self.vector(vector)).sum(1)[:, None, None, None])
        return self.alone(features), [self.fit(answer) for answer in answers], matches


def pooled_to(features: Sequence[Tensor], maps: Tensor) -> list[Tensor]:
    """A condition that is the same at each depth: maps (N,C,H,W), averaged to the size of each of the features."""
    return [functional.adaptive_avg_pool2d(maps, (x.shape[2], x.shape[3])) for x in features]
