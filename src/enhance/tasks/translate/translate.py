"""Animals of a photo redrawn as others: found, drawn one by one, and laid into a photo that else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.counts import counted
from enhance.errors import ModelError, PhotoError
from enhance.inference import sessions, shipped
from enhance.inference.model import Model
from enhance.options import problem
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, Source, read
from enhance.photos.provenance import AND, Stamp
from enhance.pixels import to_float
from enhance.tasks.translate.drawing import AnimalPatch, draw_animal
from enhance.tasks.translate.finding import FINDER, Animal, find_animals
from enhance.tasks.translate.options import COATS, TranslateOptions

BAND = 256
"""Rows of a photo that are worked on at a time."""
PLURAL = {"horse": "horses", "zebra": "zebras"}
INVENTED_PARTS = {"zebra": "the stripes are invented", "horse": "the coats are invented"}


@dataclass(frozen=True, eq=False)
class Translated:
    """What was made of a photo.

    Attributes:
        canvas: the whole photo, ready to be written.
        mask: (H,W) uint8, how much of each pixel was redrawn.
        animals: those that were found, the largest first; an animal may be several that touch.
        untouched: the share of pixels that are as they were.
        notes: what the user should know.
        options: what was asked for.
        stamp: what its file says of it; None where nothing was drawn.
    """

    canvas: Canvas
    mask: NDArray[np.uint8]
    animals: tuple[Animal, ...]
    untouched: float
    notes: tuple[str, ...]
    options: TranslateOptions
    stamp: Stamp | None = None

    def sentence(self) -> str:
        """One honest line."""
        source, to = (PLURAL[kind] for kind in (self.options.source, self.options.to))
        if self.stamp is None:
            return f"no {self.options.source} found, nothing drawn (--force takes the whole photo for one)"
        count = len(self.animals)
        where = "the whole photo" if not count else f"{source} in {counted(count, 'place')}"
        rest = f"{100 * self.untouched:.1f} % of the pixels are as they were"
        return f"{where} redrawn as {to}: {INVENTED_PARTS[self.options.to]}, {rest}"


def translate(
    photo: Source,
    *,
    to: str = "zebra",
    coat: str | None = None,
    force: bool = False,
    device: str | None = None,
) -> Any:
    """Redraw the horses of a photo as zebras, or its zebras as horses.

    Args:
        photo: a file's path or bytes, an open file, a PIL image, or an array (H,W), (H,W,3) or (H,W,4).
        to: "zebra" or "horse".
        coat: the colour of drawn horses: bay, black, chestnut, grey, palomino or white. None: bay.
        force: takes the whole photo for an animal where none is found.
        device: what the networks run on, as for `upscale`.

    Returns:
        The whole photo as a PIL image with 8 bits a channel, or of an array of uint16 as such an array. Where no animal
        is, it is what it was.

    Raises:
        PhotoError: the photo cannot be used, or an option is unknown; the message says why.
        ModelError: a network is not there.
    """
    with sessions.on_device(device):
        return translate_photo(read(photo), TranslateOptions(to=to, coat=coat, force=force)).canvas.as_given(photo)


def translate_photo(photo: Photo, options: TranslateOptions | None = None) -> Translated:
    """`translate` for callers who want to know what was done; the same errors."""
    options = options or TranslateOptions()
    if wrong := _problem(options):
        raise PhotoError(f"{photo.name}: {wrong}")
    model = _network(options.to)
    try:
        result = redrawn(photo, model, options)
    except MemoryError:
        raise PhotoError(f"{photo.name}: does not fit in memory; close other programs, or reduce it first") from None
    return _stamped(photo, result, [Model.load(FINDER), model]) if result.animals or options.force else result


def redrawn(photo: Photo, model: Model, options: TranslateOptions) -> Translated:
    """A photo whose animals a network has redrawn, without a stamp."""
    coat = None if options.coat is None else COATS[options.coat]
    notes = () if photo.lost is None else (photo.lost,)
    animals = find_animals(photo.pixels, options.source)
    drawn: list[Animal | None] = [*animals] if animals or not options.force else [None]
    # The largest is laid last: it is the nearest to the camera.
    patches = [draw_animal(model, photo.pixels, animal, coat) for animal in reversed(drawn)]
    canvas, mask, untouched = _paint(photo, patches)
    return Translated(canvas, mask, tuple(animals), untouched, notes, options)


def _paint(photo: Photo, patches: Sequence[AnimalPatch]) -> tuple[Canvas, NDArray[np.uint8], float]:
    """The photo with the patches laid in; how much of each pixel was redrawn; the share of pixels that were not."""
    canvas = Canvas(photo, photo.width, photo.height)
    mask = np.zeros((photo.height, photo.width), np.uint8)
    touched = 0
    for top in range(0, photo.height, BAND):
        bottom = min(top + BAND, photo.height)
        rgb = to_float(photo.pixels[top:bottom])
        amount = np.zeros(rgb.shape[:2], np.float32)
        for patch in patches:
            added = patch.rows(top, bottom, photo.width)
            if added is not None:
                rows, columns, drawn, alpha = added
                difference = drawn - rgb[rows, columns] if patch.painted else drawn
                rgb[rows, columns] += alpha[..., None] * difference
                amount[rows, columns] = np.maximum(amount[rows, columns], alpha)
        np.clip(rgb, 0, 1, out=rgb)
        canvas.put(0, top, rgb)
        mask[top:bottom] = np.ceil(amount * 255)  # 0 only where nothing was changed
        touched += int(np.count_nonzero(amount))
    return canvas, mask, 1 - touched / mask.size


def _stamped(photo: Photo, result: Translated, used: Sequence[Model]) -> Translated:
    """The same with a canvas whose file says what was done."""
    boxes = tuple(animal.box for animal in result.animals) or ((0, 0, photo.width, photo.height),)
    names = AND.join(model.facts.name for model in used)
    digits = AND.join(map(provenance.version_of, used))
    stamp = Stamp(
        provenance.software(),
        names,
        digits,
        0,
        float("inf"),
        boxes,
        part="animal",
        invention=INVENTED_PARTS[result.options.to],
    )
    provenance.write_stamp(result.canvas, stamp)
    return replace(result, stamp=stamp)


def _problem(options: TranslateOptions) -> str | None:
    """What is wrong with the options, in words."""
    if options.coat is not None and options.to != "horse":
        return "only a horse has a coat to choose; leave it out, or translate to horse"
    return problem(options)


def _network(to: str) -> Model:
    """The network that draws a kind of animal.

    Raises:
        ModelError: there is none.
    """
    if not shipped.weights_of(to).is_file():
        raise ModelError(f"{to}: there are no weights that draw it yet; `enhance train --recipe {to}` makes them")
    return Model.load(to)
