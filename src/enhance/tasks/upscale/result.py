"""What came of a photo: the picture, how it was made, and what the user should know of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from enhance.faces.drawing import FaceJob
from enhance.inference.model import Model
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo
from enhance.photos.provenance import Stamp
from enhance.tasks.upscale.options import BACKGROUND_MODEL, UpscaleOptions

Array = NDArray[np.float32]

TOO_LARGE = "too large to need redrawing"
"""Why a face is left alone that has more pixels than a network would give it."""
AT_ITS_SIZE = "sharp enough for its size"
"""Why a face is left alone in a photo that is not enlarged."""


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
        model_reason: why this model was chosen, where that is for the user to know.
        defect: what about the photo should not be kept, in words; None if all of it may be.
        lost: what of the photo's file could not be read, in words.
        frames: how many pictures were enhanced; this is the first.
        stamp: what its file says.
    """

    canvas: Canvas
    lr_psnr: float
    options: UpscaleOptions
    faces: tuple[FaceJob, ...] = ()
    model: Model | None = None
    background: Model | None = None
    model_reason: str | None = None
    defect: str | None = None
    lost: str | None = None
    frames: int = 1
    stamp: Stamp | None = None

    @property
    def rgb(self) -> Array:
        """The enhanced photo (scale*H, scale*W, 3) in [0,1], as a file will hold it: for small pictures."""
        return self.canvas.rgb

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return notes_of(self)


def stamped(photo: Photo, result: Result) -> Result:
    """The result with a canvas whose file says what was done."""
    boxes = [job.box for job in result.faces if job.redrawn]
    drawn_by = result.model if boxes else None, result.background
    stamp = provenance.stamp(photo, drawn_by, result.options.seed, result.lr_psnr, boxes, result.canvas)
    most = provenance.MOST_IN_JPEG if photo.format == "JPEG" else None
    result.canvas.info["xmp"] = provenance.stamped(result.canvas.info.get("xmp"), stamp, most)
    return replace(result, stamp=stamp)


def notes_of(result: Result) -> tuple[str, ...]:
    """What the user should know of a result."""
    notes = [f"{result.frames} frames, each drawn by itself"] if result.frames > 1 else []
    notes += [result.model_reason] if result.model_reason else []
    reasons = [job.reason for job in result.faces if job.reason]
    if result.options.aligned:
        notes += [f"{reason}: not redrawn as one (--aligned --force draws a face from anything)" for reason in reasons]
    elif result.model and not result.faces:
        notes.append("no face found (--aligned --force draws a face from anything)")
    else:
        count = len(result.faces)
        for reason in sorted({*reasons} - {TOO_LARGE}):
            notes.append(f"{reasons.count(reason)} of {count} faces left alone: {reason} (--force redraws)")
        if TOO_LARGE in reasons:
            notes.append(f"{reasons.count(TOO_LARGE)} of {count} faces are {TOO_LARGE}")
    if result.defect and result.options.consistent is None:
        notes.append(inconsistency_note(result.defect))
    notes += texture_notes(result.background, result.defect)
    return (*notes, *([result.lost] if result.lost else []))


def inconsistency_note(defect: str) -> str:
    """What is to be known of a photo that is not kept as it is, because of a defect."""
    return f"{defect}: not held to every pixel of the input (--consistency does that)"


def texture_notes(background: Model | None, defect: str | None) -> list[str]:
    """What is to be known of a photo whose every part was drawn by a network that invents."""
    if background is None or not background.facts.invents:
        return []
    name = background.facts.name
    notes = [f"{name} draws textures: what is not a face is invented detail too"]
    if defect:
        notes.append(f"{name} takes grain and blocks for texture: {BACKGROUND_MODEL} suits this photo better")
    return notes
