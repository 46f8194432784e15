"""The story of the program. A photo comes in; its faces are found and redrawn in place; it leaves larger, with them.

Everything here works on float32 arrays (H,W,3) in [0,1]. Formats are `photo`'s business, finding and placing faces
is `geometry`'s, the network is `model`'s, what the original pixels insist on is `consistency`'s, and how a photo too
large for memory is nevertheless painted as a whole is `background`'s.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from enhance.errors import PhotoError
from enhance.faces import crops, detection, geometry, verification
from enhance.faces.crops import FaceCrop
from enhance.faces.detection import Face
from enhance.faces.drawing import MAX_FACE_SIZE, draw, drawing_size
from enhance.painting.background import Background, bicubic
from enhance.painting.bands import Patch, paint, passes_needed
from enhance.tasks.upscale.options import BACKGROUND_MODEL, FACE_MODEL, MAX_SCALE, MEMORY, RESTORATION_MODEL, SCALE

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from enhance.inference.model import Model
    from enhance.photos.canvas import Canvas
    from enhance.photos.photo import Photo
    from enhance.photos.provenance import Stamp

    Array = NDArray[np.float32]
    Box = tuple[int, int, int, int]
    Look = Callable[[Array], list[tuple[Face, int]]]
    Choose = Callable[[Sequence[FaceCrop]], tuple[Model, str | None]]

MOST_ALIGNED = 1024
"""Pixels across a picture that is all one face: more would need memory, not invention."""


@dataclass(frozen=True)
class Redrawn:
    """A face that was found. box: left, top, right, bottom in the input's pixels; lr: pixels across its frame;
    landmarks: x and y of eyes, nose and mouth corners in the input's pixels; drawn: what was made of its cut, or of the
    whole photo where that is the face."""

    box: tuple[float, float, float, float]
    lr: int
    redrawn: bool
    landmarks: tuple[tuple[float, float], ...] = ()
    cut: FaceCrop | None = field(default=None, repr=False, compare=False)
    drawn: Array | None = field(default=None, repr=False, compare=False)

    @property
    def hr(self) -> Array | None:
        """What was drawn, upright in the face frame, (4*lr,4*lr,3). To turn it takes as long as to draw it."""
        if self.cut is None or self.drawn is None:
            return self.drawn
        return self.cut.upright(self.drawn)


@dataclass(frozen=True)
class Result:
    """An enhanced photo: the canvas with it (scale*H by scale*W), its faces, what the user should know, how well it
    agrees with the input when it is made small again (dB), what its faces and the rest of it are drawn with (None for
    bicubic), and what its file says."""

    canvas: Canvas
    faces: tuple[Redrawn, ...]
    notes: tuple[str, ...]
    lr_psnr: float
    network: Model | None = None
    rest: Model | None = None
    stamp: Stamp | None = None

    @property
    def rgb(self) -> Array:
        """The enhanced photo (scale*H, scale*W, 3) in [0,1], as a file will hold it: for small pictures."""
        return self.canvas.rgb


def upscale(
    photo: str | os.PathLike[str] | bytes | Image | NDArray[Any],
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model | None = None,
    aligned: bool = False,
    force: bool = False,
    consistent: bool | None = None,
    seed: int = 0,
    rest: str | None = BACKGROUND_MODEL,
) -> Image:
    """Enlarges a photo and redraws every face in it.

    Args:
        photo: a path, the bytes of a file, a PIL image, or an array (H,W), (H,W,3) or (H,W,4), uint8, uint16 or float
            in [0,1].
        scale: how many times larger, above 1 and up to 16.
        model: a shipped model's name (see `enhance.models()`), an .onnx file, or a loaded `Model`. None: face_x4_gan,
            but face_x4_grainy for photos that are grainy or blocky, and for faces that are blurred.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also redraws what is not a face.
        consistent: whether the larger photo, made small again, must be the input. None: unless it is grainy or blocky.
        seed: names one of the many possible answers; 0 is nearest to the truth on average, see `noise.truncation`.
        rest: the model for what is not a face; bicubic takes its place where the noise is strong. None: bicubic always.
            "photo_x4" is crisper, and invents textures.

    Returns:
        The enlarged photo in the colour space of the input (CMYK stays CMYK, which PNG cannot hold), with its
        transparency, and in `info` its profile, EXIF, XMP and dpi.

    Raises:
        PhotoError: the photo cannot be read or is too small, or the scale is out of range.
        ModelError: there is no such model.
    """
    from enhance.photos.photo import read

    result = enhance_photo(
        read(photo),
        scale=scale,
        model=model,
        aligned=aligned,
        force=force,
        consistent=consistent,
        seed=seed,
        rest=rest,
    )
    return result.canvas.image()


def enhance_photo(
    photo: Photo,
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model | None = None,
    aligned: bool = False,
    force: bool = False,
    consistent: bool | None = None,
    seed: int = 0,
    look: Look | None = None,
    rest: str | None = BACKGROUND_MODEL,
    memory: float = MEMORY,
) -> Result:
    """`upscale` for callers who want to know what was done; the same arguments and errors.

    Args:
        look: finds the faces, where `find` is not to: a video follows them from frame to frame.
        rest: the model for what is not a face; None for bicubic.
        memory: megabytes to work in, besides the photo and the result.
    """
    from enhance.inference.model import Model
    from enhance.painting import consistency
    from enhance.photos import defects

    asked = scale
    try:
        scale = float(scale)
    except (TypeError, ValueError):
        scale = float("nan")
    if not 1 < scale <= MAX_SCALE:
        raise PhotoError(f"{photo.name}: cannot be enlarged {asked} times; the scale goes from above 1 to {MAX_SCALE}")
    if seed < 0:
        raise PhotoError(f"{photo.name}: seed {seed}: seeds are whole numbers from 0 on")
    if scale > SCALE:
        how = {"model": model, "consistent": consistent, "seed": seed, "rest": rest, "memory": memory}
        return enhance_twice(photo, scale, aligned, force, look, how)
    with affording(photo):
        rgb = photo.rgb
        flaw = defects.defect(rgb)
        if rest == BACKGROUND_MODEL and defects.noise_level(rgb) > defects.ROUGH:
            rest = None
        ground = Background(photo, Model.load(rest) if rest else None, memory, seed)
        held = flaw is None if consistent is None else consistent
        choose = partial(network_for, model, mends=flaw is not None and not held)
        if aligned:
            network, faces, islands, notes = draw_aligned(photo, rgb, choose, seed, force)
        else:
            looks = look or find, force or look is not None
            network, faces, islands, notes = draw_faces(ground, rgb, choose, seed, *looks)
        if flaw and consistent is None:
            notes += (unheld(flaw),)
        around = None if aligned and faces[0].redrawn else ground.model
        notes += textured(around, flaw)
        notes += () if photo.lost is None else (photo.lost,)
        del rgb  # of a large photo, more than all that painting takes
        size = round(photo.height * scale), round(photo.width * scale)
        pair = consistency.ScaledPair((photo.height, photo.width), size)
        passes = passes_needed(ground, islands, pair) if held else 0
        canvas, agreement = paint(ground, islands, pair, passes)
    return stamped(photo, seed, Result(canvas, faces, notes, agreement, network, around))


def unheld(flaw: str) -> str:
    """What is to be known of a photo that is not kept as it is, because of a flaw."""
    return f"{flaw}: not held to every pixel of the input (--consistency does that)"


def textured(rest: Model | None, flaw: str | None) -> tuple[str, ...]:
    """What is to be known of a photo whose every part was drawn by a network that invents."""
    if rest is None or not rest.facts.invents:
        return ()
    name = rest.facts.name
    blocky = f"{name} takes grain and blocks for texture: {BACKGROUND_MODEL} suits this photo better"
    return f"{name} draws textures: what is not a face is invented detail too", *([blocky] if flaw else [])


def network_for(
    model: str | os.PathLike[str] | Model | None,
    cuts: Sequence[FaceCrop] = (),
    *,
    mends: bool = False,
) -> tuple[Model, str | None]:
    """What faces are drawn with, and why, where that is for the user to know.

    Args:
        model: what is asked for; None for what suits.
        cuts: the faces.
        mends: whether the photo is to be mended as a whole.
    """
    from enhance.inference.model import Model
    from enhance.photos import defects

    why = None
    if model is None:
        blurred = sum(defects.blurred(cut.lr, cut.size) for cut in cuts)
        if 2 * blurred > len(cuts) and not mends:
            why = f"blurred faces: drawn by {RESTORATION_MODEL}"
        model = RESTORATION_MODEL if mends or why else FACE_MODEL
    return model if isinstance(model, Model) else Model.load(model), why


@contextmanager
def affording(photo: Photo) -> Iterator[None]:
    """Says what to do where there is no memory even for the smallest parts."""
    try:
        yield
    except MemoryError:
        raise PhotoError(f"{photo.name}: does not fit in memory; close other programs, or reduce it first") from None


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
    from enhance.photos.writing import write_frames

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

    return [(face, drawing_size(face.landmarks)) for face in detection.detect(rgb)]


def draw_aligned(
    photo: Photo, rgb: Array, choose: Choose, seed: int, force: bool
) -> tuple[Model | None, tuple[Redrawn, ...], tuple[Patch, ...], tuple[str, ...]]:
    """The whole photo as one face in its frame; left alone if it is none and nobody forces it to be.

    Raises:
        PhotoError: it is too large for that.
    """

    if max(photo.height, photo.width) > MOST_ALIGNED:
        raise PhotoError(
            f"{photo.name}: is too large to be one face ({photo.width}x{photo.height}); "
            f"reduce it to {MOST_ALIGNED} pixels, or leave out --aligned"
        )
    landmarks = verification.aligned_landmarks(photo.height, photo.width)
    why = None if force else verification.rejection_reason(rgb, landmarks)
    box = (0.0, 0.0, float(photo.width), float(photo.height))
    face = Redrawn(box, max(photo.height, photo.width), why is None, points(landmarks))
    if why:
        return None, (face,), (), (f"{why}: not redrawn as one (--aligned --force draws a face from anything)",)
    cut = crops.aligned_crop(rgb)
    network, note = choose([cut])
    hr = draw(network, [cut], seed)[0]
    return network, (replace(face, drawn=hr),), (Patch(0, 0, hr),), (note,) if note else ()


def draw_faces(
    ground: Background, rgb: Array, choose: Choose, seed: int, look: Look, force: bool
) -> tuple[Model | None, tuple[Redrawn, ...], tuple[Patch, ...], tuple[str, ...]]:
    """Redraws every face that the network can reach.

    Args:
        force: also redraws what is found but does not look like a face.

    Returns:
        What drew the faces, those that were found, the parts of the larger photo in which they were drawn, and what the
        user should know.
    """
    from enhance.painting import tiles

    asked = (
        (face, size, None if force or not size else verification.rejection_reason(rgb, face.landmarks))
        for face, size in look(rgb)
    )
    # What the detector had doubted, and the gate denies, nobody need hear of.
    looked = [(face, size, why) for face, size, why in asked if not (why and face.low_confidence)]
    found = [face for face, _, _ in looked]
    refused = [why for _, _, why in looked]
    sizes = [0 if why else size for _, size, why in looked]
    # The largest is drawn last: it is the nearest to the camera, and lies over the others.
    order = sorted((n for n, size in enumerate(sizes) if size), key=lambda n: geometry.face_size(found[n].landmarks))
    cuts = [crops.crop_face(rgb, found[n].landmarks, sizes[n]) for n in order]
    network, note = choose(cuts)
    drawn = draw(network, cuts, seed)
    photo = 0, 0, ground.photo.width, ground.photo.height
    islands = []
    for box, members in tiles.united([inside(cut, photo) for cut in cuts]):
        hr = ground.part(*box)
        for member in members:
            paste_face(hr, box, cuts[member], drawn[member], ground.scale)
        islands.append(Patch(box[0], box[1], hr))
    made = dict(zip(order, zip(cuts, drawn, strict=True), strict=True))
    told = tuple(
        Redrawn(
            face.box,
            size or round(geometry.face_size(face.landmarks)),
            bool(size),
            points(face.landmarks),
            *made.get(n, ()),
        )
        for n, (face, size) in enumerate(zip(found, sizes, strict=True))
    )
    notes = [note] if note else []
    if not found:
        notes.append("no face found (--aligned --force draws a face from anything)")
    for why in sorted({why for why in refused if why}):
        notes += [f"{refused.count(why)} of {len(found)} faces left alone: {why} (--force redraws)"]
    beyond = sum(not size for _, size, _ in looked)
    if beyond:
        notes.append(f"{beyond} of {len(found)} faces are too large to need redrawing")
    return network, told, tuple(islands), tuple(notes)


def inside(cut: FaceCrop, box: Box) -> Box:
    """The part of a cut that lies in a box of the photo."""
    height, width = cut.lr.shape[:2]
    left, right = (min(max(x, box[0]), box[2]) for x in (cut.left, cut.left + width))
    top, bottom = (min(max(y, box[1]), box[3]) for y in (cut.top, cut.top + height))
    return left, top, right, bottom


def slices(box: Box, left: int, top: int, scale: int) -> tuple[slice, slice]:
    """Rows and columns of a box of the photo in an enlargement that begins at the photo's pixel (left, top)."""
    rows, columns = (scale * (box[1] - top), scale * (box[3] - top)), (scale * (box[0] - left), scale * (box[2] - left))
    return slice(*rows), slice(*columns)


