"""Where a bird's parts lie in a picture, and the maps that tell the generator what is to be seen where.

A layout is all that is left to chance: fifteen points, the colours of the four corners, how busy the background is and
how wide the picture was. The sentence is painted onto it: what it says of the head lies where the head is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enhance.pixels import Array
from enhance.tasks.imagine.vocabulary import BODY_PARTS, COLOUR_WORDS

POINTS = (
    "back", "beak", "belly", "breast", "crown", "forehead", "left_eye", "left_leg", "left_wing", "nape", "right_eye",
    "right_leg", "right_wing", "tail", "throat",
)  # fmt: skip
LAYOUT_SIDE = 32
"""Pixels of a map's side."""
EXTRA = 2
"""Numbers about the whole picture beside the words: how busy the background is, and the log of width by height."""
CHANNELS = len(POINTS) + 1 + len(COLOUR_WORDS) + 3

_PART_POINTS = {
    "body": ("back", "belly", "breast", "crown", "nape", "throat", "left_wing", "right_wing", "tail"),
    "head": ("crown", "forehead"),
    "throat": ("throat",),
    "nape": ("nape",),
    "belly": ("belly", "breast"),
    "back": ("back",),
    "wing": ("left_wing", "right_wing"),
    "tail": ("tail",),
    "bill": ("beak",),
    "eye": ("left_eye", "right_eye"),
    "leg": ("left_leg", "right_leg"),
}
_BODY = 0.6
"""How strongly a colour of the whole bird is painted, beside that of a part."""
WIDTHS = dict.fromkeys(POINTS, 0.085) | {
    "beak": 0.05, "left_eye": 0.035, "right_eye": 0.035, "crown": 0.06, "forehead": 0.06, "throat": 0.06,
    "left_leg": 0.05, "right_leg": 0.05, "nape": 0.065,
}  # fmt: skip
"""How far each point's part reaches, as fractions of the picture's side."""
_REACH = np.array([WIDTHS[point] for point in POINTS], np.float32)
_SHARP = 0.035
LIMBS = (
    ("beak", "forehead"),
    ("forehead", "crown"),
    ("crown", "nape"),
    ("nape", "back"),
    ("back", "tail"),
    ("throat", "breast"),
    ("breast", "belly"),
    ("belly", "tail"),
    ("beak", "throat"),
    ("nape", "breast"),
    ("back", "belly"),
    ("crown", "throat"),
)
"""Neighbours, between which there is bird."""

PLACES_OF = np.array([[point in _PART_POINTS[part] for point in POINTS] for part in BODY_PARTS], np.float32)
"""(parts, points): which points a part lies at."""
_STRENGTH = PLACES_OF * np.array([_BODY if part == "body" else 1.0 for part in BODY_PARTS], np.float32)[:, None]

LAYOUT = ("points", "corners", "busy", "aspect")


@dataclass(frozen=True)
class Layouts:
    """Many layouts at once; the bird faces right in all of them.

    Attributes:
        points: (N,15,2) x and y as fractions of the side, -1 where hidden.
        corners: (N,4,3) colours in [0,1], from left to right and from top to bottom.
        busy: (N,) how far the background's pixels differ from each other, 0 to about .3.
        aspect: (N,) width by height of the picture, which itself is square.
    """

    points: Array
    corners: Array
    busy: Array
    aspect: Array

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, which: NDArray[np.intp] | slice) -> "Layouts":
        return Layouts(self.points[which], self.corners[which], self.busy[which], self.aspect[which])

    @staticmethod
    def joined(parts: Sequence["Layouts"]) -> "Layouts":
        """All of several, in their order."""
        return Layouts(*(np.concatenate([getattr(part, name) for part in parts]) for name in LAYOUT))

    def extra(self) -> Array:
        """(N,EXTRA): their inputs of the generator beside the maps."""
        return np.stack([self.busy * 8 - 1, np.log(self.aspect) * 4], 1).astype(np.float32)


def shown(points: Array) -> NDArray[np.bool_]:
    """(N,15): which points can be seen."""
    return np.asarray((points >= 0).all(-1) & (points <= 1).all(-1))


def seen_parts(points: Array) -> NDArray[np.bool_]:
    """(N,parts): of which parts at least one point can be seen."""
    return np.asarray(shown(points).astype(np.float32) @ PLACES_OF.T > 0)


