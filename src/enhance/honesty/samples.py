"""Several faces for the same pixels, one a seed: what the line-up shows, and the map of uncertainty is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from enhance.faces.crops import FaceCrop
from enhance.faces.drawing import draw_crops
from enhance.inference.model import Model
from enhance.painting.consistency import back_project
from enhance.pixels import Array, area_mean, eight_bit
from enhance.tasks.upscale.choice import lineup_models


def draw_samples(model: Model, crop: FaceCrop, seeds: Sequence[int]) -> Array:
    """What a model draws of a crop, (n,s*h,s*w,3) for a scale s, in steps of 1/255, each consistent with the crop."""
    drawn = [draw_crops(model, [crop], seed)[0] for seed in seeds]
    return _consistent(drawn, crop, model.facts.scale)


def draw_beside(model: Model, crop: FaceCrop, seed: int, count: int, first: Array | None = None) -> Array:
    """One answer of a model to a crop, and further ones beside it, (count,s*h,s*w,3), as `draw_samples` has them.

    Args:
        seed: of the first; the others have those that follow.
        count: how many, the first included.
        first: what was drawn for the first seed, if it was drawn already.
    """
    further = range(seed + 1, seed + count)
    several, other = lineup_models(model)
    drawn = draw_crops(model, [crop], seed)[0] if first is None else first
    others = draw_each(other, versions(several, crop, further), further)
    return np.stack([*_consistent([drawn], crop, model.facts.scale), *others])


def draw_each(model: Model, crops: Sequence[FaceCrop], seeds: Sequence[int]) -> list[Array]:
    """What a model draws of each crop for a seed of its own, (s*h,s*w,3) each, consistent with that crop."""
    return [draw_samples(model, crop, [seed])[0] for crop, seed in zip(crops, seeds, strict=True)]


def versions(model: Model | None, crop: FaceCrop, seeds: Sequence[int]) -> list[FaceCrop]:
    """What the answers of some seeds are drawn from: the crop itself, or each from another way in which a model
    restores it."""
    return [crop if model is None else restored(model, crop, seed) for seed in seeds]


def restored(model: Model, crop: FaceCrop, seed: int = 0) -> FaceCrop:
    """A crop without grain and blur: what a network that restores draws of it, made as small as it was."""
    return replace(crop, lr=area_mean(draw_crops(model, [crop], seed)[0], model.facts.scale))


def _consistent(drawn: Sequence[Array], crop: FaceCrop, scale: int) -> Array:
    return np.stack([eight_bit(back_project(hr, crop.lr, scale)) for hr in drawn])


def upright(crop: FaceCrop, samples: Array) -> Array:
    """Samples (n,s*h,s*w,3) of a crop as faces upright in their frame, (n,3,S,S)."""
    return np.stack([crop.upright(sample).transpose(2, 0, 1) for sample in samples])
