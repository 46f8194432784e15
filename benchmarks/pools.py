"""Would a pool of processes from a library do as well as our own? Tried where batches of photos end badly.

    pip install loky pebble
    python benchmarks/pools.py [--times 5] [--write docs/reliability.md]

Each pool gets the same small engine around it, which has at most two photos begun at a time. The work costs nothing:
what is counted is the pool's.
"""

import argparse
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from pathlib import Path

from enhance.batch.attempt import attempt, killed
from enhance.batch.plan import Outcome, PhotoTask, Work
from enhance.batch.processes import in_processes

Pool = Callable[[Iterator[PhotoTask], Work], Iterator[tuple[PhotoTask, Outcome]]]
JOBS = 2
PHOTOS, EVERY = 40, 8
"""How many, and which of them end their process."""
CHEAP = 300
"""Photos by which the cost of one is counted."""
GROWTH = 400 << 20
"""Bytes that a process keeps, as a network does, or a large photo that was just written."""
GONE = 5.0
"""Seconds after which a process whose parent was killed should be gone, too."""
LONG = 20.0
"""Seconds that a large photo takes."""
HEADING = "## Pools of processes"


def main() -> int:
    """Parse, try, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="how often each is killed or stopped (default 5)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write what was found into this page")
    parser.add_argument("--run", nargs=2, metavar=("POOL", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        for _ in POOLS[options.run[0]](iter(made(Path(options.run[1]), JOBS)), large):
            pass
        return 0
    rows: dict[str, dict[str, str]] = {}
    for name, pool in POOLS.items():
        with tempfile.TemporaryDirectory() as folder:
            rows[name] = {
                **deaths(pool, Path(folder) / "deaths"),
                **stopped(name, Path(folder), signal.SIGKILL, options.times),
                **stopped(name, Path(folder), signal.SIGINT, options.times),
                **cost(pool, Path(folder) / "cost"),
                **growth(pool, Path(folder) / "growth"),
            }
        print(name, json.dumps(rows[name], indent=1), flush=True)
    text = section(rows)
    print(text)
    if options.write:
        start, _, rest = options.write.read_text().partition(f"{HEADING}\n")
        _, following, after = rest.partition("\n## ")
        options.write.write_text(f"{start}{text}{following}{after}")
    return 0


def section(rows: Mapping[str, Mapping[str, str]]) -> str:
    """What docs/reliability.md says of it."""
    lines = [HEADING, "", f"| | {' | '.join(rows)} |", "|---|" + "---|" * len(rows)]
    lines += [f"| {what} | {' | '.join(row[what] for row in rows.values())} |" for what in rows["ours"]]
    lines += [
        "",
        f"By `python benchmarks/pools.py`: {JOBS} processes at a time. A program that is stopped has just begun photos",
        f"that take {LONG:.0f} s. Loky loses all photos that were begun with the process that dies, so that they have",
        "to be begun again, one at a time, and its processes outlive a program that was killed. Pebble loses one photo",
        "only, as ours does, but its processes go on with theirs when the program was killed: the next run would draw",
        "the same photos beside them. What ends them would have to be added, as would the removal of half written",
        "files: then half of ours would stand around a library. So ours stays. Pebble also knows a time-out for a",
        "photo, which ours does not.",
        "",
    ]
    return "\n".join(lines)


def ours(tasks: Iterator[PhotoTask], work: Work) -> Iterator[tuple[PhotoTask, Outcome]]:
    return in_processes(tasks, work, jobs=JOBS, remember=False)


def loky(tasks: Iterator[PhotoTask], work: Work) -> Iterator[tuple[PhotoTask, Outcome]]:
    """By loky: where a process dies, all photos that were begun are lost, so that each is begun again by itself."""
    from loky import ProcessPoolExecutor
    from loky.process_executor import TerminatedWorkerError

    job = partial(attempt, work=work, remember=False)
    pool = ProcessPoolExecutor(JOBS, initializer=deaf)
    busy: dict[Future[Outcome], PhotoTask] = {}
    try:
        while True:
            while len(busy) < JOBS and (task := next(tasks, None)) is not None:
                busy[pool.submit(job, task)] = task
            if not busy:
                return
            ready, _ = wait(busy, return_when=FIRST_COMPLETED)
            if not any(isinstance(future.exception(), TerminatedWorkerError) for future in ready):
                yield from ((busy.pop(future), future.result()) for future in ready)
                continue
            pool.shutdown(kill_workers=True)
            for task in list(busy.values()):
                with ProcessPoolExecutor(1, initializer=deaf) as alone:
                    try:
                        yield task, alone.submit(job, task).result()
                    except TerminatedWorkerError:
                        yield task, killed(task)
            busy.clear()
            pool = ProcessPoolExecutor(JOBS, initializer=deaf)
    finally:
        pool.shutdown(kill_workers=True)


def pebble(tasks: Iterator[PhotoTask], work: Work) -> Iterator[tuple[PhotoTask, Outcome]]:
    """By pebble, which loses the photo of the process that died and no other."""
    from pebble import ProcessExpired, ProcessPool

    job = partial(attempt, work=work, remember=False)
    pool = ProcessPool(JOBS, context=multiprocessing.get_context("spawn"))
    busy: dict[Future[Outcome], PhotoTask] = {}
    try:
        while True:
            while len(busy) < JOBS and (task := next(tasks, None)) is not None:
                busy[pool.schedule(job, args=[task])] = task
            if not busy:
                return
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                task = busy.pop(future)
                yield task, killed(task) if isinstance(future.exception(), ProcessExpired) else future.result()
    finally:
        pool.stop()
        pool.join()


def deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


POOLS: dict[str, Pool] = {"ours": ours, "loky": loky, "pebble": pebble}


def made(folder: Path, count: int, deadly: int | None = None) -> list[PhotoTask]:
    """Texts in place of photos."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    for n in range(count):
        (folder / "in" / f"{n:04}").write_text("deadly" if deadly and n % deadly == deadly - 1 else "text")
    return [PhotoTask(str(folder / "in" / f"{n:04}"), str(folder / "out" / f"{n:04}")) for n in range(count)]


