"""How translated animals are measured: what a classifier takes them for, and how much else of the photo has changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

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
from enhance.pixels import Integers, Planes, to_float, to_uint8
from enhance.tasks.translate.finding import find_animals
from enhance.tasks.translate.options import ANIMALS, TranslateOptions
from enhance.tasks.translate.translate import redrawn

_SIZES = (256,)
CLASSES = {"zebra": (340,), "horse": (339,)}
"""Of ImageNet; of horses it knows only sorrels."""
_VISIBLE = 8 / 255
"""What changes by less in every channel counts as untouched."""

_AROUND, _NEAR = 3, 2
"""Pixels: an edge belongs to an outline that is so near, and is kept where the result has one so near."""
_SHIFT = 16
"""By how many pixels a result is shifted, for what would be kept by chance."""
_WEAK, _STRONG = 60, 150
"""Canny's two thresholds, of brightness in 0 to 255."""

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
            **_edge_metrics(options.source),
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


def _edge_metrics(kind: str) -> dict[str, Metric]:
    """How much of an animal's pose is kept. Within a zebra edges are stripes, which are to go."""
    parts = {"outline": "along the outline of the animals", "within": f"within the {kind}s, as of legs and eyes"}
    metrics = {}
    for part in ("outline", "within")[: 2 if kind == "horse" else 1]:
        kept = f"share of the photo's edges {parts[part]} that the result has within {_NEAR} pixels"
        metrics[part] = Metric(partial(_edges_kept, kind=kind, part=part), kept)
        chance = f"the same of the result moved by {_SHIFT} pixels, the mean of four ways: what chance would keep"
        metrics[f"{part} by chance"] = Metric(partial(_edges_kept, kind=kind, part=part, shift=_SHIFT), chance)
    return metrics


def _edges_kept(outputs: Planes, pairs: PicturePairs, kind: str, part: str, shift: int = 0) -> Values:
    """One for photos without animals: there nothing is drawn."""
    animals = find_animals(pairs.inputs, kind)
    wanted = edges(pairs.inputs) & _edge_region([animal.where for animal in animals], pairs.inputs.shape[:2], part)
    flat = outputs.reshape(-1, *outputs.shape[-3:])
    shifts = [(0, 0)] if not shift else [(0, shift), (0, -shift), (shift, 0), (-shift, 0)]
    values = []
    for picture in flat:
        found = edges(to_uint8(picture.transpose(1, 2, 0))).astype(np.uint8)
        near = cv2.dilate(found, np.ones((2 * _NEAR + 1,) * 2, np.uint8)) > 0
        values.append(np.mean([np.roll(near, by, (0, 1))[wanted].mean() for by in shifts]) if wanted.any() else 1.0)
    return np.array(values).reshape(outputs.shape[:-3])


def edges(pixels: Integers) -> NDArray[np.bool_]:
    """Where the brightness of a picture (H,W,3) in 8 bits has edges, by Canny; (H,W)."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 1)
    return np.asarray(cv2.Canny(grey, _WEAK, _STRONG) > 0)


def _edge_region(where: Sequence[NDArray[np.float32]], shape: tuple[int, ...], part: str) -> NDArray[np.bool_]:
    """The pixels of a photo of that shape around the outline of animals, or deeper within them."""
    if not where:
        return np.zeros(shape, bool)
    likely = cv2.resize(np.max(where, axis=0), shape[::-1], interpolation=cv2.INTER_LINEAR)
    animal = (likely > 0.5).astype(np.uint8)
    square = np.ones((2 * _AROUND + 1,) * 2, np.uint8)
    inner = cv2.erode(animal, square) > 0
    return inner if part == "within" else (cv2.dilate(animal, square) > 0) & ~inner


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
