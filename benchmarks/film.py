"""The film of a training run, of those columns and rows of its grids that may be shown.

    python benchmarks/film.py RUN docs/learning_bird.webp --columns 2 3 --rows 3 4 5 6

Grids show photographs beside what was drawn. The terms of many data sets forbid to hand those on: so columns and rows
are named, counted from 1.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from enhance.sheets import GRID_CELL, GRID_GAP
from enhance.train.curves import save_film

STEP = GRID_CELL + GRID_GAP


def main() -> int:
    """Parse, cut, join."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("film", type=Path, help="the .webp file to write")
    parser.add_argument("--columns", type=int, nargs="+", required=True)
    parser.add_argument("--rows", type=int, nargs="+", required=True)
    options = parser.parse_args()
    grids = sorted((options.run / "grids").glob("*.png"))
    if len(grids) < 2:
        print(f"film: {options.run}: holds no two grids, of which a film could be made", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        for path in grids:
            with Image.open(path) as grid:
                cut(grid, options.columns, options.rows).save(Path(folder) / path.name)
        save_film(Path(folder), options.film)
    return 0


def cut(grid: Image.Image, columns: list[int], rows: list[int]) -> Image.Image:
    """Some cells of a grid; examples lie beside each other, their columns below each other."""
    page = Image.new("RGB", (len(rows) * STEP + GRID_GAP, len(columns) * STEP + GRID_GAP), grid.getpixel((0, 0)))
    for across, row in enumerate(rows):
        for down, column in enumerate(columns):
            left, top = GRID_GAP + (column - 1) * STEP, GRID_GAP + (row - 1) * STEP
            cell = grid.crop((left, top, left + GRID_CELL, top + GRID_CELL))
            page.paste(cell, (GRID_GAP + across * STEP, GRID_GAP + down * STEP))
    return page


if __name__ == "__main__":
    sys.exit(main())
