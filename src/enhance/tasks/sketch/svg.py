"""SVG drawings as ink: paths, lines and shapes, each by its outline. Text, pictures and style sheets are left out.

A small reader, because drawing programs and web pages write little more than this, and a full one is a large package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.errors import PhotoError
from enhance.pixels import to_float

Matrix = NDArray[np.float64]
_Point = NDArray[np.float64]
"""(2,)."""
_Points = NDArray[np.float64]
"""(n,2)."""

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
LINE = 0.006
"""Width of lines of unknown width, as a part of the drawing."""
_PIECES = 12
"""Straight pieces of a curve."""
MOST_POINTS = 200_000
SKIPPED = {
    "defs",
    "clipPath",
    "mask",
    "pattern",
    "marker",
    "symbol",
    "linearGradient",
    "radialGradient",
    "style",
    "title",
}


def is_svg(content: bytes) -> bool:
    """Whether a file's content is a drawing of this kind."""
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and b"<svg" in content[:4000]


def inked_svg(content: bytes, name: str, longest: int) -> NDArray[np.float32]:
    """The ink of a drawing, (h,w) in [0,1].

    Args:
        longest: pixels of its longer side.

    Raises:
        PhotoError: it is damaged, or has no lines.
    """
    if b"<!DOCTYPE" in content.split(b"<svg", 1)[0] and b"<!ENTITY" in content:
        raise PhotoError(f"{name}: has entities, which are not read; save it as a plain SVG")
    try:
        root = ElementTree.fromstring(content)
        strokes = list(_strokes(root, np.eye(3)))
    except (ElementTree.ParseError, ValueError, IndexError, RecursionError) as error:
        raise PhotoError(f"{name}: is a damaged SVG ({error}); save it again") from error
    strokes = [(stroke, width) for stroke, width in strokes if len(stroke) and np.isfinite(stroke).all()]
    if not strokes or sum(len(stroke) for stroke, _ in strokes) > MOST_POINTS:
        what = "has no paths or shapes" if not strokes else f"has more than {MOST_POINTS:,} points"
        raise PhotoError(f"{name}: {what}; save it as a PNG and use that")
    left, top, width, height = _view(root, np.concatenate([stroke for stroke, _ in strokes]))
    scale = longest / max(width, height)
    paper = np.zeros((max(1, round(height * scale)), max(1, round(width * scale))), np.uint8)
    for stroke, thick in strokes:
        line = np.clip(np.round((stroke - [left, top]) * scale * 16), -(2**24), 2**24).astype(np.int32)
        pen = int(np.clip(round((thick or LINE * max(width, height)) * scale), 3, 200))
        cv2.polylines(paper, [line[:, None]], False, (255,), pen, cv2.LINE_AA, 4)
    return to_float(paper)


