"""Birds for a table of captions, for a judge to look at: squares of 64 pixels, as the network draws them.

    python benchmarks/captions.py CAPTIONS.tsv OUT [--weights FOLDER] [--seed 0] [--anywhere]

Each line of the table is a name and a caption; OUT/<name>.png is the bird. Each name has a seed
of its own, so that no two lines share their chance. Prints how many a second were drawn.
"""

import argparse
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from enhance.errors import EnhanceError
from enhance.inference.model import Model
from enhance.pixels import to_uint8
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.imagine import BIRDS_AT_ONCE, draw_birds
from enhance.tasks.imagine.words import Reading, tokens, understood


class Anywhere(Bank):
    """Layouts chosen by chance, whatever the words."""

    def choose(self, reading: Reading, random: np.random.Generator) -> int:  # noqa: ARG002
        return int(random.integers(len(self.layouts)))


def main() -> int:
    """Parse, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, help="folder with bird.onnx and layouts.npz (default: what is shipped)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--anywhere", action="store_true", help="choose layouts by chance")
    options = parser.parse_args()
    try:
        model = Model.load(options.weights / "bird.onnx" if options.weights else "bird")
        bank = Bank.load(options.weights)
    except EnhanceError as error:
        sys.exit(f"captions: {error}")
    if options.anywhere:
        bank = Anywhere(bank.layouts, bank.word_shares)
    lines = [line.split("\t") for line in options.captions.read_text(encoding="utf-8").splitlines()]
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    for start in range(0, len(lines), BIRDS_AT_ONCE):
        some = lines[start : start + BIRDS_AT_ONCE]
        readings = [replace(understood(tokens(caption)), text=caption) for _, caption in some]
        seeds = [options.seed * 1_000_003 + zlib.crc32(name.encode()) % 1_000_003 for name, _ in some]
        drawn, _ = draw_birds(model, bank, readings, seeds)
        for (name, _), picture in zip(some, drawn, strict=True):
            Image.fromarray(to_uint8(picture)).save(options.out / f"{name}.png")
    print(f"{len(lines)} birds, {len(lines) / (time.perf_counter() - started):.0f} a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
