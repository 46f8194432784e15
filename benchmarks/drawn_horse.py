"""Draws a horse that nobody photographed, and what the networks make of it: a zebra, and a horse again.

    python benchmarks/drawn_horse.py [--out FOLDER] [--sample FILE]

Writes translate.webp into FOLDER (docs), and the horse alone as FILE (samples/horse.jpg). The outline is a silhouette
by Andreas Preuss (openclipart.org/detail/158377, CC0); light, coat, sky and grass are computed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

import enhance
from pages import ROOT

SILHOUETTE = ROOT / "benchmarks" / "drawings" / "horse.png"
_MARGIN = 60, 90, 70, 70
"""Pixels above, below, to the left and to the right of the silhouette."""
_BAY = 150, 92, 54
_LIGHT = -0.4, -0.75, 0.55
"""Where it comes from: left, above, in front."""
_MANE, _TAIL = (300, 425, 170), (135, 150)
"""Columns and the last row of the mane; the last column and the first row of the tail."""
_EYE, _NOSTRIL = (424, 105), (449, 148)
_WIDTH = 360
"""Pixels across each of the three pictures."""

_Array = NDArray[np.float32]


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--sample", type=Path, default=ROOT / "samples" / "horse.jpg")
    options = parser.parse_args()
    horse = drawn_horse()
    horse.save(options.sample, quality=88)
    zebra = enhance.translate(horse, to="zebra")
    again = enhance.translate(zebra, to="horse")
    height = round(_WIDTH * horse.height / horse.width)
    sheet = Image.new("RGB", (3 * _WIDTH + 2 * 8, height), "white")
    for n, picture in enumerate((horse, zebra, again)):
        sheet.paste(picture.convert("RGB").resize((_WIDTH, height), Image.Resampling.LANCZOS), (n * (_WIDTH + 8), 0))
    sheet.save(options.out / "translate.webp", quality=85, method=6)


def drawn_horse(seed: int = 0) -> Image.Image:
    """A bay horse on a meadow."""
    rng = np.random.default_rng(seed)
    with Image.open(SILHOUETTE) as image:
        outline = (np.asarray(image.convert("L")) < 128).astype(np.uint8)
    inside = np.asarray(cv2.copyMakeBorder(outline, *_MARGIN, cv2.BORDER_CONSTANT, value=(0,)), np.uint8)
    ground = _meadow(inside, rng)
    edge = _blurred(inside, 0.9)[..., None]
    picture = ground + edge * (_horse(inside, rng) - ground) + rng.normal(0, 2, (*inside.shape, 1))
    return ImageOps.mirror(Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)))


def _meadow(inside: NDArray[np.uint8], rng: np.random.Generator) -> _Array:
    """Sky and grass, with the horse's shadow."""
    height = len(inside)
    y = np.arange(height, dtype=np.float32)[:, None, None] / height
    sky = np.array([150, 185, 225], np.float32) + y * np.array([40, 20, -10], np.float32)
    sky = sky + _blurred_noise(inside, ((40, 12), (15, 5)), rng)
    grass = np.array([96, 128, 60], np.float32) * (0.75 + 0.35 * y)
    grass = grass + _blurred_noise(inside, ((1.2, 16), (5, 8), (25, 6)), rng)
    horizon = 0.62 * height + _blurred_noise(inside, ((30, 3),), rng)[0, :, 0]
    below = (np.arange(height)[:, None] > horizon).astype(np.float32)
    below = _blurred(below, 1.5)[..., None]
    last = int(np.flatnonzero(inside.any(1))[-1])
    hooves = cv2.dilate(inside[last - 3 : last - 2], np.ones((1, 81), np.uint8)).astype(np.float32)
    shadow = np.where(np.abs(np.arange(height)[:, None] - last + 4) < 10, hooves, 0).astype(np.float32)
    shadow = np.clip(2 * _blurred(shadow, 6), 0, 1)[..., None]
    return np.asarray((sky + below * (grass - sky)) * (1 - 0.5 * shadow), np.float32)


def _horse(inside: NDArray[np.uint8], rng: np.random.Generator) -> _Array:
    """The coat, rounded by light, with a dark mane, tail and legs."""
    height, width = inside.shape
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    relief = np.sqrt(40 * _blurred(np.asarray(depth), 6))
    across, down = (cv2.Sobel(relief, cv2.CV_32F, *axis, ksize=5) / 50 for axis in ((1, 0), (0, 1)))
    normal = np.stack([-across, -down, np.ones_like(across)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    shade = 0.62 + 0.45 * normal @ (np.array(_LIGHT, np.float32) / np.float32(np.linalg.norm(_LIGHT)))
    light = _blurred(shade, 5)[..., None]
    fur = 1 + _blurred_noise(inside, ((1, 0.05), (4, 0.06), (14, 0.08)), rng)
    y, x = np.mgrid[:height, :width]
    rows = np.flatnonzero(inside.any(1))
    legs = np.clip(((y - rows[0]) / np.ptp(rows) - 0.62) / 0.25, 0, 1)[..., None]
    mane = (x > _MANE[0]) & (x < _MANE[1]) & (y < _MANE[2]) & (depth < 9) & (down < 0)
    hair = (mane | ((x < _TAIL[0]) & (y > _TAIL[1]))).astype(np.float32)
    hair = _blurred(hair, 1.8)[..., None]
    body = np.ascontiguousarray(
        np.array(_BAY, np.float32) * light * fur * (1 - 0.6 * legs) * (1 - 0.7 * hair), np.float32
    )
    cv2.ellipse(body, _EYE, (4, 3), 20, 0, 360, (22, 16, 14), -1)
    cv2.circle(body, (_EYE[0] - 1, _EYE[1] - 1), 1, (200, 200, 200), -1)
    cv2.ellipse(body, _NOSTRIL, (3, 2), 40, 0, 360, (40, 26, 20), -1)
    return body


def _blurred(picture: NDArray[Any], sigma: float) -> _Array:
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma), np.float32)


def _blurred_noise(
    shape: NDArray[np.uint8], parts: tuple[tuple[float, float], ...], rng: np.random.Generator
) -> _Array:
    """Noise (H,W,1), the sum of parts: how many pixels each is blurred by, and its standard deviation."""
    total = np.zeros(shape.shape, np.float32)
    for sigma, strength in parts:
        noise = _blurred(rng.standard_normal(shape.shape), sigma)
        total += strength * noise / noise.std()
    return total[..., None]


if __name__ == "__main__":
    main()
