"""How translated animals are measured: what a classifier takes them for, and how much else of the photo has changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from enhance.datasets import folders
from enhance.errors import DataError
from enhance.evaluate.benchmark import (
    INTERVALS,
    Benchmark,
    CardTexts,
    Picture,
    PicturePairs,
    describe_folders,
    pixels_across,
    some,
)
from enhance.evaluate.metrics import KD_LITE0_UNPAIRED, Metric, Values, called
from enhance.inference.facts import Facts
from enhance.inference.model import Model
from enhance.photos.photo import Photo
from enhance.pixels import Integers, Planes, to_float
from enhance.tasks.translate.finding import find_animals
from enhance.tasks.translate.options import ANIMALS, TranslateOptions
from enhance.tasks.translate.translate import redrawn

_SIZES = (256,)
CLASSES = {"zebra": (340,), "horse": (339,)}
"""Of ImageNet; of horses it knows only sorrels."""
_VISIBLE = 8 / 255
"""What changes by less in every channel counts as untouched."""

_WARNING = """\
**This network invents patterns.** No animal in the photo ever had them; nothing about it may be concluded from them."""
_LIMITS = """\
- Horses and zebras only. Legs and hind parts often stay without stripes; people who touch a horse may get some.
- Other animals may be taken for horses, and small ones are overlooked.
- The classifier knows only one kind of horse (sorrel): what it does not call so may be a horse all the same."""
_TERMS = """\
For research and non-commercial use only: the photos of CycleGAN's set come from ImageNet. The code has its own
licence."""


def benchmark_for(model: Model) -> Callable[..., Benchmark] | None:
    """What opens the benchmark of a model, `to_zebras` or `to_horses`; None for models of other tasks."""
    if model.facts.task != "translation":
        return None
    return to_horses if "coat" in model.facts.inputs else to_zebras


def to_zebras(
    paths: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = False
) -> Benchmark:
    """Photos of horses that are to become zebras, and, in a second folder, photos of zebras; see `_animals`."""
    return _animals(paths, "zebra", sizes, limit, degraded)


def to_horses(
    paths: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = False
) -> Benchmark:
    """Photos of zebras that are to become horses, and, in a second folder, photos of horses; see `_animals`."""
    return _animals(paths, "horse", sizes, limit, degraded)


def _animals(paths: Sequence[Path], to: str, sizes: Sequence[int], limit: int | None, degraded: bool) -> Benchmark:
    """Whole photos through all that `translate` does, beside the photos as they are.

    Args:
        paths: a folder of photos with animals of the other kind; then, for the distance between sets, one of photos of
            the kind that they are to become.
        sizes: the most pixels of a photo's longer side; larger ones are reduced. None given: SIZES.
        limit: only this many photos, always the same random ones.

    Raises:
        DataError: a folder cannot be used.
    """
    if degraded:
        raise DataError(f"{paths[0]}: translated animals are not measured on photos made bad; leave out --grainy")
    everything = [Picture(path) for path in folders.pictures(paths[0])]
    options = TranslateOptions(to=to)
    others = folders.pictures(paths[1])[:limit] if len(paths) > 1 else []
    return Benchmark(
        unit="photos",
        sizes=tuple(sizes) or _SIZES,
        title=pixels_across,
        examples=lambda size: some(everything, limit),  # noqa: ARG005
        pairs=_pairs,
        method=lambda model: partial(_translated, model=model, options=options),
        metrics={
            "found": Metric(
                partial(_found, kind=options.source), f"share of photos in which a {options.source} is found"
            ),
            f"called {to}": called(f"a {to}", CLASSES[to]),
            f"called {options.source}": replace(
                called(options.source, CLASSES[options.source]), higher_is_better=False
            ),
            "untouched": Metric(_untouched, "share of pixels that change by less than 8 of 255 in every channel"),
        },
        set_metrics={"KD-lite0": KD_LITE0_UNPAIRED} if others else {},
        describe=partial(_describe, paths=paths, limit=limit),
        texts=_texts,
        too_small=f"{paths[0]}: no photos to measure",
        baselines={"the photo as it is": _unchanged},
        reference=partial(_reference, others),
    )


def _pairs(chosen: Sequence[Picture], size: int) -> Iterator[PicturePairs]:
    for picture in chosen:
        pixels = reduced(folders.read_pixels(picture.path), size)
        original = _planes(pixels)
        yield PicturePairs((picture,), pixels, original, original)


def reduced(pixels: Integers, size: int) -> Integers:
    """A photo (H,W,3) whose longer side has at most `size` pixels."""
    scale = size / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    width, height = (max(2, round(scale * side)) for side in pixels.shape[1::-1])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))


def _translated(pixels: Integers, model: Model, options: TranslateOptions) -> Planes:
    return redrawn(Photo(pixels), model, options).canvas.rgb.transpose(2, 0, 1)[None]


def _unchanged(pixels: Integers) -> Planes:
    return _planes(pixels)


def _planes(pixels: Integers) -> Planes:
    return to_float(pixels).transpose(2, 0, 1)[None]


def _found(outputs: Planes, pairs: PicturePairs, kind: str) -> Values:
    result = float(bool(find_animals(pairs.inputs, kind)))
    return np.full(outputs.shape[:-3], result)


def _untouched(outputs: Planes, pairs: PicturePairs) -> Values:
    changed = np.abs(outputs - pairs.originals).max(axis=-3)
    return np.asarray((changed < _VISIBLE).mean(axis=(-2, -1)), np.float64)


def _reference(others: Sequence[Path], size: int) -> Iterator[Planes]:
    for path in others:
        yield _planes(reduced(folders.read_pixels(path), size))


def _describe(counts: Mapping[int, int], paths: Sequence[Path], limit: int | None) -> tuple[str, ...]:
    return (
        describe_folders("photos", paths, counts, pixels_across, limit),
        "output: the whole photo, after finding, drawing and putting back; 8 bit",
        INTERVALS,
    )


def _texts(facts: Facts) -> CardTexts:
    to = "horse" if "coat" in facts.inputs else "zebra"
    return CardTexts(
        _WARNING, _LIMITS, _TERMS, {"Draws": f"what becomes of a {ANIMALS[1 - ANIMALS.index(to)]}: a {to}"}
    )
