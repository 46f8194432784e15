import math

import pytest
import torch

from enhance.train import losses


def test_relativistic_is_small_only_when_the_better_is_ahead() -> None:
    ahead, behind = torch.tensor([5.0]), torch.tensor([-5.0])
    assert float(losses.relativistic(ahead, behind)) == pytest.approx(math.log1p(math.exp(-10)), rel=1e-3)
    assert float(losses.relativistic(ahead, ahead)) == pytest.approx(math.log(2))
    assert float(losses.relativistic(behind, ahead)) == pytest.approx(10, rel=1e-3)


def test_the_gradient_penalty_of_a_linear_discriminator_is_its_squared_weights() -> None:
    weights = torch.randn(3, 4, 4)
    pictures = torch.rand(5, 3, 4, 4, requires_grad=True)
    logits = (pictures * weights).sum((1, 2, 3))
    assert float(losses.gradient_penalty(logits, pictures)) == pytest.approx(float(weights.square().sum()), rel=1e-4)
