"""The story of the program. A photo comes in; its faces are found and redrawn in place; it leaves larger, with them.

Everything here works on float32 arrays (H,W,3) in [0,1]. Files are read and written by `photos`, faces found, drawn and
pasted by `faces`, networks run by `inference`. `painting` enlarges what is not a face, puts everything together in
little memory, and makes the result agree with the input pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import ModelError, PhotoError
from enhance.faces.drawing import MAX_FACE_SIZE, FaceJob, draw_jobs, paste_jobs
from enhance.faces.known import KnownFace
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.options import problem
from enhance.painting.background import Background, bicubic
from enhance.painting.bands import Patch, paint, passes_needed
from enhance.painting.consistency import ScaledPair
from enhance.painting.restoration import Defects, restorer
from enhance.photos.canvas import Canvas
from enhance.photos.coding import FINE, Coding
from enhance.photos.photo import Photo, Source, read
from enhance.photos.writing import write_frames
from enhance.pixels import to_float, to_integers
from enhance.tasks.upscale.choice import choose, face_model
from enhance.tasks.upscale.finding import Look, jobs_of, leave_alone
from enhance.tasks.upscale.options import BACKGROUND_MODEL, BICUBIC, MEMORY, MOST_PIXELS, SCALE, UpscaleOptions
from enhance.tasks.upscale.result import AT_ITS_SIZE, Result, stamped

Array = NDArray[np.float32]
Progress = Callable[[float, str], object]
"""Is told which share of a photo is done, and what is being done."""

RESTORED, FOUND = 0.1, 0.3
"""Shares of the time that a photo takes until it is restored, and until its faces are found, about."""


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
    rest: str | None = BACKGROUND_MODEL,
    device: str | None = None,
    details: bool = False,
) -> Any:
    """Enlarges a photo and redraws every face in it.

    Args:
        photo: a path, the bytes of a file, a file opened in binary mode, a PIL image, or an array (H,W), (H,W,3) or
            (H,W,4), uint8, uint16 or float in [0,1].
        scale: how many times larger, 1 (which only restores) to 16.
        model: a shipped model's name (see `enhance.models()`), an .onnx file, or a loaded `Model`. None: face_x4_gan,
            but face_x4_grainy for photos that are grainy or blocky, and for faces that are blurred.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also redraws what is not a face.
        consistent: whether the larger photo, made small again, must be the input. None: unless it is grainy or blocky.
        strength: how much of the noise and the blocks that are measured is taken out first; 0: nothing.
        faces: which are redrawn: "all", "none", "largest", or numbers, 1 being the largest.
        fidelity: how far a face's own pixels outweigh what is invented: 0 leaves faces as they were drawn, 1 draws
            none.
        seed: names one of the many possible answers; 0 is nearest to the truth on average, see `noise.truncation`.
        rest: the model for what is not a face. None: bicubic.
            "photo_x4" is crisper, and invents textures.
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
    found: Sequence[KnownFace] | None = None,
    memory: float = MEMORY,
    most_pixels: float = MOST_PIXELS,
    known: Defects | None = None,
    progress: Progress = lambda *_: None,
) -> Result:
    """`upscale` for callers who want to know what was done.

    Args:
        look: finds the faces, where `find` is not to: a video follows them from frame to frame. They are faces.
        found: the faces, where they were found before: in the photo of which this is a part.
        memory: megabytes to work in, besides the photo and the result.
        most_pixels: a result of more is refused before it is begun.
        known: what is wrong with the photo, where it is not to be measured.
        progress: is told what is being done.

    Raises:
        PhotoError: the photo is too small or too large, or an option is out of its range.
        ModelError: there is no such model.
    """
    if wrong := problem(options):
        raise PhotoError(f"{photo.name}: cannot be enlarged: {wrong}")
    refuse_size(photo, options.scale, most_pixels)
    if options.scale > SCALE:
        return _enhance_twice(photo, options, look, found, memory, known, progress)
    with report_memory_errors(photo):
        rgb = photo.rgb
        progress(0, "measuring")
        choice = choose(rgb, options, known, lambda share: progress(RESTORED * share, "restoring"))
        clean = photo
        if choice.restored is not rgb:
            rgb = choice.restored
            clean = replace(photo, pixels=to_integers(rgb, photo.pixels.dtype))
        progress(RESTORED, "looking for faces")
        jobs = jobs_of(photo, rgb, options, look, found)
        if options.scale == 1 and choice.defect is None:
            jobs = [job if job.reduced else leave_alone(job, AT_ITS_SIZE) for job in jobs]
        model: Model | None = None
        reason = None
        if not options.aligned or jobs[0].redrawn:
            crops = [job.crop for job in jobs if job.crop is not None and job.redrawn]
            model, reason = face_model(options.model, crops, restores=choice.restores)
            jobs = draw_jobs(model, jobs, options.seed)
        scale, drawn_by = model.facts.scale if model else SCALE, choice.background
        if options.scale == 1:
            scale, drawn_by = scale if any(job.redrawn for job in jobs) else 1, None

        def painted(share: float) -> None:
            progress(FOUND + (1 - FOUND) * share, "drawing")

        background = Background(clean, drawn_by, memory, options.seed, scale, painted)
        patches = patches_of(jobs, model, background, options)
        consistent = choice.consistent and (bool(options.consistent) or not any(job.reduced for job in jobs))
        del rgb  # of a large photo, more than all that painting takes
        size = round(photo.height * options.scale), round(photo.width * options.scale)
        pair = ScaledPair((photo.height, photo.width), size)
        passes = passes_needed(background, patches, pair) if consistent else 0
        canvas, agreement = paint(background, patches, pair, passes, photo)
    shown = None if options.aligned and model else background.model
    mended = restorer() if clean is not photo else None
    progress(1, "drawn")
    result = Result(canvas, agreement, options, tuple(jobs), model, shown, mended, reason, choice.defect, photo.lost)
    return stamped(photo, result)


