"""Pictures and landmarks for the tests of faces."""

import numpy as np

from enhance.faces.geometry import FRAME_LANDMARKS
from enhance.pixels import resize


def scene(seed: int = 0, height: int = 150, width: int = 180) -> np.ndarray:
    """A smooth picture with structure of a few pixels: what bicubic sampling can carry."""
    noise = np.random.default_rng(seed).random((height // 8, width // 8, 3)).astype(np.float32)
    return np.clip(resize(noise, (width, height)), 0, 1)


def turned(degrees: float, side: float, middle: tuple[float, float]) -> np.ndarray:
    """Landmarks of a face whose frame has this side, turned about its middle."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (FRAME_LANDMARKS - 0.5) * side @ rotation.T + middle


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(np.square(one - other).mean()))
