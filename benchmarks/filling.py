"""How long a hole takes to fill in a picture of 512 pixels, on one thread: by copies, by the network, by PatchMatch.

    ENHANCE_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/filling.py PHOTOS [--count 6] [--write]

PHOTOS is a folder of photographs, of which the middles are filled. CPU seconds depend on the machine; their ratios are
what to compare. --write puts the table into docs/fill.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from bad_photos import chosen, middle, printed
from enhance.errors import EnhanceError
from enhance.pixels import Array, to_uint8
from enhance.tasks.fill import masks
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.benchmark import by_patchmatch
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import PHOTO_FILL, Painter
from enhance.tasks.fill.patches import fill_by_patches
from pages import rewrite

PAGE = Path(__file__).parents[1] / "docs" / "fill.md"
SIDE = 512
"""Pixels of each picture."""
SQUARE = 128
"""Pixels of the square hole in its middle."""

Way = Callable[[Array, Hole], object]


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=6, help="photos (default 6)")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/fill.md")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        photos = [middle(photo, SIDE) for photo in chosen(options.photos, options.count)]
    except EnhanceError as error:
        print(f"filling: {error}", file=sys.stderr)
        return error.exit_code
    lines = printed(table(photos))
    if options.write:
        rewrite(PAGE, "time", lines)
    return 0


def table(photos: Sequence[Array]) -> Iterator[str]:
    """CPU seconds, on average: a row for each way, a column for each kind of hole."""
    kinds = "strokes", "boxes", "a square"
    yield f"| CPU seconds | {' | '.join(kinds)} |"
    yield f"|{'---|' * (len(kinds) + 1)}"
    for name, way in ways().items():
        way(photos[0].copy(), hole("a square", photos[0], 0))  # networks are loaded
        means = [
            np.mean([seconds(way, photo, hole(kind, photo, n)) for n, photo in enumerate(photos)]) for kind in kinds
        ]
        yield f"| {name} | {' | '.join(f'{mean:.2f}' for mean in means)} |"


def ways() -> Mapping[str, Way]:
    """Each fills the hole (H,W) of a picture (H,W,3) in [0,1]."""
    return {
        "copies, mended": lambda rgb, there: fill_by_patches(rgb, there, 0),
        "`--rest network`": lambda rgb, there: painting.fill_by_network(Painter.load(PHOTO_FILL), rgb, there, 0),
        "PatchMatch": lambda rgb, there: by_patchmatch(to_uint8(rgb), there),
    }


def hole(kind: str, photo: Array, number: int) -> Hole:
    """A hole (H,W) of that kind."""
    height, width = photo.shape[:2]
    if kind != "a square":
        return masks.measured(kind, height, width, number) > 0
    there = np.zeros((height, width), bool)
    top, left = (height - SQUARE) // 2, (width - SQUARE) // 2
    there[top : top + SQUARE, left : left + SQUARE] = True
    return there


def seconds(way: Way, photo: Array, there: Hole) -> float:
    """CPU seconds that it takes."""
    emptied = photo.copy()
    emptied[there] = 0
    begun = time.process_time()
    way(emptied, there)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
