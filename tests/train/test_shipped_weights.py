"""Training may go on from every file of weights that is shipped."""

from pathlib import Path

import pytest
import torch

from enhance import tasks
from enhance.errors import TrainingError
from enhance.inference import shipped
from enhance.train import checkpoint, run


@pytest.mark.parametrize("name", [name for name in shipped.names() if name != "horse"])
def test_a_run_begins_from_the_shipped_weights_of_its_recipe(name: str) -> None:
    file = shipped.weights_of(name)
    trainer = run.trainer_of(tasks.recipe_named(name))
    (group,) = [group for group in trainer.task.groups.values() if group.averaged]
    learnt = {key: value for key, value in group.networks.named_parameters() if value.requires_grad}
    before = {key: value.detach().clone() for key, value in learnt.items()}
    trainer.begin_from(checkpoint.initial_weights(file).networks, file)
    unchanged = [key for key, value in learnt.items() if torch.equal(before[key], value)]
    assert not unchanged


def test_horses_need_the_network_that_draws_their_pairs(tmp_path: Path) -> None:
    trainer = run.trainer_of(tasks.recipe_named("horse"))
    weights = checkpoint.initial_weights(shipped.weights_of("horse")).networks
    with pytest.raises(TrainingError, match="no weights that this recipe can begin with"):
        trainer.begin_from(weights, tmp_path)
