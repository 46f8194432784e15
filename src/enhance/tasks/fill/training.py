"""Holes filled: by a perceptual loss alone, or against a discriminator as well."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.fill import data, networks
from enhance.tasks.fill.masks import Holes
from enhance.tasks.fill.networks import GRID, PLACE, Completion, Discriminator
from enhance.tasks.fill.painter import COPIED
from enhance.train import losses
from enhance.train.checkpoint import with_inputs
from enhance.train.distributed import noise_seed
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.projected import DEPTHS, ProjectedDiscriminator, pooled_to
from enhance.train.schedule import grown
from enhance.train.task import Batch, Exported, Group, Stateless

_FLOATS = ("/Conv", "/fine", "/head", "/tail", "/mend")
"""Layers that move, see or paint pixels, and stay in floats where the others are rounded to 8 bits."""
_CONDITION = 1 + PLACE
"""Channels of `_condition`."""
PERCEPTUAL = 3
"""The depths of SqueezeNet by which pictures are compared."""
CALIBRATED = 48
"""Pictures by which the steps of 8 bits are chosen."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts. Without `adversarial` there is no discriminator.

    Attributes:
        pixel: mean absolute difference in the hole, the less the farther from its edge.
        perceptual: distance of SqueezeNet's features of the filled picture, in the hole.
        adversarial: of the relativistic loss, on the patches that the hole touches; features_adversarial: of the
            logits of SqueezeNet's features of them.
        grows: steps over which the losses of both discriminators grow to their weights, and that of `perceptual` and
            `pixel` shrinks to `gentle` of it.
        diversity, diversity_every: how much of the distance of two answers is taken off their distance from the truth,
            see `Filling`, and in which steps; it then counts for so much more.
        penalty, penalty_every: R1's weight, and how often it is due.
    """

    pixel: float = 1.0
    perceptual: float = 1.0
    adversarial: float = 0.0
    features_adversarial: float = 0.2
    grows: int = 300
    gentle: float = 0.6
    diversity: float = 0.0
    diversity_every: int = 3
    penalty: float = 0.5
    penalty_every: int = 8


class Filling(Stateless):
    """Image completion (Pathak et al., "Context encoders", CVPR 2016) with one network for holes of any shape.

    With `diversity` holes are filled twice, from two noises, and half of the answers' distance from each other is
    taken off their distance from the truth. At `diversity` 1 that is the energy score (Gneiting & Raftery, "Strictly
    proper scoring rules", JASA 2007), which is least where answers are spread as the truth is: a mode-seeking loss that
    needs no bound.
    """

    def __init__(
        self,
        completion: Completion,
        discriminator: Discriminator | None,
        *,
        weights: LossWeights,
        name: str,
        seed: int = 0,
    ) -> None:
        if (discriminator is None) != (weights.adversarial == 0):
            raise ValueError("a discriminator and an adversarial weight come together")
        self.completion = completion
        self.discriminator = discriminator
        self.weights = weights
        self.name = name
        self.seed = seed
        device = next(completion.parameters()).device
        self.features = SqueezeNet(deep=discriminator is not None).to(device)
        self.feature_discriminator: ProjectedDiscriminator | None = None
        if discriminator is not None:
            self.feature_discriminator = ProjectedDiscriminator((_CONDITION,) * len(DEPTHS), seed=seed).to(device)
        self._generated: Tensor | None = None
        self._judged_features: tuple[list[Tensor], list[Tensor]] = [], []

    @property
    def groups(self) -> Mapping[str, Group]:
        groups = {"generator": Group(nn.ModuleDict({"completion": self.completion}), (0.5, 0.99), averaged=True)}
        if self.discriminator is not None and self.feature_discriminator is not None:
            judges: dict[str, nn.Module] = {
                "discriminator": self.discriminator,
                "feature_discriminator": self.feature_discriminator,
            }
            groups["discriminator"] = Group(nn.ModuleDict(judges), (0.0, 0.99))
        return groups

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self._generator_losses(batch, step) if group == "generator" else self._discriminator_losses(batch, step)

    def _generator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        answers = 2 if self.weights.diversity and step % self.weights.diversity_every == 0 else 1
        repeated = {name: torch.cat([value] * answers) for name, value in batch.items()}
        truth, mask = batch["truth"], batch["mask"]
        generated = self._filled(repeated, self._random(step))
        depth = weight_by_depth(mask)
        with torch.no_grad():
            original = self.features(truth)
        features = self.features(generated)
        generated_features = [list(one[:PERCEPTUAL]) for one in zip(*(x.chunk(answers) for x in features), strict=True)]
        pictures = generated.chunk(answers)
        share = grown(step, self.weights.grows) if self.discriminator is not None else 0.0
        gentle = 1 - share * (1 - self.weights.gentle)
        pixel = torch.cat([weighted((picture - truth).abs(), depth) for picture in pictures])
        perceptual = torch.cat([in_hole(answer, original[:PERCEPTUAL], mask) for answer in generated_features])
        terms = {
            "pixel": gentle * self.weights.pixel * pixel.mean(),
            "perceptual": gentle * self.weights.perceptual * perceptual.mean(),
        }
        if answers > 1:
            between = self.weights.pixel * weighted((pictures[0] - pictures[1]).abs(), depth)
            between = between + self.weights.perceptual * in_hole(generated_features[0], generated_features[1], mask)
            terms["diversity"] = -gentle * self.weights.diversity * self.weights.diversity_every * between.mean() / 2
        if self.discriminator is not None and self.feature_discriminator is not None:
            judges = self.groups["discriminator"].networks
            judges.requires_grad_(False)
            with torch.no_grad():
                real = self.discriminator(truth, mask, batch.get("place"))
            fake = self.discriminator(generated, repeated["mask"], repeated.get("place"))
            pairs = zip(fake, (torch.cat([logits] * answers) for logits in real), strict=True)
            adversarial = [_relativistic(better, worse, repeated["mask"]) for better, worse in pairs]
            terms["adversarial"] = share * self.weights.adversarial * torch.stack(adversarial).mean()
            alone, (fit,) = self.feature_discriminator(features[2:], pooled_to(features[2:], _condition(repeated)))
            feature_logits = torch.stack([_in_patches(logits, repeated["mask"]) for logits in (*alone, *fit)])
            terms["features"] = -share * self.weights.features_adversarial * feature_logits.mean()
            judges.requires_grad_(True)
        self._generated = generated.detach()[: len(truth)]
        self._judged_features = [x.detach()[: len(truth)] for x in features[2:]], original[2:]
        return terms

    def _discriminator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        assert self.discriminator is not None
        assert self._generated is not None
        truth, mask, place = batch["truth"], batch["mask"], batch.get("place")
        both = (
            torch.cat([truth, self._generated]),
            torch.cat([mask] * 2),
            None if place is None else torch.cat([place] * 2),
        )
        logit_pairs = [logits.chunk(2) for logits in self.discriminator(*both)]
        each = [_relativistic(real, fake, mask) for real, fake in logit_pairs]
        terms = {"discrimination": torch.stack(each).mean()}
        assert self.feature_discriminator is not None
        of_made, of_real = self._judged_features
        condition = pooled_to(of_real, _condition(batch))
        (alone, (fit,)), (alone_made, (fit_made,)) = (
            self.feature_discriminator(features, condition) for features in (of_real, of_made)
        )
        pairs = zip((*alone, *fit), (*alone_made, *fit_made), strict=True)
        hinges = [
            _in_patches(functional.relu(1 - real), mask) + _in_patches(functional.relu(1 + fake), mask)
            for real, fake in pairs
        ]
        terms["feature_discrimination"] = torch.stack(hinges).mean()
        if step % self.weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, and counts for more.
            with torch.autocast(truth.device.type, enabled=False):
                pictures = truth.float().requires_grad_()
                logits = self.discriminator(pictures, mask, place)
                total = torch.stack([one.mean((1, 2, 3)) for one in logits]).sum(0)
                penalty = losses.gradient_penalty(total, pictures)
            terms["penalty"] = self.weights.penalty * self.weights.penalty_every * penalty
        return terms

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        with torch.no_grad():
            one, other = (self._filled(batch, self._random(seed)).clamp(0, 1) for seed in (0, 1))
        return {"given": batch["image"], "one": one, "another": other, "original": batch["truth"]}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        sums: dict[str, list[float]] = {}
        with torch.no_grad():
            for batch in batches:
                one, other = (self._filled(batch, self._random(seed)).clamp(0, 1) for seed in (0, 1))
                truth, mask = batch["truth"], batch["mask"]
                original, first, second = (self.features(x)[:PERCEPTUAL] for x in (truth, one, other))
                flat = torch.ones_like(mask) * (mask > 0)
                sums.setdefault("pixel", []).append(float(weighted((one - truth).abs(), flat).mean()))
                sums.setdefault("perceptual", []).append(float(in_hole(first, original, mask).mean()))
                sums.setdefault("diversity", []).append(float(in_hole(first, second, mask).mean()))
        means = {name: sum(values) / len(values) for name, values in sums.items()}
        if means:
            means["score"] = means["perceptual"] - self.weights.diversity * means["diversity"] / 2
        return means or {"score": 0.0}

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return losses.discriminator_won(means, 1e-3)

    def adapt(self, name: str, weights: Mapping[str, Mapping[str, Tensor]]) -> Mapping[str, Tensor] | None:
        """Let a network for photos begin from one for faces, without the inputs that only faces have; and one for
        faces from one that lacks some of these, which count for nothing at first."""
        own = weights.get(name)
        network = {"completion": self.completion, "discriminator": self.discriminator}.get(name)
        if own is None or network is None:
            return own
        begun = network.state_dict()
        # The last layer of a network that mends is not in one that draws: it begins as it is, at nothing.
        kept = {key: x for key, x in own.items() if key in begun or not key.startswith("tail.")}
        fresh = {key: x for key, x in begun.items() if key.startswith("mend.")}
        return fresh | {
            key: with_inputs(x, begun[key].shape[1]) if x.ndim == 4 and key in begun else x for key, x in kept.items()
        }

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)
        inputs = ["image", "mask", "noise", *(["place"] if self.completion.framed else [])]
        sizes = ((2, 64, 96), (1, 128, 128), (1, 176, 80))
        examples = []
        for count, height, width in sizes:
            mask = (torch.rand(count, 1, height, width, generator=random) < 0.4).float()
            mask[:, :, : height // 2, : width // 3] = 1
            mask[:1, :, height // 2 :] *= 0.5
            if self.completion.mends:
                mask = (mask > 0) * COPIED
            values = {
                "image": torch.rand(count, 3, height, width, generator=random),
                "mask": mask,
                "noise": networks.draw_noise(mask, self.completion.noise, random),
                "place": networks.frame_coordinates(mask),
            }
            examples.append({name: values[name] for name in inputs})
        full, small = {0: "N", 2: "H", 3: "W"}, {0: "N", 2: "h", 3: "w"}
        axes = {name: full if name in ("image", "mask") else small for name in inputs} | {"filled": full}
        facts = {
            "task": "mending" if self.completion.mends else "completion",
            "multiple": str(networks.MULTIPLE),
            "noise": str(self.completion.noise),
            "value_range": "[0,1] sRGB",
        }
        exported = Exported(self.completion, examples, ("filled",), axes, facts, self._calibration, _FLOATS)
        return {self.name: exported}

    def _calibration(self, folders: Sequence[Path]) -> Iterator[Mapping[str, Tensor]]:
        """Some of the pictures of folders, with holes such as are learnt from."""
        drafts = 0.0 if self.completion.framed else 0.25
        source = data.opened(
            folders,
            framed=self.completion.framed,
            copied=CALIBRATED if self.completion.mends else 0,
            sizes=data.Sizes(((128, CALIBRATED, 1.0),), drafts),
            holes=Holes(),
            seed=self.seed,
            note=lambda _: None,
        )
        batch = source.batch(0)
        batch["noise"] = networks.draw_noise(batch["mask"], self.completion.noise, self._random(0))
        names = ["image", "mask", "noise", *(["place"] if self.completion.framed else [])]
        for n in range(CALIBRATED):
            yield {name: batch[name][n : n + 1] for name in names}

    def _filled(self, batch: Batch, random: torch.Generator) -> Tensor:
        noise = networks.draw_noise(batch["mask"], self.completion.noise, random)
        filled: Tensor = self.completion(batch["image"], batch["mask"], noise, batch.get("place"))
        return filled

    def _random(self, step: int) -> torch.Generator:
        return torch.Generator().manual_seed(noise_seed(self.seed, step))


def weight_by_depth(mask: Tensor) -> Tensor:
    """How much each pixel of the hole counts, (N,1,H,W): fully at its edge, a quarter from an eighth of the picture on,
    where many answers are right (Yu et al., "Generative image inpainting with contextual attention", CVPR 2018)."""
    hole = (mask > 0).float()
    steps = 4
    reach = max(1, mask.shape[2] // 16 // steps) * 2 + 1
    left, weight = hole, torch.zeros_like(hole)
    for step in range(steps):
        deeper = -functional.max_pool2d(-left, reach, 1, reach // 2)
        weight = weight + (left - deeper) * (1 - 0.75 * step / steps)
        left = deeper
    return weight + left * 0.25


def weighted(difference: Tensor, weight: Tensor) -> Tensor:
    """The mean of differences (N,C,H,W) over what has a weight (N,1,H,W); (N,)."""
    return (difference.float().mean(1, keepdim=True) * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1)


def in_hole(a: Sequence[Tensor], b: Sequence[Tensor], mask: Tensor) -> Tensor:
    """How far apart the features (N,C,h,w) of two batches lie where they see the hole, summed over depths; (N,)."""
    distances = []
    for one, other in zip(a, b, strict=True):
        distance = (one - other).square().sum(1, keepdim=True).add(1e-8).sqrt()
        distances.append(weighted(distance, touched(mask, one)))
    return torch.stack(distances).sum(0)


def touched(mask: Tensor, map_: Tensor) -> Tensor:
    """The share of the hole in what each value of a map (N,C,h,w) stands for; (N,1,h,w)."""
    return functional.adaptive_avg_pool2d((mask > 0).float(), (map_.shape[2], map_.shape[3]))


def _condition(batch: Batch) -> Tensor:
    """The condition of the discriminator of features, (N,4,H/4,W/4): the hole, and where in the frame it lies."""
    mask, place = batch["mask"], batch.get("place")
    inputs = torch.cat(
        [functional.avg_pool2d(mask, GRID), networks.frame_coordinates(mask) if place is None else place], 1
    )
    if place is None:
        # A crop of a photo lies nowhere.
        inputs[:, 1:] = 0
    return inputs


def _in_patches(logits: Tensor, mask: Tensor) -> Tensor:
    """The mean of logits (N,1,h,w) over patches that the hole touches."""
    touch = (touched(mask, logits) > 0).float()
    return (logits.float() * touch).sum() / touch.sum().clamp(min=1)


def _relativistic(better: Tensor, worse: Tensor, mask: Tensor) -> Tensor:
    """`losses.relativistic` over the patches that the hole touches."""
    return _in_patches(functional.softplus((worse - better).float()), mask)


def fresh(
    *,
    framed: bool,
    weights: LossWeights,
    widths: tuple[int, int, int, int],
    dilations: tuple[int, ...],
    discriminator: tuple[int, int, int, int],
    noise: int,
    mends: bool,
    name: str,
    seed: int,
    device: torch.device,
) -> Filling:
    """Return a task whose networks have fresh weights."""
    torch.manual_seed(seed)
    completion = Completion(widths, dilations, noise=noise, framed=framed, mends=mends)
    judge = Discriminator(discriminator, framed=framed) if weights.adversarial else None
    for network in (completion, judge):
        if network is not None:
            network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Filling(completion, judge, weights=weights, name=name, seed=seed)
