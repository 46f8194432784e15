"""What faces are pasted on: the photo enlarged, all of it, by tiles.

Tiles are not blended: each tile sees enough of its surroundings that its pixels equal those of the whole picture. A
pixel of a network depends on no pixel of the photo further away than RECEPTIVE_FIELD, one of bicubic on two. Blending
would be needed where tiles see too little, and would blur what two of them draw differently.

Where there is no memory for a tile, it is halved, and again, before giving up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from enhance.errors import ModelError
from enhance.inference.model import Model
from enhance.inference.noise import tiled_noise
from enhance.painting import tiles
from enhance.painting.restoration import is_grey
from enhance.photos.photo import Photo
from enhance.pixels import Array, area_mean, rescale, to_float

RECEPTIVE_FIELD, TILE = 42, 512
"""How far a pixel of a network for anything sees, and how wide its tiles may be at least, in pixels of the photo; both
even."""
NETWORK_BYTES = 800
"""What a network takes for each pixel of a tile, about: where there is memory, tiles are larger than TILE."""
MIN_TILE = 16
"""A tile that finds no memory and is smaller than this is not halved any more."""
LOOKED_AT = 512
"""Rows of a photo by which it is judged whether it has colours."""
WORKING_COPIES = 3
"""How many copies of an enlarged part are in memory while it is worked on."""


class Background:
    """A photo enlarged before any face is drawn: by networks for anything, or by bicubic.

    It is asked for piece by piece, and often for the same: what a network draws is drawn once, where half the memory
    holds all of it.

    Args:
        model: draws all that `details` leave to it; None for bicubic.
        memory: megabytes to work in.
        seed: names one of the many possible results of a network that takes noise.
        scale: how many times larger it is than the photo; what a network draws at another scale is resized. None: as
            the model draws it.
        progress: receives the share of the photo, at most 1, that has been drawn. What is drawn twice counts twice.
        details: networks that draw more detail, and how much each counts, at most 1 in all.
        bad: the photo as it was before it was restored, for networks that look at it, too. None: it was not restored.

    Attributes:
        grey: whether the photo has no colours, though its file might: what is drawn on it must not have any either.

    Raises:
        ModelError: the network draws faces.
    """

    def __init__(
        self,
        photo: Photo,
        model: Model | None,
        memory: float,
        seed: int = 0,
        scale: int | None = None,
        progress: Callable[[float], object] | None = None,
        details: Sequence[tuple[Model, float]] = (),
        bad: Photo | None = None,
    ) -> None:
        if model and model.facts.takes_coordinates:
            raise ModelError(
                f"{model.path}: draws faces; for what is not a face take photo_x4_pixel, photo_x4 or bicubic"
            )
        self.photo, self.model, self.memory, self.seed = photo, model, memory, seed
        self.details = details
        self._bad = None if bad is photo else bad
        self.scale = scale or (model.facts.scale if model else 4)
        self.grey = is_grey(to_float(photo.pixels[:: max(1, photo.height // LOOKED_AT)]))
        self._keeps = model is not None and self._pixel_bytes * photo.width * photo.height <= memory * 1e6 / 2
        self._whole: Array | None = None
        self._progress, self._drawn = progress, 0

    @property
    def _pixel_bytes(self) -> int:
        """Bytes that a pixel of the photo takes when it is enlarged to float32 of three colours."""
        return self.scale**2 * 3 * 4

    @property
    def row_bytes(self) -> int:
        """Bytes that a row of the photo takes when it is enlarged."""
        return self._pixel_bytes * self.photo.width

    @property
    def rows(self) -> int:
        """How many rows of the photo may be worked on at a time."""
        kept = self.row_bytes * self.photo.height if self._keeps else 0
        return int((self.memory * 1e6 - kept) / (WORKING_COPIES * self.row_bytes))

    @property
    def _margin(self) -> int:
        """How many pixels of the photo around a tile its pixels depend on."""
        return 2 if self.model is None else RECEPTIVE_FIELD

    def part(self, left: int, top: int, right: int, bottom: int) -> Array:
        """A part (box in the photo's pixels) enlarged, (scale*h,scale*w,3), which the caller may change. It does not
        show where it was cut.

        Raises:
            MemoryError: there is not enough even for its smallest tiles.
        """
        if self._keeps and self._whole is None:
            try:
                self._whole = self._enlarge(0, 0, self.photo.width, self.photo.height)
            except MemoryError:
                self._keeps = False
        if self._whole is None:
            return self._enlarge(left, top, right, bottom)
        return self._whole[self.scale * top : self.scale * bottom, self.scale * left : self.scale * right].copy()

    def _enlarge(self, left: int, top: int, right: int, bottom: int) -> Array:
        s = self.scale
        hr = np.empty((s * (bottom - top), s * (right - left), 3), np.float32)
        high, wide = self._tile_sides(bottom - top, right - left)
        for down in tiles.spans(bottom - top, high, 0):
            for across in tiles.spans(right - left, wide, 0):
                part = hr[s * down.start : s * down.stop, s * across.start : s * across.stop]
                self._fill(part, left + across.start, top + down.start)
        return hr

    def _tile_sides(self, height: int, width: int) -> tuple[int, int]:
        """Height and width, both even, of the tiles of a part that are drawn with the least work: what they see beyond
        themselves is drawn for nothing."""
        margin = self._margin
        most = max((TILE + 2 * RECEPTIVE_FIELD) ** 2, int(self.memory * 1e6 / NETWORK_BYTES))

        def tile_side(length: int, count: int) -> int:
            return 2 * -(-length // (2 * count)) + margin * min(count - 1, 2)

        best = TILE, TILE
        least = float("inf")
        for across in range(1, width // TILE + 2):
            down = 1
            while tile_side(height, down) * tile_side(width, across) > most and down < height:
                down += 1
            work = (height + 2 * margin * (down - 1)) * (width + 2 * margin * (across - 1))
            if work < least:
                least, best = work, (2 * -(-height // (2 * down)), 2 * -(-width // (2 * across)))
        return best

    def _fill(self, hr: Array, left: int, top: int) -> None:
        """Fill hr (scale*h,scale*w,3) with what begins at left and top; by halves of halves where memory is short."""
        s = self.scale
        height, width = hr.shape[0] // s, hr.shape[1] // s
        try:
            large = self._tile(left, top, left + width, top + height)
            for colour in range(3):  # numpy goes along whole rows so, and otherwise from pixel to pixel
                hr[..., colour] = large[..., colour]
            self._drawn += width * height
            if self._progress is not None:
                self._progress(min(1.0, self._drawn / (self.photo.width * self.photo.height)))
        except MemoryError:
            if max(height, width) <= MIN_TILE:
                raise
            down, across = (height // 2, 0) if height > width else (0, width // 2)
            self._fill(hr[: s * down or None, : s * across or None], left, top)
            self._fill(hr[s * down :, s * across :], left + across, top + down)

    def _tile(self, left: int, top: int, right: int, bottom: int) -> Array:
        margin = self._margin
        # The network halves its input: all tiles must begin at even pixels, or at odd ones.
        x0, y0 = (max(side - margin, 0) // 2 * 2 for side in (left, top))
        window = slice(y0, bottom + margin), slice(x0, right + margin)
        lr = to_float(self.photo.pixels[window])
        bad = lr if self._bad is None else to_float(self._bad.pixels[window])
        large = bicubic(lr, self.scale) if self.model is None else self._drawn_by(self.model, lr, bad, x0, y0)
        if self.details:
            large *= np.float32(1 - sum(share for _, share in self.details))
        for detail, share in self.details:
            large += np.float32(share) * self._drawn_by(detail, lr, bad, x0, y0)
        s = self.scale
        return large[s * (top - y0) : s * (bottom - y0), s * (left - x0) : s * (right - x0)]

    def _drawn_by(self, model: Model, lr: Array, bad: Array, left: int, top: int) -> Array:
        """A part (h,w,3) that begins at left and top, and what it was before it was restored, through a network, and
        enlarged by `scale`."""
        noise = tiled_noise(self.seed, model.facts.noise_channels, (left, top, left + lr.shape[1], top + lr.shape[0]))
        drawn = enlarge(model, lr, noise, bad)
        if model.facts.scale == self.scale:
            return drawn
        if model.facts.scale % self.scale == 0:
            return area_mean(drawn, model.facts.scale // self.scale)
        return bicubic(drawn, self.scale / model.facts.scale)


def enlarge(model: Model, lr: Array, noise: Array, bad: Array | None = None) -> Array:
    """A picture (h,w,3), noise (Z,h,w) and the picture before it was restored through the network;
    (scale*h,scale*w,3)."""
    planes, before = (picture.transpose(2, 0, 1)[None] for picture in (lr, lr if bad is None else bad))
    return model(planes, noise=noise[None], bad=before)[0].transpose(1, 2, 0)


def bicubic(rgb: Array, scale: float) -> Array:
    """Bicubic enlargement, or antialiased reduction, of rgb (H,W,3); clipped to [0,1]."""
    return np.clip(rescale(rgb, scale), 0, 1)
