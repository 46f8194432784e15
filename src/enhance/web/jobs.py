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
from typing import TYPE_CHECKING, Any

from enhance.errors import EnhanceError, PhotoError
from enhance.tasks.upscale.options import BACKGROUND_MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.enhance import Result
    from enhance.web.worker import Job

    Array = NDArray[np.float32]

AUTO, BICUBIC = "auto", "bicubic"
"""Instead of a network: the one that suits the photo; and none."""
RESTS = (BACKGROUND_MODEL, "photo_x4", BICUBIC)
"""What may draw that which is not a face."""
FORMATS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "tiff": "image/tiff"}
MOST_SEED = 2**31 - 1
MOST_SCALE = 8.0
FACTS_END = b"\n"
"""The worker gives one line of JSON and then the picture."""


class TooLargeError(EnhanceError):
    """A photo, or the part of it that is asked for, has more pixels than the service draws."""


@dataclass(frozen=True)
class Options:
    """How a photo is to be enhanced; box is left, top, right, bottom in its upright pixels."""

    scale: float = 4.0
    model: str = AUTO
    rest: str = BACKGROUND_MODEL
    seed: int = 0
    aligned: bool = False
    force: bool = False
    format: str = "png"
    box: tuple[int, int, int, int] | None = None
    n: int = 8
    face: int = 1


def options(given: Mapping[str, str], known_models: tuple[str, ...]) -> Options:
    """Options from the query of a request.

    Raises:
        ValueError: a value that is out of range or not of its kind; the message says which, and what may be given.
    """
    return Options(
        scale=_number(given, "scale", 4.0, 1.01, MOST_SCALE),
        model=_one_of(given, "model", AUTO, (AUTO, *known_models, BICUBIC)),
        rest=_one_of(given, "rest", BACKGROUND_MODEL, RESTS),
        seed=_whole(given, "seed", 0, 0, MOST_SEED),
        aligned=_one_of(given, "aligned", "false", ("true", "false")) == "true",
        force=_one_of(given, "force", "false", ("true", "false")) == "true",
        format=_one_of(given, "format", "png", tuple(FORMATS)),
        box=_box(given.get("box")),
        n=_whole(given, "n", 8, 2, 16),
        face=_whole(given, "face", 1, 1, 99),
    )


