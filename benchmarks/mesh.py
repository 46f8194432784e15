"""Whether what is drawn repeats with the pixels it was drawn from: a mesh, which distances to the original overlook.

    python benchmarks/mesh.py FACES... [--model NAME_OR_FILE]... [--grainy] [--limit 60]

A network paints blocks of 4x4 pixels, and one that is asked for crispness alone paints them alike. In the finest detail
of a picture, pixels four apart are then more alike than those three or five apart: the table says by how much, as a
correlation. Photographs have about 0; from .1 on the mesh can be seen on smooth skin.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from enhance.errors import EnhanceError
from enhance.evaluate.benchmark import Method
from enhance.inference.model import Model, face_models
from enhance.pixels import Planes, eight_bit
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.benchmark import FACE_SIZES, bicubic
from enhance.tasks.upscale.options import SCALE

MARGIN = 8
"""Pixels at each border that do not count: there what lies beyond is guessed."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--model", action="append", help=f"default: {', '.join(face_models())}")
    parser.add_argument("--grainy", action="store_true", help="make the small faces bad photos")
    parser.add_argument("--limit", type=int, default=60, help="faces a size (default 60)")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(FACE_SIZES))
    options = parser.parse_args()
    try:
        everyone = pairs.face_files(options.faces)
        upscalers: dict[str, Method] = {
            "bicubic": bicubic,
            **{name: Model.load(name) for name in options.model or face_models()},
        }
        degradation = pairs.degraded if options.grainy else pairs.clean
        found = [measured(upscalers, everyone, size, options.limit, degradation) for size in options.sizes]
    except EnhanceError as error:
        print(f"mesh: {error}", file=sys.stderr)
        return error.exit_code
    print("| mesh |", " | ".join(f"{size} to {SCALE * size}" for size in options.sizes), "|")
    print("|---|" + "---|" * len(options.sizes))
    for name in found[0]:
        print(f"| {name} |", " | ".join(f"{of_size[name]:.2f}" for of_size in found), "|")
    return 0


def measured(
    upscalers: dict[str, Method],
    everyone: Sequence[pairs.FaceFile],
    size: int,
    limit: int,
    degradation: pairs.PictureDegradation,
) -> dict[str, float]:
    """Who draws how much of a mesh, and how much of one the originals have."""
    drawn: dict[str, list[float]] = {name: [] for name in ("original", *upscalers)}
    for batch in pairs.pairs(pairs.choose_files(everyone, size, limit), size, degradation=degradation):
        drawn["original"] += mesh(batch.hr)
        for name, upscale in upscalers.items():
            drawn[name] += mesh(batch.compared(eight_bit(upscale(batch.lr))))
    return {name: float(np.mean(values)) for name, values in drawn.items()}


def mesh(pictures: Planes) -> list[float]:
    """How much more alike the finest detail of each picture of (N,3,H,W) is four pixels apart than three and five."""
    grey = pictures.mean(1)
    beside = sum(np.roll(grey, step, axis) for step in (-1, 1) for axis in (1, 2)) / 4
    detail = (grey - beside)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    return [float(np.mean([peak(one), peak(one.T)])) for one in detail]


def peak(detail: Planes) -> float:
    """How far the correlation of columns (H,W) four apart exceeds the mean of those three and five apart."""
    three, four, five = (alike(detail[:, :-apart], detail[:, apart:]) for apart in (3, 4, 5))
    return four - (three + five) / 2


def alike(a: Planes, b: Planes) -> float:
    """The correlation of what has a mean of about 0."""
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-12))


if __name__ == "__main__":
    sys.exit(main())
