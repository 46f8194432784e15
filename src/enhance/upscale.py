"""The story of the program. A photo comes in; its faces are found, aligned, redrawn and put back; it leaves larger.

Everything here works on float32 arrays (H,W,3) in [0,1]. Formats are `photo`'s business, finding and placing faces
is `faces`', the network is `model`'s, and what the original pixels insist on is `consistency`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enhance.errors import PhotoError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

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
    """A face that was found. box: left, top, right, bottom in the input's pixels; lr: pixels across its frame;
    landmarks: x and y of eyes, nose and mouth corners in the input's pixels."""

    box: tuple[float, float, float, float]
    lr: int
    redrawn: bool
    landmarks: tuple[tuple[float, float], ...] = ()


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
    force: bool = False,
    consistent: bool | None = None,
    seed: int = 0,
) -> Image:
    """Enlarges a photo and redraws every face in it.

    Args:
        photo: a path, the bytes of a file, a PIL image, or an array (H,W), (H,W,3) or (H,W,4), uint8, uint16 or float
            in [0,1].
        scale: how many times larger, above 1 and up to 16.
        model: a shipped model's name (see `enhance.models()`), an .onnx file, or a loaded `Model`.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also redraws what is not a face.
        consistent: whether the larger photo, made small again, must be the input. None: unless it is grainy or blocky.
        seed: names one of the many possible answers.

    Returns:
        The enlarged photo, with the input's colour profile, EXIF and transparency.

    Raises:
        PhotoError: the photo cannot be read or is too small, or the scale is out of range.
        ModelError: there is no such model.
    """
    from enhance.photo import read

    result = enhance_photo(
        read(photo), scale=scale, model=model, aligned=aligned, force=force, consistent=consistent, seed=seed
    )
    return result.canvas.image()


def enhance_photo(
    photo: Photo,
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model = DEFAULT_MODEL,
    aligned: bool = False,
    force: bool = False,
    consistent: bool | None = None,
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
        drawn, faces, notes = redraw_all(rgb, network, seed, force)
    else:
        drawn, faces, notes = redraw_faces(rgb, network, seed, look or find, force or look is not None)
    if consistent is None:
        flaw = consistency.flaw(rgb)
        consistent = flaw is None
        notes += () if flaw is None else (f"{flaw}: not held to every pixel of the input (--consistency does that)",)
    if consistent:
        drawn = consistency.back_project(drawn, rgb)
    agreement = consistency.lr_psnr(eight_bit(drawn), rgb)
    hr = drawn if scale == X4 else resize(drawn, scale / X4)
    canvas = Canvas(photo, hr.shape[1], hr.shape[0])
    canvas.put(0, 0, hr)
    return Result(canvas, faces, notes, agreement)


def find(rgb: Array) -> list[tuple[Face, int]]:
    """The faces of a photo (H,W,3), each with the pixels across its frame to draw it from (0: not at all)."""
    from enhance import faces

    return [(face, lr_size(face)) for face in faces.detect(rgb)]


def redraw_all(
    rgb: Array, network: Model, seed: int, force: bool
) -> tuple[Array, tuple[Redrawn, ...], tuple[str, ...]]:
    """The picture (H,W,3) as one face, four times larger; bicubic if it is none and nobody forces it to be."""
    from enhance import gate

    height, width = rgb.shape[:2]
    landmarks = gate.framed(height, width)
    why = None if force else gate.refusal(rgb, landmarks)
    drawn = run(network, rgb[None], seed)[0] if why is None else resize(rgb, X4)
    notes = () if why is None else (f"{why}: enlarged by bicubic (--aligned --force draws a face from anything)",)
    box = (0.0, 0.0, float(width), float(height))
    return drawn, (Redrawn(box, max(height, width), why is None, points(landmarks)),), notes


def redraw_faces(
    rgb: Array, network: Model, seed: int, look: Look, force: bool = False
) -> tuple[Array, tuple[Redrawn, ...], tuple[str, ...]]:
    """The photo four times larger: bicubic, with every face that the network can reach drawn over it.

    Args:
        rgb: (H,W,3) in [0,1].
        force: also redraws what is found but does not look like a face.

    Returns:
        The larger photo (4H,4W,3), the faces found, and what the user should know.
    """
    import numpy as np

    from enhance import faces, gate

    canvas = resize(rgb, X4)
    looked = look(rgb)
    found = [face for face, _ in looked]
    refused = [None if force or not size else gate.refusal(rgb, face.landmarks) for face, size in looked]
    sizes = [size if why is None else 0 for (_, size), why in zip(looked, refused, strict=True)]
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
        Redrawn(face.box, size or round(faces.native_size(face.landmarks)), bool(size), points(face.landmarks))
        for face, size in zip(found, sizes, strict=True)
    )
    notes = []
    if not found:
        notes.append("no face found: enlarged by bicubic (--aligned --force draws a face from anything)")
    for why in sorted({why for why in refused if why}):
        notes += [f"{refused.count(why)} of {len(found)} faces left alone: {why} (--force redraws)"]
    beyond = sum(not size for _, size in looked)
    if beyond:
        notes.append(f"{beyond} of {len(found)} faces are too large to need redrawing: enlarged by bicubic")
    return canvas, told, tuple(notes)


def points(landmarks: NDArray[np.floating]) -> tuple[tuple[float, float], ...]:
    """Landmarks (5,2) as numbers that compare and can be written to a file."""
    return tuple((float(x), float(y)) for x, y in landmarks)


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