def paste_face(hr: Array, box: Box, cut: FaceCrop, drawn: Array, scale: int) -> None:
    """Pastes a drawn face into hr, the enlarged part of the photo in `box`."""

    here = inside(cut, box)
    if here[0] == here[2] or here[1] == here[3]:
        return
    to_frame = geometry.enlarge_transform(
        geometry.shift_transform(cut.to_frame, here[0] - cut.left, here[1] - cut.top), scale
    )
    crops.paste(hr[slices(here, *box[:2], scale)], drawn[slices(here, cut.left, cut.top, scale)], to_frame)


def enhance_twice(
    photo: Photo, scale: float, aligned: bool, force: bool, look: Look | None, how: dict[str, Any]
) -> Result:
    """More than four times larger: the photo is enhanced, and the result is enhanced again, by what is missing."""
    import numpy as np

    from enhance.pixels import to_float

    plain = replace(photo, icc=None, exif=None, grey=False, alpha=None)
    once = enhance_photo(plain, scale=SCALE, aligned=aligned, force=force, look=look, **how)
    top = np.iinfo(photo.pixels.dtype).max
    alpha = photo.alpha
    if alpha is not None:
        alpha = np.round(bicubic(to_float(alpha)[..., None], SCALE)[..., 0] * np.float32(top)).astype(alpha.dtype)
    pixels = np.round(once.rgb * np.float32(top)).astype(photo.pixels.dtype)
    if aligned and max(pixels.shape) > MAX_FACE_SIZE:
        aligned, look = False, lambda _: []
    between = replace(photo, pixels=pixels, alpha=alpha)
    again = enhance_photo(between, scale=scale / SCALE, aligned=aligned, force=aligned, look=look, **how)
    agreement = min(again.lr_psnr, once.lr_psnr)
    notes = once.notes if once.rest else once.notes + textured(again.rest, None)
    result = Result(again.canvas, once.faces, notes, agreement, once.network, again.rest)
    return stamped(photo, how["seed"], result)


def stamped(photo: Photo, seed: int, result: Result) -> Result:
    """The result with a canvas whose file says what was done."""
    from enhance.photos import provenance

    boxes = [face.box for face in result.faces if face.redrawn]
    drawn_by = result.network if boxes else None, result.rest
    stamp = provenance.stamp(photo, drawn_by, seed, result.lr_psnr, boxes, result.canvas)
    most = provenance.MOST_IN_JPEG if photo.format == "JPEG" else None
    result.canvas.info["xmp"] = provenance.stamped(result.canvas.info.get("xmp"), stamp, most)
    return replace(result, stamp=stamp)


def points(landmarks: NDArray[np.floating]) -> tuple[tuple[float, float], ...]:
    """Landmarks (5,2) as numbers that compare and can be written to a file."""
    return tuple((float(x), float(y)) for x, y in landmarks)


def eight_bit(rgb: Array) -> Array:
    """As a file with 8 bits a channel will hold it."""
    import numpy as np

    return (np.round(rgb * 255) / 255).astype(np.float32)
