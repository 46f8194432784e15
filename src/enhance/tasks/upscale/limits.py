"""What is too large: for the user's limits, and for the memory of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from enhance.errors import PhotoError
from enhance.photos.photo import Photo


def refuse_size(photo: Photo, scale: float, most_pixels: float) -> None:
    """Raise PhotoError if a result would have more pixels than are allowed."""
    pixels = photo.width * photo.height
    if pixels * scale**2 > most_pixels:
        largest = int((most_pixels / pixels) ** 0.5 * 10) / 10
        smaller = f"take a --scale of {largest:g} or less" if largest >= 1 else "reduce it first"
        raise PhotoError(
            f"{photo.name}: would be {round(photo.width * scale):,}x{round(photo.height * scale):,}, more than "
            f"{most_pixels / 1e6:g} megapixels; {smaller}, or allow more with --max-result"
        )


@contextmanager
def report_memory_errors(photo: Photo) -> Iterator[None]:
    """Turn a MemoryError, which comes when even the smallest parts find no memory, into one that says what to do."""
    try:
        yield
    except MemoryError:
        raise PhotoError(f"{photo.name}: does not fit in memory; close other programs, or reduce it first") from None
