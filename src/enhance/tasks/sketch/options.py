"""What can be asked of `sketch`, beside the drawing. Light: the command line reads it for its help."""

from __future__ import annotations

import re
from dataclasses import dataclass

from enhance.errors import PhotoError

LEAST, MOST = 64, 1024
"""Pixels across a picture."""
SIZE = 512
LOOSENESS = 0.5
COLOURS = {
    "black": "#1c1a1b",
    "white": "#e8e4df",
    "grey": "#7c7a79",
    "blue": "#6b7280",
    "orange": "#b8763f",
    "ginger": "#b8763f",
    "red": "#9c5530",
    "brown": "#6b5240",
    "chocolate": "#54382a",
    "cream": "#cdb696",
    "sand": "#a8927a",
    "silver": "#a9a8a6",
    "lilac": "#a3969a",
    "cinnamon": "#99694a",
}
"""Colours of cats by their names: "blue" is the grey that breeders call so. Any other colour has six digits."""


@dataclass(frozen=True)
class SketchOptions:
    """Options of `sketch`.

    Attributes:
        looseness: from 0, where every line is to be found in the picture, to 1, where a drawing is a hint.
        colour: of the fur: a name of `COLOURS`, or #rrggbb; None: of a cat drawn by lot.
        seed: names one of many possible cats.
        size: pixels across the picture.
    """

    looseness: float = LOOSENESS
    colour: str | None = None
    seed: int = 0
    size: int = SIZE

    def check(self) -> None:
        """Raises PhotoError where a value cannot be."""
        if not 0 <= self.looseness <= 1:
            raise PhotoError(f"looseness {self.looseness}: goes from 0 to 1")
        if self.seed < 0:
            raise PhotoError(f"seed {self.seed}: seeds are whole numbers from 0 on")
        if not LEAST <= self.size <= MOST:
            raise PhotoError(f"size {self.size}: pictures are {LEAST} to {MOST} pixels across")
        self.rgb()

    def rgb(self) -> tuple[float, float, float] | None:
        """The colour, each part in [0,1]; None if none is asked for."""
        if self.colour is None:
            return None
        digits = COLOURS.get(self.colour.strip().lower(), self.colour.strip())
        if re.fullmatch("#[0-9a-fA-F]{3}", digits):
            digits = "#" + "".join(2 * digit for digit in digits[1:])
        if not re.fullmatch("#[0-9a-fA-F]{6}", digits):
            raise PhotoError(f"colour {self.colour}: is none of {', '.join(COLOURS)}, nor like #c8843c")
        red, green, blue = (int(digits[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return red, green, blue
