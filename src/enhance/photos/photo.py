"""From a file to pixels, and what the file said besides. Nothing outside this package knows formats or profiles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import PhotoError
from enhance.photos import metadata
from enhance.photos.decoders import (
    MOVING,
    TURNS,
    bytes_of,
    channels_of,
    cut_to_eight,
    decoding,
    deep_space,
    frame_count,
    opened,
    sixteen_bits,
)
from enhance.photos.profiles import SPACES, DeepProfile, Profile, profile_of
from enhance.photos.transparency import fill_transparent
from enhance.pixels import RGB, Integers, to_float, to_integers

MAX_PIXELS = 90_000_000
"""Pixels of the largest photo that is read unless more are allowed: four times larger it takes 6 GB."""


Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any]
"""What a photo is read from: a path, the bytes of a file, an open file, a PIL image, or an array."""


def read(source: Source, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """A photo from a file's path or bytes, an open file, a PIL image, or an array; of an animation, the first frame.

    Args:
        source: an array is (H,W), (H,W,3) or (H,W,4), uint8, uint16, or float in [0,1].
        max_pixels: a file with more is refused before it is decoded.

    Raises:
        PhotoError: it cannot be read; the message names the file and the remedy.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        with decoding("image", max_pixels):
            return _from_image(source, "image")
    content, name = bytes_of(source)
    with decoding(name, max_pixels), opened(content, name) as image:
        return _from_image(image, name, content)


def frames(source: str | os.PathLike[str] | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS) -> Iterator[Photo]:
    """The frames of an animation, one after the other, each with transparency; of any other photo, itself.

    Raises:
        PhotoError: as `read`; a later frame may be damaged where the first is not.
    """
    content, name = bytes_of(source)
    with decoding(name, max_pixels):
        image = opened(content, name)
        count = frame_count(image)
        first = _from_image(image, name, content) if count == 1 else _frame(image, 0, name)
    yield first
    for n in range(1, count):
        with decoding(name, max_pixels):
            photo = _frame(image, n, name)
        yield photo


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as pixels, and what its file said besides.

    Attributes:
        pixels: (H,W,3) uint8 or uint16, upright, sRGB. What is fully transparent has the colours of what is near it.
        alpha: (H,W) of the same type, or None where it is opaque.
        grey: whether it came without colour, and should leave so.
        format: Pillow's name of the file's format; None for arrays and images made in memory.
        name: what to call it in messages: the path, or "photo", "image" or "array".
        icc: the colour profile of the file, in which the enhanced photo leaves.
        exif: upright, as `pixels` are; xmp: likewise; iptc: its records.
        dpi: dots per inch, across and down.
        profile, original: where `pixels` are not in the file's own space, the way there, and what the file said:
            (H,W,C), four channels for CMYK, one for grey.
        frames: how many pictures the file has; the rest is of animations: duration: milliseconds of this frame;
            loop: how often it plays, 0 for ever, None for once.
        lost: what of the file could not be read, in words.
    """

    pixels: Integers
    alpha: Integers | None = None
    grey: bool = False
    format: str | None = None
    name: str = "photo"
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    profile: Profile | DeepProfile | None = None
    original: Integers | None = None
    frames: int = 1
    duration: float = 0
    loop: int | None = None
    lost: str | None = None

    @property
    def rgb(self) -> RGB:
        """All pixels, (H,W,3) float32 in [0,1]: four times as much memory, made anew at every call."""
        return to_float(self.pixels)

    @property
    def first_only(self) -> tuple[str, ...]:
        """A note for whoever makes use of this picture alone, although its file has several; else none."""
        return (f"only the first of {self.frames} pictures in the file",) if self.frames > 1 else ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """Notes on what of the file is not in this picture: the others of several, and what could not be read."""
        return (*self.first_only, *((self.lost,) if self.lost else ()))

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]


def _frame(image: Image.Image, n: int, name: str) -> Photo:
    image.seek(n)
    frame = image.convert("RGBA")
    frame.format = image.format
    frame.info = image.info
    return replace(_from_image(frame, name), format=image.format, frames=frame_count(image))


def _from_image(image: Image.Image, name: str, content: bytes | None = None) -> Photo:
    """Decode an image. content: its file, where there is one, for what Pillow would cut to 8 bits."""
    deep = None if content is None else deep_space(image)
    image.load()
    try:
        orientation = image.getexif().get(metadata.ORIENTATION, 1)
    except Exception:  # damaged EXIF is no reason to refuse the picture
        orientation = 1
    values, mode, clear = sixteen_bits(content, image, deep) if content and deep else channels_of(image, name)
    if 0 in values.shape:
        raise PhotoError(f"{name}: has no pixels")
    values = np.ascontiguousarray(TURNS[orientation](values) if orientation in TURNS else values)
    alpha: Integers | None = None
    if clear:
        values, alpha = np.ascontiguousarray(values[..., :-1]), np.ascontiguousarray(values[..., -1])
    icc = image.info.get("icc_profile")
    # A profile is kept only where it describes the pixels as they will be written.
    icc = icc if isinstance(icc, bytes) and SPACES.get(icc[16:20]) == mode else None
    profile = profile_of(icc, mode, values.dtype == np.uint16)
    pixels = values if profile is None else profile.to_srgb(values)
    if pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, -1)
    dpi = metadata.dpi_of(image)
    if orientation in (5, 6, 7, 8) and dpi is not None:
        dpi = dpi[1], dpi[0]
    return Photo(
        pixels if alpha is None else fill_transparent(pixels, alpha),
        alpha,
        grey=mode == "L",
        format=image.format,
        name=name,
        icc=icc,
        exif=metadata.exif_of(image),
        dpi=dpi,
        xmp=metadata.xmp_of(image),
        iptc=metadata.iptc_of(image),
        profile=profile,
        original=None if profile is None else values,
        frames=getattr(image, "n_frames", 1) if image.format in (*MOVING, "TIFF") else 1,
        duration=float(image.info.get("duration", 0)),
        loop=image.info.get("loop"),
        lost="has more than 8 bits a channel: 8 are read of an AVIF" if content and cut_to_eight(content) else None,
    )


def _from_array(array: NDArray[Any]) -> Photo:
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))) or 0 in array.shape:
        raise PhotoError(f"array: has shape {array.shape}; give (H,W), (H,W,3) or (H,W,4)")
    if array.dtype == np.uint8:
        pixels: Any = array
    elif array.dtype == np.uint16:
        pixels = array
    elif np.issubdtype(array.dtype, np.floating):
        if not (array.min() >= 0 and array.max() <= 1):  # also where they are not numbers
            raise PhotoError(f"array: goes from {array.min():g} to {array.max():g}; floats must lie in [0,1]")
        pixels = to_integers(array, np.uint16)
    else:
        raise PhotoError(f"array: is {array.dtype}; give uint8, uint16, or float in [0,1]")
    pixels = np.ascontiguousarray(pixels)
    if array.ndim == 2:
        return Photo(np.repeat(pixels[..., None], 3, -1), grey=True, name="array")
    alpha = np.ascontiguousarray(pixels[..., 3]) if array.shape[2] == 4 else None
    pixels = np.ascontiguousarray(pixels[..., :3])
    return Photo(pixels if alpha is None else fill_transparent(pixels, alpha), alpha, name="array")
