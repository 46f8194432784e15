"""What does Ray cost beside processes of this machine? Time, and CPU seconds of everything that either engine starts.

    python benchmarks/engines.py [--photos 200] [--rounds 2]

Both enhance the same small photos, one at a time, and take turns. What either does before its first photos are done
(processes, networks, a cluster) is its start-up, and not counted. Ray's own processes work whether photos are made or
not: on a core that others want, too, they take more of a photo's CPU seconds. Read on Linux, from /proc.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from enhance.batch.cluster import Cluster, on_ray
from enhance.batch.plan import Outcome, PhotoTask
from enhance.batch.processes import in_processes

SAMPLE = Path(__file__).parents[1] / "samples" / "astronaut.jpg"
SIDE, FIRST = 160, 16
"""Pixels of a photo, and how many of them are start-up: Ray gives them back by as many."""


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200, help="how many are counted (default 200)")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each engine (default 2)")
    options = parser.parse_args()
    engines = {
        "processes": partial(in_processes, work=enhanced, jobs=1),
        "Ray": partial(on_ray, work=enhanced, cluster=Cluster(cpus=1, most=1)),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    with tempfile.TemporaryDirectory() as name:
        photos = made(Path(name) / "photos", options.photos + FIRST)
        for turn in range(options.rounds):
            for engine, work in engines.items():
                spent, lasted = measured(photos, Path(name) / f"{engine}{turn}", work)
                taken[engine].append((spent / options.photos, lasted / options.photos))
                print(
                    f"{engine}: {spent / options.photos:.4f} CPU s and {lasted / options.photos:.4f} s a photo",
                    flush=True,
                )
    for n, what in enumerate(("CPU seconds", "seconds")):
        ours, theirs = (statistics.median(turn[n] for turn in taken[name]) for name in engines)
        print(f"Ray takes {100 * (theirs / ours - 1):.1f} % more {what}")
    return 0


def made(folder: Path, count: int) -> list[Path]:
    """Crops of the sample, none like another."""
    folder.mkdir()
    paths = [folder / f"{n:05}.jpg" for n in range(count)]
    with Image.open(SAMPLE) as image:
        room = image.width - SIDE
        for n, path in enumerate(paths):
            left, top = n % room, n // room * 7 % room
            image.crop((left, top, left + SIDE, top + SIDE)).save(path, quality=95)
    return paths


def enhanced(source: Path, target: Path) -> str:
    """What the command line does to a photo of a folder."""
    from enhance.photos.photo import read
    from enhance.photos.writing import write
    from enhance.tasks.upscale.enhance import enhance_photo

    write(enhance_photo(read(source)).canvas, target)
    return f"{target}: enhanced"


def measured(
    photos: list[Path], out: Path, engine: Callable[[Iterator[PhotoTask]], Iterator[tuple[PhotoTask, Outcome]]]
) -> tuple[float, float]:
    """CPU seconds, and seconds, from the moment when FIRST photos are done until all are."""
    out.mkdir()
    tasks = [PhotoTask(str(path), str(out / path.name)) for path in photos]
    before = after = 0.0, 0.0
    for done, (task, outcome) in enumerate(engine(iter(tasks)), 1):
        if outcome.message is None:
            raise SystemExit(f"{task.source}: {outcome.error}")
        if done == FIRST:
            before = seconds_of_all(), time.monotonic()
        if done == len(tasks):
            after = seconds_of_all(), time.monotonic()
    return after[0] - before[0], after[1] - before[1]


def seconds_of_all() -> float:
    """CPU seconds of this process and all that descend from it, also of those that ended."""
    spent: dict[int, float] = {}
    above: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        fields = text.rpartition(")")[2].split()
        pid = int(path.parent.name)
        above[pid] = int(fields[1])
        spent[pid] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid, seconds in spent.items():
        one = pid
        while one not in (0, 1, os.getpid()):
            one = above.get(one, 0)
        total += seconds if one == os.getpid() else 0.0
    return total


if __name__ == "__main__":
    sys.exit(main())
