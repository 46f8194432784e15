"""Faces and photos enlarged: by a per-pixel loss alone, or against a discriminator."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.faces.geometry import FRAME_LANDMARKS
from enhance.tasks.upscale import quantization
from enhance.tasks.upscale.data import LARGE, SMALL
from enhance.tasks.upscale.degradation import AreaReduction
from enhance.tasks.upscale.identity_loss import IdentityLoss
from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import Generator, bicubic, frame_coordinates
from enhance.tasks.upscale.weight_adaptation import adapt_weights
from enhance.train import losses
from enhance.train.checkpoint import with_inputs
from enhance.train.distributed import noise_seed
from enhance.train.perceptual import FeatureLoss, Features, Pixels, deep_squeezenet, squeezenet, vgg
from enhance.train.projected import DEPTHS, ProjectedDiscriminator, pooled_to
from enhance.train.schedule import grown
from enhance.train.task import Batch, Calibration, Exported, Group, Inputs, Stateless

_LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
_CONDITION = 6
"""Channels of `_condition`."""
_WINDOW = 8
"""Pixels across the windows in which fine detail is compared."""
MAX_SCORE_GAP = 30.0
_FLOATS = tuple(f"/generator/{part}/" for part in ("head", "mend", "paint", "notch", "projection"))
"""Nodes of the exported generator that stay in floats: its ends, whose rounding would be seen."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts.

    Attributes:
        perceptual: the distance of SqueezeNet's features; perceptual_vgg: that of ST-LPIPS's VGG.
        adversarial: 0: there is no discriminator.
        features_adversarial: of a second discriminator, which judges SqueezeNet's features; it takes those that
            `perceptual` looks at, then one layer deeper.
        identity: whose face it is; identity_large: the same for faces from 48 pixels on, if another.
        excess: of more fine detail in a window than the original has there: strokes in what is soft.
        diversity: see `SuperResolution`; diversity_small: that of faces below 24 pixels, if another.
        adaptive: whether diversity only begins with that, and adapts, see `Diversity`.
        adversarial_grows: over how many steps what the discriminators say grows to its weight: those that begin anew
            mislead at first.
        discriminator_speed: their learning rate, as a multiple of the recipe's.
        penalty, penalty_every: of the discriminator's gradient, every so many steps.
    """

    pixel: float = 1.0
    perceptual: float = 0.0
    perceptual_vgg: float = 0.0
    adversarial: float = 0.0
    features_adversarial: float = 0.0
    identity: float = 0.0
    identity_large: float | None = None
    excess: float = 0.0
    diversity: float = 0.0
    diversity_small: float | None = None
    adaptive: bool = False
    adversarial_grows: int = 0
    discriminator_speed: float = 1.0
    penalty: float = 1.0
    penalty_every: int = 4


class Diversity:
    """Weights of the samples' distances, each adapted until samples are as far from each other as from the truth.

    That is what tells samples of the right distribution; a weight of 1 has it in its minimum, but only there. The idea
    is of Bendel, Ahmad and Schniter, "A regularized conditional GAN for posterior sampling" (NeurIPS 2023); here each
    feature has a weight for each half octave of the face's size, from 12 pixels to 64.
    """

    FIRST, LEAST, SPEED = 1.0, 0.2, 0.01
    SIZES = 6
    MOST = 1.8
    """From 2 on, samples would gain more by going apart than they lose by leaving the truth, and never stop."""

    def __init__(self, features: Sequence[str]) -> None:
        self.weights = {name: torch.full((self.SIZES,), self.FIRST) for name in features}

    def of(self, name: str, sizes: Tensor) -> Tensor:
        """The weights of a feature for pictures of sizes (N,) from 0 on, see `_half_octaves`; (N,)."""
        return self.weights[name].to(sizes.device)[sizes]

    def adapt(self, name: str, sizes: Tensor, to_truth: Tensor, between: Tensor) -> None:
        """Move the weights of a feature by what samples of sizes (N,) were apart (N,), from the truth and from each
        other."""
        weights = self.weights[name]
        for size in range(self.SIZES):
            members = sizes == size
            truth = float(to_truth[members].sum())
            if truth > 0:
                error = 1 - float(between[members].sum()) / truth
                weights[size] = (weights[size] + self.SPEED * error).clamp(self.LEAST, self.MOST)


class SuperResolution(Stateless):
    """The task of this project (Ledig et al., "Photo-realistic single image super-resolution", CVPR 2017).

    With `diversity` every small face is drawn twice, from two noises, and half of the samples' distance from each
    other is taken off their distance from the original. At `diversity` 1 both distances are then proper scores, which
    no generator minimises but one whose samples differ as the truth does (the energy score of Gneiting & Raftery,
    "Strictly proper scoring rules", JASA 2007); below 1 its samples keep closer to the middle than the truth does.

    Args:
        degraded: whether it is given bad photos; the file says so.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator | None,
        *,
        weights: LossWeights,
        device: torch.device,
        degraded: bool = False,
        noise_scale: tuple[float, ...] = (1.0,),
        mirrored_noise: int = 0,
        refined_below: int = 0,
        seed: int = 0,
    ) -> None:
        if (discriminator is None) != (weights.adversarial == 0):
            raise ValueError("a discriminator and an adversarial weight come together")
        if weights.features_adversarial and not (weights.adversarial and weights.perceptual):
            raise ValueError("a discriminator of features comes with one of pixels, and with a perceptual loss")
        self.generator = generator
        self.noise_scale, self.mirrored_noise, self.refined_below = noise_scale, mirrored_noise, refined_below
        self.discriminator = discriminator
        self.weights = weights
        self.degraded = degraded
        self.seed = seed
        self.groups = {"generator": Group(nn.ModuleDict({"generator": generator}), (0.9, 0.99), averaged=True)}
        self.feature_discriminator: ProjectedDiscriminator | None = None
        if discriminator is not None:
            judges: dict[str, nn.Module] = {"discriminator": discriminator}
            if weights.features_adversarial:
                self.feature_discriminator = ProjectedDiscriminator((_CONDITION,) * len(DEPTHS), seed=seed).to(device)
                judges["feature_discriminator"] = self.feature_discriminator
            self.groups["discriminator"] = Group(nn.ModuleDict(judges), (0.0, 0.99), speed=weights.discriminator_speed)
        features = {
            "pixel": (weights.pixel, Pixels),
            "perceptual": (weights.perceptual, deep_squeezenet if weights.features_adversarial else squeezenet),
            "perceptual_vgg": (weights.perceptual_vgg, vgg),
            "identity": (max(weights.identity, weights.identity_large or 0.0), IdentityLoss),
        }
        self.features: dict[str, tuple[float, FeatureLoss]] = {}
        for name, (weight, make) in features.items():
            if weight:
                loss = make()
                loss.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
                self.features[name] = weight, loss
        self.diversity = Diversity(list(self.features)) if weights.adaptive else None
        self._generated = torch.empty(0)
        self._features: tuple[list[Tensor], list[Tensor]] = [], []

    def state_dict(self) -> dict[str, Any]:
        return {} if self.diversity is None else {"diversity": dict(self.diversity.weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if self.diversity is not None:
            self.diversity.weights = {name: value.clone() for name, value in state["diversity"].items()}

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if group == "generator":
            return self._generator_losses(batch, step)
        return self._discriminator_losses(batch, step)

    def _generator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        hr, lr, coordinates = batch["hr"], batch["lr"], batch["place"]
        random = torch.Generator().manual_seed(noise_seed(self.seed, step))
        count = 2 if self.weights.diversity else 1
        lrs, places, bad = (torch.cat([x] * count) for x in (lr, coordinates, batch.get("bad", lr)))
        noise = torch.randn((len(lrs), self.generator.noise, *lr.shape[2:]), generator=random).to(lr)
        generated = self.generator(lrs, noise, places, bad)
        terms, between = {}, torch.zeros(len(lr), device=lr.device)
        deep: tuple[list[Tensor], list[Tensor]] = [], []
        for name, (weight_of_all, loss) in self.features.items():
            weight = self._identity(coordinates) if name == "identity" else weight_of_all
            with torch.no_grad():
                original = loss(hr, coordinates)
            features = loss(generated, places)
            if name == "perceptual":
                deep = features[-len(DEPTHS) :], original[-len(DEPTHS) :]
            samples = list(zip(*(x.chunk(count) for x in features), strict=True))
            to_truth = torch.stack([loss.distance(sample, original) for sample in samples])
            terms[name] = (weight * to_truth).mean()
            if self.weights.diversity:
                apart = loss.distance(*samples)
                between = between + weight * self._diversity(coordinates, name) * apart
                if self.diversity is not None:
                    self.diversity.adapt(name, _half_octaves(coordinates), to_truth.detach().mean(0), apart.detach())
        if self.weights.diversity:
            terms["diversity"] = -between.mean() / 2
        if self.weights.excess:
            excess = functional.relu(_fine_detail(generated) - _fine_detail(torch.cat([hr] * count)))
            terms["excess"] = self.weights.excess * excess.mean()
        heard = grown(step, self.weights.adversarial_grows)
        if self.discriminator is not None:
            self.discriminator.requires_grad_(False)
            with torch.no_grad():
                real = self.discriminator(hr, lr, coordinates, bad[: len(lr)]).float()
            fake = self.discriminator(generated, lrs, places, bad).float()
            weight = self.weights.adversarial * heard
            terms["adversarial"] = weight * losses.relativistic(fake, torch.cat([real] * count))
            self.discriminator.requires_grad_(True)
        if self.feature_discriminator is not None:
            self.feature_discriminator.requires_grad_(False)
            alone, (fit,) = self.feature_discriminator(deep[0], pooled_to(deep[0], _condition(lrs, places)))
            feature_logits = torch.stack([logits.float().mean() for logits in (*alone, *fit)])
            terms["features"] = -self.weights.features_adversarial * heard * feature_logits.mean()
            self.feature_discriminator.requires_grad_(True)
            self._features = [x.detach()[: len(lr)] for x in deep[0]], deep[1]
        self._generated = generated.detach()[: len(lr)]
        return terms

    def _discriminator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        assert self.discriminator is not None
        lr, coordinates = batch["lr"], batch["place"]
        pictures, lrs = torch.cat([batch["hr"], self._generated]), torch.cat([lr, lr])
        places, bad = torch.cat([coordinates] * 2), torch.cat([batch.get("bad", lr)] * 2)
        real, fake = self.discriminator(pictures, lrs, places, bad).float().chunk(2)
        terms = {"discrimination": losses.relativistic(real, fake)}
        if self.feature_discriminator is not None:
            condition = pooled_to(self._features[0], _condition(lr, coordinates))
            (alone, (fit,)), (alone_real, (fit_real,)) = (
                self.feature_discriminator(x, condition) for x in self._features
            )
            pairs = zip((*alone_real, *fit_real), (*alone, *fit), strict=True)
            hinges = [losses.hinge(true, drawn) for true, drawn in pairs]
            terms["feature_discrimination"] = torch.stack(hinges).mean()
        if step % self.weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, and counts for more.
            with torch.autocast(lr.device.type, enabled=False):
                pictures = pictures.float().requires_grad_()
                verdicts = self.discriminator(pictures, lrs, places, bad).mean((1, 2, 3))
                penalty = losses.gradient_penalty(verdicts, pictures)
            terms["penalty"] = self.weights.penalty * self.weights.penalty_every * penalty
        return terms

    def _diversity(self, coordinates: Tensor, feature: str) -> Tensor:
        """How much of the distance between two samples is taken off, for each picture; (N,)."""
        if self.diversity is not None:
            return self.diversity.of(feature, _half_octaves(coordinates))
        small = self.weights.diversity if self.weights.diversity_small is None else self.weights.diversity_small
        return torch.where(_narrower(coordinates, SMALL), small, self.weights.diversity)

    def _identity(self, coordinates: Tensor) -> Tensor:
        """How much it counts whose face each picture shows; (N,)."""
        large = self.weights.identity if self.weights.identity_large is None else self.weights.identity_large
        return torch.where(_narrower(coordinates, LARGE), self.weights.identity, large)

    def sample(self, lr: Tensor, seed: int = 0, bad: Tensor | None = None) -> Tensor:
        """One of the possible faces for whole small faces (N,3,h,w), in [0,1]; bad, as they were before they were
        restored."""
        random = torch.Generator().manual_seed(self.seed + seed)
        noise = torch.randn((len(lr), self.generator.noise, *lr.shape[2:]), generator=random).to(lr)
        sampled: Tensor = self.generator(lr, noise, frame_coordinates(lr), lr if bad is None else bad).clamp(0, 1)
        return sampled

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        lr = batch["lr"]
        return {
            "input": lr,
            "bicubic": bicubic(lr, self.generator.scale),
            "generated": self.sample(lr, bad=batch.get("bad")),
            "original": batch["hr"],
        }

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Measures at each size, and `score`: the mean over sizes of the energy score in features, or of minus PSNR."""
        by_size: dict[str, float] = {}
        scores = []
        for batch in batches:
            measures = self._validate_size(batch)
            scores.append(measures.pop("score"))
            by_size |= {f"{name}_{batch['lr'].shape[3]}": value for name, value in measures.items()}
        return {**by_size, "score": sum(scores) / len(scores)}

    def _validate_size(self, batch: Batch) -> dict[str, float]:
        hr, lr, coordinates, bad = batch["hr"], batch["lr"], batch["place"], batch.get("bad")
        generated = (self.sample(lr, bad=bad) * 255).round() / 255
        reduced = AreaReduction(self.generator.scale)(generated, torch.Generator())
        measures = {"psnr": _psnr(generated, hr), "lr_psnr": _psnr(reduced, lr)}
        measures["score"] = -measures["psnr"]
        other = self.sample(lr, seed=1, bad=bad) if self.weights.diversity else generated
        scores = []
        for name, (weight, loss) in self.features.items():
            features = loss(generated, coordinates)
            diversity = 1.0 if self.diversity else float(self._diversity(coordinates, name).mean())
            apart = float(loss.distance(features, loss(other, coordinates)).mean()) if diversity else 0.0
            measures[name] = float(loss.distance(features, loss(hr, coordinates)).mean())
            measures[f"{name}_diversity"] = apart
            if isinstance(loss, Features):
                scores.append((weight, measures[name] - diversity * apart / 2))
        if scores:
            measures["score"] = sum(weight * score for weight, score in scores) / sum(weight for weight, _ in scores)
        return measures

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return losses.discriminator_won(means, 1e-3) if means.get("adversarial", 0.0) > MAX_SCORE_GAP else None

    def adapt(self, name: str, weights: Mapping[str, Mapping[str, Tensor]]) -> Mapping[str, Tensor] | None:
        own = weights.get(name)
        if own is None:
            return None
        if name == "generator":
            return adapt_weights(self.generator, own)
        if name == "discriminator" and self.discriminator is not None:
            known = self.discriminator.given.in_channels
            return {**own, "given.weight": with_inputs(own["given.weight"], known)}
        return own

    def export(self) -> Mapping[str, Exported]:
        shipped = ExportedGenerator(self.generator).eval()
        random = torch.Generator().manual_seed(0)
        shapes = (2, 16, 20), (3, 16, 16), (1, 24, 36), (1, 64, 64)
        axes = {name: {0: "N", 2: "h", 3: "w"} for name in shipped.inputs}
        networks = {
            "generator": Exported(
                shipped,
                [shipped.example(*shape, random) for shape in shapes],
                ("hr",),
                {**axes, "hr": {0: "N", 2: "H", 3: "W"}},
                self._facts(),
                self._calibration(shipped),
                _FLOATS,
            )
        }
        if self.discriminator is not None and not self.discriminator.sees_bad:
            scale = self.generator.scale
            example = {"hr": torch.rand(2, 3, 64, 80), "lr": torch.rand(2, 3, 64 // scale, 80 // scale)}
            sizes = {name: {0: "N", 2: f"{name}_h", 3: f"{name}_w"} for name in example}
            networks["discriminator"] = Exported(
                ExportedDiscriminator(self.discriminator).eval(),
                [example],
                ("verdicts",),
                {**sizes, "verdicts": {0: "N", 2: "H", 3: "W"}},
                {"task": "opinion"},
                quantization.discriminator_inputs,
                tuple(f"/discriminator/{part}/" for part in ("to_half", "given", "verdict")),
            )
        return networks

    def _facts(self) -> dict[str, str]:
        return {
            "task": "super_resolution",
            "scale": str(self.generator.scale),
            "multiple": str(self.generator.multiple),
            "noise": str(self.generator.noise),
            "shared_noise": str(self.generator.shared),
            **self._noise_facts(),
            "frame": json.dumps(dict(zip(_LANDMARKS, FRAME_LANDMARKS.tolist(), strict=True))),
            "value_range": "[0,1] sRGB",
            "degradation": "blur, noise and JPEG, twice"
            if self.degraded
            else f"mean of {self.generator.scale}x{self.generator.scale} blocks",
            "mends": "yes" if self.degraded else "no",
        }

    def _noise_facts(self) -> dict[str, str]:
        """Of networks with noise of the whole face, which draw line-ups: the first answer is one like any other."""
        if not self.generator.shared:
            return {}
        return {
            "truncation": "[1.0]",
            "noise_scale": json.dumps(self.noise_scale),
            "mirrored_noise": str(self.mirrored_noise),
            "refined_below": str(self.refined_below),
        }

    def _calibration(self, shipped: "ExportedGenerator") -> Calibration:
        def calibration(folders: Sequence[Path]) -> Iterator[Inputs]:
            return quantization.generator_inputs(folders, shipped.inputs, self.generator.noise, self.generator.scale)

        return calibration


class ExportedGenerator(nn.Module):
    """The generator as its users meet it: it is asked for nothing that it does not use."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        self.inputs = (
            ["lr"] + ["noise"] * (generator.noise > 0) + ["place"] * generator.framed + ["bad"] * generator.sees_bad
        )

    def forward(self, *inputs: Tensor) -> Tensor:
        """`inputs`, which are lr (N,3,h,w) in [0,1], noise (N,Z,h,w), place and bad (N,3,h,w), to hr (N,3,H,W)."""
        known = dict(zip(self.inputs, inputs, strict=True))
        empty = known["lr"][:, :0]
        hr: Tensor = self.generator(known["lr"], known.get("noise", empty), known.get("place", empty), known.get("bad"))
        return hr

    def example(self, count: int, height: int, width: int, random: torch.Generator) -> dict[str, Tensor]:
        """`inputs` of that size."""
        lr = torch.rand(count, 3, height, width, generator=random)
        noise = torch.randn(count, self.generator.noise, height, width, generator=random)
        bad = (lr + 0.05 * torch.randn(lr.shape, generator=random)).clamp(0, 1)
        values = {"lr": lr, "noise": noise, "place": frame_coordinates(lr), "bad": bad}
        return {name: values[name] for name in self.inputs}


class ExportedDiscriminator(nn.Module):
    """The discriminator as its users meet it: it is shown whole frames, and works out where in them each pixel lies."""

    def __init__(self, discriminator: Discriminator) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, hr: Tensor, lr: Tensor) -> Tensor:
        """hr (N,3,H,W) and lr (N,3,h,w) in [0,1], H and W multiples of 16, to logits (N,1,H/16,W/16)."""
        scores: Tensor = self.discriminator(hr, lr, frame_coordinates(lr))
        return scores


