"""What do large sets for training cost? Memory, and pictures a second, of sets that are mapped from the disk.

    python benchmarks/sets.py [--pictures 10000000]

The arrays are full of nothing, and take no room on the disk: nothing is said of how fast that is. Each part runs in a
process of its own; memory is what belongs to it alone.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from enhance.datasets import cache, folders
from enhance.train import ahead
from enhance.train.task import Batch

BATCH, STEPS = 32, 200
"""Pictures of a step, and steps that are counted."""
CELEBA = 200_000, 166
"""Pictures, and pixels across one of as many bytes as all sizes of a picture of CelebA take: 16.5 GB."""
SIDE = 64
WINDOW = 64


class Windows:
    """Windows of random pictures of an array that is mapped, a pure function of (step, rank)."""

    digest = "none"

    def __init__(self, count: int, side: int) -> None:
        key = f"benchmark {count} {side}"
        sparse(key, count, side)
        self.pixels = cache.cached(key, count, (side, side, 3), nothing)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        chance = np.random.default_rng((step, rank))
        rows = chance.integers(len(self.pixels), size=BATCH)
        room = self.pixels.shape[1] - WINDOW + 1
        places = chance.integers(room, size=(BATCH, 2))
        windows = [
            self.pixels[n, t : t + WINDOW, left : left + WINDOW] for n, (t, left) in zip(rows, places, strict=True)
        ]
        return {"x": torch.from_numpy(np.stack(windows)).float() / 255}

    def held_out(self) -> Sequence[Batch]:
        return []


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000_000, help="of the largest set (default 10,000,000)")
    options = parser.parse_args()
    print("| set | as an array | memory | pictures a second, cold | warm |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = name
        for count, side in (CELEBA, (options.pictures, SIDE)):
            held, cold, warm = alone(mapped, count, side)
            size = count * side * side * 3 / 1e9
            print(f"| {count:,} of {side}x{side} | {size:.1f} GB | {held:.0f} MB | {cold:,.0f} | {warm:,.0f} |")
        count = options.pictures // 10
        held, seconds = alone(written, count)
        print(f"{count:,} rows made for the cache: {held:.0f} MB of memory, {seconds:.0f} s of CPU")
        count = options.pictures // 100
        held, seconds = alone(listed, Path(name), count)
        print(f"{count:,} files listed: {held:.0f} MB of memory, {seconds:.1f} s of CPU")
    return 0


def mapped(count: int, side: int) -> tuple[float, ...]:
    """Memory in MB, and pictures a second of the first time and the second."""
    before = private()
    data = Windows(count, side)
    if not cache.is_mapped():
        cache.MOST_OF_MEMORY = 0.0  # of a machine with much memory, or of a small set
        data = Windows(count, side)
    speeds = []
    with ahead.batches(data, 0, 1, ahead=True) as batch:
        for _ in range(2):
            started = time.process_time()
            for step in range(STEPS):
                batch(step)
            speeds.append(BATCH * STEPS / (time.process_time() - started))
    return private() - before, *speeds


def written(count: int) -> tuple[float, ...]:
    """Memory in MB and CPU seconds of making so many rows of nothing."""
    cache.MOST_OF_MEMORY = 0.0
    cache.cached("small warm up", 10, (4, 4, 3), nothing)
    before, started = private(peak=True), time.process_time()
    cache.cached("small", count, (4, 4, 3), lambda _: np.zeros((4, 4, 3), np.uint8))
    return private(peak=True) - before, time.process_time() - started


def listed(folder: Path, count: int) -> tuple[float, ...]:
    """Memory in MB and CPU seconds of naming so many files of a folder, and of what names the set."""
    place = folder / "pictures"
    place.mkdir()
    (place / "0.png").write_bytes(b"one file of many names")
    many = place / "0.png"
    for n in range(1, count):
        if n % 30_000 == 0:  # more names than that are not given to one file everywhere
            many = place / f"{n}.png"
            many.write_bytes(b"another")
            continue
        (place / f"{n}.png").hardlink_to(many)
    before, started = private(peak=True), time.process_time()
    paths = folders.pictures(place)
    folders.digest(paths)
    cache.stamps(paths)
    return private(peak=True) - before, time.process_time() - started


def sparse(key: str, count: int, side: int) -> None:
    """Put an array of nothing where the cache would look for it."""
    target = cache.place(key, (side, side, 3))
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        np.lib.format.open_memmap(target, mode="w+", dtype=np.uint8, shape=(count, side, side, 3))


def nothing(_: int) -> np.ndarray:
    return np.zeros((4, 4, 3), np.uint8)


def private(*, peak: bool = False) -> float:
    """MB of memory that belong to this process, or the most that it ever had."""
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmHWM:" if peak else "RssAnon:")[1].split()[0]) / 1e3


def alone(part: Callable[..., tuple[float, ...]], *words: object) -> tuple[float, ...]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(part, words)


if __name__ == "__main__":
    sys.exit(main())
