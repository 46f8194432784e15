"""Following faces from frame to frame."""

from dataclasses import replace

import numpy as np
import pytest

from enhance.faces import detection, geometry
from enhance.faces.detection import Face
from enhance.faces.tracking import MAX_MISSING, Track, Tracker


def test_a_trembling_face_is_held_still_and_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    still = 40 * geometry.FRAME_LANDMARKS + 30

    def trembling(rgb: np.ndarray) -> list[Face]:  # noqa: ARG001
        return [Face((30, 30, 70, 70), 0.9, still + rng.normal(0, 0.5, still.shape))]

    monkeypatch.setattr(detection, "detect", trembling)
    tracker = Tracker()
    seen = [tracker(np.zeros((1, 1, 3), np.float32))[0] for _ in range(40)]
    assert len({size for _, size in seen}) == 1
    told = np.stack([face.landmarks for face, _ in seen[10:]])
    assert np.abs(np.diff(told, axis=0)).mean() < 0.5 * np.abs(np.diff(rng.normal(0, 0.5, told.shape), axis=0)).mean()


def test_a_face_is_held_while_the_detector_blinks_and_then_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face((30, 30, 70, 70), 0.9, 40 * geometry.FRAME_LANDMARKS + 30)
    tracker = Tracker([Track(face, 40)])
    monkeypatch.setattr(detection, "detect", lambda _: [])
    counts = [len(tracker(np.zeros((1, 1, 3), np.float32))) for _ in range(MAX_MISSING + 2)]
    assert counts == [1] * MAX_MISSING + [0, 0]


def test_a_tracker_goes_on_from_what_it_wrote() -> None:
    face = Face((30.0, 30.0, 70.0, 70.0), 0.9, 40 * geometry.FRAME_LANDMARKS + 30)
    again = Tracker.from_json(Tracker([Track(face, 40, 2)]).to_json()).tracks[0]
    assert replace(again.face, landmarks=face.landmarks) == face
    assert np.array_equal(again.face.landmarks, face.landmarks)
    assert (again.size, again.missing) == (40, 2)
