"""What a user may ask of a filling."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FillOptions:
    """Options of `fill_photo`.

    Attributes:
        seed: names one of many possible fillings.
        aligned: the whole picture is one face in its frame.
        faces: whether faces are looked for at all.
        scratches: whether scratches are looked for, to be filled as well.
    """

    seed: int = 0
    aligned: bool = False
    faces: bool = True
    scratches: bool = False
