"""The network that finds a cat's landmarks in a picture of its head, and how it was taught by a few dozen of them.

    python -m enhance.tasks.sketch.finder PICTURES LANDMARKS.onnx

`landmarks.tsv` names pictures of AFHQ, and says where we think that eyes, nose, ears, cheeks and chin are in them,
in per cent. So few are enough, because features that were learnt from a million photographs are not learnt again.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from enhance.datasets import folders
from enhance.tasks.sketch.landmarks import BORDER, INNER, LANDMARK_COUNT, MIRRORED, NETWORK, PADDED, padded
from enhance.train.features.squeezenet import SqueezeNet

TSV = Path(__file__).with_name("landmarks.tsv")
CELLS = PADDED // 8
VARIANTS, _STEPS, BATCH, RATE = 14, 300, 24, 2e-3
HEAT_MAP_SPREAD = 0.035
"""Standard deviation that a heat map is to have, in pictures: a map of one cell knows no place between cells."""


class Head(nn.Module):
    """Features (N,384,22,22) to a heat map for each landmark, and its middle."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.join = nn.Conv2d(384, width, 1)
        sizes = (width + 2, 1), (width, 2), (width, 4)
        self.around = nn.ModuleList([nn.Conv2d(n, width, 3, padding=d, dilation=d) for n, d in sizes])
        self.maps = nn.Conv2d(2 * width, LANDMARK_COUNT, 3, padding=1)
        across = (torch.arange(CELLS) + 0.5) / CELLS
        self.across: Tensor
        self.register_buffer("across", across)
        even = torch.linspace(-1, 1, CELLS)
        self.grid: Tensor
        self.register_buffer("grid", torch.stack(torch.meshgrid(even, even, indexing="xy"))[None])

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """To points (N,13,2), fractions of the padded picture, and the variances (N,13) of their maps."""
        x = functional.leaky_relu(self.join(features), 0.1)
        y = torch.cat([x, self.grid.expand(x.shape[0], -1, -1, -1)], 1)
        for layer in self.around:
            y = functional.leaky_relu(layer(y), 0.1)
        y = functional.dropout2d(y, 0.15, self.training)
        heat = self.maps(torch.cat([x, y], 1))
        heat = heat.flatten(2).softmax(2).reshape(heat.shape)
        columns, rows = heat.sum(2), heat.sum(3)
        points = torch.stack([(columns * self.across).sum(2), (rows * self.across).sum(2)], 2)
        squared = (self.across - points[..., None]).square()
        return points, (columns * squared[:, :, 0]).sum(2) + (rows * squared[:, :, 1]).sum(2)


class LandmarkFinder(nn.Module):
    """A picture with a border (N,3,176,176) in [0,1] to points (N,13,2), fractions of it."""

    def __init__(self) -> None:
        super().__init__()
        self.squeezenet = SqueezeNet()
        self.head = Head()

    def features(self, image: Tensor) -> Tensor:
        """(N,384,22,22), of two depths."""
        _, fine, coarse = self.squeezenet(image)
        short = 2 * CELLS - fine.shape[2]
        fine = functional.avg_pool2d(functional.pad(fine, (0, short, 0, short)), 2)
        return torch.cat([fine * 6, coarse * 12], 1)

    def forward(self, image: Tensor) -> Tensor:
        points: Tensor = self.head(self.features(image))[0]
        return points


def teach(pictures: Path, seed: int = 0) -> LandmarkFinder:
    """Teach the head alone, by the pictures that `landmarks.tsv` names; a few minutes.

    Raises:
        DataError: a picture cannot be read.
    """
    rows = [line.split() for line in TSV.read_text().splitlines()]
    images = [padded(folders.read_pixels(pictures / name)) for name, *_ in rows]
    points = np.array([[[float(x) for x in pair.split(",")] for pair in pairs] for _, *pairs in rows]) / 100
    points = points * INNER + BORDER
    finder = LandmarkFinder()
    random = np.random.default_rng(seed)
    features, wanted = [], []
    for _ in range(VARIANTS):
        varied = [_varied(image, at, random) for image, at in zip(images, points, strict=True)]
        with torch.no_grad():
            features.append(finder.features(torch.from_numpy(np.stack([image for image, _ in varied]))).half())
        wanted += [at / PADDED for _, at in varied]
    known, aims = torch.cat(features), torch.tensor(np.array(wanted), dtype=torch.float32)
    torch.manual_seed(seed)
    finder.head = Head()
    optimiser = torch.optim.Adam(finder.head.parameters(), RATE)
    for step in range(_STEPS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, 2 * (_STEPS - step) / _STEPS)
        some = torch.randint(len(known), (BATCH,))
        predicted, variance = finder.head(known[some].float())
        spread = ((variance + 1e-8).sqrt() - HEAT_MAP_SPREAD).abs().mean()
        loss = 100 * ((predicted - aims[some]).abs().mean() + 0.3 * spread)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return finder.eval()


def _varied(
    image: NDArray[np.uint8], points: NDArray[np.float64], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A picture (176,176,3) mirrored, turned, moved and recoloured, (3,176,176), and its landmarks (13,2)."""
    if random.random() < 0.5:
        image, points = np.ascontiguousarray(image[:, ::-1]), points[MIRRORED].copy()
        points[:, 0] = PADDED - points[:, 0]
    turn, size = random.normal(0, 8), np.exp(random.normal(0, 0.09))
    matrix = cv2.getRotationMatrix2D((PADDED / 2, PADDED / 2), float(turn), float(size))
    matrix = matrix + np.pad(random.normal(0, 6, (2, 1)), ((0, 0), (2, 0)))
    image = cv2.warpAffine(image, matrix, (PADDED, PADDED), borderMode=cv2.BORDER_REFLECT_101).astype(np.uint8)
    colours = (image / 255 - 0.5) * random.uniform(0.6, 1.3) + 0.5 + random.normal(0, 0.08, 3)
    return np.clip(colours, 0, 1).transpose(2, 0, 1).astype(np.float32), points @ matrix[:, :2].T + matrix[:, 2]


def _write(finder: LandmarkFinder, path: Path) -> None:
    """Write the network as ONNX, for `landmarks.find_landmarks`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        finder,
        (torch.zeros(2, 3, PADDED, PADDED),),
        path,
        dynamo=False,
        opset_version=17,
        input_names=["image"],
        output_names=["points"],
        dynamic_axes={"image": {0: "n"}, "points": {0: "n"}},
    )


if __name__ == "__main__":
    _write(teach(Path(sys.argv[1])), Path(sys.argv[2]) if len(sys.argv) > 2 else NETWORK)
