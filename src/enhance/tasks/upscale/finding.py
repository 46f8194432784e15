"""Which faces of a photo are redrawn, each with what it is drawn from, and why the others are left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from enhance.errors import PhotoError
from enhance.faces import detection, verification
from enhance.faces.crops import aligned_crop, crop_face
from enhance.faces.detection import Face
from enhance.faces.drawing import FaceJob, drawing_size
from enhance.faces.known import KnownFace
from enhance.faces.resolution import drawn_share, effective_reduction
from enhance.photos.photo import Photo
from enhance.pixels import Array
from enhance.tasks.upscale.options import UpscaleOptions
from enhance.tasks.upscale.result import NOT_CHOSEN, TOO_LARGE

Look = Callable[[Array], list[tuple[Face, int]]]
"""Finds the faces of a picture, each with the pixels across its frame to draw it from (0: not at all)."""

MAX_ALIGNED = 1024
"""Pixels across a picture that is all one face: more would need memory, not invention."""


def jobs_of(
    photo: Photo,
    rgb: Array,
    options: UpscaleOptions,
    look: Look | None = None,
    known_faces: Sequence[KnownFace] | None = None,
    grain: float = 0.0,
) -> list[FaceJob]:
    """The faces of a photo, the largest first, as the options choose among them.

    Args:
        rgb: the photo (H,W,3) in [0,1], restored.
        look, known_faces: as for `enhance.enhance_photo`.
        grain: standard deviation of what noise has left in it.

    Raises:
        PhotoError: all of it is to be one face, and it is too large for that.
    """
    if options.aligned:
        jobs = [aligned_job(photo, rgb, options.force)]
    elif known_faces is not None:
        jobs = [one.job(rgb) for one in known_faces]
    else:
        jobs = find_jobs(rgb, look, options.force, grain)
    wanted = options.face_numbers
    if wanted is None:
        return jobs
    numbers = [one.number for one in known_faces or ()] or range(1, len(jobs) + 1)
    return [job if n in wanted else leave_alone(job, NOT_CHOSEN) for n, job in zip(numbers, jobs, strict=True)]


def find_faces(rgb: Array) -> list[tuple[Face, int]]:
    """The faces of a photo (H,W,3), each with the pixels across its frame to draw it from (0: not at all)."""
    return [(face, drawing_size(face.landmarks)) for face in detection.detect(rgb)]


def find_jobs(rgb: Array, look: Look | None, force: bool, grain: float = 0.0) -> list[FaceJob]:
    """The faces of a photo, each with what it is to be drawn from, or the reason why it is left alone.

    A face with more pixels than the networks were taught, but no more detail, is drawn from the size of its detail.

    Args:
        look: finds them, and knows that they are faces; None for `find_faces`.
        force: also redraws what is found but does not look like a face.
        grain: as for `jobs_of`.
    """
    jobs = []
    for face, size in (look or find_faces)(rgb):
        reduction = 1 if size or look else effective_reduction(rgb, face.landmarks, grain)
        drawable = size > 0 or drawing_size(face.landmarks / reduction) > 0
        known = force or look is not None or not drawable
        rejected = None if known else verification.rejection_reason(rgb, face.landmarks)
        if rejected and face.low_confidence:
            continue  # what neither the detector nor the verifier takes for a face, nobody need hear of
        reason = rejected if drawable else TOO_LARGE
        crop = None if reason else crop_face(rgb, face.landmarks, size or None, reduction)
        share = drawn_share(rgb, face.landmarks, grain) if crop is not None and crop.reduction > 1 else 1.0
        jobs.append(FaceJob(face, crop, reason, share))
    return jobs


def leave_alone(job: FaceJob, reason: str) -> FaceJob:
    """The face as it was found, not to be drawn."""
    return replace(job, crop=None, reason=job.reason or reason)


def aligned_job(photo: Photo, rgb: Array, force: bool) -> FaceJob:
    """The whole photo as one face in its frame; left alone if it is none and nobody forces it to be.

    Raises:
        PhotoError: it is too large for that.
    """
    if max(photo.height, photo.width) > MAX_ALIGNED:
        raise PhotoError(
            f"{photo.name}: is too large to be one face ({photo.width}x{photo.height}); "
            f"reduce it to {MAX_ALIGNED} pixels, or leave out --aligned"
        )
    landmarks = verification.aligned_landmarks(photo.height, photo.width)
    face = Face((0.0, 0.0, float(photo.width), float(photo.height)), 1.0, landmarks)
    return FaceJob(face, aligned_crop(rgb), None if force else verification.rejection_reason(rgb, landmarks))
