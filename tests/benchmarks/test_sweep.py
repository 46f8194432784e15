"""benchmarks/sweep.py: from clean to very bad the program changes gradually, and is hardly ever worse than bicubic."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import sweep
from enhance.photos.photo import read

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def steps() -> list[sweep.Step]:
    """A face of 35 pixels, twenty times, twice as large."""
    return list(sweep.steps(read(SAMPLE).rgb[4:132, 28:156], 2))


def test_no_step_is_much_worse_than_bicubic(steps: list[sweep.Step]) -> None:
    assert min(step.gain for step in steps) > -0.3


def test_no_step_is_a_cliff(steps: list[sweep.Step]) -> None:
    """Neighbours differ from each other hardly more than the photos that they were made of."""
    for one, other in pairwise(steps):
        change, given = (np.abs(a - b).mean() for a, b in ((one.ours, other.ours), (one.plain, other.plain)))
        assert change < 2 * given + 1.5 / 255
    gains = [step.gain for step in steps]
    assert np.abs(np.diff(gains)).max() < 1.5


def test_a_step_says_what_it_shows(steps: list[sweep.Step]) -> None:
    assert len(steps) == sweep.STEPS
    assert np.array_equal(sweep.worsened(steps[0].good, 0.5), sweep.worsened(steps[0].good, 0.5))
    assert sweep.sheet(steps[:10]).size == (5 * 128, 4 * 128)
