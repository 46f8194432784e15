"""Painting of an enlarged photo band by band, in no more memory than there is.

A band is given so many more rows on every side as its pixels depend on, and keeps none of what it made of them: it is
what the whole picture would be there, to the rounding of sums. Where there is no memory for a band, it is halved, and
again, before giving up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from enhance import cancellation
from enhance.painting import tiles
from enhance.painting.background import Background
from enhance.painting.consistency import GOAL, ScaledPair
from enhance.painting.tiles import Rows
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo
from enhance.pixels import Array, luma, to_float, to_integers

_T = TypeVar("_T")

STRIPE, SAMPLED = 64, 500_000
"""Rows of the photo, and at most about so many of its pixels, by which the passes of back-projection are chosen."""
MAX_PASSES = 8
AT_ONCE, LEAST_ROWS = 32_000_000, 128
"""Bytes of an enlarged band, or rows of the photo in it if those are more: larger ones leave the processor's cache for
nothing."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of the background with faces drawn in it.

    Attributes:
        left, top: where it begins in the photo.
        hr: (scale*h,scale*w,3) in [0,1], at the scale of the background.
    """

    left: int
    top: int
    hr: Array


def paint(
    background: Background, patches: Sequence[Patch], pair: ScaledPair, passes: int, original: Photo | None = None
) -> tuple[Canvas, float]:
    """The enlarged photo with its patches; and its LR-PSNR: how well it agrees with its input, in dB.

    Args:
        original: the input, where the background is of a photo that was restored.
    """
    source = original or background.photo
    photo, margin = background.photo, margin_of(passes)
    canvas = Canvas(photo, pair.hr[1], pair.hr[0])
    levels = float(np.iinfo(photo.pixels.dtype).max)

    def squared_error(own: Rows) -> float:
        """Paint some rows of the photo; by how much they differ from it when they are made small again."""
        hr, first = band(background, patches, pair, tiles.around(own, margin, photo.height), passes)
        top, bottom = pair.rows(own)
        # Rows beside its own count, too, where they end within a pixel of the photo.
        for row in range(0, len(hr), STRIPE):
            part = hr[row : row + STRIPE]
            values = to_integers(part, photo.pixels.dtype)
            part[...] = values
            inside = slice(max(top - first - row, 0), max(bottom - first - row, 0))
            if values[inside].size:
                canvas.put_integers(0, max(first + row, top), values[inside])
        return pair.error(hr, first, source.pixels[slice(*own)].astype(np.float32), own) / levels**2

    together = max(LEAST_ROWS, AT_ONCE // background.row_bytes)
    rows = max(min(background.rows, together) - 2 * margin, 16)
    spans = ((span.start, span.stop) for span in tiles.spans(photo.height, rows, 0))
    mean = sum(halve_on_memory_error(squared_error, spans)) / photo.pixels.size
    return canvas, float("inf") if mean == 0 else -10 * float(np.log10(mean))


def band(
    background: Background, patches: Sequence[Patch], pair: ScaledPair, span: Rows, passes: int
) -> tuple[Array, int]:
    """Rows `span` of the photo as the enlargement has them, and the row of the enlargement that is their first."""
    start, stop = span
    photo, scale = background.photo, background.scale
    hr = background.part(0, start, photo.width, stop)
    for patch in patches:
        bottom, right = patch.top + len(patch.hr) // scale, scale * patch.left + patch.hr.shape[1]
        top, bottom = max(patch.top, start), min(bottom, stop)
        if top < bottom:
            part = patch.hr[scale * (top - patch.top) : scale * (bottom - patch.top)]
            hr[scale * (top - start) : scale * (bottom - start), scale * patch.left : right] = part
    if background.grey:
        hr[...] = luma(hr)[..., None]
    first, last = pair.inner_rows(span)
    drawn = scale * photo.height, scale * photo.width
    if pair.hr != drawn:
        hr = ScaledPair(drawn, pair.hr).larger(hr, scale * start, (first, last))
    return pair.corrected(hr, first, to_float(photo.pixels[start:stop]), span, passes), first


def passes_needed(background: Background, patches: Sequence[Patch], pair: ScaledPair) -> int:
    """How often to back-project: as seldom as agreement allows, judged by stripes that do not depend on the memory."""
    photo = background.photo
    every = max(1, photo.height * photo.width // SAMPLED)
    stripes = [(span.start, span.stop) for span in tiles.spans(photo.height, STRIPE, 0)][::every]
    pixels = sum(stop - start for start, stop in stripes) * photo.width * 3
    allowed = pixels * 10 ** (-GOAL / 10)
    # Most photos need none: no pass is tried before that is known not to do.
    for tried in (range(1), range(1, 3), range(3, MAX_PASSES)):

        def squared_errors(own: Rows, tried: range = tried) -> Array:
            """By how much some rows differ from the photo after so many passes, and after one more, and so on."""
            rows = tiles.around(own, margin_of(tried[-1]), photo.height)
            lr, core = to_float(photo.pixels[slice(*rows)]), to_float(photo.pixels[slice(*own)])
            hr, first = band(background, patches, pair, rows, tried[0])
            corrected = (pair.corrected(hr, first, lr, rows, int(n > tried[0])) for n in tried)
            return np.array([pair.error(larger, first, core, own) for larger in corrected])

        sums = np.zeros(len(tried))
        for errors in halve_on_memory_error(squared_errors, stripes):
            sums += errors
            if (sums > allowed).all():
                break
        else:
            return tried[int(np.flatnonzero(sums <= allowed)[0])]
    return MAX_PASSES


def halve_on_memory_error(work: Callable[[Rows], _T], spans: Iterable[Rows]) -> Iterator[_T]:
    """What `work` makes of rows of the photo; where it finds no memory for them, of their halves.

    Raises:
        MemoryError: there is none for a single row.
    """
    for start, stop in spans:
        cancellation.raise_if_cancelled()
        try:
            done = work((start, stop))
        except MemoryError:
            if stop - start <= 1:
                raise
            middle = (start + stop) // 2
            yield from halve_on_memory_error(work, ((start, middle), (middle, stop)))
        else:
            yield done


def margin_of(passes: int) -> int:
    """Rows of the photo that a band must see on either side of its own: each pass looks three further."""
    return 4 + 3 * passes
