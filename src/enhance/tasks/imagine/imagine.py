"""A sentence about a bird becomes a picture of one: read, laid out, drawn, enlarged, and signed as invented."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from enhance.errors import PhotoError
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.inference.noise import noise_rng
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo
from enhance.photos.provenance import Stamp
from enhance.pixels import RGB, resize, to_uint8
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.layouts import LAYOUT_SIDE, Layouts, maps
from enhance.tasks.imagine.options import ImagineOptions
from enhance.tasks.imagine.words import Reading, read_sentence

BIRD_MODEL = "bird"
BIRDS_AT_ONCE = 16
"""Birds that are drawn together."""


@dataclass(frozen=True, eq=False)
class Imagined:
    """A bird that was drawn.

    Attributes:
        canvas: the picture, ready to be written.
        drawn: (64,64,3) in [0,1], what the network drew, before it was enlarged and given its width.
        reading: what was understood of the sentence.
        layout: the number of the layout in the bank.
        stamp: what its file says of it.
    """

    canvas: Canvas
    drawn: RGB
    reading: Reading
    layout: int
    options: ImagineOptions
    stamp: Stamp

    def sentence(self) -> str:
        """Return what was drawn, in one line."""
        return f"a bird that never was, invented from words; {self.reading.sentence()}"


def imagine(
    sentence: str,
    *,
    seed: int = 0,
    size: int = 256,
    facing: str | None = None,
    layout: int | None = None,
    device: str | None = None,
) -> Image:
    """Draw a bird from a sentence.

    Args:
        sentence: English words about its colours, parts and shape: "a small bird with a red head and a white belly".
        seed: one of many possible birds.
        size: pixels of the longer side.
        facing: "left" or "right"; None: by chance, if the sentence does not say.
        layout: number of the layout to keep while words change; None: one that suits the words.
        device: what the networks run on, as for `upscale`.

    Returns:
        A picture with 8 bits a channel; its `info` has XMP that says what it is.

    Raises:
        SentenceError: the sentence says nothing that was learnt.
        PhotoError: an option has a value that cannot be.
        ModelError: the network is not there.
    """
    with sessions.on_device(device):
        return imagine_all(sentence, [ImagineOptions(seed, size, facing, layout)])[0].canvas.image()


def imagine_all(sentence: str, options: Sequence[ImagineOptions]) -> list[Imagined]:
    """Several birds of one sentence, for callers who want to know what was understood; the same errors as `imagine`."""
    for one in options:
        one.check()
    reading = read_sentence(sentence)
    model, bank = Model.load(BIRD_MODEL), Bank.load()
    for one in options:
        if one.layout is not None and one.layout >= len(bank.word_shares):
            raise PhotoError(f"layout {one.layout}: there are {len(bank.word_shares)}, counted from 0")
    results = []
    for start in range(0, len(options), BIRDS_AT_ONCE):
        some = options[start : start + BIRDS_AT_ONCE]
        drawn, layouts = draw_birds(
            model, bank, [reading] * len(some), [one.seed for one in some], [one.layout for one in some]
        )
        for picture, which, one in zip(drawn, layouts, some, strict=True):
            results.append(_finished(picture, float(bank.layouts.aspect[which]), which, reading, one, model))
    return results


def draw_birds(
    model: Model,
    bank: Bank,
    readings: Sequence[Reading],
    seeds: Sequence[int],
    kept: Sequence[int | None] | None = None,
) -> tuple[NDArray[np.float32], list[int]]:
    """Draw one bird for each reading, seed and number of a layout (None: one that suits), on which alone it depends.

    Returns:
        Pictures (N,64,64,3) in [0,1] of birds that face right, and the numbers of their layouts.
    """
    chosen, noises, layouts, colours, words = [], [], [], [], []
    for reading, seed, number in zip(readings, seeds, kept or [None] * len(seeds), strict=True):
        random = noise_rng(seed)
        which = bank.choose(reading, random)  # also where it is known, so that the noise is the same
        which = which if number is None else number
        layout = bank.varied(which, random)
        chosen.append(which)
        layouts.append(layout)
        colours.append(reading.colours())
        words.append(np.concatenate([reading.vector(), layout.extra()[0]]))
        noises.append(random.standard_normal((model.facts.noise_channels, LAYOUT_SIDE, LAYOUT_SIDE), np.float32))
    (places,) = maps(Layouts.joined(layouts), np.stack(colours))
    output = model.run(maps=places, words=np.stack(words), noise=np.stack(noises))["image"]
    return np.clip(output.transpose(0, 2, 3, 1), 0, 1), chosen


def _finished(
    drawn: RGB, aspect: float, layout: int, reading: Reading, options: ImagineOptions, model: Model
) -> Imagined:
    """A drawn bird on a canvas of the size that was asked for, with its own proportions, and signed."""
    facing = options.facing or reading.facing or ("left", "right")[int(noise_rng(options.seed, 1).integers(2))]
    if facing == "left":
        drawn = np.ascontiguousarray(drawn[:, ::-1])
    across, down = options.size * min(1.0, aspect), options.size * min(1.0, 1 / aspect)
    width, height = max(round(across), 1), max(round(down), 1)
    rgb = np.clip(resize(drawn, (width, height)), 0, 1)
    canvas = Canvas(Photo(to_uint8(rgb), name="imagined bird"), width, height)
    canvas.put(0, 0, rgb)
    return Imagined(canvas, drawn, reading, layout, options, _signed(canvas, options.seed, reading, model))


def _signed(canvas: Canvas, seed: int, reading: Reading, model: Model) -> Stamp:
    """Write onto a canvas, for its file, that all of it was invented, from what words and by what network."""
    stamp = provenance.Stamp(
        provenance.software(),
        model.facts.name,
        provenance.version_of(model),
        seed,
        math.nan,
        (),
        everywhere=True,
        words=reading.text,
        invention="a bird",
    )
    provenance.write_stamp(canvas, stamp)
    return stamp
