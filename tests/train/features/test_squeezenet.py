from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

import enhance
from enhance.tasks.imagine.benchmark import BIRDS
from enhance.train.features.squeezenet import Classifier

WALL = Path(enhance.__file__).parent / "web" / "static" / "wall"


def seen(name: str) -> torch.Tensor:
    """The squares of a picture side by side, (N,3,224,224)."""
    with Image.open(WALL / f"{name}.webp") as image:
        pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1) / 255
    side = min(pixels.shape[1:])
    squares = torch.stack([pixels[:, :side, x : x + side] for x in range(0, pixels.shape[2] - side + 1, side)])
    return functional.interpolate(squares, (224, 224), mode="bicubic").clamp(0, 1)


def test_birds_are_taken_for_birds_and_a_horse_is_not() -> None:
    with torch.no_grad():
        birds, horse = (Classifier()(seen(name)) for name in ("birds", "horse_given"))
    assert birds.shape == (6, 1000)
    assert torch.allclose(birds.sum(1), torch.ones(6), atol=1e-4)
    assert birds[:, BIRDS].sum(1).mean() > 0.4
    assert horse[:, BIRDS].sum() < 0.05
