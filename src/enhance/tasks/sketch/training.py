"""Teach a network to follow a drawing: pix2pix (Isola et al., CVPR 2017), with two more inputs: look and looseness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.sketch.look import LOOK, packed_looks
from enhance.tasks.sketch.networks import BANK, CAT_NOISE, DRAWING_CHANNELS, Discriminator, Generator, drawing_maps
from enhance.train import losses
from enhance.train.distributed import noise_seed
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.projected import ProjectedDiscriminator
from enhance.train.task import Batch, Exported, Group, Stateless

STEEP = 0.12
"""Difference of brightness between neighbouring pixels that is a line to anybody."""
COARSE = 8
"""Cells on a side of a picture whose mean colours count."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts.

    Attributes:
        perceptual: distance of SqueezeNet's features to the photograph's; half of it for the loosest drawings.
        pixel: of every pixel to the photograph's, likewise.
        colour: of the mean colours of 64 cells.
        obeyed: how far lines of the drawing are from being edges of the picture; nothing for the loosest drawings.
        pixels_adversarial: of each of the two logits of the pixels.
        features_adversarial: of each of the two logits of the features.
        penalty: R1's and R2's, every `penalty_every` steps.
        alone: steps before the discriminators begin; over as many more their losses grow to their weights. Sooner, and
            the generator gives all colours away to please discriminators that have hardly seen a photograph.
        gentle: what is left of the perceptual and the pixels' loss once they have.
        strangers: share of a batch that is given the look of another photograph, as drawings will be. Only the
            discriminators and the drawing judge these.
    """

    perceptual: float = 1.0
    pixel: float = 0.5
    colour: float = 1.5
    obeyed: float = 0.8
    pixels_adversarial: float = 0.12
    features_adversarial: float = 0.25
    penalty: float = 0.4
    penalty_every: int = 8
    alone: int = 400
    gentle: float = 0.4
    strangers: float = 0.25


class Sketch(Stateless):
    """A generator, and discriminators that ask of each patch: is it photographed, and is it what was drawn?"""

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        *,
        weights: LossWeights,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.feature_discriminator = ProjectedDiscriminator(DRAWING_CHANNELS, seed=seed)
        self.weights = weights
        self.seed = seed
        self.device = device or torch.device("cpu")
        self.squeezenet = SqueezeNet(deep=True).to(self.device)
        discriminators = {"discriminator": discriminator, "feature_discriminator": self.feature_discriminator}
        self.groups = {
            "generator": Group(nn.ModuleDict({"generator": generator}), (0.5, 0.99), averaged=True),
            "discriminator": Group(nn.ModuleDict(discriminators), (0.0, 0.99)),
        }
        self._painted: Tensor | None = None
        self._features: tuple[list[Tensor], list[Tensor]] = [], []

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self._generator_losses(batch, step) if group == "generator" else self._discriminator_losses(batch, step)

    def _generator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        weights, picture, edges, looseness = self.weights, batch["picture"], batch["edges"], batch["looseness"]
        adversarial = step >= weights.alone
        share = min(1.0, max(0, step - weights.alone) / max(1, weights.alone))
        self._remember(batch["look"], step)
        strange = round(weights.strangers * len(picture)) if adversarial else 0
        look = torch.cat([batch["look"].roll(1, 0)[:strange], batch["look"][strange:]])
        painted = self.generator(edges, looseness, look, self._noise(len(picture), step)).float()
        known = slice(strange, None)
        with torch.no_grad():
            original = self.squeezenet(picture)
        features = self.squeezenet(painted)
        strict = 1 - looseness[:, 0]
        tight = (0.5 + 0.5 * strict[known]) * (1 - share * (1 - weights.gentle))
        distance = losses.feature_distance([x[known] for x in features], [x[known] for x in original])
        terms = {
            "perceptual": weights.perceptual * (distance * tight).mean(),
            "pixel": weights.pixel * ((painted[known] - picture[known]).abs().mean((1, 2, 3)) * tight).mean(),
            "colour": weights.colour * _apart_in_colour(painted[known], picture[known]),
            "obeyed": weights.obeyed * (disobeyed(painted, edges) * strict.square()).mean(),
        }
        if adversarial:
            discriminators = self.groups["discriminator"].networks
            discriminators.requires_grad_(False)
            with torch.no_grad():
                real = self.discriminator(picture, edges, looseness)
            fake = self.discriminator(painted, edges, looseness)
            for name, better, worse in zip(("photograph", "drawn"), fake, real, strict=True):
                terms[name] = share * weights.pixels_adversarial * losses.relativistic(better.float(), worse.float())
            alone, (drawn,) = self.feature_discriminator(features[2:], drawing_maps(edges, looseness))
            mean = _joined(alone).mean() + _joined(drawn).mean()
            terms["features"] = -share * weights.features_adversarial * mean
            discriminators.requires_grad_(True)
        self._painted, self._features = painted.detach(), ([x.detach() for x in features], original)
        return terms

    def _discriminator_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        weights, picture, edges, looseness = self.weights, batch["picture"], batch["edges"], batch["looseness"]
        assert self._painted is not None
        if step < weights.alone:
            # The generator's first attempts would teach them nothing.
            bias = self.discriminator.logits.bias
            assert bias is not None
            return {"discrimination": bias.sum() * 0}
        # A photograph with another one's drawing is a photograph, and not what was drawn.
        others = edges.roll(1, 0)
        photographed, features = self.discriminator.photographed(torch.cat([picture, self._painted]))
        real, fake = photographed.float().chunk(2)
        features = torch.cat([features, features[: len(picture)]])
        condition = torch.cat([edges, edges, others]), torch.cat([looseness] * 3)
        drawn, invented, mistaken = self.discriminator.drawn(features, *condition).float().chunk(3)
        terms = {
            "discrimination": losses.relativistic(real, fake) + losses.relativistic(drawn, invented),
            "mismatch": 0.5 * losses.relativistic(drawn, mistaken),
        }
        of_painted, of_real = self._features
        right, wrong = drawing_maps(edges, looseness), drawing_maps(others, looseness)
        alone, (fit, unfit) = self.feature_discriminator(of_real[2:], right, wrong)
        alone_painted, (fit_painted,) = self.feature_discriminator(of_painted[2:], right)
        terms["feature_discrimination"] = losses.hinge(_joined(alone), _joined(alone_painted)) + losses.hinge(
            _joined(fit), _joined(fit_painted)
        )
        terms["feature_mismatch"] = 0.5 * functional.relu(1 + _joined(unfit)).mean()
        if step % weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, and counts for more.
            with torch.autocast(picture.device.type, enabled=False):
                both = torch.cat([picture, self._painted]).float().requires_grad_()
                logits = self.discriminator(both, edges.repeat(2, 1, 1, 1), looseness.repeat(2, 1))
                penalty = losses.gradient_penalty(logits[0].mean((1, 2, 3)) + logits[1].mean((1, 2, 3)), both)
            terms["penalty"] = weights.penalty * weights.penalty_every * penalty
        return terms

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        drawing = 1 - batch["edges"].expand(-1, 3, -1, -1)
        columns = {"drawing": drawing}
        for number in range(2):
            look = batch["look"].roll(number, 0)
            columns[f"made {number + 1}"] = self._made_of(batch, look, number)
        columns["photograph"] = batch["picture"]
        return columns

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Distances to held-out photographs: of each picture to its own, and of all to all.

        `score` counts both: by the first alone a blurred picture is best, by the second alone one that obeys nothing.
        """
        apart, disobedient, made_features, real_features = [], [], [], []
        for number, batch in enumerate(batches):
            painted = self._made_of(batch, batch["look"], number)
            features, original = self.squeezenet(painted)[:3], self.squeezenet(batch["picture"])[:3]
            apart.append(losses.feature_distance(features, original))
            disobedient.append(disobeyed(painted, batch["edges"]))
            made_features.append([x.transpose(0, 1).flatten(1) for x in features[1:]])
            real_features.append([x.transpose(0, 1).flatten(1) for x in original[1:]])
        texture = 0.0
        for mine, real in zip(zip(*made_features, strict=True), zip(*real_features, strict=True), strict=True):
            a, b = torch.cat(mine, 1), torch.cat(real, 1)
            spread = b.std(1) + 1e-3
            texture += float(((a.mean(1) - b.mean(1)).abs() / spread).mean() + (a.std(1) / spread - 1).abs().mean())
        perceptual = float(torch.cat(apart).mean())
        return {
            "perceptual": perceptual,
            "texture": texture,
            "disobeyed": float(torch.cat(disobedient).mean()),
            "score": perceptual + texture,
        }

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        if means.get("colour", 0.0) > 0.4 * self.weights.colour:
            return "the pictures' colours have nothing to do with the photographs' any more"
        return None

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(self.seed)
        examples = [
            {
                "edges": torch.rand(count, 1, 128, 128, generator=random),
                "looseness": torch.rand(count, 1, generator=random),
                "look": torch.rand(count, LOOK, generator=random) * 2 - 1,
                "noise": torch.randn(count, CAT_NOISE, generator=random),
            }
            for count in (1, 3)
        ]
        names = ("edges", "looseness", "look", "noise", "image")
        return {
            "sketch_cat": Exported(
                module=self.generator,
                examples=examples,
                outputs=("image",),
                axes={name: {0: "n"} for name in names},
                facts={"task": "sketch", "looks": packed_looks(self.generator.looks.cpu().numpy())},
            )
        }

    @torch.no_grad()
    def _made_of(self, batch: Batch, look: Tensor, number: int) -> Tensor:
        noise = self._noise(len(look), number)
        return self.generator(batch["edges"], batch["looseness"], look, noise).float().clamp(0, 1)

    def _noise(self, count: int, step: int) -> Tensor:
        random = torch.Generator().manual_seed(noise_seed(self.seed, step))
        return torch.randn(count, CAT_NOISE, generator=random).to(self.device)

    def _remember(self, look: Tensor, step: int) -> None:
        where = (torch.arange(len(look)) + step * len(look)) % BANK
        self.generator.looks[where.to(look.device)] = look.detach().float()


