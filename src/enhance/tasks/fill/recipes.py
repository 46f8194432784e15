"""Recipes: each is a function of its own name that returns everything a training run needs to know.

To make a variant, write a function that returns `replace(another(), ...)`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch

from enhance.tasks.fill import training
from enhance.tasks.fill.data import Sizes, opened
from enhance.tasks.fill.masks import Holes
from enhance.tasks.fill.training import Filling, LossWeights
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule
from enhance.train.task import Data


@dataclass(frozen=True)
class Recipe:
    """A training run, but for its data and its length.

    Attributes:
        name: the function's name, the file's name, the card's name and the value of `--model`.
        framed: whether it learns faces in their frame; else crops of any photos.
        widths, dilations, noise: see `networks.Completion`.
        discriminator: its channels, see `networks.Discriminator`.
        weights: what each loss counts.
        sizes: how many pictures of which size a step has.
        holes: how often each kind of hole is drawn.
        copied: of how many crops holes are filled with patches, which it learns to mend; 0 if it learns to draw.
    """

    task_name: ClassVar[str] = "fill"

    name: str
    framed: bool
    sizes: Sizes
    holes: Holes = field(default_factory=Holes)
    copied: int = 0
    weights: LossWeights = field(default_factory=LossWeights)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=5e-4))
    widths: tuple[int, int, int, int] = (32, 48, 96, 144)
    dilations: tuple[int, ...] = (1, 2, 4, 2, 1)
    discriminator: tuple[int, int, int, int] = (32, 64, 128, 192)
    noise: int = 8
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> Data:
        """Read folders.

        Raises:
            DataError: a folder cannot be used.
        """
        return opened(
            folders,
            framed=self.framed,
            copied=self.copied,
            sizes=self.sizes,
            holes=self.holes,
            seed=self.seed,
            note=print,
        )

    def task(self, device: torch.device) -> Filling:
        """Networks with fresh weights on the device, and their losses."""
        return training.fresh(
            framed=self.framed,
            weights=self.weights,
            widths=self.widths,
            dilations=self.dilations,
            discriminator=self.discriminator,
            noise=self.noise,
            mends=self.copied > 0,
            name=self.name,
            seed=self.seed,
            device=device,
        )


def face_fill_pixel() -> Recipe:
    """Faces in their frame, by pixel and feature losses: the first stage, before `face_fill`."""
    sizes = Sizes(((64, 20, 0.45), (128, 6, 0.4), (96, 10, 0.15)))
    return Recipe("face_fill_pixel", framed=True, sizes=sizes, weights=LossWeights(pixel=2.0, perceptual=0.5))


def face_fill() -> Recipe:
    """The same against a discriminator, from the weights of `face_fill_pixel`, a third of the holes filled twice.

    Halves are the hardest, and are drawn most often.
    """
    sizes = Sizes(((64, 12, 0.25), (128, 5, 0.65), (96, 8, 0.1)))
    weights = LossWeights(pixel=1.0, perceptual=0.5, adversarial=0.3, features_adversarial=0.3, diversity=0.3)
    holes = Holes(strokes=0.25, boxes=0.15, halves=0.4, centres=0.2)
    schedule = Schedule(rate=3e-4, ema=0.998)
    return replace(face_fill_pixel(), name="face_fill", sizes=sizes, holes=holes, weights=weights, schedule=schedule)


def photo_fill_pixel() -> Recipe:
    """Any crop of any photo, by pixels and features."""
    sizes = Sizes(((128, 6, 0.85), (256, 2, 0.15)), drafts=0.25)
    holes = Holes(strokes=0.45, boxes=0.35, halves=0.1, centres=0.1)
    return replace(face_fill_pixel(), name="photo_fill_pixel", framed=False, sizes=sizes, holes=holes)


def photo_fill() -> Recipe:
    """The same against a discriminator, from the weights of `photo_fill_pixel`."""
    sizes = Sizes(((128, 4, 0.85), (256, 2, 0.15)), drafts=0.25)
    weights = LossWeights(pixel=1.0, perceptual=0.5, adversarial=0.2, diversity=0.3)
    return replace(
        photo_fill_pixel(), name="photo_fill", sizes=sizes, weights=weights, schedule=Schedule(rate=3e-4, ema=0.998)
    )


def photo_mend() -> Recipe:
    """Holes that were filled with copied patches, mended; from a run of `photo_fill`."""
    return replace(
        photo_fill(),
        name="photo_mend",
        sizes=Sizes(((128, 6, 0.9), (256, 2, 0.1))),
        holes=Holes(strokes=0.55, boxes=0.35, halves=0.05, centres=0.05),
        copied=3000,
        weights=LossWeights(pixel=0.7, perceptual=1.5, adversarial=0.1, features_adversarial=0.1, gentle=0.8),
    )


RECIPES = {recipe.__name__: recipe for recipe in (face_fill_pixel, face_fill, photo_fill_pixel, photo_fill, photo_mend)}


def from_fields(fields: Mapping[str, Any]) -> Recipe:
    """The recipe that a checkpoint carries."""
    return rebuild(Recipe, fields)
