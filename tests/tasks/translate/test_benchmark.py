"""The benchmark of translated animals, on a handful of made-up ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from enhance import tasks
from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.benchmark import PicturePairs
from enhance.evaluate.evaluation import evaluate
from enhance.inference.model import Model
from enhance.pixels import to_float
from enhance.tasks.translate import benchmark
from enhance.tasks.translate.finding import Animal


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
    for part in ("outline", "within"):
        assert rows["the photo as it is"].scores[part].mean == 1
        assert 0 <= rows["zebra"].scores[f"{part} by chance"].mean <= 1
    assert "invents patterns" in (tmp_path / "zebra.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("networks")
def test_the_way_back_and_one_folder_alone(folders: Sequence[Path]) -> None:
    model = Model.load("horse")
    assert tasks.benchmark_for([model]) is benchmark.to_horses
    found = evaluate(benchmark.to_horses(folders[1:], sizes=(96,), limit=2), [model])
    assert "KD-lite0" not in found.metrics()
    assert "outline" in found.metrics()
    assert "within" not in found.metrics()  # of a zebra these are its stripes


def test_photos_are_reduced_and_never_enlarged() -> None:
    pixels = np.zeros((200, 100, 3), np.uint8)
    assert benchmark.reduced(pixels, 50).shape == (50, 25, 3)
    assert benchmark.reduced(pixels, 400) is pixels


def test_no_bad_photos(folders: Sequence[Path]) -> None:
    with pytest.raises(DataError, match="leave out --grainy"):
        benchmark.to_zebras(folders, degraded=True)


def test_an_outline_is_kept_where_it_stays_and_not_where_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.full((96, 128, 3), 200, np.uint8)
    pixels[30:70, 40:90] = 60
    where = np.zeros((96, 128), np.float32)
    where[30:70, 40:90] = 1
    monkeypatch.setattr(benchmark, "find_animals", lambda *_: [Animal((40, 30, 90, 70), 0.16, where)])
    planes = to_float(pixels).transpose(2, 0, 1)
    gone = np.full_like(planes, 0.7)
    outputs = np.stack([planes, 1 - planes, np.roll(planes, 1, 2), np.roll(planes, 8, (1, 2)), gone])[:, None]
    pairs = PicturePairs((), pixels, planes[None], planes[None])
    same, inverted, by_one, by_eight, none = benchmark._edges_kept(outputs, pairs, "horse", "outline")[:, 0]
    assert same == inverted == by_one == 1
    assert by_eight < 0.2
    assert none == 0
    assert benchmark._edges_kept(outputs, pairs, "horse", "outline", 16)[0, 0] < 0.6
    monkeypatch.setattr(benchmark, "find_animals", lambda *_: [])
    assert (benchmark._edges_kept(outputs, pairs, "horse", "outline") == 1).all()
