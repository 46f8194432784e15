"""The benchmark of painted cats, on a handful of drawings."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from enhance import tasks
from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.evaluation import evaluate
from enhance.inference.model import Model
from enhance.tasks.sketch import benchmark

CIRCLE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><circle cx="50" cy="50" r="{}" fill="none"
stroke="black" stroke-width="2"/><path d="M20 30 L25 8 L45 20 M55 20 L75 8 L80 30" fill="none" stroke="black"/></svg>"""


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    for radius in (30, 38, 42):
        (tmp_path / f"{radius}.svg").write_text(CIRCLE.format(radius))
    return tmp_path


def test_drawings_are_painted_and_measured(drawings: Path, folder: Path, tmp_path: Path) -> None:
    model = Model.load("sketch_cat")
    assert tasks.benchmark_for([model]) is benchmark.cats
    found = evaluate(benchmark.cats([drawings, folder], limit=3), [model], tmp_path / "out")
    (row,) = [row for row in found.rows if row.label == results.ALL_EXAMPLES]
    assert row.count == 3
    assert set(row.scores) == {"called a cat", "lines obeyed", "by chance", "KD-lite0"}
    assert row.scores["lines obeyed"].mean > row.scores["by chance"].mean
    assert "invents cats" in (tmp_path / "out" / "sketch_cat.md").read_text(encoding="utf-8")


def test_lines_that_are_there_are_obeyed_and_others_are_not() -> None:
    ink = np.zeros((128, 128), np.float32)
    cv2.circle(ink, (64, 64), 40, (1.0,), 2)
    same = np.repeat(1 - ink[None], 3, 0)
    moved = np.roll(same, 20, 2)
    assert benchmark.obeyed(same, ink) > 0.95
    assert benchmark.obeyed(moved, ink) < 0.5
    assert benchmark.obeyed(np.full_like(same, 0.5), ink) == 0


def test_what_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no drawings here"):
        benchmark.cats([tmp_path])
    with pytest.raises(DataError, match="no such folder"):
        benchmark.cats([tmp_path / "none"])
