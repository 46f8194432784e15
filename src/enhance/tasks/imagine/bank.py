"""The layouts that ship with the weights: where birds' parts lay in pictures, and what people said of such birds.

No picture and no caption is in it: fifteen points, four corner colours and, for every word, the rounded share of people
who used it. A layout is chosen that suits the sentence: a duck's for "swimming", a long neck's for "long neck".
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.errors import ModelError
from enhance.inference import shipped
from enhance.pixels import Array
from enhance.tasks.imagine.layouts import POINTS, Layouts, seen_parts, shown
from enhance.tasks.imagine.vocabulary import BODY_PARTS
from enhance.tasks.imagine.words import LENGTH, Reading

BANK_FILE = "layouts.npz"
_HIDDEN = 255
LEVELS = 3
"""Shares are kept as 0, 1/3, 2/3 or 1."""
SUITED = 48
"""How many layouts, those that suit a sentence best, the seed chooses from."""
SURPRISE = 1.3
"""How much less than the best a layout may suit and still be chosen e times less often."""
_SMOOTH = 0.04


@dataclass(frozen=True)
class Bank:
    """Layouts and, for each, the share of people who used a word, (N,LENGTH) in [0,1]."""

    layouts: Layouts
    word_shares: Array

    @staticmethod
    def load(folder: Path | None = None) -> "Bank":
        """The bank in a folder of weights; None: the one that was shipped.

        Raises:
            ModelError: there is none.
        """
        path = (folder or shipped.WEIGHTS / "bird") / BANK_FILE
        if not path.is_file():
            raise ModelError(
                f"{path}: no such file of layouts; put it beside the model, or name the folder that has both"
            )
        return _load(path, path.stat().st_mtime_ns)

    def choose(self, reading: Reading, random: np.random.Generator) -> int:
        """The number of a layout that suits what was read: of a bird of which the same was said, and whose named
        parts can be seen."""
        scores = self.suits(reading)
        # Many suit equally well but for rounding, which differs from machine to machine: they come in their own order.
        best = np.argsort(-np.round(scores, 3), kind="stable")[:SUITED]
        chances = np.exp((scores[best] - scores[best[0]]) / SURPRISE)
        return int(random.choice(best, p=chances / chances.sum()))

    def suits(self, reading: Reading) -> Array:
        """(N,): logarithm of how much likelier people are to say this of such a bird than of any."""
        wanted = np.flatnonzero(reading.vector())
        usual = self.word_shares[:, wanted].mean(0)
        likelier = np.log(self.word_shares[:, wanted] + _SMOOTH) - np.log(usual + _SMOOTH)
        named = {part for part, _ in reading.pairs | reading.accents}
        columns = np.array([BODY_PARTS.index(part) for part in sorted(named)], np.intp)
        lacking = ~seen_parts(self.layouts.points)[:, columns]
        return np.asarray(likelier.sum(1) - 3 * lacking.sum(1), np.float32)

    def varied(self, which: int, random: np.random.Generator) -> Layouts:
        """A layout, a little larger or smaller and a little elsewhere."""
        own = self.layouts[np.array([which])]
        grown, shift = random.uniform(0.92, 1.06), random.uniform(-0.03, 0.03, 2)
        points = ((own.points - 0.5) * grown + 0.5 + shift).astype(np.float32)
        inside = shown(own.points) & shown(points)
        return replace(own, points=np.where(inside[..., None], points, np.float32(-1)))


def packed_layouts(layouts: Layouts, words: Array) -> dict[str, NDArray[np.uint8]]:
    """The arrays of the file."""
    hidden = (layouts.points < 0) | (layouts.points > 1)
    points = np.where(hidden, _HIDDEN, np.round(layouts.points * 250)).astype(np.uint8)
    levels = np.round(words * LEVELS).astype(np.uint8)
    bits = np.stack([levels >> 1 & 1, levels & 1]).astype(bool)
    return {
        "points": points,
        "corners": np.round(layouts.corners * 255).astype(np.uint8),
        "busy": np.round(np.minimum(layouts.busy * 500, 255)).astype(np.uint8),
        "aspect": np.round(layouts.aspect * 100).astype(np.uint8),
        "said": np.packbits(bits, axis=2),
    }


@lru_cache(maxsize=2)
def _load(path: Path, modified: int) -> Bank:  # noqa: ARG001 - a file that changed is another file
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("points", "corners", "busy", "aspect", "said")}
        count = len(arrays["points"])
        points = np.where(arrays["points"] == _HIDDEN, -1, arrays["points"] / 250).astype(np.float32)
        high, low = np.unpackbits(arrays["said"], axis=2, count=LENGTH)
        words = (2 * high + low).astype(np.float32) / LEVELS
        corners, busy = arrays["corners"].astype(np.float32) / 255, arrays["busy"].astype(np.float32) / 500
        layouts = Layouts(
            points.reshape(count, len(POINTS), 2), corners, busy, arrays["aspect"].astype(np.float32) / 100
        )
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a file of layouts; make it again ({error})") from error
    return Bank(layouts, words)
