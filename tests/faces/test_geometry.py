"""Finding, aligning and pasting faces."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.faces import geometry, yunet

SHARED = Path(__file__).parents[2].parent / "shared"


def scene(seed: int = 0, height: int = 150, width: int = 180) -> np.ndarray:
    """A smooth picture with structure of a few pixels: what bicubic sampling can carry."""
    noise = np.random.default_rng(seed).random((height // 8, width // 8, 3)).astype(np.float32)
    return np.clip(geometry._resized(noise, (width, height)), 0, 1)


def turned(degrees: float, side: float, middle: tuple[float, float]) -> np.ndarray:
    """Landmarks of a face whose frame has this side, turned about its middle."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (geometry.FRAME - 0.5) * side @ rotation.T + middle


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(np.square(one - other).mean()))


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    folder = SHARED / "faces" / "val256"
    if not folder.is_dir():
        pytest.skip(f"no faces at {folder}")
    with Image.open(sorted(folder.glob("aaf_*"))[100]) as image:
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


@pytest.mark.parametrize("degrees", [0, 30, -160])
def test_similarity_recovers_a_rotation_with_scale_and_shift(degrees: float) -> None:
    target = turned(degrees, 40, (70, 20))
    transform = geometry.similarity(geometry.FRAME, target)
    assert np.allclose(geometry.FRAME @ transform[:, :2].T + transform[:, 2], target)
    assert geometry.native_size(target) == pytest.approx(40)


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
        geometry.similarity(np.ones((5, 2)), geometry.FRAME)
    assert geometry.native_size(np.ones((5, 2))) == 0


def test_align_of_an_upright_native_face_is_a_plain_crop() -> None:
    rgb = scene()
    landmarks = geometry.FRAME * 48 - 0.5 + (30, 20)
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
    for channel, (across, down) in enumerate(geometry.FRAME[:3] * size - 0.5):
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


@pytest.mark.parametrize("degrees", [0, 30, 90, 200])
@pytest.mark.parametrize("middle", [(88.3, 75.6), (2, 140), (-40, 60)])
def test_a_cut_is_the_photo_s_own_pixels_and_knows_where_they_lie(degrees: float, middle: tuple[float, float]) -> None:
    rgb = scene()
    landmarks = turned(degrees, 50, middle)
    cut = geometry.cut(rgb, landmarks)
    side = len(cut.lr)
    assert cut.lr.shape == (side, side, 3)
    assert side % 4 == 0
    for y, x in np.ndindex(side, side):
        row, column = np.clip((cut.top + y, cut.left + x), 0, (149, 179))
        assert np.array_equal(cut.lr[y, x], rgb[row, column])
    here = landmarks - (cut.left, cut.top)
    assert np.allclose(here @ cut.to_frame[:, :2].T + cut.to_frame[:, 2], geometry.FRAME, atol=1e-6)
    corners = np.linalg.solve(cut.to_frame[:, :2], (np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) - cut.to_frame[:, 2]).T)
    assert corners.min() >= -1
    assert corners.max() <= side
    across, down, fine = cut.place
    nearest = np.unravel_index(np.hypot(across - (-0.312), down - (-0.204)).argmin(), across.shape)
    assert np.hypot(*(here[0] - nearest[::-1])) < 0.8, "the left eye"
    assert fine == pytest.approx(np.log2(50 / 32))


@pytest.mark.parametrize(("degrees", "turns"), [(0, 0), (40, 0), (-40, 0), (90, 1), (50, 1), (180, 2), (-90, 3)])
def test_a_face_that_lies_is_stood_up_by_right_angles(degrees: float, turns: int) -> None:
    cut = geometry.cut(scene(), turned(degrees, 50, (90, 75)))
    assert cut.turns == turns
    across, down, _ = np.rot90(cut.place, cut.turns, (1, 2))
    assert np.diff(across, axis=1).min() > 0
    assert np.diff(down, axis=0).min() > 0


def test_pixels_are_told_no_finer_and_no_coarser_than_the_networks_know() -> None:
    for native, told in ((8, 16), (40, 40), (90, 64)):
        fine = geometry.cut(scene(), turned(0, native, (90, 75))).place[2]
        assert fine == pytest.approx(np.log2(told / 32))


