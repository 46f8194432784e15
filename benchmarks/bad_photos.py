"""How much better do bad photos become at their own size? The program beside the photo as it is and OpenCV.

    python benchmarks/bad_photos.py CLEAN BAD... [--limit 20] [--sheet FILE] [--write]

CLEAN is a folder of good photographs that nobody was trained on, each BAD one of the same names made bad (another
ending will do). OpenCV's non-local means (Buades et al., CVPR 2005) gets the strength that is best of four for each
photo, which nobody could choose who lacks the good one. --sheet shows some: as they are, restored, as they were.
--write puts the table into docs/restoration.md.
"""

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import EnhanceError
from enhance.evaluate.st_lpips import st_lpips
from enhance.photos.photo import read
from enhance.pixels import to_uint8
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from pages import ROOT, rewrite

Picture = NDArray[np.float32]

STRENGTHS = (3, 6, 10, 16)
"""Of non-local means, in grey levels."""
SIDE = 384
"""Pixels of each photo that are measured, from its middle."""
SHOWN = 200


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", type=Path)
    parser.add_argument("bad", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=20, help="photos of each folder (default 20)")
    parser.add_argument("--sheet", type=Path, help="a picture to write")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/restoration.md")
    options = parser.parse_args()
    lines = ["| photos | | PSNR | ST-LPIPS | CPU s a megapixel |", "|---|---|---|---|---|"]
    rows = []
    try:
        for folder in options.bad:
            table, shown = measured(options.clean, folder, options.limit)
            rows.append(shown)
            for name, (nearness, distance, seconds) in table.items():
                lines.append(f"| {folder.name} | {name} | {nearness:.2f} | {distance:.3f} | {seconds:.1f} |")
                print(lines[-1], flush=True)
    except EnhanceError as error:
        print(f"bad_photos: {error}", file=sys.stderr)
        return error.exit_code
    if options.sheet:
        Image.fromarray(to_uint8(np.concatenate(rows))).save(options.sheet, quality=88)
    if options.write:
        rewrite(ROOT / "docs" / "restoration.md", "bad photos", lines)
    return 0


def measured(clean: Path, bad: Path, limit: int) -> tuple[dict[str, NDArray[np.float64]], Picture]:
    """PSNR, ST-LPIPS and CPU seconds a megapixel of each way, on average; and a row of pictures.

    Raises:
        EnhanceError: a folder lacks a photo, or one cannot be read.
    """
    paths = sorted(path for path in clean.iterdir() if path.suffix in (".webp", ".png", ".jpg"))
    chosen = [paths[n] for n in np.linspace(0, len(paths) - 1, min(limit, len(paths))).astype(int)]
    scores: dict[str, list[tuple[float, float, float]]] = {
        "as it is": [],
        "non-local means": [],
        "enhance --scale 1": [],
    }
    shown: list[Picture] = []
    for path in chosen:
        good, given = (middle(read(found).rgb) for found in (path, beside(bad, path)))
        started = time.process_time()
        restored = enhance_photo(read(to_uint8(given)), UpscaleOptions(scale=1)).rgb
        seconds = (time.process_time() - started) * 1e6 / good[..., 0].size
        started = time.process_time()
        smooth = max((smoothed(given, strength) for strength in STRENGTHS), key=lambda picture: psnr(picture, good))
        spent = (time.process_time() - started) * 1e6 / good[..., 0].size / len(STRENGTHS)
        ways = zip(scores, (given, smooth, restored), (0.0, spent, seconds), strict=True)
        for name, picture, cost in ways:
            scores[name].append((psnr(picture, good), float(st_lpips(planes(picture), planes(good))[0]), cost))
        if path in chosen[:: max(1, len(chosen) // 2)][:2]:
            shown += [middle(picture, SHOWN) for picture in (given, restored, good)]
    return {name: np.mean(found, 0) for name, found in scores.items()}, np.concatenate(shown, 1)


def beside(folder: Path, path: Path) -> Path:
    """The photo of the same name in another folder.

    Raises:
        EnhanceError: there is none.
    """
    found = next(iter(sorted(folder.glob(f"{path.stem}.*"))), None)
    if found is None:
        raise EnhanceError(f"{folder}: has no {path.stem}; make one bad photo of each good one")
    return found


def middle(rgb: Picture, side: int = SIDE) -> Picture:
    """The middle of a photo, at most so many pixels a side."""
    top, left = (max(0, (room - side) // 2) for room in rgb.shape[:2])
    return rgb[top : top + side, left : left + side]


def smoothed(rgb: Picture, strength: float) -> Picture:
    """A photo after OpenCV's non-local means."""
    bgr = cv2.cvtColor(to_uint8(rgb), cv2.COLOR_RGB2BGR)
    made = cv2.fastNlMeansDenoisingColored(bgr, None, strength, strength, 7, 21)
    return np.asarray(cv2.cvtColor(made, cv2.COLOR_BGR2RGB), np.float32) / np.float32(255)


def psnr(a: Picture, b: Picture) -> float:
    """In dB."""
    return float(-10 * np.log10(np.square(a - b).mean() + 1e-9))


def planes(rgb: Picture) -> Picture:
    """(1,3,H,W)."""
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)[None])


if __name__ == "__main__":
    sys.exit(main())
