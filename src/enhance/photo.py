"""Between files and arrays. Formats, orientation, profiles, transparency and bit depth live here and nowhere else."""

import io
import os
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from enhance.errors import PhotoError

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
OPAQUE = ("JPEG", "BMP")
"""Formats without transparency, or whose transparency hardly any program reads."""
SETTINGS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "TIFF": {"compression": "tiff_deflate"},
}

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""How bright red, green and blue are (Recommendation ITU-R BT.601), as Pillow has it."""

ORIENTATION, EXIF_FOLDER, GPS_FOLDER = 0x0112, 0x8769, 0x8825
PIXELS_ACROSS, PIXELS_DOWN = 0xA002, 0xA003
DESCRIPTIVE = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
"""Description, maker, camera, program, date, artist, copyright: the rest of a TIFF's tags say where its pixels lie."""


def read(source: str | os.PathLike[str] | bytes | Image.Image | NDArray[Any]) -> "Photo":
    """A photo from a file's path or bytes, a PIL image, or an array.

    Args:
        source: an array is (H,W), (H,W,3) or (H,W,4), uint8, uint16, or float in [0,1].

    Raises:
        PhotoError: it cannot be read; the message names the file and the remedy.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _from_image(source, "image")
    if isinstance(source, bytes):
        return _from_bytes(source, "photo")
    path = Path(source)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise PhotoError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise PhotoError(f"{path}: is a folder; name the photos in it, as in {path / '*.jpg'}") from None
    except (OSError, ValueError) as error:
        raise PhotoError(f"{path}: cannot be opened ({_reason(error)})") from error
    return _from_bytes(content, str(path))


def to_image(photo: "Photo", rgb: Array) -> Image.Image:
    """The enhanced pixels of a photo, (h,w,3) in [0,1] and of any size, as an image with 8 bits a channel."""
    canvas = Canvas(photo, rgb.shape[1], rgb.shape[0])
    canvas.put(0, 0, rgb)
    return canvas.image()


def write(picture: "Canvas | Image.Image", path: str | os.PathLike[str]) -> None:
    """Writes a picture whole or not at all, in the format that the suffix names, with its profile, EXIF and dpi.

    JPEG is written at quality 95 without chroma subsampling. Where the format has no transparency, white shows through.

    Raises:
        PhotoError: the suffix is unknown, the folder is missing, or the file cannot be written.
    """
    path = Path(path)
    kind = format_of(path)
    if not path.parent.is_dir():
        raise PhotoError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise PhotoError(f"{path}: is a folder; name a file")
    image = picture.image() if isinstance(picture, Canvas) else picture
    if kind in OPAQUE and image.has_transparency_data:
        image = _on_white(image)
    facts = {key: image.info[key] for key in ("icc_profile", "exif", "dpi") if key in image.info}
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        buffer = io.BytesIO()
        image.save(buffer, kind, **SETTINGS.get(kind, {}), **facts)
        temporary.write_bytes(buffer.getbuffer())
        temporary.replace(path)
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoError(f"{path}: cannot be written ({_reason(error)})") from error
    finally:
        temporary.unlink(missing_ok=True)


def format_of(path: str | os.PathLike[str]) -> str:
    """The format that a file of this name is written in.

    Raises:
        PhotoError: none.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        ending = f"ending {path.suffix}" if path.suffix else "an output without an ending"
        raise PhotoError(f"{path}: cannot write {ending}; use one of {', '.join(FORMATS)}")
    return FORMATS[path.suffix.lower()]


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as pixels, and what its file said besides.

    Attributes:
        pixels: (H,W,3) uint8 or uint16, upright, sRGB.
        alpha: (H,W) of the same type, or None where it is opaque.
        grey: whether it came without colour, and should leave so.
        format: Pillow's name of the file's format; None for arrays and images made in memory.
        name: what to call it in messages: the path, or "photo", "image" or "array".
        icc: the colour profile of the file.
        exif: without orientation, which `pixels` has had applied.
        dpi: dots per inch, across and down.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    grey: bool = False
    format: str | None = None
    name: str = "photo"
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None

    @property
    def rgb(self) -> Array:
        """All pixels, (H,W,3) float32 in [0,1]: four times as much memory, made anew at every call."""
        return unit(self.pixels)

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]


