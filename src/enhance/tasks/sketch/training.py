"""Teach a network to follow a drawing: pix2pix (Isola et al., CVPR 2017), told how the cat looks and how loosely to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.sketch.look import LOOK, packed
from enhance.tasks.sketch.networks import BANK, NOISE, Critic, Painter
from enhance.train import losses
from enhance.train.features.squeezenet import SqueezeNet
from enhance.train.task import Batch, Exported, Group, Stateless

STEEP = 0.12
"""Difference of brightness between neighbouring pixels that is a line to anybody."""
COARSE = 8
"""Cells on a side of a picture whose mean colours count."""


@dataclass(frozen=True)
class Weights:
    """How much each loss counts.

    Attributes:
        perceptual: distance of SqueezeNet's features to the photograph's; half of it for the loosest drawings.
        pixel: of every pixel to the photograph's, likewise.
        colour: of the mean colours of 64 cells.
        obeyed: how far lines of the drawing are from being edges of the picture; nothing for the loosest drawings.
        adversarial: of each of the critic's two verdicts.
        penalty: R1's and R2's, every `penalty_every` steps.
        alone: steps before the critic has a say.
        strangers: share of a batch that is given the look of another photograph, as drawings will be. Of them only the
            critic and the drawing are judges.
    """

    perceptual: float = 0.6
    pixel: float = 0.4
    colour: float = 1.0
    obeyed: float = 0.3
    adversarial: float = 0.12
    penalty: float = 0.3
    penalty_every: int = 8
    alone: int = 600
    strangers: float = 0.25


class Sketch(Stateless):
    """A painter, and a critic that asks of each patch whether it is photographed, and whether it is what was drawn."""

    def __init__(
        self, painter: Painter, critic: Critic, *, weights: Weights, seed: int = 0, device: torch.device | None = None
    ) -> None:
        self.painter = painter
        self.critic = critic
        self.weights = weights
        self.seed = seed
        self.device = device or torch.device("cpu")
        self.senses = SqueezeNet().to(self.device)
        self.groups = {
            "painter": Group(nn.ModuleDict({"painter": painter}), (0.5, 0.99), averaged=True),
            "critic": Group(nn.ModuleDict({"critic": critic}), (0.0, 0.99)),
        }
        self._made: Tensor | None = None

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self._painter_losses(batch, step) if group == "painter" else self._critic_losses(batch, step)

    def _painter_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        weights, picture, edges, looseness = self.weights, batch["picture"], batch["edges"], batch["looseness"]
        self._remember(batch["look"], step)
        strange = round(weights.strangers * len(picture)) if step >= weights.alone else 0
        look = torch.cat([batch["look"].roll(1, 0)[:strange], batch["look"][strange:]])
        made = self.painter(edges, looseness, look, self._noise(len(picture), step)).float()
        self._made = made.detach()
        known = slice(strange, None)
        strict = 1 - looseness[:, 0]
        with torch.no_grad():
            original = self.senses(picture[known])
        seen = self.senses(made[known])
        tight = 0.5 + 0.5 * strict[known]
        apart = (losses.feature_distance(seen, original) * tight).mean()
        found = {
            "perceptual": weights.perceptual * apart,
            "pixel": weights.pixel * ((made[known] - picture[known]).abs().mean((1, 2, 3)) * tight).mean(),
            "colour": weights.colour * _apart_in_colour(made[known], picture[known]),
            "obeyed": weights.obeyed * (disobeyed(made, edges) * strict.square()).mean(),
        }
        if step >= weights.alone:
            self.critic.requires_grad_(False)
            with torch.no_grad():
                real = self.critic(picture, edges, looseness)
            fake = self.critic(made, edges, looseness)
            for name, better, worse in zip(("photograph", "drawn"), fake, real, strict=True):
                found[name] = weights.adversarial * losses.relativistic(better.float(), worse.float())
            self.critic.requires_grad_(True)
        return found

    def _critic_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        weights, picture, edges, looseness = self.weights, batch["picture"], batch["edges"], batch["looseness"]
        assert self._made is not None
        if step < weights.alone * 3 // 4:
            # The painter's first attempts would teach it nothing.
            return {"discrimination": torch.stack([p.sum() for p in self.critic.parameters()]).sum() * 0}
        photographed, features = self.critic.photographed(torch.cat([picture, self._made]))
        real, fake = photographed.float().chunk(2)
        # A photograph with another one's drawing is a photograph, and not what was drawn.
        features = torch.cat([features, features[: len(picture)]])
        told = torch.cat([edges, edges, edges.roll(1, 0)]), torch.cat([looseness] * 3)
        drawn, invented, mistaken = self.critic.drawn(features, *told).float().chunk(3)
        found = {
            "discrimination": losses.relativistic(real, fake) + losses.relativistic(drawn, invented),
            "mismatch": 0.5 * losses.relativistic(drawn, mistaken),
        }
        if step % weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, and counts for more.
            with torch.autocast(picture.device.type, enabled=False):
                both = torch.cat([picture, self._made]).float().requires_grad_()
                verdicts = self.critic(both, edges.repeat(2, 1, 1, 1), looseness.repeat(2, 1))
                penalty = losses.gradient_penalty(verdicts[0].mean((1, 2, 3)) + verdicts[1].mean((1, 2, 3)), both)
            found["penalty"] = weights.penalty * weights.penalty_every * penalty
        return found

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
            made = self._made_of(batch, batch["look"], number)
            seen, original = self.senses(made), self.senses(batch["picture"])
            apart.append(losses.feature_distance(seen, original))
            disobedient.append(disobeyed(made, batch["edges"]))
            made_features.append([x.transpose(0, 1).flatten(1) for x in seen[1:]])
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
                "noise": torch.randn(count, NOISE, generator=random),
            }
            for count in (1, 3)
        ]
        names = ("edges", "looseness", "look", "noise", "image")
        return {
            "sketch_cat": Exported(
                module=self.painter,
                examples=examples,
                outputs=("image",),
                axes={name: {0: "n"} for name in names},
                facts={"task": "sketch", "looks": packed(self.painter.looks.cpu().numpy())},
            )
        }

    @torch.no_grad()
    def _made_of(self, batch: Batch, look: Tensor, number: int) -> Tensor:
        noise = self._noise(len(look), number)
        return self.painter(batch["edges"], batch["looseness"], look, noise).float().clamp(0, 1)

    def _noise(self, count: int, step: int) -> Tensor:
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        return torch.randn(count, NOISE, generator=random).to(self.device)

    def _remember(self, look: Tensor, step: int) -> None:
        where = (torch.arange(len(look)) + step * len(look)) % BANK
        self.painter.looks[where.to(look.device)] = look.detach().float()


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


def _apart_in_colour(a: Tensor, b: Tensor) -> Tensor:
    return (functional.adaptive_avg_pool2d(a, COARSE) - functional.adaptive_avg_pool2d(b, COARSE)).abs().mean()
