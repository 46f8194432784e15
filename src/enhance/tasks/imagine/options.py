"""What a user may ask of an imagined bird, beside the sentence."""

from __future__ import annotations

from dataclasses import dataclass

from enhance.errors import PhotoError
from enhance.options import option, problem


@dataclass(frozen=True)
class ImagineOptions:
    """Options of `imagine`.

    Attributes:
        seed: names one of many possible birds.
        size: pixels of the picture's longer side; the network draws 64, the rest is enlargement.
        facing: "left" or "right"; None: by chance, if the sentence does not say.
        layout: the number of the layout in the bank that the bird stands in, so that words can be changed and the pose
            be kept; None: one that suits the words.
    """

    seed: int = option(0, "One of many possible birds; of several the first.", least=0, most_over_http=2**31 - 1)
    size: int = option(256, "Pixels of the longer side.", least=64, most=1024)
    facing: str | None = option(
        None,
        "Where it looks.",
        kind=str,
        unset="at random, or as the sentence says",
        unset_over_http="chance",
        choices=("left", "right"),
    )
    layout: int | None = option(
        None, "Number of the layout to keep while words change.", kind=int, unset="one that suits the words", least=0
    )

    def check(self) -> None:
        """Raise PhotoError where a value cannot be."""
        if wrong := problem(self):
            raise PhotoError(wrong)
