"""Birds from captions: first pictures are painted again from their layouts and words, then discriminators join in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.evaluate.kernel_distance import kernel_distance
from enhance.tasks.imagine.data import Sampling, load_birds
from enhance.tasks.imagine.layouts import CHANNELS, LAYOUT_SIDE
from enhance.tasks.imagine.networks import (
    BIRD_NOISE,
    WORDS,
    ColourReader,
    Generator,
    PixelDiscriminator,
    Widths,
)
from enhance.train import losses
from enhance.train.distributed import noise_seed
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.projected import DEPTHS, ProjectedDiscriminator, pooled_to
from enhance.train.task import Batch, Exported, Group, Inputs, Stateless

CALIBRATED_BY = 12
"""Batches by which the steps of an 8-bit network are chosen."""
MATCH_COUNTS = 16
"""For how many patches it counts whether the picture as a whole is what the words say."""
LOOKED_AT = 96
"""Pixels of the side of what SqueezeNet is shown: it was taught with larger pictures than those made here."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts, and from which step on the discriminators do."""

    pixel: float = 0.5
    perceptual: float = 1.0
    colours: float = 0.15
    pixels_adversarial: float = 0.1
    features_adversarial: float = 0.25
    alone_after: int = 600
    gentle: float = 0.5
    """What is left of pixel and perceptual losses once the discriminators count."""
    mismatch: float = 0.5
    penalty: float = 0.05
    penalty_every: int = 8


