"""Drawing of faces, many at a time, with one network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.faces.crops import FaceCrop, paste_crop
from enhance.faces.detection import Face
from enhance.faces.geometry import enlarge_transform, face_size
from enhance.inference.model import Model
from enhance.inference.noise import noise_rng, truncation
from enhance.painting.background import Background
from enhance.painting.bands import Patch
from enhance.painting.consistency import back_project
from enhance.painting.restoration import is_grey
from enhance.painting.tiles import united
from enhance.pixels import Array, Box, resize, without_colours

MAX_FACE_SIZE = 96
"""Pixels across the face frame up to which a face is redrawn: half as many again as the networks were trained on."""
_REFINEMENT = 1.5
"""How many times larger a face is when it is drawn once more."""


@dataclass(frozen=True, eq=False)
class FaceJob:
    """A face of a photo, and what is to be made, or was made, of it.

    Attributes:
        face: as it was found.
        crop: what it is drawn from; None where it is left alone.
        reason: why it is left alone; None if it is redrawn.
        share: how much of what is drawn is pasted, in (0,1]; the rest is the enlarged photo.
        drawn: what was drawn of its crop, (scale*h,scale*w,3) in [0,1]; None before, and where it is left alone.
    """

    face: Face
    crop: FaceCrop | None = None
    reason: str | None = None
    share: float = 1.0
    drawn: Array | None = None

    @property
    def box(self) -> Box:
        """Left, top, right, bottom in the photo's pixels."""
        return self.face.box

    @property
    def redrawn(self) -> bool:
        """Whether it is drawn, and not left alone."""
        return self.reason is None

    @property
    def reduced(self) -> bool:
        """Whether it is drawn from fewer pixels than it has."""
        return self.crop is not None and self.crop.reduction > 1

    @property
    def size(self) -> int:
        """Pixels across the face frame: those it is drawn from, or those that it has."""
        return round(face_size(self.face.landmarks)) if self.crop is None else self.crop.size

    def upright(self) -> Array | None:
        """What was drawn, upright in the face frame, (scale*size,scale*size,3). It takes as long as to draw it."""
        return None if self.crop is None or self.drawn is None else self.crop.upright(self.drawn)


def draw_jobs(model: Model, jobs: Sequence[FaceJob], seed: int) -> list[FaceJob]:
    """The same faces, with what a model draws of those that are to be redrawn."""
    crops = [job.crop for job in jobs if job.redrawn and job.crop is not None]
    drawn = iter(draw_crops(model, crops, seed))
    return [replace(job, drawn=next(drawn)) if job.redrawn and job.crop is not None else job for job in jobs]


def paste_jobs(jobs: Sequence[FaceJob], background: Background, share: float = 1.0) -> list[Patch]:
    """The parts of a background in which faces were drawn, with these.

    Args:
        share: how much of each is pasted, in [0,1], times its own share; the rest is what the background shows there.
    """
    # The largest is pasted last: it is the nearest to the camera, and lies over the others.
    jobs = sorted((job for job in jobs if job.redrawn), key=lambda job: face_size(job.face.landmarks))
    drawn_jobs = [(job.crop, job.drawn, job.share) for job in jobs if job.crop is not None and job.drawn is not None]
    photo = 0, 0, background.photo.width, background.photo.height
    patches = []
    for box, members in united([crop.inside(photo) for crop, _, _ in drawn_jobs]):
        hr = background.part(*box)
        for crop, drawn, own_share in (drawn_jobs[member] for member in members):
            paste_crop(hr, box, crop, drawn, share * own_share)
        patches.append(Patch(box[0], box[1], hr))
    return patches


def paste_whole(jobs: Sequence[FaceJob], background: Background, share: float = 1.0) -> list[Patch]:
    """All of a background with what was drawn of a photo that is one face.

    Args:
        share: as for `paste_jobs`.
    """
    patches = []
    for drawn in (job.drawn for job in jobs if job.drawn is not None):
        plain = drawn if share == 1 else background.part(0, 0, background.photo.width, background.photo.height)
        patches.append(Patch(0, 0, plain + np.float32(share) * (drawn - plain) if share < 1 else drawn))
    return patches


def drawing_size(landmarks: NDArray[np.floating]) -> int:
    """Pixels across the frame from which a face with landmarks (5,2) is drawn; 0 if it is too large to need it."""
    size = face_size(landmarks)
    return 0 if size > MAX_FACE_SIZE else max(round(size), 1)


