"""What the discriminator thinks: the network that `face_x4_gan` had to convince.

It learnt to tell photographs of faces from drawn ones, 16x16 pixels at a time, told what both look like when made
small. It learnt on pairs, so that its numbers mean something only beside each other: this patch convinces it more than
that one (Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from enhance.errors import PhotoError
from enhance.inference.model import Model
from enhance.inference.shipped import DISCRIMINATOR, WEIGHTS
from enhance.painting.background import bicubic
from enhance.painting.consistency import downscale
from enhance.pixels import Array, resize

_PATCH = 16
MIN_SIDE, _MAX_SIDE = 64, 128
"""Pixels across a picture that it is asked about; it learnt on faces about so large."""
_COMPARED = (("pixel loss", "face_x4_pixel"), ("GAN", "face_x4_gan"))


@dataclass(frozen=True, eq=False)
class ScoredPicture:
    """A picture and what the discriminator thinks of it.

    Attributes:
        name: how the picture was made; the first one is the photograph.
        rgb: (H,W,3) in [0,1], H and W multiples of PATCH.
        scores: (H/PATCH, W/PATCH); the larger, the more it looks photographed.
    """

    name: str
    rgb: Array
    scores: Array


def scored_enlargements(rgb: Array) -> tuple[ScoredPicture, ...]:
    """Of a part of a photo, and of the same made four times smaller and enlarged again: by bicubic, and by networks.

    Args:
        rgb: (H,W,3) in [0,1].

    Raises:
        PhotoError: it is smaller than 64 pixels.
    """
    hr = fit_to_patches(rgb)
    lr = downscale(hr)
    pictures = {"photograph": hr, "bicubic": bicubic(lr, 4)}
    for name, model in _COMPARED:
        pictures[name] = Model.load(model)(lr.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    return tuple(ScoredPicture(name, picture, patch_scores(picture, lr)) for name, picture in pictures.items())


def fit_to_patches(rgb: Array) -> Array:
    """A picture (H,W,3) reduced until its longer side has at most MAX_SIDE pixels, cut to whole patches.

    Raises:
        PhotoError: a side is shorter than MIN_SIDE.
    """
    height, width = rgb.shape[:2]
    ratio = min(1.0, _MAX_SIDE / max(height, width))
    down, across = (round(side * ratio) // _PATCH * _PATCH for side in (height, width))
    if min(down, across) < MIN_SIDE:
        raise PhotoError(
            f"photo: {width}x{height} pixels are too few or too narrow for an opinion; "
            f"choose a part of {MIN_SIDE} or more both ways, at most twice as long as wide"
        )
    # What is cut off to have whole patches is the rest at the right and at the bottom.
    box = (0.0, 0.0, across / ratio, down / ratio)
    return resize(rgb, (across, down), box, Image.Resampling.BOX)


def patch_scores(hr: Array, lr: Array) -> Array:
    """How photographed each patch of hr (4h,4w,3) looks, given lr (h,w,3): (h/4, w/4), of no particular range."""
    network = Model.load(WEIGHTS / "face_x4_gan" / DISCRIMINATOR)
    result: Array = network.run(hr=hr.transpose(2, 0, 1)[None], lr=lr.transpose(2, 0, 1)[None])["verdicts"][0, 0]
    return result
