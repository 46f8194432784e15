"""Bad photos restored at their own size, by a network whose inputs are their defects."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from enhance.tasks.upscale.networks.patch_discriminator import PatchDiscriminator
from enhance.tasks.upscale.networks.restorer import Restorer
from enhance.tasks.upscale.photo_data import PhotoDataset, Sampling
from enhance.train import losses
from enhance.train.distributed import noise_seed
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.schedule import Schedule
from enhance.train.task import Batch, Calibration, Exported, Group, Inputs, Stateless

FLOATS = ("/restorer/head/", "/restorer/tail/")
CALIBRATION_BATCHES = 24
ESTIMATE_ERROR = 0.13
"""By how much the estimator errs in the roots of its measures, on pictures of 128 pixels."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss of the restorer counts. Without `adversarial` there is no discriminator."""

    pixel: float = 10.0
    perceptual: float = 0.0
    adversarial: float = 0.0
    penalty: float = 1.0
    penalty_every: int = 4


@dataclass(frozen=True)
class Shape:
    """Of the restorer: see `networks.restorer.Restorer`."""

    width: int = 32
    blocks: int = 2
    deep: int = 6


@dataclass(frozen=True)
class RestorationRecipe:
    """A training run of restoration, but for its data and its length."""

    task_name: ClassVar[str] = "upscale"

    name: str
    shape: Shape = field(default_factory=Shape)
    losses: LossWeights = field(default_factory=LossWeights)
    sampling: Sampling = field(default_factory=Sampling)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=6e-4))
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> PhotoDataset:
        """Read folders of photographs.

        Raises:
            DataError: a folder cannot be used.
        """
        return PhotoDataset(folders, self.sampling, self.seed)

    def task(self, device: torch.device) -> "Restoration":
        """The networks and losses, with fresh weights."""
        return Restoration(self, device)


