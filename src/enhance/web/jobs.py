"""What the service does with a photo: bytes in, bytes out. All of it runs in the worker's thread."""

from __future__ import annotations

import base64
import io
import json
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import EnhanceError, PhotoError
from enhance.faces.geometry import Box, face_size
from enhance.honesty.discriminator_map import scored_enlargements
from enhance.honesty.lineup import lineup_photo
from enhance.honesty.report import WARNING, band_map, report
from enhance.honesty.uncertainty import VISIBLE
from enhance.options import option
from enhance.painting.background import bicubic
from enhance.painting.consistency import lr_psnr
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, read
from enhance.photos.writing import write
from enhance.pixels import png_bytes
from enhance.tasks.upscale.enhance import enhance_photo, find
from enhance.tasks.upscale.options import BICUBIC, LineupOptions, UpscaleOptions
from enhance.tasks.upscale.result import Result
from enhance.web import parameters
from enhance.web.worker import Job

Array = NDArray[np.float32]

FORMATS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "tiff": "image/tiff"}
FACTS_END = b"\n"
"""The worker gives one line of JSON and then the picture."""


class TooLargeError(EnhanceError):
    """A photo, or the part of it that is asked for, has more pixels than the service draws."""


@dataclass(frozen=True)
class PartOptions:
    """Which part of a photo is meant."""

    box: str | None = option(None, "Only this part: left,top,right,bottom in pixels.", kind=str)

    def edges(self) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom in the photo's upright pixels; None for all of it.

        Raises:
            ValueError: it is no box.
        """
        if self.box is None:
            return None
        parts = self.box.split(",")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
            raise ValueError("box is left,top,right,bottom in whole pixels")
        left, top, right, bottom = map(int, parts)
        if not (left < right and top < bottom):
            raise ValueError("box is left,top,right,bottom, with left before right and top above bottom")
        return left, top, right, bottom


@dataclass(frozen=True)
class FileOptions:
    """How the picture leaves."""

    format: str = option("png", "Of the answer.", choices=tuple(FORMATS))


@dataclass(frozen=True)
class Options:
    """What is asked for; a model called `bicubic` is none at all."""

    upscale: UpscaleOptions
    lineup: LineupOptions
    format: str
    box: tuple[int, int, int, int] | None


def options(given: Mapping[str, str], known_models: tuple[str, ...]) -> Options:
    """Options from the query of a request.

    Raises:
        ValueError: a value that is out of range or not of its kind; the message says which, and what may be given.
    """
    models = model_choices(known_models)
    return Options(
        parameters.parse(UpscaleOptions, given, models),
        parameters.parse(LineupOptions, given, models),
        parameters.parse(FileOptions, given).format,
        parameters.parse(PartOptions, given).edges(),
    )


def model_choices(known_models: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What may be asked for as the model."""
    return {"model": (*known_models, BICUBIC)}


def received(content: bytes, wanted: Options, pixels: int, read_pixels: int) -> Photo:
    """The photo, or the part of it that is asked for.

    Raises:
        PhotoError: it cannot be read, or the box lies outside it.
        TooLargeError: it has too many pixels.
    """
    try:
        photo = replace(read(content, max_pixels=read_pixels), name="photo")
    except PhotoError as error:
        if "--max-pixels" in str(error):
            raise TooLargeError(f"photo: has more than {read_pixels:,} pixels; reduce it first") from error
        raise
    if wanted.box is not None:
        left, top, right, bottom = wanted.box
        if right > photo.width or bottom > photo.height:
            raise PhotoError(f"photo: the box reaches outside its {photo.width}x{photo.height} pixels")
        part = slice(top, bottom), slice(left, right)
        alpha = None if photo.alpha is None else photo.alpha[part].copy()
        photo = replace(photo, pixels=photo.pixels[part].copy(), alpha=alpha)
    if photo.height * photo.width > pixels:
        raise TooLargeError(
            f"photo: {photo.width}x{photo.height} is more than {pixels:,} pixels at a time; give a box, or reduce it"
        )
    return photo


