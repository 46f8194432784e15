"""From pixels to files. Pillow writes most; PNG of 16 bits and compressed TIFF with EXIF go by rows, by us."""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from enhance.photos import metadata
from enhance.photos.profiles import srgb_image

Pixels = NDArray[Any]

STRIP = 64
"""Rows that are compressed together."""
STRIP_OFFSETS = 273
MOST_IN_TIFF = 2**32 - 2**20
ASSOCIATED, UNASSOCIATED = 1, 2


FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".avif": "AVIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
OPAQUE = ("JPEG", "BMP")
"""Formats without transparency, or whose transparency hardly any program reads."""
UNPROFILED = ("BMP", "GIF")
"""Formats that are written without colour profiles: what goes there goes as sRGB."""
INKED = ("JPEG", "TIFF")
"""Formats that hold CMYK; elsewhere it becomes sRGB."""
SETTINGS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
    "HEIF": {"quality": 90, "chroma": 444},
}

AVIF_SHIFT = (0.35, -0.45, 0.4)
"""By how many levels red, green and blue are moved before AVIF's encoder rounds down what it should round: nearly half
of a level of both its colour differences."""
DITHER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16
"""Bayer's thresholds: where they lie below a part of a level, a whole one is added."""


def encode(picture: Image.Image | Pixels, kind: str, target: Path, info: dict[Any, Any]) -> None:
    """Writes a file.

    Args:
        picture: an image, or uint16 (H,W,C) with C from 1 to 4, the last being transparency where even.
        kind: one of FORMATS' values; of an array, PNG or TIFF.
        info: icc_profile, exif, xmp, iptc and dpi as `photo.Canvas` has them.
    """
    if isinstance(picture, Image.Image):
        picture = suited(picture, kind)
        if kind != "TIFF":
            picture.save(target, kind, **SETTINGS.get(kind, {}), **options({**info, **picture.info}, kind))
            return
        info = picture.info
    with target.open("wb") as file:
        if kind == "TIFF" or isinstance(picture, Image.Image):
            write_tiff(file, picture, info)
        else:
            write_png(file, picture, info)


def encode_frames(
    images: Sequence[Image.Image], durations: Sequence[int], loop: int | None, kind: str, target: Path
) -> None:
    """Writes an animation of images that are `suited`. durations: milliseconds; loop: 0 for ever, None for once."""
    facts = options(images[0].info, kind)
    if loop is not None:
        facts["loop"] = loop
    if kind == "GIF":
        facts["disposal"] = 2
    times = list(durations) if len(durations) > 1 else durations[0]
    images[0].save(
        target, kind, save_all=True, append_images=images[1:], duration=times, **SETTINGS.get(kind, {}), **facts
    )


def options(info: dict[Any, Any], kind: str) -> dict[str, Any]:
    """What Pillow's writer of a format is to be told, of the facts in `info`."""
    told = {key: info[key] for key in ("icc_profile", "exif", "xmp", "dpi") if info.get(key) is not None}
    if kind == "PNG":
        return png_options(info)
    if kind == "GIF":
        return {}
    if kind == "BMP":
        return {key: fact for key, fact in told.items() if key == "dpi"}
    if kind == "JPEG":
        told["exif"] = metadata.fitting_exif(told["exif"]) if "exif" in told else None
        if len(told.get("xmp", b"")) > metadata.MOST_XMP_IN_SEGMENT:
            del told["xmp"]
        told["extra"] = metadata.jpeg_segment(info["iptc"]) if "iptc" in info else b""
    elif "dpi" in told:
        told["exif"] = metadata.with_resolution(told.get("exif"), told.pop("dpi"))
    return {key: fact for key, fact in told.items() if fact is not None}


