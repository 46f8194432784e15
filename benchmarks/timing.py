"""How long a face takes, how long the first one takes, and how much memory: always beside others in the same run.

Absolute times say more about the machine than about the model; the ratios are what to compare. Every contender has as
many threads as this process may use cores.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

import peers
from enhance.errors import InternalError
from enhance.evaluate.benchmark import Method
from enhance.evaluate.tables import table
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.tasks.upscale.benchmark import FACE_SIZES, bicubic

BICUBIC, PEER = "bicubic", "Real-ESRGAN x4plus"

OURS = """
from enhance.inference.model import Model
upscale = Model.load(name)
"""
THEIRS = f"""
sys.path.append({str(Path(__file__).parent)!r})
from pathlib import Path
import peers
upscale = peers.found_in(Path(folder))[name].load()
"""
FIRST_FACE = """
import os, sys, time
import numpy as np
from enhance.inference import sessions
name, size, threads, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.environ[sessions.THREADS] = str(threads)
{load}
upscale(np.zeros((1, 3, size, size), np.float32))
print(time.process_time())
if sys.platform == "linux":  # its ru_maxrss would count the process that started this one
    print(next(int(line.split()[1]) / 1e3 for line in open("/proc/self/status") if line.startswith("VmHWM")))
else:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
"""


@dataclass(frozen=True)
class ColdStart:
    """A new Python process that enhances one face: CPU seconds from its start on, and its peak memory in megabytes."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Speed:
    """What everybody costs.

    seconds: contender -> size -> median CPU seconds for one face; cold: contender -> its first face, at the largest
    size; weights: contender -> bytes of its files; threads: how many each had.
    """

    seconds: dict[str, dict[int, float]]
    cold: dict[str, ColdStart]
    weights: dict[str, int]
    threads: int


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_allowed_cores() -> int:
    """Give ONNX Runtime, ncnn and torch one thread for each core that this process may use; before any network loads.

    ONNX Runtime alone would count cores that it was not given, and its threads would wait for each other.
    """
    os.environ[sessions.THREADS] = str(cores())
    torch.set_num_threads(cores())
    return cores()


def speed(
    models: Sequence[str], sizes: Sequence[int] = FACE_SIZES, repeats: int = 7, others: Path | None = None
) -> Speed:
    """Times models beside bicubic and other people's.

    Args:
        models: names of shipped models or paths of .onnx files.
        sizes: widths of the input face in pixels.
        repeats: how often each face is timed, after one run to warm up; the median counts.
        others: folder of the peers' unpacked packages, see `peers.found_in`.

    Raises:
        EnhanceError: a model cannot be used, or what a peer needs is missing.
    """
    threads = use_allowed_cores()
    ours = {Path(name).stem: Model.load(name) for name in models}
    theirs = {} if others is None else peers.found_in(others)
    methods: dict[str, Method] = {BICUBIC: bicubic, **{name: peer.load() for name, peer in theirs.items()}, **ours}
    by_size = {size: medians(methods, size, repeats) for size in sizes}
    seconds = {name: {size: by_size[size][name] for size in sizes} for name in methods}
    cold = {name: first_face(name, max(sizes), others) for name in theirs}
    cold |= {Path(name).stem: first_face(name, max(sizes)) for name in models}
    weights = {name: peer.bytes for name, peer in theirs.items()}
    weights |= {name: model.path.stat().st_size for name, model in ours.items()}
    return Speed(seconds, cold, weights, threads)


def medians(methods: Mapping[str, Method], size: int, repeats: int) -> dict[str, float]:
    """Median CPU seconds of each contender for one face of `size` pixels."""
    face = np.random.default_rng(0).random((1, 3, size, size), dtype=np.float32)
    return cpu_seconds({name: partial(upscale, face) for name, upscale in methods.items()}, repeats)


def cpu_seconds(work: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of each piece of work, all threads together, after one run to warm up; they take turns.

    On one core that nobody else uses, these are the seconds that pass. Where others use it too, they pass more slowly,
    and hardest for what takes longest: CPU seconds do not.
    """
    times: dict[str, list[float]] = {name: [] for name in work}
    for run in work.values():
        run()
    for _ in range(repeats):
        for name, run in work.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def first_face(name: str, size: int, others: Path | None = None) -> ColdStart:
    """Start Python, load one contender and enhance one face of `size` pixels (POSIX only); the middle of three runs.

    Args:
        name: a shipped model or an .onnx file; with `others`, a peer in that folder.

    Raises:
        InternalError: that process failed.
    """
    found = sorted((_first_face(name, size, others) for _ in range(3)), key=lambda cold: cold.seconds)
    return found[1]


def _first_face(name: str, size: int, others: Path | None) -> ColdStart:
    code = FIRST_FACE.format(load=OURS if others is None else THEIRS)
    command = [sys.executable, "-c", code, name, str(size), str(cores()), str(others)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InternalError(f"{name}: its first face failed: {done.stderr.strip().splitlines()[-1]}")
    seconds, megabytes = map(float, done.stdout.split())
    return ColdStart(seconds, megabytes)


def text(result: Speed) -> str:
    """A plain-text table: milliseconds and ratios per size, then the first face."""
    sizes = list(result.seconds[BICUBIC])
    peer = result.seconds.get(PEER)
    head = ["one face", *(f"{size} -> {4 * size}" for size in sizes), "times bicubic"]
    lines = [[*head, *([f"times faster than {PEER}"] if peer else [])]]
    for name, seconds in result.seconds.items():
        line = [name, *(f"{1000 * seconds[size]:.1f} ms" for size in sizes)]
        line.append(" / ".join(f"{seconds[size] / result.seconds[BICUBIC][size]:.0f}" for size in sizes))
        if peer:
            line.append(" / ".join(f"{peer[size] / seconds[size]:.1f}" for size in sizes))
        lines.append(line)
    threads = f"{result.threads} CPU thread{'s' * (result.threads > 1)}"
    found = [f"median CPU time of one face at a time, {threads}", "", *table(lines, names=1), ""]
    first = [[f"new process to first face at {max(sizes)}", "", "memory at most", "weights"]]
    for name, cold in result.cold.items():
        weights = f"{result.weights[name] / 1e6:.1f} MB"
        first.append([name, f"{cold.seconds:.2f} s", f"{cold.megabytes:.0f} MB", weights])
    found += table(first, names=1)
    return "\n".join(found) + "\n"
