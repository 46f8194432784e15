import pytest
import torch

from enhance.tasks.upscale.degradation import AreaReduction, SecondOrderDegradation
from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import Generator, frame_coordinates
from enhance.tasks.upscale.training import Diversity, LossWeights, SuperResolution

GENERATOR = Generator(width=16, blocks=1, edge=16, finish=1)


def found(weights: LossWeights, place: torch.Tensor) -> dict[str, float]:
    """What each loss is for pictures at those places."""
    count, _, height, width = place.shape
    hr = torch.rand(count, 3, 4 * height, 4 * width, generator=torch.Generator().manual_seed(0))
    batch = {"hr": hr, "lr": torch.nn.functional.avg_pool2d(hr, 4), "place": place}
    task = SuperResolution(GENERATOR, None, weights=weights, device=torch.device("cpu"))
    return {name: float(loss.detach()) for name, loss in task.losses("generator", batch, 0).items()}


def whole(size: int) -> torch.Tensor:
    return frame_coordinates(torch.zeros(1, 3, size, size))


def test_small_faces_have_their_own_diversity() -> None:
    part = torch.cat([whole(16)[:, :2] * 0.5, torch.ones(1, 1, 16, 16)], 1)
    places = torch.cat([whole(16), part])
    said = {
        small: found(LossWeights(diversity=0.8, diversity_small=small), places)["diversity"]
        for small in (0.0, 0.4, None)
    }
    assert said[None] < said[0.4] < said[0.0] < 0
    assert said[0.4] == pytest.approx((said[None] + said[0.0]) / 2, rel=1e-3)


def test_whose_face_a_large_one_is_counts_by_itself() -> None:
    alike, more = LossWeights(identity=1.0), LossWeights(identity=1.0, identity_large=3.0)
    assert found(more, whole(32)) == found(alike, whole(32))
    assert found(alike, whole(32))["identity"] > 0.01
    assert found(more, whole(64))["identity"] == pytest.approx(3 * found(alike, whole(64))["identity"])


def test_whose_face_it_is_may_count_for_large_ones_alone() -> None:
    only = LossWeights(identity_large=3.0)
    assert found(only, whole(64))["identity"] > 0.01
    assert found(only, whole(32))["identity"] == 0


def test_diversity_grows_where_samples_are_too_near_each_other_and_shrinks_where_too_far() -> None:
    diversity = Diversity(["pixel"])
    sizes = torch.tensor([0, 0, 5])
    diversity.adapt("pixel", sizes, to_truth=torch.tensor([1.0, 1.0, 1.0]), between=torch.tensor([0.2, 0.4, 1.5]))
    small, middle, *_, large = diversity.weights["pixel"].tolist()
    assert small > Diversity.FIRST
    assert middle == Diversity.FIRST
    assert large < Diversity.FIRST
    assert diversity.of("pixel", sizes).tolist() == [small, small, large]


def test_adapted_diversity_is_part_of_what_a_run_resumes_from() -> None:
    weights = LossWeights(diversity=1.0, adaptive=True)
    batch = {"hr": torch.rand(2, 3, 64, 64), "lr": torch.rand(2, 3, 16, 16), "place": whole(16).repeat(2, 1, 1, 1)}
    task, again = (SuperResolution(GENERATOR, None, weights=weights, device=torch.device("cpu")) for _ in range(2))
    task.losses("generator", batch, 0)
    assert task.diversity is not None
    assert [weight != Diversity.FIRST for weight in task.diversity.weights["pixel"].tolist()] == [
        half_octaves == 1 for half_octaves in range(Diversity.SIZES)
    ]  # of faces of 16 pixels, the second half octave
    again.load_state_dict(task.state_dict())
    assert again.diversity is not None
    assert torch.equal(again.diversity.weights["pixel"], task.diversity.weights["pixel"])


