"""What is lost when an actor, a machine or the driver of a Ray cluster is killed? Each at random moments, five times.

    python benchmarks/kills.py [--kills 5] [--photos 300] [--write docs/reliability.md]

Two machines on this one, by Ray's cluster utility, with a core each, enlarge small photos. One of these cannot be read,
and one ends the process that reads it. Exits with 1 if a photo is lost, half written, or missing from the manifest.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from enhance.batch.cluster import SETTINGS, Cluster, on_ray
from enhance.batch.manifest import Manifest
from enhance.batch.plan import PhotoTask
from enhance.batch.run import run

SAMPLE = Path(__file__).parents[1] / "samples" / "astronaut.jpg"
SIDE, SCALE = 24, 4
"""Pixels of a photo, and how many times larger it gets: what is tried here is the way there, not what is drawn."""
BAD, DEADLY = 7, 8
"""Numbers of the photos that cannot be made."""
VICTIMS = "actor", "machine", "driver"
HANG = 1200
"""Seconds after which a run hangs: on a core that has nothing else to do, it takes less than a minute."""
MACHINE = {"num_cpus": 1, "object_store_memory": 100 << 20}
PROCESSES = ".processes"
"""A file beside the results, with the process of each photo that was begun."""
HEADING = "## A cluster whose parts are killed"


@dataclass(frozen=True)
class Found:
    """How a run ended whose parts were killed.

    Attributes:
        broken: what may not be, in a line each.
        again: how many photos were worked on once more.
        seconds: from the first kill to the end, those that a new driver or machine takes to start among them.
    """

    broken: tuple[str, ...]
    again: int
    seconds: float


def main() -> int:
    """Parse, kill, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=5, help="how many of each kind (default 5)")
    parser.add_argument("--photos", type=int, default=300, help="how many a run has (default 300)")
    parser.add_argument("--together", action="store_true", help="one of each kind, all in one run")
    parser.add_argument("--seed", type=int, default=0, help="names other moments")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write what was found into this page")
    parser.add_argument("--drive", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drive:
        print(json.dumps(drive(Path(options.drive[0]), Path(options.drive[1]), options.drive[2])))
        return 0
    plan = [VICTIMS] if options.together else [(victim,) for victim in VICTIMS for _ in range(options.kills)]
    found: dict[str, list[Found]] = {}
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        photos = made(Path(name) / "in", options.photos)
        with Machines() as machines:
            for n, victims in enumerate(plan):
                one = killed(machines, victims, photos, Path(name) / str(n), chance)
                found.setdefault(" and ".join(victims), []).append(one)
                print(*victims, f"{one.seconds:.0f} s, {one.again} worked on again", *one.broken, sep=", ", flush=True)
    text = section(found, options.photos, options.seed)
    print(text)
    if options.write:
        before = options.write.read_text()
        start, _, rest = before.partition(f"{HEADING}\n")
        _, following, after = rest.partition("\n## ")
        options.write.write_text(f"{start}{text}{following}{after}")
    return 1 if any(one.broken for runs in found.values() for one in runs) else 0


def made(folder: Path, count: int) -> Path:
    """A folder of crops of the sample, none like another."""
    folder.mkdir()
    with Image.open(SAMPLE) as image:
        for n in range(count):
            left, top = n % 150, n // 150 * 3
            image.convert("RGB").crop((left, top, left + SIDE, top + SIDE)).save(folder / f"{n:04}.png")
    (folder / f"{BAD:04}.png").write_bytes(b"no picture")
    return folder


def enlarged(source: Path, target: Path) -> str:
    """Little work, but read and written as photos are; says which process did it."""
    from enhance.photos.photo import read
    from enhance.photos.writing import write
    from enhance.pixels import to_uint8

    with (target.parent / PROCESSES).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if source.stem == f"{DEADLY:04}":
        os._exit(9)
    photo = Image.fromarray(to_uint8(read(source).rgb))
    write(photo.resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.BICUBIC), target)
    return f"{target}: made"


def tasks(photos: Path, out: Path) -> list[PhotoTask]:
    return [PhotoTask(str(path), str(out / path.name)) for path in sorted(photos.iterdir())]


def drive(photos: Path, out: Path, address: str) -> dict[str, str]:
    """What the driver does, in a process of its own; the photos that failed, and why."""
    manifest = Manifest(out, "")
    given = tasks(photos, out)
    with manifest.kept():
        work = partial(on_ray, work=enlarged, cluster=Cluster(address, cpus=1))
        return run(given, work, manifest, ahead=len(given)).failed


