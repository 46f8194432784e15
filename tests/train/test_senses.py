import torch

from enhance.tasks.upscale.networks.generator import place
from enhance.train import senses

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