def test_a_discriminator_of_features_learns_what_the_generator_is_to_do() -> None:
    weights = LossWeights(perceptual=1.0, adversarial=0.1, features_adversarial=0.1, diversity=1.0)
    task = SuperResolution(GENERATOR, Discriminator(), weights=weights, device=torch.device("cpu"))
    random = torch.Generator().manual_seed(0)
    hr = torch.rand(2, 3, 64, 64, generator=random)
    batch = {"hr": hr, "lr": torch.nn.functional.avg_pool2d(hr, 4), "place": whole(16).repeat(2, 1, 1, 1)}
    judge = task.groups["discriminator"].networks["feature_discriminator"]
    learning = torch.optim.Adam(judge.parameters(), 1e-2)
    said = []
    for step in range(12):
        drawing = task.losses("generator", batch, step)
        loss = task.losses("discriminator", batch, step)["feature_discrimination"]
        learning.zero_grad()
        loss.backward()
        learning.step()
        said.append((float(drawing["features"].detach()), float(loss.detach())))
    assert said[-1][1] < 0.8 * said[0][1]  # it tells the two apart,
    assert said[-1][0] > said[0][0]  # and the generator hears of it
    assert all(parameter.requires_grad for parameter in judge.parameters())


def test_what_discriminators_say_grows_to_its_weight() -> None:
    weights = LossWeights(adversarial=0.1, adversarial_grows=10)
    task = SuperResolution(GENERATOR, Discriminator(), weights=weights, device=torch.device("cpu"))
    batch = {"hr": torch.rand(1, 3, 64, 64), "lr": torch.rand(1, 3, 16, 16), "place": whole(16)}
    said = [task.losses("generator", batch, step)["adversarial"].detach() for step in (0, 4, 9, 50)]
    first, half, full, later = map(float, said)
    assert [first / full, half / full, later / full] == pytest.approx([0.1, 0.5, 1.0], rel=0.2)


def test_a_discriminator_of_features_does_not_come_alone() -> None:
    weights = LossWeights(perceptual=1.0, features_adversarial=0.1)
    with pytest.raises(ValueError, match="comes with one of pixels"):
        SuperResolution(GENERATOR, None, weights=weights, device=torch.device("cpu"))


def test_no_loss_makes_the_small_picture_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hr = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    lr = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))  # of another picture: no loss can make it
    batch = {"hr": hr, "lr": lr, "place": whole(16).expand(2, -1, -1, -1)}
    seen: list[torch.Tensor] = []
    judge = Discriminator((8, 8, 8, 8))
    generator = Generator(width=16, blocks=1, edge=16, finish=1)
    generator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    judge.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    for degradation in (AreaReduction, SecondOrderDegradation):
        monkeypatch.setattr(degradation, "__call__", lambda *_: pytest.fail("a batch was degraded a second time"))
    task = SuperResolution(generator, judge, weights=LossWeights(adversarial=1.0), device=torch.device("cpu"))
    for group in task.groups:
        task.losses(group, batch, 1)
    assert len(seen) >= 4
    assert all(torch.equal(part, lr) for given in seen for part in given.split(2))


def test_more_fine_detail_than_the_original_has_counts_and_less_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    soft, rough = torch.full((1, 3, 64, 64), 0.5), torch.rand(1, 3, 64, 64)
    task = SuperResolution(GENERATOR, None, weights=LossWeights(excess=2.0), device=torch.device("cpu"))
    said = {}
    for name, hr, drawn in (("strokes", soft, rough), ("nothing", rough, soft)):
        monkeypatch.setattr(task, "generator", Drawing(drawn))
        batch = {"hr": hr, "lr": torch.nn.functional.avg_pool2d(hr, 4), "place": whole(16)}
        said[name] = float(task.losses("generator", batch, 0)["excess"])
    assert said["nothing"] == 0
    assert said["strokes"] > 0.1


class Drawing(torch.nn.Module):
    """A generator that draws always the same."""

    def __init__(self, drawn: torch.Tensor) -> None:
        super().__init__()
        self.noise, self.drawn = 0, drawn

    def forward(self, *_: torch.Tensor) -> torch.Tensor:
        return self.drawn
