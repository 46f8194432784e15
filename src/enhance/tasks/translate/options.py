"""What a user may ask of a translation."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class TranslateOptions:
    """How a photo's animals are redrawn.

    Attributes:
        to: what they become, one of `ANIMALS`; those of the other kind are redrawn.
        coat: the colour of horses that are drawn, one of `COATS`; None: what suits the light of the photo.
        force: where no animal is found, the whole photo is taken for one.
    """

    to: str = "zebra"
    coat: str | None = None
    force: bool = False

    @property
    def source(self) -> str:
        """What is looked for in the photo."""
        return ANIMALS[1 - ANIMALS.index(self.to)]