class Imagination(Stateless):
    """The task: three times out of four the generator has the picture's own words, and is compared with the picture.

    Else another bird's colours are painted on its layout, and only discriminators and reader say what they think.
    """

    def __init__(self, widths: Widths, weights: LossWeights, *, device: torch.device, seed: int = 0) -> None:
        self.weights = weights
        self.seed = seed
        self.device = device
        self.generator = Generator(widths)
        self.discriminator = PixelDiscriminator()
        self.feature_discriminator = ProjectedDiscriminator((CHANNELS,) * len(DEPTHS), vector=WORDS, seed=seed)
        self.reader = ColourReader()
        self.eyes = SqueezeNet(deep=True).to(device)
        discriminators: dict[str, nn.Module] = {
            "discriminator": self.discriminator,
            "feature_discriminator": self.feature_discriminator,
        }
        self.groups = {
            "generator": Group(nn.ModuleDict({"generator": self.generator}), (0.5, 0.99), averaged=True),
            "discriminator": Group(nn.ModuleDict(discriminators), (0.0, 0.99)),
            "reader": Group(nn.ModuleDict({"reader": self.reader}), (0.9, 0.99), speed=2.0),
        }
        self._generated = torch.empty(0)
        self._features: tuple[list[Tensor], list[Tensor]] = [], []

    def look(self, pictures: Tensor) -> list[Tensor]:
        """What SqueezeNet sees of pictures (N,3,64,64), twice enlarged as it is used to larger ones."""
        large = functional.interpolate(pictures, size=LOOKED_AT, mode="bilinear", align_corners=False)
        features: list[Tensor] = self.eyes(large)
        return features

    def noise(self, count: int, step: int) -> Tensor:
        random = torch.Generator().manual_seed(noise_seed(self.seed, step))
        return torch.randn(count, BIRD_NOISE, LAYOUT_SIDE, LAYOUT_SIDE, generator=random).to(self.device)

    def _adversarial(self, step: int) -> bool:
        return step >= self.weights.alone_after

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if group == "generator":
            return self._painted(batch, step)
        return self._judged(batch, step) if group == "discriminator" else self._read(batch)

    def _painted(self, batch: Batch, step: int) -> dict[str, Tensor]:
        w, image, own = self.weights, batch["image"], batch["own"]
        generated = self.generator(batch["maps"], batch["words"], self.noise(len(image), step))
        features = self.look(generated)
        with torch.no_grad():
            real = self.look(image)
        gentle = w.gentle if self._adversarial(step) else 1.0
        mine = own / own.sum().clamp(min=1)
        terms = {
            "pixel": gentle * w.pixel * (losses.l1([generated], [image]) * mine).sum(),
            "perceptual": gentle * w.perceptual * (losses.feature_distance(features, real) * mine).sum(),
        }
        self._judging(False)
        if self._adversarial(step):
            maps, words = batch["maps"], batch["words"]
            alone, fit = self.discriminator.judge(self.discriminator.see(generated), maps, words)
            terms["pixels"] = -w.pixels_adversarial * (alone.float().mean() + fit.float().mean())
            (logits,) = self._feature_logits(features[2:], (maps, words))
            terms["features"] = -w.features_adversarial * logits.float().mean()
            colour_logits = self.reader(generated, features[1:3], batch["areas"])
            terms["colours"] = w.colours * self._misread(colour_logits, batch["named"], batch["areas"])
        self._judging(True)
        self._generated, self._features = generated.detach(), ([x.detach() for x in features], real)
        return terms

    def _misread(self, logits: Tensor, named: Tensor, areas: Tensor) -> Tensor:
        """How far what the reader sees is from what was said, over the parts that were named and can be seen."""
        targets = (named >= 0.99).float()
        counts = (targets.amax(2) * (areas.sum((2, 3)) > 0.5))[:, :, None]
        # What has one colour may well have a second one: it is asked for more firmly than others are forbidden.
        each = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * (0.3 + 0.7 * targets)
        return (each * counts).sum() / counts.sum().clamp(min=1)

    def _judged(self, batch: Batch, step: int) -> dict[str, Tensor]:
        w, image, (features_made, features_real) = self.weights, batch["image"], self._features
        if not self._adversarial(step):
            return {"judging_pixels": 0 * self.discriminator.match.bias.sum()}
        terms: dict[str, Tensor] = {}
        true, wrong, own = ((batch[f"{name}maps"], batch[f"{name}words"]) for name in ("real_", "wrong_", ""))
        features = self.discriminator.see(torch.cat([image, self._generated]))
        real, generated = features.chunk(2)
        real_alone, real_fit = self.discriminator.judge(real, *true)
        _, wrong_fit = self.discriminator.judge(real, *wrong)
        made_alone, made_fit = self.discriminator.judge(generated, *own)
        terms["judging_pixels"] = losses.hinge(real_alone, made_alone) + losses.hinge(real_fit, made_fit)
        terms["judging_pixels_words"] = w.mismatch * functional.relu(1 + wrong_fit.float()).mean()
        real_logits, wrong_logits = self._feature_logits(features_real[2:], true, wrong)
        (made_logits,) = self._feature_logits(features_made[2:], own)
        terms["judging_features"] = losses.hinge(real_logits, made_logits)
        terms["judging_features_words"] = w.mismatch * functional.relu(1 + wrong_logits.float()).mean()
        if step % w.penalty_every == 0:
            with torch.autocast(self.device.type, enabled=False):
                picture = image.float().clone().requires_grad_()
                alone, fit = self.discriminator.judge(self.discriminator.see(picture), *true)
                penalty = losses.gradient_penalty(alone.mean(1) + fit.mean(1), picture)
            terms["penalty"] = w.penalty * w.penalty_every * penalty
        return terms

    def _feature_logits(self, features: Sequence[Tensor], *conditions: tuple[Tensor, Tensor]) -> list[Tensor]:
        """All logits of features with each of the pairs of maps and words, (N,patches)."""
        maps = [pooled_to(features, maps) for maps, _ in conditions]
        alone, together = self.feature_discriminator(features, *maps, vectors=[words for _, words in conditions])
        # A bird is one thing among hundreds of patches: what is said of it as a whole counts for several of them.
        return [
            torch.cat([x.flatten(1).expand(-1, MATCH_COUNTS if x.shape[2] == 1 else -1) for x in (*alone, *fit)], 1)
            for fit in together
        ]

    def _judging(self, learning: bool) -> None:
        for name in ("discriminator", "reader"):
            self.groups[name].networks.requires_grad_(learning)

    def _read(self, batch: Batch) -> dict[str, Tensor]:
        votes = batch["votes"]
        counts = ((votes.amax(2) > 0) * (batch["areas"].sum((2, 3)) > 0.5))[:, :, None].float()
        logits = self.reader(batch["image"], self._features[1][1:3], batch["areas"])
        each = functional.binary_cross_entropy_with_logits(logits, votes, reduction="none")
        return {"reading": (each * counts).sum() / counts.sum().clamp(min=1)}

    def draw(self, batch: Batch, seed: int = 0, prefix: str = "") -> Tensor:
        """Birds (N,3,64,64) in [0,1] for a batch; `prefix` is the beginning of the names of its maps and words."""
        drawn: Tensor = self.generator(
            batch[f"{prefix}maps"], batch[f"{prefix}words"], self.noise(len(batch["image"]), seed)
        )
        return drawn

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        return {
            "photograph": batch["image"],
            "its own words": self.draw(batch),
            "other words": self.draw(batch, 1, "wrong_"),
        }

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """How far birds with their own words are from their photographs, and `score`: how far birds with their own and
        with other words are from photographs as sets, by the kernel distance of features."""
        apart, drawn, photographs = [], [], []
        for batch in batches:
            own, photograph = self.look(self.draw(batch)), self.look(batch["image"])
            apart.append(float(losses.feature_distance(own, photograph).mean()))
            drawn += [_pooled(own), _pooled(self.look(self.draw(batch, 1, "wrong_")))]
            photographs.append(_pooled(photograph))
        own_set, other_set = (torch.cat(drawn[n::2]).double().numpy() for n in (0, 1))
        truth = torch.cat(photographs).double().numpy()
        score = sum(kernel_distance(generated, truth)[0] for generated in (own_set, other_set))
        return {"perceptual": sum(apart) / len(apart), "score": 500 * score}

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return losses.discriminator_won(means, 0.02, "judging_pixels", "judging_features")

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)

        def example(count: int) -> dict[str, Tensor]:
            return {
                "maps": torch.rand(count, CHANNELS, LAYOUT_SIDE, LAYOUT_SIDE, generator=random),
                "words": (torch.rand(count, WORDS, generator=random) < 0.1).float(),
                "noise": torch.randn(count, BIRD_NOISE, LAYOUT_SIDE, LAYOUT_SIDE, generator=random),
            }

        first = example(2)
        axes = {name: {0: "N"} for name in (*first, "image")}
        facts = {
            "task": "imagination",
            "noise": str(BIRD_NOISE),
            "side": str(2 * LAYOUT_SIDE),
            "value_range": "[0,1] sRGB",
        }
        ends = tuple(f"/{part}/" for part in ("head", "finish", "paint"))
        network = self.generator.eval()
        exported = Exported(network, [first, example(1), example(5)], ("image",), axes, facts, self._calibration, ends)
        return {"generator": exported}

    def _calibration(self, folders: Sequence[Path]) -> Iterator[Inputs]:
        birds = load_birds(folders, Sampling())
        for step in range(CALIBRATED_BY):
            batch = birds.batch(step)
            yield {"maps": batch["maps"], "words": batch["words"], "noise": self.noise(len(batch["maps"]), step)}


def _pooled(features: Sequence[Tensor]) -> Tensor:
    """One row of features for each picture: the means of the two deepest."""
    return torch.cat([x.float().mean((2, 3)) * x.shape[1] ** 0.5 for x in features[2:]], 1).cpu()