def suited(image: Image.Image, kind: str) -> Image.Image:
    """An image as a format can hold it."""
    if (image.mode == "CMYK" and kind not in INKED) or ("icc_profile" in image.info and kind in UNPROFILED):
        image = srgb_image(image, image.info.get("icc_profile"))
        image.info.pop("icc_profile", None)
    if kind in OPAQUE and image.has_transparency_data:
        image = _on_white(image)
    if kind == "GIF":
        return _indexed(image)
    if kind == "AVIF":
        return _shifted(image)
    if kind == "TIFF" and image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _shifted(image: Image.Image) -> Image.Image:
    """An image whose mean colours AVIF's encoder will not move."""
    if image.mode not in ("RGB", "RGBA"):
        return image
    shifted = image.copy()
    for top in range(0, image.height, 4 * STRIP):
        values = np.asarray(image.crop((0, top, image.width, min(top + 4 * STRIP, image.height)))).astype(np.int16)
        tiles = -(-values.shape[0] // 4), -(-values.shape[1] // 4)
        threshold = np.tile(DITHER, tiles)[: values.shape[0], : values.shape[1]]
        for channel, shift in enumerate(AVIF_SHIFT):
            values[..., channel] += np.where(threshold < abs(shift), np.int16(np.sign(shift)), np.int16(0))
        shifted.paste(Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)), (0, top))
    return shifted


def _indexed(image: Image.Image) -> Image.Image:
    """An image of at most 256 colours, one of them transparent where the image is, mostly."""
    if image.mode in ("1", "L", "P"):
        return image
    clear = image.has_transparency_data
    rgb = image.convert("RGB")
    palette = rgb.quantize(255 if clear else 256, Image.Quantize.MEDIANCUT)
    indexed = rgb.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    indexed.info = dict(image.info)
    if clear:
        hidden = image.convert("RGBA").getchannel("A").point(lambda opacity: 255 * (opacity < 128))
        indexed.paste(255, mask=hidden)
        indexed.info["transparency"] = 255
    return indexed


def _on_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    flat = Image.new("L" if image.mode == "LA" else "RGB", image.size, "white")
    flat.paste(rgba.convert(flat.mode), mask=rgba.getchannel("A"))
    flat.info.update({key: fact for key, fact in image.info.items() if key != "transparency"})
    return flat


def rows_of(picture: Image.Image | Pixels) -> Iterator[Pixels]:
    """A picture from top to bottom in strips (STRIP,W,C), the last of them perhaps shorter."""
    width, height = picture.size if isinstance(picture, Image.Image) else picture.shape[1::-1]
    for top in range(0, height, STRIP):
        if isinstance(picture, Image.Image):
            strip = np.asarray(picture.crop((0, top, width, min(top + STRIP, height))))
        else:
            strip = picture[top : top + STRIP]
        yield strip.reshape(len(strip), width, -1)


def write_png(target: BinaryIO, pixels: Pixels, info: dict[Any, Any]) -> None:
    """Writes uint16 (H,W,C) as a PNG: C is 1 or 2 for grey, 3 or 4 for colour, the last being transparency where even.

    info: icc_profile, exif, xmp, iptc and dpi as `photo.Canvas` has them.
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
    for strip in rows_of(pixels):
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
    from PIL import PngImagePlugin

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
    """What Pillow's PNG writer is to be told, from the facts of a canvas."""
    from PIL.PngImagePlugin import PngInfo

    options: dict[str, Any] = {key: info[key] for key in ("icc_profile", "exif", "dpi") if key in info}
    texts = PngInfo()
    if "xmp" in info:
        texts.add_itxt("XML:com.adobe.xmp", info["xmp"].decode(errors="replace"))
    if "iptc" in info:
        texts.add_text(metadata.PNG_IPTC, metadata.png_profile(info["iptc"]), zip=True)
    return {**options, "pnginfo": texts}


def from_values(values: Pixels, mode: str) -> Image.Image:
    """uint8 (H,W,C) as an image of this mode."""
    return Image.frombuffer(mode, values.shape[1::-1], np.ascontiguousarray(values), "raw", mode, 0, 1)


def write_tiff(target: BinaryIO, picture: Image.Image | Pixels, info: dict[Any, Any]) -> None:
    """Writes a TIFF, compressed without loss.

    Args:
        picture: an image of mode L, LA, RGB, RGBA or CMYK, or uint16 (H,W,C) with C from 1 to 4 as for `write_png`.
        info: icc_profile, exif, xmp, iptc and dpi as `photo.Canvas` has them.

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
        278: STRIP,
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
