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

from enhance.errors import EnhanceError
from enhance.tasks.upscale import data, recipes
from enhance.train import run
from enhance.train.loop import Trainer


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--recipe", default="face_x4_gan")
    parser.add_argument("--steps", type=int, default=20, help="steps of each kind (default 20)")
    options = parser.parse_args()
    try:
        recipe = recipes.named(options.recipe)
        shelves = data.load(options.faces).training
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        trainer = Trainer(run.build(recipe, device), recipe, device)
    except EnhanceError as error:
        print(f"training: {error}", file=sys.stderr)
        return error.exit_code

    def batch(step: int) -> data.Batch:
        made = data.batch(shelves, recipe.sizes, size=recipe.batch, seed=0, step=step)
        return data.Batch(made.hr.to(device), made.place.to(device), step)

    same = batch(0).hr, batch(0).place
    bare: list[float] = []
    whole: list[float] = []
    for step in range(options.steps + 2):
        started = time.perf_counter()
        trainer.step(data.Batch(*same, step), 1.0)
        between = time.perf_counter()
        trainer.step(batch(step), 1.0)
        bare.append(between - started)
        whole.append(time.perf_counter() - between)
    # The first two pay for what is built once.
    alone, real = (recipe.batch / statistics.mean(times[2:]) for times in (bare, whole))
    print(
        f"{recipe.name} on {device}, {torch.get_num_threads()} threads: {real:.0f} pictures/s, "
        f"{100 * real / alone:.0f} % of the bare step's {alone:.0f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
