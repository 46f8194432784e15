"""How many minutes of training until faces of 16 pixels are drawn as well as srez drew them?

    python benchmarks/minutes.py FACES... --measure FACES... --out RUNS [--pixel 4] [--minutes 2] [--most 30]

Trains face_x4_pixel from nothing and then face_x4_gan from that, a few minutes at a time, and measures after each part
what came, beside bicubic on the same faces. srez published no weights, but a picture of eight faces, after three hours
on a GTX 1080: there its ST-LPIPS is .34 of bicubic's, its identity .87 of it, and its PSNR 2.5 dB less. Reading the
data and measuring are not counted.
"""

import argparse
import sys
from pathlib import Path

from enhance import tasks
from enhance.errors import EnhanceError
from enhance.evaluate import comparison
from enhance.inference.model import Model
from enhance.tasks.upscale import benchmark, recipes
from enhance.train import run as training
from enhance.train.checkpoint import LAST, Progress
from enhance.train.export import export

SIZE = 16
WORTH = ("ST-LPIPS", "identity", "PSNR")
LOOKS, LIKENESS, PSNR = 0.34, 0.87, -2.5
"""srez's ST-LPIPS and identity as shares of bicubic's, and by how many dB its PSNR is higher."""


def main() -> int:
    """Parse, train, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--measure", nargs="+", type=Path, required=True, metavar="FACES", help="none of the former")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the two runs")
    parser.add_argument("--pixel", type=float, default=4, help="minutes by the per-pixel loss (default 4)")
    parser.add_argument("--minutes", type=float, default=2, help="minutes of each part after that (default 2)")
    parser.add_argument("--most", type=float, default=30, help="minutes at most in all (default 30)")
    parser.add_argument("--limit", type=int, default=100, help="faces to measure on (default 100)")
    options = parser.parse_args()
    pixel, gan = options.out / "pixel", options.out / "gan"
    print("| minutes | pictures | ST-LPIPS, of bicubic's | identity, of bicubic's | PSNR above bicubic's |")
    print("|---|---|---|---|---|")
    try:
        done = training.start(options.faces, recipes.face_x4_pixel(), pixel, minutes=options.pixel)
        reached = told(pixel, (done,), options.measure, options.limit)
        first, done = done, Progress()
        while not reached and (first.seconds + done.seconds) / 60 < options.most:
            minutes = done.seconds / 60 + options.minutes
            if gan.exists():
                done = training.resume(gan, tasks.recipe_of, minutes=minutes)
            else:
                recipe = recipes.face_x4_gan()
                done = training.start(options.faces, recipe, gan, minutes=minutes, init=pixel)
            reached = told(gan, (first, done), options.measure, options.limit)
    except EnhanceError as error:
        print(f"minutes: {error}", file=sys.stderr)
        return error.exit_code
    return 0 if reached else 1


def told(run: Path, stages: tuple[Progress, ...], faces: list[Path], limit: int) -> bool:
    """Print what the last state of a run has learnt, and what it cost; whether that is as good as srez."""
    network = Model.load(export(run / LAST, run / "now.onnx", tasks.recipe_of))
    found, _ = comparison.compare(benchmark.faces(faces, sizes=[SIZE], limit=limit), {"now": network})
    ours, plain = ({metric: found.score(name, SIZE, metric) for metric in WORTH} for name in ("now", "bicubic"))
    looks, likeness = (ours[metric] / plain[metric] for metric in ("ST-LPIPS", "identity"))
    above = ours["PSNR"] - plain["PSNR"]
    minutes, pictures = sum(stage.seconds for stage in stages) / 60, sum(stage.pictures for stage in stages)
    print(f"| {minutes:.1f} | {pictures:,} | {looks:.2f} | {likeness:.2f} | {above:+.1f} dB |", flush=True)
    return looks <= LOOKS and likeness >= LIKENESS and above >= PSNR


if __name__ == "__main__":
    sys.exit(main())
