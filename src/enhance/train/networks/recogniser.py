"""A face recogniser, for the loss that asks whose face was drawn (He et al., "Deep residual learning", CVPR 2016).

It is dlib's: 29 convolutions that put the faces of one person within .6 of each other. Its weights, in the public
domain, come inside the package `face-recognition-models` in dlib's own format. It only trains: likeness is measured
by SFace, which no generator here has ever been taught to please.
"""

import re
from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from enhance.evaluate import packaged

WEIGHTS = "face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat"
LAYER = re.compile(rb"\x01(?:\x05(?=con)|\x07(?=aff)|\x04(?=fc_))(con_4|affine_|fc_2)")
SIDE = 150
MEAN_RGB = (122.782, 117.001, 104.298)
STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, residual blocks, and whether the first of them halves the resolution."""
FACE = (0.5, 0.568, 0.857)
"""Middle x, middle y and side of the square which the recogniser looks at, as shares of the face frame."""


class Recogniser(nn.Module):
    """A frozen recogniser of faces.

    Raises:
        TrainingError: the package with the weights is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        arrays = read_weights()
        self.stem = _convolution(arrays, 3, 32, 7, stride=2)
        self.blocks = nn.ModuleList()
        self.strides: list[int] = []
        inputs = 32
        for width, blocks, halves in STAGES:
            for n in range(blocks):
                stride = 2 if halves and n == 0 else 1
                first = _convolution(arrays, inputs, width, 3, stride=stride)
                self.blocks.append(nn.ModuleList([first, _convolution(arrays, width, width, 3)]))
                self.strides.append(stride)
                inputs = width
        self.last = nn.Linear(inputs, 128, bias=False)
        self.last.weight.data = torch.from_numpy(next(arrays).reshape(inputs, 128).T.copy())
        self.register_buffer("mean", torch.tensor(MEAN_RGB).view(1, 3, 1, 1))
        self.requires_grad_(False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Faces (N,3,150,150) in [0,1], upright, cropped to `FACE`, to points (N,128): two within .6 are one person."""
        x = functional.relu(self.stem((rgb * 255 - cast(Tensor, self.mean)) / 256))
        x = functional.max_pool2d(x, 3, 2)
        for block, stride in zip(self.blocks, self.strides, strict=True):
            first, second = cast(nn.ModuleList, block)
            past = functional.avg_pool2d(x, 2) if stride == 2 else x
            x = second(functional.relu(first(x)))
            # A block that halves may lose a row more than the pooling beside it: what is missing counts as zero.
            height, width, depth = (max(x.shape[d], past.shape[d]) for d in (2, 3, 1))
            x = functional.relu(_padded(x, depth, height, width) + _padded(past, depth, height, width))
        return self.last(x.mean((2, 3)).float())


def crop(pictures: Tensor, place: Tensor) -> Tensor:
    """Cuts from windows of the face frame what the recogniser looks at.

    Args:
        pictures: (N,3,H,W) in [0,1].
        place: (N,3,h,w), see `networks.generator.place`.

    Returns:
        (N,3,150,150); what lies outside a window repeats its border.
    """
    left, right = place[:, 0, 0, 0], place[:, 0, 0, -1]
    top, bottom = place[:, 1, 0, 0], place[:, 1, -1, 0]
    steps = (torch.arange(SIDE, device=place.device) + 0.5) / SIDE - 0.5
    grid = []
    for middle, first, last, cells in ((FACE[0], left, right, place.shape[3]), (FACE[1], top, bottom, place.shape[2])):
        wanted = (middle + FACE[2] * steps) * 2 - 1
        # The places are those of the middles of cells: the window reaches half a cell further on either side.
        reach = (last - first) * cells / (cells - 1) / 2
        grid.append((wanted[None] - ((first + last) / 2)[:, None]) / reach[:, None])
    across, down = (g.to(pictures.dtype) for g in grid)
    shape = (len(pictures), SIDE, SIDE)
    where = torch.stack([across[:, None, :].expand(shape), down[:, :, None].expand(shape)], 3)
    return functional.grid_sample(pictures, where, mode="bilinear", padding_mode="border", align_corners=False)


def shows_face(place: Tensor) -> Tensor:
    """(N,3,h,w) to (N,) bool: whether the window is the whole frame, upright, with all that the recogniser looks at."""
    cell = 2 / place.shape[3]
    whole = (place[:, :2].amax((2, 3)) - place[:, :2].amin((2, 3)) > 2 - 1.5 * cell).all(1)
    upright = (place[:, 0, 0] - place[:, 0, -1]).abs().amax(1) < cell / 2
    return whole & upright


def read_weights() -> Iterator[NDArray[np.float32]]:
    """The learned numbers of each layer, from the picture inwards: filters and their affine maps by turns, then the
    last, linear layer."""
    contents = packaged.find(*WEIGHTS).read_bytes()
    at = 0
    while found := LAYER.search(contents, at):
        at = found.end()
        if found[1] == b"fc_2":
            for _ in ("outputs", "inputs"):
                _, at = _integer(contents, at)
        _, at = _integer(contents, at)
        sides = []
        for _ in range(4):
            side, at = _integer(contents, at)
            sides.append(side)
        layer = np.frombuffer(contents, "<f4", int(np.prod(sides)), at)
        at += layer.nbytes
        yield layer


def _integer(contents: bytes, at: int) -> tuple[int, int]:
    """dlib's integer (how many bytes follow, and these, the least first), and where it ends."""
    end = at + 1 + (contents[at] & 15)
    return int.from_bytes(contents[at + 1 : end], "little"), end


def _convolution(
    arrays: Iterator[NDArray[np.float32]], inputs: int, outputs: int, side: int, *, stride: int = 1
) -> nn.Conv2d:
    """A convolution with the affine map that follows it folded in."""
    filters, affine = next(arrays), next(arrays)
    weight, bias = filters[:-outputs].reshape(outputs, inputs, side, side), filters[-outputs:]
    gain, shift = affine[:outputs], affine[outputs:]
    layer = nn.Conv2d(inputs, outputs, side, stride=stride, padding=side // 2 if stride == 1 else 0)
    layer.weight.data = torch.from_numpy(weight * gain[:, None, None, None])
    layer.bias = nn.Parameter(torch.from_numpy(bias * gain + shift))
    return layer


def _padded(x: Tensor, depth: int, height: int, width: int) -> Tensor:
    return functional.pad(x, (0, width - x.shape[3], 0, height - x.shape[2], 0, depth - x.shape[1]))