def _number(given: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    try:
        value = float(given.get(name, default))
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ValueError(f"{name} is a number from {least:g} to {most:g}")
    return value


def _whole(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise ValueError(f"{name} is a whole number from {least} to {most}")
    return int(text)


def _one_of(given: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = given.get(name, default)
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}")
    return value


def _box(text: str | None) -> tuple[int, int, int, int] | None:
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise ValueError("box is left,top,right,bottom in whole pixels")
    left, top, right, bottom = map(int, parts)
    if not (left < right and top < bottom):
        raise ValueError("box is left,top,right,bottom, with left before right and top above bottom")
    return left, top, right, bottom


def received(content: bytes, wanted: Options, pixels: int, read_pixels: int) -> Photo:
    """The photo, or the part of it that is asked for.

    Raises:
        PhotoError: it cannot be read, or the box lies outside it.
        TooLargeError: it has too many pixels.
    """
    from enhance.photos.photo import read

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
    from enhance.photos.writing import write

    job.stage = "drawing"
    started = time.perf_counter()
    if wanted.model == BICUBIC:
        result = enlarged(photo, wanted.scale)
    else:
        from enhance.tasks.upscale.enhance import enhance_photo

        rest = None if wanted.rest == BICUBIC else wanted.rest
        result = enhance_photo(photo, scale=wanted.scale, model=network_of(wanted), rest=rest, **drawing(wanted))
    job.stage = "writing"
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        path = Path(folder) / f"photo.{wanted.format}"
        write(result.canvas, path)
        picture = path.read_bytes()
    facts = {
        "width": result.canvas.width,
        "height": result.canvas.height,
        "model": result.network.facts.name if result.network else BICUBIC,
        "seed": wanted.seed,
        "faces": [face_facts(face.box, face.lr, face.redrawn) for face in result.faces],
        "lr_psnr_db": round(min(result.lr_psnr, 99.0), 2),
        "notes": [plainly(note) for note in result.notes],
        "seconds": round(time.perf_counter() - started, 3),
    }
    return line(facts) + picture


def enlarged(photo: Photo, scale: float) -> Result:
    """A photo as bicubic enlarges it, nothing drawn."""
    from enhance.painting import consistency
    from enhance.painting.background import bicubic
    from enhance.photos.canvas import Canvas
    from enhance.tasks.upscale.enhance import Result

    large = bicubic(photo.rgb, scale)
    canvas = Canvas(photo, large.shape[1], large.shape[0])
    canvas.put(0, 0, large)
    again = large if scale == 4 else bicubic(photo.rgb, 4)
    return Result(canvas, (), (), consistency.lr_psnr(again, photo.rgb))


def faces(job: Job, photo: Photo) -> bytes:
    """The faces of a photo as JSON, the largest first."""
    from enhance.faces.geometry import face_size
    from enhance.tasks.upscale.enhance import find

    job.stage = "drawing"
    found = [
        face_facts(face.box, size or round(face_size(face.landmarks)), bool(size)) for face, size in find(photo.rgb)
    ]
    return line({"width": photo.width, "height": photo.height, "faces": found})


def lineup(job: Job, photo: Photo, wanted: Options) -> bytes:
    """Several faces for the same pixels as JSON, each with its picture as base64 of a PNG."""
    from enhance.honesty.lineup import lineup_photo

    job.stage = "drawing"
    shown = lineup_photo(photo, wanted.n, model=network_of(wanted), face=wanted.face, **drawing(wanted))
    facts = shown.facts()
    for card, answer in zip(facts["answers"], shown.answers, strict=True):
        card["png"] = png(answer)
    return line({**facts, "given": png(shown.lr), "sentence": shown.sentence()})


def invention(job: Job, photo: Photo, wanted: Options) -> bytes:
    """What is known of the drawn faces in words, and how far their pixels may be wrong: a PNG of the enlarged photo's
    size, transparent where nothing was made up."""
    import numpy as np
    from PIL import Image

    from enhance.honesty.report import WARNING, band_map, report
    from enhance.honesty.uncertainty import VISIBLE
    from enhance.tasks.upscale.enhance import enhance_photo

    job.stage = "drawing"
    result = enhance_photo(photo, scale=wanted.scale, model=network_of(wanted), **drawing(wanted))
    reports = report(photo, result, seed=wanted.seed)
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
    from enhance.honesty.discriminator_map import opinions

    job.stage = "drawing"
    found = opinions(photo.rgb)
    facts = [
        {
            "name": one.name,
            "verdicts": [[round(float(value), 3) for value in row] for row in one.verdicts],
            "mean": round(float(one.verdicts.mean()), 3),
            "less_convincing": round(float((one.verdicts < found[0].verdicts).mean()), 3),
            "png": png(one.rgb),
        }
        for one in found
    ]
    return line({"opinions": facts})


def plainly(message: str) -> str:
    """A message without what it advises to those at the command line."""
    return re.sub(r" \([^)]*--[^)]*\)", "", message)


def network_of(wanted: Options) -> str | None:
    return None if wanted.model == AUTO else wanted.model


def drawing(wanted: Options) -> dict[str, Any]:
    return {"seed": wanted.seed, "aligned": wanted.aligned, "force": wanted.force}


def face_facts(box: tuple[float, float, float, float], lr: int, redrawn: bool) -> dict[str, Any]:
    return {"box": [round(edge, 1) for edge in box], "pixels_across": lr, "redrawn": redrawn}


def png(rgb: Array) -> str:
    """A picture (H,W,3) in [0,1] as base64 of a PNG."""
    from enhance.pixels import png_bytes

    return base64.b64encode(png_bytes(rgb)).decode()


def line(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=True).encode() + FACTS_END
