"""Test pictures made small on the fly: faces with what their names say about them, and corners of whole photos.

Every picture of a face shows the face frame or a known window of it. At size 16 the frame is 16 pixels across in the
input `lr` and 64 in the original `hr`, whatever the picture's own size, if that is enough: `hr` is the box-averaged
picture, `lr` the box-averaged `hr` (or, `degraded`, a bad photo of it), and both are rounded to 8 bits, as files are. A
window is placed into the whole frame by repeating its edge, because a model expects the frame; only the window is
measured. Of a photo the original is a corner, at most `scale` times `size` pixels a side.
"""

import hashlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from enhance.datasets.folders import pictures, read_pixels
from enhance.datasets.folders import size as size_of
from enhance.datasets.names import WHOLE_PICTURE, labels, window
from enhance.errors import DataError, EnhanceError
from enhance.evaluate.benchmark import some
from enhance.photos.photo import read
from enhance.pixels import Box, Planes, area_mean, resize
from enhance.tasks.upscale.options import SCALE

_Pixels = NDArray[np.float32]
"""(H,W,3) in [0,255]."""
PictureDegradation = Callable[[_Pixels, np.random.Generator, int], _Pixels]
"""An original (s*h,s*w,3), a source of chance and the scale s -> the small picture (h,w,3)."""

_GRID = 16
"""At multiples of this size the windows' edges lie between pixels of the input."""
NEVER_SHOWN = ("celeba",)
"""Sources whose pictures may be measured with, but not handed on, not even on a contact sheet."""


@dataclass(frozen=True, eq=False)
class FaceFile:
    """One picture of a test set: where it lies, how large its frame is, and what its name tells of the person."""

    path: Path
    frame: int
    box: Box
    labels: Mapping[str, str]

    @property
    def may_be_shown(self) -> bool:
        """Whether the terms of its source allow it on a contact sheet."""
        return self.labels["source"] not in NEVER_SHOWN


@dataclass(frozen=True, eq=False)
class WholePhoto:
    """One photo of a test set, and how many pixels its shorter side has."""

    path: Path
    side: int
    labels: Mapping[str, str] = field(default_factory=dict)
    may_be_shown: bool = True


_E = TypeVar("_E", FaceFile, WholePhoto)


@dataclass(frozen=True, eq=False)
class ReducedPairs(Generic[_E]):
    """Examples of one size and window, as float32 in [0,1] with 8-bit steps.

    lr (N,3,h,w) is the whole frame or photo and goes to the model; hr (N,3,H,W) is the part of the original that the
    pictures show: `box`, as fractions.
    """

    examples: tuple[_E, ...]
    lr: Planes
    hr: Planes
    box: Box = WHOLE_PICTURE

    @property
    def inputs(self) -> Planes:
        """What a model is given: lr."""
        return self.lr

    @property
    def originals(self) -> Planes:
        """What is compared: hr."""
        return self.hr

    def shown_inputs(self) -> Planes:
        """The part of lr that the pictures show."""
        return self.compared(self.lr)

    def compared(self, outputs: Planes) -> Planes:
        """The part that the pictures show of (...,3,H,W), which show the whole frame at any size."""
        height, width = outputs.shape[-2:]
        left, top, right, bottom = self.box
        return outputs[..., round(top * height) : round(bottom * height), round(left * width) : round(right * width)]


def face_files(folders: Sequence[Path]) -> tuple[FaceFile, ...]:
    """List the pictures of folders of aligned faces, sorted by folder and name.

    Raises:
        DataError: no such folder, no pictures in it, or one that is unreadable or not square.
    """
    pairs: list[FaceFile] = []
    for folder in folders:
        pairs.extend(_face(path) for path in pictures(folder))
    return tuple(pairs)


def choose_files(everyone: Sequence[FaceFile], size: int, limit: int | None = None) -> tuple[FaceFile, ...]:
    """The faces with enough pixels for `size`, or always the same random `limit` of them, in listing order.

    Raises:
        DataError: at this size the windows' edges would cut through pixels.
    """
    if size < _GRID or size % _GRID:
        raise DataError(f"size {size}: faces can be measured at multiples of {_GRID} pixels")
    return some([face for face in everyone if face.frame >= SCALE * size], limit)


def clean(hr: _Pixels, rng: np.random.Generator, scale: int = SCALE) -> _Pixels:  # noqa: ARG001
    """Box averaging."""
    return area_mean(hr, scale)


