"""Made-up animals: brown ovals on a meadow, and striped ones on sand, with their masks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from enhance.tasks.translate.recipes import FindingRecipe, Recipe, TranslationRecipe


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
