"""The result of enlarging a photo: the picture, how it was made, and notes for the user."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
from PIL import Image

from enhance.counts import counted
from enhance.faces.crops import slices
from enhance.faces.drawing import FaceJob
from enhance.inference.model import Model
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo
from enhance.photos.provenance import Stamp
from enhance.photos.writing import write
from enhance.pixels import Array, Integers
from enhance.tasks.upscale.options import BACKGROUND_MODEL, UpscaleOptions

TOO_LARGE = "too large to need redrawing"
"""Why a face is left alone that has more pixels than a network would give it."""
AT_ITS_SIZE = "sharp enough for its size"
"""Why a face is left alone in a photo that is not enlarged."""
NOT_CHOSEN = "not asked for"
"""Why a face is left alone that was not asked for."""


@dataclass(frozen=True, eq=False)
class Result:
    """An enhanced photo.

    Attributes:
        canvas: the picture, scale*H by scale*W.
        lr_psnr: how well it agrees with the input when it is made small again, in dB.
        options: what was asked for.
        faces: all that were found, redrawn or not.
        model: what its faces are drawn with; None if there is nothing to draw.
        background: what the rest of it is drawn with; None for bicubic, and where all of it is a face.
        details: what some of the rest's detail is drawn with, in a photo that is bad.
        restorer: what restored the photo before it was enlarged; None if it needed no restoration.
        model_reason: why this model was chosen, where that is for the user to know.
        defect: what about the photo should not be kept, in words; None if all of it may be.
        lost: what of the photo's file could not be read, in words.
        frames: how many pictures were enhanced; this is the first.
        redrawn_frames: in how many of several faces were redrawn.
        stamp: what its file says.
        invented: the share of the picture, in [0,1], over which a network invented detail; of several the most.
    """

    canvas: Canvas
    lr_psnr: float
    options: UpscaleOptions
    faces: tuple[FaceJob, ...] = ()
    model: Model | None = None
    background: Model | None = None
    details: tuple[Model, ...] = ()
    restorer: Model | None = None
    model_reason: str | None = None
    defect: str | None = None
    lost: str | None = None
    frames: int = 1
    redrawn_frames: int = 0
    stamp: Stamp | None = None
    invented: float = 0.0

    @property
    def agreement(self) -> float:
        """How well it agrees with the input when it is made small again, in dB."""
        return self.lr_psnr

    @property
    def array(self) -> Integers:
        """The picture, (h,w) if it is grey and else (h,w,C), uint16 if the photo had 16 bits a channel, else uint8."""
        return self.canvas.array

    def image(self) -> Image.Image:
        """The picture with 8 bits a channel, as `enhance.upscale` gives it."""
        return self.canvas.image()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture with all that its file says, and with 16 bits a channel where it and the format have them.

        Raises:
            PhotoError: no format has this ending, or the file cannot be written.
        """
        write(self.canvas, path)

    def facts(self) -> dict[str, Any]:
        """What was done, as JSON can hold it."""
        return {
            "size": [self.canvas.width, self.canvas.height],
            "faces": [
                {
                    "number": number,
                    "box": [round(edge, 1) for edge in job.box],
                    "pixels": job.size,
                    "redrawn": job.redrawn,
                    "reason": job.reason,
                }
                for number, job in enumerate(self.faces, 1)
            ],
            "models": [one.facts.name for one in (self.model, *self.rest) if one is not None],
            "invented": round(self.invented, 4),
            "agreement": round(self.lr_psnr, 2) if isfinite(self.lr_psnr) else None,
            "notes": list(self.notes),
        }

    @property
    def inventive(self) -> Model | None:
        """What invented detail all over the picture, the finest of it; None if nothing did."""
        return next((one for one in (*reversed(self.details), self.background) if one and one.facts.invents), None)

    @property
    def rest(self) -> tuple[Model | None, ...]:
        """What all of the picture but its faces went through."""
        return self.background, *self.details, self.restorer

    @property
    def rgb(self) -> Array:
        """The enhanced photo (scale*H, scale*W, 3) in [0,1], as a file will hold it: for small pictures."""
        return self.canvas.rgb

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return notes_of(self)


def with_record(photo: Photo, result: Result) -> Result:
    """The result with a canvas whose file says what was done."""
    boxes = [job.box for job in result.faces if job.redrawn]
    drawn_by = (result.model if boxes else None, *result.rest)
    stamp = provenance.stamp(photo, drawn_by, result.options.seed, result.lr_psnr, boxes, result.canvas)
    stamp = replace(stamp, fidelity=result.options.fidelity if boxes else 0.0)
    provenance.write_stamp(result.canvas, stamp)
    return replace(result, stamp=stamp, invented=_invented(photo, result))


def _invented(photo: Photo, result: Result) -> float:
    """The share of a photo over which detail was invented."""
    if result.inventive is not None:
        return 1.0
    covered = np.zeros((photo.height, photo.width), bool)
    for job in result.faces:
        if job.redrawn and job.crop is not None:
            here = left, top, right, bottom = job.crop.inside((0, 0, photo.width, photo.height))
            whole = result.options.aligned
            mask = job.crop.mask(1)[slices(here, job.crop.left, job.crop.top, 1)] > 0
            covered[top:bottom, left:right] |= mask | whole
    return float(covered.mean())


def notes_of(result: Result) -> tuple[str, ...]:
    """What the user should know of a result."""
    faces = f", faces redrawn in {result.redrawn_frames} of them" if result.redrawn_frames else ""
    notes = [f"{result.frames} frames, each drawn by itself{faces}"] if result.frames > 1 else []
    notes += [result.model_reason] if result.model_reason else []
    reasons = [job.reason for job in result.faces if job.reason]
    if result.options.aligned:
        notes += [f"{reason}: not redrawn as one (--aligned --force draws a face from anything)" for reason in reasons]
    elif result.model and not result.faces and not result.redrawn_frames:
        notes.append("no face found (--aligned --force draws a face from anything)")
    else:
        count = len(result.faces)
        faces_found = counted(count, "face")
        if NOT_CHOSEN in reasons:
            notes.append(f"{reasons.count(NOT_CHOSEN)} of {faces_found} left alone, as asked")
        for number in result.options.face_numbers or ():
            if number > count:
                notes.append(f"there is no face {number}: {count} found")
        for reason in sorted({*reasons} - {TOO_LARGE, NOT_CHOSEN}):
            notes.append(f"{reasons.count(reason)} of {faces_found} left alone: {reason} (--force redraws)")
        if TOO_LARGE in reasons:
            large = reasons.count(TOO_LARGE)
            notes.append(f"{large} of {faces_found} {'is' if large == 1 else 'are'} {TOO_LARGE}")
    if result.defect and result.options.consistent is None:
        notes.append(inconsistency_note(result.defect))
    notes += texture_notes(result.inventive, result.defect)
    return (*notes, *([result.lost] if result.lost else []))


def inconsistency_note(defect: str) -> str:
    """Return the note on a photo that is not kept as it is, because of a defect."""
    return f"{defect}: not held to every pixel of the input (--consistency does that)"


def texture_notes(background: Model | None, defect: str | None) -> list[str]:
    """Return notes on a photo whose every part was drawn by a network that invents."""
    if background is None or not background.facts.invents:
        return []
    name = background.facts.name
    notes = [f"{name} draws textures: what is not a face is invented detail too"]
    if defect and not background.facts.restores:
        notes.append(f"{name} takes grain and blocks for texture: {BACKGROUND_MODEL} suits this photo better")
    return notes
