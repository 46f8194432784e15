"""The pictures in the README, drawn anew by the shipped networks.

    python benchmarks/pictures.py [--out docs]

Writes sample.png, grainy.webp, rest.webp, logo.png, lineup.webp and lineup_grainy.webp.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from enhance.errors import EnhanceError
from enhance.honesty.lineup import lineup, sheet
from enhance.painting.background import bicubic
from enhance.painting.consistency import downscale
from enhance.photos.canvas import to_image
from enhance.photos.photo import read
from enhance.sheets import side_by_side
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from pages import ROOT

SAMPLES = ROOT / "samples"
HEAD = (56, 4, 140, 88)
"""The sample's head, in its pixels."""
SMALL, TINY = 2, 3
"""How many times the sample is made smaller: at its own size there is little to invent."""
GRAIN, QUALITY = 7.0, 45


def main() -> int:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs", metavar="FOLDER")
    out: Path = parser.parse_args().out
    try:
        ways = {"pixel loss": UpscaleOptions(model="face_x4_pixel"), "GAN": UpscaleOptions()}
        compared(smaller(SMALL), SMALL, ways).save(out / "sample.png")
        ways = {"face_x4_gan": UpscaleOptions(model="face_x4_gan"), "the program's choice": UpscaleOptions()}
        compared(worse(smaller(1)), 1, ways).save(out / "grainy.webp", quality=85)
        ways = {"photo_x4_pixel": UpscaleOptions(), "--rest photo_x4": UpscaleOptions(background="photo_x4")}
        compared(smaller(1), 1, ways).save(out / "rest.webp", quality=85)
        with Image.open(SAMPLES / "logo.png") as logo:
            drawn = enhance_photo(read(logo), UpscaleOptions(aligned=True, force=True)).canvas.image()
            panels = [("input", logo), ("bicubic", enlarged(logo)), ("face_x4_gan", drawn)]
            side_by_side(panels).save(out / "logo.png")
        for name, given in (("lineup", smaller(TINY)), ("lineup_grainy", worse(smaller(SMALL)))):
            people = sheet(lineup(given, 8))
            people.resize((people.width * 2 // 3, people.height * 2 // 3), Image.Resampling.LANCZOS).save(
                out / f"{name}.webp", quality=85
            )
    except EnhanceError as error:
        print(f"pictures: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def smaller(times: int) -> Image.Image:
    """The sample, made smaller by area averaging."""
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        pixels = np.asarray(image.convert("RGB"), np.float32)
    height, width = (side // times * times for side in pixels.shape[:2])
    return Image.fromarray(np.round(downscale(pixels[:height, :width], times)).astype(np.uint8))


def worse(image: Image.Image) -> Image.Image:
    """The same picture blurred, with noise, and as a JPEG."""
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(1.2)), np.float32)
    noisy = soft + np.random.default_rng(0).normal(0, GRAIN, soft.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(np.round(noisy), 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=QUALITY)
    return Image.open(buffer).convert("RGB")


def compared(given: Image.Image, times: int, ways: dict[str, UpscaleOptions]) -> Image.Image:
    """The head of a sample so many times smaller: as it is, by bicubic, and by what the ways ask for."""
    left, top, right, bottom = (side // times for side in HEAD)
    large = (4 * left, 4 * top, 4 * right, 4 * bottom)
    panels = [("input", given.crop((left, top, right, bottom))), ("bicubic", enlarged(given).crop(large))]
    for caption, options in ways.items():
        panels.append((caption, enhance_photo(read(given), options).canvas.image().crop(large)))
    return side_by_side(panels)


def enlarged(given: Image.Image) -> Image.Image:
    """Four times larger, by bicubic."""
    source = read(given)
    return to_image(source, bicubic(source.rgb, 4))


if __name__ == "__main__":
    sys.exit(main())
