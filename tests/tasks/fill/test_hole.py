from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import PhotoError
from enhance.photos.photo import read
from enhance.tasks.fill.hole import with_hole


@pytest.fixture
def photo(picture: Callable[..., np.ndarray]) -> np.ndarray:
    return picture(60, 80)


@pytest.fixture
def marked() -> np.ndarray:
    hole = np.zeros((60, 80), bool)
    hole[10:20, 30:50] = True
    return hole


def test_a_mask_may_be_an_array_an_image_or_a_file(photo: np.ndarray, marked: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(marked.astype(np.uint8) * 255)
    image.save(tmp_path / "mask.png")
    white = np.zeros((60, 80, 4), np.uint8)
    white[..., :3], white[..., 3] = 255, marked * 255
    for mask in (marked, marked.astype(np.uint8) * 255, image, tmp_path / "mask.png", Image.fromarray(white)):
        assert (with_hole(read(photo), mask)[1] == marked).all()


def test_boxes_are_holes_too_and_may_stick_out(photo: np.ndarray, marked: np.ndarray) -> None:
    _, hole = with_hole(read(photo), None, [(30, 10, 20, 10)])
    assert (hole == marked).all()
    _, hole = with_hole(read(photo), marked, [(-10, -10, 12, 12), (70, 50, 100, 100)])
    assert (hole[:2, :2]).all()
    assert hole[50:, 70:].all()
    assert hole.sum() == marked.sum() + 4 + 100


def test_what_is_transparent_is_the_hole(photo: np.ndarray, marked: np.ndarray) -> None:
    alpha = np.where(marked, 0, 255).astype(np.uint8)
    opened, hole = with_hole(read(np.dstack([photo, alpha])))
    assert (hole == marked).all()
    assert opened.alpha is None


@pytest.mark.parametrize("deep", [False, True])
def test_soft_edges_of_a_mask_and_of_transparency_are_the_same_hole(photo: np.ndarray, deep: bool) -> None:
    soft = np.tile(np.resize(np.array([0, 64, 127, 128, 192, 255], np.uint8), 80), (60, 1))
    rgba = np.dstack([photo, 255 - soft])
    opened, hole = with_hole(read(rgba.astype(np.uint16) * 257 if deep else rgba))
    assert (hole == with_hole(read(photo), soft)[1]).all()
    assert (hole == (soft >= 128)).all()
    assert opened.alpha is None


def test_what_is_half_transparent_or_less_is_no_hole(photo: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="nothing is more than half transparent"):
        with_hole(read(np.dstack([photo, np.full((60, 80), 128, np.uint8)])))


def test_other_transparency_stays_where_a_mask_says_what_to_fill(photo: np.ndarray, marked: np.ndarray) -> None:
    alpha = np.full((60, 80), 255, np.uint8)
    alpha[:, :40] = 100
    opened, _ = with_hole(read(np.dstack([photo, alpha])), marked)
    assert opened.alpha is not None
    assert (opened.alpha[~marked] == alpha[~marked]).all()
    assert (opened.alpha[marked] == 255).all()


def test_scratches_are_holes_too(photo: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="no scratches"):
        with_hole(read(photo), scratches=True)
    photo = photo // 2
    photo[30:32, 5:75] = 255
    hole = with_hole(read(photo), scratches=True)[1]
    assert hole[30:32, 5:75].all()
    assert hole.mean() < 0.15
    assert with_hole(read(photo), None, [(0, 50, 5, 5)], scratches=True)[1][50:55, :5].all()


@pytest.mark.parametrize(
    ("mask", "boxes", "match"),
    [
        (np.zeros((60, 80), bool), [], "marks nothing"),
        (np.ones((60, 80), bool), [], "marks all"),
        (np.ones((80, 60), bool), [], "is 60x80, the photo 80x60"),
        (None, [], "more than half transparent"),
        (None, [(0, 0, 0, 5)], "outside"),
        (None, [(80, 0, 5, 5)], "outside"),
        (None, [(-9, 0, 5, 5)], "outside"),
        (None, [(0, 0, 80, 60)], "marks all"),
    ],
)
def test_bad_masks_are_refused_in_one_line(
    photo: np.ndarray, mask: np.ndarray | None, boxes: list[tuple[int, int, int, int]], match: str
) -> None:
    with pytest.raises(PhotoError, match=match) as caught:
        with_hole(read(photo), mask, boxes)
    assert "\n" not in str(caught.value)
