"""How near to the truth is what is not a face? Bicubic, our two networks for anything and other people's.

    python benchmarks/photos.py PHOTOS... [--peers FOLDER] [--write]

PHOTOS are files or folders of photos that nobody was trained on, such as those of the packages scikit-image and
scikit-learn. Of each, at most 512x512 pixels are made four times smaller by averaging and enlarged again. Where the
peers come from, benchmarks/race.py says. --write puts the table into docs/race.md. `enhance evaluate PHOTOS... --model
photo_x4` measures the same of our own, with more measures.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import peers
from enhance import Model
from enhance.errors import EnhanceError
from enhance.evaluate.benchmark import Method
from enhance.evaluate.comparison import compare
from enhance.pixels import Planes
from enhance.tasks.upscale import benchmark
from pages import ROOT, rewrite

OURS = ("photo_x4_pixel", "photo_x4")
COLUMNS = {"PSNR": 2, "LR-PSNR": 1, "ST-LPIPS": 3}
"""Metric -> digits."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where their packages are unpacked")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/race.md")
    options = parser.parse_args()
    try:
        photos = benchmark.photos(options.photos)
        methods = dict(photos.baselines)
        methods |= peers.loaded(options.peers) if options.peers else {}
        methods |= {name: Model.load(name) for name in OURS}
        seconds: dict[str, list[float]] = {name: [] for name in methods}
        timed = {name: clocked(method, seconds[name]) for name, method in methods.items()}
        found, _ = compare(photos, timed)
    except EnhanceError as error:
        print(f"photos: {error}", file=sys.stderr)
        return error.exit_code
    (size,) = photos.sizes
    lines = [
        f"| {found.rows[0].count} photos | {' | '.join(COLUMNS)} | CPU ms for 128x128 pixels |",
        "|---|---|---|---|---|",
    ]
    for name in methods:
        cells = " | ".join(f"{found.score(name, size, metric):.{digits}f}" for metric, digits in COLUMNS.items())
        lines.append(f"| {name} | {cells} | {1000 * np.mean(seconds[name]):.0f} |")
    print("\n".join(lines))
    if options.write:
        rewrite(ROOT / "docs" / "race.md", "photos", lines)
    return 0


def clocked(enlarge: Method, seconds: list[float]) -> Method:
    """The same, noting for each call the CPU seconds for 128x128 pixels."""

    def method(lr: Planes) -> Planes:
        started = time.process_time()
        made = enlarge(lr)
        seconds.append((time.process_time() - started) * 128 * 128 / lr[0, 0].size)
        return made

    return method


if __name__ == "__main__":
    sys.exit(main())