def _condition(lr: Tensor, coordinates: Tensor) -> Tensor:
    """The condition of the discriminator of features, (N,6,h,w): the small picture, and where in the frame it lies."""
    return torch.cat([lr * 2 - 1, coordinates], 1)


def _fine_detail(pictures: Tensor) -> Tensor:
    """How much in windows of pictures (N,3,H,W) differs from what is around it by a pixel, on average."""
    fine = pictures.float() - functional.avg_pool2d(pictures.float(), 3, 1, 1, count_include_pad=False)
    return functional.avg_pool2d(fine.abs().mean(1, keepdim=True), _WINDOW, _WINDOW // 2)


def _narrower(coordinates: Tensor, frame: int) -> Tensor:
    """Whether each picture's face frame is less than so many pixels across, in the small picture; (N,) bool."""
    return coordinates[:, 2, 0, 0] < math.log2(frame / 32)


def _half_octaves(coordinates: Tensor) -> Tensor:
    """0 for pictures of faces about 12 pixels across, 1 for 16, and so on to 5 for 64; (N,)."""
    return (2 * coordinates[:, 2, 0, 0]).round().long().add(3).clamp(0, Diversity.SIZES - 1)


def _psnr(a: Tensor, b: Tensor) -> float:
    return float((-10 * (a - b).square().mean((1, 2, 3)).log10()).mean())
