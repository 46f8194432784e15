"""How near to the truth is what is not a face? PSNR and ST-LPIPS of bicubic and of the network for anything.

    python benchmarks/photos.py PHOTOS...

PHOTOS are files or folders of photos that the network was not trained on, such as those of the packages
scikit-image and scikit-learn. Of each, at most 512x512 pixels are made four times smaller and enlarged again.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import enhance
from enhance.consistency import back_project, downscale
from enhance.errors import EnhanceError
from enhance.evaluate.st_lpips import st_lpips
from enhance.photo import read
from enhance.upscale import REST, resize

SIDE = 512


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    network = enhance.Model.load(REST)
    found: dict[str, list[tuple[float, float]]] = {}
    for path in files(parser.parse_args().photos):
        try:
            rgb = read(path).rgb[:SIDE, :SIDE]
        except EnhanceError as error:
            print(error, file=sys.stderr)
            continue
        height, width = (side // 8 * 8 for side in rgb.shape[:2])
        if min(height, width) < 128:
            continue
        hr = rgb[:height, :width]
        lr = (np.rint(downscale(hr) * 255) / 255).astype(np.float32)
        larger = resize(lr, 4)
        made = {
            "bicubic": larger,
            "bicubic, back-projected": back_project(larger, lr),
            REST: network(lr.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0),
        }
        for name, picture in made.items():
            error_of = float(-10 * np.log10(np.mean((picture - hr) ** 2)))
            apart = float(st_lpips(picture.transpose(2, 0, 1)[None], hr.transpose(2, 0, 1)[None])[0])
            found.setdefault(name, []).append((error_of, apart))
    for name, scores in found.items():
        psnr, perceptual = np.mean(scores, 0)
        print(f"{name:24} PSNR {psnr:.2f}  ST-LPIPS {perceptual:.3f}  ({len(scores)} photos)")
    return 0 if found else 2


def files(paths: list[Path]) -> list[Path]:
    """The photos named, and those in the folders named."""
    inside = (sorted(path.iterdir()) if path.is_dir() else [path] for path in paths)
    return [path for group in inside for path in group if path.is_file()]


if __name__ == "__main__":
    sys.exit(main())
