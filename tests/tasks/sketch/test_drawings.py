import numpy as np

from enhance.tasks.sketch import drawings
from enhance.tasks.sketch.drawings import Mix
from tests.tasks.sketch.conftest import head


def test_without_landmarks_the_outline_is_drawn() -> None:
    picture, angle = head(np.random.default_rng(0)), np.linspace(0, 2 * np.pi, 60)
    outline = np.stack([0.5 + 0.4 * np.cos(angle), 0.5 + 0.3 * np.sin(angle)], 1)
    mix = Mix(doodles=1.0)
    for seed in range(10):
        strokes = drawings.drawn(picture, outline, False, 0.0, mix, np.random.default_rng(seed))
        around = np.hypot((strokes[0][:, 0] - 0.5) / 0.4, (strokes[0][:, 1] - 0.5) / 0.3)
        assert np.abs(around - 1).max() < 0.1
        assert all(np.hypot(*((stroke.mean(0) - 0.5) / [0.4, 0.3])) < 1 for stroke in strokes[1:])
