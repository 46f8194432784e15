"""Recipes: each is a function of its own name that returns everything a training run needs to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch

from enhance.tasks.translate.data import AnimalCrops, AnimalViews, Crops, Views
from enhance.tasks.translate.networks import AnimalFinder, CoatPainter, Discriminator, Translator
from enhance.tasks.translate.training import Coating, Finding, FindingWeights, Patterning, TranslationWeights
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule
from enhance.train.task import Data, Task

_COLOURS = 3
"""Numbers that tell a coat: its mean colour."""


@dataclass(frozen=True)
class FindingRecipe:
    """A run that teaches where animals are.

    Attributes:
        width: see `networks.Finder`.
    """

    task_name: ClassVar[str] = "translate"
    name: str
    width: int = 128
    views: Views = field(default_factory=Views)
    weights: FindingWeights = field(default_factory=FindingWeights)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=3e-4, cool_down=0.5, ema=0.995))
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> Data:
        return AnimalViews(folders, self.views, self.seed)

    def task(self, device: torch.device) -> Task:
        torch.manual_seed(self.seed)
        return Finding(AnimalFinder(width=self.width).to(device), self.weights)


@dataclass(frozen=True)
class TranslationRecipe:
    """A run that teaches to redraw animals of one kind as another.

    Attributes:
        widths, blocks: see `networks.Translator`.
        judge: see `networks.Discriminator`.
        teacher: the network that makes pairs, if it is one that takes patterns away: the run begins with its weights.
    """

    task_name: ClassVar[str] = "translate"
    name: str
    widths: tuple[int, int, int, int] = (24, 64, 96, 160)
    blocks: tuple[int, int, int, int] = (0, 1, 2, 5)
    judge: int = 64
    teacher: str = ""
    crops: Crops = field(default_factory=Crops)
    weights: TranslationWeights = field(default_factory=TranslationWeights)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=4e-4, cool_down=0.3, ema=0.995))
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> Data:
        return AnimalCrops(folders, self.crops, self.seed)

    def task(self, device: torch.device) -> Task:
        torch.manual_seed(self.seed)
        translator = Translator(widths=self.widths, blocks=self.blocks).to(device)
        if not self.teacher:
            discriminator = Discriminator(self.judge).to(device)
            return Patterning(self.name, translator, discriminator, self.weights, device)
        painter = CoatPainter(Translator(widths=self.widths, blocks=self.blocks, coat=_COLOURS, hint=True)).to(device)
        discriminator = Discriminator(self.judge).to(device)
        return Coating(self.teacher, translator, self.name, painter, discriminator, self.weights, device)


Recipe = FindingRecipe | TranslationRecipe


def animals() -> FindingRecipe:
    """Where in a photo horses and zebras are."""
    return FindingRecipe(name="animals")


def zebra() -> TranslationRecipe:
    """Horses as zebras."""
    return TranslationRecipe(name="zebra", weights=TranslationWeights(texture=4.0, tone=30.0))


def horse() -> TranslationRecipe:
    """Zebras as horses, from a run of `zebra`, which makes its pairs."""
    weights = TranslationWeights(adversarial=0.8, texture=0.5, semantic=2.0, colour=2.0, pixel=3.0, grows=600, told=300)
    schedule = Schedule(rate=3e-4, warm_up=300, cool_down=0.3, ema=0.995)
    return TranslationRecipe(name="horse", teacher="zebra", crops=Crops(batch=6), weights=weights, schedule=schedule)


RECIPES = {recipe.__name__: recipe for recipe in (animals, zebra, horse)}


def from_fields(fields: Mapping[str, Any]) -> Recipe:
    """The recipe that a checkpoint carries."""
    return rebuild(FindingRecipe, fields) if "views" in fields else rebuild(TranslationRecipe, fields)