class Machines:
    """A Ray cluster of two machines that are both this one, with a core each. The second may be killed and replaced."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster as Loopback

        # One that has other things to do may take minutes to start another, and has none of them done first.
        for name, value in {**SETTINGS, "RAY_raylet_start_wait_time_s": "300"}.items():
            os.environ.setdefault(name, value)
        self._cluster: Any = Loopback(initialize_head=True, head_node_args={**MACHINE, "include_dashboard": False})
        self._second: Any = None
        self.address: str = self._cluster.address

    def __enter__(self) -> "Machines":
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.shutdown()

    def complete(self) -> None:
        """Start the second machine unless it is there."""
        if self._second is None:
            self._second = self._cluster.add_node(**MACHINE)

    def kill(self) -> None:
        """Kills whatever runs on the second machine."""
        self._cluster.remove_node(self._second, allow_graceful=False)
        self._second = None


def killed(machines: Machines, victims: Sequence[str], photos: Path, out: Path, chance: random.Random) -> Found:
    """Go through the photos with both machines; each of `victims` is killed at a random moment, in turn."""
    machines.complete()
    out.mkdir()
    given = tasks(photos, out)
    moments = sorted(chance.sample(range(len(given) // 15, len(given) * 2 // 3), len(victims)))
    began, process = 0.0, driver(photos, out, machines.address)
    try:
        for victim, moment in zip(victims, moments, strict=True):
            wait_for(out, moment, process)
            began = began or time.monotonic()
            if victim == "actor":
                with suppress(ProcessLookupError):  # that one had just died of the deadly photo
                    os.kill(int((out / PROCESSES).read_text().split()[-1]), signal.SIGKILL)
            elif victim == "machine":
                machines.kill()
            else:
                process.kill()
                process.communicate()
                process = driver(photos, out, machines.address)
        said, _ = process.communicate(timeout=HANG)
    except (subprocess.TimeoutExpired, TimeoutError) as error:
        return Found((f"hangs: {error}",), 0, time.monotonic() - began)
    finally:
        process.kill()
        process.wait()
    seconds = time.monotonic() - began
    if process.returncode:
        return Found((f"the driver ended with {process.returncode}",), 0, seconds)
    worked_on = len((out / PROCESSES).read_text().split())
    return Found(tuple(broken(given, out, json.loads(said.splitlines()[-1]))), worked_on - len(given) + 1, seconds)


def driver(photos: Path, out: Path, address: str) -> "subprocess.Popen[str]":
    command = [sys.executable, __file__, "--drive", str(photos), str(out), address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for(out: Path, count: int, process: "subprocess.Popen[str]") -> None:
    """Until so many photos are made.

    Raises:
        TimeoutError: they are not, or the driver has ended.
    """
    until = time.monotonic() + HANG
    while len(there(out)) < count:
        if process.poll() is not None or time.monotonic() > until:
            raise TimeoutError(f"{len(there(out))} photos made, not {count}")
        time.sleep(0.05)


def there(out: Path) -> set[str]:
    """Names of what was made."""
    return {path.name for path in out.iterdir() if not path.name.startswith(".")}


def broken(given: Sequence[PhotoTask], out: Path, failed: Mapping[str, str]) -> Iterator[str]:
    """What is not as it has to be after a run."""
    wanted = {Path(task.target).name for task in given}
    cannot = {f"{BAD:04}.png", f"{DEADLY:04}.png"}
    yield from (f"{name}: lost" for name in sorted(wanted - cannot - there(out)))
    yield from (f"{name}: nobody asked for it" for name in sorted(there(out) - wanted | (there(out) & cannot)))
    yield from (f"{name}: half a file" for name in sorted(there(out)) if not whole(out / name))
    yield from (f"{path.name}: half a file" for path in out.glob(".*.part"))
    yield from (f"not reported: {name}" for name in cannot - {Path(name).name for name in failed})
    yield from (f"reported: {why}" for name, why in failed.items() if Path(name).name not in cannot)
    states = Counter(state for _, state in Manifest(out, "").states(given))
    if states != {"done": len(given) - 2, "to do": 2}:
        yield f"the manifest says {dict(states)}"


def whole(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
            return image.size == (SIDE * SCALE, SIDE * SCALE)
    except OSError:
        return False


def section(found: Mapping[str, Sequence[Found]], photos: int, seed: int) -> str:
    """What docs/reliability.md says of it."""
    lines = [HEADING, "", "| killed | times | photos each | broken | worked on again | seconds from then on |"]
    lines += ["|---|---|---|---|---|---|"]
    for victims, runs in found.items():
        bad = sum(bool(one.broken) for one in runs)
        again = f"{min(one.again for one in runs)} to {max(one.again for one in runs)}"
        seconds = f"{min(one.seconds for one in runs):.0f} to {max(one.seconds for one in runs):.0f}"
        lines.append(f"| {victims} | {len(runs)} | {photos} | {bad} | {again} | {seconds} |")
    lines += [
        "",
        "By `python benchmarks/kills.py --write docs/reliability.md`: two machines on one, with a core each. At a",
        "random moment an actor, one of the machines or the driver gets a SIGKILL; the driver is started again. One",
        "photo cannot be read, and one ends the process that reads it. Broken would be a run after which a photo is",
        "missing, half written, of a name that nobody asked for, or not in the manifest, or one that reports others.",
        f"Worked on again are those that were in the process that ended; seed {seed}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
