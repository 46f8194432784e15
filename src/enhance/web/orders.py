"""A request as a job meets it: its photo, the part that is meant, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from enhance import cancellation
from enhance.errors import EnhanceError, PhotoError
from enhance.photos.photo import Photo, read
from enhance.pixels import PixelBox
from enhance.tasks.fill.hole import marked_in
from enhance.web.bodies import Body
from enhance.web.looking import Looking
from enhance.web.queries import Query, taken
from enhance.web.query_options import PartOptions
from enhance.web.settings import Limits
from enhance.web.worker import Job


class TooLargeError(EnhanceError):
    """A photo, the part of it that is asked for, or the answer has more pixels than the service takes."""


class MaskError(EnhanceError):
    """A mask that cannot be used."""


@dataclass(frozen=True)
class Order:
    """A request: its job, body, query, format and limits.

    Attributes:
        job: whose it is.
        body: what was sent.
        query: the options.
        format: what pictures are to be, a key of `ANSWER_FORMATS`.
        limits: what it may cost.
        looking: knows the faces of photos that were looked at.
    """

    job: Job
    body: Body
    query: Query
    format: str
    limits: Limits
    looking: Looking

    def part(self) -> PixelBox | None:
        """The part of the photo that is meant, None for all of it."""
        return taken(PartOptions, self.query).edges()

    def photo(self) -> Photo:
        """All of the photo.

        Raises:
            PhotoError: it cannot be read.
            TooLargeError: it has more pixels than are looked at.
        """
        self.job.stage = "reading"
        try:
            photo = replace(read(self.body.photo, max_pixels=self.limits.look), name="photo")
        except PhotoError as error:
            raise too_large_or(error, self.limits.look) from error
        self.job.stage = "drawing"
        cancellation.raise_if_cancelled()
        return photo

    def drawable(self, photo: Photo) -> Photo:
        """The part of the photo that is meant, if it may be drawn at a time.

        Raises:
            PhotoError: it lies outside the photo.
            TooLargeError: it has more pixels than are drawn at a time.
        """
        part, most = cut(photo, self.part()), self.limits.draw
        if part.height * part.width > most:
            raise TooLargeError(
                f"photo: {part.width}x{part.height} is more than {most:,} pixels at a time; give a box, or reduce it"
            )
        return part

    def mask(self, photo: Photo) -> NDArray[np.bool_] | None:
        """(H,W), true where the mask of the photo is bright; None if there is no mask.

        Raises:
            MaskError: it cannot be read, or has another size.
        """
        if self.body.mask is None:
            return None
        most = self.limits.look
        try:
            mask = read(self.body.mask, max_pixels=most)
        except PhotoError as error:
            raise MaskError(str(too_large_or(error, most)).replace("photo", "mask", 1)) from error
        if (mask.width, mask.height) != (photo.width, photo.height):
            raise MaskError(
                f"mask: is {mask.width}x{mask.height}, the photo {photo.width}x{photo.height}; "
                "it must have a pixel for each of the photo's"
            )
        return marked_in(mask)

    def refuse_result(self, width: float, height: float) -> None:
        """Refuse to make an answer that would be too large.

        Raises:
            TooLargeError: it would.
        """
        if width * height > self.limits.result:
            raise TooLargeError(
                f"photo: {round(width):,}x{round(height):,} pixels would be more than the {self.limits.result:,} that "
                "an answer may have; give a smaller scale, fewer answers or a box"
            )


def too_large_or(error: PhotoError, pixels: int) -> EnhanceError:
    """Return the error for a file that was not read: it is too large, or the given error."""
    if "--max-pixels" in str(error):
        return TooLargeError(f"photo: has more than {pixels:,} pixels; reduce it first")
    return error


def cut(photo: Photo, part: PixelBox | None) -> Photo:
    """A part of a photo, or all of it.

    Raises:
        PhotoError: the part reaches outside.
    """
    if part is None:
        return photo
    left, top, right, bottom = part
    if right > photo.width or bottom > photo.height:
        raise PhotoError(f"photo: the box reaches outside its {photo.width}x{photo.height} pixels")
    here = slice(top, bottom), slice(left, right)
    return replace(
        photo,
        pixels=photo.pixels[here].copy(),
        alpha=None if photo.alpha is None else photo.alpha[here].copy(),
        original=None if photo.original is None else photo.original[here].copy(),
    )
