"""From pixels to files. Pillow writes most; PNG of 16 bits and compressed TIFF with EXIF go by rows, by us."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from enhance.photos import metadata
from enhance.photos.coding import FINE, Coding
from enhance.photos.png16 import png_options, write_png
from enhance.photos.profiles import srgb_image
from enhance.photos.tiff import write_tiff
from enhance.pixels import Integers

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
AVIF_SHIFT = (0.35, -0.45, 0.4)
"""By how many levels red, green and blue are moved before AVIF's encoder rounds down what it should round: nearly half
of a level of both its colour differences."""
_BAND = 256
"""Rows that are worked on together; a multiple of 4."""
DITHER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16
"""Bayer's thresholds: where they lie below a part of a level, a whole one is added."""


def encode(
    picture: Image.Image | Integers, kind: str, target: Path, info: dict[Any, Any], coding: Coding = FINE
) -> None:
    """Write a file.

    Args:
        picture: an image, or uint16 (H,W,C) with C from 1 to 4, the last being transparency where even.
        kind: one of FORMATS' values; of an array, PNG or TIFF.
        info: icc_profile, exif, xmp, iptc and dpi as `canvas.Canvas` has them.
    """
    if isinstance(picture, Image.Image):
        picture = convert_for_format(picture, kind)
        if kind != "TIFF":
            picture.save(target, kind, **coding.settings(kind), **_options({**info, **picture.info}, kind))
            return
        info = picture.info
    with target.open("wb") as file:
        if kind == "TIFF" or isinstance(picture, Image.Image):
            write_tiff(file, picture, info)
        else:
            write_png(file, picture, info)


def encode_frames(
    images: Sequence[Image.Image],
    durations: Sequence[int],
    loop: int | None,
    kind: str,
    target: Path,
    coding: Coding = FINE,
) -> None:
    """Write an animation of images that `convert_for_format` made.

    durations: milliseconds; loop: 0 for ever, None for once.
    """
    facts = _options(images[0].info, kind)
    if loop is not None:
        facts["loop"] = loop
    if kind == "GIF":
        facts["disposal"] = 2
    times = list(durations) if len(durations) > 1 else durations[0]
    images[0].save(
        target, kind, save_all=True, append_images=images[1:], duration=times, **coding.settings(kind), **facts
    )


def _options(info: dict[Any, Any], kind: str) -> dict[str, Any]:
    """What Pillow's writer of a format is to be told, of the facts in `info`."""
    values = {key: info[key] for key in ("icc_profile", "exif", "xmp", "dpi") if info.get(key) is not None}
    if kind == "PNG":
        return png_options(info)
    if kind == "GIF":
        return {}
    if kind == "BMP":
        return {key: fact for key, fact in values.items() if key == "dpi"}
    if kind == "JPEG":
        values["exif"] = metadata.fitting_exif(values["exif"]) if "exif" in values else None
        if len(values.get("xmp", b"")) > metadata.MOST_XMP_IN_SEGMENT:
            del values["xmp"]
        values["extra"] = metadata.jpeg_segment(info["iptc"]) if "iptc" in info else b""
    elif "dpi" in values:
        values["exif"] = metadata.with_resolution(values.get("exif"), values.pop("dpi"))
    return {key: fact for key, fact in values.items() if fact is not None}


def convert_for_format(image: Image.Image, kind: str) -> Image.Image:
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
    for top in range(0, image.height, _BAND):
        values = np.asarray(image.crop((0, top, image.width, min(top + _BAND, image.height)))).astype(np.int16)
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
