"""Large pictures in parts that fit into memory: pure arithmetic of where they begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Rows = tuple[int, int]
"""The first of them, and the one behind the last."""


class Span(NamedTuple):
    """Part of a line of pixels: `start` to `stop` are its own, `before` to `after` what it must see to draw them."""

    start: int
    stop: int
    before: int
    after: int


def spans(length: int, size: int, margin: int) -> Iterator[Span]:
    """Cut a line of `length` pixels into parts of at most `size`, each seeing `margin` more on either side.

    With an even size and an even margin every part begins at an even pixel, as a network that halves its input needs.
    """
    for start in range(0, length, size):
        stop = min(start + size, length)
        yield Span(start, stop, max(start - margin, 0), min(stop + margin, length))


def around(rows: Rows, margin: int, length: int) -> Rows:
    """Some of `length` rows and, where there are, `margin` more on either side."""
    return max(rows[0] - margin, 0), min(rows[1] + margin, length)


def united(boxes: list[tuple[int, int, int, int]]) -> list[tuple[tuple[int, int, int, int], list[int]]]:
    """Boxes (left, top, right, bottom) that overlap, as one box around them, with the indices of those it holds."""
    groups = [(box, [n]) for n, box in enumerate(boxes)]
    merged = True
    while merged:
        merged = False
        for n, (box, members) in enumerate(groups):
            for m in range(n + 1, len(groups)):
                other, more = groups[m]
                if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                    around = (
                        min(box[0], other[0]),
                        min(box[1], other[1]),
                        max(box[2], other[2]),
                        max(box[3], other[3]),
                    )
                    groups[n] = (around, sorted(members + more))
                    del groups[m]
                    merged = True
                    break
            if merged:
                break
    return groups
