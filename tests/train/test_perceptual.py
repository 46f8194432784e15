import pytest
import torch

from enhance.train import perceptual
from enhance.train.features.squeezenet import SqueezeNet

COORDINATES = torch.zeros(1, 3, 16, 16)


def pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_pixels_are_apart_by_how_much_they_differ() -> None:
    a, b = pictures(2).chunk(2)
    assert torch.allclose(perceptual.Pixels.distance([a], [b]), (a - b).abs().mean().view(1))
    assert torch.equal(perceptual.Pixels()(a, COORDINATES)[0], a)


def test_features_are_those_of_the_network_and_learn_nothing() -> None:
    loss = perceptual.squeezenet()
    a, b = pictures(2).chunk(2)
    found = loss(a.requires_grad_(), COORDINATES)
    assert all(torch.equal(one, other) for one, other in zip(found, SqueezeNet()(a), strict=True))
    assert loss.distance(found, found).item() < 1e-3 < loss.distance(found, loss(b, COORDINATES)).item()
    assert found[0].requires_grad
    assert not any(weights.requires_grad for weights in loss.parameters())


def test_a_loss_must_say_what_it_looks_at() -> None:
    with pytest.raises(NotImplementedError):
        perceptual.FeatureLoss()(pictures(1), COORDINATES)
