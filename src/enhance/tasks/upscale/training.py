"""Faces four times larger: by a per-pixel loss alone, or against a discriminator."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from enhance.tasks.upscale.data import FINE, SMALL, Batch
from enhance.tasks.upscale.degradation import Box, Degradation
from enhance.tasks.upscale.networks.generator import Generator, place
from enhance.train import losses, senses
from enhance.train.task import Losses


@dataclass(frozen=True)
class Weights:
    """How much each loss counts; `perceptual` is SqueezeNet's, `perceptual_vgg` that of ST-LPIPS. Without `adversarial`
    there is no discriminator. `spread_small`, if given, is the `spread` of faces below 24 pixels, and `identity_fine`
    the `identity` of those from 48 on."""

    pixel: float = 1.0
    perceptual: float = 0.0
    perceptual_vgg: float = 0.0
    adversarial: float = 0.0
    identity: float = 0.0
    identity_fine: float | None = None
    spread: float = 0.0
    spread_small: float | None = None
    penalty: float = 1.0
    penalty_every: int = 4


class SuperResolution:
    """The task of this project (Ledig et al., "Photo-realistic single image super-resolution", CVPR 2017).

    With `spread` every small face is answered twice, from two noises, and half of the answers' distance from each
    other is taken off their distance from the original. At `spread` 1 both distances are then proper scores, which
    no generator minimises but one whose answers are spread as the truth is (the energy score of Gneiting & Raftery,
    "Strictly proper scoring rules", JASA 2007); below 1 its answers keep closer to the middle than the truth does.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: nn.Module | None,
        *,
        weights: Weights,
        degradation: Degradation | None = None,
        seed: int = 0,
    ) -> None:
        if (discriminator is None) != (weights.adversarial == 0):
            raise ValueError("a discriminator and an adversarial weight come together")
        self.generator = generator
        self.discriminator = discriminator
        self.weights = weights
        self.degradation = degradation or Box()
        self.seed = seed
        ways = {
            "pixel": (weights.pixel, senses.Pixels),
            "perceptual": (weights.perceptual, senses.squeezenet),
            "perceptual_vgg": (weights.perceptual_vgg, senses.vgg),
            "identity": (max(weights.identity, weights.identity_fine or 0.0), senses.Likeness),
        }
        self.senses = {name: (weight, begin()) for name, (weight, begin) in ways.items() if weight}

    def generator_losses(self, batch: Batch) -> tuple[Losses, Tensor]:
        random = self._random(batch)
        lr = self.degradation(batch.hr, random)
        answers = 2 if self.weights.spread else 1
        lrs, places = (torch.cat([x] * answers) for x in (lr, batch.place))
        noise = torch.randn((len(lrs), self.generator.noise, *lr.shape[2:]), generator=random).to(lr)
        made = self.generator(lrs, noise, places)
        found, between = {}, torch.zeros(len(lr), device=lr.device)
        for name, (count, sense) in self.senses.items():
            weight = self._identity(batch.place) if name == "identity" else count
            with torch.no_grad():
                original = sense(batch.hr, batch.place)
            seen = list(zip(*(x.chunk(answers) for x in sense(made, places)), strict=True))
            found[name] = torch.cat([weight * sense.apart(answer, original) for answer in seen]).mean()
            if self.weights.spread:
                between = between + weight * sense.apart(*seen)
        if self.weights.spread:
            found["spread"] = -(self._spread(batch.place) * between).mean() / 2
        if self.discriminator is not None:
            self.discriminator.requires_grad_(False)
            with torch.no_grad():
                real = self.discriminator(batch.hr, lr, batch.place).float()
            fake = self.discriminator(made, lrs, places).float()
            found["adversarial"] = self.weights.adversarial * losses.relativistic(fake, torch.cat([real] * answers))
            self.discriminator.requires_grad_(True)
        return found, made.detach()[: len(lr)]

    def _spread(self, place: Tensor) -> Tensor:
        """How much of the distance between two answers is taken off, for each picture; (N,)."""
        small = self.weights.spread if self.weights.spread_small is None else self.weights.spread_small
        return torch.where(_narrower(place, SMALL), small, self.weights.spread)

    def _identity(self, place: Tensor) -> Tensor:
        """How much it counts whose face each picture shows; (N,)."""
        fine = self.weights.identity if self.weights.identity_fine is None else self.weights.identity_fine
        return torch.where(_narrower(place, FINE), self.weights.identity, fine)

    def discriminator_losses(self, batch: Batch, made: Tensor) -> Losses:
        assert self.discriminator is not None
        lr = self.degradation(batch.hr, self._random(batch))
        pictures, lrs, places = torch.cat([batch.hr, made]), torch.cat([lr, lr]), torch.cat([batch.place] * 2)
        real, fake = self.discriminator(pictures, lrs, places).float().chunk(2)
        found = {"discrimination": losses.relativistic(real, fake)}
        if batch.step % self.weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, and counts for more.
            with torch.autocast(batch.hr.device.type, enabled=False):
                pictures = pictures.float().requires_grad_()
                penalty = losses.gradient_penalty(self.discriminator(pictures, lrs, places).mean((1, 2, 3)), pictures)
            found["penalty"] = self.weights.penalty * self.weights.penalty_every * penalty
        return found

    def answer(self, generator: nn.Module, hr: Tensor, seed: int = 0) -> tuple[Tensor, Tensor]:
        random = torch.Generator().manual_seed(self.seed + seed)
        lr = (self.degradation(hr, random) * 255).round() / 255
        noise = torch.randn((len(lr), self.generator.noise, *lr.shape[2:]), generator=random).to(lr)
        return lr, generator(lr, noise, place(lr)).clamp(0, 1)

    def judge(self, generator: nn.Module, hr: Tensor) -> dict[str, float]:
        lr, made = self.answer(generator, hr)
        made = (made * 255).round() / 255
        found = {
            "psnr": _psnr(made, hr),
            "lr_psnr": _psnr(Box()(made, torch.Generator()), lr),
        }
        found["score"] = -found["psnr"]
        where = place(lr)
        spread = float(self._spread(where).mean())
        other = self.answer(generator, hr, seed=1)[1] if spread else made
        scores = []
        for name, (weight, sense) in self.senses.items():
            seen = sense(made, where)
            found[name] = float(sense.apart(seen, sense(hr, where)).mean())
            found[f"{name}_spread"] = float(sense.apart(seen, sense(other, where)).mean()) if spread else 0.0
            if isinstance(sense, senses.Features):
                scores.append((weight, found[name] - spread * found[f"{name}_spread"] / 2))
        if scores:
            found["score"] = sum(weight * score for weight, score in scores) / sum(weight for weight, _ in scores)
        return found

    def _random(self, batch: Batch) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed * 1_000_003 + batch.step)


def _narrower(place: Tensor, frame: int) -> Tensor:
    """Whether each picture's face frame is less than so many pixels across, in the small picture; (N,) bool."""
    return place[:, 2, 0, 0] < math.log2(frame / 32)


def _psnr(a: Tensor, b: Tensor) -> float:
    return float((-10 * (a - b).square().mean((1, 2, 3)).log10()).mean())
