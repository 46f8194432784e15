"""What the engine asks of a task: networks in groups, losses for each group, and a few answers about them.

A task is a class of its own folder under `enhance.tasks`; the engine in `enhance.train` imports none of them. A
recipe, which the command line passes in, brings the task and its data along.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from enhance.train.schedule import Schedule

Batch = Mapping[str, Tensor]
"""Named tensors of one step; in every one the examples come first. Made on the CPU, moved to the device by the
trainer."""


class Group(NamedTuple):
    """Networks that are stepped together, by one optimiser.

    Attributes:
        networks: by name; their weights are saved and exported under these names.
        betas: of Adam.
        averaged: whether a running average of weights and buffers is kept. It validates, shows samples and is exported.
        speed: learning rate as a multiple of the recipe's.
    """

    networks: nn.ModuleDict
    betas: tuple[float, float]
    averaged: bool = False
    speed: float = 1.0


Inputs = Mapping[str, Tensor]
"""Named inputs of a network that is exported, in the order of its arguments."""


Calibration = Callable[[Sequence[Path]], Iterator[Inputs]]
"""Folders of files to inputs such as an exported network will get, to choose its 8-bit steps by."""


@dataclass(frozen=True)
class Exported:
    """A network as it is exported.

    Attributes:
        module: in evaluation mode; called with the inputs in their order, returns one tensor or one for each output.
        examples: inputs of several sizes: the graph is traced with the first and compared with the module on all.
        outputs: their names.
        axes: which axes of inputs and outputs may have any length: name -> axis -> name of the length.
        facts: what the file says of itself beside what the engine knows; see `enhance.inference.facts`.
        calibration: where 8 bits are possible.
        floats: beginnings of the names of graph nodes that stay in floats in an 8-bit file.
    """

    module: nn.Module
    examples: Sequence[Inputs]
    outputs: tuple[str, ...]
    axes: Mapping[str, Mapping[int, str]]
    facts: Mapping[str, str] = field(default_factory=dict)
    calibration: Calibration | None = None
    floats: tuple[str, ...] = ()


class Task(Protocol):
    """Networks, and how to teach them.

    In every step the engine asks for the losses of each group in the order of `groups`, and steps its networks. In
    `samples`, `validate` and `export` averaged networks hold their averages.
    """

    @property
    def groups(self) -> Mapping[str, Group]: ...

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Named losses of a group, already weighted: the engine adds them up. Random numbers are drawn from `step`."""
        ...

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        """Column title -> pictures (N,3,H,W) in [0,1]: what a progress sheet shows of held-out examples."""
        ...

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Measure on held-out batches. The best checkpoint has the least `score`."""
        ...

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        """Why a run whose mean losses are these has gone wrong for good; None if it has not."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Whatever else an exact resume needs: tensors, numbers, strings, and lists and dicts of them."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...

    def adapt(self, name: str, weights: Mapping[str, Mapping[str, Tensor]]) -> Mapping[str, Tensor] | None:
        """What the network `name` begins with, of the weights of a run's networks by their names: its own, or those of
        one that may have other parts. None: it stays fresh."""
        ...

    def export(self) -> Mapping[str, Exported]:
        """Name of the file, without its ending -> network. The first is the one to use."""
        ...


class Stateless:
    """A base for tasks that keep nothing beside their networks, and whose weights fit no other network."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass

    def adapt(self, name: str, weights: Mapping[str, Mapping[str, Tensor]]) -> Mapping[str, Tensor] | None:
        return weights.get(name)


class Data(Protocol):
    """Where batches come from."""

    @property
    def digest(self) -> str:
        """Name the list of files: a sha256 in hexadecimal."""
        ...

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """The same for the same arguments, so that a resumed run goes on where it stopped. What is drawn at random
        comes from them; degradation is part of it, so that it happens once."""
        ...

    def held_out(self) -> Sequence[Batch]:
        """Batches to validate by and to show: examples that are never trained on."""
        ...


class Recipe(Protocol):
    """Everything a run needs but its data and its length: a frozen dataclass of frozen dataclasses."""

    task_name: ClassVar[str]
    """The folder of the task under `enhance.tasks`."""

    @property
    def name(self) -> str:
        """The function that returns it, the file of the weights, the card, and the value of `--model`."""
        ...

    @property
    def schedule(self) -> Schedule: ...

    @property
    def seed(self) -> int: ...

    def data(self, folders: Sequence[Path]) -> Data:
        """Read folders.

        Raises:
            DataError: a folder cannot be used.
        """
        ...

    def task(self, device: torch.device) -> Task:
        """Networks with fresh weights on the device, and their losses."""
        ...