def enhance(job: Job, photo: Photo, wanted: Options) -> bytes:
    """A line of facts as JSON, and the enlarged photo."""
    job.stage = "drawing"
    started = time.perf_counter()
    asked = wanted.upscale
    result = enlarged(photo, asked) if asked.model == BICUBIC else enhance_photo(photo, asked)
    job.stage = "writing"
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        path = Path(folder) / f"photo.{wanted.format}"
        write(result.canvas, path)
        picture = path.read_bytes()
    facts = {
        "width": result.canvas.width,
        "height": result.canvas.height,
        "model": result.model.facts.name if result.model else BICUBIC,
        "seed": asked.seed,
        "faces": [face_facts(face.box, face.size, face.redrawn) for face in result.faces],
        "lr_psnr_db": round(min(result.lr_psnr, 99.0), 2),
        "notes": [plainly(note) for note in result.notes],
        "seconds": round(time.perf_counter() - started, 3),
    }
    return line(facts) + picture


def enlarged(photo: Photo, asked: UpscaleOptions) -> Result:
    """A photo as bicubic enlarges it, nothing drawn."""
    rgb = photo.rgb
    large = bicubic(rgb, asked.scale)
    canvas = Canvas(photo, large.shape[1], large.shape[0])
    canvas.put(0, 0, large)
    again = large if asked.scale == 4 else bicubic(rgb, 4)
    return Result(canvas, lr_psnr(again, rgb), asked)


def faces(job: Job, photo: Photo) -> bytes:
    """The faces of a photo as JSON, the largest first."""
    job.stage = "drawing"
    found = [
        face_facts(face.box, size or round(face_size(face.landmarks)), bool(size)) for face, size in find(photo.rgb)
    ]
    return line({"width": photo.width, "height": photo.height, "faces": found})


def lineup(job: Job, photo: Photo, wanted: Options) -> bytes:
    """Several faces for the same pixels as JSON, each with its picture as base64 of a PNG."""
    job.stage = "drawing"
    shown = lineup_photo(photo, wanted.lineup)
    facts = shown.facts()
    for card, sample in zip(facts["answers"], shown.samples, strict=True):
        card["png"] = png(sample.hr)
    return line({**facts, "given": png(shown.lr), "sentence": shown.sentence()})


def invention(job: Job, photo: Photo, wanted: Options) -> bytes:
    """What is known of the drawn faces in words, and how far their pixels may be wrong: a PNG of the enlarged photo's
    size, transparent where nothing was made up."""
    job.stage = "drawing"
    result = enhance_photo(photo, replace(wanted.upscale, background=UpscaleOptions().background))
    reports = report(photo, result)
    measured = all(one.made_up is not None for one in reports)
    band = band_map(result, reports, photo) if reports and measured else np.zeros((1, 1))
    strength = np.clip(band / (3 * VISIBLE), 0, 1)
    rgba = np.stack([np.full_like(band, 255), 210 * (1 - strength), np.full_like(band, 60), 255 * strength], -1)
    job.stage = "writing"
    buffer = io.BytesIO()
    Image.fromarray(rgba.round().astype(np.uint8)).save(buffer, "PNG")
    facts = {"sentences": [one.sentence() for one in reports], "measured": measured, "warning": WARNING}
    return line(facts) + buffer.getvalue()


def opinion(job: Job, photo: Photo) -> bytes:
    """What the discriminator thinks of a part of a photo and of three enlargements of it, as JSON with pictures."""
    job.stage = "drawing"
    found = scored_enlargements(photo.rgb)
    facts = [
        {
            "name": one.name,
            "verdicts": [[round(float(value), 3) for value in row] for row in one.scores],
            "mean": round(float(one.scores.mean()), 3),
            "less_convincing": round(float((one.scores < found[0].scores).mean()), 3),
            "png": png(one.rgb),
        }
        for one in found
    ]
    return line({"opinions": facts})


def plainly(message: str) -> str:
    """A message without what it advises to those at the command line."""
    return re.sub(r" \([^)]*--[^)]*\)", "", message)


def face_facts(box: Box, size: int, redrawn: bool) -> dict[str, Any]:
    return {"box": [round(edge, 1) for edge in box], "pixels_across": size, "redrawn": redrawn}


def png(rgb: Array) -> str:
    """A picture (H,W,3) in [0,1] as base64 of a PNG."""
    return base64.b64encode(png_bytes(rgb)).decode()


def line(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=True).encode() + FACTS_END
