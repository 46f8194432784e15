"""What the loop asks of a task: networks, and two methods that return tensors."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor, nn

from enhance.tasks.upscale.data import Batch

Losses = Mapping[str, Tensor]


class Task(Protocol):
    """A generator, perhaps a discriminator, and the losses of each, already weighted; the loop adds them up."""

    @property
    def generator(self) -> nn.Module: ...

    @property
    def discriminator(self) -> nn.Module | None: ...

    def generator_losses(self, batch: Batch) -> tuple[Losses, Tensor]:
        """Losses of the generator, and what it made, detached, for the discriminator to see."""
        ...

    def discriminator_losses(self, batch: Batch, made: Tensor) -> Losses:
        """Losses of the discriminator on photographs and on what the generator made."""
        ...

    def answer(self, generator: nn.Module, hr: Tensor) -> tuple[Tensor, Tensor]:
        """Whole frames hr (N,3,H,W) through the task: (what the generator is given, what it answers)."""
        ...

    def judge(self, generator: nn.Module, hr: Tensor) -> dict[str, float]:
        """Measures on held-out frames; the key `score` is what the best checkpoint has least of."""
        ...
