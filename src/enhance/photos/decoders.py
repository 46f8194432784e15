"""From a file's bytes to its channels, as they lie in the file: what Pillow leaves open, its limits, and its errors."""

import io
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.TiffImagePlugin import OPEN_INFO, TiffImageFile

from enhance.errors import PhotoError
from enhance.pixels import Integers, to_integers

SAMPLE_FORMAT, BITS, PHOTOMETRIC, _EXTRA, COMPRESSION = 339, 258, 262, 338, 259
"""What a TIFF says of its numbers."""
GREY_AND_ALPHA: Any = {
    (order, 1, (1,), 1, (16, 16), (extra,)): ("RGBA", "RGBA") for order in (b"II", b"MM") for extra in (1, 2)
}
"""TIFF of 16 bits of grey and 16 of transparency, which Pillow does not know, as what has as many bytes."""
HEIC = "pip install 'enhance[heic]'"
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
MOVING = ("GIF", "WEBP", "PNG", "AVIF")
"""Formats that hold several frames."""
TURNS: dict[int, Any] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
"""What makes pixels with this EXIF orientation upright."""
_pillow = threading.Lock()
"""Pillow's limit and Python's warnings are the whole process's: one photo is decoded at a time."""


def bytes_of(source: str | os.PathLike[str] | bytes | BinaryIO) -> tuple[bytes, str]:
    """Return the bytes of a file, and a name for it.

    Raises:
        PhotoError: it cannot be read, or is empty.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        content, name = bytes(source), "photo"
    elif not isinstance(source, str | os.PathLike):
        file_name = getattr(source, "name", None)
        name = file_name if isinstance(file_name, str) else "photo"
        try:
            content = source.read()
        except (OSError, ValueError) as error:
            raise PhotoError(f"{name}: cannot be read ({reason(error)})") from error
        if not isinstance(content, bytes):
            raise PhotoError(f"{name}: was opened as text; open it in binary mode, by open({name!r}, 'rb')")
    else:
        path, name = Path(source), str(source)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise PhotoError(f"{path}: no such file") from None
        except IsADirectoryError:
            raise PhotoError(f"{path}: is a folder; name the photos in it, as in {path / '*.jpg'}") from None
        except (OSError, ValueError) as error:
            raise PhotoError(f"{path}: cannot be opened ({reason(error)})") from error
    if not content:
        raise PhotoError(f"{name}: is empty (0 bytes); fetch or copy it again")
    return content, name


@contextmanager
def decoding(name: str, max_pixels: int) -> Iterator[None]:
    """Turn the errors of decoders into PhotoError."""
    with _pillow, warnings.catch_warnings():
        # What Pillow grumbles about is of no use to a user, but past the limit the result would not fit in memory.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
        try:
            yield
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise PhotoError(
                f"{name}: has more than {max_pixels / 1e6:g} megapixels; reduce it, or allow more with --max-pixels"
            ) from None
        except UnidentifiedImageError:
            raise PhotoError(
                f"{name}: is not a picture, whatever its name says; give a JPEG, PNG or the like"
            ) from None
        except PhotoError:
            raise
        except MemoryError:
            raise PhotoError(f"{name}: does not fit in memory; reduce it first") from None
        except Exception as error:  # decoders of damaged files raise nearly anything
            raise PhotoError(f"{name}: is damaged or cut short ({reason(error)}); fetch or copy it again") from error
        finally:
            Image.MAX_IMAGE_PIXELS = before


def opened(content: bytes, name: str) -> Image.Image:
    """Open an image; its pixels are not decoded yet."""
    if content[4:8] == b"ftyp" and (content[8:12] in HEIC_BRANDS or b"heic" in content[16:48]):
        ready("HEIF", name)
    try:
        return Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        if content[:4] not in (b"II*\0", b"MM\0*"):
            raise
    try:
        OPEN_INFO.update(GREY_AND_ALPHA)
        return Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        raise PhotoError(f"{name}: is damaged, or a TIFF of a rare kind; save it as PNG, or as a plain TIFF") from None
    finally:
        # Others in this process use Pillow too.
        for key in GREY_AND_ALPHA:
            OPEN_INFO.pop(key, None)


def ready(kind: str, name: str | os.PathLike[str]) -> None:
    """Register HEIC with Pillow; its library is large and optional."""
    if kind != "HEIF":
        return
    try:
        import pillow_heif
    except ImportError:
        raise PhotoError(f"{name}: HEIC needs a further package: {HEIC}") from None
    pillow_heif.register_heif_opener(thumbnails=False)


def frame_count(image: Image.Image) -> int:
    """How many frames an animation has; 1 for any other file."""
    return getattr(image, "n_frames", 1) if image.format in MOVING and getattr(image, "is_animated", False) else 1


def channels_of(image: Image.Image, name: str) -> tuple[Integers, str, bool]:
    """Pixels (H,W,C) of an image that Pillow decodes whole, their space (L, RGB or CMYK), and whether the last channel
    is transparency."""
    if image.mode == "F" or image.mode.startswith("I"):
        return deep_grey(image, name)[..., None], "L", False
    if image.mode == "CMYK":
        return np.asarray(image), "CMYK", False
    if image.mode == "LAB":
        image = _from_lab(image)
    clear = image.has_transparency_data
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    wanted = mode + "A" if clear else mode
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode != wanted:
        # From a palette only by way of RGBA, lest its transparency be lost.
        image = (image.convert("RGBA") if clear or image.mode in ("P", "PA", "RGBa") else image).convert(wanted)
    values = np.asarray(image)
    return values.reshape(*values.shape[:2], -1), mode, clear


def deep_space(image: Image.Image) -> str | None:
    """L or RGB where a file has several channels of more than 8 bits, to which Pillow would cut them; asked before
    decoding."""
    if image.format == "PNG":
        raw = {str(tile[3]) for tile in getattr(image, "tile", ())}
        return "L" if "LA;16B" in raw else "RGB" if raw & {"RGB;16B", "RGBA;16B"} else None
    if image.format == "HEIF":
        return "RGB" if image.info.get("bit_depth", 8) > 8 and image.mode in ("RGB", "RGBA") else None
    if isinstance(image, TiffImageFile):
        tags = image.tag_v2
        if tags.get(BITS) == (16, 16):
            return "L"
        whole = set(tags.get(SAMPLE_FORMAT, (1,))) == {1} and set(tags.get(BITS, ())) == {16}
        return "RGB" if whole and len(tags[BITS]) > 2 and tags.get(PHOTOMETRIC) == 2 else None
    return None


def cut_to_eight(content: bytes) -> bool:
    """Whether a file has more bits than are read of it: an AVIF of 10 or 12, which no library here gives."""
    record = content.find(b"av1C", 0, 2**16)
    # The third byte of the codec's configuration begins with the tier and `high_bitdepth`.
    return content[4:8] == b"ftyp" and 0 < record < len(content) - 6 and bool(content[record + 6] & 0x40)


def sixteen_bits(content: bytes, image: Image.Image, mode: str) -> tuple[Integers, str, bool]:
    """The same as `channels_of` of files with several channels of more than 8 bits."""
    if image.format == "HEIF":
        return _deep_heif(content, int(image.info["bit_depth"]))
    if isinstance(image, TiffImageFile) and mode == "L":
        return _grey_and_alpha(image), "L", True
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # what it finds strange of a file is not for users
    import cv2

    values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.shape[:2] != (image.height, image.width):
        return channels_of(image, "photo")  # then 8 bits have to do
    clear = values.shape[-1] == 4 and image.has_transparency_data
    if mode == "L" and clear:
        return values[..., [0, 3]], "L", True
    return values[..., [2, 1, 0, 3]] if clear else values[..., 2::-1], "RGB", clear


def _deep_heif(content: bytes, bits: int) -> tuple[Integers, str, bool]:
    """A HEIC of 10 or 12 bits, upright."""
    import pillow_heif

    values = np.asarray(pillow_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=False))
    # They come shifted to the left, so that white is not quite white.
    top = (2**bits - 1) << (16 - bits)
    values = (values.astype(np.uint32) * 65535 // top).astype(np.uint16)
    return values, "RGB", values.shape[-1] == 4


def _grey_and_alpha(image: TiffImageFile) -> Integers:
    """What was decoded as four channels of 8 bits as two of 16."""
    # A compressed file has been through libtiff, which gives the machine's own order of bytes.
    plain = image.tag_v2.get(COMPRESSION, 1) == 1
    order = (">" if image.tag_v2.prefix == b"MM" else "<") if plain else "="
    values = np.asarray(image).view(f"{order}u2").astype(np.uint16)
    if image.tag_v2.get(_EXTRA) == (1,):  # darkened already where it is transparent
        alpha = np.maximum(values[..., 1:], 1).astype(np.float64)
        values[..., 0] = np.minimum(np.rint(values[..., :1] / alpha * 65535), 65535)[..., 0]
    return values


def _from_lab(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return cast(Image.Image, ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB"))


def deep_grey(image: Image.Image, name: str) -> NDArray[np.uint16]:
    """Grey of more than 8 bits."""
    values = np.asarray(image).astype(np.float64)
    top = values.max(initial=0)
    if not np.isfinite(values).all():
        raise PhotoError(f"{name}: holds pixels that are not numbers")
    # Modes "I" and "F" do not say what white is: the narrowest of the customary ranges that holds the brightest pixel.
    ranges = (65535.0,) if image.mode.startswith("I") else (1.0, 255.0, 65535.0)
    white = next((limit for limit in ranges if top <= limit), top)
    return cast("NDArray[np.uint16]", to_integers(values / white, np.uint16))


def reason(error: Exception) -> str:
    """What an error says, in one line."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.split()) or type(error).__name__
