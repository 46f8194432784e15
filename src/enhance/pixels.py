"""Arithmetic on pixels that every part of the program has to do alike: ranges, rounding, brightness, sizes."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
"""Of any shape."""
RGB = NDArray[np.float32]
"""(H,W,3) in [0,1], sRGB."""
Planes = NDArray[np.float32]
"""(N,C,H,W)."""
Integers = NDArray[Any]
"""uint8 or uint16, of any shape."""
PixelSize = tuple[int, int]
"""Width and height, in Pillow's order."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, counted from the corners of pixels."""
PixelBox = tuple[int, int, int, int]
"""The same in whole pixels: those at `right` and `bottom` lie outside."""

LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue are (Recommendation ITU-R BT.601), as Pillow has it."""


def to_float(values: Integers) -> NDArray[np.float32]:
    """uint8 or uint16 of any shape as float32 in [0,1]."""
    return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)


def to_integers(values: NDArray[np.floating], dtype: Any) -> Integers:
    """Floats, clipped to [0,1] and rounded to the nearest, as uint8 or uint16."""
    most = np.float32(np.iinfo(dtype).max)
    scaled = np.asarray(values * most)
    np.rint(scaled, out=scaled)
    return np.clip(scaled, 0, most, out=scaled).astype(dtype)


def to_uint8(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Floats, clipped to [0,1] and rounded to the nearest, as uint8."""
    return to_integers(values, np.uint8)


def eight_bit(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Floats as a file with 8 bits a channel would hold them: float32 in [0,1], in steps of 1/255."""
    return to_float(to_uint8(values))


def luma(rgb: NDArray[Any]) -> NDArray[Any]:
    """The brightness (...) of floats (...,3), of the same type."""
    return rgb @ np.array(LUMA, rgb.dtype)


def without_colours(rgb: NDArray[Any]) -> NDArray[Any]:
    """The brightness of floats (...,3) in all three channels."""
    return np.repeat(luma(rgb)[..., None], 3, -1)


def resize(
    picture: NDArray[np.floating],
    size: PixelSize,
    box: Box | None = None,
    method: Image.Resampling = Image.Resampling.BICUBIC,
) -> NDArray[np.float32]:
    """A picture at another size, or what lies in a box of it.

    Bicubic is Pillow's (a = -.5, antialiased where it reduces), and may overshoot the range of values a little.

    Args:
        picture: (H,W) or (H,W,C), of any range.
        size: width and height of the result.
        box: what is outside of it still smooths its edges. None: the whole picture.
    """
    if box is None and size == picture.shape[1::-1]:
        return np.array(picture, np.float32)
    planes = [picture] if picture.ndim == 2 else [picture[..., c] for c in range(picture.shape[2])]
    images = (Image.fromarray(np.ascontiguousarray(plane, np.float32)) for plane in planes)
    resized = [np.asarray(image.resize(size, method, box)) for image in images]
    return resized[0] if picture.ndim == 2 else np.stack(resized, -1)


def rescale(picture: NDArray[np.floating], scale: float) -> NDArray[np.float32]:
    """A picture (H,W) or (H,W,C) so many times larger, or smaller, by `resize`; sides are rounded, at least 1."""
    height, width = picture.shape[:2]
    return resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))


def area_mean(picture: NDArray[Any], scale: int) -> NDArray[Any]:
    """Means of blocks of scale x scale pixels of (H,W,C); H and W are multiples of scale. (H/scale, W/scale, C)."""
    height, width, channels = picture.shape
    # Whole rows are added at once, and then, by a product of matrices, what lies side by side: numpy's mean over both
    # axes goes from pixel to pixel, and takes five times as long.
    rows = picture.reshape(height // scale, scale, width * channels).sum(1, dtype=picture.dtype)
    beside = np.tile(np.eye(channels, dtype=picture.dtype), (scale, 1)) / scale**2
    means: NDArray[Any] = rows.reshape(-1, scale * channels) @ beside.astype(picture.dtype)
    return means.reshape(height // scale, width // scale, channels)


def png_bytes(rgb: NDArray[np.floating]) -> bytes:
    """A picture (H,W), (H,W,3) or (H,W,4) in [0,1] as a PNG file of 8 bits a channel."""
    return _file_bytes(rgb, "PNG")


def webp_bytes(rgb: NDArray[np.floating], quality: int) -> bytes:
    """A picture (H,W,3) or (H,W,4) in [0,1] as a WebP file of that quality, at most 100."""
    return _file_bytes(rgb, "WEBP", quality=quality)


def _file_bytes(rgb: NDArray[np.floating], kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(to_uint8(rgb)).save(buffer, kind, **options)
    return buffer.getvalue()