class Canvas:
    """What an enhanced photo is painted on, part by part, in little more memory than the picture itself takes.

    It has the transparency of the photo, enlarged, and no colours where the photo has none.
    """

    def __init__(self, photo: Photo, width: int, height: int) -> None:
        self.photo, self.width, self.height = photo, width, height
        self.deep = photo.pixels.dtype == np.uint16
        mode = ("L" if photo.grey else "RGB") + ("" if photo.alpha is None else "A")
        # The encoders read Pillow's images, so that an array would have to be copied to be written.
        self._image = None if self.deep else Image.new(mode, (width, height))
        self._array = np.zeros((height, width, len(mode)), np.uint16) if self.deep else None

    def put(self, left: int, top: int, rgb: Array) -> None:
        """Paints rgb (h,w,3) in [0,1], which lies inside the canvas, over what is at `left` and `top`."""
        height, width = rgb.shape[:2]
        colours = rgb @ LUMA if self.photo.grey else rgb
        planes = [colours.reshape(height, width, -1)]
        if self.photo.alpha is not None:
            planes.append(self._opacity((left, top, left + width, top + height))[..., None])
        values = _whole(np.concatenate(planes, -1) if len(planes) > 1 else planes[0], self.deep)
        if self._array is not None:
            self._array[top : top + height, left : left + width] = values
        elif self._image is not None:
            self._image.paste(Image.fromarray(values[..., 0] if values.shape[-1] == 1 else values), (left, top))

    def _opacity(self, box: tuple[int, int, int, int]) -> Array:
        """The photo's transparency, enlarged, in a part of the canvas."""
        across, down = self.photo.width / self.width, self.photo.height / self.height
        plane = Image.fromarray(unit(cast(Pixels, self.photo.alpha)))
        source = box[0] * across, box[1] * down, box[2] * across, box[3] * down
        size = box[2] - box[0], box[3] - box[1]
        return np.asarray(plane.resize(size, Image.Resampling.BICUBIC, source))

    @property
    def rgb(self) -> Array:
        """All that was painted, (height,width,3) float32 in [0,1]: for small pictures."""
        values = unit(np.asarray(self._image) if self._array is None else self._array)
        if values.ndim == 2 or values.shape[-1] < 3:
            return np.repeat(values.reshape(self.height, self.width, -1)[..., :1], 3, -1)
        return np.ascontiguousarray(values[..., :3])

    def image(self) -> Image.Image:
        """The canvas as an image of 8 bits a channel, with the photo's profile, EXIF and dpi in `info`."""
        image = self._image
        if image is None:
            values = np.asarray((cast(Pixels, self._array) + 128.0) // 257, np.uint8)
            image = Image.fromarray(values[..., 0] if values.shape[-1] == 1 else values)
        photo = self.photo
        facts = {"icc_profile": photo.icc, "exif": _resized(photo.exif, image.size), "dpi": photo.dpi}
        image.info.update({key: fact for key, fact in facts.items() if fact is not None})
        return image


def unit(values: Pixels) -> Array:
    """uint8 or uint16 of any shape as float32 in [0,1]."""
    return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)


def _from_bytes(content: bytes, name: str) -> Photo:
    if not content:
        raise PhotoError(f"{name}: is empty (0 bytes); fetch or copy it again")
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        # What Pillow grumbles about is of no use to a user, but past its limit the result would not fit in memory.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content)) as image:
                return _from_image(image, name)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise PhotoError(f"{name}: has more pixels than the limit of {limit:,}; cut or reduce it first") from None
        except UnidentifiedImageError:
            raise PhotoError(
                f"{name}: is not a picture, whatever its name says; give a JPEG, PNG or the like"
            ) from None
        except (OSError, ValueError, SyntaxError) as error:
            raise PhotoError(f"{name}: is damaged or cut short ({_reason(error)}); fetch or copy it again") from error


