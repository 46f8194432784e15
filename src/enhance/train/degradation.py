"""How a large picture became a small one. A degradation is a value; two stages are two values."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Degradation(Protocol):
    """hr (N,3,H,W) in [0,1] to lr (N,3,H/4,W/4) in [0,1]."""

    def __call__(self, hr: Tensor, generator: torch.Generator) -> Tensor: ...


@dataclass(frozen=True)
class Box:
    """The mean of every block of `scale` x `scale` pixels: the operator that the whole project means by downscaling."""

    scale: int = 4

    def __call__(self, hr: Tensor, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        return functional.avg_pool2d(hr, self.scale)
