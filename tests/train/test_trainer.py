from pathlib import Path

import pytest
import torch

from enhance.errors import TrainingError
from enhance.train import checkpoint, run
from enhance.train.schedule import Schedule
from enhance.train.task import Batch
from enhance.train.trainer import Trainer

from .toy import SIDE, ToyRecipe


@pytest.fixture
def trainer() -> Trainer:
    return run.trainer_of(ToyRecipe())


@pytest.fixture
def batch() -> Batch:
    random = torch.Generator().manual_seed(0)
    return {kind: torch.rand(4, 3, SIDE, SIDE, generator=random) for kind in ("a", "b")}


def weights(trainer: Trainer, group: str) -> torch.Tensor:
    """All that a group has learnt."""
    return torch.cat([value.detach().flatten() for value in trainer.task.groups[group].networks.parameters()])


def test_a_loss_that_is_no_number_is_named_and_teaches_nothing(trainer: Trainer, batch: Batch) -> None:
    before = weights(trainer, "generators")
    poisoned = {**batch, "b": batch["b"] * float("nan")}
    with pytest.raises(TrainingError, match=r"no longer a number \(.*cycle_b.*\) at step 7; lower the recipe's rate"):
        trainer.step(poisoned, 7)
    assert torch.equal(weights(trainer, "generators"), before)
    assert trainer.finite()
    with torch.no_grad():
        trainer.task.groups["discriminators"].networks["a"][0].bias[0] = float("inf")
    assert not trainer.finite()


def test_every_group_learns_at_its_own_speed(trainer: Trainer, batch: Batch) -> None:
    before = {group: weights(trainer, group) for group in trainer.task.groups}
    losses = trainer.step(batch, 1)
    assert next(iter(losses)).startswith("adversarial")
    assert list(losses)[-1].startswith("discrimination")
    assert not any(loss.requires_grad for loss in losses.values())
    for group, old in before.items():
        assert not torch.equal(weights(trainer, group), old)
    rates = [optimiser.param_groups[0]["lr"] for optimiser in trainer.optimisers.values()]
    assert rates == pytest.approx([2e-3 * 2 / 5, 0.5 * 2e-3 * 2 / 5])


def test_a_gradient_is_no_longer_than_it_may_be(batch: Batch) -> None:
    trainer = run.trainer_of(ToyRecipe(schedule=Schedule(clip=1e-3)))
    trainer.step(batch, 0)
    for group in trainer.task.groups.values():
        length = torch.cat([value.grad.flatten() for value in group.networks.parameters() if value.grad is not None])
        assert 0.9e-3 < float(length.norm()) < 1.01e-3


def test_networks_hold_their_averages_for_a_while(trainer: Trainer, batch: Batch) -> None:
    for step in range(3):
        trainer.step(batch, step)
    current, networks = weights(trainer, "generators"), trainer.task.groups["generators"].networks
    average = torch.cat([value.flatten() for value in trainer.averages["generators"].parameters()])

    def look() -> None:
        with trainer.averaged():
            assert torch.equal(weights(trainer, "generators"), average)
            assert not networks.training
            assert not networks["ab"](batch["a"]).requires_grad
            raise KeyError

    with pytest.raises(KeyError):
        look()
    assert not torch.equal(current, average)
    assert torch.equal(weights(trainer, "generators"), current)
    assert networks.training
    assert networks["ab"](batch["a"]).requires_grad


def test_the_state_of_another_recipe_is_refused(trainer: Trainer) -> None:
    state = trainer.state()
    missing = {**state, "networks": {"generators": state["networks"]["generators"]}}
    with pytest.raises(TrainingError, match=r"run: this run is of another recipe"):
        trainer.restore(missing, Path("run"))


def test_networks_begin_with_weights_of_their_name_and_the_averages_do_too(trainer: Trainer) -> None:
    other = run.trainer_of(ToyRecipe(seed=1))
    networks = other.task.groups["generators"].networks
    fresh = trainer.task.groups["generators"].networks["ba"].state_dict()["0.weight"].clone()
    trainer.begin_from({"ab": networks["ab"].state_dict(), "unknown": {}}, Path("run"))
    for group in (trainer.task.groups["generators"].networks, trainer.averages["generators"]):
        assert torch.equal(group["ab"][0].weight, networks["ab"][0].weight)
        assert torch.equal(group["ba"][0].weight, fresh)


def test_a_run_does_not_begin_from_discriminators_alone(trainer: Trainer) -> None:
    judges = trainer.task.groups["discriminators"].networks
    with pytest.raises(TrainingError, match="no weights that this recipe can begin with"):
        trainer.begin_from({name: judge.state_dict() for name, judge in judges.items()}, Path("run"))
    with pytest.raises(TrainingError, match="another shape"):
        checkpoint.load_weights(judges["a"], trainer.task.groups["generators"].networks["ab"].state_dict(), Path("run"))
