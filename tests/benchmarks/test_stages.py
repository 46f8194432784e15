"""benchmarks/stages.py: its clock and its tables; what it measures is measured when somebody asks."""

import importlib
import time
from pathlib import Path

import numpy as np
import pytest

import stages


@pytest.mark.parametrize("place", [place for places in stages.STAGES.values() for place in places])
def test_every_stage_is_one_of_the_program(place: str) -> None:
    module, _, name = place.partition(":")
    found = importlib.import_module(f"enhance.{module}")
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)


def test_a_stage_counts_what_no_stage_within_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 5.0, 7.0])
    monkeypatch.setattr(time, "process_time", lambda: next(now))
    clock = stages.Clock()
    with clock.counted("draw"), clock.counted("encode"):
        pass
    assert (clock.spent["draw"], clock.spent["encode"]) == (1.0 + 2.0, 4.0)


def test_tables_say_which_is_faster(tmp_path: Path) -> None:
    before, now = {"draw": 3.0, "encode": 1.0}, {"draw": 1.0, "encode": 1.0}
    said = stages.text([stages.medians([before]), stages.medians([now])], 1)
    assert "| draw | 3.000 | 75.0% | 1.000 | 50.0% | 3.00 |" in said
    assert "| whole | 4.000 | 100.0% | 2.000 | 100.0% | 2.00 |" in said
    for folder, value in (("a", 7), ("b", 9)):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "photo.npy", np.full((2, 2), value, np.uint8))
    assert "photo: 2 levels at most, 100.0000%" in stages.difference(tmp_path / "a", tmp_path / "b")