def _view(root: ElementTree.Element, points: _Points) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown: as the file says, or around all that is drawn."""
    numbers = [float(number) for number in re.findall(_NUMBER, root.get("viewBox", ""))]
    if len(numbers) == 4 and min(numbers[2:]) > 0:
        return numbers[0], numbers[1], numbers[2], numbers[3]
    sizes = [re.match(rf"\s*({_NUMBER})\s*(px)?\s*$", root.get(name, "")) for name in ("width", "height")]
    if sizes[0] and sizes[1] and min(float(s[1]) for s in sizes if s) > 0:
        return 0.0, 0.0, float(sizes[0][1]), float(sizes[1][1])
    low, high = points.min(0), points.max(0)
    margin = 0.05 * max(float((high - low).max()), 1e-6)
    width, height = high - low + 2 * margin
    return float(low[0] - margin), float(low[1] - margin), float(width), float(height)


def _strokes(
    element: ElementTree.Element, matrix: Matrix, width: float | None = None, hidden: bool = False
) -> Iterator[tuple[_Points, float | None]]:
    """Lines (n,2) of an element and of what is in it, each with its width."""
    tag = element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""
    if tag in SKIPPED or not tag:
        return
    style = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", element.get("style", "")))
    matrix = matrix @ _transform(element.get("transform", ""))
    match = re.match(_NUMBER, style.get("stroke-width", element.get("stroke-width", "")).strip())
    width = float(match[0]) if match else width
    if style.get("display", element.get("display")) == "none":
        return
    if style.get("visibility", element.get("visibility", "")) == "hidden":
        hidden = True
    if not hidden and not _is_paper(element, tag, style):
        scale = float(abs(np.linalg.det(matrix[:2, :2])) ** 0.5)
        for line in _shape(element, tag):
            moved = np.concatenate([line, np.ones((len(line), 1))], 1) @ matrix.T
            yield moved[:, :2], None if width is None else width * scale
    for child in element:
        yield from _strokes(child, matrix, width, hidden)


def _is_paper(element: ElementTree.Element, tag: str, style: dict[str, str]) -> bool:
    """Whether it is a filled rectangle without a line: the background of a drawing."""
    stroke = style.get("stroke", element.get("stroke", "none"))
    return tag == "rect" and stroke == "none"


def _number(element: ElementTree.Element, name: str) -> float:
    match = re.match(_NUMBER, element.get(name, "0").strip())
    return float(match[0]) if match else 0.0


def _shape(element: ElementTree.Element, tag: str) -> Iterator[_Points]:
    def get(*names: str) -> list[float]:
        return [_number(element, name) for name in names]

    if tag == "path":
        yield from _path(element.get("d", ""))
    elif tag in ("polyline", "polygon"):
        numbers = [float(number) for number in re.findall(_NUMBER, element.get("points", ""))]
        points = np.array(numbers[: len(numbers) // 2 * 2]).reshape(-1, 2)
        if len(points):
            yield np.concatenate([points, points[:1]]) if tag == "polygon" else points
    elif tag == "line":
        yield np.array(get("x1", "y1", "x2", "y2")).reshape(2, 2)
    elif tag in ("circle", "ellipse"):
        x, y = get("cx", "cy")
        across, down = get("r", "r") if tag == "circle" else get("rx", "ry")
        angle = np.linspace(0, 2 * np.pi, 49)
        yield np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], 1)
    elif tag == "rect":
        x, y, w, h = get("x", "y", "width", "height")
        yield np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]])


def _transform(text: str) -> Matrix:
    """The matrix (3,3) of an attribute `transform`."""
    matrix = np.eye(3)
    for kind, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", text):
        n = [float(number) for number in re.findall(_NUMBER, inside)]
        one = np.eye(3)
        if kind == "matrix" and len(n) == 6:
            one[:2] = np.array(n).reshape(3, 2).T
        elif kind == "translate" and n:
            one[:2, 2] = n[0], n[1] if len(n) > 1 else 0
        elif kind == "scale" and n:
            one[0, 0], one[1, 1] = n[0], n[-1]
        elif kind == "rotate" and n:
            a = np.deg2rad(n[0])
            one[:2, :2] = [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
            if len(n) == 3:
                centre = np.array(n[1:])
                one[:2, 2] = centre - one[:2, :2] @ centre
        elif kind in ("skewX", "skewY") and n:
            one[(0, 1) if kind == "skewX" else (1, 0)] = np.tan(np.deg2rad(n[0]))
        matrix = matrix @ one
    return matrix


COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
"""Command of a path -> how many numbers it takes."""


def _path(text: str) -> Iterator[_Points]:
    """The lines of a path, curves as many short pieces."""
    line: list[_Point] = []
    at = start = np.zeros(2)
    handle: tuple[str, _Point] = "", np.zeros(2)
    for letter, inside in re.findall(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)", text):
        kind, relative = letter.upper(), letter.islower()
        numbers = [float(number) for number in _numbers(inside, kind)]
        count = COUNTS[kind]
        if kind == "Z":
            if line:
                line.append(start)
                yield np.array(line)
            line, at, handle = [start], start, ("", start)
            continue
        for n in range(0, len(numbers) - count + 1, count):
            part = numbers[n : n + count]
            origin = at if relative else np.zeros(2)
            if kind == "M" and n == 0:
                if len(line) > 1:
                    yield np.array(line)
                at = start = origin + part
                line, handle = [at], ("", at)
                continue
            if kind in "CSQT":
                nodes = [origin + part[k : k + 2] for k in range(0, count, 2)]
                family = "C" if kind in "CS" else "Q"
                if kind in "ST":
                    # The handle of the curve before, mirrored, if it was one of the same kind.
                    nodes.insert(0, 2 * at - handle[1] if handle[0] == family else at)
                pieces = _curve([at, *nodes])
                handle = family, nodes[-2]
            else:
                pieces = _straight(kind, at, origin, part)
                handle = "", at
            line.extend(pieces)
            at = pieces[-1]
    if len(line) > 1:
        yield np.array(line)


def _straight(kind: str, at: _Point, origin: _Point, part: list[float]) -> list[_Point]:
    """What a command that needs no handle adds to a line: a point, or those of an arc."""
    if kind == "A":
        return _arc(at, part, origin + part[5:])
    if kind == "H":
        return [np.array([origin[0] + part[0], at[1]])]
    if kind == "V":
        return [np.array([at[0], origin[1] + part[0]])]
    return [origin + part]


def _numbers(text: str, kind: str) -> list[str]:
    if kind != "A":
        return re.findall(_NUMBER, text)
    # The two flags of an arc may be written without a space behind them.
    results: list[str] = []
    rest = text
    while match := re.match(rf"[\s,]*({_NUMBER if len(results) % 7 not in (3, 4) else '[01]'})", rest):
        results.append(match[1])
        rest = rest[match.end() :]
    return results


def _curve(nodes: list[_Point]) -> list[_Point]:
    """Bézier's curve through the first and last node, without its first point (de Casteljau's algorithm)."""
    t = np.linspace(0, 1, _PIECES + 1)[1:, None]
    level = [np.repeat(node[None], _PIECES, 0) for node in nodes]
    while len(level) > 1:
        level = [a * (1 - t) + b * t for a, b in pairwise(level)]
    return list(level[0])


def _arc(start: _Point, part: list[float], end: _Point) -> list[_Point]:
    """An arc of an ellipse, by the formulas of the SVG specification, appendix B.2.4."""
    rx, ry, turn, large, sweep = abs(part[0]), abs(part[1]), np.deg2rad(part[2]), part[3], part[4]
    if not rx or not ry or np.allclose(start, end):
        return [end]
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    x, y = rotation @ (start - end) / 2
    grow = (x / rx) ** 2 + (y / ry) ** 2
    if grow > 1:
        rx, ry = rx * grow**0.5, ry * grow**0.5
    inside = max(0.0, (rx * ry) ** 2 / ((rx * y) ** 2 + (ry * x) ** 2) - 1)
    sign = -1 if bool(large) == bool(sweep) else 1
    centre = sign * inside**0.5 * np.array([rx * y / ry, -ry * x / rx])
    first = np.arctan2((y - centre[1]) / ry, (x - centre[0]) / rx)
    last = np.arctan2((-y - centre[1]) / ry, (-x - centre[0]) / rx)
    if sweep and last < first:
        last += 2 * np.pi
    if not sweep and last > first:
        last -= 2 * np.pi
    angles = np.linspace(first, last, 17)[1:]
    ring = np.stack([rx * np.cos(angles), ry * np.sin(angles)], 1) + centre
    return list(ring @ rotation + (start + end) / 2)
