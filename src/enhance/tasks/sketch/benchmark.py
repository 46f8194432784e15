"""How painted cats are measured: whether they look like cats, like photographs, and whether they obey the lines."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

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
from enhance.pixels import Planes, luma, resize, to_float, to_uint8
from enhance.tasks.sketch import paper
from enhance.tasks.sketch.options import LOOSENESS, SketchOptions
from enhance.tasks.sketch.paper import Drawing
from enhance.tasks.sketch.sketch import draw_all

_SIZES = (128,)
CATS = range(281, 286)
"""Classes of ImageNet: tabby, tiger, Persian, Siamese and Egyptian cats."""
_AT_ONCE = 16
_CANVAS, _REACH = 256, 3
"""Pixels across the picture in which lines are looked for, and how far from a line an edge may lie."""

_WARNING = """\
**This network invents cats.** None of them ever was, whoever drew them."""
_LIMITS = """\
- Heads of cats as they look at you; whatever else is drawn becomes a strange cat.
- What no line says (eyes in a circle with two triangles, say) is often missing.
- A classifier of photographs is fooled by faceless fur with ears: read the kernel distance beside its share."""
_TERMS = """\
For research and non-commercial use only: it learnt from AFHQ, which is CC BY-NC 4.0. The code has its own licence."""


class DrawingTask(NamedTuple):
    """A drawing, and the seed that its name has."""

    drawing: Drawing
    seed: int


def benchmark_for(model: Model) -> Callable[..., Benchmark] | None:
    """What opens the benchmark of a model; None for models of other tasks."""
    return cats if model.facts.task == "sketch" else None


def cats(
    paths: Sequence[Path],
    *,
    sizes: Sequence[int] = (),
    limit: int | None = None,
    degraded: bool = False,
) -> Benchmark:
    """Drawings of heads, each painted once from a seed of its own.

    Args:
        paths: a folder of drawings, pictures or SVG files; then, for the distance between sets, one of photographs.
        sizes: pixels across the pictures that are compared; the network paints 128.
        limit: only this many drawings, always the same random ones.

    Raises:
        DataError: a folder cannot be used.
    """
    if degraded:
        raise DataError(f"{paths[0]}: drawings are not made bad; leave out --grainy")
    everything = [Picture(path) for path in drawings(paths[0])]
    photos = folders.pictures(paths[1])[:limit] if len(paths) > 1 else []
    return Benchmark(
        unit="drawings",
        sizes=tuple(sizes) or _SIZES,
        title=pixels_across,
        examples=lambda size: some(everything, limit),  # noqa: ARG005
        pairs=_pairs,
        method=lambda model: partial(_painted, model=model),
        metrics={
            "called a cat": called("a house cat", CATS),
            "lines obeyed": Metric(
                _obeyed, "share of the drawing's lines that have an edge of the picture beside them"
            ),
            "by chance": Metric(_by_chance, "the same for the lines of another drawing"),
        },
        set_metrics={"KD-lite0": KD_LITE0_UNPAIRED} if photos else {},
        describe=partial(_describe, paths=paths, limit=limit),
        texts=_texts,
        too_small=f"{paths[0]}: no drawings to measure",
        reference=partial(_reference, photos),
    )


def drawings(folder: Path) -> list[Path]:
    """The drawings of a folder by name, SVG files among them.

    Raises:
        DataError: there is no such folder, or none in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of drawings")
    results = sorted(path for path in folder.iterdir() if path.suffix.lower() in {*folders.PICTURE_SUFFIXES, ".svg"})
    if not results:
        raise DataError(f"{folder}: no drawings here; name a folder of pictures or SVG files")
    return results


def seed_of(name: str, seed: int = 0) -> int:
    """The seed of a drawing of that name: no two drawings share their look."""
    return seed * 1_000_003 + zlib.crc32(name.encode()) % 1_000_003


def _pairs(chosen: Sequence[Picture], size: int) -> Iterator[PicturePairs]:
    for start in range(0, len(chosen), _AT_ONCE):
        some_of_them = chosen[start : start + _AT_ONCE]
        inputs = [DrawingTask(paper.read_drawing(one.path), seed_of(one.path.stem)) for one in some_of_them]
        sheets = np.stack([np.repeat(1 - resize(task.drawing.ink, (size, size))[None], 3, 0) for task in inputs])
        yield PicturePairs(some_of_them, inputs, sheets, sheets)


def _painted(tasks: Sequence[DrawingTask], model: Model) -> Planes:
    options = [SketchOptions(seed=task.seed) for task in tasks]
    return draw_all(model, [task.drawing for task in tasks], options).transpose(0, 3, 1, 2)


def _obeyed(outputs: Planes, pairs: PicturePairs) -> Values:
    return _lines(outputs, [task.drawing.ink for task in pairs.inputs])


def _by_chance(outputs: Planes, pairs: PicturePairs) -> Values:
    inks = [task.drawing.ink for task in pairs.inputs]
    return _lines(outputs, inks[1:] + inks[:1])


def _lines(outputs: Planes, inks: Sequence[NDArray[np.float32]]) -> Values:
    return np.array([[obeyed(picture, ink) for picture, ink in zip(row, inks, strict=True)] for row in outputs])


def obeyed(picture: Planes, ink: NDArray[np.float32]) -> float:
    """The share of a drawing's line pixels that have an edge of the picture within `_REACH` pixels.

    Edges are Canny's ("A computational approach to edge detection", PAMI 1986). Their threshold is chosen so that there
    are about twice as many edge pixels as the thinned lines have: a line may come back as both sides of a stripe, but a
    busy picture does not win.

    Args:
        picture: (3,H,W) in [0,1].
        ink: (h,w) in [0,1], 1 where a line is.
    """
    lines = resize(ink, (_CANVAS, _CANVAS)) > 0.5
    if not lines.any():
        return 0.0
    wanted = 2 * int(paper.thinned(lines).sum())
    grey = to_uint8(luma(resize(np.ascontiguousarray(picture.transpose(1, 2, 0)), (_CANVAS, _CANVAS))))
    low, high = 1, 2000
    while high - low > 1:
        middle = (low + high) // 2
        if np.count_nonzero(cv2.Canny(grey, middle / 2, middle)) > wanted:
            low = middle
        else:
            high = middle
    edges = cv2.Canny(grey, high / 2, high)
    near = cv2.dilate(edges, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _REACH + 1,) * 2))
    return float((near[lines] > 0).mean())


def _reference(photos: Sequence[Path], size: int) -> Iterator[Planes]:
    for path in photos:
        yield resize(to_float(folders.read_pixels(path)), (size, size)).transpose(2, 0, 1)[None].clip(0, 1)


def _describe(counts: Mapping[int, int], paths: Sequence[Path], limit: int | None) -> tuple[str, ...]:
    return (
        describe_folders("drawings", paths, counts, pixels_across, limit),
        f"one cat for each, 128 pixels, looseness {LOOSENESS:g}, a seed for each name; 8 bit",
        INTERVALS,
    )


def _texts(facts: Facts) -> CardTexts:  # noqa: ARG001
    return CardTexts(_WARNING, _LIMITS, _TERMS)
