"""Finding faces."""

import numpy as np
import pytest
from PIL import Image

from enhance.faces import detection, geometry, yunet
from enhance.pixels import resize
from tests.faces.scenes import scene


@pytest.mark.parametrize("width", [256, 128, 48, 24])
def test_a_face_is_found_where_it_is(portrait: np.ndarray, width: int) -> None:
    canvas = np.full((240, 320, 3), portrait[:8].mean((0, 1)), np.float32)
    left, top = (40, 0) if width == 256 else (90, 70)
    small = resize(portrait, (width, width))[: 240 - top]
    canvas[top : top + len(small), left : left + width] = small
    (face,) = detection.detect(canvas)
    truth = geometry.FRAME_LANDMARKS * width - 0.5 + (left, top)
    assert np.abs(face.landmarks - truth).max() < 0.08 * width
    assert geometry.face_size(face.landmarks) == pytest.approx(width, rel=0.15)
    x0, y0, x1, y1 = face.box
    assert (truth > (x0, y0)).all()
    assert (truth < (x1, y1)).all()


def test_the_lean_of_a_face_is_measured(portrait: np.ndarray) -> None:
    image = Image.fromarray(np.round(portrait * 255).astype(np.uint8))
    photo = Image.new("RGB", (400, 400), image.getpixel((2, 2)))
    photo.paste(image, (72, 72))
    level = geometry.tilt(detection.detect(np.asarray(photo, np.float32) / np.float32(255))[0].landmarks)
    for degrees in (-30, 30):
        leaning = photo.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=image.getpixel((2, 2)))
        (face,) = detection.detect(np.asarray(leaning, np.float32) / np.float32(255))
        assert geometry.tilt(face.landmarks) - level == pytest.approx(degrees, abs=6)


@pytest.mark.parametrize("degrees", [45, 90, -135, 180])
@pytest.mark.parametrize("width", [128, 32])
def test_a_face_that_leans_or_lies_is_found_as_it_does(portrait: np.ndarray, width: int, degrees: int) -> None:
    small = Image.fromarray(np.round(resize(portrait, (width, width)).clip(0, 1) * 255).astype(np.uint8))
    photo = Image.new("RGB", (240, 240), small.getpixel((2, 2)))
    photo.paste(small, (120 - width // 2, 120 - width // 2))
    (level,) = detection.detect(np.asarray(photo, np.float32) / np.float32(255))
    leaning = photo.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=small.getpixel((2, 2)))
    (face,) = detection.detect(np.asarray(leaning, np.float32) / np.float32(255))
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    truth = (level.landmarks - 119.5) @ rotation.T + 119.5
    assert np.abs(face.landmarks - truth).max() < 0.1 * width
    x0, y0, x1, y1 = face.box
    assert (truth.mean(axis=0) > (x0, y0)).all()
    assert (truth.mean(axis=0) < (x1, y1)).all()


@pytest.mark.parametrize("angle", detection.ANGLES)
def test_faces_in_a_turned_picture_are_told_where_they_are_in_it_unturned(portrait: np.ndarray, angle: float) -> None:
    small = Image.fromarray(np.round(resize(portrait, (20, 20)).clip(0, 1) * 255).astype(np.uint8))
    photo = Image.new("RGB", (90, 60), small.getpixel((1, 1)))
    photo.paste(small, (50, 25))
    leaning = np.asarray(photo.rotate(angle, Image.Resampling.BICUBIC, fillcolor=small.getpixel((1, 1))), np.float32)
    (face, *others) = detection.detect_at_angle(
        leaning / np.float32(255), detection.ANGLE_SCALE, angle, detection.THRESHOLD
    )
    assert others == []
    back = np.radians(-angle)
    rotation = np.array([[np.cos(back), -np.sin(back)], [np.sin(back), np.cos(back)]])
    truth = (geometry.FRAME_LANDMARKS * 20 - 0.5 + (50, 25) - (44.5, 29.5)) @ rotation.T + (44.5, 29.5)
    assert np.abs(face.landmarks - truth).max() < 2
    x0, y0, x1, y1 = face.box
    assert (truth.mean(axis=0) > (x0, y0)).all()
    assert (truth.mean(axis=0) < (x1, y1)).all()


def test_a_detector_that_finds_no_memory_is_shown_parts(portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = np.full((300, 700, 3), 0.5, np.float32)
    canvas[20:276, 300:556] = portrait
    canvas[50:98, 30:78] = resize(portrait, (48, 48))
    expected = detection.detect(canvas)
    asked: list[int] = []
    true = yunet.predict

    def poor(bgr: np.ndarray, threshold: float) -> np.ndarray:
        asked.append(bgr.shape[1] * bgr.shape[2])
        if asked[-1] > 500 * 500:
            raise MemoryError
        return true(bgr, threshold)

    monkeypatch.setattr(yunet, "predict", poor)
    found = detection.detect(canvas)
    assert max(asked) > 500 * 500 >= min(asked)
    assert len(found) == len(expected) == 2
    for face, other in zip(found, expected, strict=True):
        assert np.abs(face.landmarks - other.landmarks).max() < 0.05 * geometry.face_size(other.landmarks)


def test_two_faces_come_largest_first(portrait: np.ndarray) -> None:
    canvas = np.full((240, 400, 3), 0.5, np.float32)
    canvas[50:110, 20:80] = resize(portrait, (60, 60))
    canvas[40:190, 200:350] = resize(portrait, (150, 150))
    large, small = detection.detect(canvas)
    assert large.landmarks[:, 0].min() > 200 > 80 > small.landmarks[:, 0].max()


def test_no_face_in_clouds() -> None:
    assert detection.detect(scene(height=100, width=130)) == []
    assert detection.detect(np.zeros((1, 7, 3), np.float32)) == []


def test_of_two_boxes_on_one_face_the_surer_stays() -> None:
    landmarks = geometry.FRAME_LANDMARKS * 10
    weak = detection.Face((0, 0, 10, 10), 0.7, landmarks)
    sure = detection.Face((1, 1, 11, 11), 0.9, landmarks)
    other = detection.Face((30, 0, 40, 10), 0.8, landmarks)
    assert detection.non_maximum_suppression([weak, sure, other]) == [sure, other]