def draw_crops(
    model: Model, crops: Sequence[FaceCrop], seed: int, shared: NDArray[np.floating] | None = None
) -> list[Array]:
    """Faces as a model draws them, (scale*h,scale*w,3) in [0,1] for crops (h,w,3).

    What is drawn of a reduced crop is enlarged by bicubic to where it belongs. A face without colours stays so.

    Args:
        shared: numbers in the place of the noise that is one for the whole face, as many as the model has
            `shared_noise`; None: those of the seed.
    """
    small = [crop.reduced() for crop in crops]
    drawn = [
        _refined(model, crop, hr, seed, shared)
        for crop, hr in zip(small, _draw(model, small, seed, shared), strict=True)
    ]
    sizes = [
        (hr.shape[1] * crop.reduction, hr.shape[0] * crop.reduction) for hr, crop in zip(drawn, crops, strict=True)
    ]
    pairs = zip(drawn, crops, sizes, strict=True)
    larger = [hr if crop.reduction == 1 else np.clip(resize(hr, size), 0, 1) for hr, crop, size in pairs]
    return [without_colours(hr) if is_grey(crop.lr) else hr for hr, crop in zip(larger, crops, strict=True)]


def _refined(model: Model, crop: FaceCrop, drawn: Array, seed: int, shared: NDArray[np.floating] | None) -> Array:
    """What was drawn of a small crop, drawn once more from more pixels of itself, if the model asks for that.

    A face that is drawn from few pixels has eyes that do not match; drawn again from what it shows, larger, they do.
    What was given is kept.
    """
    if crop.size >= model.facts.refined_below:
        return drawn
    # As it was taught: means of squares, and no side that has to be padded. With others it draws worse.
    multiple = model.facts.multiple
    height, width = (max(int(_REFINEMENT * side) // multiple * multiple, side) for side in crop.lr.shape[:2])
    times = width / crop.lr.shape[1]
    lr = resize(drawn, (width, height), method=Image.Resampling.BOX)
    to_frame = enlarge_transform(crop.to_frame, times)
    (drawn,) = _draw(model, [replace(crop, lr=lr, to_frame=to_frame, size=round(times * crop.size))], seed, shared)
    height, width = (model.facts.scale * side for side in crop.lr.shape[:2])
    return back_project(np.clip(resize(drawn, (width, height)), 0, 1), crop.lr, model.facts.scale)


def _draw(model: Model, crops: Sequence[FaceCrop], seed: int, shared: NDArray[np.floating] | None) -> list[Array]:
    """The same for crops that are not reduced; those of one shape are one batch."""
    channels = model.facts.noise_channels
    drawn: list[Array] = [np.empty(0, np.float32)] * len(crops)
    for shape in {crop.lr.shape for crop in crops}:
        members = [n for n, crop in enumerate(crops) if crop.lr.shape == shape]
        lr = np.stack([np.rot90(crops[n].lr, crops[n].quarter_turns).transpose(2, 0, 1) for n in members])
        places = np.stack([np.rot90(crops[n].coordinates, crops[n].quarter_turns, (1, 2)) for n in members])
        noise = [
            truncation(model.facts, seed, place[2, 0, 0])
            * face_noise(place, channels, crops[n].size, seed, model.facts.mirrored_noise)
            for place, n in zip(places, members, strict=True)
        ]
        if shared is not None:
            for planes in noise:
                # The network takes their mean times the root of how many pixels there are.
                planes[len(planes) - len(shared) :] = shared[:, None, None] / np.sqrt(planes[0].size)
        batch = model(lr, noise=np.stack(noise), place=places).transpose(0, 2, 3, 1)
        for n, hr in zip(members, batch, strict=True):
            drawn[n] = np.rot90(hr, -crops[n].quarter_turns)
    return drawn


def face_noise(place: Array, channels: int, size: int, seed: int, mirrored: int = 0) -> Array:
    """Noise (channels,h,w) that is fixed to the face frame, at the coordinates `place` (3,h,w).

    A face that moves through the pixels of a video takes its noise along, and is drawn alike.

    Args:
        size: pixels across the frame.
        mirrored: the first so many channels are their own mirror image.
    """
    field = noise_rng(seed).standard_normal((channels, 2 * size, 2 * size), dtype=np.float32)
    field[:mirrored] = (field[:mirrored] + field[:mirrored, :, ::-1]) * np.float32(np.sqrt(0.5))
    x, y = np.clip(np.floor((place[:2] + 2) / 2 * size).astype(int), 0, 2 * size - 1)
    return field[:, y, x]
