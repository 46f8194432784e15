"""Follows faces from frame to frame of a video."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from enhance.faces import detection
from enhance.faces.detection import OVERLAP, Face
from enhance.faces.drawing import drawing_size
from enhance.faces.geometry import face_size, iou

MAX_MISSING = 3
"""A face that is not found for so many frames is kept where it was: the detector missed it, but it did not leave."""
SIZE_TOLERANCE = 0.2
"""A face whose size changes by less than this share is drawn at the size at which it was drawn before."""
MIN_SMOOTHING, SMOOTHING_GAIN = 0.25, 6.0
"""Weight of a new position when a face stands still, and how much is added for each frame width that it moved."""


@dataclass
class Track:
    """One face over time: where it was last seen, the size it is drawn at, and for how many frames it was missing."""

    face: Face
    size: int
    missing: int = 0


@dataclass
class Tracker:
    """A detector of faces in one frame after another.

    The network draws the same picture from the same pixels and the same noise, but a landmark that trembles by half a
    pixel gives another picture. So landmarks are smoothed the more, the less they move, and a face keeps its size.
    """

    tracks: list[Track] = field(default_factory=list)

    def __call__(self, rgb: NDArray[np.float32]) -> list[tuple[Face, int]]:
        """The faces of the next frame (H,W,3), with the pixels across the frame to draw each from (0: not at all)."""
        unclaimed = detection.detect(rgb)
        for track in self.tracks:
            near = [(iou(track.face.box, face.box), n) for n, face in enumerate(unclaimed)]
            share, n = max(near, default=(0.0, -1))
            if share < OVERLAP:
                track.missing += 1
                continue
            track.face, track.missing = smooth_landmarks(track.face, unclaimed.pop(n)), 0
            size = drawing_size(track.face.landmarks)
            if not size or not track.size or abs(size / track.size - 1) > SIZE_TOLERANCE:
                track.size = size
        self.tracks = [track for track in self.tracks if track.missing <= MAX_MISSING]
        self.tracks += [Track(face, drawing_size(face.landmarks)) for face in unclaimed]
        return [(track.face, track.size) for track in self.tracks]

    def to_json(self) -> str:
        """What a later run needs to go on as if it had not stopped."""
        return json.dumps(
            [
                [track.face.box, track.face.score, track.face.landmarks.tolist(), track.size, track.missing]
                for track in self.tracks
            ]
        )

    @staticmethod
    def from_json(text: str) -> Tracker:
        """The tracker that `to_json` described."""
        return Tracker(
            [
                Track(Face(tuple(box), score, np.array(landmarks)), size, missing)
                for box, score, landmarks, size, missing in json.loads(text)
            ]
        )


def smooth_landmarks(before: Face, now: Face) -> Face:
    """A face with its landmarks averaged with the earlier ones: the less it moved, the more they count."""
    moved = float(np.hypot(*(now.landmarks - before.landmarks).mean(0))) / face_size(now.landmarks)
    weight = min(1.0, MIN_SMOOTHING + SMOOTHING_GAIN * moved)
    return replace(now, landmarks=before.landmarks + weight * (now.landmarks - before.landmarks))
