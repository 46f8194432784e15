"""How much videos flicker: the patterns of redrawn animals, and what is restored and enlarged.

    python benchmarks/flicker.py VIDEO_OR_PHOTO... [--to zebra] [--frames 24]
    python benchmarks/flicker.py PHOTO... --enlarged [--frames 8] [--write]

Each frame is translated by itself. Flicker is how far what was added to a frame (drawn less original) differs from what
was added to the one before, in grey levels of 255, over the pixels that were redrawn in both; "own motion" is the same
of the original frames. Of a photo a slow pan is made, a pixel a frame, which is taken back before frames are compared:
then all that differs is flicker.

With --enlarged the frames are a photo made four times smaller by block means, a quarter of a pixel further to the right
each time, with other noise each time; four times larger again, they lie a whole pixel apart. Flicker is how far a frame
differs from the one before, in grey levels, moved back by that pixel; for the frames as they are, those a whole pixel
of theirs apart are compared. --write puts the table into docs/restoration.md.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError, PhotoError
from enhance.faces.tracking import Tracker
from enhance.painting.background import bicubic
from enhance.painting.consistency import downscale
from enhance.photos import movies
from enhance.photos.photo import Photo, read
from enhance.pixels import eight_bit, to_uint8
from enhance.tasks.translate.options import ANIMALS, TranslateOptions
from enhance.tasks.translate.translate import translate_photo
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import SCALE, UpscaleOptions
from enhance.tasks.upscale.video import LOOKS, plan_frames
from pages import ROOT, rewrite

Pixels = NDArray[np.float32]

LONG, SHORT = 24, 8
"""Frames, of animals and of what is enlarged."""
NOISES = (0, 6, 15)
"""Grey levels."""
SIDE = 96
"""Pixels of a small frame."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--to", choices=ANIMALS, default="zebra")
    parser.add_argument("--enlarged", action="store_true", help="of photos with noise that are enlarged")
    parser.add_argument("--frames", type=int, help="how many (default 24, or 8 with --enlarged)")
    parser.add_argument("--write", action="store_true", help="with --enlarged, also write the table into docs")
    options = parser.parse_args()
    frames = options.frames or (SHORT if options.enlarged else LONG)
    try:
        if options.enlarged:
            lines = list(enlarged([read(path).rgb for path in options.files], frames))
            if options.write:
                rewrite(ROOT / "docs" / "restoration.md", "flicker", lines)
            return 0
        print("| file | frames | flicker | own motion | redrawn |")
        print("|---|---|---|---|---|")
        for path in options.files:
            video = path.suffix.lower() in movies.VIDEO_SUFFIXES
            shown = list(islice(decoded(path), frames)) if video else pan(read(path).pixels, frames)
            print(row(path.name, shown, TranslateOptions(to=options.to), 0 if video else 1), flush=True)
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


def enlarged(photos: Sequence[Pixels], count: int) -> Iterator[str]:
    """A row for every strength of the noise: the flicker of photos as they are, by bicubic, and by the program, with
    what is wrong with them measured once, as in a video, or frame by frame."""

    def told(line: str) -> str:
        print(line, flush=True)
        return line

    yield told(f"| noise | as they are | {' | '.join(WAYS)} |")
    yield told("|---|---|" + "---|" * len(WAYS))
    for noise in NOISES:
        found = []
        for photo in photos:
            frames = drift(photo, count, noise)
            own = [difference(one, other, 1).mean() for one, other in zip(frames, frames[SCALE:], strict=False)]
            values = [float(np.mean(own))]
            for way in WAYS.values():
                made = way(frames)
                values.append(float(np.mean([difference(*pair, 1).mean() for pair in pairwise(made)])))
            found.append(values)
        cells = " | ".join(f"{255 * value:.2f}" for value in np.mean(found, 0))
        yield told(f"| {noise} | {cells} |")


def drift(photo: Pixels, count: int, noise: float) -> list[Pixels]:
    """The middle of a photo (H,W,3) made four times smaller, a quarter of a pixel further to the right in each frame,
    with noise of so many grey levels."""
    rng = np.random.default_rng(0)
    top, left = ((room - SCALE * SIDE - count) // 2 for room in photo.shape[:2])
    frames = []
    for n in range(count):
        window = photo[top : top + SCALE * SIDE, left + n : left + n + SCALE * SIDE]
        small = downscale(np.ascontiguousarray(window), SCALE)
        frames.append(eight_bit(small + noise / 255 * rng.standard_normal(small.shape, np.float32)))
    return frames


def by_bicubic(frames: Sequence[Pixels]) -> list[Pixels]:
    """Frames four times larger."""
    return [bicubic(frame, SCALE) for frame in frames]


def by_enhance(frames: Sequence[Pixels], once: bool) -> list[Pixels]:
    """The same as `enhance` draws a video, or with what is wrong measured in each frame."""
    plan, tracker = plan_frames(frames[:: max(1, len(frames) // LOOKS)]), Tracker()
    options = UpscaleOptions(model=plan.model, consistent=plan.consistent).of_frames()
    known = plan.defects if once else None
    return [enhance_photo(Photo(to_uint8(frame)), options, look=tracker, known=known).rgb for frame in frames]


WAYS: dict[str, Callable[[Sequence[Pixels]], list[Pixels]]] = {
    "bicubic": by_bicubic,
    "enhance": partial(by_enhance, once=True),
    "measured frame by frame": partial(by_enhance, once=False),
}


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
