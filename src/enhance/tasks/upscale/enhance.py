"""The story of the program. A photo comes in; its faces are found and redrawn in place; it leaves larger, with them.

`enhance_photo` tells it in four steps. Decide: `choice` measures the photo and restores it, `finding` finds its faces.
Draw: `faces` runs a network on each face. Compose: `painting` enlarges what is not a face, pastes the faces, and makes
the result agree with the input pixels. Stamp: `result` writes into the picture what was done.

Pictures are float32 arrays (H,W,3) in [0,1]. `photos` reads and writes files, `inference` runs networks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from enhance.errors import ModelError, PhotoError
from enhance.faces.drawing import FaceJob, draw_jobs, paste_jobs, paste_whole
from enhance.faces.known import KnownFace
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.options import problem
from enhance.painting.background import Background
from enhance.painting.bands import Patch, paint, passes_needed
from enhance.painting.consistency import ScaledPair
from enhance.painting.restoration import Defects
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, Source, read
from enhance.pixels import area_mean
from enhance.tasks.upscale.choice import Choice, choose, face_model
from enhance.tasks.upscale.finding import Look, jobs_of, leave_alone
from enhance.tasks.upscale.limits import refuse_size, report_memory_errors
from enhance.tasks.upscale.options import AUTO, BICUBIC, MEMORY, MOST_PIXELS, SCALE, UpscaleOptions
from enhance.tasks.upscale.result import AT_ITS_SIZE, Result, with_record
from enhance.tasks.upscale.twice import enhance_twice

_Progress = Callable[[float, str], object]
"""Receives the fraction of the work that is done, and what is being done."""

_RESTORED, FACES_DRAWN = 0.1, 0.3
"""Fractions of the whole time after which a photo is restored, and its faces are drawn, about."""


def upscale(
    photo: Source,
    *,
    scale: float = 4,
    model: str | os.PathLike[str] | Model | None = None,
    aligned: bool = False,
    force: bool = False,
    consistent: bool | None = None,
    strength: float = 1.0,
    faces: str | int | Sequence[int] = "all",
    fidelity: float = 0.0,
    seed: int = 0,
    rest: str | None = AUTO,
    device: str | None = None,
    details: bool = False,
) -> Any:
    """Enlarge a photo and redraw every face in it.

    Args:
        photo: a path, the bytes of a file, a file opened in binary mode, a PIL image, or an array (H,W), (H,W,3) or
            (H,W,4), uint8, uint16 or float in [0,1].
        scale: how many times larger, 1 (which only restores) to 16.
        model: a shipped model's name (see `enhance.models()`), an .onnx file, or a loaded `Model`. None: face_x4_gan,
            but face_x4_grainy for photos that are grainy, blocky or blurred, and for blurred faces.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also redraws what is not a face.
        consistent: whether the larger photo, made small again, must be the input. None: unless it is grainy, blocky or
            blurred.
        strength: how much of the noise, blocks and blur that are measured is taken out first; 0: nothing.
        faces: which are redrawn: "all", "none", "largest", or numbers, 1 being the largest.
        fidelity: how far a face's own pixels outweigh what is invented: 0 leaves faces as they were drawn, 1 draws
            none.
        seed: names one of the many possible answers; 0 is nearest to the truth on average, see `noise.truncation`.
        rest: the model for what is not a face. None: bicubic; "auto": "photo_x4_pixel", and "photo_x2_grainy" and
            "photo_x4_grainy" for photos that are grainy, blocky or blurred. "photo_x4" is crisper, and invents
            textures.
        device: what the networks run on, "cuda" for instance; see `inference.sessions.PROVIDERS`. None: the
            environment's ENHANCE_DEVICE, or the CPU.
        details: asks for a `Result`, which says what was done.

    Returns:
        The enlarged photo as a PIL image, in the colour space of the input (CMYK stays CMYK, which PNG cannot hold),
        with its transparency, and in `info` its profile, EXIF, XMP and dpi. Of an array of uint16, such an array, for
        PIL has no colours of 16 bits. With `details` a `Result`, which has both, and faces, notes and agreement.

    Raises:
        PhotoError: the photo cannot be read, or the result would be too large, or an option is out of its range.
        ModelError: there is no such model, or no such device.
    """
    options = UpscaleOptions(
        scale=scale,
        model=model,
        aligned=aligned,
        force=force,
        consistent=consistent,
        strength=strength,
        faces=faces if isinstance(faces, str) else ",".join(map(str, np.atleast_1d(faces))),
        fidelity=fidelity,
        seed=seed,
        background=BICUBIC if rest is None else rest,
    )
    with sessions.on_device(device):
        result = enhance_photo(read(photo), options)
    return result if details else result.canvas.as_given(photo)


def enhance_photo(
    photo: Photo,
    options: UpscaleOptions = UpscaleOptions(),
    *,
    look: Look | None = None,
    known_faces: Sequence[KnownFace] | None = None,
    memory: float = MEMORY,
    most_pixels: float = MOST_PIXELS,
    known: Defects | None = None,
    progress: _Progress = lambda *_: None,
) -> Result:
    """`upscale` for callers who want to know what was done.

    Args:
        look: finds the faces instead of the detector: a video follows them from frame to frame. They are not verified.
        known_faces: the faces, if they were found before, in the photo of which this is a part.
        memory: megabytes to work in, besides the photo and the result.
        most_pixels: a larger result is refused before it is begun.
        known: the defects of the photo, if they need not be measured.
        progress: receives how far the work is.

    Raises:
        PhotoError: the photo is too small or too large, or an option is out of its range.
        ModelError: there is no such model.
    """
    if wrong := problem(options):
        raise PhotoError(f"{photo.name}: cannot be enlarged: {wrong}")
    if (round(photo.width * options.scale), round(photo.height * options.scale)) == (photo.width, photo.height):
        options = replace(options, scale=1.0)  # detail finer than the photo's pixels would have no place
    refuse_size(photo, options.scale, most_pixels)
    if options.scale > SCALE:
        enhance = partial(enhance_photo, memory=memory, most_pixels=float("inf"))
        return enhance_twice(photo, options, enhance, look, known_faces, known, progress)
    with report_memory_errors(photo):
        # Decide: restore the photo, find its faces, and choose the models.
        progress(0, "measuring")
        choice, rgb = choose(photo, options, known, lambda share: progress(_RESTORED * share, "restoring"))
        progress(_RESTORED, "looking for faces")
        jobs = jobs_of(photo, rgb, options, look, known_faces, choice.grain)
        if options.scale == 1 and choice.defect is None:
            jobs = [job if job.reduced else leave_alone(job, AT_ITS_SIZE) for job in jobs]
        del rgb  # a large photo as floats takes more memory than all of the painting
        # Draw: one network for all faces of the photo.
        model: Model | None = None
        reason = None
        if not options.aligned or jobs[0].redrawn:
            crops = [job.crop for job in jobs if job.crop is not None and job.redrawn]
            model, reason = face_model(options.model, crops, restores=choice.restores)
            jobs = draw_jobs(model, jobs, options.seed)
        # Compose: the background, with the faces on it.
        canvas, agreement = _compose(photo, choice, jobs, model, options, memory, progress)
    progress(1, "drawn")
    # Stamp: say in the picture what was done.
    all_face = options.aligned and model is not None
    result = Result(
        canvas,
        agreement,
        options,
        tuple(jobs),
        model,
        background=None if all_face else choice.background,
        details=() if all_face else tuple(detail for detail, _ in choice.details),
        restorer=choice.restorer,
        model_reason=reason,
        defect=choice.defect,
        lost=photo.lost,
    )
    return with_record(photo, result)


def _compose(
    photo: Photo,
    choice: Choice,
    jobs: Sequence[FaceJob],
    model: Model | None,
    options: UpscaleOptions,
    memory: float,
    progress: _Progress,
) -> tuple[Canvas, float]:
    """Enlarge a photo and paste the faces that were drawn.

    Args:
        jobs: the faces, and `model` what drew them; None if nothing did.
        memory, progress: as for `enhance_photo`.

    Returns:
        The result, and its LR-PSNR in dB: how well it agrees with the photo when it is made small again.

    Raises:
        ModelError: the faces and the background are enlarged by different factors.
    """
    drawing = [choice.background, *(detail for detail, _ in choice.details)]
    drawing += [model] if any(job.redrawn for job in jobs) else []
    scale = _working_scale([network.facts.scale for network in drawing if network], options.scale)

    def painted(share: float) -> None:
        progress(FACES_DRAWN + (1 - FACES_DRAWN) * share, "drawing")

    background = Background(
        choice.clean, choice.background, memory, options.seed, scale, painted, choice.details, bad=photo
    )
    patches = patches_of(jobs, model, background, options)
    pair = ScaledPair(
        (photo.height, photo.width), (round(photo.height * options.scale), round(photo.width * options.scale))
    )
    consistent = choice.consistent and (bool(options.consistent) or not any(job.reduced for job in jobs))
    passes = passes_needed(background, patches, pair) if consistent else 0
    return paint(background, patches, pair, passes, photo)


def _working_scale(scales: Sequence[int], wanted: float) -> int:
    """How many times larger a photo is worked on whose networks draw at these scales: the least that is enough."""
    if not scales:
        return 1 if wanted == 1 else SCALE
    return min([scale for scale in scales if scale >= wanted] or [max(scales)])


def patches_of(
    jobs: Sequence[FaceJob], model: Model | None, background: Background, options: UpscaleOptions
) -> list[Patch]:
    """The parts of the enlarged photo in which faces were drawn.

    Raises:
        ModelError: the faces and the background are enlarged by different factors.
    """
    drawn = [job for job in jobs if job.drawn is not None]
    if not drawn:
        return []
    if model is not None and model.facts.scale != background.scale:
        if model.facts.scale % background.scale:
            raise ModelError(
                f"{model.path}: draws x{model.facts.scale}, but the rest x{background.scale}; say --rest bicubic"
            )
        times = model.facts.scale // background.scale
        drawn = [replace(job, drawn=area_mean(job.drawn, times)) for job in drawn if job.drawn is not None]
    paste = paste_whole if options.aligned else paste_jobs
    return paste(drawn, background, 1 - options.fidelity)
