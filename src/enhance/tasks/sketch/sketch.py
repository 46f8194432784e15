"""A drawing becomes a picture of a cat: read, evened, given a look, painted, enlarged, and signed as invented."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.inference.noise import noise_rng
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, Source
from enhance.photos.provenance import Stamp
from enhance.pixels import RGB, resize, to_uint8
from enhance.tasks.sketch import paper
from enhance.tasks.sketch.look import chosen, unpacked_looks
from enhance.tasks.sketch.options import LOOSENESS, SIZE, SketchOptions
from enhance.tasks.sketch.paper import Drawing

CAT_MODEL = "sketch_cat"
ENLARGED_BY = "photo_x4_pixel"
"""What makes 512 pixels of 128."""
_AT_ONCE = 16
"""Cats that are painted together."""
SHADE = 0.45
"""How much darker lines are laid over what was painted at looseness 0; from the default on not at all."""


@dataclass(frozen=True, eq=False)
class Sketched:
    """A cat that was painted.

    Attributes:
        canvas: the picture, ready to be written.
        painted: (128,128,3) in [0,1], what the network painted, before it was enlarged.
        drawing: what was read of the drawing.
        stamp: what its file says of it.
    """

    canvas: Canvas
    painted: RGB
    drawing: Drawing
    options: SketchOptions
    stamp: Stamp

    def sentence(self) -> str:
        """Return what was painted, in one line."""
        moved = ", put into the middle" if self.drawing.moved else ""
        return f"a cat that never was, after a drawing{moved}: fur, eyes and all around are invented"


def sketch(
    drawing: Source,
    *,
    looseness: float = LOOSENESS,
    colour: str | None = None,
    seed: int = 0,
    size: int = SIZE,
    device: str | None = None,
) -> Image:
    """Paint a cat after a drawing of its head.

    Args:
        drawing: lines of any colour on white, on nothing or on black, or a photograph of them: a path, the bytes of a
            file, a PIL image, or an array as `upscale` takes it. SVG files are read too.
        looseness: 0: every line is to be found in the picture, and is laid over it as a shade; 1: the drawing is but a
            hint.
        colour: of the fur: "orange", "black" and others (see `options.FUR_COLOURS`), or "#rrggbb"; None: at random.
        seed: one of many possible cats.
        size: pixels across the picture; the network paints 128, the rest is enlargement.
        device: what the networks run on, as for `upscale`.

    Returns:
        A picture with 8 bits a channel; its `info` has XMP that says what it is.

    Raises:
        PhotoError: the drawing cannot be read, there are no lines on it, or an option has a value that cannot be.
        ModelError: the network is not there.
    """
    with sessions.on_device(device):
        return sketch_all(drawing, [SketchOptions(looseness, colour, seed, size)])[0].canvas.image()


def sketch_all(drawing: Source, options: Sequence[SketchOptions], *, max_pixels: int | None = None) -> list[Sketched]:
    """Several cats after one drawing, for callers who want to know what was done; the same errors as `sketch`.

    Args:
        max_pixels: a file with more is refused before it is decoded; None: with more than any photo may have.
    """
    for one in options:
        one.check()
    read = paper.read_drawing(drawing, max_pixels=max_pixels)
    model = Model.load(CAT_MODEL)
    results = []
    for start in range(0, len(options), _AT_ONCE):
        some = options[start : start + _AT_ONCE]
        for picture, one in zip(draw_all(model, [read] * len(some), some), some, strict=True):
            results.append(_finished(picture, read, one, model))
    return results


def draw_all(model: Model, drawings: Sequence[Drawing], options: Sequence[SketchOptions]) -> NDArray[np.float32]:
    """Paint a cat after each drawing, (N,128,128,3) in [0,1]. Each depends on its own drawing and options alone."""
    looks = unpacked_looks(model.facts.extra["looks"])
    randoms = [noise_rng(one.seed) for one in options]
    output = model.run(
        edges=np.stack([drawing.ink[None] for drawing in drawings]),
        looseness=np.array([[one.looseness] for one in options], np.float32),
        look=np.stack([chosen(looks, one.rgb(), random) for one, random in zip(options, randoms, strict=True)]),
        noise=np.concatenate([random.standard_normal((1, _NOISE), np.float32) for random in randoms]),
    )["image"]
    painted = np.clip(output.transpose(0, 2, 3, 1), 0, 1)
    for picture, drawing, one in zip(painted, drawings, options, strict=True):
        picture *= 1 - SHADE * max(0.0, 1 - one.looseness / LOOSENESS) * drawing.ink[..., None]
    return painted


_NOISE = 16
"""Numbers of noise that one picture is made of."""


def _enlarged(painted: RGB, size: int) -> RGB:
    """A painted cat (128,128,3) at another size."""
    if size > len(painted):
        painted = Model.load(ENLARGED_BY)(painted.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    if size != len(painted):
        painted = resize(painted, (size, size))
    return np.clip(painted, 0, 1)


def _finished(painted: RGB, drawing: Drawing, options: SketchOptions, model: Model) -> Sketched:
    """A painted cat on a canvas of the size that was asked for, and signed."""
    size = options.size
    rgb = _enlarged(painted, size)
    canvas = Canvas(Photo(to_uint8(rgb), name="sketched cat"), size, size)
    canvas.put(0, 0, rgb)
    return Sketched(canvas, painted, drawing, options, _signed(canvas, options, model))


def _signed(canvas: Canvas, options: SketchOptions, model: Model) -> Stamp:
    """Write onto a canvas, for its file, that all of it was invented, and by what network."""
    stamp = provenance.Stamp(
        provenance.software(),
        model.facts.name,
        provenance.version_of(model),
        options.seed,
        math.nan,
        (),
        everywhere=True,
        drawing=True,
        invention="a cat",
    )
    provenance.write_stamp(canvas, stamp)
    return stamp