def maps(layouts: Layouts, *values: Array) -> list[Array]:
    """The inputs of the generator for each place.

    Args:
        layouts: N of them.
        values: one or several times (N, parts, colours), see `Reading.colours`.

    Returns:
        For each telling (N,CHANNELS,32,32): a spot for each point, the outline of the bird roughly, a spot for each
        named colour at the places of the parts it is named for, and the background between the corners from -1 to 1.
    """
    count = len(layouts)
    reach = spots(layouts.points, _REACH).reshape(count, len(POINTS), -1)
    places = (spots(layouts.points, np.full(len(POINTS), _SHARP, np.float32)), outline(layouts.points)[:, None])
    behind = background(layouts.corners)
    results = []
    for colours in values:
        # A named part outdoes the bird as a whole.
        strength = (_STRENGTH[None, :, :, None] * colours[:, :, None, :]).max(1)  # (N,points,colours)
        painted = np.minimum(strength.transpose(0, 2, 1) @ reach, 1).reshape(count, -1, LAYOUT_SIDE, LAYOUT_SIDE)
        results.append(np.concatenate([*places, painted, behind], 1))
    return results


def spots(points: Array, widths: Array) -> Array:
    """(N,points,32,32): a round spot at each point, 1 in its middle and as wide as said; nothing for those hidden."""
    grid = (np.arange(LAYOUT_SIDE, dtype=np.float32) + 0.5) / LAYOUT_SIDE
    near = (
        np.exp(-((grid - points[..., None]) ** 2) / (2 * widths[:, None, None] ** 2)) * shown(points)[..., None, None]
    )
    return np.asarray(near[:, :, 1, :, None] * near[:, :, 0, None, :], np.float32)


def areas(points: Array) -> Array:
    """(N,parts,32,32): where each part lies, adding up to 1, or to 0 where it is hidden."""
    near = spots(points, np.full(len(POINTS), _SHARP, np.float32)).reshape(*points.shape[:2], -1)
    result = PLACES_OF @ near
    result /= np.maximum(result.sum(-1, keepdims=True), 1e-6)
    return np.asarray(result.reshape(len(points), len(BODY_PARTS), LAYOUT_SIDE, LAYOUT_SIDE), np.float32)


def outline(points: Array) -> Array:
    """(N,32,32): near 1 on the lines between neighbouring points, as a rough picture of the body."""
    grid = (np.arange(LAYOUT_SIDE, dtype=np.float32) + 0.5) / LAYOUT_SIDE
    at = np.stack(np.meshgrid(grid, grid), -1)[None, None]  # (1,1,32,32,2)
    pairs = np.array([[POINTS.index(a), POINTS.index(b)] for a, b in LIMBS])
    start, end = points[:, pairs[:, 0], None, None], points[:, pairs[:, 1], None, None]
    along = end - start
    length = (along**2).sum(-1) + 1e-6
    how_far = np.clip(((at - start) * along).sum(-1) / length, 0, 1)
    distance = ((at - start - how_far[..., None] * along) ** 2).sum(-1)
    visible = shown(points)
    both = (visible[:, pairs[:, 0]] & visible[:, pairs[:, 1]])[..., None, None]
    return np.asarray((np.exp(-distance / (2 * 0.07**2)) * both).max(1), np.float32)


def background(corners: Array) -> Array:
    """(N,3,32,32) from -1 to 1: the four corners' colours, blended over the picture."""
    t = (np.arange(LAYOUT_SIDE, dtype=np.float32) + 0.5) / LAYOUT_SIDE
    row = np.stack([1 - t, t])
    blended = np.einsum("nabc,ay,bx->ncyx", corners.reshape(-1, 2, 2, 3), row, row, optimize=True)
    return np.asarray(blended * 2 - 1, np.float32)


def corners_of(pictures: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Colours (N,4,3) and busyness (N,) of the corners, an eighth of the side each, of square pictures (N,H,H,3)."""
    part = pictures.shape[1] // 8
    ends = (slice(None, part), slice(-part, None))
    patches = np.stack([pictures[:, y, x] for y in ends for x in ends], 1).astype(np.float32) / 255
    return patches.mean((2, 3)), patches.std((2, 3)).mean((1, 2))


def mirrored(points: Array) -> Array:
    """The same points with left and right exchanged, in the picture and of the bird."""
    order = [
        POINTS.index(name.replace("left_", "?").replace("right_", "left_").replace("?", "right_")) for name in POINTS
    ]
    turned = points[:, order].copy()
    turned[..., 0] = np.where(turned[..., 0] >= 0, 1 - turned[..., 0], -1)
    return turned
