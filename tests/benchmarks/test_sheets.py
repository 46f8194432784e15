"""benchmarks/sheets.py, on made-up faces."""

import subprocess
import sys
from pathlib import Path

from PIL import Image

from enhance.sheets import GAP, HEAD, SHEET_TILE

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "sheets.py"


def test_a_sheet_shows_so_many_faces_and_always_the_same(folder: Path, tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        command = [sys.executable, str(BENCHMARK), str(folder), "--out", str(tmp_path), "--sizes", "16", "--count", "3"]
        command += ["--sources", "aaf", "lfw", "utk"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        written.append((tmp_path / "faces_16.jpg").read_bytes())
    assert written[0] == written[1]
    with Image.open(tmp_path / "faces_16.jpg") as page:
        assert page.size == (5 * (SHEET_TILE + GAP) + GAP, HEAD + 3 * (SHEET_TILE + GAP))
