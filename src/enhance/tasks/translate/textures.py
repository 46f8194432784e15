"""What is measured of animals in pictures: textures, features and colours within masks."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from enhance.tasks.translate.networks import alpha

GREY = 0.5
_WINDOW = 4
"""Cells of features across the windows within which local textures are compared."""


def unclipped(pictures: Tensor, delta: Tensor, mask: Tensor) -> Tensor:
    """Pictures with the difference added where the mask is."""
    return pictures + alpha(mask) * delta


def compose(pictures: Tensor, delta: Tensor, mask: Tensor) -> Tensor:
    """The same in [0,1]; a little of what leaves it is kept, for its gradient."""
    composed = unclipped(pictures, delta, mask)
    clipped = composed.clamp(0, 1)
    return clipped + 0.1 * (composed - clipped)


def alone(pictures: Tensor, mask: Tensor) -> Tensor:
    """Animals on grey, with a soft rim of what is around them, so that masks of two makes look alike."""
    wide = functional.max_pool2d((mask > 0.5).float(), 9, 1, 4)
    soft = functional.avg_pool2d(wide, 5, 1, 2)
    return GREY + soft * (pictures - GREY)


def eroded(mask: Tensor) -> Tensor:
    """The inside of masks, 3 pixels from their borders."""
    return 1 - functional.max_pool2d((mask < 0.5).float(), 7, 1, 3)


def mean_colour(pictures: Tensor, mask: Tensor) -> Tensor:
    """The mean colours of animals, (N,3)."""
    return (pictures * mask).sum((2, 3)) / mask.sum((2, 3)).clamp(min=1)


def resized_to(mask: Tensor, features: Tensor) -> Tensor:
    """A mask (N,1,H,W) averaged to the size of features (N,C,h,w)."""
    return functional.adaptive_avg_pool2d(mask, (features.shape[2], features.shape[3]))


def directions(features: Tensor) -> Tensor:
    """Features (N,C,h,w) of unit length in each pixel, in float32."""
    return functional.normalize(features.float(), dim=1, eps=1e-4)


def gram(features: Tensor, mask: Tensor) -> Tensor:
    """Gram matrices (N,C,C) of features (N,C,h,w), averaged over where the mask (N,1,H,W) is."""
    inside = resized_to(mask, features).flatten(2)
    flat = features.flatten(2)
    return (flat * inside) @ flat.mT / inside.sum(2, keepdim=True).clamp(min=1)


def relative(ours: Tensor, theirs: Tensor) -> Tensor:
    """Distance of matrices (N,C,C) from one, or from as many, in units of that one's length, on average."""
    return ((ours - theirs).square().sum((-2, -1)) / theirs.square().sum((-2, -1))).add(1e-8).sqrt().mean()


def local_texture(ours: Sequence[Tensor], theirs: Sequence[Tensor], mask: Tensor, kept: int = 24) -> Tensor:
    """Distance of textures window by window: how broad stripes are and which way they run, but not where each begins.

    Gram matrices in windows, of features projected to `kept` random directions, which are always the same.
    """
    distances = []
    for a, b in list(zip(ours, theirs, strict=True))[1:]:
        random = torch.Generator().manual_seed(a.shape[1])
        projection = torch.randn(kept, a.shape[1], 1, 1, generator=random) / a.shape[1] ** 0.5
        inside = resized_to(mask, a)
        products = []
        for x in (a, b):
            x = functional.conv2d(x, projection.to(x))
            products.append(
                functional.avg_pool2d((x[:, :, None] * x[:, None]).flatten(1, 2) * inside, _WINDOW, _WINDOW // 2)
            )
        length = products[1].square().sum(1).add(1e-10).sqrt()
        apart = (products[0] - products[1]).square().sum(1).add(1e-10).sqrt()
        distances.append(apart.sum() / length.sum())
    return torch.stack(distances).sum()


def tones(pictures: Tensor, mask: Tensor) -> Tensor:
    """How brightness and contrasts are distributed on animals: quantiles (N,4,Q) of brightness, and of its standard
    deviation in windows of 4, 8 and 16 pixels.

    They tell stripes that are strong here and faint there from such as are black and white all over the body. The mean
    of quantiles over several animals is the middle one of their distributions (their Wasserstein barycentre).
    """
    inside = eroded(mask)
    light = pictures.mean(1, keepdim=True).float()
    planes = [(light, inside > 0.5)]
    for side in (4, 8, 16):
        share = functional.avg_pool2d(inside, side, side // 2)
        mean, square = (
            functional.avg_pool2d(x * inside, side, side // 2) / share.clamp(min=0.1) for x in (light, light.square())
        )
        planes.append(((square - mean.square()).clamp(min=1e-6).sqrt(), share > 0.5))
    return torch.stack([torch.stack([_quantiles(x[n][where[n]]) for x, where in planes]) for n in range(len(pictures))])


def _quantiles(values: Tensor, count: int = 33) -> Tensor:
    """Quantiles (count,) of values (n,); of none, zeros."""
    if not len(values):
        return values.new_zeros(count)
    place = torch.linspace(0, len(values) - 1, count, device=values.device)
    below = place.floor().long()
    ordered = values.sort().values
    return ordered[below].lerp(ordered[(below + 1).clamp(max=len(values) - 1)], place - below)


def apart_within(ours: Tensor, theirs: Tensor, mask: Tensor) -> Tensor:
    """How far apart features (N,C,h,w) lie, on average over where the mask is."""
    return mean_within((ours - theirs).square().sum(1, keepdim=True).add(1e-8).sqrt(), mask)


def difference(ours: Tensor, theirs: Tensor) -> Tensor:
    return (ours - theirs).abs().mean(1, keepdim=True)


def mean_within(values: Tensor, mask: Tensor) -> Tensor:
    inside = resized_to(mask, values)
    return (values * inside).sum() / inside.sum().clamp(min=1)
