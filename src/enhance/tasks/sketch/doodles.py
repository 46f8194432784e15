"""Doodles of cats such as people make: round things for eyes, two triangles for ears, whiskers, in a shaking hand.

Their lines lie where the photograph has what they stand for.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.tasks.sketch.landmarks import (
    CHEEK_LEFT,
    CHEEK_RIGHT,
    CHIN,
    EAR_LEFT,
    EAR_RIGHT,
    EYE_LEFT,
    EYE_RIGHT,
    MOUTH,
    NOSE,
)
from enhance.tasks.sketch.strokes import CANVAS, DrawingPoints, Random, Stroke, length, traced

EYES = {
    "ring": 0.3,
    "almond": 0.1,
    "dot": 0.13,
    "filled": 0.1,
    "line": 0.07,
    "ring and dot": 0.18,
    "ring and slit": 0.12,
}
NOSES = {"triangle": 0.42, "ring": 0.2, "dot": 0.1, "v": 0.12, "line": 0.08, "filled": 0.08}
MOUTHS = {"w": 0.5, "smile": 0.25, "line": 0.13, "caret": 0.12}
WHISKERS = {2: 0.25, 3: 0.5, 4: 0.2, 5: 0.05}
"""How often people draw what: kinds of eyes, noses and mouths, and whiskers on a side."""


def outlined(picture: NDArray[np.uint8], outline: DrawingPoints, random: Random) -> list[Stroke]:
    """Draw anything as a person might: its outline (n,2), and a few lines within."""
    hand = _Hand(random)
    simple = cv2.approxPolyDP(outline.astype(np.float32)[:, None], random.uniform(0.004, 0.015), False)
    strokes = [hand.line(list(simple[:, 0].astype(np.float64)))]
    wanted = random.integers(0, 12)
    inner = traced(picture, random.uniform(0.01, 0.03), random.uniform(0.004, 0.012), random)
    line = (outline * CANVAS).astype(np.float32)
    within = [
        stroke
        for stroke in inner
        if cv2.pointPolygonTest(line, [float(x) for x in stroke.mean(0) * CANVAS], True) > 0.03 * CANVAS
    ]
    return strokes + sorted(within, key=length)[::-1][:wanted]


def doodle(points: DrawingPoints, looseness: float, random: Random) -> list[Stroke]:
    """The drawing that somebody might make of a cat's head, by its landmarks (13,2); some whiskers are among it.

    Args:
        points: see `landmarks`.
        looseness: by how much each feature is misplaced on its own.
    """
    p = points + random.normal(0, 0.004 + 0.018 * looseness, points.shape)
    unit = float(np.hypot(*(p[EYE_RIGHT] - p[EYE_LEFT])))
    hand = _Hand(random)
    strokes = _head(p, hand)
    if random.random() < 0.96:
        strokes += _eyes(p, unit, hand)
    if random.random() < 0.87:
        strokes += _nose(p, unit, hand)
    if random.random() < 0.8:
        strokes += _mouth(p, unit, hand)
    if random.random() < 0.08:
        strokes += _stripes(p, unit, hand)
    if random.random() < 0.06:
        strokes += _body(p, hand)
    return strokes


class _Hand:
    """How somebody draws: shaking, and in straight pieces or in curves."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.shake = random.uniform(0, 0.004)
        self.angular = random.choice([0.0, random.uniform(0.002, 0.012)])

    def line(self, nodes: Sequence[DrawingPoints], curved: bool = True) -> Stroke:
        """A line through some points, curved between them or not."""
        path = np.asarray(nodes)
        if curved and len(path) > 2:
            path = _spline(path)
        if self.shake:
            amount = self.random.normal(0, self.shake, (max(3, len(path) // 3), 2))
            where = np.linspace(0, len(amount) - 1, len(path))
            at = np.arange(len(amount))
            path = path + np.stack([np.interp(where, at, amount[:, 0]), np.interp(where, at, amount[:, 1])], 1)
        if self.angular and len(path) > 2:
            path = cv2.approxPolyDP(path.astype(np.float32)[:, None], self.angular, False)[:, 0].astype(np.float64)
        return path

    def ring(self, centre: DrawingPoints, across: float, down: float, turn: float = 0.0) -> Stroke:
        """An ellipse by its half axes that does not quite close."""
        start, end = self.random.uniform(0, 6.28), self.random.normal(0.1, 0.25)
        angle = start + np.linspace(0, 2 * np.pi + end, 13)
        ring = np.stack([across * np.cos(angle), down * np.sin(angle)], 1)
        ring *= 1 + self.random.normal(0, 0.05, (13, 1))
        return self.line(list(centre + ring @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])))


def _spline(nodes: DrawingPoints, steps: int = 6) -> Stroke:
    """Catmull and Rom's curve through points."""
    padded = np.concatenate([2 * nodes[:1] - nodes[1:2], nodes, 2 * nodes[-1:] - nodes[-2:-1]])
    a, b, c, d = (padded[n : len(padded) - 3 + n, None] for n in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3)
    return np.concatenate([curve.reshape(-1, 2), nodes[-1:]])


def _head(p: DrawingPoints, hand: _Hand) -> list[Stroke]:
    random = hand.random
    middle = p.mean(0)
    jaws = []
    for cheek in (CHEEK_LEFT, CHEEK_RIGHT):
        jaw = (p[cheek] + p[CHIN]) / 2
        jaws.append(jaw + (jaw - middle) * random.uniform(0.15, 0.4))
    (outer_l, tip_l, inner_l), (inner_r, tip_r, outer_r) = p[EAR_LEFT], p[EAR_RIGHT]
    crown = _beside((inner_l + inner_r) / 2, 0, random.uniform(-0.035, 0.01))
    below = [outer_r, p[CHEEK_RIGHT], jaws[1], p[CHIN], jaws[0], p[CHEEK_LEFT], outer_l]
    if random.random() < 0.45:
        # One line all around. Ears are straight, or bulge.
        ear_l, ear_r = _ear(outer_l, tip_l, inner_l, hand), _ear(inner_r, tip_r, outer_r, hand)
        top = hand.line([inner_l, crown, inner_r])
        strokes = [np.concatenate([ear_l, top, ear_r, hand.line(below)])]
        if random.random() < 0.3:
            strokes = [ear_l, top, ear_r, hand.line(below)]
    else:
        # A ball, and two ears on it.
        round_head = [*below, inner_l, crown, inner_r, outer_r]
        ball = hand.line(round_head)
        if random.random() < 0.5:
            gap = random.integers(0, max(1, len(ball) // 12) + 1)
            ball = ball[: len(ball) - gap]
        strokes = [ball]
        for ear in ((outer_l, tip_l, inner_l), (inner_r, tip_r, outer_r)):
            line = _ear(*ear, hand)
            if random.random() < 0.15:
                line = np.concatenate([line, line[:1]])
            strokes.append(line)
    if random.random() < 0.2:
        depth = random.uniform(0.35, 0.65)
        for outer, tip, inner in ((outer_l, tip_l, inner_l), (outer_r, tip_r, inner_r)):
            centre = (outer + tip + inner) / 3 + (tip - (outer + inner) / 2) * -0.05
            strokes.append(hand.line([centre + (q - centre) * depth for q in (outer, tip, inner)], curved=False))
    return strokes


def _ear(first: DrawingPoints, tip: DrawingPoints, last: DrawingPoints, hand: _Hand) -> Stroke:
    bulge = hand.random.choice([0.0, hand.random.uniform(-0.02, 0.12)])
    middle = (first + last) / 2
    sides = []
    for a, b in ((first, tip), (tip, last)):
        half = (a + b) / 2
        sides.append(hand.line([a, half + (half - middle) * bulge, b]))
    return np.concatenate(sides)


def _eyes(p: DrawingPoints, unit: float, hand: _Hand) -> list[Stroke]:
    random = hand.random
    kind = random.choice([*EYES], p=[*EYES.values()])
    size = unit * random.uniform(0.15, 0.27)
    flat = random.uniform(0.6, 1.1)
    direction = p[EYE_RIGHT] - p[EYE_LEFT]
    turn = float(np.arctan2(direction[1], direction[0]))
    strokes: list[Stroke] = []
    for eye, side in ((EYE_LEFT, 1), (EYE_RIGHT, -1)):
        at = p[eye]
        if kind == "dot":
            strokes.append(hand.ring(at, unit * 0.02, unit * 0.02))
        elif kind == "filled":
            strokes += [hand.ring(at, size * part * 0.7, size * part * 0.7) for part in (0.25, 0.6, 1.0)]
        elif kind == "line":
            upright = random.random() < 0.3
            step = np.array([0, size]) if upright else np.array([size, side * size * random.uniform(-0.2, 0.4)])
            strokes.append(hand.line([at - step, at + step], curved=False))
        elif kind == "almond":
            # The outer corner is higher than the inner one.
            rise = np.array([0, unit * 0.06 * side])
            ends = _beside(at, -size * 1.15, 0) + rise * -1, _beside(at, size * 1.15, 0) + rise
            strokes.append(hand.line([ends[0], _beside(at, 0, -size * 0.7), ends[1]]))
            strokes.append(hand.line([ends[1], _beside(at, 0, size * 0.7), ends[0]]))
        else:
            strokes.append(hand.ring(at, size, size * flat, turn))
        if kind in ("ring and dot", "almond"):
            strokes.append(hand.ring(at, unit * 0.04, unit * 0.04))
        elif kind == "ring and slit":
            strokes.append(hand.line([at - [0, size * flat * 0.8], _beside(at, 0, size * flat * 0.8)], curved=False))
    return strokes


def _nose(p: DrawingPoints, unit: float, hand: _Hand) -> list[Stroke]:
    random = hand.random
    at, wide, high = p[NOSE], unit * random.uniform(0.1, 0.2), unit * random.uniform(0.08, 0.18)
    kind = random.choice([*NOSES], p=[*NOSES.values()])
    corners = [_beside(at, -wide, -high / 2), _beside(at, wide, -high / 2), _beside(at, 0, high / 2)]
    if kind == "triangle":
        return [hand.line([*corners, corners[0]], curved=random.random() < 0.3)]
    if kind == "filled":
        return [hand.line([at + (q - at) * part for part in (1, 0.6, 0.25) for q in (*corners, corners[0])], False)]
    if kind == "ring":
        return [hand.ring(at, wide * 0.8, high * 0.6)]
    if kind == "dot":
        return [hand.ring(at, unit * 0.02, unit * 0.02)]
    if kind == "v":
        return [hand.line([corners[0], corners[2], corners[1]], curved=random.random() < 0.3)]
    return [hand.line([_beside(at, 0, -high), _beside(at, 0, high)], curved=False)]


def _mouth(p: DrawingPoints, unit: float, hand: _Hand) -> list[Stroke]:
    random = hand.random
    at, wide = p[MOUTH], unit * random.uniform(0.18, 0.4)
    sag = unit * random.uniform(0.03, 0.16)
    kind = random.choice([*MOUTHS], p=[*MOUTHS.values()])
    strokes = []
    if kind == "w":
        for side in (-1, 1):
            curve = [at, _beside(at, side * wide * 0.5, sag), _beside(at, side * wide, sag * random.uniform(-0.3, 0.5))]
            strokes.append(hand.line(curve))
        if random.random() < 0.75:
            strokes.append(hand.line([p[NOSE], at], curved=False))
    elif kind == "smile":
        low = _beside(at, 0, sag * 0.6)
        strokes.append(
            hand.line(
                [
                    _beside(low, -wide, -sag),
                    _beside(low, -wide / 2, 0),
                    _beside(low, wide / 2, 0),
                    _beside(low, wide, -sag),
                ]
            )
        )
    elif kind == "line":
        strokes.append(hand.line([_beside(at, -wide * 0.8, 0), _beside(at, wide * 0.8, 0)], curved=False))
    else:
        strokes.append(hand.line([_beside(at, -wide * 0.7, sag), at, _beside(at, wide * 0.7, sag)], curved=False))
    if random.random() < 0.05:
        tongue = _beside(at, 0, sag)
        strokes.append(
            hand.line([_beside(tongue, -wide * 0.2, 0), _beside(tongue, 0, unit * 0.2), _beside(tongue, wide * 0.2, 0)])
        )
    return strokes


def _stripes(p: DrawingPoints, unit: float, hand: _Hand) -> list[Stroke]:
    top = (p[EAR_LEFT][2] + p[EAR_RIGHT][0]) / 2
    end = (p[EYE_LEFT] + p[EYE_RIGHT]) / 2
    across = (p[EYE_RIGHT] - p[EYE_LEFT]) / unit
    strokes = []
    for step in range(-1, hand.random.integers(1, 3)):
        shift = across * unit * 0.2 * step
        strokes.append(hand.line([top + shift, top + shift + (end - top) * hand.random.uniform(0.3, 0.55)], False))
    return strokes


def _body(p: DrawingPoints, hand: _Hand) -> list[Stroke]:
    strokes = []
    for cheek, side in ((CHEEK_LEFT, -1), (CHEEK_RIGHT, 1)):
        start = p[cheek] * 0.5 + p[CHIN] * 0.5
        end = np.array([start[0] + side * 0.1, 1.02])
        strokes.append(hand.line([start, _beside(start, side * 0.04, 0.1), end]))
    return strokes


def whiskers(points: DrawingPoints, random: Random) -> list[Stroke]:
    """Whiskers on both sides of the nose, none to five on each."""
    unit = float(np.hypot(*(points[EYE_RIGHT] - points[EYE_LEFT])))
    hand = _Hand(random)
    number = int(random.choice([*WHISKERS], p=[*WHISKERS.values()]))
    root, reach = random.uniform(0.15, 0.55) * unit, random.uniform(0.5, 1.5) * unit
    bend = random.uniform(-0.1, 0.1) * unit * (random.random() < 0.5)
    middle = points[NOSE] * 0.5 + points[MOUTH] * 0.5
    fan = np.linspace(-1, 1, number) * random.uniform(0.1, 0.45) + random.normal(0.0, 0.08)
    strokes = []
    for side in (-1, 1):
        if random.random() < 0.06:
            continue
        for angle in fan + random.normal(0, 0.06, number):
            direction = np.array([side * np.cos(angle), np.sin(angle)])
            start = middle + direction * root * [1, 0.8] + random.normal(0, 0.02 * unit, 2)
            end = start + direction * reach * random.uniform(0.75, 1.2)
            strokes.append(hand.line([start, _beside((start + end) / 2, 0, bend), end]))
    return strokes


def with_whiskers(picture: NDArray[np.uint8], strokes: Sequence[Stroke], random: Random) -> NDArray[np.uint8]:
    """A picture (H,H,3) with whiskers where the strokes are: lighter than what is behind them, or darker.

    A photograph's own whiskers lie elsewhere than those of a drawing that was made of it. A network would learn that
    such lines stand for nothing.
    """
    side = len(picture)
    shade = random.uniform(200, 255) if random.random() < 0.75 else random.uniform(0, 50)
    cover = np.zeros((2 * side, 2 * side), np.uint8)
    for stroke in strokes:
        path = np.round((stroke * 2 * side - 0.5) * 16).astype(np.int32)
        # Thick at the root, thin at the tip.
        for part, (thick, strength) in enumerate(((2, 230), (2, 200), (1, 200), (1, 140))):
            begin, end = len(path) * part // 4, len(path) * (part + 1) // 4 + 1
            cv2.polylines(cover, [path[begin:end, None]], False, (strength,), thick, cv2.LINE_AA, 4)
    alpha = cv2.resize(cover, (side, side), interpolation=cv2.INTER_AREA)[..., None] / np.float32(255)
    alpha = alpha * np.float32(random.uniform(0.5, 0.95))
    return np.asarray(np.round(picture * (1 - alpha) + np.float32(shade) * alpha), np.uint8)


def _beside(point: DrawingPoints, x: float, y: float) -> DrawingPoints:
    return point + np.array([x, y])
