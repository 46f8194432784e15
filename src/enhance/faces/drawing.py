"""Draws faces, many at a time, with one network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from enhance.faces.crops import FaceCrop
from enhance.faces.geometry import face_size
from enhance.inference.model import Model
from enhance.inference.noise import noise_rng, truncation

Array = NDArray[np.float32]

MAX_FACE_SIZE = 96
"""Pixels across the face frame up to which a face is redrawn: half as many again as the networks were trained on."""


def drawing_size(landmarks: NDArray[np.floating]) -> int:
    """Pixels across the frame from which a face with landmarks (5,2) is drawn; 0 if it is too large to need it."""
    size = face_size(landmarks)
    return 0 if size > MAX_FACE_SIZE else max(round(size), 1)


def draw(model: Model, crops: Sequence[FaceCrop], seed: int) -> list[Array]:
    """Faces as a model draws them, (scale*h,scale*w,3) in [0,1] for crops (h,w,3); those of one shape are one batch."""
    channels = model.facts.noise_channels
    drawn: list[Array] = [np.empty(0, np.float32)] * len(crops)
    for shape in {crop.lr.shape for crop in crops}:
        members = [n for n, crop in enumerate(crops) if crop.lr.shape == shape]
        lr = np.stack([np.rot90(crops[n].lr, crops[n].quarter_turns).transpose(2, 0, 1) for n in members])
        places = np.stack([np.rot90(crops[n].coordinates, crops[n].quarter_turns, (1, 2)) for n in members])
        noise = [
            truncation(model.facts, seed, place[2, 0, 0]) * face_noise(place, channels, crops[n].size, seed)
            for place, n in zip(places, members, strict=True)
        ]
        batch = model(lr, noise=np.stack(noise), place=places).transpose(0, 2, 3, 1)
        for n, hr in zip(members, batch, strict=True):
            drawn[n] = np.rot90(hr, -crops[n].quarter_turns)
    return drawn


def face_noise(place: Array, channels: int, size: int, seed: int) -> Array:
    """Noise (channels,h,w) that is fixed to the face frame, at the coordinates `place` (3,h,w).

    A face that moves through the pixels of a video takes its noise along, and is drawn alike.

    Args:
        size: pixels across the frame.
    """
    field = noise_rng(seed).standard_normal((channels, 2 * size, 2 * size), dtype=np.float32)
    x, y = np.clip(np.floor((place[:2] + 2) / 2 * size).astype(int), 0, 2 * size - 1)
    return field[:, y, x]
