import torch

from enhance.tasks.upscale.identity_loss import IdentityLoss
from enhance.tasks.upscale.networks.generator import frame_coordinates

WHOLE = frame_coordinates(torch.zeros(1, 3, 16, 16))
PART = torch.cat([WHOLE[:, :2] * 0.5, torch.ones(1, 1, 16, 16)], 1)


def test_a_window_that_shows_no_face_is_like_any_other() -> None:
    loss = IdentityLoss()
    pictures = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    coordinates = torch.cat([WHOLE, PART])
    first, second = (loss(x, coordinates) for x in pictures.chunk(2))
    distance = loss.distance(first, second)
    assert float(distance[0]) > 0.01
    assert float(distance[1]) < 0.001
