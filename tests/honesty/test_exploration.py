from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import enhance
from enhance.errors import PhotoError
from enhance.honesty.exploration import FARTHEST, Exploration
from enhance.painting.consistency import lr_psnr

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def explored() -> Exploration:
    with Image.open(ROOT / "samples" / "astronaut.jpg") as image:
        found = enhance.lineup(image.reduce(2), 2, explore=True).exploration
    assert found is not None
    return found


def test_a_face_that_is_turned_changes_and_still_agrees_with_the_photo(explored: Exploration) -> None:
    middle, left, right = (explored.turned(dials) for dials in ((), (-2.0,), (2.0,)))
    for picture in (middle, left, right):
        assert lr_psnr(picture, explored.crop.lr) >= 50
    assert np.abs(left - right).mean() > np.abs(left - middle).mean() > 0.5 / 255
    assert np.array_equal(middle, explored.turned((0.0, 0.0, 0.0)))


def test_the_first_direction_changes_most_and_all_are_at_right_angles(explored: Exploration) -> None:
    assert (np.diff(explored.strength) <= 0).all()
    square = explored.directions @ explored.directions.T
    assert square == pytest.approx(np.eye(len(square)), abs=1e-6)


def test_a_dial_that_is_turned_too_far(explored: Exploration) -> None:
    with pytest.raises(PhotoError, match="from -3 to 3"):
        explored.turned((FARTHEST + 0.1,))


def test_a_network_without_noise_for_the_whole_face_has_no_dials() -> None:
    with Image.open(ROOT / "samples" / "astronaut.jpg") as image, pytest.raises(PhotoError, match="face_x4_gan"):
        enhance.lineup(image.reduce(2), 2, model="face_x4_gan", explore=True)
