from collections.abc import Callable

import cv2
import numpy as np
import pytest

from enhance.tasks.fill import scratches


@pytest.mark.parametrize("size", [(200, 300), (900, 1400)])
def test_a_drawn_scratch_is_found_and_nothing_else(size: tuple[int, int], picture: Callable[..., np.ndarray]) -> None:
    rgb = cv2.GaussianBlur(picture(*size), (0, 0), 2).astype(np.float32) / 255 * 0.6 + 0.2
    line = np.zeros(size, np.uint8)
    points = np.array([(20, 30), (size[1] // 2, size[0] // 2 - 20), (size[1] - 30, size[0] - 40)])
    cv2.polylines(line, [points], False, 1, 2)
    rgb[line > 0] = 1
    found = scratches.find(rgb)
    assert found[line > 0].mean() > 0.95
    around = cv2.dilate(line, np.ones((17, 17), np.uint8)) > 0
    assert not found[~around].any()


def test_a_picture_without_scratches_has_none(picture: Callable[..., np.ndarray]) -> None:
    assert not scratches.find(picture(200, 300).astype(np.float32) / 255).any()
    assert not scratches.find(np.zeros((5, 5, 3), np.float32)).any()
    spots = picture(200, 300).astype(np.float32) / 255
    spots[50:54, 60:64] = 1
    assert not scratches.find(spots).any()
    assert not scratches.find(np.random.default_rng(0).random((200, 300, 3), np.float32)).any()
