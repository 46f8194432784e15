"""Compressed TIFF, of 8 or 16 bits a channel, with EXIF: Pillow writes it either compressed or with EXIF."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from enhance.photos import metadata
from enhance.pixels import Integers

_STRIP = 64
"""Rows that are compressed together."""
STRIP_OFFSETS = 273
MOST_IN_TIFF = 2**32 - 2**20
UNASSOCIATED = 2
"""What the tag of an extra channel says of transparency by which the colours were not multiplied."""


def write_tiff(target: BinaryIO, picture: Image.Image | Integers, info: dict[Any, Any]) -> None:
    """Write a TIFF, compressed without loss.

    Args:
        picture: an image of mode L, LA, RGB, RGBA or CMYK, or uint16 (H,W,C) as for `png16.write_png`.
        info: icc_profile, exif, xmp, iptc and dpi as `canvas.Canvas` has them.

    Raises:
        OSError: it would not fit in 4 GB.
    """
    deep = not isinstance(picture, Image.Image)
    ink = isinstance(picture, Image.Image) and picture.mode == "CMYK"
    width, height = picture.size if isinstance(picture, Image.Image) else picture.shape[1::-1]
    target.write(b"II*\0\0\0\0\0")
    places, lengths, channels = [], [], 1
    for strip in rows_of(picture):
        channels = strip.shape[-1]
        # Predictor 2: what differs from the pixel to the left, in the numbers' own width.
        numbers = strip.astype("<u2" if deep else np.uint8)
        numbers[:, 1:] -= numbers[:, :-1].copy()
        packed = zlib.compress(numbers.tobytes(), 6)
        places.append(target.tell())
        lengths.append(len(packed))
        target.write(packed + b"\0" * (len(packed) % 2))
        if target.tell() > MOST_IN_TIFF:
            raise OSError("a TIFF holds 4 GB at most; name a .png")
    folder = _described(info)
    clear = channels in (2, 4) and not ink
    facts = {
        256: width,
        257: height,
        258: (16 if deep else 8,) * channels,
        259: 8,
        262: 5 if ink else 2 if channels > 2 else 1,
        STRIP_OFFSETS: tuple(places),
        277: channels,
        278: _STRIP,
        279: tuple(lengths),
        284: 1,
        317: 2,
        **({338: UNASSOCIATED} if clear else {}),
    }
    for tag, value in facts.items():
        folder[tag] = value
    start = target.tell()
    block = bytearray(folder.tobytes(start))
    # Pillow takes the places for those of strips that follow the folder; here they come before it.
    for n in range(struct.unpack_from("<H", block)[0]):
        tag, _, count, at = struct.unpack_from("<HHII", block, 2 + 12 * n)
        if tag == STRIP_OFFSETS:
            struct.pack_into(f"<{count}I", block, 10 + 12 * n if count == 1 else at - start, *places)
    target.write(block)
    target.seek(4)
    target.write(struct.pack("<I", start))


def _described(info: dict[Any, Any]) -> TiffImagePlugin.ImageFileDirectory_v2:
    """A TIFF's first folder with all that does not depend on where the pixels lie."""
    folder = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    if "exif" in info:
        exif = Image.Exif()
        exif.load(info["exif"])
        for tag, value in metadata.described(exif).items():
            folder[tag] = value
    if "dpi" in info:
        for tag, value in zip(metadata.RESOLUTION, (*info["dpi"], 2), strict=True):
            folder[tag] = value
    for tag, key in ((metadata.XMP, "xmp"), (metadata.IPTC, "iptc"), (34675, "icc_profile")):
        if key in info:
            folder.tagtype[tag] = 7 if key == "icc_profile" else 1
            folder[tag] = info[key]
    return folder


def rows_of(picture: Image.Image | Integers) -> Iterator[Integers]:
    """A picture from top to bottom in strips (_STRIP,W,C), the last of them perhaps shorter."""
    width, height = picture.size if isinstance(picture, Image.Image) else picture.shape[1::-1]
    for top in range(0, height, _STRIP):
        if isinstance(picture, Image.Image):
            strip = np.asarray(picture.crop((0, top, width, min(top + _STRIP, height))))
        else:
            strip = picture[top : top + _STRIP]
        yield strip.reshape(len(strip), width, -1)
