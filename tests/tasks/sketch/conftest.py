"""Made-up heads: a ball with two triangles, eyes and a nose, so that there is something to draw."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from enhance.tasks.sketch.data import DrawnHeads, Heads, Sampling
from enhance.tasks.sketch.look import look_of
from enhance.tasks.sketch.recipes import Recipe, Shape

POINTS = np.array(
    [
        *([0.36, 0.5], [0.64, 0.5], [0.5, 0.68], [0.5, 0.75]),
        *([0.15, 0.33], [0.13, 0.05], [0.34, 0.2], [0.66, 0.2], [0.87, 0.05], [0.85, 0.33]),
        *([0.14, 0.55], [0.86, 0.55], [0.5, 0.85]),
    ]
)


def head(random: np.random.Generator) -> NDArray[np.uint8]:
    colours = [tuple(int(c) for c in random.integers(40, 220, 3)) for _ in range(3)]
    image = Image.new("RGB", (144, 144), colours[0])
    draw = ImageDraw.Draw(image)
    at = [tuple(point * 144) for point in POINTS]
    draw.ellipse((144 * 0.14, 144 * 0.18, 144 * 0.86, 144 * 0.86), fill=colours[1])
    draw.polygon(at[4:7], fill=colours[1])
    draw.polygon(at[7:10], fill=colours[1])
    for x, y in at[:3]:
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=colours[2])
    return np.asarray(image)


@pytest.fixture(scope="session")
def heads() -> Heads:
    random = np.random.default_rng(0)
    pixels = np.stack([head(random) for _ in range(12)])
    return Heads(pixels, [POINTS] * 12, True, np.stack([look_of(p, POINTS) for p in pixels]))


@pytest.fixture
def drawn(heads: Heads) -> DrawnHeads:
    return DrawnHeads(heads, Heads(heads.pixels[:3], heads.points[:3], True, heads.looks[:3]), "", Sampling(batch=4))


@pytest.fixture(scope="session")
def folder(heads: Heads, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("cats")
    for n, pixels in enumerate(heads.pixels):
        Image.fromarray(pixels).save(found / f"cat_{n:02}.png")
    return found


@pytest.fixture
def tiny() -> Callable[[Recipe], Recipe]:
    """Any recipe with networks of a few thousand weights, whose discriminators count from the first step."""

    def made(recipe: Recipe) -> Recipe:
        shape = Shape((8, 8, 8, 8), (8, 8, 8, 8))
        return replace(
            recipe, shape=shape, sampling=replace(recipe.sampling, batch=4), weights=replace(recipe.weights, alone=0)
        )

    return made


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
