"""Recipes: each is a function of its own name that returns everything a training run needs to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch

from enhance.tasks.sketch.data import DrawnHeads, Sampling, load_pictures
from enhance.tasks.sketch.networks import Discriminator, Generator
from enhance.tasks.sketch.training import LossWeights, Sketch
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule


@dataclass(frozen=True)
class Shape:
    """Channels of the networks at several resolutions: see `networks.Generator` and `networks.Discriminator`."""

    generator: tuple[int, int, int, int] = (32, 64, 128, 144)
    discriminator: tuple[int, int, int, int] = (32, 80, 128, 160)


@dataclass(frozen=True)
class Recipe:
    """A run that teaches a network to follow drawings.

    Attributes:
        name: the function's name, the file's name and the card's name.
        landmarked: whether the photographs are heads of cats, so that doodles can be made of them.
    """

    task_name: ClassVar[str] = "sketch"

    name: str
    landmarked: bool = True
    shape: Shape = field(default_factory=Shape)
    sampling: Sampling = field(default_factory=Sampling)
    weights: LossWeights = field(default_factory=LossWeights)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=3e-4, ema=0.998))
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> DrawnHeads:
        """Read folders of photographs, and make drawings of them.

        Raises:
            DataError: a folder cannot be used.
        """
        return load_pictures(folders, self.sampling, landmarked=self.landmarked, seed=self.seed)

    def task(self, device: torch.device) -> Sketch:
        """The networks and losses, with fresh weights."""
        generator, discriminator = Generator(self.shape.generator), Discriminator(self.shape.discriminator)
        return Sketch(generator, discriminator, weights=self.weights, seed=self.seed, device=device)


def sketch_cat() -> Recipe:
    """Heads of cats."""
    return Recipe(name="sketch_cat")


def sketch() -> Recipe:
    """Anything that is in the middle of its photographs, by its outline and its edges."""
    return replace(sketch_cat(), name="sketch", landmarked=False)


RECIPES = {recipe.__name__: recipe for recipe in (sketch_cat, sketch)}


def from_fields(fields: Mapping[str, Any]) -> Recipe:
    """The recipe that a checkpoint or a model carries."""
    return rebuild(Recipe, fields)