def refuse_size(photo: Photo, scale: float, most_pixels: float) -> None:
    """Raises PhotoError where a result would have more pixels than are allowed."""
    pixels = photo.width * photo.height
    if pixels * scale**2 > most_pixels:
        raise PhotoError(
            f"{photo.name}: would be {round(photo.width * scale):,}x{round(photo.height * scale):,}, more than "
            f"{most_pixels / 1e6:,.0f} megapixels; take a --scale of {int((most_pixels / pixels) ** 0.5 * 10) / 10:g} "
            "or less, or allow more with --max-result"
        )


def patches_of(
    jobs: list[FaceJob], model: Model | None, background: Background, options: UpscaleOptions
) -> list[Patch]:
    """The parts of the enlarged photo in which faces were drawn.

    Raises:
        ModelError: the faces and the rest are enlarged by different factors.
    """
    drawn = [job for job in jobs if job.drawn is not None]
    share = 1 - options.fidelity
    if not drawn:
        return []
    if model is not None and model.facts.scale != background.scale:
        raise ModelError(
            f"{model.path}: draws x{model.facts.scale}, but the rest is drawn x{background.scale}; say --rest bicubic"
        )
    if options.aligned:
        return [Patch(0, 0, blended(job.drawn, background, share)) for job in drawn if job.drawn is not None]
    return paste_jobs(drawn, background, share)


def blended(drawn: Array, background: Background, share: float) -> Array:
    """A share of what was drawn of a whole photo, and for the rest what the background shows."""
    if share == 1:
        return drawn
    plain = background.part(0, 0, background.photo.width, background.photo.height)
    return plain + np.float32(share) * (drawn - plain)


@contextmanager
def report_memory_errors(photo: Photo) -> Iterator[None]:
    """Says what to do where there is no memory even for the smallest parts."""
    try:
        yield
    except MemoryError:
        raise PhotoError(f"{photo.name}: does not fit in memory; close other programs, or reduce it first") from None


def _enhance_twice(
    photo: Photo,
    options: UpscaleOptions,
    look: Look | None,
    found: Sequence[KnownFace] | None,
    memory: float,
    known: Defects | None,
    progress: Progress,
) -> Result:
    """More than four times larger: the photo is enhanced, and the result is enhanced again, by what is missing."""
    plain = replace(photo, icc=None, exif=None, grey=False, alpha=None)
    most, again_from = float("inf"), 1 / (1 + SCALE**2)
    once = enhance_photo(
        plain,
        replace(options, scale=SCALE),
        look=look,
        found=found,
        memory=memory,
        most_pixels=most,
        known=known,
        progress=lambda share, words: progress(again_from * share, words),
    )
    alpha = photo.alpha
    if alpha is not None:
        alpha = to_integers(bicubic(to_float(alpha)[..., None], SCALE)[..., 0], alpha.dtype)
    between = replace(photo, pixels=to_integers(once.rgb, photo.pixels.dtype), alpha=alpha)
    aligned = options.aligned
    if aligned and max(between.width, between.height) > MAX_FACE_SIZE:
        aligned, look = False, lambda _: []
    missing = replace(options, scale=options.scale / SCALE, aligned=aligned, force=aligned, strength=0)
    again = enhance_photo(
        between,
        missing,
        look=look,
        memory=memory,
        most_pixels=most,
        progress=lambda share, words: progress(again_from + (1 - again_from) * share, words),
    )
    result = replace(
        once,
        canvas=again.canvas,
        lr_psnr=min(again.lr_psnr, once.lr_psnr),
        options=options,
        background=again.background,
    )
    return stamped(photo, result)


def enhance_frames(
    photos: Iterable[Photo], enhance: Callable[[Photo], Result], path: str | os.PathLike[str], coding: Coding = FINE
) -> Result:
    """Enhances an animation frame by frame and writes it.

    Args:
        photos: its frames, as `photo.frames` gives them.
        enhance: `enhance_photo` with what is to be done.
        path: the file to write, in a format that moves.
        coding: how much it keeps.

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

    write_frames(canvases(), path, coding)
    return replace(results[0], frames=len(results), lr_psnr=min(result.lr_psnr for result in results))
