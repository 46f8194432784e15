import numpy as np

from enhance.tasks.sketch import doodles
from tests.tasks.sketch.conftest import POINTS


def test_a_doodle_has_ears_eyes_and_a_chin_where_the_landmarks_are() -> None:
    for seed in range(20):
        strokes = doodles.doodle(POINTS, 0.0, np.random.default_rng(seed))
        ink = np.concatenate(strokes)
        for point in (*POINTS[[5, 8]], POINTS[12]):
            assert np.hypot(*(ink - point).T).min() < 0.06


def test_whiskers_change_the_picture_along_their_strokes_alone() -> None:
    picture = np.full((128, 128, 3), 120, np.uint8)
    strokes = [np.stack([np.linspace(0.1, 0.4, 20), np.full(20, 0.5)], 1)]
    after = doodles.with_whiskers(picture, strokes, np.random.default_rng(0))
    changed = (after != picture).any(2)
    assert changed[63:66, 14:50].any(0).all()
    assert not changed[:60].any()
    assert not changed[68:].any()
