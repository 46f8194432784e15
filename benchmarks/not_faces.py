"""Pictures that are not faces, to measure the gate with: from libraries' sample pictures, and drawn.

Sources: the sample pictures of scikit-image (without the astronaut and the cameraman) and of scikit-learn; the hundred
patches without a face of scikit-image's LFW subset; real faces cut into tiles and shuffled; and what is drawn here:
letters and shapes like logos, cartoon faces of people and animals, patterns, noise, blank walls.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[np.float32]
SIDE = 256

SKIMAGE = (
    "brick.png", "cell.png", "chelsea.png", "chessboard_RGB.png", "clock_motion.png", "coffee.png", "coins.png",
    "color.png", "grass.png", "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png",
    "microaneurysms.png", "moon.png", "motorcycle_left.png", "page.png", "phantom.png", "retina.jpg", "rocket.jpg",
    "text.png",
)  # fmt: skip
SKLEARN = ("china.jpg", "flower.jpg")
CAT = (100, 20, 330, 250)
"""Left, top, right, bottom of the cat's face in chelsea.png."""


def not_faces(faces: Sequence[Array], each: int = 60) -> Iterator[tuple[str, Array]]:
    """Kind and picture (SIDE,SIDE,3) in [0,1], always the same ones.

    Args:
        faces: real ones (S,S,3), to be shuffled.
        each: pictures of each kind; of the cat and the LFW patches there are 40 and 100.
    """
    random = np.random.default_rng(0)
    photos = [sample("skimage", name) for name in SKIMAGE] + [sample("sklearn", name) for name in SKLEARN]
    yield from (("part of a photo", part(photos[n % len(photos)], random)) for n in range(2 * each))
    yield from (("cat", cat(random)) for _ in range(40))
    patches = np.load(folder("skimage") / "data" / "lfw_subset.npy")[100:]
    yield from (("patch", sized(np.repeat(patch[..., None], 3, 2))) for patch in patches)
    yield from (("shuffled face", shuffled(faces[n % len(faces)], random)) for n in range(each))
    yield from (("logo", logo(random)) for _ in range(each))
    yield from (("cartoon", cartoon(random)) for _ in range(2 * each))
    yield from (("pattern", pattern(random)) for _ in range(each))
    yield from (("wall", wall(random)) for _ in range(each))


def sample(package: str, name: str) -> Array:
    """A library's sample picture (H,W,3) in [0,1]."""
    with Image.open(folder(package) / ("data" if package == "skimage" else "datasets/images") / name) as image:
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


def folder(package: str) -> Path:
    """Where an installed package lies."""
    found = importlib.util.find_spec(package)
    if found is None or not found.origin:
        raise SystemExit(f"{package} is missing: pip install scikit-image scikit-learn")
    return Path(found.origin).parent


def part(photo: Array, random: np.random.Generator) -> Array:
    """A square of a photo, anywhere, from a sixth of it to all."""
    shorter = min(photo.shape[:2])
    side = int(shorter * random.uniform(0.17, 1))
    y, x = (int(random.integers(0, length - side + 1)) for length in photo.shape[:2])
    return sized(photo[y : y + side, x : x + side])


def cat(random: np.random.Generator) -> Array:
    """The cat's face, a little aside, larger or smaller each time, and mirrored half the time."""
    left, top, right, bottom = (edge + random.integers(-20, 21) for edge in CAT)
    face = sized(sample("skimage", "chelsea.png")[max(top, 0) : bottom, left:right])
    return face[:, ::-1] if random.random() < 0.5 else face


def shuffled(face: Array, random: np.random.Generator) -> Array:
    """A face cut into 4x4 tiles that have changed places."""
    tile = SIDE // 4
    tiles = sized(face).reshape(4, tile, 4, tile, 3).swapaxes(1, 2).reshape(16, tile, tile, 3)
    return tiles[random.permutation(16)].reshape(4, 4, tile, tile, 3).swapaxes(1, 2).reshape(SIDE, SIDE, 3)


def logo(random: np.random.Generator) -> Array:
    """Shapes and letters in few colours."""
    image = Image.new("RGB", (SIDE, SIDE), colour(random))
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(1, 5)):
        x, y = random.integers(10, SIDE - 10, 2)
        r = int(random.integers(15, 110))
        kind = random.integers(4)
        if kind == 0:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour(random))
        elif kind == 1:
            sides, turn = int(random.integers(3, 8)), int(random.integers(90))
            draw.regular_polygon((int(x), int(y), r), sides, turn, colour(random))
        elif kind == 2:
            draw.rounded_rectangle((x - r, y - r / 2, x + r, y + r / 2), r / 4, fill=colour(random))
        else:
            start, end = (int(angle) for angle in random.integers(0, 360, 2))
            draw.arc((x - r, y - r, x + r, y + r), start, end, colour(random), 14)
    word = "".join(random.choice(list("ABCDEGHKMNOPQRSWXYaegotw&8"), int(random.integers(1, 4))))
    font = ImageFont.load_default(int(random.integers(60, 170)))
    draw.text((SIDE / 2, SIDE / 2), word, colour(random), font, anchor="mm")
    return array(image)


