"""The whole of training in one step: losses, gradients, optimisers and running averages of a task's groups."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from enhance.errors import TrainingError
from enhance.train import checkpoint, distributed
from enhance.train.schedule import Schedule
from enhance.train.task import Batch, Task


class Trainer:
    """A task with an optimiser for each of its groups and running averages of those that want them."""

    def __init__(self, task: Task, schedule: Schedule, device: torch.device) -> None:
        self.task = task
        self.schedule = schedule
        self.device = device
        self.optimisers: dict[str, torch.optim.Adam] = {}
        self.averages: dict[str, nn.ModuleDict] = {}
        for name, group in task.groups.items():
            group.networks.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            parameters = group.networks.parameters()
            self.optimisers[name] = torch.optim.Adam(parameters, schedule.rate, betas=group.betas)
            if group.averaged:
                self.averages[name] = copy.deepcopy(group.networks).requires_grad_(False)

    def step(self, batch: Batch, step: int, spent: float = 0.0) -> dict[str, Tensor]:
        """Step every group once on one batch.

        Args:
            step: the number of the step.
            spent: the part of the run that is over, 0 to 1.

        Returns:
            The losses, weighted, without gradients.

        Raises:
            TrainingError: a loss is not a number. The networks are then as they were before this group's step.
        """
        batch = {name: value.to(self.device) for name, value in batch.items()}
        terms: dict[str, Tensor] = {}
        for name, group in self.task.groups.items():
            rate = group.speed * self.schedule.learning_rate(step, spent)
            terms |= self._step_group(name, batch, step, rate)
        self._average(step)
        return terms

    def _step_group(self, name: str, batch: Batch, step: int, rate: float) -> dict[str, Tensor]:
        optimiser = self.optimisers[name]
        for parameters in optimiser.param_groups:
            parameters["lr"] = rate
        with autocast(self.device):
            losses = self.task.losses(name, batch, step)
        optimiser.zero_grad(set_to_none=True)
        torch.stack([loss.float() for loss in losses.values()]).sum().backward()
        averaged = distributed.average(self.task.groups[name].networks.parameters(), losses)
        if bad := ", ".join(name for name, loss in averaged.items() if not torch.isfinite(loss)):
            raise TrainingError(f"the loss is no longer a number ({bad}) at step {step}; lower the recipe's rate")
        nn.utils.clip_grad_norm_(self.task.groups[name].networks.parameters(), self.schedule.clip)
        optimiser.step()
        return {name: loss.detach() for name, loss in averaged.items()}

    @torch.no_grad()
    def _average(self, step: int) -> None:
        share = 1 - self.schedule.decay(step)
        for name, average in self.averages.items():
            networks = self.task.groups[name].networks
            for mean, now in zip(average.parameters(), networks.parameters(), strict=True):
                mean.lerp_(now, share)
            # Buffers are taken as they are: those of batch norm are running means already.
            for kept, buffer in zip(average.buffers(), networks.buffers(), strict=True):
                kept.copy_(buffer)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Let averaged networks hold their averages, in evaluation mode and without gradients, and give them back."""
        current = {name: copy.deepcopy(self.task.groups[name].networks.state_dict()) for name in self.averages}
        for name, average in self.averages.items():
            self.task.groups[name].networks.load_state_dict(average.state_dict())
        for group in self.task.groups.values():
            group.networks.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            for name, weights in current.items():
                self.task.groups[name].networks.load_state_dict(weights)
            for group in self.task.groups.values():
                group.networks.train()

    def finite(self) -> bool:
        """Whether all weights are still numbers."""
        weights = (value for group in self.task.groups.values() for value in group.networks.parameters())
        return all(bool(torch.isfinite(value).all()) for value in weights)

    def state(self) -> dict[str, Any]:
        """Everything that an exact resume needs, as tensors, numbers, lists and dicts."""
        return {
            "networks": {name: group.networks.state_dict() for name, group in self.task.groups.items()},
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "averages": self.averages_state(),
            "task": self.task.state_dict(),
        }

    def averages_state(self) -> dict[str, Any]:
        """The running averages alone."""
        return {name: average.state_dict() for name, average in self.averages.items()}

    def restore(self, state: Mapping[str, Any], source: Path) -> None:
        """Go on from a `state`.

        Raises:
            TrainingError: it is that of another recipe.
        """
        groups = self.task.groups
        if state["networks"].keys() != groups.keys() or state["averages"].keys() != self.averages.keys():
            raise TrainingError(f"{source}: this run is of another recipe")
        for name, group in groups.items():
            checkpoint.load_weights(group.networks, state["networks"][name], source)
            self.optimisers[name].load_state_dict(state["optimisers"][name])
        for name, average in self.averages.items():
            checkpoint.load_weights(average, state["averages"][name], source)
        self.task.load_state_dict(state["task"])

    def begin_from(self, weights: Mapping[str, Mapping[str, Tensor]], source: Path) -> None:
        """Begin with the weights of networks by their names; those that are not among them stay fresh.

        Raises:
            TrainingError: they do not fit, or none of them is of a network that is averaged: a discriminator alone is
                no beginning.
        """
        known = False
        networks = {name: network for group in self.task.groups.values() for name, network in group.networks.items()}
        weights = _named(weights, networks)
        for group_name, group in self.task.groups.items():
            for name, network in group.networks.items():
                adapted = self.task.adapt(name, weights)
                if adapted is None:
                    continue
                known = known or group.averaged or not self.averages
                checkpoint.load_weights(network, adapted, source)
                if group_name in self.averages:
                    checkpoint.load_weights(self.averages[group_name][name], adapted, source)
        if not known:
            raise TrainingError(f"{source}: has no weights that this recipe can begin with; name a run or a model")


def autocast(device: torch.device) -> torch.autocast:
    """bf16 where the processor multiplies it in hardware, float32 elsewhere."""
    able = device.type == "cuda" or bool(torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


def _named(
    weights: Mapping[str, Mapping[str, Tensor]], networks: Mapping[str, nn.Module]
) -> Mapping[str, Mapping[str, Tensor]]:
    """Weights by the names of networks. A file of one network knows only its layers, or has another name for the whole:
    then it is the network that has the same layers."""
    if weights.keys() & networks.keys():
        return weights
    layers = {f"{part}.{key}": value for part, state in weights.items() for key, value in state.items()}
    for name, network in networks.items():
        wanted, buffers = network.state_dict().keys(), dict(network.named_buffers())
        for state in (layers, *weights.values()):
            # What was not learnt need not be in a file.
            if {*state, *buffers} == wanted:
                return {name: {**buffers, **state}}
    return weights
