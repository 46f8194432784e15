"""How much the patterns of redrawn animals flicker from frame to frame.

    python benchmarks/flicker.py VIDEO_OR_PHOTO... [--to zebra] [--frames 24]

Each frame is translated by itself. Flicker is how far what was added to a frame (drawn less original) differs from what
was added to the one before, in grey levels of 255, over the pixels that were redrawn in both; "own motion" is the same
of the original frames. Of a photo a slow pan is made, a pixel a frame, which is taken back before frames are compared:
then all that differs is flicker.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError, PhotoError
from enhance.photos import movies
from enhance.photos.photo import Photo, read
from enhance.tasks.translate.options import ANIMALS, TranslateOptions
from enhance.tasks.translate.translate import translate_photo

Pixels = NDArray[np.float32]


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--to", choices=ANIMALS, default="zebra")
    parser.add_argument("--frames", type=int, default=24)
    options = parser.parse_args()
    print("| file | frames | flicker | own motion | redrawn |")
    print("|---|---|---|---|---|")
    try:
        for path in options.files:
            video = path.suffix.lower() in movies.VIDEO_SUFFIXES
            frames = list(islice(decoded(path), options.frames)) if video else pan(read(path).pixels, options.frames)
            print(row(path.name, frames, TranslateOptions(to=options.to), 0 if video else 1), flush=True)
    except EnhanceError as error:
        print(f"flicker: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def decoded(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The frames of a video, (H,W,3) uint8."""
    av, to_rgb = movies.import_av(), movies.colour_converter("rgb24")
    with av.open(str(path)) as source:
        if not source.streams.video:
            raise PhotoError(f"{path}: has no pictures in it")
        for frame in source.decode(source.streams.video[0]):
            yield np.asarray(movies.to_photo(frame, to_rgb, path).pixels, np.uint8)


def pan(pixels: NDArray[np.generic], count: int) -> list[NDArray[np.uint8]]:
    """Windows of a photo, each a pixel further to the right."""
    width = pixels.shape[1] - count
    return [np.ascontiguousarray(pixels[:, left : left + width], np.uint8) for left in range(count)]


def row(name: str, frames: Sequence[NDArray[np.uint8]], options: TranslateOptions, shift: int) -> str:
    """A line of the table; `shift`: pixels by which each frame lies further to the right."""
    before = None
    changes, own, shares = [], [], []
    for frame in frames:
        made = translate_photo(Photo(frame), options)
        original = np.asarray(frame, np.float32)
        now = original, np.asarray(made.canvas.image(), np.float32) - original, made.mask > 0
        if before is not None:
            changes.append(flicker(before[1], now[1], before[2], now[2], shift))
            own.append(difference(before[0], now[0], shift).mean())
        shares.append(now[2].mean())
        before = now
    numbers = np.mean(changes), np.mean(own), 100 * np.mean(shares)
    return f"| {name} | {len(frames)} | {numbers[0]:.1f} | {numbers[1]:.1f} | {numbers[2]:.0f} % |"


def flicker(
    before: Pixels, now: Pixels, was_redrawn: NDArray[np.bool_], is_redrawn: NDArray[np.bool_], shift: int
) -> float:
    """Mean difference of what was added to two frames (H,W,3), over the pixels that were redrawn in both; 0 if none."""
    both = overlap(was_redrawn, is_redrawn, shift)
    inside = both[0] & both[1]
    return float(difference(before, now, shift)[inside].mean()) if inside.any() else 0.0


def difference(before: Pixels, now: Pixels, shift: int) -> Pixels:
    """How far two frames differ, on average over channels (H,W), where both show the same place."""
    one, other = overlap(before, now, shift)
    return np.asarray(np.abs(one - other).mean(-1))


def overlap(before: NDArray, now: NDArray, shift: int) -> tuple[NDArray, NDArray]:  # type: ignore[type-arg]
    """What two frames show both, the second lying `shift` pixels further to the right."""
    width = before.shape[1] - shift
    return before[:, shift:], now[:, :width]


if __name__ == "__main__":
    sys.exit(main())