def cheap(source: Path, target: Path) -> str:
    """Nothing but reading and writing; says which process did it."""
    text = source.read_text()
    with target.parent.with_name("begun").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if text == "deadly":
        os._exit(9)
    target.write_text(text)
    return "made"


def slow(source: Path, target: Path) -> str:
    """The same, but it takes its time."""
    time.sleep(0.1)
    return cheap(source, target)


def large(source: Path, target: Path) -> str:
    """A photo that is being drawn for a while when something happens."""
    said = cheap(source, target)
    time.sleep(LONG)
    return said


def greedy(source: Path, target: Path) -> str:
    """The same, but its process keeps memory the first time."""
    if not KEPT:
        KEPT.append(bytes(1) * GROWTH)
    return slow(source, target)


KEPT: list[bytes] = []


def deaths(pool: Pool, folder: Path) -> dict[str, str]:
    """Photos that end their process: who is blamed, what is begun again, and how long it takes."""
    given, started, before = made(folder, PHOTOS, EVERY), time.monotonic(), cpu()
    over = list(pool(iter(given), slow))
    wrong = sum((outcome.error is not None) != (Path(task.source).read_text() == "deadly") for task, outcome in over)
    begun = len((folder / "begun").read_text().split())
    return {
        f"{PHOTOS // EVERY} of {PHOTOS} photos end their process: said of the wrong ones": str(wrong),
        "missing": str(len(given) - len(over)),
        "begun again": str(begun - len(given)),
        "CPU seconds": f"{cpu() - before:.1f}",
        "seconds": f"{time.monotonic() - started:.1f}",
    }


def stopped(name: str, folder: Path, how: signal.Signals, times: int) -> dict[str, str]:
    """A run that gets a signal while two photos are begun: what it says, and who is left."""
    traced = left = 0
    for n in range(times):
        place = folder / f"{how.name}{n}"
        command = [sys.executable, __file__, "--run", name, str(place)]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until and not (place / "begun").exists():
            time.sleep(0.05)
        time.sleep(0.5)
        sent = time.monotonic()
        if how == signal.SIGINT:
            os.killpg(run.pid, how)
        else:
            run.kill()
        try:
            said = run.communicate(timeout=GONE)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            said = ""
        # One is the program's own, as nothing catches it here.
        traced += said.count("Traceback") > (how == signal.SIGINT)
        time.sleep(max(0.0, GONE - (time.monotonic() - sent)))
        others = [pid for pid in session(run.pid) if pid != run.pid]
        left += bool(others)
        for pid in others:
            os.kill(pid, signal.SIGKILL)
        run.kill()
        run.wait()
    return {
        f"{how.name}, {times} times: processes left after {GONE:.0f} s": str(left),
        f"{how.name}: tracebacks of workers": str(traced),
    }


def session(leader: int) -> list[int]:
    """Processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def cost(pool: Pool, folder: Path) -> dict[str, str]:
    """What a photo costs that costs nothing, and what the pool keeps beside its workers."""
    before, threads, helpers = 0.0, 0, 0
    for n, _ in enumerate(pool(iter(made(folder, CHEAP + 10)), cheap), 1):
        if n == 10:
            before = cpu(living=True)
        if n == CHEAP + 10:
            spent = cpu(living=True) - before
            threads = len(list(Path("/proc/self/task").iterdir()))
            workers = set((folder / "begun").read_text().split())
            helpers = len([pid for pid in children() if str(pid) not in workers])
    return {
        "CPU milliseconds of a photo that costs nothing": f"{spent / CHEAP * 1000:.2f}",
        "threads of the program, and helping processes": f"{threads}, {helpers}",
    }


def growth(pool: Pool, folder: Path) -> dict[str, str]:
    """Whether a process goes on that keeps more memory than before."""
    for _ in pool(iter(made(folder, 60)), greedy):
        pass
    processes = len(set((folder / "begun").read_text().split()))
    return {f"processes that 60 photos take which keep {GROWTH >> 20} MiB": str(processes)}


def children() -> list[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in text.split()]


def cpu(*, living: bool = False) -> float:
    """CPU seconds of this process and its children that ended; also of those that live."""
    spent = sum(os.times()[:4])
    for pid in children() if living else ():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent


if __name__ == "__main__":
    sys.exit(main())
