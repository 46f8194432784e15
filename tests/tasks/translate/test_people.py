from pathlib import Path

import cv2
import numpy as np
import pytest

from enhance.datasets import folders
from enhance.tasks.translate.people import without_people

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """A grey wall of 480 by 720 pixels, and a person before it, 200 by 200 pixels from (300, 120) on."""
    person = cv2.resize(folders.read_pixels(SAMPLE), (200, 200), interpolation=cv2.INTER_AREA)
    picture = np.full((480, 720, 3), 128, np.uint8)
    picture[120:320, 300:500] = person
    return picture


def test_head_and_body_are_no_animal_and_what_is_beside_them_stays(scene: np.ndarray) -> None:
    likely = np.full((120, 180), 0.9, np.float32)
    left = without_people(likely, scene)
    assert left[36:44, 92:98].max() == 0, "the head"
    assert left[58:70, 88:100].max() == 0, "the body"
    assert (left[:, :70] == likely[:, :70]).all()
    assert (left[:, 125:] == likely[:, 125:]).all()
    assert (likely == np.float32(0.9)).all(), "the argument stays as it is"


def test_a_part_that_is_nothing_but_a_person_goes_whole_and_another_stays(scene: np.ndarray) -> None:
    likely = np.full((120, 180), 0.1, np.float32)
    likely[32:112, 84:106] = 0.9
    likely[60:100, 10:60] = 0.9
    left = without_people(likely, scene)
    assert left[30:114, 82:108].max() <= 0.1
    assert (left[60:100, 10:60] == np.float32(0.9)).all()


def test_where_no_face_is_seen_nothing_changes() -> None:
    likely = np.full((64, 96), 0.9, np.float32)
    for shape in ((256, 384), (1, 900), (2000, 3)):
        assert without_people(likely, np.full((*shape, 3), 90, np.uint8)) is likely


def test_where_nothing_is_an_animal_nobody_is_looked_for(scene: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enhance.tasks.translate.people.detect_at", None)
    likely = np.full((64, 96), 0.4, np.float32)
    assert without_people(likely, scene) is likely
