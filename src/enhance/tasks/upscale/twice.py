"""A photo enlarged by more than the networks enlarge: enhanced, and the result enhanced again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from enhance.faces.drawing import MAX_FACE_SIZE
from enhance.faces.known import KnownFace
from enhance.painting.background import bicubic
from enhance.painting.restoration import Defects
from enhance.photos.photo import Photo
from enhance.pixels import to_float, to_integers
from enhance.tasks.upscale.finding import Look
from enhance.tasks.upscale.options import SCALE, UpscaleOptions
from enhance.tasks.upscale.result import Result, with_record


def enhance_twice(
    photo: Photo,
    options: UpscaleOptions,
    enhance: Callable[..., Result],
    look: Look | None,
    known_faces: Sequence[KnownFace] | None,
    known: Defects | None,
    progress: Callable[[float, str], object],
) -> Result:
    """Enlarge a photo SCALE times, and the result by what is missing.

    Args:
        options: with a scale above SCALE.
        enhance: `enhance_photo`, with the limits that hold for both passes.
        look, known_faces, known, progress: as for `enhance_photo`.
    """
    plain = replace(photo, icc=None, exif=None, grey=False, alpha=None)
    again_from = 1 / (1 + SCALE**2)
    once = enhance(
        plain,
        replace(options, scale=SCALE),
        look=look,
        known_faces=known_faces,
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
    again = enhance(
        between,
        missing,
        look=look,
        progress=lambda share, words: progress(again_from + (1 - again_from) * share, words),
    )
    result = replace(
        once,
        canvas=again.canvas,
        lr_psnr=min(again.lr_psnr, once.lr_psnr),
        options=options,
        background=once.background or again.background,
    )
    return with_record(photo, result)
