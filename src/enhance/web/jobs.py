"""What the service does with a photo: bytes in, facts and pictures out. All of it runs in the worker's threads."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance import cancellation
from enhance.errors import PhotoError
from enhance.faces.known import KnownFace, no_such_face
from enhance.honesty import exploration
from enhance.honesty.discriminator_map import scored_enlargements
from enhance.honesty.lineup import lineup_photo, several_from
from enhance.honesty.report import WARNING, band_map, report
from enhance.honesty.uncertainty import VISIBLE
from enhance.painting.background import Background
from enhance.painting.bands import paint
from enhance.painting.consistency import ScaledPair, lr_psnr
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo
from enhance.photos.writing import rounding
from enhance.pixels import Array, PixelBox
from enhance.tasks.fill.fill import Filled, fill_photo
from enhance.tasks.fill.options import FillOptions
from enhance.tasks.imagine.imagine import BIRD_MODEL, imagine_all
from enhance.tasks.imagine.options import ImagineOptions
from enhance.tasks.sketch.options import SketchOptions
from enhance.tasks.sketch.sketch import CAT_MODEL, sketch_all
from enhance.tasks.translate.options import TranslateOptions
from enhance.tasks.translate.translate import translate_photo
from enhance.tasks.upscale.choice import choose
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import BICUBIC, FaceOptions, LineupOptions, UpscaleOptions
from enhance.tasks.upscale.result import Result
from enhance.web.looking import Dials, face_facts
from enhance.web.made import Made, MadePicture, encoded, grey_png, png, png_file
from enhance.web.networks import require_weights
from enhance.web.orders import Order, cut, too_large_or
from enhance.web.queries import taken
from enhance.web.query_options import (
    ANSWER_FORMATS,
    DialOptions,
    HoleOptions,
    NumberOptions,
    SeveralOptions,
)


def enhance(order: Order) -> Made:
    """The photo enlarged."""
    started = time.perf_counter()
    options = taken(UpscaleOptions, order.query)
    original, part = order.photo(), order.part()
    photo = order.drawable(original)
    order.refuse_result(photo.width * options.scale, photo.height * options.scale)
    known = known_faces(order, original, part, options)
    if known is None and part is not None and options.faces[0].isdigit():
        # Numbers are those of faces of the whole photo, and here there is none.
        options = replace(options, faces="none")
    if options.model == BICUBIC:
        result = _enlarged(photo, options, order.limits.memory)
    else:
        result = _enhanced(order, photo, options, known)
    order.job.stage = "writing"
    picture = encoded(result.canvas, order.format, options.seed)
    numbered = zip(numbers_of(known, part, len(result.faces)), result.faces, strict=True)
    faces = [face_facts(number, face.box, face.size, face.reason) for number, face in numbered]
    facts = {
        "width": result.canvas.width,
        "height": result.canvas.height,
        "model": result.model.facts.name if result.model else BICUBIC,
        "seed": options.seed,
        "faces": faces,
        "lr_psnr_db": round(min(result.lr_psnr, 99.0), 2),
        "notes": [plainly(note) for note in (*result.notes, *photo.first_only)],
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Made(facts, (picture,))


def _enhanced(order: Order, photo: Photo, options: UpscaleOptions, known: list[KnownFace] | None) -> Result:
    """A photo enlarged, in the memory that a job may have."""

    def progress(share: float, _: str) -> None:
        order.job.share = share

    return enhance_photo(photo, options, known_faces=known, memory=order.limits.memory, progress=progress)


def known_faces(
    order: Order, original: Photo, part: PixelBox | None, options: FaceOptions, number: int = 0
) -> list[KnownFace] | None:
    """Return the known faces of the part that is drawn: see `Looking.within`."""
    if options.aligned or options.model == BICUBIC:
        return None
    return order.looking.within(
        order.body.photo, original, part, number, force=options.force, most_pixels=order.limits.draw
    )


def numbers_of(known: list[KnownFace] | None, part: PixelBox | None, count: int) -> list[int | None]:
    """The numbers of faces: those that are known, or of a whole photo that was only now looked at, their order."""
    if known is not None:
        return [one.number for one in known]
    return [*range(1, count + 1)] if part is None else [None] * count


def _enlarged(photo: Photo, options: UpscaleOptions, memory: float) -> Result:
    """A photo as bicubic enlarges it, nothing drawn, band by band."""
    size = round(photo.height * options.scale), round(photo.width * options.scale)
    background = Background(photo, None, memory, scale=ceil(options.scale))
    canvas, agreement = paint(background, [], ScaledPair((photo.height, photo.width), size), 0)
    return Result(canvas, agreement, options)


def find_faces(order: Order) -> Made:
    """The faces of a photo, the largest first, with the numbers by which they are asked for."""
    original, part = order.photo(), order.part()
    known = order.looking.at(order.body.photo, original)
    left, top, right, bottom = part or (0, 0, original.width, original.height)
    cut(original, part)  # says what is wrong with the part
    inside = [one.shifted(left, top) for one in known if one.within((left, top, right, bottom))]
    records = [face_facts(one.number, one.face.box, one.size, one.reason) for one in inside]
    return Made({"width": right - left, "height": bottom - top, "faces": records})


def lineup(order: Order) -> Made:
    """Several faces for the same pixels, each with its picture as base64 of a PNG."""
    options = taken(LineupOptions, order.query)
    if options.aligned:
        photo, known, number, left, top = order.drawable(order.photo()), None, 1, 0, 0
    else:
        photo, face, left, top = _one_face(order, options.face, options.force)
        known, number, options = [face], face.number, replace(options, face=1)
    shown = lineup_photo(photo, options, known)
    facts = shown.facts()
    x0, y0, x1, y1 = facts["face"]
    facts |= {"face": [round(x0 + left, 1), round(y0 + top, 1), round(x1 + left, 1), round(y1 + top, 1)]}
    for card, sample in zip(facts["answers"], shown.samples, strict=True):
        card["png"] = base64.b64encode(png_file(shown.picture(sample))).decode()
    return Made({**facts, "number": number, "given": png(shown.lr), "sentence": shown.sentence()})


def _one_face(order: Order, number: int, force: bool) -> tuple[Photo, KnownFace, int, int]:
    """What lies around a face of a photo, the face in it, and where in the photo that part begins (left, top).

    Args:
        number: of the face; where a part of the photo is meant and no number was asked for, the first in that part.

    Raises:
        PhotoError: there is no such face.
    """
    original, part = order.photo(), order.part()
    known = order.looking.at(order.body.photo, original, force=force)
    if part is not None:
        cut(original, part)
        if "face" not in order.query.model_fields_set:
            number = next((face.number for face in known if face.within(part)), 0)
    if not 0 < number <= len(known):
        raise PhotoError(f"photo: {no_such_face(number or 1, len(known))}")
    face = known[number - 1]
    # What lies around the face is all that is needed, however large the photo is.
    across, down = face.face.box[2] - face.face.box[0], face.face.box[3] - face.face.box[1]
    margin = round(3 * max(across, down)) + 16
    left, top = (max(0, round(edge) - margin) // 2 * 2 for edge in face.face.box[:2])
    right, bottom = min(original.width, left + 3 * margin), min(original.height, top + 3 * margin)
    return cut(original, (left, top, right, bottom)), face.shifted(left, top), left, top


def turned(order: Order) -> Made:
    """A face turned along the directions in which its answers differ most; made small again, it stays the photo."""
    started = time.perf_counter()
    options = taken(DialOptions, order.query)
    photo, face, left, top = _one_face(order, options.face, options.force)
    choice, rgb = choose(photo, UpscaleOptions(background=BICUBIC))
    original = face.job(rgb).crop
    if original is None:
        raise PhotoError(f"photo: face {face.number}: {face.reason}, so there is nothing to turn")
    (crop,), model, restorer = several_from(original, [options.seed], restores=choice.restores)

    def find() -> Dials:
        exploring = exploration.explore(model, crop, options.seed)
        return exploring.directions, exploring.strength

    directions, strength = order.looking.dials(order.body.photo, options.force, face.number, options.seed, find)
    scale = model.facts.scale
    drawn = exploration.Exploration(model, crop, options.seed, directions, strength).turned(options.turns())
    # Beyond the photo its edge is repeated, and nobody asked for that.
    x0, y0, x1, y1 = here = crop.inside((0, 0, photo.width, photo.height))
    shown = cut(photo, here)
    rows, columns = slice(y0 - crop.top, y1 - crop.top), slice(x0 - crop.left, x1 - crop.left)
    hr = drawn[scale * rows.start : scale * rows.stop, scale * columns.start : scale * columns.stop]
    agreement = lr_psnr(hr, crop.lr[rows, columns], scale)
    order.job.stage = "writing"
    canvas = Canvas(shown, hr.shape[1], hr.shape[0])
    canvas.put(0, 0, hr)
    everywhere = (0.0, 0.0, float(shown.width), float(shown.height))
    stamp = provenance.stamp(shown, (model, None, None), options.seed, agreement, [everywhere], canvas)
    provenance.write_stamp(canvas, stamp)
    facts = {
        "width": canvas.width,
        "height": canvas.height,
        "model": model.facts.name,
        "seed": options.seed,
        "number": face.number,
        "pixels_across": face.size,
        "part": [x0 + left, y0 + top, x1 + left, y1 + top],
        "dials": list(options.turns()),
        "restored": (restorer or choice.restorer) is not None,
        "strength": [round(float(value), 3) for value in strength],
        "lr_psnr_db": round(min(agreement, 99.0), 2),
        "warning": WARNING,
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Made(facts, (encoded(canvas, order.format, options.seed),))


def invention(order: Order) -> Made:
    """What is known of the drawn faces in words, and how far their pixels may be wrong: a PNG of the enlarged photo's
    size, transparent where nothing was made up."""
    faces = taken(FaceOptions, order.query)
    options = UpscaleOptions(model=faces.model, seed=faces.seed, aligned=faces.aligned, force=faces.force)
    original, part = order.photo(), order.part()
    photo = order.drawable(original)
    order.refuse_result(photo.width * options.scale, photo.height * options.scale)
    number = taken(NumberOptions, order.query).face
    known = known_faces(order, original, part, options, number)
    result = _enhanced(order, photo, options, known)
    numbered = zip(numbers_of(known, part, len(result.faces)), result.faces, strict=True)
    drawn = [n for n, job in numbered if job.redrawn]
    reports = report(photo, result)
    measured = all(one.made_up is not None for one in reports)
    order.job.stage = "writing"
    band = band_map(result, reports, photo) if reports and measured else np.zeros((1, 1), np.float32)
    picture = png_file(provenance.labelled(Image.fromarray(_heat(band)), "map"))
    left, top = (part or (0, 0, 0, 0))[:2]
    facts_of_faces = [
        {
            "number": n,
            "box": [round(edge, 1) for edge in one.box],
            "pixels_across": one.pixels,
            "made_up": None if one.made_up is None else round(one.made_up, 3),
            "people": one.people,
        }
        for n, one in zip(drawn, reports, strict=True)
    ]
    # Sentences speak of the photo, not of the part that was cut out of it.
    shifted = [
        replace(one, box=(one.box[0] + left, one.box[1] + top, one.box[2] + left, one.box[3] + top)) for one in reports
    ]
    facts = {
        "sentences": [one.sentence() for one in shifted],
        "faces": facts_of_faces,
        "measured": measured,
        "warning": WARNING,
    }
    return Made(facts, (MadePicture(picture, ANSWER_FORMATS["png"], options.seed),))


def _heat(band: Array) -> NDArray[np.uint8]:
    """Half widths (H,W) in [0,1] as colours (H,W,4): transparent where nothing was made up, redder where more was."""
    rgba = np.empty((*band.shape, 4), np.uint8)
    for top in range(0, len(band), 256):
        strength = np.clip(band[top : top + 256] / (3 * VISIBLE), 0, 1)
        rgba[top : top + 256, :, 0], rgba[top : top + 256, :, 2] = 255, 60
        rgba[top : top + 256, :, 1] = (210 * (1 - strength)).round()
        rgba[top : top + 256, :, 3] = (255 * strength).round()
    return rgba


def opinion(order: Order) -> Made:
    """What the discriminator thinks of a part of a photo and of three enlargements of it, with pictures."""
    scored = scored_enlargements(order.drawable(order.photo()).rgb)
    facts = [
        {
            "name": one.name,
            "verdicts": [[round(float(value), 3) for value in row] for row in one.scores],
            "mean": round(float(one.scores.mean()), 3),
            "less_convincing": round(float((one.scores < scored[0].scores).mean()), 3),
            "png": png(one.rgb),
        }
        for one in scored
    ]
    return Made({"opinions": facts})


def translate(order: Order) -> Made:
    """The animals of a photo redrawn, and how much of each pixel was."""
    started = time.perf_counter()
    options = taken(TranslateOptions, order.query)
    require_weights(options.to)
    photo = order.drawable(order.photo())
    order.refuse_result(photo.width, photo.height)
    result = translate_photo(photo, options)
    order.job.stage = "writing"
    picture = encoded(result.canvas, order.format)
    facts = {
        "width": photo.width,
        "height": photo.height,
        "model": result.stamp.model if result.stamp else None,
        "drawn": result.stamp is not None,
        "animals": [{"box": [int(edge) for edge in animal.box]} for animal in result.animals],
        "untouched": round(result.untouched, 5),
        "sentence": plainly(result.sentence()),
        "notes": [plainly(note) for note in (*result.notes, *photo.first_only, *rounding(f"photo.{order.format}"))],
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Made(facts, (picture,), grey_png(result.mask))


def fill(order: Order) -> Made:
    """Fill a hole of a photo, once or several times."""
    started = time.perf_counter()
    options, count = taken(FillOptions, order.query), taken(SeveralOptions, order.query).n
    original, part = order.photo(), order.part()
    mask = order.mask(original)
    photo = order.drawable(original)
    order.refuse_result(count * photo.width, photo.height)
    left, top, right, bottom = part or (0, 0, original.width, original.height)
    mask = None if mask is None else mask[top:bottom, left:right]
    boxes = [(x - left, y - top, width, height) for x, y, width, height in taken(HoleOptions, order.query).boxes()]
    filled: list[Filled] = []
    pictures = []
    for n in range(count):
        cancellation.raise_if_cancelled()
        filled.append(fill_photo(photo, mask, boxes, replace(options, seed=options.seed + n)))
        pictures.append(encoded(filled[-1].canvas, order.format, options.seed + n))
    first = filled[0]
    facts = {
        "width": photo.width,
        "height": photo.height,
        "model": first.stamp.model,
        "seed": options.seed,
        "hole_pixels": int(first.hole.sum()),
        "faces": [
            {"box": [round(float(edge), 1) for edge in face.box], "pixels_across": face.size} for face in first.faces
        ],
        "sentence": first.sentence(),
        "notes": [plainly(note) for note in (*first.notes, *rounding(f"photo.{order.format}"))],
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Made(facts, tuple(pictures), grey_png(np.uint8(255) * first.hole), as_facts=count > 1)


def sketch(order: Order) -> Made:
    """Cats after a drawing."""
    started = time.perf_counter()
    require_weights(CAT_MODEL)
    options, count = taken(SketchOptions, order.query), taken(SeveralOptions, order.query).n
    order.job.stage = "drawing"
    each = [replace(options, seed=options.seed + n) for n in range(count)]
    try:
        cats = sketch_all(order.body.photo, each, max_pixels=order.limits.look)
    except PhotoError as error:
        raise too_large_or(error, order.limits.look) from error
    order.job.stage = "writing"
    facts = {
        "width": options.size,
        "height": options.size,
        "model": cats[0].stamp.model,
        "seed": options.seed,
        "moved": cats[0].drawing.moved,
        "sentence": cats[0].sentence(),
        "notes": list(cats[0].drawing.notes),
        "seconds": 0.0,
    }
    pictures = tuple(encoded(one.canvas, order.format, one.options.seed) for one in cats)
    facts["seconds"] = round(time.perf_counter() - started, 3)
    return Made(facts, pictures, as_facts=count > 1)


def imagine(order: Order) -> Made:
    """Birds from a sentence."""
    started = time.perf_counter()
    require_weights(BIRD_MODEL)
    options, count = taken(ImagineOptions, order.query), taken(SeveralOptions, order.query).n
    order.job.stage = "drawing"
    birds = imagine_all(order.body.text, [replace(options, seed=options.seed + n) for n in range(count)])
    order.job.stage = "writing"
    first = birds[0]
    pictures = tuple(encoded(one.canvas, order.format, one.options.seed) for one in birds)
    facts = {
        "width": first.canvas.width,
        "height": first.canvas.height,
        "model": first.stamp.model,
        "seed": options.seed,
        "sentence": first.sentence(),
        "understood": [{"part": part, "colour": colour} for part, colour in sorted(first.reading.pairs)],
        "traits": sorted(first.reading.traits),
        "taken": dict(first.reading.taken),
        "ignored": list(first.reading.unknown),
        "layouts": [one.layout for one in birds],
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Made(facts, pictures, as_facts=count > 1)


def plainly(message: str) -> str:
    """Return a message without its advice for the command line."""
    return re.sub(r" \([^)]*--[^)]*\)", "", message)
