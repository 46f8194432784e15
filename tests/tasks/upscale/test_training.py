import pytest
import torch

from enhance.tasks.upscale.data import Batch
from enhance.tasks.upscale.networks.generator import Generator, place
from enhance.tasks.upscale.training import SuperResolution, Weights

GENERATOR = Generator(width=16, blocks=1, edge=16, finish=1)


def found(weights: Weights, place: torch.Tensor) -> dict[str, float]:
    """What each loss is for pictures at those places."""
    count, _, height, width = place.shape
    hr = torch.rand(count, 3, 4 * height, 4 * width, generator=torch.Generator().manual_seed(0))
    losses, _ = SuperResolution(GENERATOR, None, weights=weights).generator_losses(Batch(hr, place, 0))
    return {name: float(loss.detach()) for name, loss in losses.items()}


def whole(size: int) -> torch.Tensor:
    return place(torch.zeros(1, 3, size, size))


def test_small_faces_have_their_own_spread() -> None:
    part = torch.cat([whole(16)[:, :2] * 0.5, torch.ones(1, 1, 16, 16)], 1)
    places = torch.cat([whole(16), part])
    said = {small: found(Weights(spread=0.8, spread_small=small), places)["spread"] for small in (0.0, 0.4, None)}
    assert said[None] < said[0.4] < said[0.0] < 0
    assert said[0.4] == pytest.approx((said[None] + said[0.0]) / 2, rel=1e-3)


def test_whose_face_a_fine_one_is_counts_by_itself() -> None:
    alike, more = Weights(identity=1.0), Weights(identity=1.0, identity_fine=3.0)
    assert found(more, whole(32)) == found(alike, whole(32))
    assert found(alike, whole(32))["identity"] > 0.01
    assert found(more, whole(64))["identity"] == pytest.approx(3 * found(alike, whole(64))["identity"])


def test_whose_face_it_is_may_count_for_fine_ones_alone() -> None:
    only = Weights(identity_fine=3.0)
    assert found(only, whole(64))["identity"] > 0.01
    assert found(only, whole(32))["identity"] == 0
