"""benchmarks/pictures.py and benchmarks/in_photos.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]


def run(name: str, *words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "benchmarks" / name), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_the_readme_s_pictures_are_drawn(tmp_path: Path) -> None:
    done = run("pictures.py", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    names = ["grainy.webp", "lineup.webp", "lineup_grainy.webp", "logo.png", "rest.webp", "sample.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for path in tmp_path.iterdir():
        with Image.open(path) as now, Image.open(ROOT / "docs" / path.name) as shown:
            assert now.size == shown.size, "docs/ shows another picture: draw it anew"


def test_a_horse_is_drawn_and_becomes_a_zebra_and_a_horse_again(tmp_path: Path) -> None:
    done = run("drawn_horse.py", "--out", tmp_path, "--sample", tmp_path / "horse.jpg")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "horse.jpg") as now, Image.open(ROOT / "samples" / "horse.jpg") as shipped:
        assert np.abs(np.asarray(now, float) - np.asarray(shipped)).mean() < 1
    with Image.open(tmp_path / "translate.webp") as sheet, Image.open(ROOT / "docs" / "translate.webp") as shown:
        assert sheet.size == shown.size, "docs/ shows another picture: draw it anew"
        horse, zebra, _ = (np.asarray(sheet.convert("RGB"), float)[:, left : left + 360] for left in (0, 368, 736))
    assert (np.abs(horse - zebra).max(2) > 40).mean() > 0.05


def test_faces_in_photos_are_found_and_drawn_crisper_than_bicubic(tmp_path: Path) -> None:
    with Image.open(ROOT / "samples" / "astronaut.jpg") as image:
        # The frame of the sample's face, as `enhance prepare` would cut it.
        image.crop((70, 16, 127, 73)).resize((256, 256), Image.Resampling.BICUBIC).save(tmp_path / "congress_one_1.png")
    done = run("in_photos.py", tmp_path, "--count", 1)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]
    assert len(rows) == 18
    measured = [row for row in rows if row[3] == "1 of 1"]
    assert len(measured) >= 9
    ours, bicubic = (np.array([float(row[n]) for row in measured if row[0] == "sharp"]) for n in (4, 5))
    assert ours.mean() < bicubic.mean()
