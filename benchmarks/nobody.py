"""Draws people who do not exist: the mean of three faces at 16 pixels across is nobody, and the network draws somebody.

    python benchmarks/nobody.py FACES... --out FOLDER [--seed 0]

FACES are folders of aligned faces. The three are alike in source, sex, age and group, as far as their names tell.
Writes a PNG of 64 pixels for every such kind of people, and `all.png`: the mean, the face drawn from it, and the same
enlarged again to 256.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import EnhanceError
from enhance.inference.model import Model
from enhance.pixels import eight_bit
from enhance.tasks.upscale import pairs

Array = NDArray[np.float32]
SIZE, TOGETHER = 16, 3
SIDE = 256


def main() -> int:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="which three, and which of their answers")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    try:
        for kind, mean, drawn, again in nobodies(options.faces, options.seed):
            picture(drawn).save(options.out / f"{kind}.png")
            rows.append(np.hstack([np.kron(mean, np.ones((SIDE // SIZE,) * 2 + (1,))), grown(drawn), again]))
    except EnhanceError as error:
        print(f"nobody: {error}", file=sys.stderr)
        return error.exit_code
    picture(np.vstack(rows)).save(options.out / "all.png")
    print(f"{options.out}: {len(rows)} people who do not exist")
    return 0


def nobodies(folders: Sequence[Path], seed: int) -> Iterator[tuple[str, Array, Array, Array]]:
    """Kind of people, their mean (16,16,3), the face drawn from it (64,64,3), and from that (256,256,3)."""
    network = Model.load("face_x4_gan")
    kinds: dict[tuple[str, ...], list[pairs.FaceFile]] = {}
    for face in pairs.face_files(folders):
        if face.frame >= 4 * SIZE:
            kinds.setdefault(tuple(face.labels.values()), []).append(face)
    for kind, members in sorted(kinds.items()):
        if len(members) < TOGETHER:
            continue
        chosen = [members[n] for n in np.random.default_rng(seed).permutation(len(members))[:TOGETHER]]
        mean = np.concatenate([batch.lr for batch in pairs.pairs(chosen, SIZE)]).mean(0)
        drawn = network(eight_bit(mean)[None], seed=seed)
        again = network(eight_bit(drawn), seed=seed)
        yield "_".join(kind).replace(" ", "-"), *(p.transpose(1, 2, 0) for p in (mean, drawn[0], again[0]))


def grown(drawn: Array) -> Array:
    return np.kron(drawn, np.ones((SIDE // len(drawn),) * 2 + (1,), np.float32))


def picture(rgb: Array) -> Image.Image:
    return Image.fromarray(np.rint(rgb * 255).astype(np.uint8))


if __name__ == "__main__":
    sys.exit(main())
