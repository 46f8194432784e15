"""How near to the truth is what is not a face? Bicubic, our two networks for anything and other people's.

    python benchmarks/photos.py PHOTOS... [--peers FOLDER] [--write]

PHOTOS are files or folders of photos that nobody was trained on, such as those of the packages scikit-image and
scikit-learn. Of each, at most 512x512 pixels are made four times smaller by averaging and enlarged again. Where the
peers come from, benchmarks/race.py says. --write puts the table into docs/race.md.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import peers
from enhance import Model
from enhance.errors import EnhanceError
from enhance.evaluate.comparison import Upscaler, bicubic, held
from enhance.evaluate.lr_psnr import lr_psnr
from enhance.evaluate.protocol import Pictures, eight_bit
from enhance.evaluate.psnr import psnr
from enhance.evaluate.st_lpips import st_lpips
from enhance.painting import consistency
from enhance.photos.photo import read
from pages import ROOT, rewrite

SIDE = 512
LEAST = 128
OURS = ("photo_x4_pixel", "photo_x4")


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where their packages are unpacked")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/race.md")
    options = parser.parse_args()
    contenders: dict[str, Upscaler] = {"bicubic": bicubic, "bicubic, back-projected": held(bicubic)}
    try:
        contenders |= peers.loaded(options.peers) if options.peers else {}
        contenders |= {name: Model.load(name) for name in OURS}
    except EnhanceError as error:
        print(f"photos: {error}", file=sys.stderr)
        return error.exit_code
    scores: dict[str, list[tuple[float, ...]]] = {name: [] for name in contenders}
    for path in files(options.photos):
        if (hr := original(path)) is None:
            continue
        lr = eight_bit(consistency.downscale(hr.transpose(1, 2, 0))).transpose(2, 0, 1)
        for name, enlarge in contenders.items():
            scores[name].append(measured(enlarge, lr[None], hr[None]))
    photos = len(scores["bicubic"])
    if not photos:
        print(f"photos: {options.photos[0]}: no photo of {LEAST} pixels or more here", file=sys.stderr)
        return 2
    lines = [f"| {photos} photos | PSNR | LR-PSNR | ST-LPIPS | CPU ms for 128x128 pixels |", "|---|---|---|---|---|"]
    for name, found in scores.items():
        near, agreement, apart, seconds = np.mean(found, 0)
        lines.append(f"| {name} | {near:.2f} | {agreement:.1f} | {apart:.3f} | {1000 * seconds:.0f} |")
    print("\n".join(lines))
    if options.write:
        rewrite(ROOT / "docs" / "race.md", "photos", lines)
    return 0


def files(paths: list[Path]) -> list[Path]:
    """The photos named, and those in the folders named."""
    inside = (sorted(path.iterdir()) if path.is_dir() else [path] for path in paths)
    return [path for found in inside for path in found if path.is_file()]


def original(path: Path) -> Pictures | None:
    """A corner (3,H,W) of a photo, sides multiples of 16; None where it is too small or no photo."""
    try:
        rgb = read(path).rgb
    except EnhanceError as error:
        print(error, file=sys.stderr)
        return None
    height, width = (min(side, SIDE) // 16 * 16 for side in rgb.shape[:2])
    return None if min(height, width) < LEAST else rgb[:height, :width].transpose(2, 0, 1)


def measured(enlarge: Upscaler, lr: Pictures, hr: Pictures) -> tuple[float, float, float, float]:
    """PSNR, LR-PSNR, ST-LPIPS and CPU seconds for 128x128 pixels."""
    started = time.process_time()
    made = enlarge(lr)
    seconds = (time.process_time() - started) * 128 * 128 / lr[0, 0].size
    made = eight_bit(made)
    return float(psnr(made, hr)[0]), float(lr_psnr(made, lr)[0]), float(st_lpips(made, hr)[0]), seconds


if __name__ == "__main__":
    sys.exit(main())
