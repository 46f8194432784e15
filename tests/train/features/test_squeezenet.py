from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

import enhance
from enhance.tasks.imagine.benchmark import BIRDS
from enhance.train.features.squeezenet import Classifier

WALL = Path(enhance.__file__).parent / "web" / "static" / "wall"


def test_a_bird_is_taken_for_a_bird_and_a_horse_is_not() -> None:
    likely = []
    for name in ("birds", "horse_given"):
        with Image.open(WALL / f"{name}.webp") as image:
            side = min(image.size)
            pixels = np.array(image.convert("RGB").crop((0, 0, side, side)))
        seen = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
        with torch.no_grad():
            likely.append(Classifier()(functional.interpolate(seen, (224, 224), mode="bicubic").clamp(0, 1)))
    bird, horse = (float(one[0, BIRDS].sum()) for one in likely)
    assert likely[0].shape == (1, 1000)
    assert abs(float(likely[0].sum()) - 1) < 1e-4
    assert bird > 0.5 > 0.05 > horse
