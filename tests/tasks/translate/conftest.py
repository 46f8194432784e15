"""Made-up animals: brown ovals on a meadow, and striped ones on sand, with their masks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional

from enhance.inference import shipped
from enhance.tasks.translate.recipes import FindingRecipe, Recipe, TranslationRecipe
from enhance.train.export import to_onnx
from enhance.train.task import Exported


def draw_animal(rng: np.random.Generator, size: int, *, striped: bool) -> tuple[Image.Image, Image.Image]:
    """A photo of one animal, and its mask."""
    ground = (200, 180, 120) if striped else (60, 140, 50)
    photo, mask = Image.new("RGB", (size, size), ground), Image.new("L", (size, size), 0)
    left, top = (int(x) for x in rng.integers(size // 10, size // 4, 2))
    box = left, top, left + int(rng.integers(size // 2, size * 2 // 3)), top + size // 2
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    coat = Image.new("RGB", (size, size), (240, 240, 240) if striped else (110, 70, 40))
    if striped:
        draw = ImageDraw.Draw(coat)
        for x in range(0, size, size // 16):
            draw.rectangle((x, 0, x + size // 32 - 1, size), fill=(20, 20, 20))
    photo.paste(coat, (0, 0), mask)
    return photo, mask


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """Two folders of photos, `trainA` and `trainB`, with masks beside them."""
    root = tmp_path_factory.mktemp("animals")
    rng = np.random.default_rng(0)
    for kind in "AB":
        for name in (f"train{kind}", f"masks{kind}"):
            (root / name).mkdir()
        for n in range(12):
            photo, mask = draw_animal(rng, 160, striped=kind == "B")
            photo.save(root / f"train{kind}" / f"{n:03d}.png")
            mask.resize((80, 80)).save(root / f"masks{kind}" / f"{n:03d}.webp", lossless=True)
    return [root / "trainA", root / "trainB"]


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def tiny(recipe: Recipe) -> Recipe:
    """A recipe with small networks and small pictures."""
    if isinstance(recipe, FindingRecipe):
        return replace(recipe, width=16, views=replace(recipe.views, size=64, batch=2))
    crops = replace(recipe.crops, size=64, batch=2)
    assert isinstance(recipe, TranslationRecipe)
    return replace(recipe, widths=(8, 8, 16, 16), blocks=(0, 1, 1, 1), judge=8, crops=crops)


class _Brown(nn.Module):
    """A finder: what is brown is a horse, what is grey a zebra, at half the resolution."""

    def forward(self, image: Tensor) -> Tensor:
        small = functional.avg_pool2d(image, 2)
        red, green, blue = small[:, :1], small[:, 1:2], small[:, 2:]
        brown = torch.sigmoid(100 * (torch.minimum(red - green, green - blue) - 0.08))
        return torch.cat([brown, 1 - torch.sigmoid(100 * ((red - blue).abs() + (red - green).abs() - 0.08))], 1)


class _Lighter(nn.Module):
    """A translator: makes everything lighter, within a mask of what is brown; with a coat, paints what is grey over."""

    def __init__(self, *, coat: bool) -> None:
        super().__init__()
        self.finder, self.coat = _Brown(), coat

    def forward(self, image: Tensor, coat: Tensor | None = None) -> tuple[Tensor, Tensor]:
        delta = torch.full_like(image, 0.25) if coat is None else coat[:, :, None, None] + 0 * image
        mask = functional.interpolate(self.finder(image)[:, int(self.coat) :][:, :1], scale_factor=2.0)
        return delta, mask


def save(module: nn.Module, path: Path, inputs: tuple[str, ...], outputs: tuple[str, ...], **facts: str) -> None:
    """Writes a network as one that ships."""
    given = {name: torch.rand(1, 3) if name == "coat" else torch.rand(1, 3, 32, 48) for name in inputs}
    sides = {0: "N", 2: "H", 3: "W"}
    axes = {name: {0: "N"} if name == "coat" else sides for name in (*inputs, *outputs)}
    model = to_onnx(Exported(module.eval(), [given], outputs, axes))
    for key, value in {"name": path.stem, **facts}.items():
        model.metadata_props.add(key=key, value=value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of shipped networks that know brown from grey."""
    folder = tmp_path / "weights"
    save(_Brown(), folder / "animals" / "animals.onnx", ("image",), ("where",), task="finding", multiple="16")
    more = {"task": "translation", "multiple": "16"}
    save(_Lighter(coat=False), folder / "zebra" / "zebra.onnx", ("image",), ("delta", "mask"), **more)
    save(_Lighter(coat=True), folder / "horse" / "horse.onnx", ("image", "coat"), ("colours", "mask"), **more)
    monkeypatch.setattr(shipped, "WEIGHTS", folder)
    return folder
