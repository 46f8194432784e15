"""Faces that were found before: drawn again in a part of their photo, they are the same faces with the same pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from enhance.counts import counted
from enhance.faces.crops import crop_face
from enhance.faces.detection import Face, shift_face
from enhance.faces.drawing import FaceJob
from enhance.pixels import Array, Box


def no_such_face(number: int, count: int) -> str:
    """Return what to say to whoever asks for a face beyond those `count` that were found."""
    return f"{counted(count, 'face') if count else 'no faces'} found, so there is no face {number} to draw"


@dataclass(frozen=True)
class KnownFace:
    """A face of a photo, without any of its pixels.

    Attributes:
        face: as it was found.
        size: pixels across the face frame: those it is drawn from, or those that it has.
        reduction: by which whole number it is made smaller before it is drawn.
        reason: why it is left alone; None if it is redrawn.
        share: how much of what is drawn is pasted.
        number: its place among the faces of the photo, 1 being the largest.
    """

    face: Face
    size: int
    reduction: int = 1
    reason: str | None = None
    share: float = 1.0
    number: int = 1

    @classmethod
    def of(cls, job: FaceJob, number: int) -> KnownFace:
        """Return what is remembered of a face."""
        return cls(job.face, job.size, 1 if job.crop is None else job.crop.reduction, job.reason, job.share, number)

    def shifted(self, left: int, top: int) -> KnownFace:
        """The same face in the part of its photo that begins at (left, top)."""
        return replace(self, face=shift_face(self.face, -left, -top))

    def job(self, rgb: Array) -> FaceJob:
        """The face in a photo (H,W,3) in [0,1], or in the part that it was shifted to."""
        crop = None if self.reason else crop_face(rgb, self.face.landmarks, self.size, self.reduction)
        return FaceJob(self.face, crop, self.reason, self.share)

    def within(self, box: Box) -> bool:
        """Whether its middle lies in a box of the photo."""
        left, top, right, bottom = self.face.box
        return box[0] <= (left + right) / 2 < box[2] and box[1] <= (top + bottom) / 2 < box[3]
