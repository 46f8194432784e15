import pytest
import torch

from enhance.train import senses
from enhance.train.data import Batch
from enhance.train.networks.generator import Generator, place
from enhance.train.super_resolution import SuperResolution, Weights

WHOLE = place(torch.zeros(1, 3, 16, 16))
PART = torch.cat([WHOLE[:, :2] * 0.5, torch.ones(1, 1, 16, 16)], 1)


def pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_pixels_are_apart_by_how_much_they_differ() -> None:
    a, b = pictures(2).chunk(2)
    assert torch.allclose(senses.Pixels.apart([a], [b]), (a - b).abs().mean().view(1))
    assert torch.equal(senses.Pixels()(a, WHOLE)[0], a)


def test_a_window_that_shows_no_face_is_like_any_other() -> None:
    sense = senses.Likeness()
    place = torch.cat([WHOLE, PART])
    first, second = (sense(x, place) for x in pictures(4).chunk(2))
    apart = sense.apart(first, second)
    assert float(apart[0]) > 0.01
    assert float(apart[1]) < 0.001


def test_small_faces_have_their_own_spread() -> None:
    batch = Batch(pictures(2), torch.cat([WHOLE, PART]), 0)
    generator = Generator(width=16, blocks=1, edge=16, finish=1)
    said = {}
    for small in (0.0, 0.4, None):
        task = SuperResolution(generator, None, weights=Weights(spread=0.8, spread_small=small))
        said[small] = float(task.generator_losses(batch)[0]["spread"].detach())
    assert said[None] < said[0.4] < said[0.0] < 0
    assert said[0.4] == pytest.approx((said[None] + said[0.0]) / 2, rel=1e-3)


def test_whose_face_a_fine_one_is_counts_by_itself() -> None:
    generator = Generator(width=16, blocks=1, edge=16, finish=1)

    def said(size: int, fine: float | None) -> float:
        hr = torch.rand(1, 3, 4 * size, 4 * size, generator=torch.Generator().manual_seed(0))
        task = SuperResolution(generator, None, weights=Weights(identity=1.0, identity_fine=fine))
        batch = Batch(hr, place(torch.zeros(1, 3, size, size)), 0)
        return float(task.generator_losses(batch)[0]["identity"].detach())

    assert said(32, 3.0) == said(32, None) > 0.01
    assert said(64, 3.0) == pytest.approx(3 * said(64, None))
