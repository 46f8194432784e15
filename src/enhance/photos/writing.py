"""Enhanced photos as files, whole or not at all."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from enhance.errors import PhotoError
from enhance.files import replacing
from enhance.photos.canvas import Canvas
from enhance.photos.coding import FINE, Coding
from enhance.photos.decoders import MOVING, ready, reason
from enhance.photos.encoders import FORMATS, convert_for_format, encode, encode_frames

DEEP = ("PNG", "TIFF")
"""Formats that are written with 16 bits a channel where the photo has them."""
_EXACT = ("PNG", "TIFF", "BMP")
"""Formats that keep all pixels of 8 bits as they are."""
_LARGEST = {"JPEG": 65500, "WEBP": 16383, "GIF": 65535, "AVIF": 32768, "HEIF": 16384}
"""Pixels along a side that a format, or its customary programs, take."""
LARGEST_AREA = {"BMP": 2**32 // 3, "HEIF": 142_606_336}
"""Pixels in all: of 4 GB; of HEVC's level 7.2."""
LONGEST_NAME = 255
"""Bytes of a file's name."""


def write(picture: Canvas | Image.Image, path: str | os.PathLike[str], coding: Coding = FINE) -> None:
    """Write a picture whole or not at all, in the format that the suffix names.

    With it go profile, EXIF, XMP, IPTC and dpi, as far as the format can hold them. JPEG is written at quality 95
    without chroma subsampling, unless `coding` says otherwise. Where the format has no transparency, white shows
    through; where it has no profiles or no inks, the colours are converted to sRGB; where it has no 16 bits, it gets 8.

    Raises:
        PhotoError: the suffix is unknown, the folder is missing, or the file cannot be written.
    """
    path = Path(path)
    kind = refuse(path, picture.width, picture.height)
    with _replacing(path) as temporary:
        if isinstance(picture, Canvas) and picture.deep and kind in DEEP:
            encode(picture.rows(), kind, temporary, picture.finished(), coding)
        else:
            image = picture.image() if isinstance(picture, Canvas) else picture
            encode(image, kind, temporary, image.info, coding)


def write_frames(
    canvases: Iterable[Canvas],
    path: str | os.PathLike[str],
    coding: Coding = FINE,
    record: Callable[[], bytes | None] | None = None,
) -> None:
    """Write an animation: enhanced `frames`, with the durations and the loops of the original.

    A format that does not move gets the first frame. All frames are held until the last is there.

    Args:
        record: gives the XMP of the file, once all frames are there. None: that of the first frame.

    Raises:
        PhotoError: as `write`.
    """
    path, stream = Path(path), iter(canvases)
    first = next(stream)
    kind = refuse(path, first.width, first.height)
    if kind not in MOVING:
        return write(first, path, coding)
    images, durations = [], []
    for canvas in itertools.chain([first], stream):
        if (canvas.width, canvas.height) != (first.width, first.height):
            raise PhotoError(f"{path}: its frames have several sizes")
        images.append(convert_for_format(canvas.image(), kind))
        durations.append(round(canvas.photo.duration))
    if record is not None and (packet := record()) is not None:
        images[0].info["xmp"] = packet
    with _replacing(path) as temporary:
        encode_frames(images, durations, first.photo.loop, kind, temporary, coding)
    return None


def refuse(path: str | os.PathLike[str], width: int, height: int) -> str:
    """Raise before the work what would fail after it; return the format of the file.

    Raises:
        PhotoError: no format has this suffix, or it cannot hold so large a picture, or the name is too long.
    """
    path = Path(path)
    kind = format_of(path)
    most = _LARGEST.get(kind, 2**31 - 1)
    if max(width, height) > most or width * height > LARGEST_AREA.get(kind, 2**62):
        raise PhotoError(f"{path}: a {kind} cannot hold {width:,}x{height:,} pixels; name a .png or .tiff")
    if path.is_dir():
        raise PhotoError(f"{path}: is a folder; name a file")
    ready(kind, path)
    return kind


def moves(path: str | os.PathLike[str]) -> bool:
    """Whether a file of this name can hold an animation."""
    return format_of(path) in MOVING


def format_of(path: str | os.PathLike[str]) -> str:
    """The format that a file of this name is written in.

    Raises:
        PhotoError: none, or no file can have this name.
    """
    path = Path(path)
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise PhotoError(f"{path.name[:40]}...: is too long a name for a file; name a shorter one with -o")
    if path.suffix.lower() not in FORMATS:
        ending = f"ending {path.suffix}" if path.suffix else "an output without an ending"
        raise PhotoError(f"{path}: cannot write {ending}; use one of {', '.join(FORMATS)}")
    return FORMATS[path.suffix.lower()]


def rounding(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """A note on a file of this name that does not keep pixels to the bit; none on one that does."""
    kind = format_of(path)
    return () if kind in _EXACT else (f"but for what {kind} rounds; PNG keeps the rest to the bit",)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """`replacing`, with what goes wrong in our words."""
    if not path.parent.is_dir():
        raise PhotoError(f"{path}: there is no folder {path.parent}; make it first")
    try:
        with replacing(path) as temporary, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what was damaged in the input's EXIF already
            yield temporary
    except PhotoError:
        raise
    except Exception as error:  # encoders raise nearly anything too
        raise PhotoError(f"{path}: cannot be written ({reason(error)}); name a file elsewhere") from error