def degraded(hr: _Pixels, rng: np.random.Generator, scale: int = SCALE) -> _Pixels:
    """As a cheap camera and a messenger leave a picture: a little blur, one of four kernels, noise, JPEG."""
    height, width = hr.shape[0] // scale, hr.shape[1] // scale
    kernel = rng.choice([Image.Resampling[name] for name in ("BOX", "BILINEAR", "BICUBIC", "LANCZOS")])
    image = Image.fromarray(np.uint8(hr)).filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    small = np.asarray(image.resize((width, height), Image.Resampling(kernel)), np.float32)
    noisy = np.clip(np.rint(small + rng.normal(0, rng.uniform(1, 8), small.shape)), 0, 255)
    file = io.BytesIO()
    Image.fromarray(np.uint8(noisy)).save(file, "JPEG", quality=int(rng.integers(50, 95)))
    return np.asarray(Image.open(file), np.float32)


def pairs(
    chosen: Sequence[FaceFile], size: int, batch: int = 16, degradation: PictureDegradation = clean
) -> Iterator[ReducedPairs[FaceFile]]:
    """Read faces as pairs, window by window, at most `batch` at a time. Chance follows the picture's name."""
    for box in sorted({face.box for face in chosen}):
        alike = [face for face in chosen if face.box == box]
        for start in range(0, len(alike), batch):
            yield _read(tuple(alike[start : start + batch]), size, degradation)


def whole_photos(paths: Sequence[Path]) -> tuple[WholePhoto, ...]:
    """The photos named, and those in the folders named, by name.

    Folders of sample pictures hold odd files, too: what cannot be read there is reported on stderr and passed over.

    Raises:
        DataError: no such file or folder, no picture in a folder, or a file named is unreadable.
    """
    photos: list[WholePhoto] = []
    for path in paths:
        if path.is_file():
            photos.append(WholePhoto(path, min(size_of(path))))
            continue
        for member in pictures(path):
            try:
                photos.append(WholePhoto(member, min(size_of(member))))
            except DataError as error:
                print(error, file=sys.stderr)
    return tuple(photos)


def choose_photos(everything: Sequence[WholePhoto], size: int, limit: int | None = None) -> tuple[WholePhoto, ...]:
    """The photos whose shorter side has `size` pixels, or always the same random `limit` of them.

    Raises:
        DataError: at this size the corners would not be whole.
    """
    if size < _GRID or size % _GRID:
        raise DataError(f"size {size}: photos can be measured at multiples of {_GRID} pixels")
    return some([photo for photo in everything if photo.side >= size], limit)


def photo_pairs(
    chosen: Sequence[WholePhoto], size: int, degradation: PictureDegradation = clean, scale: int = SCALE
) -> Iterator[ReducedPairs[WholePhoto]]:
    """Read photos one by one: a corner of at most scale * size pixels a side. Chance follows the picture's name.

    Raises:
        DataError: a photo cannot be read.
    """
    for photo in chosen:
        try:
            rgb = read(photo.path).rgb
        except EnhanceError as error:
            raise DataError(f"{error}; remove it from those that are measured") from error
        height, width = (min(side, scale * size) // _GRID * _GRID for side in rgb.shape[:2])
        hr = np.rint(255 * rgb[:height, :width])
        yield ReducedPairs((photo,), _planes([np.rint(degradation(hr, _rng(photo.path), scale))]), _planes([hr]))


def _face(path: Path) -> FaceFile:
    width, height = size_of(path)
    if width != height:
        raise DataError(f"{path}: not square; align it first with `enhance prepare`")
    box = window(path.name)
    return FaceFile(path, round(width / (box[2] - box[0])), box, labels(path.stem))


def _rng(path: Path) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(path.name.encode()).digest()[:4]))


def _read(alike: tuple[FaceFile, ...], size: int, degradation: PictureDegradation) -> ReducedPairs[FaceFile]:
    left, top, right, bottom = (round(edge * size) for edge in alike[0].box)
    hr, lr = [], []
    for face in alike:
        pixels = read_pixels(face.path).astype(np.float32)
        # As floats: Pillow rounds 8-bit pictures twice.
        hr.append(np.rint(resize(pixels, (SCALE * (right - left),) * 2, method=Image.Resampling.BOX)))
        small = np.rint(degradation(hr[-1], _rng(face.path), SCALE))
        lr.append(np.pad(small, ((top, size - bottom), (left, size - right), (0, 0)), mode="edge"))
    return ReducedPairs(alike, _planes(lr), _planes(hr), alike[0].box)


def _planes(pixels: list[_Pixels]) -> Planes:
    return np.stack(pixels).transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
