"""How restoration is measured: on good photos that were made bad, from hardly to terribly, at their own size."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from enhance.datasets import folders
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
from enhance.evaluate.metrics import PSNR, SSIM, ST_LPIPS
from enhance.inference.facts import Facts
from enhance.inference.model import Model
from enhance.painting.restoration import measure, restore
from enhance.pixels import RGB, Planes, eight_bit, to_float, to_uint8
from enhance.tasks.upscale.bad_photos import BadPhoto

_SIZES = (256,)
BAD = {
    "clean": BadPhoto(clean=1),
    "mild": BadPhoto(clean=0, mildness=4),
    "bad": BadPhoto(clean=0, mildness=1),
    "terrible": BadPhoto(clean=0, mildness=0.25),
}
"""What happens to a photo: the same each time, in four strengths."""
_AT_ONCE = 8

_WARNING = """\
**This network guesses what noise and coding have taken away.** What it draws there was not seen by the camera."""
_LIMITS = """\
- Fine texture is taken for a little noise; strong blur and scratches stay.
- Photos are made bad here by a program, much as in training, though none of them taught: real ones are worse."""


@dataclass(frozen=True, eq=False)
class BadPicture(Picture):
    """A photo, and how bad it is made."""

    badness: str = "clean"


def bad_photos(
    paths: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = True
) -> Benchmark:
    """The middle squares of good photos, each clean and made bad three times.

    Args:
        paths: folders of photos.
        sizes: pixels a side; a photo counts where it has as many.
        limit: at each size only this many photos, always the same random ones.
        degraded: of no meaning here: they always are.

    Raises:
        DataError: a folder cannot be used.
    """
    del degraded
    sizes = tuple(sizes) or _SIZES
    everything = [path for folder in paths for path in folders.pictures(folder)]

    def examples(size: int) -> list[BadPicture]:
        fit = [path for path in everything if min(folders.read_pixels(path).shape[:2]) >= size]
        return [BadPicture(path, {"photos": kind}, badness=kind) for path in some(fit, limit) for kind in BAD]

    return Benchmark(
        unit="photos",
        sizes=sizes,
        title=pixels_across,
        examples=examples,
        pairs=_pairs,
        method=_method,
        metrics={"PSNR": PSNR, "SSIM": SSIM, "ST-LPIPS": ST_LPIPS},
        set_metrics={},
        describe=partial(_describe, paths=paths, limit=limit),
        texts=_texts,
        too_small=f"{paths[0]}: no photo has {min(sizes)} pixels a side; measure at smaller sizes",
        baselines={"as it is": _as_it_is, "non-local means": non_local_means},
        labels=("photos",),
    )


def _pairs(chosen: Sequence[BadPicture], size: int) -> Iterator[PicturePairs]:
    for start in range(0, len(chosen), _AT_ONCE):
        some_of_them = chosen[start : start + _AT_ONCE]
        good, bad = [], []
        for one in some_of_them:
            pixels = folders.read_pixels(one.path)
            top, left = ((side - size) // 2 for side in pixels.shape[:2])
            good.append(to_float(pixels[top : top + size, left : left + size]))
            rng = np.random.default_rng(zlib.crc32(one.path.name.encode()))
            bad.append(eight_bit(BAD[one.badness](good[-1], rng)[0]))
        inputs = np.stack(bad).transpose(0, 3, 1, 2)
        yield PicturePairs(some_of_them, inputs, np.stack(good).transpose(0, 3, 1, 2), inputs)


def _method(model: Model) -> Method:
    def restored(inputs: Planes) -> Planes:
        photos = [np.ascontiguousarray(one.transpose(1, 2, 0)) for one in inputs]
        return np.stack([restore(rgb, measure(rgb), network=model) for rgb in photos]).transpose(0, 3, 1, 2)

    return restored


def _as_it_is(inputs: Planes) -> Planes:
    return inputs


def non_local_means(inputs: Planes) -> Planes:
    """As strong as the noise that was measured (Buades, Coll and Morel, "A non-local algorithm for image denoising",
    CVPR 2005, as OpenCV has it)."""
    results = []
    for one in inputs:
        rgb = np.ascontiguousarray(one.transpose(1, 2, 0))
        measured = measure(rgb)
        results.append(smoothed(rgb, max(measured.noise, measured.blocks), measured.colour_noise))
    return np.stack(results).transpose(0, 3, 1, 2)


def smoothed(rgb: RGB, noise: float, colour_noise: float) -> RGB:
    """A photo (H,W,3) in [0,1] after OpenCV's non-local means, as strong as so many grey levels of noise ask for."""
    # OpenCV takes brightness and colours apart itself, and expects blue first.
    bgr = cv2.cvtColor(to_uint8(rgb), cv2.COLOR_RGB2BGR)
    smooth = cv2.fastNlMeansDenoisingColored(bgr, None, noise, colour_noise)
    return to_float(np.asarray(cv2.cvtColor(smooth, cv2.COLOR_BGR2RGB)))


def _describe(counts: Mapping[int, int], paths: Sequence[Path], limit: int | None) -> tuple[str, ...]:
    each = {size: count // len(BAD) for size, count in counts.items()}
    return (
        describe_folders("photos", paths, each, pixels_across, limit),
        f"the middle of each, {', '.join(BAD)}: blur, noise, what phones do against it, resampling, JPEG and WebP,"
        " once or twice; the same each time",
        "output: measured and restored as the program does, 8 bit",
        INTERVALS,
    )


def _texts(facts: Facts) -> CardTexts:  # noqa: ARG001
    return CardTexts(_WARNING, _LIMITS)
