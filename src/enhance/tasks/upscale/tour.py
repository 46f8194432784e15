"""A tour of training for newcomers: drawn faces, pixel loss, discriminator, a film, and a comparison, on one core.

The pictures are drawn by a program, so that they are anybody's: cartoon faces with strands of hair, freckles and
patterns, which is what a blurry network loses and a discriminator brings back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.errors import TrainingError
from enhance.files import write_atomically
from enhance.inference.model import Model
from enhance.pixels import Integers, area_mean, eight_bit, png_bytes, to_float
from enhance.sheets import contact_sheet
from enhance.tasks.upscale import recipes
from enhance.tasks.upscale.benchmark import bicubic
from enhance.tasks.upscale.data import SizeMix
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import export, run
from enhance.train.task import Recipe as AnyRecipe

PICTURES, _SHOWN = 600, 12
_SIDE, _FINE = 64, 4
"""Pixels across a picture, and how many times larger it is drawn before it is reduced."""
MINUTES = 13.5
FIRST = 0.3
"""The share of the time that goes into the per-pixel loss."""

_Random = np.random.Generator
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Toured:
    """What a tour leaves.

    Attributes:
        weights: the network, for `--model`.
        film: how its pictures changed while it was trained against the discriminator.
        sheet: faces that it never saw: given, by bicubic, by pixel loss, by GAN, and as they were drawn.
    """

    weights: Path
    film: Path
    sheet: Path


def tour(out: Path, minutes: float = MINUTES, images: int | None = None, note: Callable[[str], object] = str) -> Toured:
    """Draw pictures, train two networks on them one after the other, and compare these on others.

    Args:
        out: folder for everything; made if missing.
        minutes: of training, in all.
        images: instead of minutes: how many pictures each of the two is trained on.
        note: receives a line at each stage.

    Raises:
        TrainingError: the folder holds a tour already, or training went wrong.
    """
    if (out / "pixel").exists() or (out / "gan").exists():
        raise TrainingError(f"{out}: holds a tour already; name another folder with --out")
    pictures = out / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    note(f"1. {PICTURES} faces are drawn: {pictures}")
    for number in range(PICTURES):
        write_atomically(pictures / f"face_{number:04d}.png", png_bytes(to_float(face(number))))
    note("2. A network learns by the per-pixel loss: sharp edges are punished twice, so it draws none.")
    first, second = (None, None) if images is not None else (FIRST * minutes, (1 - FIRST) * minutes)
    run.start([pictures], small(recipes.face_x4_pixel()), out / "pixel", minutes=first, images=images)
    note("3. It goes on against a discriminator, which tells drawn pictures from made ones.")
    gan = small(recipes.face_x4_gan())
    run.start([pictures], gan, out / "gan", minutes=second, images=images, init=out / "pixel")
    models = {
        title: Model.load(export.export(out / name, out / f"tour_{name}.onnx", _recipe_of))
        for title, name in (("pixel loss", "pixel"), ("GAN", "gan"))
    }
    sheet = out / "side_by_side.png"
    write_atomically(sheet, compared(models))
    return Toured(out / "tour_gan.onnx", out / "gan" / "training.webp", sheet)


def small(recipe: Recipe) -> Recipe:
    """A recipe with a network that one core trains in minutes, for faces of 16 pixels."""
    shape = replace(recipe.shape, width=48, blocks=3, deep=min(recipe.shape.deep, 2), edge=32, finish=2)
    sampling = replace(recipe.sampling, batch=16, sizes=SizeMix(1, 0, 0))
    return replace(recipe, shape=shape, sampling=sampling)


def compared(models: dict[str, Model]) -> bytes:
    """Return faces that no network saw, as each method draws them, as a PNG file."""
    rows = []
    for number in range(PICTURES, PICTURES + _SHOWN):
        true = to_float(face(number))
        lr = eight_bit(area_mean(true, 4)).transpose(2, 0, 1)[None]
        drawn = [bicubic(lr), *(model(lr) for model in models.values())]
        rows.append([lr[0], *(one[0] for one in drawn), true.transpose(2, 0, 1)])
    page = contact_sheet(rows, ["given", "bicubic", *models, "as drawn"])
    return png_bytes(to_float(np.asarray(page)))


def face(number: int) -> Integers:
    """The drawn face of that number, (64,64,3) uint8; always the same."""
    random = np.random.default_rng((number, 2017))
    side = _SIDE * _FINE
    picture = _background(side, random)
    skin = np.array([random.uniform(90, 245), 0, 0])
    skin[1] = skin[0] * random.uniform(0.68, 0.86)
    skin[2] = skin[1] * random.uniform(0.68, 0.9)
    hair = tuple((np.array([1.0, 0.72, 0.45]) * random.uniform(20, 190) + random.uniform(0, 30, 3)).tolist())
    middle = np.array([side / 2, side * 0.53]) + random.normal(0, side * 0.012, 2)
    wide, high = side * random.uniform(0.29, 0.35), side * random.uniform(0.38, 0.44)
    _ellipse(picture, _moved(middle, 0, -(high * 0.22)), (wide * 1.18, high * 1.02), hair)
    if random.random() < 0.5:
        _ellipse(picture, _moved(middle, 0, high * 0.3), (wide * 1.25, high * 0.95), hair)
    _ellipse(picture, _moved(middle, 0, high * 1.2), (wide * 0.5, high * 0.5), tuple((skin * 0.86).tolist()))
    _ellipse(picture, middle, (wide, high), tuple(skin.tolist()))
    _features(picture, middle, wide, high, skin, hair, random)
    _strands(picture, middle, wide, high, hair, random)
    return np.asarray(cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _background(side: int, random: _Random) -> Integers:
    """Stripes, checks or plain, from one colour to another."""
    one, other = random.uniform(30, 230, (2, 3))
    y, x = np.mgrid[:side, :side] / side
    angle, waves = random.uniform(0, np.pi), random.choice([0, 0, 5, 9, 14])
    along = x * np.cos(angle) + y * np.sin(angle)
    share = along if waves == 0 else (np.sin(2 * np.pi * waves * along) > 0).astype(float)
    return np.clip(one + share[..., None] * (other - one), 0, 255).astype(np.uint8)


def _features(
    picture: Integers,
    middle: NDArray[np.float64],
    wide: float,
    high: float,
    skin: NDArray[np.float64],
    hair: Colour,
    random: _Random,
) -> None:
    dark, light = tuple((skin * 0.62).tolist()), (245.0, 245.0, 245.0)
    iris = tuple(random.uniform([30, 40, 30], [120, 140, 190]).tolist())
    for way in (-1, 1):
        eye = _moved(middle, way * wide * 0.44, -high * 0.12)
        _ellipse(picture, eye, (wide * 0.2, high * 0.075), light)
        _ellipse(picture, eye, (wide * 0.095, wide * 0.095), iris)
        _ellipse(picture, eye, (wide * 0.045, wide * 0.045), (10, 10, 10))
        _ellipse(picture, _moved(eye, -(wide * 0.03), -(wide * 0.03)), (wide * 0.022, wide * 0.022), (255, 255, 255))
        _arc(picture, _moved(eye, 0, -(high * 0.02)), (wide * 0.21, high * 0.085), (190, 350), (25, 20, 20), 3)
        _arc(
            picture,
            _moved(eye, 0, -(high * 0.1)),
            (wide * 0.26, high * 0.1),
            (205, 335),
            hair,
            round(random.uniform(4, 8)),
        )
    nose = _moved(middle, 0, high * 0.2)
    _arc(picture, nose, (wide * 0.13, high * 0.07), (20, 160), dark, 4)
    mouth, smile = _moved(middle, 0, high * 0.47), random.uniform(0.02, 0.14)
    red = tuple((skin * [0.95, 0.5, 0.5]).tolist())
    _ellipse(picture, mouth, (wide * random.uniform(0.3, 0.42), high * smile + 4), red)
    if smile > 0.07:
        _ellipse(picture, mouth - [0, high * 0.02], (wide * 0.27, high * smile * 0.45), light)
    if random.random() < 0.4:
        for _ in range(40):
            spot = middle + random.normal(0, 1, 2) * [wide * 0.4, high * 0.12]
            _ellipse(picture, spot, (2.2, 2.2), tuple((skin * 0.75).tolist()))
    if random.random() < 0.3:
        for way in (-1, 1):
            _arc(
                picture,
                _moved(middle, way * wide * 0.44, -high * 0.11),
                (wide * 0.3, high * 0.16),
                (0, 360),
                (30, 30, 40),
                4,
            )
        _arc(picture, _moved(middle, 0, -(high * 0.1)), (wide * 0.14, high * 0.05), (200, 340), (30, 30, 40), 4)


def _strands(
    picture: Integers, middle: NDArray[np.float64], wide: float, high: float, hair: Colour, random: _Random
) -> None:
    """Hair on top, strand by strand, in lighter and darker tones."""
    top = _moved(middle, 0, -(high * 0.55))
    for _ in range(260):
        angle = random.uniform(np.pi, 2 * np.pi)
        root = _moved(
            top, np.cos(angle) * wide * random.uniform(0, 0.5), np.sin(angle) * high * random.uniform(0.1, 0.5)
        )
        tip = _moved(
            top, np.cos(angle) * wide * random.uniform(0.9, 1.25), np.sin(angle) * high * random.uniform(0.4, 0.6)
        )
        tone = tuple(np.clip(np.array(hair) * random.uniform(0.55, 1.6), 0, 255).tolist())
        begin, end = (
            (round(float(p[0])), round(float(p[1]))) for p in (root, _moved(tip, 0, high * random.uniform(0, 0.4)))
        )
        cv2.line(picture, begin, end, tone, 2, cv2.LINE_AA)


def _moved(point: NDArray[np.float64], right: float, down: float) -> NDArray[np.float64]:
    return point + np.array([right, down])


def _ellipse(picture: Integers, middle: NDArray[np.float64], axes: tuple[float, float], colour: Colour) -> None:
    centre, radii = (round(float(middle[0])), round(float(middle[1]))), (max(1, round(axes[0])), max(1, round(axes[1])))
    cv2.ellipse(picture, centre, radii, 0, 0, 360, colour, -1, cv2.LINE_AA)


def _arc(
    picture: Integers,
    middle: NDArray[np.float64],
    axes: tuple[float, float],
    angles: tuple[float, float],
    colour: Colour,
    thick: int,
) -> None:
    centre, radii = (round(float(middle[0])), round(float(middle[1]))), (max(1, round(axes[0])), max(1, round(axes[1])))
    cv2.ellipse(picture, centre, radii, 0, *angles, colour, thick, cv2.LINE_AA)


def _recipe_of(state: Mapping[str, Any]) -> AnyRecipe:
    return recipes.from_fields(json.loads(state["recipe"]))
