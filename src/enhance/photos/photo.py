"""Between files and arrays. Formats, orientation, profiles, transparency and bit depth live here and nowhere else."""

import itertools
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import PhotoError
from enhance.files import replacing
from enhance.photos import metadata
from enhance.photos.decoders import (
    MOVING,
    TURNS,
    bytes_of,
    channels_of,
    cut_to_eight,
    decoding,
    deep_space,
    filled,
    frame_count,
    opened,
    ready,
    reason,
    sixteen_bits,
)
from enhance.photos.encoders import FORMATS as FORMATS
from enhance.photos.encoders import encode, encode_frames, from_values, suited
from enhance.photos.profiles import SPACES, DeepProfile, Profile, profile_of
from enhance.pixels import RGB, Integers, luma, resize, to_float, to_integers

DEEP = ("PNG", "TIFF")
"""Formats that are written with 16 bits a channel where the photo has them."""
LARGEST = {"JPEG": 65500, "WEBP": 16383, "GIF": 65535, "AVIF": 32768, "HEIF": 16384}
"""Integers along a side that a format, or its customary programs, take."""
LARGEST_AREA = {"BMP": 2**32 // 3, "HEIF": 142_606_336}
"""Integers in all: of 4 GB; of HEVC's level 7.2."""
MAX_PIXELS = 90_000_000
"""Integers of the largest photo that is read unless more are allowed: four times larger it takes 6 GB."""
LONGEST_NAME = 255
"""Bytes of a file's name."""
AT_ONCE = 2**20
"""Integers that are converted together: their floats take several times the memory of what is kept of them."""
REACH = 3
"""Integers around a place that bicubic enlargement looks at, and one to spare."""


def read(
    source: str | os.PathLike[str] | bytes | Image.Image | NDArray[Any], *, max_pixels: int = MAX_PIXELS
) -> "Photo":
    """A photo from a file's path or bytes, a PIL image, or an array; of an animation, the first frame.

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


def frames(source: str | os.PathLike[str] | bytes, *, max_pixels: int = MAX_PIXELS) -> Iterator["Photo"]:
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


def to_image(photo: "Photo", rgb: RGB) -> Image.Image:
    """The enhanced pixels of a photo, (h,w,3) in [0,1] and of any size, as an image with 8 bits a channel."""
    canvas = Canvas(photo, rgb.shape[1], rgb.shape[0])
    canvas.put(0, 0, rgb)
    return canvas.image()


def write(picture: "Canvas | Image.Image", path: str | os.PathLike[str]) -> None:
    """Writes a picture whole or not at all, in the format that the suffix names.

    With it go profile, EXIF, XMP, IPTC and dpi, as far as the format can hold them. JPEG is written at quality 95
    without chroma subsampling. Where the format has no transparency, white shows through; where it has no profiles or
    no inks, the colours are converted to sRGB; where it has no 16 bits, it gets 8.

    Raises:
        PhotoError: the suffix is unknown, the folder is missing, or the file cannot be written.
    """
    path = Path(path)
    kind = refuse(path, picture.width, picture.height)
    with _replacing(path) as temporary:
        if isinstance(picture, Canvas) and picture.deep and kind in DEEP:
            encode(picture.rows(), kind, temporary, picture.finished())
        else:
            image = picture.image() if isinstance(picture, Canvas) else picture
            encode(image, kind, temporary, image.info)


def write_frames(canvases: "Iterable[Canvas]", path: str | os.PathLike[str]) -> None:
    """Writes an animation: enhanced `frames`, with the durations and the loops of the original.

    A format that does not move gets the first frame. All frames are held until the last is there.

    Raises:
        PhotoError: as `write`.
    """
    path, stream = Path(path), iter(canvases)
    first = next(stream)
    kind = refuse(path, first.width, first.height)
    if kind not in MOVING:
        return write(first, path)
    images, durations = [], []
    for canvas in itertools.chain([first], stream):
        if (canvas.width, canvas.height) != (first.width, first.height):
            raise PhotoError(f"{path}: its frames have several sizes")
        images.append(suited(canvas.image(), kind))
        durations.append(round(canvas.photo.duration))
    with _replacing(path) as temporary:
        encode_frames(images, durations, first.photo.loop, kind, temporary)
    return None


def refuse(path: str | os.PathLike[str], width: int, height: int) -> str:
    """Says before the work what would fail after it; returns the format that the file will have.

    Raises:
        PhotoError: no format has this suffix, or it cannot hold so large a picture, or the name is too long.
    """
    path = Path(path)
    kind = format_of(path)
    most = LARGEST.get(kind, 2**31 - 1)
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
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]


class Canvas:
    """What an enhanced photo is painted on, part by part, in little more memory than the picture itself takes.

    It has the colour space and the transparency of the photo, and no colours where the photo has none.

    Attributes:
        info: icc_profile, exif, xmp, iptc and dpi of the photo, put right for this size; they are written with it.
        deep: whether it has 16 bits a channel.
    """

    def __init__(self, photo: Photo, width: int, height: int) -> None:
        self.photo, self.width, self.height = photo, width, height
        self._dtype = photo.pixels.dtype
        self.deep = self._dtype == np.uint16
        own = "RGB" if photo.profile is None else photo.profile.mode
        mode = ("L" if photo.grey else own) + ("" if photo.alpha is None else "A")
        # The encoders read Pillow's images, so that an array would have to be copied to be written.
        self._image = None if self.deep else Image.new(mode, (width, height))
        self._array = np.zeros((height, width, len(mode)), np.uint16) if self.deep else None
        self.info = _info(photo, width, height)

    def put(self, left: int, top: int, rgb: RGB) -> None:
        """Paints rgb (h,w,3) in [0,1], which lies inside the canvas, over what is at `left` and `top`."""
        rows = max(1, AT_ONCE // rgb.shape[1])
        for y in range(0, len(rgb), rows):
            self._put(left, top + y, rgb[y : y + rows])

    def _put(self, left: int, top: int, rgb: RGB) -> None:
        height, width = rgb.shape[:2]
        box = left, top, left + width, top + height
        planes = [self._own(rgb, box)]
        if self.photo.alpha is not None:
            planes.append(self._enlarged(self.photo.alpha[..., None], box))
        values = to_integers(np.concatenate(planes, -1) if len(planes) > 1 else planes[0], self._dtype)
        if self._array is not None:
            self._array[top : top + height, left : left + width] = values
        elif self._image is not None:
            self._image.paste(from_values(values, self._image.mode), (left, top))

    def _own(self, rgb: RGB, box: tuple[int, int, int, int]) -> RGB:
        """Colours (h,w,3) as the file will have them, (h,w,C)."""
        photo = self.photo
        if photo.profile is None or photo.original is None:
            return luma(rgb)[..., None] if photo.grey else rgb
        colours = to_float(photo.profile.from_srgb(to_integers(rgb, self._dtype)))
        # What sRGB could not say of the original, or said with other inks, is as it was.
        x0, y0, x1, y1, inside = self._source(box)
        there = slice(y0, y1), slice(x0, x1)
        lost = to_float(photo.original[there]) - to_float(photo.profile.from_srgb(photo.pixels[there]))
        if photo.alpha is not None:
            lost[photo.alpha[there] == 0] = 0
        return colours + resize(lost, (rgb.shape[1], rgb.shape[0]), inside)

    def _enlarged(self, plane: Integers, box: tuple[int, int, int, int]) -> RGB:
        """What a part of the canvas shows of (H,W,C), enlarged."""
        x0, y0, x1, y1, inside = self._source(box)
        return resize(to_float(plane[y0:y1, x0:x1]), (box[2] - box[0], box[3] - box[1]), inside)

    def _source(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int, tuple[float, float, float, float]]:
        """The pixels of the photo that a part of the canvas is made from, and where in them it lies."""
        across, down = self.photo.width / self.width, self.photo.height / self.height
        left, top, right, bottom = box[0] * across, box[1] * down, box[2] * across, box[3] * down
        margin = REACH * max(1, across, down)
        x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
        x1, y1 = min(self.photo.width, int(right + margin) + 1), min(self.photo.height, int(bottom + margin) + 1)
        ends = min(right - x0, float(x1 - x0)), min(bottom - y0, float(y1 - y0))
        return x0, y0, x1, y1, (left - x0, top - y0, *ends)

    @property
    def rgb(self) -> RGB:
        """All that was painted, (height,width,3) float32 in [0,1], sRGB: for small pictures."""
        values = np.asarray(self._image) if self._array is None else self._array
        values = values.reshape(self.height, self.width, -1)
        if self.photo.alpha is not None:
            values = values[..., :-1]
        if self.photo.profile is not None:
            values = self.photo.profile.to_srgb(values)
        return to_float(np.repeat(values, 3, -1) if values.shape[-1] == 1 else values)

    def image(self) -> Image.Image:
        """The canvas as an image of 8 bits a channel, with what goes into its file besides in `info`."""
        image = self._image
        if self._array is not None:
            eight = np.empty(self._array.shape, np.uint8)
            for top in range(0, self.height, 256):
                eight[top : top + 256] = (self._array[top : top + 256].astype(np.uint32) + 128) // 257
            image = Image.fromarray(eight[..., 0] if eight.shape[-1] == 1 else eight)
        image = cast(Image.Image, image)
        image.info.update(self.finished())
        return image

    def rows(self) -> Integers:
        """What was painted on a deep canvas, (height,width,C) uint16."""
        return cast(Integers, self._array)

    def finished(self) -> dict[str, Any]:
        """`info` with a thumbnail of what was painted, if the photo's file had one."""
        if "exif" not in self.info:
            return dict(self.info)
        step = max(1, max(self.width, self.height) // 320)
        if self._array is not None:
            values = np.ascontiguousarray(self._array[::step, ::step] >> 8).astype(np.uint8)
            small = from_values(values, ("L", "LA", "RGB", "RGBA")[values.shape[-1] - 1])
        else:
            small = cast(Image.Image, self._image).reduce(step)
        return {**self.info, "exif": metadata.with_thumbnail(self.info["exif"], small)}


def _frame(image: Image.Image, n: int, name: str) -> Photo:
    image.seek(n)
    frame = image.convert("RGBA")
    frame.format = image.format
    frame.info = image.info
    return replace(_from_image(frame, name), format=image.format, frames=frame_count(image))


def _from_image(image: Image.Image, name: str, content: bytes | None = None) -> Photo:
    """Decodes an image. content: its file, where there is one, for what Pillow would cut to 8 bits."""
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
        pixels if alpha is None else filled(pixels, alpha),
        alpha,
        mode == "L",
        image.format,
        name,
        icc,
        metadata.exif_of(image),
        dpi,
        metadata.xmp_of(image),
        metadata.iptc_of(image),
        profile,
        None if profile is None else values,
        getattr(image, "n_frames", 1) if image.format in (*MOVING, "TIFF") else 1,
        float(image.info.get("duration", 0)),
        image.info.get("loop"),
        "has more than 8 bits a channel: 8 are read of an AVIF" if content and cut_to_eight(content) else None,
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
    return Photo(pixels if alpha is None else filled(pixels, alpha), alpha, name="array")


def _info(photo: Photo, width: int, height: int) -> dict[str, Any]:
    """What goes into the file of an enlarged photo besides its pixels; the keys are those of Pillow's images."""
    facts = {
        "icc_profile": photo.icc,
        "exif": photo.exif and metadata.resized_exif(photo.exif, width, height),
        "xmp": photo.xmp and metadata.resized_xmp(photo.xmp, width, height),
        "iptc": photo.iptc,
        "dpi": photo.dpi,
    }
    return {key: fact for key, fact in facts.items() if fact is not None}


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
        raise PhotoError(f"{path}: cannot be written ({reason(error)})") from error