def cartoon(random: np.random.Generator) -> Array:
    """A face of flat colours: a smiley, a person or an animal, with the features about where a face has them."""
    large = 4 * SIDE
    image = Image.new("RGB", (large, large), colour(random))
    draw = ImageDraw.Draw(image)
    skin = colour(random) if random.random() < 0.4 else colour(random, (200, 150, 90), (256, 216, 190))
    ink = colour(random, (0, 0, 0), (70, 70, 70))
    middle, high = large / 2, large * random.uniform(0.5, 0.58)
    wide, tall = large * random.uniform(0.3, 0.46), large * random.uniform(0.34, 0.48)
    outline = int(random.choice([0, 8, 20]))
    kind = random.choice(["smiley", "person", "animal"])
    if kind == "animal":
        for side in (-1, 1):
            x = middle + side * wide * 0.7
            low, top = high - tall * 0.4, high - tall * 1.2
            draw.polygon([(x - 150, low), (x + 150, low), (x + side * 120, top)], skin)
    if kind == "person":
        draw.ellipse((middle - wide * 1.2, high - tall * 1.25, middle + wide * 1.2, high + tall * 0.6), colour(random))
    draw.ellipse((middle - wide, high - tall, middle + wide, high + tall), skin, ink, outline)
    eye_y, apart = large * random.uniform(0.36, 0.44), large * random.uniform(0.12, 0.19)
    size = large * random.uniform(0.025, 0.08)
    for side in (-1, 1):
        x = middle + side * apart
        if random.random() < 0.7:
            draw.ellipse((x - size * 1.5, eye_y - size, x + size * 1.5, eye_y + size), "white", ink, outline)
        draw.ellipse((x - size * 0.8, eye_y - size * 0.8, x + size * 0.8, eye_y + size * 0.8), ink)
        if kind == "person":
            draw.line((x - size * 1.6, eye_y - size * 2, x + size * 1.6, eye_y - size * 2.2), ink, 16)
        if kind == "animal":
            for slope in (-0.1, 0, 0.1):
                draw.line((middle + side * 80, large * 0.62, middle + side * 420, large * (0.62 + slope)), ink, 7)
    nose_y, mouth_y = large * random.uniform(0.54, 0.6), large * random.uniform(0.68, 0.74)
    if kind == "animal":
        draw.polygon([(middle - 60, nose_y - 30), (middle + 60, nose_y - 30), (middle, nose_y + 50)], ink)
    elif kind == "person":
        draw.arc((middle - 40, nose_y - 60, middle + 40, nose_y + 40), 0, 180, ink, 14)
    reach = large * random.uniform(0.08, 0.2)
    if random.random() < 0.5:
        draw.arc((middle - reach, mouth_y - reach, middle + reach, mouth_y + reach * 0.5), 20, 160, ink, 20)
    else:
        lips = middle - reach, mouth_y - reach * 0.3, middle + reach, mouth_y + reach * 0.3
        draw.ellipse(lips, (200, 60, 70), ink, outline)
    return array(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def pattern(random: np.random.Generator) -> Array:
    """Stripes, checks, rings, clouds or noise."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    turn, cycles = random.uniform(0, np.pi), random.uniform(2, 20)
    along = np.cos(turn) * x + np.sin(turn) * y
    across = np.cos(turn) * y - np.sin(turn) * x
    kind = random.integers(5)
    if kind < 3:
        waves = [along, np.where(np.sin(2 * np.pi * cycles * across) > 0, along, -along), np.hypot(x, y)][kind]
        plane = 0.5 + 0.5 * np.sin(2 * np.pi * cycles * waves)
    else:
        grid = int(random.integers(3, 9)) if kind == 3 else SIDE
        cells = Image.fromarray(random.uniform(0, 1, (grid, grid)).astype(np.float32))
        plane = np.asarray(cells.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    low, high = random.uniform(0, 1, (2, 3))
    return np.clip(low + (high - low) * plane[..., None], 0, 1).astype(np.float32)


def wall(random: np.random.Generator) -> Array:
    """One colour, lit from one side, with a little grain."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    light = 1 + random.uniform(-0.3, 0.3) * x + random.uniform(-0.3, 0.3) * y
    grain = random.normal(0, random.uniform(0, 0.03), (SIDE, SIDE, 3))
    return np.clip(random.uniform(0.1, 0.9, 3) * light[..., None] + grain, 0, 1).astype(np.float32)


def colour(
    random: np.random.Generator, low: tuple[int, int, int] = (0, 0, 0), high: tuple[int, int, int] = (256, 256, 256)
) -> tuple[int, int, int]:
    """Any colour from low to below high."""
    red, green, blue = (int(value) for value in random.integers(low, high))
    return red, green, blue


def sized(picture: Array) -> Array:
    """A square picture at SIDE pixels."""
    image = Image.fromarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    return array(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def array(image: Image.Image) -> Array:
    """(H,W,3) in [0,1]."""
    return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)
