"""Where the time goes: a megapixel with one face, from the bytes of its file to those of the enlarged photo.

    python benchmarks/stages.py [PHOTO ...] [--repeats 3] [--against TREE]

Without a PHOTO one is made of the sample. TREE is a checkout of another version: both take turns, and what they draw
is compared. Seconds are those of the CPU, of one thread, in the median, for a photo among others;
a stage counts what no stage within it counts.
"""

import argparse
import functools
import importlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
STAGES = {
    "decode": ("photos.photo:read",),
    "measure and restore": ("tasks.upscale.choice:choose",),
    "detect": ("faces.detection:detect",),
    "verify": ("faces.verification:rejection_reason", "faces.resolution:effective_reduction"),
    "draw": ("faces.drawing:draw_jobs", "faces.drawing:paste_jobs"),
    "background": ("painting.background:Background._enlarge",),
    "consistency": ("painting.consistency:ScaledPair.corrected", "painting.consistency:ScaledPair.error"),
    "put together": ("painting.bands:paint", "painting.bands:passes_needed", "photos.canvas:Canvas.put"),
    "encode": ("photos.writing:write",),
}
"""Stage -> the functions that do it, by module and name; "all else" is what none of them does."""
ELSE = "all else"
SIZE = 1152, 896
"""Width and height of the photo that is made: a megapixel."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--repeats", type=int, default=3, help="how often, the median counts (default 3)")
    parser.add_argument("--against", type=Path, metavar="TREE", help="a checkout of another version")
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.draw:
        print(json.dumps(seconds(options.photos, options.draw)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = options.photos or [made(folder / "photo.jpg")]
        trees = [ROOT] if options.against is None else [options.against, ROOT]
        taken: list[list[dict[str, float]]] = [[] for _ in trees]
        for _ in range(options.repeats):
            for n, tree in enumerate(trees):
                taken[n].append(one_run(tree, photos, folder / str(n)))
        print(text([medians(runs) for runs in taken], len(photos)))
        if len(trees) == 2:
            print(difference(*(folder / str(n) for n in range(2))))
    return 0


def made(path: Path) -> Path:
    """A megapixel: the sample, before a background of soft colours."""
    colours = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    photo = Image.fromarray(colours).resize(SIZE, Image.Resampling.BICUBIC)
    with Image.open(ROOT / "samples" / "astronaut.jpg") as image:
        photo.paste(image.convert("RGB"), ((SIZE[0] - image.width) // 2, (SIZE[1] - image.height) // 2))
    photo.save(path, quality=95)
    return path


def one_run(tree: Path, photos: Sequence[Path], folder: Path) -> dict[str, float]:
    """What a process of another version takes for each stage."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, __file__, *map(str, photos), "--draw", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "ENHANCE_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=3600)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def seconds(photos: Sequence[Path], folder: Path) -> dict[str, float]:
    """CPU seconds a photo and stage, by the package of this process; leaves in `folder` what was drawn."""
    read, enhance_photo, write, has_stages = program()
    # Another of the size comes first: a photo among others finds the networks loaded, and their memory at hand.
    write(enhance_photo(read(io.BytesIO(photos[0].read_bytes()))).canvas, folder / "first.jpg")
    clock = Clock()
    for stage, names in STAGES.items() if has_stages else ():
        for name in names:
            clock.watch(stage, name)
    read, enhance_photo, write, _ = program()
    for path in photos:
        content = path.read_bytes()
        with clock.counted(ELSE):
            result = enhance_photo(read(io.BytesIO(content)))
            write(result.canvas, folder / f"{path.stem}.jpg")
        np.save(folder / f"{path.stem}.npy", np.asarray(result.canvas.image()))
    return {stage: spent / len(photos) for stage, spent in clock.spent.items()}


def program() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any], bool]:
    """What reads, enhances and writes a photo, and whether its parts are where STAGES says: in versions of before the
    modules were put into packages, only the whole is counted."""
    try:
        photos, writing = (importlib.import_module(f"enhance.photos.{name}") for name in ("photo", "writing"))
        whole = importlib.import_module("enhance.tasks.upscale.enhance")
    except ModuleNotFoundError:
        photos = writing = importlib.import_module("enhance.photo")
        whole = importlib.import_module("enhance.upscale")
        return lambda file: photos.read(file.read()), whole.enhance_photo, writing.write, False
    return photos.read, whole.enhance_photo, writing.write, True


class Clock:
    """CPU seconds of stages; what one does while it is part of another counts for itself alone."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys((*STAGES, ELSE), 0.0)
        self._open: list[str] = []
        self._since = 0.0

    def counted(self, stage: str) -> "Clock":
        """Within this, time counts for a stage."""
        self._open.append(stage)
        return self

    def __enter__(self) -> None:
        now = time.process_time()
        if len(self._open) > 1:
            self.spent[self._open[-2]] += now - self._since
        self._since = now

    def __exit__(self, *_: object) -> None:
        now = time.process_time()
        self.spent[self._open.pop()] += now - self._since
        self._since = now

    def watch(self, stage: str, place: str) -> None:
        """Count a function, named as module:name or module:Class.name, wherever it was imported to."""
        module, _, name = place.partition(":")
        owner: Any = importlib.import_module(f"enhance.{module}")
        *classes, name = name.split(".")
        for one in classes:
            owner = getattr(owner, one)
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            with self.counted(stage):
                return function(*args, **kwargs)

        setattr(owner, name, watched)
        for known in list(sys.modules.values()):
            if getattr(known, "__name__", "").startswith("enhance.") and getattr(known, name, None) is function:
                setattr(known, name, watched)


def medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """Of each stage; and their sum as "whole"."""
    found = {stage: statistics.median(run[stage] for run in runs) for stage in runs[0]}
    return {**found, "whole": statistics.median(sum(run.values()) for run in runs)}


def text(found: Sequence[dict[str, float]], count: int) -> str:
    """A Markdown table: one column of one version, or both and by how much the second is faster."""
    heads = ["seconds", "share"] if len(found) == 1 else ["before", "share", "now", "share", "times faster"]
    lines = [f"| stage ({count} photos) | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for stage in found[0]:
        cells = [cell for one in found for cell in (f"{one[stage]:.3f}", f"{one[stage] / one['whole']:.1%}")]
        if len(found) == 2:
            counted = stage != ELSE or any(found[0][name] for name in STAGES)
            cells.append(f"{found[0][stage] / max(found[1][stage], 1e-9):.2f}" if counted and found[0][stage] else "")
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return "\n".join(lines)


def difference(before: Path, now: Path) -> str:
    """By how many levels of 255 the pictures of two folders differ."""
    lines = []
    for path in sorted(before.glob("*.npy")):
        one, other = (np.load(folder / path.name).astype(np.int16) for folder in (before, now))
        apart = np.abs(one - other)
        lines.append(f"{path.stem}: {apart.max()} levels at most, {(apart > 0).mean():.4%} of the values differ")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
