"""What can be asked of `sketch`, beside the drawing. Light: the command line reads it for its help."""

from __future__ import annotations

import re
from dataclasses import dataclass

from enhance.errors import PhotoError
from enhance.options import option, problem

_LEAST, _MOST = 64, 1024
"""Pixels across a picture."""
SIZE = 512
LOOSENESS = 0.5
FUR_COLOURS = {
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
    """How a cat is painted."""

    looseness: float = option(LOOSENESS, "0: every line is obeyed; 1: the drawing is a hint.", least=0, most=1)
    colour: str | None = option(
        None, f"Of the fur: {', '.join(FUR_COLOURS)}, or #c8843c.", kind=str, unset="at random", unset_over_http="lot"
    )
    seed: int = option(0, "One of many possible cats; of several the first.", least=0, most_over_http=2**31 - 1)
    size: int = option(SIZE, "Pixels across.", least=_LEAST, most=_MOST)

    def check(self) -> None:
        """Raise PhotoError where a value cannot be."""
        if wrong := problem(self):
            raise PhotoError(wrong)
        self.rgb()

    def rgb(self) -> tuple[float, float, float] | None:
        """The colour, each part in [0,1]; None if none is asked for."""
        if self.colour is None:
            return None
        digits = FUR_COLOURS.get(self.colour.strip().lower(), self.colour.strip())
        if re.fullmatch("#[0-9a-fA-F]{3}", digits):
            digits = "#" + "".join(2 * digit for digit in digits[1:])
        if not re.fullmatch("#[0-9a-fA-F]{6}", digits):
            raise PhotoError(f"colour {self.colour}: is none of {', '.join(FUR_COLOURS)}, nor like #c8843c")
        red, green, blue = (int(digits[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return red, green, blue
