"""Of several answers, what each is drawn from; on a face that nobody has: three dark spots on a light oval."""

from dataclasses import replace

import numpy as np
import pytest

from enhance.faces.crops import FaceCrop, aligned_crop
from enhance.honesty.samples import draw_beside, draw_samples, restored
from enhance.inference.model import Model
from enhance.painting.consistency import lr_psnr
from enhance.pixels import area_mean, without_colours

SIZE = 32


@pytest.fixture(scope="module")
def crop() -> FaceCrop:
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    lr = np.full((SIZE, SIZE, 3), 0.3, np.float32)
    lr[np.hypot(columns - 0.5, 0.8 * (rows - 0.55)) < 0.33] = 0.8, 0.6, 0.5
    for x, y, radius in ((0.34, 0.4, 0.06), (0.65, 0.4, 0.06), (0.5, 0.72, 0.08)):
        lr[np.hypot(columns - x, rows - y) < radius] = 0.2
    return aligned_crop(lr)


def test_answers_beside_that_of_a_good_face_agree_with_it(crop: FaceCrop) -> None:
    drawn = draw_beside(Model.load("face_x4_gan"), crop, 5, 3)
    assert drawn.shape == (3, 4 * SIZE, 4 * SIZE, 3)
    assert min(lr_psnr(answer, crop.lr, 4) for answer in drawn) >= 45
    assert np.array_equal(drawn[1:], draw_samples(Model.load("face_x4_lineup"), crop, [6, 7]))


def test_answers_beside_that_of_a_bad_face_agree_each_with_another_way_to_restore_it(crop: FaceCrop) -> None:
    drawn = draw_beside(Model.load("face_x4_grainy"), crop, 5, 3)
    several = Model.load("face_x4_grainy_lineup")
    for answer, seed in zip(drawn[1:], (6, 7), strict=True):
        assert lr_psnr(answer, restored(several, crop, seed).lr, 4) >= 45
    one, other = (area_mean(answer, 4) for answer in drawn[1:])
    assert np.abs(one - other).mean() > 1 / 255


def test_answers_of_a_grey_face_are_grey(crop: FaceCrop) -> None:
    drawn = draw_beside(Model.load("face_x4_grainy"), replace(crop, lr=without_colours(crop.lr)), 0, 3)
    assert np.ptp(drawn, axis=-1).max() < 1.5 / 255
    assert drawn.std() > 0.1
