"""Losses of the generator and the discriminator."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, autograd
from torch.nn import functional


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """How far the logits `better` are from exceeding the logits `worse`, pair by pair.

    The discriminator minimises it with the photographs as the better ones, the generator with its own pictures
    (Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019; in the form of Huang et al., "The GAN is dead",
    NeurIPS 2024).
    """
    return functional.softplus(worse - better).mean()


def hinge(real: Tensor, generated: Tensor) -> Tensor:
    """A discriminator's loss: logits of photographs above 1, those of generated pictures below -1.

    The generator then minimises the negative mean of its logits (Lim & Ye, "Geometric GAN", 2017).
    """
    return functional.relu(1 - real.float()).mean() + functional.relu(1 + generated.float()).mean()


def gradient_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """The squared length of the discriminator's gradient at `pictures`, which must require grad.

    On photographs it is R1, on generated pictures R2 (Mescheder et al., "Which training methods for GANs do actually
    converge?", ICML 2018).
    """
    (gradient,) = autograd.grad(logits.sum(), pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def l1(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of pictures, one by one, (N,): the loss of the blurry network."""
    return (a[0] - b[0]).abs().mean((1, 2, 3))


def feature_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """How far apart the features (N,C,h,w) of two batches lie, on average over places, summed over depths; (N,).

    Not squared: where several answers are possible, the squared distance would be indifferent to how they are spread.
    """
    distances = [(one - other).square().sum(1).add(1e-8).sqrt().mean((1, 2)) for one, other in zip(a, b, strict=True)]
    return torch.stack(distances).sum(0)


def discriminator_won(means: Mapping[str, float], below: float, *names: str) -> str | None:
    """Why a run has gone wrong whose discriminators' mean losses are all below a bound; None if it has not.

    Args:
        means: losses by name, as a task's `collapsed` is given them.
        names: of the discriminators' losses; "discrimination" if none is given.
    """
    if all(means.get(name, 1.0) < below for name in names or ("discrimination",)):
        return "the discriminator tells every picture apart and teaches nothing more: the run has collapsed"
    return None
