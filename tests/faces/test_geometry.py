"""The face frame."""

from pathlib import Path

import numpy as np
import pytest

from enhance.faces import geometry
from tests.faces.scenes import scene, turned

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.parametrize("degrees", [0, 30, -160])
def test_similarity_recovers_a_rotation_with_scale_and_shift(degrees: float) -> None:
    target = turned(degrees, 40, (70, 20))
    transform = geometry.similarity(geometry.FRAME_LANDMARKS, target)
    assert np.allclose(geometry.FRAME_LANDMARKS @ transform[:, :2].T + transform[:, 2], target)
    assert geometry.face_size(target) == pytest.approx(40)


def test_similarity_is_the_best_of_its_neighbours() -> None:
    random = np.random.default_rng(3)
    source, target = random.random((2, 5, 2))
    best = geometry.similarity(source, target)

    def miss(transform: np.ndarray) -> float:
        return float(np.square(source @ transform[:, :2].T + transform[:, 2] - target).sum())

    for da, db, dx, dy in np.eye(4) * 1e-3:
        for sign in (1, -1):
            step = sign * np.array([[da, -db, dx], [db, da, dy]])
            assert miss(best + step) > miss(best)


def test_similarity_of_one_point_is_refused() -> None:
    with pytest.raises(ValueError, match="same"):
        geometry.similarity(np.ones((5, 2)), geometry.FRAME_LANDMARKS)
    assert geometry.face_size(np.ones((5, 2))) == 0


def test_align_of_an_upright_native_face_is_a_plain_crop() -> None:
    rgb = scene()
    landmarks = geometry.FRAME_LANDMARKS * 48 - 0.5 + (30, 20)
    crop, transform = geometry.align(rgb, landmarks, 48)
    assert np.abs(crop - rgb[20:68, 30:78]).max() < 1e-5
    assert np.allclose(transform, [[1, 0, -30], [0, 1, -20]])


@pytest.mark.parametrize(("side", "size"), [(48, 48), (30, 64), (90, 32)])
def test_align_puts_landmarks_where_the_frame_says(side: int, size: int) -> None:
    landmarks = turned(25, side, (88, 75))
    rgb = np.zeros((150, 180, 3), np.float32)
    y, x = np.mgrid[:150, :180]
    for point, colour in zip(landmarks[:3], np.eye(3, dtype=np.float32), strict=True):
        rgb += np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / (2 * (side / 16) ** 2))[..., None] * colour
    crop, _ = geometry.align(rgb.astype(np.float32), landmarks, size)
    y, x = np.mgrid[:size, :size]
    for channel, (across, down) in enumerate(geometry.FRAME_LANDMARKS[:3] * size - 0.5):
        weight = crop[..., channel] / crop[..., channel].sum()
        assert (weight * x).sum() == pytest.approx(across, abs=0.15)
        assert (weight * y).sum() == pytest.approx(down, abs=0.15)


def test_align_averages_when_it_reduces() -> None:
    checks = np.indices((200, 200)).sum(axis=0) % 2
    rgb = np.repeat(checks[..., None], 3, -1).astype(np.float32)
    crop, _ = geometry.align(rgb, turned(10, 150, (100, 100)), 32)
    assert np.abs(crop - 0.5).max() < 0.05


def test_align_goes_on_with_the_edge_beyond_the_photo() -> None:
    rgb = np.full((60, 60, 3), 0.25, np.float32)
    rgb[:, 30:] = 0.75
    crop, _ = geometry.align(rgb, turned(0, 60, (0, 30)), 60)
    assert np.abs(crop - 0.25)[:, :50].max() < 1e-5
    tiny, _ = geometry.align(np.full((1, 1, 3), 0.5, np.float32), turned(40, 30, (200, -90)), 16)
    assert np.allclose(tiny, 0.5)


def test_a_transform_of_a_picture_four_times_larger_keeps_pixel_centres() -> None:
    to_frame = np.array([[0.9, -0.2, 3.0], [0.2, 0.9, -1.0]])
    point = np.array([10.0, 20.0])
    larger = geometry.enlarge_transform(to_frame, 4)
    assert np.allclose(larger[:, :2] @ (4 * point + 1.5) + larger[:, 2], to_frame[:, :2] @ point + to_frame[:, 2])
