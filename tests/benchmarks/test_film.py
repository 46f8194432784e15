"""benchmarks/film.py, on made-up grids."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from enhance.sheets import GRID_CELL, GRID_GAP, grid

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "film.py"


def test_only_what_was_named_is_shown(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    tones = np.uint8([[[250, 0, 0], [0, 250, 0]], [[0, 0, 250], [250, 250, 0]]])
    for number in range(3):
        columns = {str(n): [np.full((16, 16, 3), tone, np.uint8) for tone in column] for n, column in enumerate(tones)}
        grid(columns).save(tmp_path / "grids" / f"{number}.png")
    film = tmp_path / "film.webp"
    command = [sys.executable, str(BENCHMARK), str(tmp_path), str(film), "--columns", "2", "--rows", "1", "2"]
    subprocess.run(command, check=True)
    with Image.open(film) as shown:
        assert shown.size == (2 * (GRID_CELL + GRID_GAP) + GRID_GAP, GRID_CELL + 2 * GRID_GAP)
        pixels = np.asarray(shown.convert("RGB")).astype(int)
    middle = GRID_GAP + GRID_CELL // 2
    found = pixels[middle, [middle, middle + GRID_CELL + GRID_GAP]]
    assert np.abs(found - tones[1]).max() < 30


def test_a_run_without_grids(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARK), str(tmp_path), "film.webp", "--columns", "1", "--rows", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no two grids" in done.stderr
