"""Dials for what the pixels do not say: the directions in which the faces that a network draws of them differ most.

They are found for each face by itself, by a regression of what is drawn on the noise that is one for the whole face,
and its principal axes (Härkönen et al., "GANSpace", NeurIPS 2020, look for them in the same way). A face that is turned
along one still agrees with the photo: only what was made up changes. What a direction does has no name that would
be true of every face, so directions are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enhance.errors import PhotoError
from enhance.faces.crops import FaceCrop
from enhance.faces.drawing import draw_crops
from enhance.inference.model import Model
from enhance.inference.noise import noise_rng
from enhance.painting.consistency import back_project
from enhance.pixels import Array, area_mean, eight_bit, luma

_SHOWN = 3
"""Directions that are offered."""
FARTHEST = 3.0
"""Standard deviations of the noise: nearly all answers of a line-up lie within them."""


@dataclass(frozen=True, eq=False)
class Exploration:
    """A face that can be turned along the directions in which its answers differ.

    Attributes:
        model: the network that draws it.
        crop: the face.
        seed: of the noise that is not turned.
        directions: (k,shared) orthonormal, the one that changes most first.
        strength: (k,) root mean square change of the drawn luma, in grey levels of 255, for a turn of one standard
            deviation.
    """

    model: Model
    crop: FaceCrop
    seed: int
    directions: NDArray[np.float64]
    strength: NDArray[np.float64]

    def turned(self, dials: Sequence[float]) -> Array:
        """The face at positions of the dials, (4h,4w,3) float32 in [0,1] in steps of 1/255.

        Args:
            dials: for each direction how far to go, in standard deviations; those left out are at 0.

        Raises:
            PhotoError: too many dials, or one that is turned too far.
        """
        count = len(self.directions)
        if len(dials) > count or any(not abs(dial) <= FARTHEST for dial in dials):
            raise PhotoError(f"dials {list(dials)}: there are {count}, each from -{FARTHEST:.0f} to {FARTHEST:.0f}")
        shared = np.asarray(dials, np.float64) @ self.directions[: len(dials)]
        return _drawn(self.model, self.crop, self.seed, shared)


def explore(model: Model, crop: FaceCrop, seed: int = 0) -> Exploration:
    """Find the directions in which what a model draws of a crop differs most.

    Raises:
        PhotoError: the model takes no noise that is one for the whole face.
    """
    count = model.facts.shared_noise
    if not count:
        raise PhotoError(f"{model.facts.name}: has no noise that is one for the whole face, so nothing can be turned")
    codes = noise_rng(seed, 1).standard_normal((6 * count, count), dtype=np.float32)
    drawn = [_detail(crop, _drawn(model, crop, seed, code)) for code in codes]
    pictures = np.stack(drawn) - np.mean(drawn, 0)
    effects, *_ = np.linalg.lstsq(codes - codes.mean(0), pictures, rcond=None)
    axes, sizes, _ = np.linalg.svd(effects, full_matrices=False)
    strength = 255 * sizes / np.sqrt(pictures.shape[1])
    return Exploration(model, crop, seed, np.asarray(axes.T[:_SHOWN]), np.asarray(strength[:_SHOWN]))


def _drawn(model: Model, crop: FaceCrop, seed: int, shared: NDArray[np.float64]) -> Array:
    """What is drawn with this noise for the whole face, consistent with the crop."""
    (hr,) = draw_crops(model, [crop], seed, shared)
    return eight_bit(back_project(hr, crop.lr, model.facts.scale))


def _detail(crop: FaceCrop, picture: Array) -> NDArray[np.float64]:
    """The luma of a face in its frame at half its size, as one row: a line that moves by a pixel is no other face."""
    return area_mean(luma(crop.upright(picture).astype(np.float64))[..., None], 2).ravel()
