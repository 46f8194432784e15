"""What does it cost to remember a million photos? The manifest's file, processor time and memory.

    python benchmarks/manifest.py [--photos 1000000]

No photo is read or made: their facts are made up. Each part runs in a process of its own.
"""

import argparse
import hashlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from enhance.batch.manifest import Manifest
from enhance.batch.plan import FileFacts, PhotoTask

SETTINGS = '{"options": "those of the benchmark"}'
TOGETHER = 500
"""Photos that are written down at a time."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000, help="how many (default 1,000,000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = alone(write, folder, options.photos)
        size = sum(path.stat().st_size for path in folder.glob(".enhance*")) / 1e6
        asked = alone(ask, folder, options.photos)
        disk = alone(look, folder, options.photos)
    print(f"{options.photos:,} photos: {size:.0f} MB of file")
    print(f"begun and finished: {written[0]:.1f} s of CPU, {written[1]:.0f} MB of memory")
    print(f"all looked up: {asked[0] - disk[0]:.1f} s of CPU beside {disk[0]:.1f} s for their files, {asked[1]:.0f} MB")
    return 0


def tasks(folder: Path, count: int) -> Iterator[PhotoTask]:
    """Photos in folders of a thousand, in order, one at a time."""
    for n in range(count):
        name = f"{n // 1000:05}/IMG_{n:07}"
        yield PhotoTask(f"/photos/{name}.jpg", f"{folder}/{name}_x4.jpg")


def write(folder: Path, count: int) -> None:
    """Begin and finish them."""
    manifest = Manifest(folder, SETTINGS)
    with manifest.kept():
        left = tasks(folder, count)
        while part := list(islice(left, TOGETHER)):
            manifest.begin(part)
            manifest.finish((task, made_up(task.source), made_up(task.target)) for task in part)


def ask(folder: Path, count: int) -> None:
    """What a further run asks of each. No file is there, so that only the manifest's own time is measured."""
    manifest = Manifest(folder, SETTINGS)
    with manifest.kept():
        if sum(state == "to do" for _, state in manifest.states(tasks(folder, count))) != count:
            sys.exit("a photo that is not there was taken for done")


def look(folder: Path, count: int) -> None:
    """The part of that which has nothing to do with the manifest."""
    if any(os.path.lexists(task.target) for task in tasks(folder, count)):
        sys.exit("a photo is there that nobody made")


def made_up(name: str) -> FileFacts:
    digest = hashlib.sha256(name.encode()).digest()
    return FileFacts(1_000_000 + digest[0], 1_700_000_000_000_000_000 + digest[1], digest[:16])


def alone(part: Callable[[Path, int], None], folder: Path, count: int) -> tuple[float, float]:
    """CPU seconds and megabytes of memory that a part takes, beyond those of Python and its imports."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (part, folder, count))


def measured(part: Callable[[Path, int], None], folder: Path, count: int) -> tuple[float, float]:
    before, started = peak(), time.process_time()
    part(folder, count)
    return time.process_time() - started, peak() - before


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
