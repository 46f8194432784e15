"""How imagined birds are measured: whether they are birds to a classifier, and how near they are to photographs.

Whether colours sit where the sentence says needs a judge that has learnt birds and captions; no package has one.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from enhance.datasets import folders
from enhance.errors import DataError, ModelError
from enhance.evaluate.benchmark import (
    INTERVALS,
    Benchmark,
    CardTexts,
    PicturePairs,
    describe_folders,
    pixels_across,
    some,
)
from enhance.evaluate.metrics import KD_LITE0, called
from enhance.inference.facts import Facts
from enhance.inference.model import Model
from enhance.pixels import Planes, eight_bit, resize, to_float
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.imagine import BIRDS_AT_ONCE, draw_birds
from enhance.tasks.imagine.words import tokens, understood

_SIZES = (64,)
BIRDS = (*range(7, 25), *range(80, 101), *range(127, 147))
"""Classes of ImageNet."""
CAPTIONS = "captions.tsv"

_WARNING = """\
**This network invents birds.** Its pictures show no species rightly and identify no bird."""
_LIMITS = """\
- 64 pixels are few: eyes and feet are blots.
- Flying birds, birds from behind, stripes and speckles come out badly; pink, purple and green were rare.
- Whether colours sit where the sentence says is not measured here: that needs a judge that has learnt birds."""
_TERMS = """\
For research and non-commercial use only, as CUB-200-2011's pictures are. The code has its own licence."""


@dataclass(frozen=True, eq=False)
class Captioned:
    """A picture of a test set, and what somebody said of it."""

    path: Path
    caption: str
    labels: Mapping[str, str] = field(default_factory=dict)
    may_be_shown: bool = True


def benchmark_for(model: Model) -> Callable[..., Benchmark] | None:
    """What opens the benchmark of a model; None for models of other tasks."""
    return birds if model.facts.task == "imagination" else None


def birds(
    paths: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = False
) -> Benchmark:
    """A caption for each photograph of a bird, drawn once from a seed of its own.

    Args:
        paths: folders of photographs, with captions.tsv (file name, tab, caption) in them or beside them.
        sizes: pixels across the pictures that are compared.
        limit: only this many, always the same random ones.

    Raises:
        DataError: a folder cannot be used.
    """
    if degraded:
        raise DataError(f"{paths[0]}: captions are not made bad; leave out --grainy")
    everything = [one for path in paths for one in captioned(path)]
    return Benchmark(
        unit="captions",
        sizes=tuple(sizes) or _SIZES,
        title=pixels_across,
        examples=lambda size: some(everything, limit),  # noqa: ARG005
        pairs=_pairs,
        method=_method,
        metrics={"called a bird": called("a bird of one of 59 kinds", BIRDS)},
        set_metrics={"KD-lite0": KD_LITE0},
        describe=partial(_describe, paths=paths, limit=limit),
        texts=_texts,
        too_small=f"{paths[0]}: no captions to measure",
        baselines={"the photograph": _photograph},
    )


def captioned(folder: Path) -> list[Captioned]:
    """The pictures of a folder that have captions, each with one of them, which its name chooses.

    Raises:
        DataError: there is no table of captions, or it names none of the pictures.
    """
    paths = folders.pictures(folder)
    table = next((path for path in (folder / CAPTIONS, folder.parent / CAPTIONS) if path.is_file()), None)
    if table is None:
        raise DataError(f"{folder}: has no {CAPTIONS} in it or beside it; write one of file names and captions")
    captions: dict[str, list[str]] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        name, tab, caption = line.partition("\t")
        if tab:
            captions.setdefault(name, []).append(caption)
    results = [
        Captioned(path, mine[zlib.crc32(path.stem.encode()) % len(mine)])
        for path in paths
        if (mine := captions.get(path.name))
    ]
    if not results:
        raise DataError(f"{table}: has a caption of none of the pictures in {folder}")
    return results


_Inputs = tuple[Sequence[Captioned], Planes]


def _pairs(chosen: Sequence[Captioned], size: int) -> Iterator[PicturePairs]:
    for start in range(0, len(chosen), BIRDS_AT_ONCE):
        some_of_them = chosen[start : start + BIRDS_AT_ONCE]
        photos = [resize(to_float(folders.read_pixels(one.path)), (size, size)).clip(0, 1) for one in some_of_them]
        planes = eight_bit(np.stack(photos)).transpose(0, 3, 1, 2)
        yield PicturePairs(some_of_them, (some_of_them, planes), planes, planes)


def _method(model: Model) -> Callable[[_Inputs], Planes]:
    """Draw with the layouts that lie beside the model, or else with the shipped ones."""
    try:
        bank = Bank.load(model.path.parent)
    except ModelError:
        bank = Bank.load()

    def drawn(inputs: _Inputs) -> Planes:
        readings = [replace(understood(tokens(one.caption)), text=one.caption) for one in inputs[0]]
        seeds = [zlib.crc32(one.path.stem.encode()) % 1_000_003 for one in inputs[0]]
        side = inputs[1].shape[-1]
        output, _ = draw_birds(model, bank, readings, seeds)
        return np.stack([resize(picture, (side, side)) for picture in output]).transpose(0, 3, 1, 2)

    return drawn


def _photograph(inputs: _Inputs) -> Planes:
    return inputs[1]


def _describe(counts: Mapping[int, int], paths: Sequence[Path], limit: int | None) -> tuple[str, ...]:
    return (
        describe_folders("captions", paths, counts, pixels_across, limit),
        "one bird for each, facing right, with a seed for each name; 8 bit",
        INTERVALS,
    )


def _texts(facts: Facts) -> CardTexts:  # noqa: ARG001
    return CardTexts(_WARNING, _LIMITS, _TERMS)
