"""A task of these tests alone, to show that training knows none: dark pictures of 16x16 pixels to bright ones and back.

Its two folders have no pairs (Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial
networks", ICCV 2017).

It has what the face task lacks: two generators and two discriminators, batch norm, which has buffers, and a pool of
older pictures, which a resumed run needs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from enhance.datasets import folders
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule
from enhance.train.task import Batch, Exported, Group

SIDE = 16
KINDS = ("a", "b")
OTHER = {"a": "b", "b": "a"}


def generator(normalised: bool) -> nn.Module:
    """Pictures (N,3,h,w) in [0,1] to others of the same shape."""
    norm: nn.Module = nn.BatchNorm2d(8) if normalised else nn.Identity()
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), norm, nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1), nn.Sigmoid())


def discriminator() -> nn.Module:
    """Pictures (N,3,16,16) to logits (N,1,4,4)."""
    return nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 4, 2, 1))


class Pool:
    """Pictures that a generator drew earlier: a discriminator sees one of them as often as one of today's."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.pictures = torch.empty(0, 3, SIDE, SIDE)

    def exchange(self, drawn: Tensor, random: torch.Generator) -> Tensor:
        """As many pictures as were drawn; half of them are from the pool, and the drawn ones take their places."""
        shown = []
        for picture in drawn:
            if len(self.pictures) < self.room:
                self.pictures = torch.cat([self.pictures, picture[None]])
            elif torch.rand((), generator=random) < 0.5:
                place = int(torch.randint(self.room, (), generator=random))
                older = self.pictures[place].clone()
                self.pictures[place] = picture
                picture = older
            shown.append(picture)
        return torch.stack(shown)


class Unpaired:
    """The networks and their losses."""

    def __init__(self, cycle: float, room: int, seed: int) -> None:
        self.cycle = cycle
        self.seed = seed
        self.groups = {
            "generators": Group(nn.ModuleDict({"ab": generator(True), "ba": generator(False)}), (0.5, 0.9), True),
            "discriminators": Group(nn.ModuleDict({kind: discriminator() for kind in KINDS}), (0.5, 0.9), speed=0.5),
        }
        self.pools = {kind: Pool(room) for kind in KINDS}
        self.drawn: dict[str, Tensor] = {}

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        draw, judge = (self.groups[name].networks for name in ("generators", "discriminators"))
        found: dict[str, Tensor] = {}
        if group == "generators":
            judge.requires_grad_(False)
            for kind in KINDS:
                there, back = f"{kind}{OTHER[kind]}", f"{OTHER[kind]}{kind}"
                drawn = draw[there](batch[kind])
                found[f"adversarial_{there}"] = (judge[OTHER[kind]](drawn) - 1).square().mean()
                found[f"cycle_{kind}"] = self.cycle * (draw[back](drawn) - batch[kind]).abs().mean()
                self.drawn[OTHER[kind]] = drawn.detach()
            judge.requires_grad_(True)
            return found
        random = torch.Generator().manual_seed(self.seed * 1009 + step)
        for kind in KINDS:
            fake = self.pools[kind].exchange(self.drawn[kind], random)
            real = judge[kind](batch[kind])
            found[f"discrimination_{kind}"] = ((real - 1).square().mean() + judge[kind](fake).square().mean()) / 2
        return found

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        draw = self.groups["generators"].networks
        drawn = draw["ab"](batch["a"])
        return {"a": batch["a"], "as b": drawn, "and back": draw["ba"](drawn)}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        draw = self.groups["generators"].networks
        cycles = [(draw["ba"](draw["ab"](batch["a"])) - batch["a"]).abs().mean().item() for batch in batches]
        return {"score": sum(cycles) / len(cycles)}

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return "everything has become one colour" if means["cycle_a"] > 100 else None

    def state_dict(self) -> dict[str, Any]:
        return {"pools": {kind: pool.pictures for kind, pool in self.pools.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for kind, pictures in state["pools"].items():
            self.pools[kind].pictures = pictures.clone()

    def adapt(self, name: str, weights: Mapping[str, Mapping[str, Tensor]]) -> Mapping[str, Tensor] | None:
        return weights.get(name)

    def export(self) -> Mapping[str, Exported]:
        draw = self.groups["generators"].networks
        random = torch.Generator().manual_seed(0)
        shapes = ((2, 3, SIDE, SIDE), (1, 3, 20, 12))
        axes = {0: "N", 2: "h", 3: "w"}
        return {
            name: Exported(
                Named(name, draw[name]).eval(),
                [{"image": torch.rand(shape, generator=random)} for shape in shapes],
                ("redrawn",),
                {"image": axes, "redrawn": axes},
                {"task": "toy"},
            )
            for name in ("ab", "ba")
        }


class Named(nn.Module):
    """A network whose weights are called after it in the exported file."""

    def __init__(self, name: str, network: nn.Module) -> None:
        super().__init__()
        self.name = name
        self.add_module(name, network)

    def forward(self, image: Tensor) -> Tensor:
        return self.get_submodule(self.name)(image)


class TwoFolders:
    """Pictures of the first folder and of the second, in no order that they share."""

    def __init__(self, paths: Sequence[Path], size: int, seed: int) -> None:
        self.size = size
        self.seed = seed
        listings = [folders.pictures(path) for path in paths]
        self.digest = folders.digest(path for listing in listings for path in listing)
        self.pictures = [
            torch.from_numpy(np.stack([folders.read_pixels(path) for path in listing])) for listing in listings
        ]

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        rng = np.random.default_rng((self.seed, step, rank))
        chosen = (rng.integers(1, len(pictures), self.size) for pictures in self.pictures)
        return self._batch(*chosen)

    def held_out(self) -> Sequence[Batch]:
        return [self._batch(*([0] for _ in KINDS))]

    def _batch(self, *chosen: Sequence[int]) -> Batch:
        pairs = zip(KINDS, self.pictures, chosen, strict=True)
        return {kind: pictures[indices].permute(0, 3, 1, 2).float() / 255 for kind, pictures, indices in pairs}


@dataclass(frozen=True)
class Losses:
    cycle: float = 5.0


@dataclass(frozen=True)
class ToyRecipe:
    """A nested recipe, as those of real tasks are."""

    task_name: ClassVar[str] = "toy"

    name: str = "toy"
    losses: Losses = field(default_factory=Losses)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=2e-3, warm_up=5, ema=0.9))
    batch: int = 4
    pool: int = 6
    seed: int = 0

    def data(self, paths: Sequence[Path]) -> TwoFolders:
        return TwoFolders(paths, self.batch, self.seed)

    def task(self, device: torch.device) -> Unpaired:  # noqa: ARG002
        return Unpaired(self.losses.cycle, self.pool, self.seed)


def recipe_of(state: Mapping[str, Any]) -> ToyRecipe:
    """The recipe that a checkpoint carries."""
    assert state["task_name"] == "toy"
    return rebuild(ToyRecipe, json.loads(state["recipe"]))
