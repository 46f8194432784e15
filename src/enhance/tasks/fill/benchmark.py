"""How filled holes are measured: on faces in their frame, or on parts of photos, beside OpenCV's two inpainters and
PatchMatch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from enhance.datasets import folders
from enhance.errors import DataError
from enhance.evaluate.benchmark import (
    INTERVALS,
    Benchmark,
    CardTexts,
    Method,
    Picture,
    PicturePairs,
    describe_folders,
    pixels_across,
    some,
)
from enhance.evaluate.identity import identity
from enhance.evaluate.metrics import KD_LITE0, ST_LPIPS, Metric, Values
from enhance.evaluate.psnr import psnr
from enhance.inference.facts import Facts
from enhance.inference.model import Model
from enhance.pixels import Array, Integers, Planes, to_float
from enhance.tasks.fill import masks, patches
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.faces import complete
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import Painter

FACE_SIZES, PHOTO_SIZES = (128,), (256,)
FACE_HOLES, PHOTO_HOLES = ("strokes", "half", "centre"), ("strokes", "boxes")
_AT_ONCE = 16

_WARNING = """\
**This network invents what it fills in.** The hole hid something else, which nobody can know from the rest."""
LIMITS = """\
- Large holes are filled with what is usual there, not with what was there; of several answers each is as good.
- Text, hands and regular patterns over large holes come out wrong."""
FACE_LIMITS = """
- A face that is hidden altogether is not drawn; one seen from the side badly. It identifies nobody."""
FACE_TERMS = """\
For research and non-commercial use only: the weights were trained on All-Age-Faces (for research), UTKFace
(non-commercial research), Labeled Faces in the Wild (research) and official portraits of members of the US Congress
(public domain). The code has its own licence."""


@dataclass(frozen=True, eq=False)
class Damaged(Picture):
    """A picture and the kind of its hole; `number` chooses the hole among those of its kind."""

    kind: str = ""
    number: int = 0


class HoleInputs(NamedTuple):
    """Pictures (N,H,W,3) uint8 that are black in their holes (N,H,W)."""

    pixels: Integers
    holes: Sequence[Hole]


def benchmark_for(model: Model) -> Callable[..., Benchmark] | None:
    """What opens the benchmark of a model, `faces` or `photos`; None for models of other tasks."""
    if model.facts.task not in painting.TASKS:
        return None
    return faces if model.facts.takes_coordinates else photos


def faces(
    paths: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = False
) -> Benchmark:
    """Faces in their frame that lose strokes, a half and the centre.

    Args:
        paths: folders of faces.
        sizes: pixels across the frame; a face counts at the sizes that its picture has exactly.
        limit: only this many faces, always the same random ones.

    Raises:
        DataError: a folder cannot be used.
    """
    return _benchmark("faces", paths, tuple(sizes) or FACE_SIZES, FACE_HOLES, limit, degraded)


def photos(
    paths: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = False
) -> Benchmark:
    """The middle squares of photos, which lose strokes and boxes; as `faces`."""
    return _benchmark("photos", paths, tuple(sizes) or PHOTO_SIZES, PHOTO_HOLES, limit, degraded)


def _benchmark(
    unit: str, paths: Sequence[Path], sizes: tuple[int, ...], holes: Sequence[str], limit: int | None, degraded: bool
) -> Benchmark:
    if degraded:
        raise DataError(f"{paths[0]}: pictures with holes are not made bad besides; leave out --grainy")
    everything = [path for folder in paths for path in folders.pictures(folder)]
    metrics = {
        "PSNR in the hole": Metric(_psnr_in_hole, "dB over the pixels of the hole, higher is nearer", digits=1),
        "ST-LPIPS": ST_LPIPS,
    }
    if unit == "faces":
        same = "cosine of SFace embeddings of the filled and the true face, 1 is the same face"
        metrics["identity"] = Metric(lambda outputs, pairs: identity(outputs, pairs.originals), same)
    return Benchmark(
        unit=unit,
        sizes=sizes,
        title=pixels_across,
        examples=lambda size: [
            Damaged(path, {"hole": kind}, kind=kind, number=number)
            for number, path in enumerate(some([path for path in everything if min(_size_of(path)) >= size], limit))
            for kind in holes
        ],
        pairs=_pairs,
        method=partial(_method, framed=unit == "faces"),
        metrics=metrics,
        set_metrics={"KD-lite0": KD_LITE0},
        describe=partial(_describe, unit=unit, paths=paths, limit=limit, holes=holes),
        texts=_texts,
        too_small=f"{paths[0]}: no picture has {min(sizes)} pixels a side; measure at smaller sizes",
        baselines={
            "OpenCV, Navier-Stokes": partial(_opencv, method=cv2.INPAINT_NS),
            "OpenCV, Telea": partial(_opencv, method=cv2.INPAINT_TELEA),
            **({"PatchMatch": _patchmatch} if find_spec("patchmatch") else {}),
        },
        labels=("hole",),
        set_labels=("hole",),
    )


def _size_of(path: Path) -> tuple[int, int]:
    return folders.read_pixels(path).shape[:2]


def _pairs(chosen: Sequence[Damaged], size: int) -> Iterator[PicturePairs]:
    for start in range(0, len(chosen), _AT_ONCE):
        some_of_them = chosen[start : start + _AT_ONCE]
        true = np.stack([_middle(folders.read_pixels(one.path), size) for one in some_of_them])
        holes = [masks.measured(one.kind, size, size, one.number) > 0 for one in some_of_them]
        emptied = np.where(np.stack(holes)[..., None], 0, true).astype(np.uint8)
        yield PicturePairs(some_of_them, HoleInputs(emptied, holes), _planes(true), _planes(emptied))


def _middle(pixels: Integers, size: int) -> Integers:
    top, left = ((side - size) // 2 for side in pixels.shape[:2])
    return pixels[top : top + size, left : left + size]


def _planes(pixels: Integers) -> Planes:
    return to_float(pixels).transpose(0, 3, 1, 2)


def _method(model: Model, framed: bool) -> Method:
    painter = Painter(model)

    def completed(rgb: Array, hole: Hole) -> None:
        rgb[hole] = complete(painter, rgb, hole, len(rgb), 0, refined=False)[hole]

    if framed:
        return partial(_filled, way=completed)
    fill = patches.copy_and_mend if model.facts.task == "mending" else painting.fill_by_network
    return partial(_filled, way=lambda rgb, hole: fill(painter, rgb, hole, 0))


def _patchmatch(inputs: HoleInputs) -> Planes:
    return _planes(
        np.stack([by_patchmatch(pixels, hole) for pixels, hole in zip(inputs.pixels, inputs.holes, strict=True)])
    )


def by_patchmatch(pixels: Integers, hole: Hole) -> Integers:
    """A picture (H,W,3) whose hole (H,W) is filled with patches of 7 pixels by the package `pypatchmatch`, as in its
    examples."""
    import patchmatch

    patchmatch.set_random_seed(0)
    filled: Integers = patchmatch.inpaint(pixels, hole, patch_size=3)
    return filled


def _filled(inputs: HoleInputs, way: Callable[[Array, Hole], None]) -> Planes:
    """Pictures whose holes were filled in a way, (N,3,H,W)."""
    output = [to_float(pixels) for pixels in inputs.pixels]
    for rgb, hole in zip(output, inputs.holes, strict=True):
        way(rgb, hole)
    return np.stack(output).transpose(0, 3, 1, 2)


def _opencv(inputs: HoleInputs, method: int) -> Planes:
    output = [
        cv2.inpaint(pixels, hole.astype(np.uint8), painting.INPAINT_RADIUS, method)
        for pixels, hole in zip(inputs.pixels, inputs.holes, strict=True)
    ]
    return _planes(np.stack(output))


def _psnr_in_hole(outputs: Planes, pairs: PicturePairs) -> Values:
    """As if the picture were all hole: the error elsewhere is 0, so the share of the hole is taken off."""
    shares = np.array([hole.mean() for hole in pairs.inputs.holes])
    return np.asarray(psnr(outputs, pairs.originals) + 10 * np.log10(shares))


def _describe(
    counts: Mapping[int, int], unit: str, paths: Sequence[Path], limit: int | None, holes: Sequence[str]
) -> tuple[str, ...]:
    each = {size: count // len(holes) for size, count in counts.items()}
    return (
        describe_folders(unit, paths, each, pixels_across, limit),
        f"each loses {' and '.join(holes)}, in turn; what is measured is the whole picture with the hole filled, 8 bit",
        "seed of the noise: 0",
        INTERVALS,
    )


def _texts(facts: Facts) -> CardTexts:
    if facts.takes_coordinates:
        return CardTexts(_WARNING, LIMITS + FACE_LIMITS, FACE_TERMS)
    return CardTexts(_WARNING, LIMITS)
