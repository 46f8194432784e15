"""The pictures on the wall of the page: what the shipped networks make of samples that belong to nobody.

python benchmarks/wall.py src/enhance/web/static/wall

Faces: `static/samples/face_1.png`, whom a network invented, made 24 pixels across and enhanced. Birds: one for each of
`BIRDS`. Stripes: the horse of `samples/`. Holes: the astronaut of `samples/`, whose patch is brushed away. Cats are
drawn after the strokes that `static/drawings.js` shows, so their file is made from the same SVG.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import enhance

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "src" / "enhance" / "web" / "static"
ACROSS = 24
BIRDS = (
    ("a red bird with a yellow bill", 3),
    ("a blue bird with a yellow bill", 3),
    ("a small bird with a red head and a white belly", 2),
    ("a yellow bird with a yellow bill", 9),
    ("a green bird with a yellow bill", 9),
    ("a small bird with a yellow head and a white belly", 6),
)
SIDE = 192
PATCH = (52, 142, 48, 48)
"""Left, top, width and height of what is brushed away."""
SHOWN = (24, 92, 152, 220)
"""Left, top, right and bottom of what the tile shows of the astronaut."""
CAT = ROOT / "benchmarks" / "drawings" / "05_careful.svg"


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for draw in (face, birds, hole, stripes, cat):
        for name, image in draw():
            lossless = image.width <= ACROSS
            options: dict[str, Any] = {} if lossless else {"quality": 86, "method": 6}
            image.save(folder / name, **options)
            print(folder / name)
    return 0


def face() -> list[tuple[str, Image.Image]]:
    with Image.open(STATIC / "samples" / "face_1.png") as whole:
        small = whole.convert("RGB").resize((ACROSS, ACROSS), Image.Resampling.LANCZOS)
    drawn = enhance.upscale(np.asarray(small), force=True).convert("RGB")
    return [("face_given.png", small), ("face_drawn.webp", drawn)]


def birds() -> list[tuple[str, Image.Image]]:
    strip = Image.new("RGB", (SIDE * len(BIRDS), SIDE))
    for number, (sentence, seed) in enumerate(BIRDS):
        bird = enhance.imagine(sentence, seed=seed, size=256, facing="right").convert("RGB")
        side = min(bird.size)
        left, top = bird.width - side, (bird.height - side) // 2
        square = bird.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        strip.paste(square, (number * SIDE, 0))
    return [("birds.webp", strip)]


def stripes() -> list[tuple[str, Image.Image]]:
    with Image.open(ROOT / "samples" / "horse.jpg") as photo:
        whole = photo.convert("RGB")
    pictures = whole, enhance.translate(whole, to="zebra").convert("RGB")
    left = (whole.width - whole.height) // 2
    box = left, 0, left + whole.height, whole.height
    cut = [picture.crop(box).resize((SIDE, SIDE), Image.Resampling.LANCZOS) for picture in pictures]
    return list(zip(("horse_given.webp", "horse_drawn.webp"), cut, strict=True))


def hole() -> list[tuple[str, Image.Image]]:
    with Image.open(ROOT / "samples" / "astronaut.jpg") as photo:
        whole = photo.convert("RGB")
    mask = np.zeros((whole.height, whole.width), bool)
    y, x = np.mgrid[: whole.height, : whole.width]
    left, top, width, height = PATCH
    mask |= ((x - left - width / 2) / (width / 2)) ** 2 + ((y - top - height / 2) / (height / 2)) ** 2 < 1
    filled = enhance.fill(np.asarray(whole), mask).convert("RGB")
    return [("hole_given.webp", whole.crop(SHOWN)), ("hole_filled.webp", filled.crop(SHOWN))]


def cat() -> list[tuple[str, Image.Image]]:
    return [("cat.webp", enhance.sketch(CAT, looseness=0.7, colour="ginger", size=256).convert("RGB"))]


if __name__ == "__main__":
    sys.exit(main())
