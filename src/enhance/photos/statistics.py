"""What the pixels of a picture are like, as some three hundred numbers by which noise, blocks and blur are judged.

Noise, coding and blur are matters of variances, of how neighbours agree, and of steps at even distances. Networks of
convolutions learn these slowly and guess them from the mean of a picture; here they are computed, and of each is kept
how it is spread over the picture: calm parts say what noise there is, edges how sharp it is.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.pixels import LUMA, RGB, area_mean

Plane = NDArray[np.float32]

STATISTIC_COUNT = 315
"""How many numbers there are."""
SMALLEST = 24
"""Pixels a side below which a picture is mirrored until it has as many."""
SCALES = 3
QUANTILES = (0.03, 0.1, 0.25, 0.5, 0.75, 0.95)
CALM = (0.12, 0.5, 1.0)
"""Shares of a picture, the calmest first, in which is measured how neighbours agree."""
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (0, 3), (3, 0))
TONES = ((0, 60), (60, 120), (120, 190), (190, 245))
STEEPEST = (0.9, 0.97, 0.995)
GAUSSIAN = (np.exp(-np.square(np.arange(-8, 9)) / 8) / np.exp(-np.square(np.arange(-8, 9)) / 8).sum()).tolist()
"""Of 2 pixels."""
MEAN = (1 / 8,) * 8
JPEG_BLOCK = 8
"""Pixels a side of the blocks of JPEG."""


def statistics(rgb: RGB) -> NDArray[np.float32]:
    """The numbers of a picture (H,W,3) in [0,1], (STATISTIC_COUNT,).

    Energies are logarithms to base 2 of squared grey levels.
    """
    height, width = rgb.shape[:2]
    short = max(0, SMALLEST - height), max(0, SMALLEST - width)
    if any(short):
        rgb = np.pad(rgb, ((0, short[0]), (0, short[1]), (0, 0)), mode="symmetric")
    levels = np.rint(rgb * np.float32(255))
    luma = levels @ np.array(LUMA, np.float32)
    parts: tuple[Any, ...] = (
        _energies([luma, levels[..., 0] - luma, levels[..., 2] - luma]),
        _agreement(luma),
        *(_grid(lines) for lines in (luma, luma.T)),
        _tones(luma),
        _edges(luma),
        np.log2([min(height, width), max(height, width)]),
    )
    return np.concatenate(parts).astype(np.float32)


def _energies(planes: Sequence[Plane]) -> NDArray[Any]:
    """How much three high-pass filters find of each plane at three scales: how that is spread over the picture, and
    how much of it there is where the picture is calm, middling and rough."""
    numbers = []
    for scale in range(SCALES):
        if scale:
            planes = [_halved(plane) for plane in planes]
        cells = np.log2(np.stack([_cells(energy) for plane in planes for energy in _high_passes(plane)]) + 1e-2)
        numbers.append(_quantiles(cells, QUANTILES).ravel())
        order = np.argsort(cells[:3].max(0))
        some = max(1, len(order) // 8)
        middle = (len(order) - some) // 2
        parts = order[:some], order[-some:], order[middle : middle + some]
        numbers.extend(cells[:, part].mean(1) for part in parts)
    return np.concatenate(numbers)


def _high_passes(plane: Plane) -> Sequence[Plane]:
    """Squares of three filters that keep the variance of white noise: diagonal, across and down."""
    across, down = np.diff(plane, axis=1), np.diff(plane, axis=0)
    diagonal = np.diff(across, axis=0)[:-1, :-1] / 2
    return [
        np.square(diagonal),
        np.square(np.diff(across, axis=1)[1:-1]) / 6,
        np.square(np.diff(down, axis=0)[:, 1:-1]) / 6,
    ]


def _cells(energy: Plane) -> NDArray[Any]:
    """Means of squares of 8 pixels that overlap by half; of 4 in the smallest pictures."""
    height, width = (side // 4 for side in energy.shape)
    if min(height, width) < 1:
        return energy.mean(keepdims=True).ravel()
    quarters = _reduced(energy, 4)
    if min(height, width) < 3:
        return quarters.ravel()
    pairs = quarters[1:] + quarters[:-1]
    return ((pairs[:, 1:] + pairs[:, :-1]) / 4).ravel()


def _agreement(luma: Plane) -> list[float]:
    """How fine detail agrees with its neighbours, which tells white noise from grain and grain from texture."""
    detail = luma - _filtered(_filtered(luma, GAUSSIAN, 8).T, GAUSSIAN, 8).T
    energy = _filtered(_filtered(np.square(detail), MEAN, 4).T, MEAN, 4).T
    numbers: list[float] = []
    for share, bound in zip(CALM, _quantiles(energy.ravel(), CALM), strict=True):
        inside = (energy <= bound).astype(np.float32) if share < 1 else np.ones_like(energy)
        kept = detail * inside
        variance = float(np.square(kept).sum() / inside.sum()) + 1e-2
        numbers.append(np.log2(variance))
        for down, across in NEIGHBOURS:
            one = kept[down:, across:]
            other = kept[: kept.shape[0] - down, : kept.shape[1] - across]
            numbers.append(float((one * other).sum() / inside.sum() / variance))
        numbers.append(np.log2(float(np.abs(kept).sum() / inside.sum()) / variance**0.5 + 1e-2))
    return numbers


def _grid(plane: Plane) -> list[float]:
    """Whether rows differ more at every eighth than elsewhere, or at any other even distance, as in a photo that was
    resized after it was coded."""
    steps = np.diff(plane, axis=0)
    rough = np.abs(2 * steps[1:-1] - steps[:-2] - steps[2:])
    numbers: list[float] = []
    for most in (30, 4):
        lines = np.minimum(rough, most).mean(1)
        phases = np.sort(lines[: len(lines) // JPEG_BLOCK * JPEG_BLOCK].reshape(-1, JPEG_BLOCK).mean(0))[::-1] + 0.05
        spectrum = np.abs(np.fft.rfft((lines - _around(lines)) * np.hanning(len(lines)), 256))[8:]
        numbers += [
            np.log2(phases[0] / np.median(phases)),
            np.log2(phases[1] / np.median(phases)),
            np.log2(phases[JPEG_BLOCK // 2] / phases[-1]),
            np.log2((spectrum.max() + 0.01) / (np.median(spectrum) + 0.01)),
        ]
    return numbers


def _around(lines: NDArray[Any]) -> NDArray[Any]:
    return np.convolve(np.pad(lines, 7, mode="reflect"), np.full(15, 1 / 15), "valid")


def _tones(luma: Plane) -> list[float]:
    """Shares of small and large steps, and the noise of dark, middling and bright parts, each with its share."""
    steps = np.abs(np.diff(luma, axis=1))
    numbers = [float((steps < 0.5).mean()), float((steps < 1.5).mean()), float((steps > 20).mean())]
    diagonal = np.square(np.diff(np.diff(luma, axis=1), axis=0)) / 4
    energy, tone = _reduced(np.pad(diagonal, ((0, 1), (0, 1)), mode="edge"), 4), _reduced(luma, 4)
    for least, most in TONES:
        inside = (tone >= least) & (tone < most)
        some = inside.sum() >= 16
        numbers += [float(np.log2(np.quantile(energy[inside], 0.15) + 1e-2)) if some else -7.0, float(inside.mean())]
    numbers += [float((luma < 3).mean()), float((luma > 252).mean()), float(luma.mean() / 255)]
    return [*numbers, float(np.log2(luma.std() + 1))]


def _edges(luma: Plane) -> list[float]:
    """The steepest edges at three scales, and how much steeper they are at each than at the finer one."""
    numbers: list[float] = []
    planes = [luma, _halved(luma), _halved(_halved(luma))]
    slopes = [np.hypot(_slope(plane), _slope(plane.T).T) / 8 for plane in planes]
    fine, middle, coarse = (np.log2(_quantiles(slope.ravel(), STEEPEST) + 0.1) for slope in slopes)
    for values in (fine, middle - fine, coarse - middle):
        numbers += values.tolist()
    around = np.pad(luma, 1, mode="reflect")
    curves = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:] - 4 * luma
    return [*numbers, *np.log2(_quantiles(np.abs(curves).ravel(), STEEPEST) + 0.1).tolist()]


def _quantiles(values: NDArray[Any], shares: Sequence[float]) -> NDArray[Any]:
    """`np.quantile` (S,...) of values (...,N): sorting float32 is quicker than the partition that it makes."""
    ordered = np.sort(values)
    at = np.asarray(shares) * (values.shape[-1] - 1)
    below = at.astype(int)
    above = np.minimum(below + 1, values.shape[-1] - 1)
    between = ordered[..., below] + (at - below) * (ordered[..., above] - ordered[..., below])
    return np.moveaxis(between, -1, 0)


def _slope(plane: Plane) -> Plane:
    """How fast rows change, by Sobel's filter."""
    around = np.pad(plane, 1, mode="reflect")
    down = around[2:] - around[:-2]
    slope: Plane = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    return slope


def _filtered(plane: Plane, weights: Sequence[float], before: int) -> Plane:
    """Weighted sums along the rows of a mirrored plane, each from so many pixels before its own."""
    count, height = len(weights), len(plane)
    around = np.pad(plane, ((before, count - 1 - before), (0, 0)), mode="reflect")
    return np.asarray(sum(np.float32(weight) * around[n : n + height] for n, weight in enumerate(weights)))


def _reduced(plane: Plane, times: int) -> Plane:
    """Means of whole squares of so many pixels."""
    height, width = (side // times for side in plane.shape)
    return area_mean(plane[: times * height, : times * width, None], times)[..., 0]


def _halved(plane: Plane) -> Plane:
    """The plane at half its size, but not smaller than filters need it."""
    least = SMALLEST // 3
    if min(plane.shape) >= 2 * least:
        return _reduced(plane, 2)
    height, width = (max(least, side // 2) for side in plane.shape)
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BOX))
