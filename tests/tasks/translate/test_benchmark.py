"""The benchmark of translated animals, on a handful of made-up ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from enhance import tasks
from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.evaluation import evaluate
from enhance.inference.model import Model
from enhance.tasks.translate import benchmark


@pytest.mark.usefixtures("networks")
def test_animals_are_found_redrawn_and_measured(folders: Sequence[Path], tmp_path: Path) -> None:
    model = Model.load("zebra")
    assert tasks.benchmark_for([model]) is benchmark.to_zebras
    found = evaluate(benchmark.to_zebras(folders, sizes=(96,), limit=3), [model], tmp_path)
    rows = {row.model: row for row in found.rows if row.label == results.ALL_EXAMPLES}
    assert rows["zebra"].count == 3
    assert rows["zebra"].scores["found"].mean == rows["the photo as it is"].scores["found"].mean == 1
    assert rows["the photo as it is"].scores["untouched"].mean == 1
    assert 0.3 < rows["zebra"].scores["untouched"].mean < 0.95
    assert {"called zebra", "called horse", "KD-lite0"} <= set(rows["zebra"].scores)
    assert "invents patterns" in (tmp_path / "zebra.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("networks")
def test_the_way_back_and_one_folder_alone(folders: Sequence[Path]) -> None:
    model = Model.load("horse")
    assert tasks.benchmark_for([model]) is benchmark.to_horses
    found = evaluate(benchmark.to_horses(folders[1:], sizes=(96,), limit=2), [model])
    assert "KD-lite0" not in found.metrics()


def test_photos_are_reduced_and_never_enlarged() -> None:
    pixels = np.zeros((200, 100, 3), np.uint8)
    assert benchmark.reduced(pixels, 50).shape == (50, 25, 3)
    assert benchmark.reduced(pixels, 400) is pixels


def test_no_bad_photos(folders: Sequence[Path]) -> None:
    with pytest.raises(DataError, match="leave out --grainy"):
        benchmark.to_zebras(folders, degraded=True)
