"""benchmarks/minutes.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "minutes.py"


@pytest.mark.slow
def test_every_part_of_the_training_is_measured(tmp_path: Path) -> None:
    faces = tmp_path / "faces"
    faces.mkdir()
    with Image.open(SCRIPT.parents[1] / "samples" / "astronaut.jpg") as image:
        face = np.asarray(image.crop((66, 12, 130, 76)))
    for n in range(8):
        Image.fromarray(np.roll(face, n, 1)).save(faces / f"congress_one_{n}.png")
    words = [faces, "--measure", faces, "--out", tmp_path / "runs", "--pixel", 0.05, "--minutes", 0.05, "--most", 0.08]
    done = subprocess.run([sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if line[:3] != "rea"]
    assert len(rows) == 4
    pictures = [int(row[1].replace(",", "")) for row in rows[2:]]
    assert 0 < pictures[0] < pictures[1]
