"""Cats for a folder of drawings, for a judge to look at: squares of 128 pixels, as the network paints them.

    python benchmarks/sketches.py DRAWINGS OUT [--weights FILE] [--looseness 0.5] [--seed 0] [--count 1] [--sheet FILE]
    python benchmarks/sketches.py PHOTOS OUT --traced DRAWINGS

OUT/<name>.png is the cat of the drawing of that name, or OUT/<number>/<name>.png are several. Each name has a
seed of its own, so that no two drawings share their look. The sheet shows drawings with their cats in rows. With
--traced, photographs of heads are traced first, and their drawings written. Prints how long one took.
"""

import argparse
import sys
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from enhance.datasets.folders import read_pixels
from enhance.errors import EnhanceError
from enhance.inference.model import Model
from enhance.pixels import to_uint8
from enhance.sheets import captioned_rows
from enhance.tasks.sketch import paper
from enhance.tasks.sketch.benchmark import seed_of
from enhance.tasks.sketch.options import SketchOptions
from enhance.tasks.sketch.sketch import draw_all
from enhance.tasks.sketch.strokes import CANVAS, ink, traced

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".svg"}
TRACED = 0.025
"""Share of a photograph's pixels that are edges in its trace: as many as people draw."""


def trace(photo: Path, drawing: Path) -> None:
    """Draw a photograph by its edges, as few straight pieces, black on white."""
    random = np.random.default_rng(zlib.crc32(photo.name.encode()))
    picture = cv2.resize(read_pixels(photo), (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    strokes = traced(np.asarray(picture, np.uint8), TRACED, 0.004, random)
    drawn = ink(strokes, 2.5, CANVAS)
    Image.fromarray(to_uint8(1 - drawn)).save(drawing)


def main() -> int:
    """Parse, paint, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drawings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, help="another sketch_cat.onnx than the shipped one")
    parser.add_argument("--looseness", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1, help="cats of each drawing, from one seed on")
    parser.add_argument("--colour")
    parser.add_argument("--traced", type=Path, help="folder for drawings of what are photographs")
    parser.add_argument("--sheet", type=Path, help="picture of all drawings, each beside its cats")
    parser.add_argument("--columns", type=int, default=4, help="drawings in a row of the sheet")
    options = parser.parse_args()
    paths = sorted(path for path in options.drawings.iterdir() if path.suffix.lower() in SUFFIXES)
    if options.traced:
        options.traced.mkdir(parents=True, exist_ok=True)
        for path in paths:
            trace(path, options.traced / f"{path.stem}.png")
        paths = [options.traced / f"{path.stem}.png" for path in paths]
    try:
        model = Model.load(options.weights or "sketch_cat")
        started = time.process_time()
        read_ones = [paper.read_drawing(path) for path in paths]
        reading = (time.process_time() - started) / len(paths)
        started = time.process_time()
        rows = []
        for path, drawing in zip(paths, read_ones, strict=True):
            seed = seed_of(path.stem, options.seed)
            how = [SketchOptions(options.looseness, options.colour, seed + n) for n in range(options.count)]
            rows.append(np.concatenate([draw_all(model, [drawing], [one]) for one in how]))
        painting = (time.process_time() - started) / len(paths) / options.count
    except EnhanceError as error:
        sys.exit(f"sketches: {error}")
    for path, cats in zip(paths, rows, strict=True):
        for n, cat in enumerate(cats):
            folder = options.out if options.count == 1 else options.out / str(n)
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(to_uint8(cat)).save(folder / f"{path.stem}.png")
    if options.sheet:
        cells = [
            (path.stem, [np.repeat(1 - drawing.ink[..., None], 3, 2), *cats])
            for path, drawing, cats in zip(paths, read_ones, rows, strict=True)
        ]
        together = [cells[n : n + options.columns] for n in range(0, len(cells), options.columns)]
        lines = [("   ".join(name for name, _ in some), [one for _, row in some for one in row]) for some in together]
        captioned_rows(lines, tile=rows[0].shape[1]).save(options.sheet)
    print(f"{len(paths)} drawings: {1000 * reading:.0f} ms of CPU to read one, {1000 * painting:.0f} ms to paint a cat")
    return 0


if __name__ == "__main__":
    sys.exit(main())
