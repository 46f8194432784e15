"""The faces of photos that were looked at: found once, and called by the same numbers ever after."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import PhotoError
from enhance.faces.known import KnownFace, no_such_face
from enhance.photos.photo import Photo
from enhance.pixels import Box, PixelBox
from enhance.tasks.upscale.finding import find_jobs

_REMEMBERED = 32
"""Photos whose faces are remembered: where they lie, not what they look like. And faces whose dials are."""
Dials = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Directions and strengths, as in `Exploration`."""


class Looking:
    """A finder of faces that remembers where they were in the last photos.

    A photo is known by a digest of its file. Nothing of its pixels is kept.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, bool], tuple[KnownFace, ...]] = OrderedDict()
        self._dials: OrderedDict[tuple[str, bool, int, int], Dials] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, content: bytes, photo: Photo, *, force: bool = False) -> tuple[KnownFace, ...]:
        """The faces of a photo, the largest first; the number of the first is 1.

        Args:
            content: the photo's file.
            photo: what is in it.
            force: also what does not look like a face is one.
        """
        key = _key(content, force)
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        jobs = find_jobs(photo.rgb, None, force)
        faces = tuple(KnownFace.of(job, number) for number, job in enumerate(jobs, 1))
        with self._lock:
            self._found[key] = faces
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return faces

    def knows(self, content: bytes, force: bool) -> bool:
        """Whether a photo was looked at."""
        with self._lock:
            return _key(content, force) in self._found

    def dials(self, content: bytes, force: bool, number: int, seed: int, find: Callable[[], Dials]) -> Dials:
        """The dials of a face of a photo, by its number; `find` looks for them where they are not known yet."""
        key = (*_key(content, force), number, seed)
        with self._lock:
            known = self._dials.get(key)
        dials = known or find()
        with self._lock:
            self._dials[key] = dials
            self._dials.move_to_end(key)
            if len(self._dials) > _REMEMBERED:
                self._dials.popitem(last=False)
        return dials

    def within(
        self,
        content: bytes,
        photo: Photo,
        part: PixelBox | None,
        number: int = 0,
        *,
        force: bool = False,
        most_pixels: float = float("inf"),
    ) -> list[KnownFace] | None:
        """The faces in a part of a photo, as they lie in the part.

        Args:
            part: None for all of the photo.
            number: of the only face that is meant; 0 for all.
            most_pixels: of a photo that is looked at for the sake of a part.

        Returns:
            None where nothing is known, and they are still to be looked for: in a whole photo, in a part of a larger
            one than that which was not looked at, and in a part in which no face is known, which is a closer look
            than the one at all of it.

        Raises:
            PhotoError: there is no face of that number.
        """
        if not number and (part is None or not (self.knows(content, force) or _pixels(photo) <= most_pixels)):
            return None
        faces = [*self.at(content, photo, force=force)]
        if number:
            if number > len(faces):
                raise PhotoError(f"photo: {no_such_face(number, len(faces))}")
            faces = [faces[number - 1]]
        if part is not None:
            faces = [one.shifted(part[0], part[1]) for one in faces if number or one.within(part)]
        return faces or None


def _key(content: bytes, force: bool) -> tuple[str, bool]:
    return hashlib.sha256(content).hexdigest(), force


def _pixels(photo: Photo) -> int:
    return photo.width * photo.height


def face_facts(number: int | None, box: Box, size: int, reason: str | None) -> dict[str, Any]:
    """Return the facts of a face for an answer."""
    return {
        "number": number,
        "box": [round(float(edge), 1) for edge in box],
        "pixels_across": size,
        "redrawn": reason is None,
        "reason": reason,
    }
