"""The benchmark of filled holes, on a handful of made-up pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance import tasks
from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.comparison import compare
from enhance.evaluate.evaluation import evaluate
from enhance.inference.model import Model
from enhance.tasks.fill import benchmark
from tests.evaluate.conftest import blobs


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(3):
        Image.fromarray(blobs(64, seed)).save(folder / f"{seed}.png")
    return folder


def test_faces_lose_three_kinds_of_holes_and_each_kind_is_measured_as_a_set(pictures: Path, tmp_path: Path) -> None:
    model = Model.load("face_fill")
    assert tasks.benchmark_for([model]) is benchmark.faces
    found = evaluate(benchmark.faces([pictures], sizes=(64,)), [model], tmp_path)
    rows = {(row.model, row.value): row for row in found.rows}
    assert {value for _, value in rows} == {results.ALL_EXAMPLES, "strokes", "half", "centre"}
    for name in ("face_fill", "OpenCV, Navier-Stokes", "OpenCV, Telea"):
        assert rows[name, results.ALL_EXAMPLES].count == 9
        assert set(rows[name, "half"].scores) == {"PSNR in the hole", "ST-LPIPS", "identity", "KD-lite0"}
    page = (tmp_path / "face_fill.md").read_text(encoding="utf-8")
    assert "invents what it fills in" in page
    assert "| 64 pixels | hole | centre | 3 |" in page


def test_who_knows_the_truth_fills_without_an_error(pictures: Path) -> None:
    found, _ = compare(
        benchmark.photos([pictures], sizes=(64,)), {"grey": lambda given: np.full((len(given.pixels), 3, 64, 64), 0.5)}
    )
    assert found.score("grey", 64, "PSNR in the hole") < found.score("OpenCV, Telea", 64, "PSNR in the hole")
    examples = benchmark.photos([pictures], sizes=(64,)).examples(64)
    (pairs,) = benchmark.photos([pictures], sizes=(64,)).pairs(examples, 64)
    assert benchmark._psnr_in_hole(pairs.originals, pairs).min() > 80


def test_patchmatch_takes_patches_from_elsewhere(tmp_path: Path) -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    found, _ = compare(benchmark.photos([tmp_path], sizes=(64,)), {})
    scores = {name: found.score(name, 64, "PSNR in the hole") for name in ("PatchMatch", "OpenCV, Telea")}
    assert scores["PatchMatch"] > scores["OpenCV, Telea"] + 10


def test_what_cannot_be_measured(pictures: Path) -> None:
    with pytest.raises(DataError, match="leave out --grainy"):
        benchmark.faces([pictures], degraded=True)
    with pytest.raises(DataError, match="no picture has 512 pixels"):
        compare(benchmark.faces([pictures], sizes=(512,)), {})
