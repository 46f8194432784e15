"""What can be asked of `translate`: each option once, for Python and the command line."""

from dataclasses import dataclass

from enhance.options import option

ANIMALS = ("horse", "zebra")
"""The kinds of animals, in the order of the finder's outputs; each is the name of the network that draws it."""
COATS = {
    "bay": (0.42, 0.27, 0.18),
    "black": (0.16, 0.15, 0.16),
    "chestnut": (0.55, 0.33, 0.20),
    "grey": (0.62, 0.61, 0.60),
    "palomino": (0.76, 0.62, 0.42),
    "white": (0.85, 0.83, 0.80),
}
"""Mean colours of horses, sRGB in [0,1]."""
COAT = "bay"
"""The commonest, where none is asked for."""


@dataclass(frozen=True, kw_only=True)
class TranslateOptions:
    """How a photo's animals are redrawn: those of the other kind become `to`."""

    to: str = option("zebra", "What animals become.", choices=ANIMALS)
    coat: str | None = option(None, "Colour of drawn horses.", kind=str, choices=tuple(COATS), unset=COAT)
    force: bool = option(False, "Where no animal is found, take the whole photo for one.")

    @property
    def source(self) -> str:
        """What is looked for in the photo."""
        return ANIMALS[1 - ANIMALS.index(self.to)]
