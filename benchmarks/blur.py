"""Photos that are blurred and nothing else: how much blur is measured, and what is left when it is taken out.

    python benchmarks/blur.py PHOTOS [--count 12] [--write]

PHOTOS is a folder of good photographs that nobody was trained on; the middle of each is blurred by a Gaussian. Beside
the program stands unsharp masking, with the amount and radius that are best for each photo, which only who has the
good one can choose. --write puts the table into docs/restoration.md.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bad_photos import OURS, PAGE, chosen, everyone, middle, planes, printed, psnr
from enhance.errors import EnhanceError
from enhance.evaluate.st_lpips import st_lpips
from enhance.painting.restoration import measure
from enhance.pixels import eight_bit
from enhance.tasks.upscale.bad_photos import blur
from pages import rewrite

Picture = NDArray[np.float32]

SIGMAS = (0.0, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0)
"""Standard deviations of the Gaussians, in pixels."""
AMOUNTS, RADII = (0.0, 0.5, 1.0, 2.0, 3.0), (1.0, 2.0, 3.0)
"""Of unsharp masking; the radius is a standard deviation in pixels."""
SAME = 80.0
"""PSNR in dB of what is the same but for rounding."""
SIDE = 384
"""Pixels of each photo."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=12, help="photos (default 12)")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/restoration.md")
    options = parser.parse_args()
    try:
        photos = [middle(photo, SIDE) for photo in chosen(options.photos, options.count)]
    except EnhanceError as error:
        print(f"blur: {error}", file=sys.stderr)
        return error.exit_code
    lines = printed(table(photos))
    if options.write:
        rewrite(PAGE, "blur alone", lines)
    return 0


def table(photos: Sequence[Picture]) -> Iterator[str]:
    """A row for each blur."""
    way = everyone(None)[OURS]
    yield "| blurred by, pixels | measured | PSNR / ST-LPIPS as it is | unsharp masking | enhance |"
    yield "|---|---|---|---|---|"
    for sigma in SIGMAS:
        bad = [eight_bit(blur(good, sigma)) for good in photos]
        found = np.mean([measure(one).blur for one in bad])
        sharpened = [unsharp(one, good) for one, good in zip(bad, photos, strict=True)]
        ours = [way(one, 1, good) for one, good in zip(bad, photos, strict=True)]
        cells = []
        for pictures in (bad, sharpened, ours):
            pairs = list(zip(pictures, photos, strict=True))
            fidelity = np.mean([psnr(*pair) for pair in pairs])
            distance = np.mean([float(st_lpips(planes(one), planes(good))[0]) for one, good in pairs])
            cells.append(f"{fidelity:.2f} / {distance:.3f}" if fidelity < SAME else "the same")
        yield f"| {sigma} | {found:.1f} | {' | '.join(cells)} |"


def unsharp(bad: Picture, good: Picture) -> Picture:
    """What unsharp masking makes of a photo at best."""
    masked = (
        np.clip(bad + np.float32(amount) * (bad - blur(bad, radius)), 0, 1) for amount in AMOUNTS for radius in RADII
    )
    return max(masked, key=lambda one: psnr(one, good))


if __name__ == "__main__":
    sys.exit(main())
