import pytest
import torch
from torch.nn import functional

from enhance.tasks.fill import networks
from enhance.tasks.fill.networks import Completion, Discriminator
from enhance.tasks.fill.painter import COPIED

TINY = (8, 8, 8, 8)


def given(height: int, width: int, count: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    mask = torch.zeros(count, 1, height, width)
    mask[:, :, : height // 2, width // 4 : width // 2] = 1
    return torch.rand(count, 3, height, width), mask, networks.draw_noise(mask, 8, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(64, 64), (48, 128)])
def test_known_pixels_stay_to_the_bit(size: tuple[int, int]) -> None:
    network = Completion(TINY, noise=8)
    torch.nn.init.normal_(network.last.weight)
    image, mask, noise = given(*size)
    filled = network(image, mask, noise)
    assert filled.shape == image.shape
    known = mask.expand_as(image) == 0
    assert (filled[known] == image[known]).all()
    assert (filled[~known] != image[~known]).float().mean() > 0.9


def test_what_lies_hidden_under_the_hole_does_not_matter() -> None:
    network = Completion(TINY, noise=8)
    torch.nn.init.normal_(network.last.weight)
    image, mask, noise = given(64, 64)
    assert (network(image, mask, noise) == network(image * (1 - mask), mask, noise)).all()


def test_a_draft_in_the_hole_does_matter() -> None:
    network = Completion(TINY, noise=8)
    image, mask, noise = given(64, 64)
    half = mask / 2
    assert not torch.allclose(network(image, half, noise), network(image * (1 - mask), half, noise))


def test_copied_patches_stay_until_it_learns_to_mend_them() -> None:
    network = Completion(TINY, noise=8, mends=True)
    image, mask, noise = given(64, 64)
    assert torch.allclose(network(image, mask * COPIED, noise), image, atol=1e-6)
    torch.nn.init.normal_(network.last.weight)
    mended = network(image, mask * COPIED, noise)
    known = mask.expand_as(image) == 0
    assert (mended[known] == image[known]).all()
    assert (mended[~known] != image[~known]).float().mean() > 0.9


def test_a_fresh_network_fills_with_smooth_colours() -> None:
    image, mask, noise = given(64, 64)
    plain = torch.full_like(image, 0.3)
    filled = Completion(TINY, noise=8)(plain * (1 - mask), mask, noise)
    assert torch.allclose(filled, plain, atol=1e-5)


def test_a_picture_of_which_nothing_is_known_is_filled_with_numbers() -> None:
    image, mask, noise = given(64, 64)
    assert torch.isfinite(Completion(TINY, noise=8)(image, torch.ones_like(mask), noise)).all()


def test_what_is_told_of_the_frame_is_used_by_a_network_for_faces() -> None:
    network = Completion(TINY, noise=8, framed=True)
    torch.nn.init.normal_(network.last.weight)
    image, mask, noise = given(64, 64)
    where = networks.frame_coordinates(mask)
    assert where.shape == (2, 3, 16, 16)
    assert where[0, 0, 0, 0] == -where[0, 0, 0, -1] == -1 + 1 / 16
    assert (where[:, 2] == -1).all()
    assert not torch.allclose(network(image, mask, noise, where), network(image, mask, noise, -where))


def test_a_network_for_faces_sees_what_is_on_the_other_side() -> None:
    image, mask = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 1, 128, 128)
    mask[..., 64:] = 1
    noise = torch.zeros(1, 8, 32, 32)
    changed = image.clone()
    changed[..., 8:12, 8:12] = 1 - changed[..., 8:12, 8:12]
    corner = slice(4, 16), slice(112, 124)  # the mirror image of what was changed

    def difference(*, framed: bool) -> float:
        torch.manual_seed(0)
        network = Completion(TINY, (1,), noise=8, framed=framed)
        torch.nn.init.normal_(network.last.weight)
        where = networks.frame_coordinates(mask)
        one, other = (network(x, mask, noise, where) for x in (image, changed))
        return float((one - other)[..., corner[0], corner[1]].abs().mean().detach())

    assert difference(framed=True) > 10 * difference(framed=False)


@pytest.mark.parametrize("side", [2, 4])
def test_squares_are_those_of_pixel_unshuffle(side: int) -> None:
    x = torch.rand(2, 3, 32, 16)
    assert (networks._squares(x, side) == functional.pixel_unshuffle(x, side)).all()


def test_some_noise_is_alike_all_over_a_picture() -> None:
    noise = given(64, 64)[2]
    assert noise.shape == (2, 8, 16, 16)
    assert (noise[:, : networks.ALIKE] == noise[:, : networks.ALIKE, :1, :1]).all()
    assert noise[:, networks.ALIKE :].std() > 0.8


def test_the_discriminator_answers_for_patches_of_two_sizes() -> None:
    image, mask, _ = given(64, 96)
    closely, widely = Discriminator(TINY, framed=True)(image, mask, networks.frame_coordinates(mask))
    assert closely.shape == (2, 1, 8, 12)
    assert widely.shape == (2, 1, 4, 6)
