"""Strokes: the edges of a picture as such, moved as an unsteady hand moves them, and drawn with ink.

Strokes are arrays (n,2) of points (x,y) in [0,1]; ink is 1 on paper that is 0.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.pixels import Array, to_float

DrawingPoints = NDArray[np.float64]
Stroke = NDArray[np.float64]
Random = np.random.Generator

CANVAS = 256
"""Pixels across the paper that is drawn on; it is reduced from there, so that lines are smooth."""
WARP = 10 / CANVAS
"""How far the loosest drawing is off its photograph."""
DROPPED = 0.4
"""Share of the short strokes that the loosest drawing lacks."""


def ink(strokes: Sequence[Stroke], width: float, side: int) -> Array:
    """Draw strokes with a pen `width` pixels wide on a paper of 256 pixels, and reduce it; (side,side) in [0,1]."""
    # OpenCV's lines are whole pixels wide and its points have four more bits if asked to.
    scale = 2 if width < 3 else 1
    paper = np.zeros((CANVAS * scale, CANVAS * scale), np.uint8)
    for stroke in strokes:
        line = np.round((stroke * CANVAS * scale - 0.5) * 16).astype(np.int32)[:, None]
        cv2.polylines(paper, [line], False, (255,), max(1, round(width * scale)), cv2.LINE_AA, 4)
    return to_float(cv2.resize(paper, (side, side), interpolation=cv2.INTER_AREA))


def loosened(strokes: Sequence[Stroke], looseness: float, random: Random) -> list[Stroke]:
    """Strokes moved together by a smooth field, with some of the short ones left out."""
    if not looseness:
        return list(strokes)
    lengths = np.array([length(stroke) for stroke in strokes])
    short = lengths < np.median(lengths) if len(strokes) > 3 else np.zeros(len(strokes), bool)
    left_out = short & (random.random(len(strokes)) < DROPPED * looseness)
    field = random.normal(0, 1, (2, 4, 4))
    field *= WARP * looseness / np.sqrt((field**2).mean())
    kept = [stroke for stroke, out in zip(strokes, left_out, strict=True) if not out]
    return [stroke + _sampled(field, stroke) for stroke in kept]


def length(stroke: Stroke) -> float:
    """How long a stroke is, in sides of the drawing."""
    return float(np.hypot(*np.diff(stroke, axis=0).T).sum())


def _sampled(field: NDArray[np.float64], points: DrawingPoints) -> DrawingPoints:
    """A coarse field (2,h,w) over the unit square at points (n,2), linearly between its nodes; (n,2)."""
    height, width = field.shape[1:]
    x = np.clip(points[:, 0], 0, 1) * (width - 1)
    y = np.clip(points[:, 1], 0, 1) * (height - 1)
    left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    right, low = x - left, y - top
    upper = field[:, top, left] * (1 - right) + field[:, top, left + 1] * right
    lower = field[:, top + 1, left] * (1 - right) + field[:, top + 1, left + 1] * right
    return np.asarray((upper * (1 - low) + lower * low).T)


def traced(picture: NDArray[np.uint8], density: float, simplified: float, random: Random) -> list[Stroke]:
    """Edges of a picture (H,H,3) as strokes.

    Args:
        density: share of pixels that are edges.
        simplified: how far a stroke may lie off its edge; above 0, short edges are left out too.
    """
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), random.uniform(0.8, 1.8))
    low, high = 2.0, 1500.0
    for _ in range(7):
        middle = (low * high) ** 0.5
        edges = cv2.Canny(grey, middle / 2, middle, L2gradient=True)
        low, high = (middle, high) if cv2.countNonZero(edges) > density * edges.size else (low, middle)
    chains, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    side = len(picture)
    strokes = []
    for chain in chains:
        if simplified:
            # A contour runs along an edge and back.
            if len(chain) < 2 * 0.05 * side:
                continue
            chain = cv2.approxPolyDP(chain, simplified * side, False)
        if len(chain) > 1:
            strokes.append((chain[:, 0] + 0.5) / side)
    return strokes
