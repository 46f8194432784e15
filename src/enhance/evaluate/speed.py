"""How long a face takes, how long the first one takes, and how much memory: always beside others in the same run.

Absolute times say more about the machine than about the model; the ratios are what to compare.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from enhance.errors import InternalError
from enhance.evaluate import peers
from enhance.evaluate.comparison import SIZES, Upscaler, bicubic
from enhance.evaluate.report import table
from enhance.model import Model

BICUBIC, PEER = "bicubic", "Real-ESRGAN x4plus"

FIRST_FACE = """
import resource, sys
import numpy as np
from enhance.model import Model
Model.load(sys.argv[1])(np.zeros((1, 3, int(sys.argv[2]), int(sys.argv[2])), np.float32), seed=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@dataclass(frozen=True)
class ColdStart:
    """A new Python process that enhances one face: seconds from start to exit, and its peak memory in megabytes."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Speed:
    """seconds: contender -> size -> median seconds for one face; cold: model -> its first face, at the largest size."""

    seconds: dict[str, dict[int, float]]
    cold: dict[str, ColdStart]
    threads: int


def speed(models: Sequence[str], sizes: Sequence[int] = SIZES, repeats: int = 7, others: Path | None = None) -> Speed:
    """Times models beside bicubic and other people's.

    Args:
        models: names of shipped models or paths of .onnx files.
        sizes: widths of the input face in pixels.
        repeats: how often each face is timed, after one run to warm up; the median counts.
        others: folder of the peers' unzipped wheels, see `peers.found_in`.

    Raises:
        EnhanceError: a model cannot be used, or ncnn is missing.
    """
    contenders: dict[str, Upscaler] = {BICUBIC: bicubic}
    contenders |= {Path(name).stem: Model.load(name) for name in models}
    if others is not None:
        contenders |= peers.found_in(others)
    by_size = {size: medians(contenders, size, repeats) for size in sizes}
    seconds = {name: {size: by_size[size][name] for size in sizes} for name in contenders}
    cold = {Path(name).stem: first_face(name, max(sizes)) for name in models}
    return Speed(seconds, cold, os.cpu_count() or 1)


def medians(contenders: Mapping[str, Upscaler], size: int, repeats: int) -> dict[str, float]:
    """Median seconds of each contender for one face; they take turns, so that a busy machine slows all of them."""
    face = np.random.default_rng(0).random((1, 3, size, size), dtype=np.float32)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for upscale in contenders.values():
        upscale(face)
    for _ in range(repeats):
        for name, upscale in contenders.items():
            start = time.perf_counter()
            upscale(face)
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def first_face(model: str, size: int) -> ColdStart:
    """Starts Python, loads the model and enhances one face of `size` pixels (POSIX only).

    Raises:
        InternalError: that process failed.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", FIRST_FACE, model, str(size)], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise InternalError(f"{model}: its first face failed: {done.stderr.strip().splitlines()[-1]}")
    return ColdStart(seconds, int(done.stdout) / (1e6 if sys.platform == "darwin" else 1e3))


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
    found = [f"median of one face at a time, {result.threads} CPU threads", "", *table(lines, names=1)]
    for name, cold in result.cold.items():
        found.append(
            f"{name}, new process to first face at {max(sizes)}: {cold.seconds:.2f} s, {cold.megabytes:.0f} MB at most"
        )
    return "\n".join(found) + "\n"
