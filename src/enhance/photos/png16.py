"""PNG of 16 bits a channel, which Pillow does not write in colour."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from enhance.photos import metadata
from enhance.pixels import Integers

_STRIP = 64
"""Rows that are compressed together."""


def write_png(target: BinaryIO, pixels: Integers, info: dict[Any, Any]) -> None:
    """Write uint16 (H,W,C) as a PNG: C is 1 or 2 for grey, 3 or 4 for colour, the last being transparency where even.

    info: icc_profile, exif, xmp, iptc and dpi as `canvas.Canvas` has them.
    """
    height, width, channels = pixels.shape

    def chunk(name: bytes, content: bytes) -> None:
        target.write(struct.pack(">I", len(content)) + name + content)
        target.write(struct.pack(">I", zlib.crc32(name + content)))

    target.write(b"\x89PNG\r\n\x1a\n")
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    for name, content in _ancillary(info):
        chunk(name, content)
    packer = zlib.compressobj(6)
    above = np.zeros((1, width * channels * 2), np.uint8)
    for top in range(0, height, _STRIP):
        strip = pixels[top : top + _STRIP]
        lines = strip.astype(">u2").reshape(len(strip), -1).view(np.uint8)
        # Filter 2, "up": what differs from the line above.
        filtered = lines - np.concatenate([above, lines[:-1]])
        packed = packer.compress(np.insert(filtered, 0, 2, axis=1).tobytes())
        above = lines[-1:]
        if packed:
            chunk(b"IDAT", packed)
    chunk(b"IDAT", packer.flush())
    chunk(b"IEND", b"")


def _ancillary(info: dict[Any, Any]) -> Iterator[tuple[bytes, bytes]]:
    """The chunks between a PNG's header and its pixels, as Pillow lays them."""
    content = io.BytesIO()
    Image.new("L", (1, 1)).save(content, "PNG", **png_options(info))
    content.seek(0)
    reader = PngImagePlugin.ChunkStream(content)
    content.seek(8)
    while True:
        name, _, length = reader.read()
        body = content.read(length)
        content.read(4)
        if name in (b"IDAT", b"IEND"):
            return
        if name != b"IHDR":
            yield name, body


def png_options(info: dict[Any, Any]) -> dict[str, Any]:
    """Return the settings for Pillow's PNG writer, from the facts of a canvas."""
    options: dict[str, Any] = {key: info[key] for key in ("icc_profile", "exif", "dpi") if key in info}
    texts = PngImagePlugin.PngInfo()
    if "xmp" in info:
        texts.add_itxt("XML:com.adobe.xmp", info["xmp"].decode(errors="replace"))
    if "iptc" in info:
        texts.add_text(metadata.PNG_IPTC, metadata.png_profile(info["iptc"]), zip=True)
    return {**options, "pnginfo": texts}
