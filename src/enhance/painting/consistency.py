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
from enhance.pixels import area_mean, luma, rescale, resize

Array = NDArray[np.floating[Any]]

GRAINY = 2.4
"""Standard deviation of noise in grey levels of 255 from which a photo is taken for grainy: from there on a face is
nearer to the truth when it is restored than when it is held to every pixel."""
ROUGH = 7.0
"""The same from which a network that was never shown noise draws worms of it, where bicubic only blurs."""
BLOCKY = 0.4
"""By which share steps at the borders of JPEG's blocks of BLOCK pixels exceed others in a photo taken for blocky."""
BLOCK = 8
SHARP = 0.62
"""Least ratio of differences between pixels to those between pixels twice as large, in a sharp face of 16 pixels."""

GOAL = 51.0
"""LR-PSNR in dB that an enhanced photo must reach; a little over the promised 50, for the rounding to 8 bits."""


def downscale(hr: Array, scale: int = 4) -> Array:
    """Block means of hr (H,W,C); H and W are multiples of scale. Returns (H/scale, W/scale, C)."""
    return area_mean(hr, scale)


def lr_psnr(hr: Array, lr: Array, scale: int = 4) -> float:
    """How well hr (H,W,3) agrees with lr (h,w,3), both in [0,1]: PSNR in dB between downscale(hr) and lr."""
    error = float(np.mean((downscale(hr, scale).astype(np.float64) - lr) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def back_project(hr: Array, lr: Array, scale: int = 4, *, goal: float = GOAL, most: int = 8) -> Array:
    """Adds what lr has and hr, made small, has not, as smoothly as bicubic goes, until they agree to `goal` dB.

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


def flaw(rgb: Array) -> str | None:
    """What about a photo (H,W,3) in [0,1] should not be kept, in words; None if all of it may be.

    To agree with a grainy or blocky photo to the last pixel is to keep its grain and its blocks.
    """
    noise, blocks = grain(rgb), blockiness(rgb)
    if noise > GRAINY:
        return f"the photo is grainy (noise of about {noise:.0f} grey levels)"
    if blocks > BLOCKY:
        return "the photo shows JPEG blocks"
    return None


def grain(rgb: Array) -> float:
    """Standard deviation of the noise in a photo (H,W,3), in grey levels of 255; 0 for less than 32 pixels a side.

    From the finest diagonal wavelet of each colour (Donoho and Johnstone, "Ideal spatial adaptation by wavelet
    shrinkage", Biometrika 1994), in the calmest tenth of the photo: noise is everywhere, fine detail is not. The tenth
    quantile of the medians of 64 such differences is .546 of the deviation.
    """
    height, width = (side // 16 * 16 for side in rgb.shape[:2])
    if min(height, width) < 32:
        return 0.0
    found = []
    for colour in range(3):
        plane = rgb[:height, :width, colour] * 255
        diagonal = (plane[::2, ::2] - plane[1::2, ::2] - plane[::2, 1::2] + plane[1::2, 1::2]) / 2
        patches = np.abs(diagonal).reshape(height // 16, 8, width // 16, 8).swapaxes(1, 2).reshape(-1, 64)
        # A patch of one colour was clipped, or painted: it says nothing of noise elsewhere.
        levels = np.median(patches[patches.max(1) > 0], axis=1) if patches.any() else np.zeros(1)
        found.append(float(np.quantile(levels, 0.1)) / 0.546)
    return sum(found) / 3


def blurred(rgb: Array, across: float) -> bool:
    """Whether a part of a photo (H,W,3) with a face so many pixels across its frame is blurred by half a pixel or more.

    In a sharp photo neighbours differ not much less than pixels twice as large do. The networks take a blurred face for
    what it is: blurred; only one that mends draws it sharp.
    """
    height, width = (side // 2 * 2 for side in rgb.shape[:2])
    if min(height, width) < 8:
        return False
    grey = 255 * luma(rgb[:height, :width])
    halved = grey.reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    fine, coarse = (sum(float(np.square(np.diff(x, 2, axis)).mean()) for axis in (0, 1)) for x in (grey, halved))
    # The smaller the face, the more of it is edges.
    sharp = SHARP - 0.05 * np.log2(np.clip(across, 16, 64) / 16)
    return fine < sharp**2 * coarse


def blockiness(rgb: Array) -> float:
    """By which share the steps between JPEG's blocks exceed those elsewhere in a photo (H,W,3).

    That of rows or of columns, whichever is less. Steps are second differences, so that slopes
    do not count; 0 for less than six blocks a side.
    """
    grey = 255 * luma(rgb)
    if min(grey.shape) < 6 * BLOCK:
        return 0.0
    found = []
    for plane in (grey, grey.T):
        rough = np.abs(2 * np.diff(plane, axis=0)[1:-1] - np.diff(plane, axis=0)[:-2] - np.diff(plane, axis=0)[2:])
        # Row n of these is the step between rows n + 1 and n + 2.
        lines = np.minimum(rough, 30).mean(axis=1)
        border = (np.arange(len(lines)) + 2) % BLOCK == 0
        found.append(float(lines[border].mean() / max(lines[~border].mean(), 0.5) - 1))
    return min(found)


@dataclass(frozen=True)
class ScaledPair:
    """A photo and its enlargement, of which only some rows are in memory at a time.

    Whatever is cut out, its pixels are those that the whole picture would have, as long as the rows they are made from
    are there: two more on either side for `larger`, one for `smaller`.

    lr and hr: height and width of both.
    """

    lr: tuple[int, int]
    hr: tuple[int, int]

    def rows(self, span: Rows) -> Rows:
        """The rows of the enlargement that belong to rows of the photo; those of adjoining spans adjoin."""
        return round(span[0] * self.hr[0] / self.lr[0]), round(span[1] * self.hr[0] / self.lr[0])

    def inner_rows(self, span: Rows) -> Rows:
        """The rows of the enlargement that lie wholly within rows of the photo."""
        return -(-span[0] * self.hr[0] // self.lr[0]), span[1] * self.hr[0] // self.lr[0]

    def larger(self, lr: Array, first: int, rows: Rows) -> Array:
        """Rows of the enlargement by bicubic, from lr (n,W) or (n,W,C), whose first row is the photo's row `first`."""
        ratio = self.lr[0] / self.hr[0]
        return _resample(lr, self.hr[1], rows, ratio, first, Resampling.BICUBIC)

    def smaller(self, hr: Array, first: int, rows: Rows) -> Array:
        """Rows of the photo as the downscale operator makes them from hr, whose first row is its row `first`."""
        down = [min(max(row * self.hr[0] / self.lr[0] - first, 0.0), len(hr)) for row in range(rows[0], rows[1] + 1)]
        across = [column * self.hr[1] / self.lr[1] for column in range(self.lr[1] + 1)]
        return _area_means(_area_means(hr, down).swapaxes(0, 1), across).swapaxes(0, 1)

    def corrected(self, hr: Array, first: int, lr: Array, span: Rows, passes: int) -> Array:
        """`back_project` of some rows, so many times; hr (m,w,3) is changed.

        Args:
            first: where in the enlargement hr begins.
            lr: rows `span` of the photo, those that hr shows; hr covers them or all but parts of the outermost.
        """

        inner = self._covered(span, first, first + len(hr))
        wanted = lr[inner[0] - span[0] : inner[1] - span[0]]
        # Colour by colour: a third of the memory.
        for colour in range(hr.shape[2]):
            for _ in range(passes):
                missing = wanted[..., colour] - self.smaller(hr[..., colour], first, inner)
                rows = self.inner_rows(inner)
                part = hr[rows[0] - first : rows[1] - first, :, colour]
                np.clip(part + self.larger(missing, inner[0], rows), 0, 1, out=part)
        return hr

    def error(self, hr: Array, first: int, lr: Array, rows: Rows) -> float:
        """Sum of squared differences between lr, the rows `rows` of the photo, and the enlargement made small."""

        total = 0.0
        for colour in range(hr.shape[2]):
            made = self.smaller(hr[..., colour], first, rows)
            total += float(np.sum((made.astype(np.float64) - lr[..., colour]) ** 2))
        return total

    def _covered(self, span: Rows, top: int, bottom: int) -> Rows:
        """The rows of the photo within `span` that rows `top` to `bottom` of the enlargement cover whole."""
        first, last = span
        while first < last and first * self.hr[0] < top * self.lr[0]:
            first += 1
        while last > first and last * self.hr[0] > bottom * self.lr[0]:
            last -= 1
        return first, last


def _area_means(picture: Array, edges: list[float]) -> Array:
    """Means over rows of a picture between edges that may cut through them."""
    steps = np.diff(edges)
    whole = round(steps[0])
    if np.allclose(steps, whole) and np.isclose(edges[0], round(edges[0])):
        rows = picture[round(edges[0]) :][: whole * len(steps)]
        blocks: Array = rows.reshape(len(steps), whole, *picture.shape[1:]).mean(1)
        return blocks
    sums = np.zeros((len(picture) + 1, *picture.shape[1:]))
    np.cumsum(picture, 0, out=sums[1:])
    at = np.minimum(np.asarray(edges), len(picture) - 1e-9)
    below = at.astype(int)
    share = (at - below).reshape(-1, *[1] * (picture.ndim - 1))
    up_to = sums[below] + share * picture[below]
    return (np.diff(up_to, axis=0) / steps.reshape(share[1:].shape)).astype(picture.dtype)


def _resample(picture: Array, width: int, rows: Rows, ratio: float, first: int, method: Resampling) -> Array:
    """Rows of a picture resized to `width` and, down, by 1 / ratio; `first` is the row at which it was cut out."""
    top, bottom = (min(max(row * ratio - first, 0.0), float(picture.shape[0])) for row in rows)
    box, size = (0.0, top, float(picture.shape[1]), bottom), (width, rows[1] - rows[0])
    return resize(picture, size, box, method)
