"""The story of the program. A photo comes in; its faces are found, aligned, redrawn and put back; it leaves larger.

Everything here works on float32 arrays (H,W,3) in [0,1]. Formats are `photo`'s business, finding and placing faces
is `faces`', the network is `model`'s, and what the original pixels insist on is `consistency`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from enhance.errors import PhotoError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from enhance.faces import Face, Transform
    from enhance.model import Model
    from enhance.photo import Canvas, Photo

    Array = NDArray[np.float32]
    Look = Callable[[Array], list[tuple[Face, int]]]

DEFAULT_MODEL = "face_x4_gan"
X4 = 4
SMALLEST, LARGEST = 16, 64
"""Pixels across the face frame between which the networks were trained."""
REACH = 1.5
"""A face up to this many times larger than LARGEST is still redrawn, from a slightly reduced crop."""
MOST_SCALE = 16


@dataclass(frozen=True)
class Redrawn:
    """A face that was found. box: left, top, right, bottom in the input's pixels; lr: pixels across its frame."""

    box: tuple[float, float, float, float]
    lr: int
    redrawn: bool


@dataclass(frozen=True)
class Result:
    """An enhanced photo: the canvas with it (scale*H by scale*W), its faces, what the user should know, and how well it
    agrees with the input when it is made small again (dB)."""

    canvas: Canvas
    faces: tuple[Redrawn, ...]
    notes: tuple[str, ...]
    lr_psnr: float

    @property
    def rgb(self) -> Array:
        """The enhanced photo (scale*H, scale*W, 3) in [0,1], as a file will hold it: for small pictures."""
        return self.canvas.rgb


def upscale(
    photo: str | os.PathLike[str] | bytes | Image | NDArray[Any],
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model = DEFAULT_MODEL,
    aligned: bool = False,
    seed: int = 0,
) -> Image:
    """Enlarges a photo and redraws every face in it.

    Args:
        photo: a path, the bytes of a file, a PIL image, or an array (H,W), (H,W,3) or (H,W,4), uint8, uint16 or float
            in [0,1].
        scale: how many times larger, above 1 and up to 16.
        model: a shipped model's name (see `enhance.models()`), an .onnx file, or a loaded `Model`.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        seed: names one of the many possible answers.

    Returns:
        The enlarged photo in the colour space of the input (CMYK stays CMYK, which PNG cannot hold), with its
        transparency, and in `info` its profile, EXIF, XMP and dpi.

    Raises:
        PhotoError: the photo cannot be read or is too small, or the scale is out of range.
        ModelError: there is no such model.
    """
    from enhance.photo import read

    return enhance_photo(read(photo), scale=scale, model=model, aligned=aligned, seed=seed).canvas.image()


def enhance_photo(
    photo: Photo,
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model = DEFAULT_MODEL,
    aligned: bool = False,
    seed: int = 0,
    look: Look | None = None,
) -> Result:
    """`upscale` for callers who want to know what was done; the same arguments and errors.

    Args:
        look: finds the faces, where `find` is not to: a video follows them from frame to frame.
    """
    from enhance import consistency
    from enhance.model import Model
    from enhance.photo import Canvas

    if not 1 < scale <= MOST_SCALE:
        raise PhotoError(
            f"{photo.name}: cannot be enlarged {scale:g} times; the scale goes from above 1 to {MOST_SCALE}"
        )
    network = model if isinstance(model, Model) else Model.load(model)
    rgb = photo.rgb
    if aligned:
        drawn = run(network, rgb[None], seed)[0]
        box = (0.0, 0.0, float(photo.width), float(photo.height))
        faces: tuple[Redrawn, ...] = (Redrawn(box, max(photo.height, photo.width), True),)
        notes: tuple[str, ...] = ()
    else:
        drawn, faces, notes = redraw_faces(rgb, network, seed, look or find)
    drawn = consistency.back_project(drawn, rgb)
    agreement = consistency.lr_psnr(eight_bit(drawn), rgb)
    hr = drawn if scale == X4 else resize(drawn, scale / X4)
    canvas = Canvas(photo, hr.shape[1], hr.shape[0])
    canvas.put(0, 0, hr)
    return Result(canvas, faces, notes, agreement)