def _from_image(image: Image.Image, name: str) -> Photo:
    form = image.format
    try:
        image.load()
        orientation = image.getexif().get(ORIENTATION, 1)
        icc, exif, dpi = image.info.get("icc_profile"), _exif(image), _dpi(image)
        grey = image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I")
        upright = ImageOps.exif_transpose(image)
        alpha: Pixels | None = None
        if upright.mode == "F" or upright.mode.startswith("I"):
            pixels: Pixels = np.repeat(_deep(upright, name)[..., None], 3, -1)
        else:
            if upright.has_transparency_data:
                alpha = np.asarray(upright.convert("RGBA").getchannel("A"))
            pixels = np.asarray(_converted(upright, icc))
    except PhotoError:
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise PhotoError(f"{name}: is damaged or cut short ({_reason(error)}); fetch or copy it again") from error
    if 0 in pixels.shape:
        raise PhotoError(f"{name}: has no pixels")
    if orientation in (5, 6, 7, 8) and dpi is not None:
        dpi = dpi[1], dpi[0]
    # A profile is kept only where it describes the pixels as they will be written.
    space = b"GRAY" if grey else b"RGB "
    kept = icc if isinstance(icc, bytes) and icc[16:20] == space else None
    return Photo(pixels, alpha, grey, form, name, kept, exif, dpi)


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
        pixels = _whole(array, deep=True)
    else:
        raise PhotoError(f"array: is {array.dtype}; give uint8, uint16, or float in [0,1]")
    pixels = np.ascontiguousarray(pixels)
    if array.ndim == 2:
        return Photo(np.repeat(pixels[..., None], 3, -1), grey=True, name="array")
    alpha = np.ascontiguousarray(pixels[..., 3]) if array.shape[2] == 4 else None
    return Photo(np.ascontiguousarray(pixels[..., :3]), alpha, name="array")


def _converted(image: Image.Image, icc: Any) -> Image.Image:
    """Any image of 8 bits or fewer as RGB."""
    if image.mode in ("CMYK", "LAB") and isinstance(icc, bytes):
        # Inks mean little without their profile; where it is broken, Pillow's rule of thumb has to do.
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    if image.mode == "P" or image.has_transparency_data:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _deep(image: Image.Image, name: str) -> NDArray[np.uint16]:
    """Grey of more than 8 bits."""
    values = np.asarray(image).astype(np.float64)
    top = values.max(initial=0)
    if not np.isfinite(values).all():
        raise PhotoError(f"{name}: holds pixels that are not numbers")
    # Modes "I" and "F" do not say what white is: the narrowest of the customary ranges that holds the brightest pixel.
    ranges = (65535.0,) if image.mode.startswith("I") else (1.0, 255.0, 65535.0)
    white = next((limit for limit in ranges if top <= limit), top)
    return cast("NDArray[np.uint16]", _whole(values / white, deep=True))


def _whole(values: NDArray[Any], deep: bool) -> Pixels:
    """Floats in [0,1], or a little beyond, as uint8 or uint16."""
    top = 65535 if deep else 255
    return np.round(np.clip(values, 0, 1) * np.float32(top)).astype(np.uint16 if deep else np.uint8)


def _on_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    ground = Image.new("RGBA", rgba.size, "white")
    flat = Image.alpha_composite(ground, rgba).convert("L" if image.mode == "LA" else "RGB")
    flat.info.update({key: fact for key, fact in image.info.items() if key != "transparency"})
    return flat


def _exif(image: Image.Image) -> bytes | None:
    """What the EXIF says of the photo, without its orientation."""
    try:
        found = image.getexif()
        if image.format == "TIFF":
            kept = Image.Exif()
            kept.update({tag: found[tag] for tag in DESCRIPTIVE if tag in found})
            for folder in (EXIF_FOLDER, GPS_FOLDER):
                if inside := found.get_ifd(folder):
                    kept.get_ifd(folder).update(inside)
                    kept[folder] = kept.get_ifd(folder)
        else:
            kept = Image.Exif()
            kept.load(found.tobytes())
        kept.pop(ORIENTATION, None)
        return kept.tobytes() if len(kept) else None
    except Exception:  # damaged EXIF is common, and no reason to refuse the picture
        return None


def _resized(exif: bytes | None, size: tuple[int, int]) -> bytes | None:
    """EXIF that gives the size of the enlarged picture, where it gives one."""
    if exif is None:
        return None
    found = Image.Exif()
    found.load(exif)
    folder = found.get_ifd(EXIF_FOLDER)
    if PIXELS_ACROSS not in folder and PIXELS_DOWN not in folder:
        return exif
    folder[PIXELS_ACROSS], folder[PIXELS_DOWN] = size
    return found.tobytes()


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch, where the file gives numbers that can be written again."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < 65536 and 0 < down < 65536 else None


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(reason.split()) or type(error).__name__
