"""benchmarks/mesh.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import mesh

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "mesh.py"


def test_a_mesh_is_found_and_noise_is_none() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(0.5, 0.1, (2, 3, 96, 96)).astype(np.float32)
    block = random.normal(0, 0.1, (3, 4, 4)).astype(np.float32)
    plain, meshed = mesh.mesh(noise), mesh.mesh(noise + np.tile(block, (1, 24, 24)))
    assert max(map(abs, plain)) < 0.05
    assert min(meshed) > 0.2


def test_the_table_names_everybody(tmp_path: Path) -> None:
    with Image.open(SCRIPT.parents[1] / "samples" / "astronaut.jpg") as image:
        image.crop((66, 12, 130, 76)).save(tmp_path / "congress_one.png")
    command = [sys.executable, SCRIPT, tmp_path, "--sizes", "16", "--model", "face_x4_pixel", "--grainy"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[1].strip() for line in done.stdout.splitlines()] == [
        "mesh", "---", "original", "bicubic", "face_x4_pixel",
    ]  # fmt: skip
    absent = subprocess.run([sys.executable, str(SCRIPT), "nowhere"], capture_output=True, text=True, check=False)
    assert absent.returncode == 2
    assert "nowhere" in absent.stderr
    assert len(absent.stderr.splitlines()) == 1
