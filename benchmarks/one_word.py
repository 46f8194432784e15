"""A sheet of birds in whose sentences one word changes along each row: does the picture change there, and only there?

python benchmarks/one_word.py docs/imagine.webp [--seed 0] [--weights FOLDER]
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from enhance.errors import EnhanceError
from enhance.inference.model import Model
from enhance.sheets import captioned_rows
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.imagine import draw_birds
from enhance.tasks.imagine.vocabulary import COLOUR_WORDS
from enhance.tasks.imagine.words import Reading, read_sentence

SENTENCES = (
    "a bird with a {} head and a white belly",
    "a black bird with a {} belly",
    "a {} bird with a yellow bill",
    "a grey bird with {} wings",
    "a brown bird with a {} throat",
    "a white bird with a {} back and a red crown",
)
SHOWN = tuple(colour for colour in COLOUR_WORDS if colour not in ("tan", "grey", "purple", "pink"))


@dataclass(frozen=True)
class OneLayout(Bank):
    """Always the same layout, whatever the words."""

    number: int

    def choose(self, reading: Reading, random: np.random.Generator) -> int:  # noqa: ARG002
        return self.number


def main() -> int:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    try:
        model = Model.load(options.weights / "bird.onnx" if options.weights else "bird")
        bank = Bank.load(options.weights)
    except EnhanceError as error:
        sys.exit(f"one_word: {error}")
    rows = []
    for row, sentence in enumerate(SENTENCES):
        readings = [read_sentence(sentence.format(colour)) for colour in SHOWN]
        suited = sum(np.asarray(bank.suits(reading), np.float64) for reading in readings)
        one = OneLayout(bank.layouts, bank.word_shares, int(np.argsort(-suited)[options.seed]))
        drawn, _ = draw_birds(model, one, readings, [options.seed + row] * len(readings))
        rows.append((sentence.format("..."), list(drawn)))
    sheet = captioned_rows(rows, SHOWN)
    sheet.save(options.sheet, quality=88)
    return 0


if __name__ == "__main__":
    sys.exit(main())
