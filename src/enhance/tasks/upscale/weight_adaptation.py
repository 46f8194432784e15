"""Weights of a generator from those of one with other parts, so that one recipe can go on from another."""

from collections.abc import Mapping

import torch
from torch import Tensor

from enhance.tasks.upscale.networks.generator import PLACE, Generator
from enhance.train.checkpoint import with_inputs


def adapt_weights(generator: Generator, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """New layers start at zero; new noise inputs start with small weights. Layers that the generator lacks are
    dropped, and so are its coordinates, which are 0 in the middle of a frame 32 pixels wide. But for that, both draw
    (nearly) the same until it has learnt."""
    own = generator.state_dict()
    fresh = {
        name: value
        for name, value in own.items()
        if name.startswith(("mend.", "deep.", "trunk.", "after.", "modulation."))
    }
    kept = {name: value for name, value in weights.items() if name in own or not name.startswith("deep.")}
    kept = insert_blocks(kept, len(generator.trunk))
    if len(kept["paint.weight"]) > len(own["paint.weight"]):
        kept |= reduced_paint(kept, generator.scale)
    head, inputs = weights["head.weight"], generator.head.in_channels
    if generator.sees_bad and head.shape[1] < inputs:
        kept["head.weight"] = with_inputs(head[:, : 3 + generator.noise], inputs)
        return {**fresh, **kept}
    missing = inputs - head.shape[1]
    if missing in (generator.noise, generator.shared) and missing:
        known = 3 + generator.noise - missing
        quiet = generator.head.weight.detach()[:, known : known + missing]
        kept["head.weight"] = torch.cat([head[:, :known], quiet, head[:, known:]], 1)
    elif not generator.framed and head.shape[1] == inputs + PLACE:
        kept["head.weight"] = head[:, :inputs]
    return {**fresh, **kept}


def reduced_paint(weights: Mapping[str, Tensor], scale: int) -> dict[str, Tensor]:
    """The weights of the layer that paints blocks, for blocks of scale x scale pixels: the means of larger ones."""
    found = {}
    for name in ("paint.weight", "paint.bias"):
        times = round((len(weights[name]) / 3) ** 0.5) // scale
        found[name] = weights[name].unflatten(0, (3, scale, times, scale, times)).mean((2, 4)).flatten(0, 2)
    return found


def insert_blocks(weights: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """Weights with those of the trunk's blocks where they belong in a longer trunk: each of its halves begins with
    them."""
    count = len({name.split(".")[1] for name in weights if name.startswith("trunk.")})
    further = max(blocks // 2 - count // 2, 0)

    def moved(name: str) -> str:
        part, number, *rest = name.split(".")
        later = part == "trunk" and int(number) >= count // 2
        return ".".join((part, str(int(number) + further), *rest)) if later else name

    return {moved(name): value for name, value in weights.items()}
