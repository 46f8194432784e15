"""Drawing faces with the shipped networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.faces import crops, detection, geometry
from enhance.faces.drawing import MAX_FACE_SIZE, draw_crops, drawing_size, face_noise
from enhance.inference.model import Model
from enhance.painting.consistency import downscale, lr_psnr

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    with Image.open(SAMPLE) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    ("native", "size"), [(8, 8), (16.9, 17), (63.4, 63), (MAX_FACE_SIZE - 1, MAX_FACE_SIZE - 1), (MAX_FACE_SIZE + 1, 0)]
)
def test_faces_are_drawn_up_to_the_networks_reach(native: float, size: int) -> None:
    landmarks = geometry.FRAME_LANDMARKS * native
    assert drawing_size(landmarks) == size


@pytest.mark.parametrize(("across", "down"), [(0, 0), (2, 0), (1, 3)])
def test_faces_are_crisper_for_not_being_moved_into_the_frame_first(sample: np.ndarray, across: int, down: int) -> None:
    """Wherever among the pixels a face lies."""
    photo = sample.astype(np.float32) / 255
    landmarks = (detection.detect(photo)[0].landmarks + (across, down) + 0.5) / 4 - 0.5
    small = downscale(np.roll(photo, (down, across), (0, 1)))
    crop = crops.crop_face(small, landmarks)
    moved = crops.aligned_crop(geometry.align(small, landmarks, len(crop.lr))[0])

    def crispness(crop: crops.FaceCrop) -> float:
        drawn = np.stack([draw_crops(Model.load("face_x4_gan"), [crop], seed)[0] for seed in range(4)])
        return float(np.abs(np.diff(drawn, axis=1)).mean())

    assert crispness(crop) > 1.2 * crispness(moved)


def test_the_noise_of_a_face_goes_where_the_face_goes() -> None:
    landmarks = geometry.FRAME_LANDMARKS * 32 + 20.3
    rgb = np.zeros((100, 100, 3), np.float32)
    still, moved = (crops.crop_face(rgb, landmarks + shift) for shift in (0, 7))
    assert (moved.left - still.left, moved.top - still.top) == (7, 7)
    first, second = (face_noise(crop.coordinates, 8, 32, seed=1) for crop in (still, moved))
    assert np.array_equal(first, second)
    trembling = face_noise(crops.crop_face(rgb, landmarks + 0.2).coordinates, 8, 32, seed=1)
    assert (trembling == first).mean() > 0.5
    assert first.std() == pytest.approx(1, abs=0.1)
    assert not np.array_equal(first, face_noise(still.coordinates, 8, 32, seed=2))


def test_noise_is_the_same_on_both_sides_of_a_face_where_it_is_mirrored() -> None:
    place = crops.aligned_crop(np.zeros((32, 32, 3), np.float32)).coordinates
    plain, mirrored = face_noise(place, 16, 32, seed=1), face_noise(place, 16, 32, seed=1, mirrored=8)
    assert np.array_equal(mirrored[:8], mirrored[:8, :, ::-1])
    assert mirrored[:8].std() == pytest.approx(1, abs=0.05)
    assert np.array_equal(mirrored[8:], plain[8:])


def test_what_is_drawn_of_few_pixels_is_drawn_once_more_and_agrees_with_them(sample: np.ndarray) -> None:
    model = Model.load("face_x4_lineup")
    once = Model(model.path, model.session, replace(model.facts, refined_below=0))
    photo = sample.astype(np.float32) / 255
    landmarks = detection.detect(photo)[0].landmarks
    for size, again in ((9, True), (20, True), (40, False)):
        small = geometry.align(photo, landmarks, 4 * size)[0]
        crop = crops.aligned_crop(downscale(small))
        assert crop.size == size
        first, second = (draw_crops(one, [crop], 3)[0] for one in (once, model))
        assert np.array_equal(first, second) != again
        assert lr_psnr(second, crop.lr, 4) > 50
