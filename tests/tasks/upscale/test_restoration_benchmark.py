"""The benchmark of restoration, on a handful of made-up photos, with the shipped network."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from enhance import tasks
from enhance.evaluate import results
from enhance.evaluate.evaluation import evaluate
from enhance.evaluate.results import Results
from enhance.inference.model import Model
from enhance.tasks.upscale.restoration_benchmark import BAD, bad_photos, non_local_means
from tests.evaluate.conftest import blobs


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(2):
        Image.fromarray(blobs(128, seed)).save(folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def measured(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    model, out = Model.load("photo_restore"), tmp_path_factory.mktemp("out")
    assert tasks.benchmark_for([model]) is bad_photos
    return evaluate(bad_photos([photos], sizes=(96,)), [model], out), out


def test_every_photo_is_measured_clean_and_at_each_strength(measured: tuple[Results, Path]) -> None:
    found, out = measured
    rows = {(row.model, row.value): row for row in found.rows}
    assert {value for _, value in rows} == {results.ALL_EXAMPLES, *BAD}
    assert rows["photo_restore", "bad"].count == 2
    worse = [rows["as it is", kind].scores["PSNR"].mean for kind in ("clean", "mild", "bad", "terrible")]
    assert worse == sorted(worse, reverse=True)
    assert worse[0] == 100
    assert "photo_restore.md" in {path.name for path in out.iterdir()}


def test_smooth_photos_with_noise_are_nearer_to_the_truth_when_restored(measured: tuple[Results, Path]) -> None:
    found, _ = measured
    scores = {row.model: row.scores["PSNR"].mean for row in found.rows if row.value == "terrible"}
    assert scores["photo_restore"] > scores["as it is"] + 1


def test_the_same_photo_is_made_bad_in_the_same_way(photos: Path) -> None:
    benchmark = bad_photos([photos], sizes=(96,), limit=1)
    once, again = ([pairs.inputs for pairs in benchmark.pairs(benchmark.examples(96), 96)] for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(once, again, strict=True))


def test_non_local_means_are_told_which_colour_is_which(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[np.ndarray] = []

    def smoothed(bgr: np.ndarray, *_: object) -> np.ndarray:
        given.append(bgr)
        return bgr

    monkeypatch.setattr(cv2, "fastNlMeansDenoisingColored", smoothed)
    red = np.zeros((1, 3, 40, 40), np.float32)
    red[:, 0] = 1
    assert np.array_equal(non_local_means(red), red)
    assert (given[0][..., 2] == 255).all()
