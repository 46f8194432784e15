"""Drawings to learn from, made of photographs: doodles such as people make, and traced edges.

A network that has only seen traced edges knows fur and knows no circle with two triangles on it. So most drawings here
are doodles: an outline with ears through the landmarks of the head, some round things for eyes, a nose, a mouth and
whiskers, in a shaking hand, with this or that left out. Their lines lie where the photograph has what they stand for,
and only a loose drawing is moved away from it.

See `doodles` for the first, and `strokes` for what both are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enhance.tasks.sketch.doodles import doodle, outlined
from enhance.tasks.sketch.strokes import DrawingPoints, Random, Stroke, loosened, traced

DENSITIES = (0.01, 0.07)
"""Shares of pixels that are edges in a traced drawing, from the sparsest to the densest."""


@dataclass(frozen=True)
class Mix:
    """How often each kind of drawing is made; the rest of the times it is sparse: an outline, or a few strokes of it.

    Attributes:
        doodles: by landmarks, as people doodle.
        edges: all edges of some density.
        simplified: the long edges alone, as few straight pieces.
        widths: of the pen, in pixels of a paper 256 pixels wide.
    """

    doodles: float = 0.5
    edges: float = 0.22
    simplified: float = 0.2
    widths: tuple[float, float] = (1.6, 4.0)


def drawn(
    picture: NDArray[np.uint8], points: DrawingPoints, landmarked: bool, looseness: float, mix: Mix, random: Random
) -> list[Stroke]:
    """Strokes that draw a picture.

    Args:
        picture: (H,H,3) in sRGB.
        points: landmarks of a cat's head, (13,2) in [0,1], or else the outline (n,2) of what is shown, closed.
        looseness: from 0, every stroke in its place, to 1.
    """

    def doodled() -> list[Stroke]:
        return doodle(points, looseness, random) if landmarked else outlined(picture, points, random)

    kind = random.random()
    if kind < mix.doodles:
        strokes = doodled()
    elif kind < mix.doodles + mix.edges:
        strokes = traced(picture, random.uniform(*DENSITIES), 0.0, random)
    elif kind < mix.doodles + mix.edges + mix.simplified:
        strokes = traced(picture, random.uniform(DENSITIES[0], 0.035), random.uniform(0.004, 0.014), random)
    else:
        strokes = traced(picture, random.uniform(0.002, 0.012), random.uniform(0.0, 0.02), random)
        if random.random() < 0.7:
            strokes = doodled()
            strokes = [strokes[n] for n in random.permutation(len(strokes))[: random.integers(0, 4)]]
    return loosened(strokes, looseness, random)
