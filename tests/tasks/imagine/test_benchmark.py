"""The benchmark of imagined birds, on a handful of made-up ones."""

from pathlib import Path

import pytest

from enhance import tasks
from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.evaluation import evaluate
from enhance.inference.model import Model
from enhance.tasks.imagine import benchmark


@pytest.mark.usefixtures("untrained")
def test_captions_are_drawn_and_measured(birds: Path, tmp_path: Path) -> None:
    model = Model.load("bird")
    assert tasks.benchmark_for([model]) is benchmark.birds
    found = evaluate(benchmark.birds([birds / "train"], limit=3), [model], tmp_path)
    rows = {row.model: row for row in found.rows if row.label == results.ALL_EXAMPLES}
    assert rows["bird"].count == 3
    assert set(rows["bird"].scores) == {"called a bird", "KD-lite0"}
    assert rows["the photograph"].scores["KD-lite0"].mean == pytest.approx(0)
    assert rows["bird"].scores["KD-lite0"].mean > 0
    assert "invents birds" in (tmp_path / "bird.md").read_text(encoding="utf-8")


def test_each_picture_has_one_of_its_captions(birds: Path, tmp_path: Path) -> None:
    found = benchmark.captioned(birds / "val")
    assert len(found) == 2
    assert all("bird" in one.caption for one in found)
    (tmp_path / "one.png").write_bytes(next((birds / "val").iterdir()).read_bytes())
    with pytest.raises(DataError, match=r"no captions\.tsv"):
        benchmark.captioned(tmp_path)
    (tmp_path / "captions.tsv").write_text("two.png\ta bird\n")
    with pytest.raises(DataError, match="none of the pictures"):
        benchmark.captioned(tmp_path)
