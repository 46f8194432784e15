"""Cutting out and pasting faces."""

import numpy as np
import pytest

from enhance.faces import crops, geometry
from enhance.pixels import resize
from tests.faces.scenes import psnr, scene, turned


@pytest.mark.parametrize("degrees", [0, 30, 90, 200])
@pytest.mark.parametrize("middle", [(88.3, 75.6), (2, 140), (-40, 60)])
def test_a_crop_is_the_photo_s_own_pixels_and_knows_where_they_lie(degrees: float, middle: tuple[float, float]) -> None:
    rgb = scene()
    landmarks = turned(degrees, 50, middle)
    crop = crops.crop_face(rgb, landmarks)
    side = len(crop.lr)
    assert crop.lr.shape == (side, side, 3)
    assert side % 4 == 0
    for y, x in np.ndindex(side, side):
        row, column = np.clip((crop.top + y, crop.left + x), 0, (149, 179))
        assert np.array_equal(crop.lr[y, x], rgb[row, column])
    here = landmarks - (crop.left, crop.top)
    assert np.allclose(here @ crop.to_frame[:, :2].T + crop.to_frame[:, 2], geometry.FRAME_LANDMARKS, atol=1e-6)
    corners = np.linalg.solve(
        crop.to_frame[:, :2], (np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) - crop.to_frame[:, 2]).T
    )
    assert corners.min() >= -1
    assert corners.max() <= side
    across, down, fine = crop.coordinates
    nearest = np.unravel_index(np.hypot(across - (-0.312), down - (-0.204)).argmin(), across.shape)
    assert np.hypot(*(here[0] - nearest[::-1])) < 0.8, "the left eye"
    assert fine == pytest.approx(np.log2(50 / 32))


@pytest.mark.parametrize(("degrees", "turns"), [(0, 0), (40, 0), (-40, 0), (90, 1), (50, 1), (180, 2), (-90, 3)])
def test_a_face_that_lies_is_stood_up_by_right_angles(degrees: float, turns: int) -> None:
    crop = crops.crop_face(scene(), turned(degrees, 50, (90, 75)))
    assert crop.quarter_turns == turns
    across, down, _ = np.rot90(crop.coordinates, crop.quarter_turns, (1, 2))
    assert np.diff(across, axis=1).min() > 0
    assert np.diff(down, axis=0).min() > 0


def test_pixels_are_told_no_finer_and_no_coarser_than_the_networks_know() -> None:
    for native, told in ((8, 16), (40, 40), (90, 64)):
        fine = crops.crop_face(scene(), turned(0, native, (90, 75))).coordinates[2]
        assert fine == pytest.approx(np.log2(told / 32))


def test_what_was_drawn_of_a_crop_is_shown_upright() -> None:
    rgb = scene()
    landmarks = turned(25, 48, (90, 75))
    crop = crops.crop_face(rgb, landmarks)
    drawn = resize(crop.lr, (4 * len(crop.lr), 4 * len(crop.lr)))
    upright = crop.upright(drawn)
    expected, _ = geometry.align(rgb, landmarks, 4 * 48)
    assert psnr(upright, expected) > 30


def test_pasting_back_what_was_cut_out_changes_nothing() -> None:
    crop = crops.crop_face(scene(), turned(20, 60.3, (90.2, 75.4)))
    pasted = crop.lr.copy()
    crops.paste(pasted, crop.lr, crop.to_frame)
    assert np.abs(pasted - crop.lr).max() < 1e-6


def test_paste_draws_the_face_and_leaves_the_rest_alone() -> None:
    crop = crops.crop_face(scene(), turned(15, 60, (90, 75)))
    side = len(crop.lr)
    checks = 0.4 * ((np.indices((side, side)) // 3).sum(axis=0) % 2)[..., None]
    pasted = crop.lr.copy()
    crops.paste(pasted, np.clip(crop.lr + checks, 0, 1).astype(np.float32), crop.to_frame)
    outside = np.abs(crop.coordinates[:2]).max(axis=0) > 1
    assert np.array_equal(pasted[outside], crop.lr[outside])
    middle = np.hypot(*crop.coordinates[:2]) < 0.5
    assert pasted[middle].std() > crop.lr[middle].std()
    assert np.abs(pasted - crop.lr)[middle].mean() > 0.03


def test_a_face_of_another_colour_leaves_no_edge() -> None:
    crop = crops.crop_face(0.3 + 0.4 * scene(), turned(12, 80, (90, 75)))
    pasted = crop.lr.copy()
    crops.paste(pasted, crop.lr * np.float32(0.7) + np.float32((0.25, 0, 0.1)), crop.to_frame)
    for axis in (0, 1):
        before, after = (np.abs(np.diff(picture, axis=axis)) for picture in (crop.lr, pasted))
        assert after.max() < before.max() * 1.1
    inside = pasted != crop.lr
    # It takes the colours that were there.
    assert abs(float((pasted - crop.lr)[inside].mean())) < 0.005


def test_mask_is_full_over_the_features_and_nothing_at_the_borders() -> None:
    x, y, _ = crops.aligned_crop(np.empty((64, 64, 3), np.float32)).coordinates
    soft = crops.mask(np.stack([x, y], -1))
    assert soft.shape == (64, 64)
    border = np.concatenate([soft[0], soft[-1], soft[:, 0], soft[:, -1]])
    assert border.max() < 0.01
    for across, down in np.floor(geometry.FRAME_LANDMARKS * 64).astype(int):
        assert soft[down, across] == 1
    assert np.abs(np.diff(soft, axis=0)).max() < 0.25
