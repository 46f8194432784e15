"""The tour of training, with a few pictures where it has minutes."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import enhance
from enhance.cli.train import train
from enhance.sheets import GRID_CELL
from enhance.tasks.upscale import tour
from enhance.train import loop


def test_faces_differ_and_are_drawn_again_alike() -> None:
    faces = [tour.face(number) for number in range(6)]
    assert all(face.shape == (64, 64, 3) for face in faces)
    assert all(np.abs(one.astype(int) - other).mean() > 10 for one, other in pairwise(faces))
    assert np.array_equal(tour.face(3), faces[3])


def test_it_leaves_weights_a_film_and_a_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tour, "PICTURES", 120)
    shape = {"width": 16, "blocks": 1, "deep": 0, "edge": 16, "finish": 1}
    monkeypatch.setattr(loop, "validations", lambda pictures: iter(range(pictures // 16 * 16 + 16, 10_000, 16)))
    monkeypatch.setattr(loop, "REST", 0.0)
    shrunk = tour.small
    monkeypatch.setattr(tour, "small", lambda recipe: replace(shrunk(recipe), shape=replace(recipe.shape, **shape)))
    out = tmp_path / "tour"
    done = CliRunner().invoke(train, ["--tour", "--out", str(out), "--images", "48"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "side_by_side.png" in done.output
    with Image.open(out / "gan" / "training.webp") as film:
        assert film.size[0] > 3 * GRID_CELL
    assert len(list((out / "gan" / "grids").iterdir())) == 3
    with Image.open(out / "side_by_side.png") as sheet:
        assert sheet.width > 5 * 128
    larger = enhance.upscale(Image.fromarray(tour.face(500)), model=out / "tour_gan.onnx", aligned=True, force=True)
    assert larger.size == (256, 256)
    again = CliRunner().invoke(train, ["--tour", "--out", str(out)])
    assert "holds a tour already" in str(again.exception)


def test_it_takes_nothing_that_it_would_not_use(tmp_path: Path) -> None:
    done = CliRunner().invoke(train, [str(tmp_path), "--tour"])
    assert done.exit_code == 2
    assert "draws its own pictures" in done.output
