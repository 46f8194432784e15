"""A photo with a hole filled: what the hole may have shown, and every other pixel as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from enhance.counts import counted
from enhance.errors import PhotoError
from enhance.inference import sessions
from enhance.options import problem
from enhance.painting.restoration import is_grey
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, Source, read
from enhance.photos.provenance import Stamp
from enhance.pixels import Array, luma, to_float
from enhance.tasks.fill import faces, patches
from enhance.tasks.fill import painter as painting
from enhance.tasks.fill.faces import Completed
from enhance.tasks.fill.hole import HoleBox, MaskLike, with_hole
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.options import FillOptions
from enhance.tasks.fill.painter import FACE_FILL, PHOTO_FILL, PHOTO_MEND, Painter

SMOOTH = "OpenCV's Navier-Stokes"
LARGEST_FACE = 512
"""A picture that is one face in its frame has at most so many pixels a side."""


@dataclass(frozen=True, eq=False)
class Filled:
    """A photo with its hole filled.

    Attributes:
        canvas: the whole photo, ready to be written.
        hole: (H,W), where it was filled.
        faces: those that were completed.
        notes: what the user should know.
        stamp: what its file says of it.
    """

    canvas: Canvas
    hole: Hole
    faces: tuple[Completed, ...]
    notes: tuple[str, ...]
    stamp: Stamp

    @property
    def rgb(self) -> Array:
        """All of it, (H,W,3) in [0,1]."""
        return self.canvas.rgb

    def sentence(self) -> str:
        """Return what was filled, in one line."""
        count = int(self.hole.sum())
        share = 100 * count / self.hole.size
        faces = f", {counted(len(self.faces), 'face')} completed" if self.faces else ""
        invented = f"{counted(count, 'pixel')} ({share:.1f} %) {'is' if count == 1 else 'are'} invented"
        return f"{invented}{faces}; every other pixel is as it was"


def fill(
    photo: Source,
    mask: MaskLike | None = None,
    *,
    boxes: Sequence[HoleBox] = (),
    device: str | None = None,
    **options: Any,
) -> Any:
    """Fill a hole in a photo.

    Args:
        photo: a file's path or bytes, an open file, a PIL image, or an array (H,W), (H,W,3) or (H,W,4).
        mask: a picture of the same size, white where the photo is to be filled; or an array (H,W) of booleans. Without
            mask and boxes, what is more than half transparent is filled.
        boxes: (left, top, width, height) of further holes.
        device: what the networks run on, as for `upscale`.
        options: of `FillOptions`, by name.

    Returns:
        The whole photo as a PIL image with 8 bits a channel, or of an array of uint16 as such an array; outside the
        hole it is what it was.

    Raises:
        PhotoError: the photo or the mask cannot be used; the message says why.
    """
    with sessions.on_device(device):
        return fill_photo(read(photo), mask, boxes, FillOptions(**options)).canvas.as_given(photo)


def fill_photo(
    photo: Photo, mask: MaskLike | None = None, boxes: Sequence[HoleBox] = (), options: FillOptions | None = None
) -> Filled:
    """`fill` for callers who want to know what was done; the same errors."""
    options = options or FillOptions()
    if (wrong := problem(options)) is not None:
        raise PhotoError(f"{photo.name}: {wrong}")
    photo, hole = with_hole(photo, mask, boxes, scratches=options.scratches)
    grey = without_colours(photo, hole)
    regions = [] if options.aligned else painting.regions(hole)
    completed: list[Completed] = []
    canvas = Canvas(photo, photo.width, photo.height)
    for top in range(0, photo.height, 256):
        canvas.put(0, top, to_float(photo.pixels[top : top + 256]))
    try:
        if options.aligned:
            output, one = whole_face(photo, hole, options.seed)
            completed.append(one)
            rgb = np.where(hole[..., None], output, photo.rgb)
            canvas.put(0, 0, _discoloured(rgb, hole) if grey else rgb)
        else:
            for left, top, right, bottom in regions:
                here = slice(top, bottom), slice(left, right)
                rgb = to_float(photo.pixels[here])
                drawn = fill_region(rgb, hole[here], options)
                completed += [_moved(face, left, top) for face in drawn]
                canvas.put(left, top, _discoloured(rgb, hole[here]) if grey else rgb)
    except MemoryError:
        raise PhotoError(f"{photo.name}: does not fit in memory; close other programs, or fill a part of it") from None
    stamp = stamp_of(
        hole,
        used([hole[top:bottom, left:right] for left, top, right, bottom in regions], completed, options),
        options.seed,
    )
    provenance.write_stamp(canvas, stamp)
    return Filled(canvas, hole, tuple(completed), photo.left_out, stamp)


def without_colours(photo: Photo, hole: Hole) -> bool:
    """Whether a photo is grey outside of the hole: what is drawn in it has no colours then, either."""
    some = slice(None, None, max(1, photo.height // 512))
    rgb = to_float(photo.pixels[some])
    rgb[hole[some]] = 0
    return is_grey(rgb)


def _discoloured(rgb: Array, hole: Hole) -> Array:
    """The picture (H,W,3) itself, whose hole has lost its colours."""
    rgb[hole] = luma(rgb[hole])[:, None]
    return rgb


def fill_region(rgb: Array, hole: Hole, options: FillOptions) -> list[Completed]:
    """Fill the hole (H,W) of a part of a photo (H,W,3) in [0,1]; the faces that were completed in it."""
    if options.rest == "smooth":
        painting.diffuse(rgb, hole)
    elif options.rest == "patches":
        patches.fill_by_patches(rgb, hole, options.seed)
    else:
        painting.fill_by_network(Painter.load(PHOTO_FILL), rgb, hole, options.seed)
    completed = []
    if not options.no_faces:
        for face in faces.around_hole(rgb, hole):
            one = faces.complete_face(rgb, hole, face, options.seed)
            if one is not None:
                completed.append(one)
    return completed


def whole_face(photo: Photo, hole: Hole, seed: int) -> tuple[Array, Completed]:
    """A photo that is one face in its frame, (S,S,3) in [0,1].

    Raises:
        PhotoError: it is not square, or too large.
    """
    if photo.width != photo.height or photo.width > LARGEST_FACE:
        raise PhotoError(
            f"{photo.name}: is {photo.width}x{photo.height}; a face in its frame is square, "
            f"{LARGEST_FACE} pixels at most"
        )
    output = faces.complete(Painter.load(FACE_FILL), photo.rgb, hole, photo.width, seed)
    side = float(photo.width)
    return output, faces.Completed((0.0, 0.0, side, side), float(hole.mean()), photo.width)


def _moved(face: Completed, right: int, down: int) -> Completed:
    """The same face in a photo of which its part begins at (right, down)."""
    left, top, right_, bottom = face.box
    return replace(face, box=(left + right, top + down, right_ + right, bottom + down))


def used(parts: Sequence[Hole], completed: Sequence[Completed], options: FillOptions) -> dict[str, str]:
    """Return what filled the parts (H,W) of a hole: names of networks and packages, with the beginnings of their
    digests, or versions."""
    rest = "" if options.aligned else options.rest
    copied = rest == "patches" and any(map(patches.are_copied, parts))
    helped = rest == "patches" and any(
        part.size > patches.MOST_AT_ONCE or not patches.are_copied(part) for part in parts
    )
    refined = any(face.size > faces.FRAMES[-1] for face in completed)
    drew = [FACE_FILL] * bool(completed) + [PHOTO_FILL] * (helped or refined or rest == "network")
    drew += [PHOTO_MEND] * copied
    digests = {name: provenance.version_of(Painter.load(name).model) for name in drew}
    if rest == "smooth":
        digests[SMOOTH] = cv2.__version__
    return digests


def stamp_of(hole: Hole, drew: Mapping[str, str], seed: int) -> Stamp:
    """What is said of a filled photo: what drew, and in which boxes."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=8)
    parts = stats[1:count]
    order = np.argsort(-parts[:, 4])[:32]
    boxes = tuple((x, y, x + w, y + h) for x, y, w, h, _ in parts[order].tolist())
    names, digests = provenance.AND.join(drew), provenance.AND.join(drew.values())
    return Stamp(provenance.software(), names, digests, seed, float("inf"), boxes, part="hole")
