"""How much is kept by formats that leave things out: size against exactness."""

from dataclasses import dataclass
from typing import Any

from enhance.options import option

CHROMA = ("4:4:4", "4:2:0")


@dataclass(frozen=True)
class Coding:
    """How much formats keep that leave things out."""

    quality: int | None = option(
        None,
        "Of a JPEG, WebP, AVIF or HEIC: 1 (small) to 100 (exact).",
        kind=int,
        least=1,
        most=100,
        unset="95, and 90 for AVIF and HEIC",
    )
    chroma: str = option(
        CHROMA[0], "Colour of a JPEG, AVIF or HEIC: 4:4:4 keeps all, 4:2:0 a quarter, as cameras do.", choices=CHROMA
    )

    def settings(self, kind: str) -> dict[str, Any]:
        """Return the settings for Pillow's writer of a format."""
        less = self.chroma == CHROMA[1]
        quality = self.quality or (90 if kind in ("AVIF", "HEIF") else 95)
        known: dict[str, dict[str, Any]] = {
            "JPEG": {"quality": quality, "subsampling": 2 if less else 0},
            "WEBP": {"quality": quality},
            "AVIF": {"quality": quality, "subsampling": self.chroma},
            "HEIF": {"quality": quality, "chroma": 420 if less else 444},
        }
        return known.get(kind, {})


FINE = Coding()
"""Of which no loss is seen."""
