from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image, ImageDraw

from enhance.tasks.imagine.bank import BANK_FILE, packed_layouts
from enhance.tasks.imagine.data import Sampling, candidates
from enhance.tasks.imagine.layouts import POINTS
from enhance.tasks.imagine.networks import Widths
from enhance.tasks.imagine.recipes import Recipe, bird
from enhance.tasks.imagine.training import LossWeights
from enhance.train.export import to_onnx

COLOURS = {"red": (200, 30, 30), "yellow": (220, 200, 40), "blue": (40, 60, 200), "black": (15, 15, 15)}
PLACES = {"beak": (126, 40), "crown": (104, 26), "throat": (104, 54), "left_eye": (110, 34), "right_eye": (110, 34)}
PLACES |= {"breast": (90, 74), "belly": (78, 92), "back": (52, 66), "tail": (14, 96), "nape": (90, 38)}


def draw(random: np.random.Generator) -> tuple[Image.Image, dict[str, tuple[int, int]], str]:
    """A bird of ovals, where its parts lie, and what may be said of it."""
    head, body = random.choice(list(COLOURS), 2)
    dx, dy = random.integers(-8, 9, 2)
    image = Image.new("RGB", (144, 144), tuple(random.integers(90, 250, 3).tolist()))
    pen = ImageDraw.Draw(image)
    pen.polygon([(50 + dx, 60 + dy), (10 + dx, 100 + dy), (60 + dx, 90 + dy)], fill=COLOURS[body])
    pen.ellipse((40 + dx, 50 + dy, 106 + dx, 104 + dy), fill=COLOURS[body])
    pen.ellipse((86 + dx, 20 + dy, 122 + dx, 58 + dy), fill=COLOURS[head])
    points = {name: (x + int(dx), y + int(dy)) for name, (x, y) in PLACES.items()}
    return image, points, f"a {body} bird with a {head} head"


@pytest.fixture(scope="session")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of forty birds as `enhance train` takes it; every other one faces left, and two are not for training."""
    folder = tmp_path_factory.mktemp("birds")
    for split in ("train", "val"):
        (folder / split).mkdir()
    pictures, captions = ["\t".join(["file", "split", "aspect", "facing", *POINTS])], ["file\tcaption"]
    random = np.random.default_rng(0)
    for n in range(42):
        image, points, caption = draw(random)
        name, split, left = f"001_{n:05d}.webp", "train" if n < 40 else "val", n % 2
        if left:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            points = {part: (143 - x, y) for part, (x, y) in points.items()}
        image.save(folder / split / name)
        spots = [",".join(map(str, points[part])) if part in points else "" for part in POINTS]
        pictures.append("\t".join([name, split, "1.10", "LR"[1 - left], *spots]))
        captions += [f"{name}\t{caption}", f"{name}\tthis is {caption}, and it is small"]
    (folder / "pictures.tsv").write_text("\n".join(pictures) + "\n")
    (folder / "captions.tsv").write_text("\n".join(captions) + "\n")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "imagine_cache"))


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    widths = Widths(at8=24, at16=24, at32=16, at64=8, deep=1, code=16)
    return replace(bird(), widths=widths, sampling=Sampling(batch=4), weights=LossWeights(alone_after=1))


@pytest.fixture(scope="session")
def weights(birds: Path, tiny: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights with an untrained network and the layouts of forty birds."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    exported = tiny.task(torch.device("cpu")).export()["generator"]
    model = to_onnx(exported)
    for key, value in {"name": "bird", **exported.facts}.items():
        model.metadata_props.add(key=key, value=value)
    (folder / "bird").mkdir()
    onnx.save(model, folder / "bird" / "bird.onnx")
    arrays = packed_layouts(*candidates(tiny.data([birds])))
    np.savez_compressed(folder / "bird" / BANK_FILE, **arrays)  # type: ignore[arg-type]
    return folder


@pytest.fixture
def untrained(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts that network in the place of the shipped one."""
    monkeypatch.setattr("enhance.inference.shipped.WEIGHTS", weights)
