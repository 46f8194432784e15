"""Options of a request besides those of its task: part of the photo, format of the answer, and who waits for it."""

from __future__ import annotations

from dataclasses import dataclass

from enhance.options import option
from enhance.pixels import PixelBox

ANSWER_FORMATS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "tiff": "image/tiff"}
FOUR = "[0-9]{1,6},[0-9]{1,6},[0-9]{1,6},[0-9]{1,6}"
NAME = "[A-Za-z0-9._-]{1,64}"
_MOST_ANSWERS = 16
_DIAL = r"-?([0-2](\.[0-9]{1,6})?|3(\.0{1,6})?)"


@dataclass(frozen=True)
class PartOptions:
    """Which part of a photo is meant."""

    box: str | None = option(
        None,
        "Only this part: left,top,right,bottom in pixels.",
        kind=str,
        pattern=FOUR,
        form="left,top,right,bottom in whole pixels",
    )
    region: str | None = option(
        None,
        "The same as left,top,width,height.",
        kind=str,
        pattern=FOUR,
        form="left,top,width,height in whole pixels",
    )

    def edges(self) -> PixelBox | None:
        """The part that is meant; None for all of the photo.

        Raises:
            ValueError: it is no part; the message says why.
        """
        if self.box is not None and self.region is not None:
            raise ValueError("box and region say the same; give one of them")
        if self.region is not None:
            left, top, width, height = numbers(self.region)
            if not width or not height:
                raise ValueError("region is left,top,width,height, with at least one pixel both ways")
            return left, top, left + width, top + height
        if self.box is None:
            return None
        left, top, right, bottom = numbers(self.box)
        if not (left < right and top < bottom):
            raise ValueError("box is left,top,right,bottom, with left before right and top above bottom")
        return left, top, right, bottom


@dataclass(frozen=True)
class HoleOptions:
    """Which boxes of a photo are to be filled."""

    hole: tuple[str, ...] = option(
        (),
        "A box to fill: left,top,width,height in pixels; may be given again.",
        kind=str,
        pattern=FOUR,
        form="left,top,width,height in whole pixels, at most 64 times",
    )

    def boxes(self) -> list[tuple[int, int, int, int]]:
        """Left, top, width and height of each."""
        return [numbers(hole) for hole in self.hole]


@dataclass(frozen=True)
class NumberOptions:
    """Which face of a photo is meant."""

    face: int = option(0, "Only this face, by its number in /v1/faces; 0 for all.", least=0, most=99)


@dataclass(frozen=True)
class DialOptions:
    """Which face of a photo is turned, and how far."""

    face: int = option(1, "Which face, by its number in /v1/faces.", least=1, most=99)
    dials: str = option(
        "0,0,0",
        "How far to turn each dial, in standard deviations; the first changes most.",
        pattern=rf"{_DIAL}(,{_DIAL}){{0,2}}",
        form="one to three numbers from -3 to 3 with commas",
    )
    seed: int = option(0, "Of the noise that is not turned.", least=0, most=2**31 - 1)
    force: bool = option(False, "Also what is not a face.")

    def turns(self) -> tuple[float, ...]:
        """How far each is turned."""
        return tuple(float(dial) for dial in self.dials.split(","))


@dataclass(frozen=True)
class SeveralOptions:
    """How many answers are wanted."""

    n: int = option(1, "How many answers, one a seed.", flag="-n", least=1, most=_MOST_ANSWERS)


@dataclass(frozen=True)
class FileOptions:
    """The format of the answer."""

    format: str | None = option(
        None,
        "Of the answer; if not given, the header Accept chooses, or else png.",
        kind=str,
        choices=tuple(ANSWER_FORMATS),
    )


@dataclass(frozen=True)
class JobOptions:
    """Who waits for the answer, and how."""

    job: str | None = option(
        None,
        "A name of your own, to follow, fetch or cancel it by.",
        kind=str,
        pattern=NAME,
        form="1 to 64 letters of A-Z, a-z, 0-9, dots, dashes and underscores",
    )
    wait: bool = option(True, "false: answer 202 at once; the result is fetched later.")
    keep: bool = option(False, "Keep the answer for a while, to be fetched again.")


def numbers(text: str) -> tuple[int, int, int, int]:
    """Four numbers with commas between."""
    one, two, three, four = (int(part) for part in text.split(","))
    return one, two, three, four
