"""Which layouts ship: those on which the trained generator draws what SqueezeNet takes for a bird most often.

python -m enhance.tasks.imagine.layout_choice RUN BIRDS weights/bird/layouts.npz
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from enhance import tasks
from enhance.errors import TrainingError
from enhance.files import replacing
from enhance.pixels import Array
from enhance.tasks.imagine.bank import packed_layouts
from enhance.tasks.imagine.benchmark import BIRDS
from enhance.tasks.imagine.data import Birds, candidates, load_birds
from enhance.tasks.imagine.layouts import Layouts, maps
from enhance.tasks.imagine.training import Imagination
from enhance.tasks.imagine.vocabulary import BODY_PARTS, COLOUR_WORDS
from enhance.tasks.imagine.words import PLACES
from enhance.train import checkpoint
from enhance.train.export import load_mean
from enhance.train.features.squeezenet import Classifier

SHARE = 0.42
"""The share of layouts that are kept."""
_DRAWN = 4
"""Birds that are drawn on each."""
_SIDE = 224
"""Pixels of a side at which SqueezeNet looks at them."""
_AT_ONCE = 32
AGREED = 0.3
"""The share of people who must have said something of a bird for it to become an input of the generator."""


def _chosen(task: Imagination, birds: Birds) -> tuple[Layouts, Array]:
    """Layouts on which birds come out well, and the shares of people who used each word."""
    layouts, shares = candidates(birds)
    classifier = Classifier().eval()
    likely: list[Tensor] = []
    for start in range(0, len(layouts), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        agreed = (shares[some] >= AGREED).astype(np.float32)
        (places,) = maps(layouts[some], agreed[:, :PLACES].reshape(-1, len(BODY_PARTS), len(COLOUR_WORDS)))
        words = np.concatenate([agreed, layouts[some].extra()], 1)
        with torch.no_grad():
            each = []
            for n in range(_DRAWN):
                noise = task.noise(len(words), _DRAWN * start + n)
                drawn = task.generator(torch.from_numpy(places), torch.from_numpy(words), noise)
                seen = functional.interpolate(drawn, (_SIDE, _SIDE), mode="bicubic").clamp(0, 1)
                each.append(classifier(seen)[:, BIRDS].sum(1))
            likely.append(torch.stack(each).mean(0))
    kept = torch.cat(likely).argsort(descending=True)[: max(1, round(SHARE * len(layouts)))].sort().values.numpy()
    return layouts[kept], shares[kept]


def main() -> None:
    """Choose by a run and write."""
    run, folder, target = map(Path, sys.argv[1:])
    recipe = tasks.recipe_of(checkpoint.load(checkpoint.find_checkpoint(run, checkpoint.BEST)))
    task = recipe.task(torch.device("cpu"))
    if not isinstance(task, Imagination):
        raise TrainingError(f"{run}: is a run of {recipe.name}; name one that imagines")
    load_mean(task, [run])
    with replacing(target, suffix=".npz") as partial:
        np.savez_compressed(partial, **packed_layouts(*_chosen(task, load_birds([folder], recipe.sampling))))  # type: ignore[arg-type, attr-defined]


if __name__ == "__main__":
    main()
