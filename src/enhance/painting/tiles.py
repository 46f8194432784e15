"""Large pictures in parts that fit into memory: pure arithmetic of where they begin and end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from enhance.pixels import PixelBox

Rows = tuple[int, int]
"""The first of them, and the one behind the last."""
_Group = tuple[PixelBox, list[int]]


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


def united(boxes: Sequence[PixelBox]) -> list[_Group]:
    """Boxes (left, top, right, bottom) that overlap, as one box around them, with the indices of those it holds."""
    groups = [(box, [n]) for n, box in enumerate(boxes)]
    while pair := next(((n, m) for n, m in combinations(range(len(groups)), 2) if _meet(groups[n], groups[m])), None):
        (one, members), (other, more) = groups[pair[0]], groups.pop(pair[1])
        left, top = (min(edges) for edges in zip(one[:2], other[:2], strict=True))
        right, bottom = (max(edges) for edges in zip(one[2:], other[2:], strict=True))
        groups[pair[0]] = (left, top, right, bottom), sorted(members + more)
    return groups


def _meet(one: _Group, other: _Group) -> bool:
    """Whether two groups' boxes overlap."""
    (left, top, right, bottom), (left_, top_, right_, bottom_) = one[0], other[0]
    return left < right_ and left_ < right and top < bottom_ and top_ < bottom
