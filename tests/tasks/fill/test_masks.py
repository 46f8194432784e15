import numpy as np
import pytest

from enhance.tasks.fill import masks
from enhance.tasks.fill.masks import Holes


@pytest.mark.parametrize("shape", [(64, 64), (128, 96)])
def test_a_hole_is_never_empty_and_leaves_something(shape: tuple[int, int]) -> None:
    for seed in range(50):
        mask = Holes().draw(*shape, np.random.default_rng(seed))
        assert mask.shape == shape
        assert mask.dtype == np.float32
        assert set(np.unique(mask)) == {0, 1}
        assert 0 < mask.mean() <= masks.MOST_HIDDEN


def test_a_hole_is_the_same_for_the_same_number() -> None:
    one, other = (Holes().draw(64, 64, np.random.default_rng(3)) for _ in range(2))
    assert (one == other).all()


def test_only_the_kinds_that_are_asked_for_are_drawn() -> None:
    for seed in range(20):
        mask = Holes(strokes=0, boxes=0, halves=1, centres=0).draw(64, 64, np.random.default_rng(seed))
        rows, columns = mask.all(1), mask.all(0)
        assert (mask == rows[:, None]).all() or (mask == columns[None]).all()


@pytest.mark.parametrize("kind", masks.MASK_KINDS)
def test_what_is_measured_is_the_same_each_time_and_differs_from_picture_to_picture(kind: str) -> None:
    assert (masks.measured(kind, 128, 128, 4) == masks.measured(kind, 128, 128, 4)).all()
    if kind != "centre":
        assert (masks.measured(kind, 128, 128, 4) != masks.measured(kind, 128, 128, 5)).any()


def test_the_measured_half_is_half_and_the_centre_a_quarter() -> None:
    assert masks.measured("half", 128, 128, 0)[:, :64].all()
    assert masks.measured("half", 128, 128, 1)[:, 64:].all()
    assert masks.measured("half", 128, 128, 1).mean() == 0.5
    assert masks.measured("centre", 128, 128, 0).mean() == 0.25
