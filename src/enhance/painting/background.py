"""What faces are drawn on: the photo four times larger, all of it, in no more memory than there is.

A large photo is painted band by band, and a band is made tile by tile. None of it is feathered, for there is nothing
to hide: a pixel of the network depends on no pixel of the photo further away than SIGHT, one of bicubic on two, one of
a pass of back-projection on three, and each part is given so many more on every side and keeps none of what it made of
them. So a part is what the whole would be there, to the rounding of sums. A feather would be needed where parts see too
little, and would blur what two of them make differently.

Where there is no memory, the part is halved, and again, before giving up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from enhance.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    from enhance.inference.model import Model
    from enhance.painting.consistency import Pair
    from enhance.painting.tiles import Rows
    from enhance.photos.photo import Canvas, Photo

    Array = NDArray[np.float32]
    T = TypeVar("T")

X4 = 4
KEPT = 16 * 3 * 4
"""Bytes that a pixel of the photo takes when it is four times larger: 16 larger ones, of 3 colours, as float32."""
WORKED = 3 * KEPT
"""Bytes that it takes while it is worked on."""
SIGHT, TILE = 42, 512
"""How far a pixel of a network for anything sees, in pixels of the photo; and how wide its tiles are, both even."""
CELL = 64
"""Pixels across of the squares of the photo of which each has noise of its own."""
LEAST = 16
"""A tile that finds no memory and is smaller than this is not halved any more."""
STRIPE, SAMPLED = 64, 500_000
"""Rows of the photo, and at most about so many of its pixels, by which the passes of back-projection are chosen."""
MOST_PASSES = 8


@dataclass(frozen=True)
class Island:
    """A part of the photo four times larger, hr (4h,4w,3), with faces drawn in it; left and top in its pixels."""

    left: int
    top: int
    hr: Array


class Ground:
    """A photo as it is four times larger before any face is drawn: by a network for anything, or by bicubic.

    It is asked for piece by piece, and often for the same: what a network draws is drawn once, where half the memory
    holds all of it.

    Args:
        network: None for bicubic.
        memory: megabytes to work in.
        seed: names one of the many possible answers of a network that takes noise.

    Raises:
        ModelError: the network draws faces.
    """

    def __init__(self, photo: Photo, network: Model | None, memory: float, seed: int = 0) -> None:
        if network and network.framed:
            raise ModelError(
                f"{network.path}: draws faces; for what is not a face take photo_x4_pixel, photo_x4 or bicubic"
            )
        self.photo, self.network, self.memory, self.seed = photo, network, memory, seed
        self._keeps = network is not None and KEPT * photo.width * photo.height <= memory * 1e6 / 2
        self._whole: Array | None = None

    @property
    def rows(self) -> int:
        """How many rows of the photo may be worked on at a time."""
        kept = KEPT * self.photo.width * self.photo.height if self._keeps else 0
        return int((self.memory * 1e6 - kept) / WORKED / self.photo.width)

    def part(self, left: int, top: int, right: int, bottom: int) -> Array:
        """A part (box in the photo's pixels) four times larger: (4h,4w,3), to be drawn on. It does not show where it
        was cut.

        Raises:
            MemoryError: there is not enough even for its smallest tiles.
        """
        if self._keeps and self._whole is None:
            try:
                self._whole = self._made(0, 0, self.photo.width, self.photo.height)
            except MemoryError:
                self._keeps = False
        if self._whole is None:
            return self._made(left, top, right, bottom)
        return self._whole[X4 * top : X4 * bottom, X4 * left : X4 * right].copy()

    def _made(self, left: int, top: int, right: int, bottom: int) -> Array:
        import numpy as np

        from enhance.painting import tiles

        hr = np.empty((X4 * (bottom - top), X4 * (right - left), 3), np.float32)
        for down in tiles.spans(bottom - top, TILE, 0):
            for across in tiles.spans(right - left, TILE, 0):
                part = hr[X4 * down.start : X4 * down.stop, X4 * across.start : X4 * across.stop]
                self._draw(part, left + across.start, top + down.start)
        return hr

    def _draw(self, hr: Array, left: int, top: int) -> None:
        """Fills hr (4h,4w,3) with what begins at left and top; by halves of halves where memory is short."""
        height, width = hr.shape[0] // X4, hr.shape[1] // X4
        try:
            hr[...] = self._tile(left, top, left + width, top + height)
        except MemoryError:
            if max(height, width) <= LEAST:
                raise
            down, across = (height // 2, 0) if height > width else (0, width // 2)
            self._draw(hr[: X4 * down or None, : X4 * across or None], left, top)
            self._draw(hr[X4 * down :, X4 * across :], left + across, top + down)

    def _tile(self, left: int, top: int, right: int, bottom: int) -> Array:
        from enhance.pixels import to_float

        margin = 2 if self.network is None else SIGHT
        # The network halves its input: all tiles must begin at even pixels, or at odd ones.
        x0, y0 = (max(side - margin, 0) // 2 * 2 for side in (left, top))
        lr = to_float(self.photo.pixels[y0 : bottom + margin, x0 : right + margin])
        if self.network is None:
            large = resize(lr, X4)
        else:
            noise = noise_in(self.seed, self.network.planes, (x0, y0, x0 + lr.shape[1], y0 + lr.shape[0]))
            large = run(self.network, lr, noise)
        return large[X4 * (top - y0) : X4 * (bottom - y0), X4 * (left - x0) : X4 * (right - x0)]


def paint(ground: Ground, islands: tuple[Island, ...], pair: Pair, passes: int) -> tuple[Canvas, float]:
    """The enlarged photo with its islands; and how well it agrees with its input (dB)."""
    import numpy as np

    from enhance.painting import tiles
    from enhance.photos.photo import Canvas
    from enhance.pixels import to_float

    photo, margin = ground.photo, margin_of(passes)
    canvas = Canvas(photo, pair.hr[1], pair.hr[0])
    levels = np.float32(np.iinfo(photo.pixels.dtype).max)

    def squares(own: Rows) -> float:
        """Paints some rows of the photo; by how much they differ from it when they are made small again."""
        hr, first = band(ground, islands, pair, tiles.around(own, margin, photo.height), passes)
        top, bottom = pair.rows(own)
        np.rint(hr * levels, out=hr)
        hr /= levels
        for row in range(top, bottom, STRIPE):
            canvas.put(0, row, hr[row - first : min(row + STRIPE, bottom) - first])
        return pair.error(hr, first, to_float(photo.pixels[slice(*own)]), own)

    rows = max(ground.rows - 2 * margin, 16)
    spans = ((span.start, span.stop) for span in tiles.spans(photo.height, rows, 0))
    mean = sum(afforded(squares, spans)) / photo.pixels.size
    return canvas, float("inf") if mean == 0 else -10 * float(np.log10(mean))


def band(ground: Ground, islands: tuple[Island, ...], pair: Pair, span: Rows, passes: int) -> tuple[Array, int]:
    """Rows `span` of the photo as the enlargement has them, and the row of the enlargement that is their first."""
    from enhance.painting import consistency
    from enhance.pixels import to_float

    start, stop = span
    photo = ground.photo
    hr = ground.part(0, start, photo.width, stop)
    for island in islands:
        bottom, right = island.top + len(island.hr) // X4, X4 * island.left + island.hr.shape[1]
        top, bottom = max(island.top, start), min(bottom, stop)
        if top < bottom:
            part = island.hr[X4 * (top - island.top) : X4 * (bottom - island.top)]
            hr[X4 * (top - start) : X4 * (bottom - start), X4 * island.left : right] = part
    first, last = pair.inner_rows(span)
    if pair.hr != (X4 * photo.height, X4 * photo.width):
        four = consistency.Pair((X4 * photo.height, X4 * photo.width), pair.hr)
        hr = four.larger(hr, X4 * start, (first, last))
    return pair.corrected(hr, first, to_float(photo.pixels[start:stop]), span, passes), first


def passes_needed(ground: Ground, islands: tuple[Island, ...], pair: Pair) -> int:
    """How often to back-project: as seldom as agreement allows, judged by stripes that do not depend on the memory."""
    import numpy as np

    from enhance.painting import tiles
    from enhance.painting.consistency import GOAL
    from enhance.pixels import to_float

    photo = ground.photo
    every = max(1, photo.height * photo.width // SAMPLED)
    stripes = [(span.start, span.stop) for span in tiles.spans(photo.height, STRIPE, 0)][::every]
    pixels = sum(stop - start for start, stop in stripes) * photo.width * 3
    for most in (2, MOST_PASSES):

        def squares(own: Rows, most: int = most) -> Array:
            """By how much some rows differ from the photo after no pass, after one, and so on."""
            seen = tiles.around(own, margin_of(most), photo.height)
            lr, core = to_float(photo.pixels[slice(*seen)]), to_float(photo.pixels[slice(*own)])
            hr, first = band(ground, islands, pair, seen, 0)
            agreed = (pair.corrected(hr, first, lr, seen, min(n, 1)) for n in range(most + 1))
            return np.array([pair.error(larger, first, core, own) for larger in agreed])

        good = np.flatnonzero(sum(afforded(squares, stripes)) <= pixels * 10 ** (-GOAL / 10))
        if len(good):
            return int(good[0])
    return MOST_PASSES


def afforded(work: Callable[[Rows], T], spans: Iterable[Rows]) -> Iterator[T]:
    """What `work` makes of rows of the photo; where it finds no memory for them, of their halves.

    Raises:
        MemoryError: there is none for a single row.
    """
    for start, stop in spans:
        try:
            done = work((start, stop))
        except MemoryError:
            if stop - start <= 1:
                raise
            middle = (start + stop) // 2
            yield from afforded(work, ((start, middle), (middle, stop)))
        else:
            yield done


def margin_of(passes: int) -> int:
    """Rows of the photo that a band must see on either side of its own: each pass looks three further."""
    return 4 + 3 * passes


def noise_in(seed: int, planes: int, box: tuple[int, int, int, int]) -> Array:
    """Noise (planes,h,w) for a part of the photo (left, top, right, bottom): every part gets the same for a pixel."""
    import numpy as np

    from enhance.inference.model import chance

    left, top, right, bottom = box
    rows, columns = (range(a // CELL, -(-b // CELL)) for a, b in ((top, bottom), (left, right)))

    def cell(row: int, column: int) -> Array:
        return chance(seed, row, column).standard_normal((planes, CELL, CELL), np.float32)

    cells = np.block([[cell(row, column) for column in columns] for row in rows])
    down, across = top - CELL * rows.start, left - CELL * columns.start
    return cells[:, down : down + bottom - top, across : across + right - left]


def run(network: Model, lr: Array, noise: Array) -> Array:
    """A picture (h,w,3) and noise (Z,h,w) through the network; (4h,4w,3)."""
    return network(lr.transpose(2, 0, 1)[None], noise=noise[None])[0].transpose(1, 2, 0)


def resize(rgb: Array, scale: float) -> Array:
    """Bicubic enlargement, or antialiased reduction, of rgb (H,W,3); clipped to [0,1]."""
    import numpy as np

    from enhance.pixels import rescale

    return np.clip(rescale(rgb, scale), 0, 1)
