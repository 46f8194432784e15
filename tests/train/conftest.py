"""Made-up pictures, to learn from in a second: faces (ovals with eyes and a mouth) and squares."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from enhance.tasks.upscale.recipes import Recipe
from enhance.tasks.upscale.restored_data import CropSampling


def draw_face(rng: np.random.Generator, size: int) -> Image.Image:
    colour = [tuple(int(c) for c in rng.integers(40, 220, 3)) for _ in range(3)]
    image = Image.new("RGB", (size, size), colour[0])
    draw = ImageDraw.Draw(image)
    draw.ellipse((size * 0.15, size * 0.05, size * 0.85, size * 0.98), fill=colour[1])
    for x in (0.344, 0.652):
        draw.ellipse(((x - 0.06) * size, 0.36 * size, (x + 0.06) * size, 0.44 * size), fill=colour[2])
    draw.line((0.376 * size, 0.718 * size, 0.622 * size, 0.718 * size), fill=colour[2], width=size // 20)
    return image


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 40 faces of 128 pixels and 40 windows of 96, as the shared sets have them."""
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    for n in range(40):
        draw_face(rng, 128).save(folder / f"face_{n:03d}.png")
        draw_face(rng, 128).crop((16, 24, 112, 120)).save(folder / f"utk_030_f_asian_{n:03d}.png")
    return folder


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four pictures of 260 pixels."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(1)
    for n in range(4):
        draw_face(rng, 260).save(folder / f"{n}.png")
    return folder


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of 12 pictures each, dark ones and bright ones."""
    folder, rng = tmp_path_factory.mktemp("pair"), np.random.default_rng(0)
    for kind, low in (("dark", 10), ("bright", 150)):
        (folder / kind).mkdir()
        for n in range(12):
            pixels = np.repeat(np.repeat(rng.integers(low, low + 90, (4, 4, 3)), 4, 0), 4, 1)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / kind / f"{n:02d}.png")
    return folder / "dark", folder / "bright"


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(scope="session")
def tiny() -> Callable[[Recipe], Recipe]:
    """Any recipe with a network of a few thousand weights."""

    def shrunk(recipe: Recipe) -> Recipe:
        deep = min(recipe.shape.deep, 1)
        shape = replace(recipe.shape, width=16, blocks=1, deep=deep, edge=16, finish=1)
        sampling = replace(recipe.sampling, batch=4)
        if isinstance(sampling, CropSampling):
            sampling = replace(sampling, crops=6)
        return replace(recipe, shape=shape, sampling=sampling)

    return shrunk
