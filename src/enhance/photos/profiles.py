"""Colours between a file's own space and sRGB, which the networks were shown.

What sRGB cannot hold is clipped on the way there; `canvas.Canvas` adds it back after the return.
"""

import io
import struct
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_Pixels = NDArray[Any]

SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
D50_FROM_SRGB = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
"""Linear sRGB to the connection space of ICC profiles (white adapted to D50 by Bradford's method)."""
_STEPS = np.linspace(0, 1, 4097)
ROWS = 256
"""Rows that are converted at a time, to save memory."""


class Profile:
    """The way from a file's colour space to sRGB and back, for 8 bits a channel, by LittleCMS.

    Attributes:
        mode: Pillow's name of the space: RGB, L or CMYK.
    """

    def __init__(self, icc: bytes | None, mode: str) -> None:
        """icc: None for inks of unknown colour, which go by Pillow's rule of thumb."""
        self.mode = mode
        self._there = self._back = None
        if icc is not None:
            own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
            intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
            self._there = ImageCms.buildTransform(own, srgb, mode, "RGB", intent, flags)
            self._back = ImageCms.buildTransform(srgb, own, "RGB", mode, intent, flags)

    def to_srgb(self, values: _Pixels) -> _Pixels:
        """Convert uint8 (H,W,C) to uint8 (H,W,3)."""
        return self._converted(values, self.mode, "RGB", self._there)

    def from_srgb(self, rgb: _Pixels) -> _Pixels:
        """Convert uint8 (H,W,3) to uint8 (H,W,C)."""
        return self._converted(rgb, "RGB", self.mode, self._back)

    def _converted(self, values: _Pixels, source: str, target: str, transform: Any) -> _Pixels:
        image = _image(values, source)
        done = image.convert(target) if transform is None else transform.apply(image)
        return np.asarray(done).reshape(*values.shape[:2], -1)


class DeepProfile:
    """The same for 16 bits, which LittleCMS in Pillow does not take: profiles of three primaries and their curves.

    (ICC.1:2022, annex F.3.)
    """

    mode = "RGB"

    def __init__(self, icc: bytes) -> None:
        """Raise ValueError or KeyError where the profile is of another kind."""
        tags = {}
        for n in range(int.from_bytes(icc[128:132], "big")):
            name, at, size = struct.unpack_from(">4sII", icc, 132 + 12 * n)
            tags[name] = icc[at : at + size]
        if b"A2B0" in tags:
            raise ValueError("is made of tables")
        colorants = np.array([struct.unpack_from(">3i", tags[c + b"XYZ"], 8) for c in (b"r", b"g", b"b")]).T / 65536
        self._curves = [_curve(tags[c + b"TRC"]) for c in (b"r", b"g", b"b")]
        self._matrix = np.linalg.inv(D50_FROM_SRGB) @ colorants
        self._inverse = np.linalg.inv(self._matrix)

    def to_srgb(self, values: _Pixels) -> _Pixels:
        """uint16 (H,W,3) to the same."""
        return _by_rows(values, self._forward)

    def from_srgb(self, rgb: _Pixels) -> _Pixels:
        """uint16 (H,W,3) to the same."""
        return _by_rows(rgb, self._backward)

    def _forward(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        light = np.stack([np.interp(values[..., c], _STEPS, self._curves[c]) for c in range(3)], -1) @ self._matrix.T
        light = np.clip(light, 0, 1)
        return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)

    def _backward(self, rgb: NDArray[np.float64]) -> NDArray[np.float64]:
        light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ self._inverse.T
        return np.stack([np.interp(light[..., c], self._curves[c], _STEPS) for c in range(3)], -1)


@lru_cache(maxsize=8)
def profile_of(icc: bytes | None, mode: str, deep: bool) -> Profile | DeepProfile | None:
    """How the colours of a file are to be converted; None where they are sRGB, grey of 16 bits, or not to be told."""
    if icc is None and mode != "CMYK":
        return None
    if icc is not None and SPACES.get(icc[16:20]) != mode:
        return Profile(None, mode) if mode == "CMYK" else None
    try:
        if deep:
            return DeepProfile(icc) if mode == "RGB" and icc is not None else None
        profile = Profile(icc, mode)
        levels = np.arange(0, 256, 51).astype(np.uint8)
        sample = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
        if mode == "RGB" and np.abs(profile.to_srgb(sample).astype(int) - sample).max() <= 1:
            return None
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError, struct.error, np.linalg.LinAlgError):
        return Profile(None, mode) if mode == "CMYK" else None
    return profile


def srgb_image(image: Image.Image, icc: bytes | None) -> Image.Image:
    """An image of 8 bits in sRGB, for files that can say nothing of colour."""
    mode = image.mode.removesuffix("A")
    profile = profile_of(icc, mode, False)
    if profile is None:
        return image
    values = np.asarray(image).reshape(image.height, image.width, -1)
    channels = len(Image.new(mode, (1, 1)).getbands())
    converted = Image.fromarray(profile.to_srgb(values[..., :channels]))
    if image.mode.endswith("A"):
        converted.putalpha(Image.fromarray(values[..., -1]))
    elif mode == "L":
        converted = converted.convert("L")
    converted.info = dict(image.info)
    return converted


def _image(values: _Pixels, mode: str) -> Image.Image:
    if mode == "L":
        return Image.fromarray(np.ascontiguousarray(values[..., 0]))
    if mode == "CMYK":
        return Image.frombuffer("CMYK", values.shape[1::-1], np.ascontiguousarray(values), "raw", "CMYK", 0, 1)
    return Image.fromarray(np.ascontiguousarray(values))


def _curve(tag: bytes) -> NDArray[np.float64]:
    """The light (4097,) at `_STEPS` of a tone curve (ICC.1:2022, 10.6 and 10.18)."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return _STEPS
        points = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
        if count == 1:
            return _STEPS ** (points[0] / 256)
        return np.interp(_STEPS, np.linspace(0, 1, count), points / 65535)
    if tag[:4] != b"para":
        raise ValueError("has a curve of an unknown kind")
    (kind,) = struct.unpack_from(">H", tag, 8)
    parameters = np.frombuffer(tag, ">i4", (1, 3, 4, 5, 7)[kind], 12) / 65536
    g, a, b, c, d, e, f = np.concatenate([parameters, (1, 0, 0, 0, 0, 0, 0)[len(parameters) :]])
    if kind in (1, 2):  # below -b/a, the value is c; above it, c is added
        return np.where(-b / a <= _STEPS, np.maximum(a * _STEPS + b, 0) ** g, 0) + c * (kind == 2)
    return np.where(d <= _STEPS, np.maximum(a * _STEPS + b, 0) ** g + e, c * _STEPS + f)


def _by_rows(values: _Pixels, convert: Any) -> _Pixels:
    done = np.empty_like(values)
    for top in range(0, len(values), ROWS):
        some = convert(values[top : top + ROWS] / 65535)
        done[top : top + ROWS] = np.round(np.clip(some, 0, 1) * 65535)
    return done
