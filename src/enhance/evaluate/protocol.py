"""What is measured: faces, made small on the fly, with what their names say about them.

Every picture shows the face frame or a known window of it. At size 16 the frame is 16 pixels across in the input `lr`
and 64 in the original `hr`, whatever the picture's own size, if that is enough: `hr` is the box-averaged picture, `lr`
the box-averaged `hr` (or, `grainy`, a bad photo of it), and both are rounded to 8 bits, as files are. A window is
placed into the whole frame by repeating its edge, because a model expects the frame; only the window is measured.
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from enhance.datasets.folders import pictures
from enhance.datasets.names import Box, labels, window
from enhance.errors import DataError
from enhance.painting import consistency

SCALE = 4

Pictures = NDArray[np.float32]
Degradation = Callable[[Pictures, np.random.Generator], Pictures]
"""An original (4h,4w,3) in [0,255] and a source of chance -> the small picture (h,w,3) in [0,255]."""

GRID = 16
"""At multiples of this size the windows' edges lie between pixels of the input."""


@dataclass(frozen=True, eq=False)
class Face:
    """One picture of a test set: where it lies, how large its frame is, and what its name tells of the person."""

    path: Path
    frame: int
    box: Box
    labels: dict[str, str]


@dataclass(frozen=True)
class Pairs:
    """Faces of one size and window, as float32 in [0,1] with 8-bit steps.

    lr (N,3,size,size) is the whole frame and goes to the model; hr (N,3,H,W) is the original's window.
    """

    faces: tuple[Face, ...]
    lr: Pictures
    hr: Pictures
    box: Box

    def crop(self, frames: Pictures) -> Pictures:
        """The window of pictures (...,3,H,W) of the whole frame, at any size."""
        left, top, right, bottom = (round(edge * frames.shape[-1]) for edge in self.box)
        return frames[..., top:bottom, left:right]


def eight_bit(pictures: Pictures) -> Pictures:
    """What a file would keep: clipped to [0,1] and rounded to 255 steps."""
    return np.rint(np.clip(pictures, 0, 1) * 255).astype(np.float32) / np.float32(255)


def faces(folders: Sequence[Path]) -> tuple[Face, ...]:
    """Lists the pictures of folders of aligned faces, sorted by folder and name.

    Raises:
        DataError: no such folder, no pictures in it, or one that is unreadable or not square.
    """
    found: list[Face] = []
    for folder in folders:
        paths = pictures(folder)
        found.extend(_face(path) for path in paths)
    return tuple(found)


def choose(everyone: Sequence[Face], size: int, limit: int | None = None) -> tuple[Face, ...]:
    """The faces with enough pixels for `size`, or always the same random `limit` of them, in listing order.

    Raises:
        DataError: at this size the windows' edges would cut through pixels.
    """
    if size < GRID or size % GRID:
        raise DataError(f"size {size}: faces can be measured at multiples of {GRID} pixels")
    fit = [face for face in everyone if face.frame >= SCALE * size]
    order = np.random.default_rng(0).permutation(len(fit))[:limit]
    return tuple(fit[index] for index in sorted(order))


def clean(hr: Pictures, rng: np.random.Generator) -> Pictures:  # noqa: ARG001
    """Box averaging."""
    return consistency.downscale(hr, SCALE)


def grainy(hr: Pictures, rng: np.random.Generator) -> Pictures:
    """As a cheap camera and a messenger leave a face: a little blur, one of four kernels, noise, JPEG."""
    height, width = hr.shape[0] // SCALE, hr.shape[1] // SCALE
    kernel = rng.choice([Image.Resampling[name] for name in ("BOX", "BILINEAR", "BICUBIC", "LANCZOS")])
    image = Image.fromarray(np.uint8(hr)).filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    small = np.asarray(image.resize((width, height), Image.Resampling(kernel)), np.float32)
    noisy = np.clip(np.rint(small + rng.normal(0, rng.uniform(1, 8), small.shape)), 0, 255)
    file = io.BytesIO()
    Image.fromarray(np.uint8(noisy)).save(file, "JPEG", quality=int(rng.integers(50, 95)))
    return np.asarray(Image.open(file), np.float32)


def pairs(chosen: Sequence[Face], size: int, batch: int = 16, degradation: Degradation = clean) -> Iterator[Pairs]:
    """Reads faces as pairs, window by window, at most `batch` at a time. Chance follows the picture's name."""
    for box in sorted({face.box for face in chosen}):
        alike = [face for face in chosen if face.box == box]
        for start in range(0, len(alike), batch):
            yield _read(tuple(alike[start : start + batch]), size, degradation)


def describe(
    folders: Sequence[Path], counts: Mapping[int, int], limit: int | None, degradation: Degradation = clean
) -> tuple[str, ...]:
    """The protocol in words, to be printed with every table.

    Args:
        counts: size -> number of faces measured.
    """
    made = "by box averaging" if degradation is clean else "by box averaging; the input by blur, noise and JPEG"
    names = ", ".join(f"{folder.parent.name}/{folder.name}".lstrip("/") for folder in folders)
    sizes = ", ".join(f"{count} at {size} -> {SCALE * size}" for size, count in counts.items())
    chosen = f" (at most {limit} a size, chosen by seed 0)" if limit else ""
    return (
        f"faces: {names}: {sizes}{chosen}",
        f"size: width in pixels of the face frame in the input; original and input {made}, both 8 bit",
        "output: clipped, rounded to 8 bit; where a picture shows a window of the frame only that is measured,"
        " and its edge is repeated around it for the models",
        "±: half the 95 % confidence interval of the mean, normal approximation, faces taken as independent"
        " (jackknife for the kernel distance)",
        "seed of the noise: 0, the answer that is given unless another is asked for",
    )


def _face(path: Path) -> Face:
    try:
        with Image.open(path) as image:
            width, height = image.size
    except OSError as error:
        raise DataError(f"{path}: cannot be read as a picture; remove it from the folder") from error
    if width != height:
        raise DataError(f"{path}: not square; align it first with `enhance prepare`")
    box = window(path.name)
    return Face(path, round(width / (box[2] - box[0])), box, labels(path.stem))


def _read(alike: tuple[Face, ...], size: int, degradation: Degradation) -> Pairs:
    left, top, right, bottom = (round(edge * size) for edge in alike[0].box)
    hr, lr = [], []
    for face in alike:
        try:
            with Image.open(face.path) as image:
                pixels = np.asarray(image.convert("RGB"), np.float32)
        except OSError as error:
            raise DataError(f"{face.path}: cannot be read as a picture; remove it from the folder") from error
        hr.append(np.rint(_average(pixels, SCALE * (right - left))))
        seed = int.from_bytes(hashlib.sha256(face.path.name.encode()).digest()[:4])
        small = np.rint(degradation(hr[-1], np.random.default_rng(seed)))
        lr.append(np.pad(small, ((top, size - bottom), (left, size - right), (0, 0)), mode="edge"))
    return Pairs(alike, _planes(lr), _planes(hr), alike[0].box)


def _average(pixels: Pictures, width: int) -> Pictures:
    """Box-averages a square (H,H,3) to (width,width,3), as floats: Pillow rounds 8-bit pictures twice."""
    channels = [
        Image.fromarray(channel).resize((width, width), Image.Resampling.BOX) for channel in pixels.transpose(2, 0, 1)
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def _planes(pixels: list[Pictures]) -> Pictures:
    return np.stack(pixels).transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