class Restoration(Stateless):
    """A network that restores by measures.

    The measures that it is given in training are the true ones, but never quite: a little wrong for one half of the
    photos, and for the other half as wrong as an estimator may be, who takes texture for noise or noise for texture.
    With `adversarial`, textures that the noise has drowned are drawn, not averaged away.
    """

    def __init__(self, recipe: RestorationRecipe, device: torch.device) -> None:
        self.recipe = recipe
        self.weights = recipe.losses
        self.restorer = Restorer(recipe.shape.width, recipe.shape.blocks, recipe.shape.deep)
        self.discriminator = PatchDiscriminator() if self.weights.adversarial else None
        self.features = SqueezeNet().to(device) if self.weights.perceptual else None
        self.groups = {
            "restorer": Group(nn.ModuleDict({"restorer": self.restorer}), (0.9, 0.99), averaged=True),
        }
        if self.discriminator is not None:
            networks = nn.ModuleDict({"discriminator": self.discriminator})
            self.groups["discriminator"] = Group(networks, (0.0, 0.99))
        self._restored = torch.empty(0)

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if group == "restorer":
            return self._restorer_losses(batch, step)
        return self._discriminator_losses(batch, step)

    def _restorer_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        clean, bad, defects = batch["clean"], batch["bad"], batch["defects"]
        restored = self.restorer(bad, misjudged(defects, noise_seed(self.recipe.seed, step))[:, :, None, None])
        terms = {"pixel": self.weights.pixel * (restored.float() - clean).abs().mean()}
        if self.features is not None:
            with torch.no_grad():
                original = self.features(clean)
            distance = losses.feature_distance(self.features(restored), original)
            terms["perceptual"] = self.weights.perceptual * distance.mean()
        if self.discriminator is not None:
            self.discriminator.requires_grad_(False)
            with torch.no_grad():
                real = self.discriminator(clean, bad).float()
            fake = self.discriminator(restored, bad).float()
            terms["adversarial"] = self.weights.adversarial * losses.relativistic(fake, real)
            self.discriminator.requires_grad_(True)
        self._restored = restored.detach()
        return terms

    def _discriminator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        assert self.discriminator is not None
        pictures, conditions = torch.cat([batch["clean"], self._restored]), torch.cat([batch["bad"]] * 2)
        real, fake = self.discriminator(pictures, conditions).float().chunk(2)
        terms = {"discrimination": losses.relativistic(real, fake)}
        if step % self.weights.penalty_every == 0:
            with torch.autocast(conditions.device.type, enabled=False):
                pictures = pictures.float().requires_grad_()
                penalty = losses.gradient_penalty(self.discriminator(pictures, conditions).mean((1, 2, 3)), pictures)
            terms["penalty"] = self.weights.penalty * self.weights.penalty_every * penalty
        return terms

    def restored(self, batch: Batch) -> Tensor:
        """Bad photos (N,3,H,W) as they are restored by measures that are a little wrong, in [0,1]."""
        measures = misjudged(batch["defects"], 0)
        restored: Tensor = self.restorer(batch["bad"], measures[:, :, None, None]).clamp(0, 1)
        return restored

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        return {"input": batch["bad"], "restored": self.restored(batch), "original": batch["clean"]}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """`gain`: dB of PSNR over the input, on average; `score`: the restorer's loss."""
        gains, scores = [], []
        for batch in batches:
            restored = self.restored(batch)
            gains.append((_psnr(restored, batch["clean"]) - _psnr(batch["bad"], batch["clean"])).mean())
            score = self.weights.pixel * (restored - batch["clean"]).abs().mean()
            if self.features is not None:
                distance = losses.feature_distance(self.features(restored), self.features(batch["clean"]))
                score = score + self.weights.perceptual * distance.mean()
            scores.append(score)
        return {"gain": float(torch.stack(gains).mean()), "score": float(torch.stack(scores).mean())}

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return losses.discriminator_won(means, 1e-3)

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)
        shapes = (1, 64, 96), (2, 32, 48), (1, 128, 128)
        images = [torch.rand(count, 3, height, width, generator=random) for count, height, width in shapes]
        sizes = {0: "N", 2: "h", 3: "w"}
        restorer = Exported(
            ExportedRestorer(self.restorer).eval(),
            [{"image": image, "defects": torch.rand(len(image), 4, 1, 1, generator=random)} for image in images],
            ("restored",),
            {"image": sizes, "defects": {0: "N"}, "restored": {0: "N", 2: "H", 3: "W"}},
            {
                "task": "restoration",
                "scale": "1",
                "multiple": str(Restorer.multiple),
                "noise": "0",
                "value_range": "[0,1] sRGB",
            },
            self._calibration(),
            FLOATS,
        )
        return {"restorer": restorer}

    def _calibration(self) -> Calibration:
        def calibration(folders: Sequence[Path]) -> Iterator[Inputs]:
            usual = self.recipe.data(folders)
            worst = copy(usual)
            bad = replace(usual.sampling.bad, clean=0.0, blurred=0.0, severity=1.0)
            worst.sampling = replace(usual.sampling, bad=bad)
            for step in range(CALIBRATION_BATCHES):
                # What no step is as loud as would be clipped: of grain at its worst half would come back.
                batch = (worst if step % 3 == 0 else usual).batch(step)
                for bad, defects in zip(batch["bad"], batch["defects"], strict=True):
                    yield {"image": bad[None], "defects": defects[None, :, None, None]}

        return calibration


class ExportedRestorer(nn.Module):
    """The restorer under the name that its weights have in the file."""

    def __init__(self, restorer: Restorer) -> None:
        super().__init__()
        self.restorer = restorer

    def forward(self, image: Tensor, defects: Tensor) -> Tensor:
        """As `Restorer.forward`."""
        restored: Tensor = self.restorer(image, defects)
        return restored


def misjudged(defects: Tensor, seed: int) -> Tensor:
    """Measures (N,4) as an estimator might give them: half of the pictures' a little wrong, the others' quite.

    The restorer is to bear large errors. `restored_data` has small ones alone: it wants photos as most are restored.
    """
    random = torch.Generator().manual_seed(seed)
    wrong = torch.randn((2, *defects.shape), generator=random).to(defects)
    little = defects * torch.exp(0.2 * wrong[0])
    quite = (defects.sqrt() + ESTIMATE_ERROR * wrong[1]).clamp(min=0).square()
    half = (torch.arange(len(defects), device=defects.device) % 2 == 0)[:, None]
    return torch.where(half, little, quite)


def _psnr(a: Tensor, b: Tensor) -> Tensor:
    return -10 * (a - b).square().mean((1, 2, 3)).add(1e-6).log10()
