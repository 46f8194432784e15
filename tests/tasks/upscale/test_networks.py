from collections.abc import Callable

import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad, pixel_shuffle, pixel_unshuffle

from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import Generator, frame_coordinates
from enhance.tasks.upscale.networks.notch import Notch
from enhance.tasks.upscale.networks.projection import Projection
from enhance.tasks.upscale.weight_adaptation import adapt_weights
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.features.vgg import VGG
from enhance.train.losses import feature_distance


@pytest.fixture
def lr() -> torch.Tensor:
    return torch.rand(2, 3, 16, 12, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25


def projected(drawn: torch.Tensor, lr: torch.Tensor, scale: int = 4) -> torch.Tensor:
    """A picture (N,3,scale*h,scale*w) through the projection."""
    return pixel_shuffle(Projection(scale)(pixel_unshuffle(drawn, scale), lr), scale)


@pytest.mark.parametrize("scale", [2, 4])
def test_the_projection_makes_any_picture_consistent(lr: torch.Tensor, scale: int) -> None:
    drawn = torch.rand(2, 3, scale * 16, scale * 12)
    assert (avg_pool2d(projected(drawn, lr, scale), scale) - lr).abs().max() < 1e-5


@pytest.mark.parametrize("scale", [2, 4])
def test_the_projection_leaves_a_consistent_picture_alone(lr: torch.Tensor, scale: int) -> None:
    consistent = projected(torch.rand(2, 3, scale * 16, scale * 12), lr, scale)
    assert torch.allclose(projected(consistent, lr, scale), consistent, atol=1e-5)


def test_the_projection_shows_no_blocks(lr: torch.Tensor) -> None:
    """Of an empty drawing it makes a smooth enlargement: steps across block borders are no larger than within."""
    smooth = projected(torch.zeros(2, 3, 64, 48), avg_pool2d(lr, 3, 1, 1))
    steps = smooth.diff(dim=3).abs()
    across = steps[..., 3::4].mean()
    within = torch.cat([steps[..., n::4].flatten() for n in range(3)]).mean()
    assert across < 1.35 * within


@pytest.mark.parametrize("scale", [2, 4])
def test_the_projection_is_that_of_whole_pictures(lr: torch.Tensor, scale: int) -> None:
    """What it does before the shuffle is bilinear enlargement and then blocks, at full size."""
    drawn, projection = torch.rand(2, 3, scale * 16, scale * 12), Projection(scale)
    around = pad(lr - avg_pool2d(drawn, scale), (2, 2, 2, 2), mode="replicate")
    smooth = interpolate(conv2d(around, projection.unblur, groups=3), scale_factor=float(scale), mode="bilinear")
    expected = drawn + smooth
    expected = expected + interpolate(lr - avg_pool2d(expected, scale), scale_factor=float(scale))
    assert torch.allclose(projected(drawn, lr, scale), expected, atol=1e-6)


def test_the_notch_takes_a_mesh_and_leaves_shading_and_grain() -> None:
    random = torch.Generator().manual_seed(0)
    across = torch.linspace(0, 1, 96)
    shading = (across[:, None] * across).repeat(1, 3, 1, 1)
    grain = torch.randn(1, 3, 96, 96, generator=random) / 10
    mesh = torch.randn(1, 3, 4, 4, generator=random).repeat(1, 1, 24, 24) / 10
    mesh -= mesh.mean((2, 3), keepdim=True)

    def drawn(picture: torch.Tensor) -> torch.Tensor:
        return pixel_shuffle(Projection()(Notch()(pixel_unshuffle(picture, 4)), avg_pool2d(picture, 4)), 4)

    assert (drawn(shading + mesh) - shading).square().mean() < 0.02 * mesh.square().mean()
    assert torch.allclose(drawn(shading)[:, :, 16:-16, 16:-16], shading[:, :, 16:-16, 16:-16], atol=1e-3)
    assert drawn(grain).square().mean() > 0.8 * grain.square().mean()


def test_the_generator_is_consistent_at_any_size_and_before_any_training() -> None:
    generator = Generator(width=16, blocks=1, edge=16, finish=1)
    for height, width in ((16, 16), (22, 38)):
        lr = torch.rand(2, 3, height, width)
        hr = generator(lr, torch.randn(2, 8, height, width), frame_coordinates(lr))
        assert hr.shape == (2, 3, 4 * height, 4 * width)
        assert (avg_pool2d(hr, 4) - lr).abs().max() < 1e-5


def test_the_generator_hears_its_noise_and_its_place() -> None:
    generator = Generator(width=16, blocks=1, edge=16, finish=1)
    lr, noise = torch.rand(1, 3, 16, 16), torch.randn(1, 8, 16, 16)
    first = generator(lr, noise, frame_coordinates(lr))
    assert not torch.allclose(first, generator(lr, -noise, frame_coordinates(lr)), atol=1e-4)
    assert not torch.allclose(first, generator(lr, noise, -frame_coordinates(lr)), atol=1e-4)


def test_a_deeper_generator_begins_as_the_shallow_one_and_uses_what_it_has_more() -> None:
    shallow, deep = (Generator(width=16, blocks=2, edge=16, finish=1, deep=deep) for deep in (0, 2))
    deep.load_state_dict(adapt_weights(deep, shallow.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 12), torch.randn(1, 8, 16, 12)
    assert torch.equal(deep(lr, noise, frame_coordinates(lr)), shallow(lr, noise, frame_coordinates(lr)))
    assert deep.deep is not None
    with torch.no_grad():
        deep.deep[-2].weight += 0.1
    assert not torch.allclose(
        deep(lr, noise, frame_coordinates(lr)), shallow(lr, noise, frame_coordinates(lr)), atol=1e-4
    )


def test_a_longer_generator_begins_as_the_short_one() -> None:
    short, long = (
        Generator(width=16, blocks=2, edge=16, finish=1, deep=1),
        Generator(width=16, blocks=5, edge=16, finish=3, deep=1),
    )
    for weight in short.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    long.load_state_dict(adapt_weights(long, short.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 12), torch.randn(1, 8, 16, 12)
    assert torch.allclose(long(lr, noise, frame_coordinates(lr)), short(lr, noise, frame_coordinates(lr)), atol=1e-6)
    short.load_state_dict(adapt_weights(short, short.state_dict()))
    with pytest.raises(RuntimeError, match=r"trunk\.4"):
        short.load_state_dict(adapt_weights(short, long.state_dict()))


@pytest.mark.parametrize("framed", [True, False])
def test_a_generator_that_hears_noise_begins_nearly_as_the_deaf_one(framed: bool) -> None:
    deaf, hearing = (Generator(width=16, blocks=1, edge=16, finish=1, noise=n, framed=framed) for n in (0, 4))
    hearing.load_state_dict(adapt_weights(hearing, deaf.state_dict()))
    lr = torch.rand(1, 3, 16, 12)
    silent = hearing(lr, torch.zeros(1, 4, 16, 12), frame_coordinates(lr))
    assert torch.allclose(silent, deaf(lr, lr[:, :0], frame_coordinates(lr)), atol=1e-6)
    heard = hearing(lr, torch.randn(1, 4, 16, 12), frame_coordinates(lr))
    assert 0 < (heard - silent).abs().max() < 0.5


def test_a_generator_of_anything_begins_as_that_of_faces_in_the_middle_of_the_frame() -> None:
    faces = Generator(width=16, blocks=2, edge=16, finish=1, deep=2)
    anything = Generator(width=16, blocks=2, edge=16, finish=1, framed=False)
    anything.load_state_dict(adapt_weights(anything, faces.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 12), torch.randn(1, 8, 16, 12)
    assert torch.equal(anything(lr, noise, lr[:, :0]), faces(lr, noise, torch.zeros(1, 3, 16, 12)))


def test_a_generator_that_restores_begins_as_the_one_that_does_not_and_agrees_with_what_it_restored() -> None:
    plain, mending = (Generator(width=16, blocks=1, edge=16, finish=1, restores=restores) for restores in (False, True))
    mending.load_state_dict(adapt_weights(mending, plain.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 16), torch.randn(1, 8, 16, 16)
    notch, mending.notch = mending.notch, None
    assert torch.equal(mending(lr, noise, frame_coordinates(lr)), plain(lr, noise, frame_coordinates(lr)))
    mending.notch = notch
    assert mending.mend is not None
    with torch.no_grad():
        mending.mend.bias += 0.1
    small = avg_pool2d(mending(lr, noise, frame_coordinates(lr)), 4)
    assert torch.allclose(small, lr + 0.1, atol=1e-5)


def test_a_generator_of_twice_the_size_begins_as_what_that_of_four_times_draws_made_smaller() -> None:
    parts = {"width": 16, "blocks": 2, "edge": 16, "finish": 1}
    four, two = Generator(**parts), Generator(**parts, scale=2)
    for weight in four.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    two.load_state_dict(adapt_weights(two, four.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 12), torch.randn(1, 8, 16, 12)
    larger, large = (generator(lr, noise, frame_coordinates(lr)) for generator in (four, two))
    assert large.shape == (1, 3, 32, 24)
    assert (avg_pool2d(large, 2) - lr).abs().max() < 1e-5
    # All but alike: bilinear enlargement at either size differs a little.
    assert (avg_pool2d(larger, 2) - large).abs().mean() < 0.05 * large.std()
    again = Generator(**parts, scale=2)
    again.load_state_dict(adapt_weights(again, two.state_dict()))
    assert torch.equal(again(lr, noise, frame_coordinates(lr)), large)


@pytest.mark.parametrize("scale", [2, 4])
def test_the_discriminator_judges_every_patch(scale: int) -> None:
    lr = torch.rand(2, 3, 64 // scale, 64 // scale)
    judge = Discriminator((8, 8, 8, 8), scale)
    assert judge(torch.rand(2, 3, 64, 64), lr, frame_coordinates(lr)).shape == (2, 1, 4, 4)


def test_a_generator_that_is_given_the_bad_photo_begins_as_the_one_that_is_not() -> None:
    blind = Generator(width=16, blocks=1, edge=16, finish=1, noise=2, framed=False, restores=True, scale=2)
    seeing = Generator(
        width=16, blocks=1, edge=16, finish=1, noise=2, framed=False, restores=True, scale=2, sees_bad=True
    )
    seeing.load_state_dict(adapt_weights(seeing, blind.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 16), torch.randn(1, 2, 16, 16)
    bad = lr + 0.1 * torch.randn_like(lr)
    assert torch.allclose(seeing(lr, noise, lr, bad), blind(lr, noise, lr), atol=1e-6)
    torch.nn.init.normal_(seeing.head.weight)
    again = adapt_weights(seeing, seeing.state_dict())
    assert torch.equal(again["head.weight"], seeing.head.weight)
    assert not torch.equal(seeing(lr, noise, lr, bad), seeing(lr, noise, lr, lr))


def test_the_discriminator_is_told_how_much_was_taken_out() -> None:
    told = Discriminator(scale=2, sees_bad=True)
    hr, lr, place = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    calm, rough = (told(hr, lr, place, lr + amount) for amount in (0, 0.1))
    assert not torch.allclose(calm, rough)


def test_place_spans_the_frame() -> None:
    planes = frame_coordinates(torch.zeros(1, 3, 32, 32))[0]
    assert planes[0, 0].tolist() == pytest.approx([(n + 0.5) / 16 - 1 for n in range(32)])
    assert torch.equal(planes[1], planes[0].T)
    assert planes[2].unique().tolist() == [0.0]


@pytest.mark.parametrize("network", [SqueezeNet, VGG])
def test_the_perceptual_distance_grows_with_blur(network: Callable[[], SqueezeNet | VGG]) -> None:
    features = network()
    sharp = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    soft, softer = (avg_pool2d(sharp, n, 1, n // 2) for n in (3, 5))
    target = features(sharp)
    near, far = (float(feature_distance(features(x), target)) for x in (soft, softer))
    same = float(feature_distance(target, target))
    assert same < 1e-3
    assert same < near < far


def test_the_vgg_forgives_a_shift_by_a_pixel_more_than_the_squeezenet_does() -> None:
    picture = torch.rand(1, 3, 17, 17, generator=torch.Generator().manual_seed(0))
    picture = torch.nn.functional.interpolate(picture, size=(68, 68), mode="bicubic").clamp(0, 1)
    here, beside = picture[..., 2:-2, 2:-2], picture[..., 2:-2, 3:-1]
    soft = avg_pool2d(picture, 5, 1, 2)[..., 2:-2, 2:-2]
    shares = []
    for features in (SqueezeNet(), VGG()):
        target = features(here)
        shares.append(float(feature_distance(features(beside), target) / feature_distance(features(soft), target)))
    assert shares[1] < shares[0]


def test_shared_noise_is_its_mean_over_the_picture_and_starts_as_a_whisper() -> None:
    plain = Generator(width=16, blocks=3, edge=16, finish=1, noise=4)
    wide = Generator(width=16, blocks=3, edge=16, finish=1, noise=6, shared=2)
    wide.load_state_dict(adapt_weights(wide, plain.state_dict()))
    lr, noise = torch.rand(1, 3, 16, 12), torch.randn(1, 6, 16, 12)
    near = plain(lr, noise[:, :4], frame_coordinates(lr))
    assert 0 < (wide(lr, noise, frame_coordinates(lr)) - near).abs().max() < 0.5
    assert wide.modulation is not None
    with torch.no_grad():
        wide.head.weight[:, 3 + 4 : 3 + 6] = 0
        for block in wide.trunk:
            block.second.weight.normal_(std=0.1)  # type: ignore[operator, union-attr]
    turned = torch.cat([noise[:, :4], noise[:, 4:].flip(2, 3)], 1)
    assert torch.allclose(wide(lr, turned, frame_coordinates(lr)), wide(lr, noise, frame_coordinates(lr)), atol=1e-5)
    other = torch.cat([noise[:, :4], noise[:, 4:] + 1], 1)
    assert not torch.allclose(wide(lr, other, frame_coordinates(lr)), wide(lr, noise, frame_coordinates(lr)), atol=1e-4)
    far, farther = (torch.cat([noise[:, :4], length * torch.ones(1, 2, 16, 12)], 1) for length in (1, 2))
    assert torch.allclose(wide(lr, far, frame_coordinates(lr)), wide(lr, farther, frame_coordinates(lr)), atol=1e-5)