def test_what_was_drawn_of_a_cut_is_shown_upright() -> None:
    rgb = scene()
    landmarks = turned(25, 48, (90, 75))
    cut = geometry.cut(rgb, landmarks)
    drawn = geometry._resized(cut.lr, (4 * len(cut.lr), 4 * len(cut.lr)))
    upright = cut.upright(drawn, 48)
    expected, _ = geometry.align(rgb, landmarks, 48)
    assert psnr(upright, expected) > 30


def test_pasting_back_what_was_cut_out_changes_nothing() -> None:
    cut = geometry.cut(scene(), turned(20, 60.3, (90.2, 75.4)))
    pasted = cut.lr.copy()
    geometry.paste(pasted, cut.lr, cut.to_frame)
    assert np.abs(pasted - cut.lr).max() < 1e-6


def test_paste_draws_the_face_and_leaves_the_rest_alone() -> None:
    cut = geometry.cut(scene(), turned(15, 60, (90, 75)))
    side = len(cut.lr)
    checks = 0.4 * ((np.indices((side, side)) // 3).sum(axis=0) % 2)[..., None]
    pasted = cut.lr.copy()
    geometry.paste(pasted, np.clip(cut.lr + checks, 0, 1).astype(np.float32), cut.to_frame)
    outside = np.abs(cut.place[:2]).max(axis=0) > 1
    assert np.array_equal(pasted[outside], cut.lr[outside])
    middle = np.hypot(*cut.place[:2]) < 0.5
    assert pasted[middle].std() > cut.lr[middle].std()
    assert np.abs(pasted - cut.lr)[middle].mean() > 0.03


def test_a_face_of_another_colour_leaves_no_edge() -> None:
    cut = geometry.cut(0.3 + 0.4 * scene(), turned(12, 80, (90, 75)))
    pasted = cut.lr.copy()
    geometry.paste(pasted, cut.lr * np.float32(0.7) + np.float32((0.25, 0, 0.1)), cut.to_frame)
    for axis in (0, 1):
        before, after = (np.abs(np.diff(picture, axis=axis)) for picture in (cut.lr, pasted))
        assert after.max() < before.max() * 1.1
    inside = pasted != cut.lr
    # It takes the colours that were there.
    assert abs(float((pasted - cut.lr)[inside].mean())) < 0.005


def test_mask_is_full_over_the_features_and_nothing_at_the_borders() -> None:
    x, y, _ = geometry.whole(np.empty((64, 64, 3), np.float32)).place
    soft = geometry.mask(np.stack([x, y], -1))
    assert soft.shape == (64, 64)
    border = np.concatenate([soft[0], soft[-1], soft[:, 0], soft[:, -1]])
    assert border.max() < 0.01
    for across, down in np.floor(geometry.FRAME * 64).astype(int):
        assert soft[down, across] == 1
    assert np.abs(np.diff(soft, axis=0)).max() < 0.25


@pytest.mark.parametrize("width", [256, 128, 48, 24])
def test_a_face_is_found_where_it_is(portrait: np.ndarray, width: int) -> None:
    canvas = np.full((240, 320, 3), portrait[:8].mean((0, 1)), np.float32)
    left, top = (40, 0) if width == 256 else (90, 70)
    small = geometry._resized(portrait, (width, width))[: 240 - top]
    canvas[top : top + len(small), left : left + width] = small
    (face,) = geometry.detect(canvas)
    truth = geometry.FRAME * width - 0.5 + (left, top)
    assert np.abs(face.landmarks - truth).max() < 0.08 * width
    assert geometry.native_size(face.landmarks) == pytest.approx(width, rel=0.15)
    x0, y0, x1, y1 = face.box
    assert (truth > (x0, y0)).all()
    assert (truth < (x1, y1)).all()


def test_the_lean_of_a_face_is_measured(portrait: np.ndarray) -> None:
    image = Image.fromarray(np.round(portrait * 255).astype(np.uint8))
    photo = Image.new("RGB", (400, 400), image.getpixel((2, 2)))
    photo.paste(image, (72, 72))
    level = geometry.tilt(geometry.detect(np.asarray(photo, np.float32) / np.float32(255))[0].landmarks)
    for degrees in (-30, 30):
        leaning = photo.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=image.getpixel((2, 2)))
        (face,) = geometry.detect(np.asarray(leaning, np.float32) / np.float32(255))
        assert geometry.tilt(face.landmarks) - level == pytest.approx(degrees, abs=6)


@pytest.mark.parametrize("degrees", [45, 90, -135, 180])
@pytest.mark.parametrize("width", [128, 32])
def test_a_face_that_leans_or_lies_is_found_as_it_does(portrait: np.ndarray, width: int, degrees: int) -> None:
    small = Image.fromarray(np.round(geometry._resized(portrait, (width, width)).clip(0, 1) * 255).astype(np.uint8))
    photo = Image.new("RGB", (240, 240), small.getpixel((2, 2)))
    photo.paste(small, (120 - width // 2, 120 - width // 2))
    (level,) = geometry.detect(np.asarray(photo, np.float32) / np.float32(255))
    leaning = photo.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=small.getpixel((2, 2)))
    (face,) = geometry.detect(np.asarray(leaning, np.float32) / np.float32(255))
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    truth = (level.landmarks - 119.5) @ rotation.T + 119.5
    assert np.abs(face.landmarks - truth).max() < 0.1 * width
    x0, y0, x1, y1 = face.box
    assert (truth.mean(axis=0) > (x0, y0)).all()
    assert (truth.mean(axis=0) < (x1, y1)).all()


@pytest.mark.parametrize("angle", geometry.LEFT_AND_RIGHT)
def test_faces_in_a_turned_picture_are_told_where_they_are_in_it_unturned(portrait: np.ndarray, angle: float) -> None:
    small = Image.fromarray(np.round(geometry._resized(portrait, (20, 20)).clip(0, 1) * 255).astype(np.uint8))
    photo = Image.new("RGB", (90, 60), small.getpixel((1, 1)))
    photo.paste(small, (50, 25))
    leaning = np.asarray(photo.rotate(angle, Image.Resampling.BICUBIC, fillcolor=small.getpixel((1, 1))), np.float32)
    (face, *others) = geometry.detect_turned(leaning / np.float32(255), geometry.TURNED, angle, geometry.THRESHOLD)
    assert others == []
    back = np.radians(-angle)
    rotation = np.array([[np.cos(back), -np.sin(back)], [np.sin(back), np.cos(back)]])
    truth = (geometry.FRAME * 20 - 0.5 + (50, 25) - (44.5, 29.5)) @ rotation.T + (44.5, 29.5)
    assert np.abs(face.landmarks - truth).max() < 2
    x0, y0, x1, y1 = face.box
    assert (truth.mean(axis=0) > (x0, y0)).all()
    assert (truth.mean(axis=0) < (x1, y1)).all()


def test_a_detector_that_finds_no_memory_is_shown_parts(portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = np.full((300, 700, 3), 0.5, np.float32)
    canvas[20:276, 300:556] = portrait
    canvas[50:98, 30:78] = geometry._resized(portrait, (48, 48))
    expected = geometry.detect(canvas)
    asked: list[int] = []
    true = yunet.predict

    def poor(bgr: np.ndarray) -> np.ndarray:
        asked.append(bgr.shape[0] * bgr.shape[1])
        if asked[-1] > 500 * 500:
            raise MemoryError
        return true(bgr)

    monkeypatch.setattr(yunet, "predict", poor)
    found = geometry.detect(canvas)
    assert max(asked) > 500 * 500 >= min(asked)
    assert len(found) == len(expected) == 2
    for face, other in zip(found, expected, strict=True):
        assert np.abs(face.landmarks - other.landmarks).max() < 0.05 * geometry.native_size(other.landmarks)


def test_two_faces_come_largest_first(portrait: np.ndarray) -> None:
    canvas = np.full((240, 400, 3), 0.5, np.float32)
    canvas[50:110, 20:80] = geometry._resized(portrait, (60, 60))
    canvas[40:190, 200:350] = geometry._resized(portrait, (150, 150))
    large, small = geometry.detect(canvas)
    assert large.landmarks[:, 0].min() > 200 > 80 > small.landmarks[:, 0].max()


def test_no_face_in_clouds() -> None:
    assert geometry.detect(scene(height=100, width=130)) == []
    assert geometry.detect(np.zeros((1, 7, 3), np.float32)) == []


def test_of_two_boxes_on_one_face_the_surer_stays() -> None:
    landmarks = geometry.FRAME * 10
    weak = geometry.Face((0, 0, 10, 10), 0.7, landmarks)
    sure = geometry.Face((1, 1, 11, 11), 0.9, landmarks)
    other = geometry.Face((30, 0, 40, 10), 0.8, landmarks)
    assert geometry.distinct([weak, sure, other]) == [sure, other]
