"""Recipes of birds from captions; to make a variant, write a function that returns `replace(another(), ...)`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch

from enhance.tasks.imagine.data import Birds, Sampling, load_birds
from enhance.tasks.imagine.networks import Widths
from enhance.tasks.imagine.training import Imagination, LossWeights
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule


@dataclass(frozen=True)
class Recipe:
    """A training run, but for its data and its length.

    Attributes:
        name: the function's name, the file's name, the card's name and the value of `--model`.
    """

    task_name: ClassVar[str] = "imagine"

    name: str
    widths: Widths = field(default_factory=Widths)
    weights: LossWeights = field(default_factory=LossWeights)
    sampling: Sampling = field(default_factory=Sampling)
    schedule: Schedule = field(default_factory=Schedule)
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> Birds:
        return load_birds(folders, self.sampling, self.seed)

    def task(self, device: torch.device) -> Imagination:
        return Imagination(self.widths, self.weights, device=device, seed=self.seed)


def bird() -> Recipe:
    """A bird of 64 pixels from a caption: some 100 minutes of one core."""
    return Recipe("bird", schedule=Schedule(rate=3.5e-4, warm_up=50, cool_down=0.4, ema=0.999))


RECIPES = {recipe.__name__: recipe for recipe in (bird,)}


def from_fields(fields: Mapping[str, Any]) -> Recipe:
    """The recipe that a checkpoint carries, from its JSON."""
    return rebuild(Recipe, fields)
