from functools import partial

import numpy as np
import pytest

from enhance.tasks.translate import drawing
from enhance.tasks.translate.drawing import ANIMAL_SIDE, AnimalPatch
from enhance.tasks.translate.finding import animal_score, separate


def test_parts_of_a_photo_get_what_the_whole_would() -> None:
    rng = np.random.default_rng(0)
    delta = rng.uniform(-1, 1, (ANIMAL_SIDE, ANIMAL_SIDE, 3)).astype(np.float32)
    alpha = rng.uniform(0, 1, (ANIMAL_SIDE, ANIMAL_SIDE)).astype(np.float32)
    for side in (90, 128, 300):
        patch = AnimalPatch(-20, 10, side, delta, alpha)
        whole = patch.rows(0, 400, 250)
        assert whole is not None
        assert whole[:2] == (slice(10, 10 + side), slice(0, min(250, side - 20)))
        parts = [patch.rows(top, top + 50, 250) for top in range(0, 400, 50)]
        for which in (2, 3):
            pieces = [part[which] for part in parts if part is not None]
            np.testing.assert_allclose(np.concatenate(pieces), whole[which], atol=1e-5)
    assert AnimalPatch(-20, 10, 100, delta, alpha).rows(200, 250, 300) is None
    assert AnimalPatch(0, 0, 100, delta, 0 * alpha).rows(0, 50, 300) is None


def test_the_mask_keeps_its_edges_when_it_is_enlarged() -> None:
    alpha = np.zeros((ANIMAL_SIDE, ANIMAL_SIDE), np.float32)
    alpha[40:80, 40:80] = 1
    patch = AnimalPatch(0, 0, 512, np.ones((ANIMAL_SIDE, ANIMAL_SIDE, 3), np.float32), alpha)
    found = patch.rows(0, 512, 512)
    assert found is not None
    shown = found[3]
    assert shown[170:310, 170:310].min() == 1
    assert shown[:150].max() == shown[:, 340:].max() == 0


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((100, 100, 200, 150), (88, 62, 125)),  # in the middle
        ((0, 0, 80, 40), (0, 0, 100)),  # shifted into the photo
        ((0, 0, 400, 300), (0, -50, 400)),  # all of it, and a border
    ],
)
def test_the_square_around_an_animal(box: tuple[int, int, int, int], expected: tuple[int, int, int]) -> None:
    left, top, side = drawing.square(box, 1.25, 300, 400)
    assert side == expected[2]
    assert (left, top) == pytest.approx(expected[:2], abs=1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_square_is_cut_with_its_edges_repeated(dtype: type) -> None:
    most = np.iinfo(dtype).max
    photo = np.zeros((300, 400, 3), dtype)
    photo[:, 200:] = most
    for left, top, side in ((100, 50, 200), (150, 100, 100), (0, -50, 400)):
        image = drawing.cut(photo, left, top, side)
        assert image.shape == (ANIMAL_SIDE, ANIMAL_SIDE, 3)
        assert image.dtype == np.float32
        assert image[:, :60].max() < 0.02
        assert image[:, 68:].min() > 0.98


def test_animals_are_told_apart_and_their_boxes_are_in_the_photo() -> None:
    found = np.zeros((64, 96), np.float32)
    found[10:30, 10:40] = 0.9
    found[20:30, 60:80] = 0.8
    found[31:40, 60:80] = 0.75  # a fence between two parts
    found[50:52, 5:8] = 0.95  # too small
    found[45:60, 40:55] = 0.55  # nowhere sure
    animals = separate(found, 960, 640)
    assert [animal.box for animal in animals] == [(100, 100, 400, 300), (600, 200, 800, 400)]
    assert animals[0].share == pytest.approx(600 / found.size)
    together = animals[0].where + animals[1].where
    assert (animals[0].where * animals[1].where).max() == 0
    np.testing.assert_array_equal(together[:44], found[:44])


def test_no_animal_is_no_animal() -> None:
    assert separate(np.full((64, 64), 0.1, np.float32), 64, 64) == []


def test_how_sure_an_animal_is_its_surest_quarter_says() -> None:
    found = np.zeros((64, 64), np.float32)
    found[10:30, 10:30] = 0.6
    found[10:15, 10:30] = 0.9
    (animal,) = separate(found, 64, 64)
    assert animal_score(animal) == pytest.approx(0.9)


def test_animals_in_a_row_are_drawn_as_large_as_one_alone() -> None:
    alone, standing, two, many = ((0, 0, 100, 80), (0, 0, 60, 80), (0, 0, 200, 70), (0, 0, 900, 60))
    side = partial(drawing.drawn_side, pattern=True)
    assert side(alone) == side(standing) == drawing.ANIMAL_SIDE
    assert side(two) == 256
    assert side((0, 0, 150, 80)) == 160
    assert side(many) == 2 * drawing.ANIMAL_SIDE


def test_small_animals_are_drawn_smaller_so_that_their_stripes_are_broader() -> None:
    one, two = (0, 0, 71, 55), (0, 0, 70, 25)
    assert drawing.drawn_side(one, pattern=True) == 96
    assert drawing.drawn_side(two, pattern=True) == 192
    assert drawing.drawn_side(one, pattern=False) == drawing.ANIMAL_SIDE
