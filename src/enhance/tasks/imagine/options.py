"""What a user may ask of an imagined bird, beside the sentence."""

from dataclasses import dataclass

from enhance.errors import PhotoError

LEAST, MOST = 64, 1024
"""Pixels of the longer side of a picture."""
SIDES = ("left", "right")


@dataclass(frozen=True)
class ImagineOptions:
    """Options of `imagine`.

    Attributes:
        seed: names one of many possible birds.
        size: pixels of the picture's longer side; the network draws 64, the rest is enlargement.
        facing: "left" or "right"; None: by chance, if the sentence does not say.
    """

    seed: int = 0
    size: int = 256
    facing: str | None = None

    def check(self) -> None:
        """Raises PhotoError where a value cannot be."""
        if self.seed < 0:
            raise PhotoError(f"seed {self.seed}: seeds are whole numbers from 0 on")
        if not LEAST <= self.size <= MOST:
            raise PhotoError(f"size {self.size}: pictures have {LEAST} to {MOST} pixels on their longer side")
        if self.facing is not None and self.facing not in SIDES:
            raise PhotoError(f"facing {self.facing}: a bird faces left or right")
