"""How a network learns to measure what is wrong with photos: pictures made bad by known amounts, and their statistics.

It is given statistics of the pixels, not the pixels (see `photos.statistics`), so a picture counts for as little as the
time to make it bad: a set of them is made once, when training begins, and gone through many times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from enhance.painting.restoration import UNITS
from enhance.photos import statistics
from enhance.pixels import eight_bit, to_float, without_colours
from enhance.progress import Bar
from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.tasks.upscale.networks.restorer import DEFECTS, DefectEstimator
from enhance.tasks.upscale.photo_data import PhotoDataset, Uint8Pixels
from enhance.tasks.upscale.photo_data import Sampling as Photos
from enhance.train.schedule import Schedule
from enhance.train.task import Batch, Exported, Group, Stateless

Draw = Callable[[np.random.Generator], Uint8Pixels]

EXACT = 0.02
"""Errors of roots below which the loss is that of squares; above, what is learnt is the median: what is as likely fine
texture as noise is taken for texture."""
BLUR = 2.0
"""How much blur counts, which is learnt by its mean: most photos have none, and their median would always be none."""


@dataclass(frozen=True)
class Sampling:
    """What is measured.

    Attributes:
        batch: pictures a step.
        examples: pictures that are made bad in all.
        held_out: and so many of photographs that are held out.
        least_side, most_side: their sides in pixels; small ones are as frequent as large ones.
        bad: what happens to them.
        portraits: how often one is of a folder of small pictures (faces, animals).
        reduced: how often a photograph is made smaller first, by 1.5 at least, for few are as clean as they should be.
        grey: how often one has no colours.
    """

    batch: int = 256
    examples: int = 20_000
    held_out: int = 800
    least_side: int = 14
    most_side: int = 288
    bad: BadPhoto = field(default_factory=lambda: BadPhoto(clean=0.08, mildness=1.1, blurred=0.1))
    portraits: float = 0.35
    reduced: float = 0.75
    grey: float = 0.08


@dataclass(frozen=True)
class MeasuringRecipe:
    """A training run of the network that measures, but for its data and its length."""

    task_name: ClassVar[str] = "upscale"

    name: str
    width: int = 256
    dropout: float = 0.15
    sampling: Sampling = field(default_factory=Sampling)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=1.5e-3, cool_down=0.6, ema=0.998))
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> "MeasuredPhotos":
        """Read folders of photographs, and make pictures of them bad, which takes minutes.

        Raises:
            DataError: a folder cannot be used.
        """
        return MeasuredPhotos(folders, self.sampling, self.seed)

    def task(self, device: torch.device) -> "Measuring":  # noqa: ARG002
        """The network and its loss, with fresh weights."""
        return Measuring(self)


class MeasuredPhotos:
    """Statistics of pictures that were made bad, and by how much they were (see `enhance.train.task.Data`).

    Raises:
        DataError: a folder or picture cannot be used.
    """

    def __init__(self, paths: Sequence[Path], sampling: Sampling, seed: int = 0) -> None:
        self.sampling = sampling
        self.seed = seed
        self.photos = PhotoDataset(paths, replace(Photos(), side=sampling.least_side), seed)
        self.digest = self.photos.digest
        with Bar("pictures made bad") as bar:
            self.training = self._bad_versions(self._anything, sampling.examples, np.random.default_rng(seed), bar)
            rng = np.random.default_rng((seed, 1))
            held = self.photos.validation
            self.unseen = (
                self._bad_versions(lambda rng: held[rng.integers(len(held))], sampling.held_out, rng, bar)
                if held
                else None
            )

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        """`statistics` (N,COUNT) and `defects` (N,4), see `bad_photos`."""
        rng = np.random.default_rng((self.seed, step, rank))
        chosen = rng.integers(len(self.training["statistics"]), size=self.sampling.batch)
        return {name: values[chosen] for name, values in self.training.items()}

    def held_out(self) -> Sequence[Batch]:
        """Pictures of photographs that are held out."""
        return [self.unseen] if self.unseen is not None else []

    def _anything(self, rng: np.random.Generator) -> Uint8Pixels:
        photos = self.photos
        if photos.portraits and (not photos.photos or rng.random() < self.sampling.portraits):
            folder = photos.portraits[rng.integers(len(photos.portraits))]
        else:
            folder = photos.photos
        return folder[rng.integers(len(folder))]

    def _bad_versions(self, draw: Draw, count: int, rng: np.random.Generator, bar: Bar) -> Batch:
        numbers, defects = [], []
        for n in range(count):
            bad, measures = self.sampling.bad(self._crop(draw(rng), rng), rng)
            numbers.append(statistics.statistics(eight_bit(bad)))
            defects.append(measures)
            if n % 100 == 0:
                bar.show(n / count, f"{n:,}")
        return {"statistics": torch.from_numpy(np.stack(numbers)), "defects": torch.from_numpy(np.stack(defects))}

    def _crop(self, picture: Uint8Pixels, rng: np.random.Generator) -> NDArray[np.float32]:
        """A square of a picture, of any of the sides."""
        least, most = self.sampling.least_side, min(self.sampling.most_side, *picture.shape[:2])
        side = round(least * (most / least) ** rng.random())
        room = min(picture.shape[:2]) / side
        reduced = rng.random() < self.sampling.reduced
        factor = min(room, 1.5 * 4 ** rng.random() if reduced else 4 ** rng.random())
        wide = min(round(side * factor), *picture.shape[:2])
        y, x = rng.integers(picture.shape[0] - wide + 1), rng.integers(picture.shape[1] - wide + 1)
        crop: NDArray[np.float32] = to_float(picture[y : y + wide, x : x + wide])
        if wide != side:
            crop = np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.float32)
        if rng.random() < 0.5:
            crop = crop.transpose(1, 0, 2)
        if rng.random() < self.sampling.grey:
            crop = without_colours(crop)
        return np.ascontiguousarray(crop)


class Measuring(Stateless):
    """A network that tells from a picture's statistics what is wrong with it.

    Roots of the measures are learnt: a grey level more or less matters where there are few.
    """

    def __init__(self, recipe: MeasuringRecipe) -> None:
        self.recipe = recipe
        self.estimator = DefectEstimator(recipe.width, recipe.dropout)
        self.groups = {"estimator": Group(nn.ModuleDict({"estimator": self.estimator}), (0.9, 0.99), averaged=True)}

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        roots = self.estimator.roots(batch["statistics"]).float()
        true = batch["defects"].sqrt()
        return {
            "estimate": functional.smooth_l1_loss(roots[:, :3], true[:, :3], beta=EXACT),
            "blur": BLUR * functional.mse_loss(roots[:, 3], true[:, 3]),
        }

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:  # noqa: ARG002
        """There are no pictures to show."""
        return {}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """`explained_...`: the share of each measure's variance, and `error_...`: how far off it is, in its unit;
        `score`: the mean error of roots."""
        estimates = torch.cat([self.estimator(batch["statistics"]) for batch in batches])
        true = torch.cat([batch["defects"] for batch in batches])
        explained = 1 - (estimates - true).square().mean(0) / true.var(0).clamp(min=1e-6)
        errors = (estimates - true).abs().mean(0) * true.new_tensor(UNITS)
        score = (estimates.sqrt() - true.sqrt()).abs().mean()
        return {
            **{f"explained_{name}": float(value) for name, value in zip(DEFECTS, explained, strict=True)},
            **{f"error_{name}": float(value) for name, value in zip(DEFECTS, errors, strict=True)},
            "score": float(score),
        }

    def collapsed(self, means: Mapping[str, float]) -> str | None:  # noqa: ARG002
        return None

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)
        examples = [
            {"statistics": torch.randn(count, statistics.STATISTIC_COUNT, generator=random)} for count in (1, 3)
        ]
        axes = {"statistics": {0: "N"}, "measures": {0: "N"}}
        facts = {"task": "defects", "scale": "1", "multiple": "1", "noise": "0"}
        return {"estimator": Exported(self.estimator.eval(), examples, ("measures",), axes, facts)}
