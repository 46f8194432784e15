"""From clean to very bad in twenty steps: does the program change gradually, and is it ever worse than bicubic?

    python benchmarks/sweep.py PHOTO [--scale 2] [--write]

PHOTO is a good one; the middle of it is made smaller by the scale, and blurred, made noisy and coded more and more, the
noise being the same in all steps but for its strength. --write puts the table into docs/restoration.md and what it
shows into docs/sweep.webp.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bad_photos import middle, psnr
from enhance.errors import EnhanceError
from enhance.evaluate.st_lpips import st_lpips
from enhance.painting.background import bicubic
from enhance.painting.consistency import downscale
from enhance.painting.restoration import measure
from enhance.photos.photo import read
from enhance.pixels import eight_bit, to_uint8
from enhance.tasks.upscale.bad_photos import blur, coded, correlated
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from pages import ROOT, rewrite

Picture = NDArray[np.float32]

STEPS = 20
SIDE = 256
"""Pixels of the good photo, from its middle."""
ACROSS = 5
"""Steps beside each other in the picture."""
BLUR, NOISE, COLOUR_NOISE, QUALITY = 1.2, 26.0, 8.0, (96, 28)
"""At worst: pixels, grey levels twice, and the quality of JPEG, at best and at worst."""


@dataclass(frozen=True, eq=False)
class Step:
    """How bad a photo is, 0 to 1; it, what bicubic and the program make of it, and the good one."""

    badness: float
    bad: Picture
    plain: Picture
    ours: Picture
    good: Picture

    @property
    def gain(self) -> float:
        """PSNR over bicubic's, in dB."""
        return psnr(self.ours, self.good) - psnr(self.plain, self.good)


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--scale", type=int, default=2, choices=(1, 2, 4))
    parser.add_argument("--write", action="store_true", help="also write docs/sweep.webp, and the table into docs")
    options = parser.parse_args()
    try:
        photo = read(options.photo).rgb
    except EnhanceError as error:
        print(f"sweep: {error}", file=sys.stderr)
        return error.exit_code
    found = list(steps(middle(photo, SIDE), options.scale))
    lines = table(found)
    print("\n".join(lines))
    if options.write:
        rewrite(ROOT / "docs" / "restoration.md", "sweep", lines)
        sheet(found).save(ROOT / "docs" / "sweep.webp", quality=88)
    return 0


def steps(good: Picture, scale: int) -> Iterator[Step]:
    """The photo (H,W,3) made bad, from not at all to badly, and enlarged."""
    small = downscale(good, scale)
    for badness in np.linspace(0, 1, STEPS).tolist():
        bad = worsened(small, badness)
        ours = enhance_photo(read(to_uint8(bad)), UpscaleOptions(scale=scale)).rgb
        yield Step(badness, bad, bicubic(bad, scale), ours, good)


def worsened(photo: Picture, badness: float) -> Picture:
    """Blur, noise and JPEG, all of them as bad as is said from 0 to 1, and the same noise each time."""
    if badness == 0:
        return eight_bit(photo)
    rng = np.random.default_rng(0)
    noise = NOISE * correlated((*photo.shape[:2], 1), 0.5, rng) + COLOUR_NOISE * correlated(photo.shape, 1.2, rng)
    made = np.clip(blur(photo, BLUR * badness) + badness**1.5 * noise / 255, 0, 1).astype(np.float32)
    return coded(made, round(QUALITY[0] + badness * (QUALITY[1] - QUALITY[0])), "JPEG", 2, (0, 0))


def table(found: Sequence[Step]) -> list[str]:
    """A row a step."""
    lines = [
        "| badness | measured noise, colour noise, blocks | PSNR of bicubic | gain | ST-LPIPS of bicubic | of ours |",
        "|---|---|---|---|---|---|",
    ]
    for step in found:
        noise, colour_noise, blocks, _ = measure(step.bad).values
        far = [
            float(st_lpips(*(one.transpose(2, 0, 1)[None] for one in (a, step.good)))[0])
            for a in (step.plain, step.ours)
        ]
        lines.append(
            f"| {step.badness:.2f} | {noise:.1f}, {colour_noise:.1f}, {blocks:.1f} | {psnr(step.plain, step.good):.2f} "
            f"| {step.gain:+.2f} | {far[0]:.3f} | {far[1]:.3f} |"
        )
    return lines


def sheet(found: Sequence[Step]) -> Image.Image:
    """Of every step what bicubic makes of it, and below it what the program does."""
    rows = []
    for start in range(0, len(found), ACROSS):
        part = found[start : start + ACROSS]
        rows += [np.concatenate([step.plain for step in part], 1), np.concatenate([step.ours for step in part], 1)]
    return Image.fromarray(to_uint8(np.concatenate(rows)))


if __name__ == "__main__":
    sys.exit(main())
