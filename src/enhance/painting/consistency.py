"""What "the same photo, smaller" means here, and how a large photo is made to agree with its small one.

The downscale operator of this project is the area mean: a pixel of the small photo is the mean of what the large one
shows on its area. At four times that is the mean of blocks of 4x4 pixels; a pixel that lies in two areas counts in
both by its share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from enhance.painting.tiles import Rows
from enhance.pixels import area_mean, rescale, resize

FloatArray = NDArray[np.floating[Any]]

GOAL = 51.0
"""LR-PSNR in dB that an enhanced photo must reach; a little over the promised 50, for the rounding to 8 bits."""


def downscale(hr: FloatArray, scale: int = 4) -> FloatArray:
    """Block means of hr (H,W,C); H and W are multiples of scale. Returns (H/scale, W/scale, C)."""
    return area_mean(hr, scale)


def lr_psnr(hr: FloatArray, lr: FloatArray, scale: int = 4) -> float:
    """How well hr (H,W,3) agrees with lr (h,w,3), both in [0,1]: PSNR in dB between downscale(hr) and lr."""
    error = float(np.mean((downscale(hr, scale).astype(np.float64) - lr) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def back_project(hr: FloatArray, lr: FloatArray, scale: int = 4, *, goal: float = GOAL, most: int = 8) -> FloatArray:
    """Add what lr has and hr, made small, has not, as smoothly as bicubic goes, until they agree to `goal` dB.

    As few passes as that takes: each makes edges a little crisper, and many would make them ring
    (Irani and Peleg, "Improving resolution by image registration", CVGIP 1991).

    Args:
        hr: (scale*h, scale*w, 3) in [0,1].
        lr: (h,w,3) in [0,1].
        most: passes to take at most.

    Returns:
        float32 in [0,1], of hr's shape.
    """
    for _ in range(most):
        if lr_psnr(hr, lr, scale) >= goal:
            break
        hr = np.clip(hr + rescale(lr - downscale(hr, scale), scale), 0, 1)
    return hr.astype(np.float32)


@dataclass(frozen=True)
class ScaledPair:
    """A photo and its enlargement, of which only some rows are in memory at a time.

    Whatever is cut out, its pixels are those that the whole picture would have, as long as the rows they are made from
    are there: two more on either side for `larger`, one for `smaller`.

    Attributes:
        lr, hr: height and width of both.
    """

    lr: tuple[int, int]
    hr: tuple[int, int]

    def rows(self, span: Rows) -> Rows:
        """The rows of the enlargement that belong to rows of the photo; those of adjoining spans adjoin."""
        return round(span[0] * self.hr[0] / self.lr[0]), round(span[1] * self.hr[0] / self.lr[0])

    def inner_rows(self, span: Rows) -> Rows:
        """The rows of the enlargement that lie wholly within rows of the photo."""
        return -(-span[0] * self.hr[0] // self.lr[0]), span[1] * self.hr[0] // self.lr[0]

    def larger(self, lr: FloatArray, first: int, rows: Rows) -> FloatArray:
        """Rows of the enlargement by bicubic, from lr (n,W) or (n,W,C), whose first row is the photo's row `first`."""
        ratio = self.lr[0] / self.hr[0]
        return _resample(lr, self.hr[1], rows, ratio, first, Resampling.BICUBIC)

    def smaller(self, hr: FloatArray, first: int, rows: Rows) -> FloatArray:
        """Rows of the photo as the downscale operator makes them from hr, whose first row is its row `first`."""
        whole, rest = divmod(self.hr[0], self.lr[0])
        top, bottom = rows[0] * whole - first, rows[1] * whole - first
        if not rest and self.hr[1] == whole * self.lr[1] and 0 <= top <= bottom <= len(hr):
            means = area_mean(hr[top:bottom].reshape(bottom - top, hr.shape[1], -1), whole)
            return means.reshape(rows[1] - rows[0], self.lr[1], *hr.shape[2:])
        down = [min(max(row * self.hr[0] / self.lr[0] - first, 0.0), len(hr)) for row in range(rows[0], rows[1] + 1)]
        across = [column * self.hr[1] / self.lr[1] for column in range(self.lr[1] + 1)]
        return _area_means(_area_means(hr, down).swapaxes(0, 1), across).swapaxes(0, 1)

    def corrected(self, hr: FloatArray, first: int, lr: FloatArray, span: Rows, passes: int) -> FloatArray:
        """`back_project` of some rows, so many times; hr (m,w,3) is changed.

        Args:
            first: where in the enlargement hr begins.
            lr: rows `span` of the photo, those that hr shows; hr covers them or all but parts of the outermost.
        """
        inner = self._covered(span, first, first + len(hr))
        wanted = lr[inner[0] - span[0] : inner[1] - span[0]]
        rows = self.inner_rows(inner)
        part = hr[rows[0] - first : rows[1] - first]
        for _ in range(passes):
            missing = wanted - self.smaller(hr, first, inner)
            for colour in range(hr.shape[2]):  # of which one is in memory at a time
                part[..., colour] += self.larger(missing[..., colour], inner[0], rows)
            np.clip(part, 0, 1, out=part)
        return hr

    def error(self, hr: FloatArray, first: int, lr: FloatArray, rows: Rows) -> float:
        """Sum of squared differences between lr, the rows `rows` of the photo, and the enlargement made small."""
        return float(np.sum((self.smaller(hr, first, rows).astype(np.float64) - lr) ** 2))

    def _covered(self, span: Rows, top: int, bottom: int) -> Rows:
        """The rows of the photo within `span` that rows `top` to `bottom` of the enlargement cover whole."""
        first, last = span
        while first < last and first * self.hr[0] < top * self.lr[0]:
            first += 1
        while last > first and last * self.hr[0] > bottom * self.lr[0]:
            last -= 1
        return first, last


def _area_means(picture: FloatArray, edges: list[float]) -> FloatArray:
    """Means over rows of a picture between edges that may cut through them."""
    steps = np.diff(edges)
    whole = round(steps[0])
    if np.allclose(steps, whole) and np.isclose(edges[0], round(edges[0])):
        rows = picture[round(edges[0]) :][: whole * len(steps)]
        blocks: FloatArray = rows.reshape(len(steps), whole, *picture.shape[1:]).mean(1)
        return blocks
    sums = np.zeros((len(picture) + 1, *picture.shape[1:]))
    np.cumsum(picture, 0, out=sums[1:])
    at = np.minimum(np.asarray(edges), len(picture) - 1e-9)
    below = at.astype(int)
    share = (at - below).reshape(-1, *[1] * (picture.ndim - 1))
    up_to = sums[below] + share * picture[below]
    return (np.diff(up_to, axis=0) / steps.reshape(share[1:].shape)).astype(picture.dtype)


def _resample(picture: FloatArray, width: int, rows: Rows, ratio: float, first: int, method: Resampling) -> FloatArray:
    """Rows of a picture resized to `width` and, down, by 1 / ratio; `first` is the row at which it was cut out."""
    top, bottom = (min(max(row * ratio - first, 0.0), float(picture.shape[0])) for row in rows)
    box, size = (0.0, top, float(picture.shape[1]), bottom), (width, rows[1] - rows[0])
    return resize(picture, size, box, method)
