"""Holes filled by us and by OpenCV's two inpainters.

    python benchmarks/filling.py [--faces FOLDER] [--photos FOLDER] [--count 200] [--sheet FILE] [--write]

FACES holds faces in their frame, 128 pixels wide, and PHOTOS any photos; no network learnt from either. Faces lose
strokes, a half and the centre; photos, of which a square of 256 pixels is taken, lose strokes and boxes. --sheet saves
a picture of some of them; --write puts the table into docs/fill.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import EnhanceError
from enhance.evaluate.kernel_distance import features, kernel_distance
from enhance.evaluate.st_lpips import st_lpips
from enhance.faces import recognition
from enhance.photos.photo import read
from enhance.tasks.fill import masks
from enhance.tasks.fill.fill import fill_photo
from enhance.tasks.fill.options import FillOptions

Pixels = NDArray[np.uint8]
Hole = NDArray[np.bool_]
Filler = Callable[[Pixels, Hole], Pixels]

FACE, PHOTO = 128, 256
FACE_KINDS, PHOTO_KINDS = ("strokes", "half", "centre"), ("strokes", "boxes")
RADIUS = 3
"""Pixels around each that OpenCV's inpainters look at."""
SHOWN = 4


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="folder of faces in their frame")
    parser.add_argument("--photos", type=Path, help="folder of photos")
    parser.add_argument("--count", type=int, default=200, help="pictures a kind (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of our fillings")
    parser.add_argument("--sheet", type=Path, help="also save some of them side by side")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/fill.md")
    options = parser.parse_args()
    lines = [
        "| what | hole | by | KD-lite0 | ST-LPIPS | likeness | PSNR in the hole | s a picture |",
        "|---|---|---|---|---|---|---|---|",
    ]
    shown: list[Pixels] = []
    try:
        for folder, what, kinds in ((options.faces, "faces", FACE_KINDS), (options.photos, "photos", PHOTO_KINDS)):
            if folder is None:
                continue
            true = pictures(folder, FACE if what == "faces" else PHOTO, options.count)
            for kind in kinds:
                for line in rows(what, kind, true, fillers(what == "faces", options.seed), shown):
                    print(line, flush=True)
                    lines.append(line)
    except EnhanceError as error:
        print(f"filling: {error}", file=sys.stderr)
        return error.exit_code
    if options.sheet:
        Image.fromarray(np.concatenate(shown)).save(options.sheet)
    if options.write:
        from pages import ROOT, rewrite

        rewrite(ROOT / "docs" / "fill.md", "filling", lines)
    return 0


def pictures(folder: Path, side: int, count: int) -> Pixels:
    """Square pictures (N,side,side,3) from the middle of those in a folder, by name, evenly chosen."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".webp", ".jpg"))
    chosen = [paths[round(n)] for n in np.linspace(0, len(paths) - 1, min(count, len(paths)))]
    found = []
    for path in chosen:
        pixels = np.asarray(read(path).pixels, np.uint8)
        top, left = ((n - side) // 2 for n in pixels.shape[:2])
        if min(top, left) >= 0:
            found.append(pixels[top : top + side, left : left + side])
    return np.stack(found)


def fillers(aligned: bool, seed: int) -> dict[str, Filler]:
    """Ways to fill, by name."""

    def ours(pixels: Pixels, hole: Hole) -> Pixels:
        made = fill_photo(read(pixels), hole, options=FillOptions(seed=seed, aligned=aligned, no_faces=True))
        return np.asarray(made.canvas.image())

    def opencv(how: int) -> Filler:
        def filled(pixels: Pixels, hole: Hole) -> Pixels:
            return np.asarray(cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS, how), np.uint8)

        return filled

    return {"enhance": ours, "Navier-Stokes": opencv(cv2.INPAINT_NS), "Telea": opencv(cv2.INPAINT_TELEA)}


def rows(what: str, kind: str, true: Pixels, ways: dict[str, Filler], shown: list[Pixels]) -> Iterator[str]:
    """A row of the table for each way to fill holes of one kind."""
    height, width = true.shape[1:3]
    holes = [masks.measured(kind, height, width, n) > 0 for n in range(len(true))]
    original = planes(true)
    seen, person = features(original), recognition.embed(original) if what == "faces" else None
    columns = []
    for name, way in ways.items():
        emptied = [
            np.where(hole[..., None], 0, pixels).astype(np.uint8) for pixels, hole in zip(true, holes, strict=True)
        ]
        started = time.process_time()
        made = np.stack([way(pixels, hole) for pixels, hole in zip(emptied, holes, strict=True)])
        seconds = (time.process_time() - started) / len(made)
        columns.append(made)
        distance, error = kernel_distance(features(planes(made)), seen)
        cells = [f"{1000 * distance:.1f} ± {1000 * error:.1f}", f"{st_lpips(planes(made), original).mean():.3f}"]
        cells.append("" if person is None else f"{(recognition.embed(planes(made)) * person).sum(1).mean():.3f}")
        yield f"| {what} | {kind} | {name} | {' | '.join(cells)} | {psnr(made, true, holes):.1f} dB | {seconds:.3f} |"
    sheet(shown, [np.stack(emptied), *columns, true])


def psnr(made: Pixels, true: Pixels, holes: Sequence[Hole]) -> float:
    """Peak signal-to-noise ratio over all pixels of the holes, in dB."""
    inside = np.stack(holes)
    return float(-10 * np.log10(np.square((made[inside].astype(float) - true[inside]) / 255).mean()))


def sheet(shown: list[Pixels], columns: Sequence[Pixels]) -> None:
    """Adds a few rows, one picture each: given, ours, the others', the truth; all 256 pixels wide."""
    for n in range(0, len(columns[0]), max(1, len(columns[0]) // SHOWN))[:SHOWN]:
        row = [
            np.asarray(Image.fromarray(column[n]).resize((256, 256), Image.Resampling.NEAREST)) for column in columns
        ]
        shown.append(np.concatenate(row, 1))


def planes(pixels: Pixels) -> NDArray[np.float32]:
    """(N,H,W,3) uint8 as (N,3,H,W) float32 in [0,1]."""
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32) / np.float32(255)


if __name__ == "__main__":
    sys.exit(main())
