"""Faces as they lie in photos: between the pixels, leaning, a little blurred; through the whole program.

    python benchmarks/in_photos.py FACES... [--count 60] [--write]

FACES are folders of aligned faces 256 pixels wide that no network learnt from. Each is laid into a photo at the given
size and angle, a fraction of a pixel off the grid; the photo is made four times smaller and enhanced, and what came of
the face is cut out again and compared with it. --write puts the table into docs/race.md.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError
from enhance.evaluate.st_lpips import st_lpips
from enhance.faces import geometry, recognition
from enhance.painting import consistency
from enhance.painting.background import bicubic
from enhance.photos.photo import read
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.enhance import enhance_photo
from pages import ROOT, rewrite

Array = NDArray[np.float32]

KINDS = {"sharp": 0.0, "blurred by .6 pixels": 0.6}
SIZES, ANGLES = (16, 32, 64), (0, 20, 40)
ROOM = 1.5
"""How much wider than a face's frame its photo is."""
OFF = (0.9, 1.3)
"""How far off the grid a face lies, in pixels of the larger photo."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=60, help="faces a size (default 60)")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/race.md")
    options = parser.parse_args()
    try:
        everyone = [face for face in pairs.face_files(options.faces) if face.frame == 256]
        chosen = pairs.choose_files(everyone, 64, options.count)
        lines = list(table([read(face.path).rgb for face in chosen]))
    except EnhanceError as error:
        print(f"in_photos: {error}", file=sys.stderr)
        return error.exit_code
    print("\n".join(lines))
    if options.write:
        rewrite(ROOT / "docs" / "race.md", "in_photos", lines)
    return 0


def table(pictures: Sequence[Array]) -> Iterator[str]:
    """A row for every kind, size and angle; bicubic beside us."""
    yield "| photo | across | leaning | found | ST-LPIPS | bicubic | identity | bicubic | LR-PSNR, worst |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for kind, blur in KINDS.items():
        for size in SIZES:
            for angle in ANGLES:
                found = [row for large in pictures if (row := drawn(large, size, angle, blur)) is not None]
                if not found:
                    yield f"| {kind} | {size} | {angle}° | none of {len(pictures)} | | | | | |"
                    continue
                true, ours, plain = (np.stack([row[n] for row in found]) for n in range(3))
                person = recognition.embed(true)
                cells = [f"{st_lpips(made, true).mean():.3f}" for made in (ours, plain)]
                cells += [f"{(recognition.embed(made) * person).sum(1).mean():.3f}" for made in (ours, plain)]
                worst = min(row[3] for row in found)
                place = f"{kind} | {size} | {angle}° | {len(found)} of {len(pictures)}"
                yield f"| {place} | {' | '.join(cells)} | {worst:.1f} dB |"


def drawn(large: Array, size: int, angle: float, blur: float) -> tuple[Array, Array, Array, float] | None:
    """A face in a photo: as it is, as we draw it and as bicubic does, each (3,4*size,4*size) upright in its frame; and
    how well the photo agrees. None where it is not found."""
    frame = 4 * size
    side = round(ROOM * size) * 4
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / frame
    to_frame = np.column_stack([matrix, np.array([0.5, 0.5]) - matrix @ (np.full(2, (side - 1) / 2) - OFF)])
    photo = laid(large, to_frame, side)
    small = consistency.downscale(photo, 4)
    if blur:
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), blur), np.float32)
    given = read(np.round(small * 255).astype(np.uint8))
    result = enhance_photo(given)
    if not any(face.redrawn for face in result.faces):
        return None
    pictures = (photo, result.rgb, bicubic(given.rgb, 4))
    true, ours, plain = (geometry.warp_to_frame(picture, to_frame, frame).transpose(2, 0, 1) for picture in pictures)
    return true, ours, plain, result.lr_psnr


def laid(large: Array, to_frame: NDArray[np.float64], side: int) -> Array:
    """The photo (side,side,3) in which a face (H,H,3) lies so; around it, its edges go on."""
    fine = 4
    y, x = (np.mgrid[: fine * side, : fine * side] + 0.5) / fine - 0.5
    there = np.stack([x, y], -1) @ to_frame[:, :2].T + to_frame[:, 2]
    place = (there * len(large) - 0.5).astype(np.float32)
    seen = cv2.remap(large, place[..., 0], place[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    small = consistency.downscale(np.asarray(seen, np.float32), fine)
    return np.asarray(np.clip(small, 0, 1), np.float32)


if __name__ == "__main__":
    sys.exit(main())
