"""The story of the program. A photo comes in; its faces are found and redrawn in place; it leaves larger, with them.

Everything here works on float32 arrays (H,W,3) in [0,1]. Files are read and written by `photos`, faces found, drawn and
pasted by `faces`, networks run by `inference`. `painting` enlarges what is not a face, puts everything together in
little memory, and makes the result agree with the input pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from enhance.errors import ModelError, PhotoError
from enhance.faces import detection, verification
from enhance.faces.crops import aligned_crop, crop_face
from enhance.faces.detection import Face
from enhance.faces.drawing import MAX_FACE_SIZE, FaceJob, draw_jobs, drawing_size, paste_jobs
from enhance.faces.resolution import effective_reduction
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.options import problem
from enhance.painting.background import Background, bicubic
from enhance.painting.bands import Patch, paint, passes_needed
from enhance.painting.consistency import ScaledPair
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, read
from enhance.photos.writing import write_frames
from enhance.pixels import to_float, to_integers
from enhance.tasks.upscale.choice import choose, face_model
from enhance.tasks.upscale.options import BACKGROUND_MODEL, BICUBIC, MEMORY, SCALE, UpscaleOptions
from enhance.tasks.upscale.result import AT_ITS_SIZE, TOO_LARGE, Result, stamped

Array = NDArray[np.float32]
Look = Callable[[Array], list[tuple[Face, int]]]
"""Finds the faces of a picture, each with the pixels across its frame to draw it from (0: not at all)."""

MAX_ALIGNED = 1024
"""Pixels across a picture that is all one face: more would need memory, not invention."""


def upscale(
    photo: str | os.PathLike[str] | bytes | Image | NDArray[Any],
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model | None = None,
    aligned: bool = False,
    force: bool = False,
    consistent: bool | None = None,
    strength: float = 1.0,
    seed: int = 0,
    rest: str | None = BACKGROUND_MODEL,
    device: str | None = None,
) -> Image:
    """Enlarges a photo and redraws every face in it.

    Args:
        photo: a path, the bytes of a file, a PIL image, or an array (H,W), (H,W,3) or (H,W,4), uint8, uint16 or float
            in [0,1].
        scale: how many times larger, 1 (which only restores) to 16.
        model: a shipped model's name (see `enhance.models()`), an .onnx file, or a loaded `Model`. None: face_x4_gan,
            but face_x4_grainy for photos that are grainy or blocky, and for faces that are blurred.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also redraws what is not a face.
        consistent: whether the larger photo, made small again, must be the input. None: unless it is grainy or blocky.
        strength: how much of the noise and the blocks that are measured is taken out first; 0: nothing.
        seed: names one of the many possible answers; 0 is nearest to the truth on average, see `noise.truncation`.
        rest: the model for what is not a face. None: bicubic.
            "photo_x4" is crisper, and invents textures.
        device: what the networks run on, "cuda" for instance; see `inference.sessions.PROVIDERS`. None: the
            environment's ENHANCE_DEVICE, or the CPU.

    Returns:
        The enlarged photo in the colour space of the input (CMYK stays CMYK, which PNG cannot hold), with its
        transparency, and in `info` its profile, EXIF, XMP and dpi.

    Raises:
        PhotoError: the photo cannot be read or is too small, or the scale is out of range.
        ModelError: there is no such model, or no such device.
    """
    options = UpscaleOptions(
        scale=scale,
        model=model,
        aligned=aligned,
        force=force,
        consistent=consistent,
        strength=strength,
        seed=seed,
        background=BICUBIC if rest is None else rest,
    )
    with sessions.on_device(device):
        return enhance_photo(read(photo), options).canvas.image()


def enhance_photo(
    photo: Photo,
    options: UpscaleOptions = UpscaleOptions(),
    *,
    look: Look | None = None,
    memory: float = MEMORY,
) -> Result:
    """`upscale` for callers who want to know what was done.

    Args:
        look: finds the faces, where `find` is not to: a video follows them from frame to frame. They are faces.
        memory: megabytes to work in, besides the photo and the result.

    Raises:
        PhotoError: the photo is too small or too large, or an option is out of its range.
        ModelError: there is no such model.
    """
    if wrong := problem(options):
        raise PhotoError(f"{photo.name}: cannot be enlarged: {wrong}")
    if options.scale > SCALE:
        return _enhance_twice(photo, options, look, memory)
    with report_memory_errors(photo):
        rgb = photo.rgb
        choice = choose(rgb, options)
        clean = photo
        if choice.restored is not rgb:
            rgb = choice.restored
            clean = replace(photo, pixels=to_integers(rgb, photo.pixels.dtype))
        jobs = [aligned_job(photo, rgb, options.force)] if options.aligned else find_jobs(rgb, look, options.force)
        if options.scale == 1 and choice.defect is None:
            jobs = [job if job.reduced else leave_alone(job, AT_ITS_SIZE) for job in jobs]
        model: Model | None = None
        reason = None
        if not options.aligned or jobs[0].redrawn:
            crops = [job.crop for job in jobs if job.crop is not None and job.redrawn]
            model, reason = face_model(options.model, crops, restores=choice.restores)
            jobs = draw_jobs(model, jobs, options.seed)
        scale = model.facts.scale if model else SCALE
        if options.scale == 1:
            background = Background(clean, None, memory, scale=scale if any(job.redrawn for job in jobs) else 1)
        else:
            background = Background(clean, choice.background, memory, options.seed, scale)
        patches = patches_of(jobs, model, background, options)
        consistent = choice.consistent and (bool(options.consistent) or not any(job.reduced for job in jobs))
        del rgb  # of a large photo, more than all that painting takes
        size = round(photo.height * options.scale), round(photo.width * options.scale)
        pair = ScaledPair((photo.height, photo.width), size)
        passes = passes_needed(background, patches, pair) if consistent else 0
        canvas, agreement = paint(background, patches, pair, passes, photo)
    shown = None if options.aligned and model else background.model
    result = Result(canvas, agreement, options, tuple(jobs), model, shown, reason, choice.defect, photo.lost)
    return stamped(photo, result)


def find(rgb: Array) -> list[tuple[Face, int]]:
    """The faces of a photo (H,W,3), each with the pixels across its frame to draw it from (0: not at all)."""
    return [(face, drawing_size(face.landmarks)) for face in detection.detect(rgb)]


def find_jobs(rgb: Array, look: Look | None, force: bool) -> list[FaceJob]:
    """The faces of a photo, each with what it is to be drawn from, or the reason why it is left alone.

    A face with more pixels than the networks were taught, but no more detail, is drawn from the size of its detail.

    Args:
        look: finds them, and knows that they are faces; None for `find`.
        force: also redraws what is found but does not look like a face.
    """
    jobs = []
    for face, size in (look or find)(rgb):
        reduction = 1 if size or look else effective_reduction(rgb, face.landmarks)
        drawable = size > 0 or drawing_size(face.landmarks / reduction) > 0
        known = force or look is not None or not drawable
        rejected = None if known else verification.rejection_reason(rgb, face.landmarks)
        if rejected and face.low_confidence:
            continue  # what neither the detector nor the verifier takes for a face, nobody need hear of
        reason = rejected if drawable else TOO_LARGE
        crop = None if reason else crop_face(rgb, face.landmarks, size or None, reduction)
        jobs.append(FaceJob(face, crop, reason))
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


def patches_of(
    jobs: list[FaceJob], model: Model | None, background: Background, options: UpscaleOptions
) -> list[Patch]:
    """The parts of the enlarged photo in which faces were drawn.

    Raises:
        ModelError: the faces and the rest are enlarged by different factors.
    """
    drawn = [job for job in jobs if job.drawn is not None]
    if not drawn:
        return []
    if model is not None and model.facts.scale != background.scale:
        raise ModelError(
            f"{model.path}: draws x{model.facts.scale}, but the rest is drawn x{background.scale}; say --rest bicubic"
        )
    if options.aligned:
        return [Patch(0, 0, job.drawn) for job in drawn if job.drawn is not None]
    return paste_jobs(drawn, background)


@contextmanager
def report_memory_errors(photo: Photo) -> Iterator[None]:
    """Says what to do where there is no memory even for the smallest parts."""
    try:
        yield
    except MemoryError:
        raise PhotoError(f"{photo.name}: does not fit in memory; close other programs, or reduce it first") from None


def _enhance_twice(photo: Photo, options: UpscaleOptions, look: Look | None, memory: float) -> Result:
    """More than four times larger: the photo is enhanced, and the result is enhanced again, by what is missing."""
    plain = replace(photo, icc=None, exif=None, grey=False, alpha=None)
    once = enhance_photo(plain, replace(options, scale=SCALE), look=look, memory=memory)
    alpha = photo.alpha
    if alpha is not None:
        alpha = to_integers(bicubic(to_float(alpha)[..., None], SCALE)[..., 0], alpha.dtype)
    between = replace(photo, pixels=to_integers(once.rgb, photo.pixels.dtype), alpha=alpha)
    aligned = options.aligned
    if aligned and max(between.width, between.height) > MAX_FACE_SIZE:
        aligned, look = False, lambda _: []
    missing = replace(options, scale=options.scale / SCALE, aligned=aligned, force=aligned, strength=0)
    again = enhance_photo(between, missing, look=look, memory=memory)
    result = replace(
        once,
        canvas=again.canvas,
        lr_psnr=min(again.lr_psnr, once.lr_psnr),
        options=options,
        background=again.background,
    )
    return stamped(photo, result)


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
    results: list[Result] = []

    def canvases() -> Iterator[Canvas]:
        for photo in photos:
            results.append(enhance(photo))
            yield results[-1].canvas

    write_frames(canvases(), path)
    return replace(results[0], frames=len(results), lr_psnr=min(result.lr_psnr for result in results))
