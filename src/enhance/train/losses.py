"""What the generator and the discriminator are told. Each loss takes tensors and returns one number."""

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


def gradient_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """The squared length of the discriminator's gradient at `pictures`, which must require grad.

    On photographs it is R1, on generated pictures R2 (Mescheder et al., "Which training methods for GANs do actually
    converge?", ICML 2018).
    """
    (gradient,) = autograd.grad(logits.sum(), pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def per_pixel(hr: Tensor, original: Tensor) -> Tensor:
    """Mean absolute difference: the loss of the blurry network."""
    return torch.nn.functional.l1_loss(hr, original)
