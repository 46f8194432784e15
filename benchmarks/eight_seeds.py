"""A sheet of birds: a sentence in each row, a seed in each column. Are they birds, do they obey, do they differ?

python benchmarks/eight_seeds.py docs/imagine_seeds.webp [--captions FILE] [--seed 0] [--weights FOLDER]

The sentences are ours. A file of others has one on each line; the first eight are drawn.
"""

import argparse
import sys
from pathlib import Path

from enhance.errors import EnhanceError
from enhance.inference.model import Model
from enhance.sheets import captioned_rows
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.imagine import draw_birds
from enhance.tasks.imagine.words import read_sentence

SENTENCES = (
    "a small bird with a red head and a white belly",
    "a black bird with yellow wings and a long tail",
    "this bird is bright yellow with a black crown and a short pointed bill",
    "a blue bird with a white throat",
    "a large white bird with grey wings and an orange bill",
    "a brown bird with a speckled breast",
    "a swimming duck with a green head",
    "a grey bird with a red throat and a thin black beak",
)
COUNT = 8


def main() -> int:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--captions", type=Path, help="file of sentences, one a line")
    parser.add_argument("--weights", type=Path, help="folder with bird.onnx and layouts.npz (default: what is shipped)")
    parser.add_argument("--seed", type=int, default=0, help="of the first column")
    options = parser.parse_args()
    sentences = options.captions.read_text(encoding="utf-8").splitlines() if options.captions else SENTENCES
    seeds = [options.seed + n for n in range(COUNT)]
    rows = []
    try:
        model = Model.load(options.weights / "bird.onnx" if options.weights else "bird")
        bank = Bank.load(options.weights)
        for sentence in sentences[:COUNT]:
            drawn, _ = draw_birds(model, bank, [read_sentence(sentence)] * COUNT, seeds)
            rows.append((sentence, list(drawn)))
    except EnhanceError as error:
        print(f"eight_seeds: {error}", file=sys.stderr)
        return error.exit_code
    captioned_rows(rows).save(options.sheet, quality=88)
    return 0


if __name__ == "__main__":
    sys.exit(main())