def disobeyed(picture: Tensor, edges: Tensor) -> Tensor:
    """How far lines are from being edges: 0 if along them brightness changes by `STEEP` or more, 1 if it never does.

    Args:
        picture: (N,3,128,128) in [0,1]; an edge may lie two pixels beside its line.
        edges: (N,1,128,128), 1 where there is ink.

    Returns:
        (N,)
    """
    grey = functional.avg_pool2d(functional.pad(picture.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate"), 3, 1)
    across = grey[:, :, 1:-1, 2:] - grey[:, :, 1:-1, :-2]
    down = grey[:, :, 2:, 1:-1] - grey[:, :, :-2, 1:-1]
    steep = functional.pad((across.square() + down.square() + 1e-6).sqrt(), (1, 1, 1, 1))
    missing = functional.relu(1 - functional.max_pool2d(steep, 5, 1, 2) / STEEP) * edges
    return missing.sum((1, 2, 3)) / (edges.sum((1, 2, 3)) + 1)


def _joined(logits: Sequence[Tensor]) -> Tensor:
    """Logits (N,1,h,w) of all depths as (N,patches)."""
    return torch.cat([one.float().flatten(1) for one in logits], 1)


def _apart_in_colour(a: Tensor, b: Tensor) -> Tensor:
    return (functional.adaptive_avg_pool2d(a, COARSE) - functional.adaptive_avg_pool2d(b, COARSE)).abs().mean()
