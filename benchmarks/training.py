"""How much of the time of training is training? Pictures a second of the loop beside those of its bare step.

    python benchmarks/training.py FACES... [--recipe face_x4_gan] [--steps 20]

The bare step gets the same batch again and again; the loop cuts, mirrors and stacks a new one every time. Both take
turns, so that whatever else the machine does hits both.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch

from enhance import tasks
from enhance.errors import EnhanceError
from enhance.train import run


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--recipe", default="face_x4_gan")
    parser.add_argument("--steps", type=int, default=20, help="steps of each kind (default 20)")
    options = parser.parse_args()
    try:
        recipe = tasks.recipe_named(options.recipe)
        data = recipe.data(options.faces)
        trainer = run.trainer_of(recipe)
    except EnhanceError as error:
        print(f"training: {error}", file=sys.stderr)
        return error.exit_code
    same = data.batch(0)
    count = len(next(iter(same.values())))
    bare: list[float] = []
    whole: list[float] = []
    for step in range(options.steps + 2):
        started = time.perf_counter()
        trainer.step(same, step)
        between = time.perf_counter()
        trainer.step(data.batch(step), step)
        bare.append(between - started)
        whole.append(time.perf_counter() - between)
    # The first two pay for what is built once.
    alone, real = (count / statistics.mean(times[2:]) for times in (bare, whole))
    print(
        f"{recipe.name} on {trainer.device}, {torch.get_num_threads()} threads: {real:.0f} pictures/s, "
        f"{100 * real / alone:.0f} % of the bare step's {alone:.0f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