def enhance_frames(photos: Iterable[Photo], enhance: Callable[[Photo], Result], path: str | os.PathLike[str]) -> Result:
    """Enhances an animation frame by frame and writes it.

    Args:
        photos: its frames, as `photo.frames` gives them.
        enhance: `enhance_photo` with what is to be done.
        path: the file to write, in a format that moves.

    Returns:
        The first frame's result, with the agreement of the worst one.

    Raises:
        PhotoError: a frame cannot be read, or the file cannot be written.
    """
    from enhance.photo import write_frames

    results: list[Result] = []

    def canvases() -> Iterator[Canvas]:
        for photo in photos:
            results.append(enhance(photo))
            yield results[-1].canvas

    write_frames(canvases(), path)
    first, worst = results[0], min(result.lr_psnr for result in results)
    return replace(first, notes=(f"{len(results)} frames, each drawn by itself", *first.notes), lr_psnr=worst)


def find(rgb: Array) -> list[tuple[Face, int]]:
    """The faces of a photo (H,W,3), each with the pixels across its frame to draw it from (0: not at all)."""
    from enhance import faces

    return [(face, lr_size(face)) for face in faces.detect(rgb)]


def redraw_faces(
    rgb: Array, network: Model, seed: int, look: Look
) -> tuple[Array, tuple[Redrawn, ...], tuple[str, ...]]:
    """The photo four times larger: bicubic, with every face that the network can reach drawn over it.

    Args:
        rgb: (H,W,3) in [0,1].

    Returns:
        The larger photo (4H,4W,3), the faces found, and what the user should know.
    """
    import numpy as np

    from enhance import faces

    canvas = resize(rgb, X4)
    looked = look(rgb)
    found, sizes = [face for face, _ in looked], [size for _, size in looked]
    # The largest is drawn last: it is the nearest to the camera, and lies over the others.
    order = sorted((n for n, size in enumerate(sizes) if size), key=lambda n: faces.native_size(found[n].landmarks))
    crops = {n: faces.align(rgb, found[n].landmarks, sizes[n]) for n in order}
    drawn: dict[int, Array] = {}
    for size in {sizes[n] for n in order}:
        members = [n for n in order if sizes[n] == size]
        drawn |= zip(members, run(network, np.stack([crops[n][0] for n in members]), seed), strict=True)
    for n in order:
        canvas = faces.paste(canvas, drawn[n], enlarged(crops[n][1]))
    told = tuple(
        Redrawn(face.box, size or round(faces.native_size(face.landmarks)), bool(size))
        for face, size in zip(found, sizes, strict=True)
    )
    notes = []
    if not found:
        notes.append("no face found: enlarged by bicubic (--aligned makes the network draw a face from anything)")
    beyond = sum(not size for size in sizes)
    if beyond:
        notes.append(f"{beyond} of {len(found)} faces are too large to need redrawing: enlarged by bicubic")
    return canvas, told, tuple(notes)


def lr_size(face: Face) -> int:
    """Pixels across the frame to give the network for this face, an even number; 0 if it is beyond its reach."""
    from enhance import faces

    native = faces.native_size(face.landmarks)
    if native > LARGEST * REACH:
        return 0
    return min(max(round(native / 2) * 2, SMALLEST), LARGEST)


def enlarged(transform: Transform) -> Transform:
    """A transform (2,3) from photo to frame pixels, as one between both four times larger."""
    import numpy as np

    half = (X4 - 1) / 2
    matrix = transform[:, :2]
    # canvas = 4 photo + 1.5 and hr = 4 frame + 1.5, so hr = M canvas + (4 t + 1.5 - M 1.5).
    offset = X4 * transform[:, 2] + half - matrix @ np.full(2, half)
    return np.concatenate([matrix, offset[:, None]], 1)


def run(network: Model, crops: Array, seed: int) -> Array:
    """Pictures (N,h,w,3) through the network; (N,4h,4w,3)."""
    hr = network(crops.transpose(0, 3, 1, 2), seed=seed)
    return hr.transpose(0, 2, 3, 1)


def resize(rgb: Array, scale: float) -> Array:
    """Bicubic enlargement, or antialiased reduction, of rgb (H,W,3); clipped to [0,1]."""
    import numpy as np

    from enhance import consistency

    return np.clip(consistency.resize(rgb, scale), 0, 1)


def eight_bit(rgb: Array) -> Array:
    """As a file with 8 bits a channel will hold it."""
    import numpy as np

    return (np.round(rgb * 255) / 255).astype(np.float32)
